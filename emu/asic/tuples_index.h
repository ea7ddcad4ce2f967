/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An index over long lists of records: where in its list does a record belong?
 *
 * What: one balanced tree (a treap: Seidel, Aragon 1996) of (list, order of the record) for all
 * lists that asked for it. Short lists are walked and are not in here, so for usual rules it is
 * empty.
 *
 * Why: a million rules that overlap in everything share one list; walking it for each insert would
 * take hours.
 *
 * Threading: one owner.
 */
#ifndef NICEMU_ASIC_TUPLES_INDEX_H
#define NICEMU_ASIC_TUPLES_INDEX_H

#include <stddef.h>
#include <stdint.h>

struct tuples_record;

struct tuples_index_node {
	uint64_t list;
	uint32_t record, left, right, priority;
};

struct tuples_index {
	const struct tuples_record *records;
	struct tuples_index_node *nodes;
	size_t capacity; /* of nodes; 0 is none */
	uint32_t root, count, top, free;
	uint64_t draws;
};

/* Begins zeroed, but for records. */
void tuples_index_close(struct tuples_index *index);
/* Room for that many records in all. 0 or -ENOMEM. */
int tuples_index_reserve(struct tuples_index *index, size_t count);
/* The room must be there. A record is in a list at most once. */
void tuples_index_add(struct tuples_index *index, uint64_t list, uint32_t record);
void tuples_index_remove(struct tuples_index *index, uint64_t list, uint32_t record);
/* The last record of the list before, the first after this one; 0: none. */
uint32_t tuples_index_before(const struct tuples_index *index, uint64_t list, uint32_t record);
uint32_t tuples_index_after(const struct tuples_index *index, uint64_t list, uint32_t record);
/* The first record of the list; 0: none. */
uint32_t tuples_index_first(const struct tuples_index *index, uint64_t list);

#endif
