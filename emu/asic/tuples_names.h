/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Numbers for things that are found by their hash: the masks of a table, the groups of equal rules.
 *
 * What: a chained hash table of small numbers, from 1. The things themselves are the caller's, kept
 * by number: it walks the numbers with the same hash and compares.
 *
 * Threading: one owner.
 */
#ifndef NICEMU_ASIC_TUPLES_NAMES_H
#define NICEMU_ASIC_TUPLES_NAMES_H

#include "tuples_pool.h"

struct tuples_name {
	uint32_t next, hash;
	uint32_t uses; /* the caller's */
	uint32_t data; /* the caller's */
};

struct tuples_names {
	struct tuples_arena arena; /* struct tuples_name by number */
	uint32_t *buckets;
	size_t num_buckets;
	uint32_t count, top, free;
};

/* At most limit numbers at a time. 0 or -ENOMEM. */
int tuples_names_open(struct tuples_names *names, size_t limit);
void tuples_names_close(struct tuples_names *names);

/* So that the next tuples_name_add succeeds: 0, -ENOMEM, -ENOSPC. */
int tuples_names_reserve(struct tuples_names *names);
/* A number for a new thing with that hash, with no uses. Needs tuples_names_reserve before. */
uint32_t tuples_name_add(struct tuples_names *names, uint32_t hash);
void tuples_name_drop(struct tuples_names *names, uint32_t number);

/* Memory. */
size_t tuples_names_bytes(const struct tuples_names *names);

static inline struct tuples_name *tuples_name(const struct tuples_names *names, uint32_t number)
{
	return (struct tuples_name *)names->arena.base + number;
}

/* The hash is asked for soon. */
static inline void tuples_name_fetch(const struct tuples_names *names, uint32_t hash)
{
	if (names->num_buckets)
		__builtin_prefetch(&names->buckets[hash & (names->num_buckets - 1)]);
}

/* The first and the next number with that hash; 0 where there is none. */
static inline uint32_t tuples_name_from(const struct tuples_names *names, uint32_t number,
					uint32_t hash)
{
	while (number && tuples_name(names, number)->hash != hash)
		number = tuples_name(names, number)->next;
	return number;
}

static inline uint32_t tuples_name_first(const struct tuples_names *names, uint32_t hash)
{
	if (!names->num_buckets)
		return 0;
	return tuples_name_from(names, names->buckets[hash & (names->num_buckets - 1)], hash);
}

static inline uint32_t tuples_name_next(const struct tuples_names *names, uint32_t number)
{
	return tuples_name_from(names, tuples_name(names, number)->next,
				tuples_name(names, number)->hash);
}

#endif
