/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory that goes away all at once: what a loaded model consists of.
 *
 * Threading: one owner.
 */
#ifndef NICEMU_CONFIG_ARENA_H
#define NICEMU_CONFIG_ARENA_H

#include <stddef.h>

struct arena_block;

struct arena {
	struct arena_block *blocks;
};

/* Zeroed, for any type; count 0 gives a block, too. NULL when memory is out. */
void *arena_alloc(struct arena *arena, size_t count, size_t size);
char *arena_text(struct arena *arena, const char *text);
void arena_clear(struct arena *arena);

#endif
