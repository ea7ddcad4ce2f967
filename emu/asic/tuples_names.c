/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tuples_names.h"

#include <errno.h>
#include <stdlib.h>

enum { FIRST_BUCKETS = 64 };

int tuples_names_open(struct tuples_names *names, size_t limit)
{
	*names = (struct tuples_names){.top = 1};
	return tuples_arena_open(&names->arena, (limit + 1) * sizeof(struct tuples_name));
}

void tuples_names_close(struct tuples_names *names)
{
	tuples_arena_close(&names->arena);
	free(names->buckets);
	*names = (struct tuples_names){0};
}

static void put_in_bucket(struct tuples_names *names, uint32_t number)
{
	struct tuples_name *name = tuples_name(names, number);
	uint32_t *bucket = &names->buckets[name->hash & (names->num_buckets - 1)];

	name->next = *bucket;
	*bucket = number;
}

static int grow_buckets(struct tuples_names *names)
{
	size_t size = names->num_buckets ? 2 * names->num_buckets : FIRST_BUCKETS;
	size_t old_size = names->num_buckets;
	uint32_t *old = names->buckets, *buckets = calloc(size, sizeof(buckets[0]));

	if (!buckets)
		return -ENOMEM;
	names->buckets = buckets;
	names->num_buckets = size;
	for (size_t i = 0; i < old_size; i++)
		for (uint32_t number = old[i], next; number; number = next) {
			next = tuples_name(names, number)->next;
			put_in_bucket(names, number);
		}
	free(old);
	return 0;
}

int tuples_names_reserve(struct tuples_names *names)
{
	if (names->count >= names->num_buckets && grow_buckets(names))
		return -ENOMEM;
	if (names->free)
		return 0;
	return tuples_arena_reach(&names->arena, (names->top + 1) * sizeof(struct tuples_name));
}

uint32_t tuples_name_add(struct tuples_names *names, uint32_t hash)
{
	uint32_t number = names->free;

	if (number)
		names->free = tuples_name(names, number)->next;
	else
		number = names->top++;
	*tuples_name(names, number) = (struct tuples_name){.hash = hash};
	put_in_bucket(names, number);
	names->count++;
	return number;
}

void tuples_name_drop(struct tuples_names *names, uint32_t number)
{
	struct tuples_name *name = tuples_name(names, number);
	uint32_t *at = &names->buckets[name->hash & (names->num_buckets - 1)];

	while (*at != number)
		at = &tuples_name(names, *at)->next;
	*at = name->next;
	name->next = names->free;
	names->free = number;
	names->count--;
}

size_t tuples_names_bytes(const struct tuples_names *names)
{
	return names->arena.used + names->num_buckets * sizeof(names->buckets[0]);
}
