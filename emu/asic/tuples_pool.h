/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory of the tuple tables: arenas that grow without moving, and blocks that are large.
 *
 * What: an arena is an array that is reserved as addresses when it is opened and gets memory as it
 * is used; it never moves, so that a reader needs no more than its base and an index, whatever the
 * changing thread adds meanwhile. A block is zeroed memory of a fixed size.
 *
 * Why: an index of 24 bits says where a rule is, which leaves 8 bits of a 32-bit slot for a filter.
 * What is large asks for huge pages: a look-up of a cold record would otherwise also miss in the
 * cache of address translations.
 *
 * Threading: one thread changes them; what it has published may be read by any.
 */
#ifndef NICEMU_ASIC_TUPLES_POOL_H
#define NICEMU_ASIC_TUPLES_POOL_H

#include <stddef.h>
#include <stdint.h>

struct tuples_arena {
	char *base;
	size_t used; /* bytes that have memory, from base */
	size_t limit;
	void *mapping;
	size_t mapped;
};

/* 0 or -ENOMEM. */
int tuples_arena_open(struct tuples_arena *arena, size_t limit);
/* Accepts one that was never opened (all zero). */
void tuples_arena_close(struct tuples_arena *arena);
/* Memory, zeroed when it is new, from base to bytes. 0, -ENOSPC beyond the limit, or -ENOMEM. */
int tuples_arena_reach(struct tuples_arena *arena, size_t bytes);

/* Zeroed, aligned to 64 bytes. NULL when memory is out. */
void *tuples_block_get(size_t bytes);
/* bytes as it was got; NULL is fine. */
void tuples_block_put(void *block, size_t bytes);

#endif
