/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The record of a rule: one line of memory, which is all that most look-ups read of it.
 *
 * What: records live in an arena of 64-byte lines and are named by the number of their first line
 * (24 bits; 0 is none). The first line has the rule's value in chunk 0, the number of its mask in
 * chunk 0, its place in the order, and what links it. A rule that looks at more than chunk 0 has a
 * line for its port ranges, where it has any, and one for each further chunk of its mask.
 *
 * Why the mask is a number: thousands of rules share few masks, which stay in the first-level
 * cache. A line less a rule is a miss less a look-up, and half the memory.
 *
 * Stamps: the commit from which on a record is seen (low half) and from which on no more (high
 * half), each modulo 2^32; 0 stands for "always" and "never". The changing thread replaces a birth
 * by 0 when no older view is left, long before 2^31 commits have gone by.
 *
 * Threading: all but next and aside is written before a record can be found, and never after.
 * Those two are accessed with the atomic built-ins where readers are.
 */
#ifndef NICEMU_ASIC_TUPLES_RECORD_H
#define NICEMU_ASIC_TUPLES_RECORD_H

#include <nicemu/asic/tcam.h>

enum {
	TUPLES_LINE = 64,
	TUPLES_NUMBER_BITS = 24,
	TUPLES_NUMBER = (1 << TUPLES_NUMBER_BITS) - 1,
	TUPLES_RANGED = 1 << 27, /* in mask: a line with ranges follows */
};

struct tuples_record {
	uint64_t value[FLOW_CHUNK_WORDS]; /* within the mask */
	uint64_t order_high;              /* priority, upper half of the arrival */
	uint64_t order_low;               /* lower half of the arrival, number of the record */
	uint32_t mask;                    /* number; chunk c > 0 is bit 23 + c; TUPLES_RANGED */
	uint32_t next[2]; /* one for each of two sets of tables, of which one is current */
	uint32_t aside;   /* enum tuples_aside: what is to be seen where the value matches */
};
_Static_assert(sizeof(struct tuples_record) == TUPLES_LINE, "a record is a line");

enum tuples_aside {
	TUPLES_MORE = 1u << 0,    /* lines follow */
	TUPLES_STAMPED = 1u << 1, /* it has stamps */
};

/* A line behind a record: the ranges, or a further chunk. */
struct tuples_more {
	union {
		struct tcam_ranges ranges;
		uint64_t value[FLOW_CHUNK_WORDS];
	};
	uint64_t mask[FLOW_CHUNK_WORDS];
};
_Static_assert(sizeof(struct tuples_more) == TUPLES_LINE, "more of a record is a line");

static inline bool tuples_before(const struct tuples_record *a, const struct tuples_record *b)
{
	return a->order_high != b->order_high ? a->order_high < b->order_high
					      : a->order_low < b->order_low;
}

/* The chunks of its mask besides chunk 0, as in a set of chunks. */
static inline unsigned int tuples_further(const struct tuples_record *record)
{
	return record->mask >> (TUPLES_NUMBER_BITS - 1) & 14;
}

/* The lines behind the first. */
static inline unsigned int tuples_more_lines(const struct tuples_record *record)
{
	return (unsigned int)__builtin_popcount(record->mask >> TUPLES_NUMBER_BITS & 15);
}

/* Seen by a view of that version? */
static inline bool tuples_visible(uint64_t stamps, uint32_t version)
{
	uint32_t birth = (uint32_t)stamps, death = (uint32_t)(stamps >> 32);

	return (!birth || (int32_t)(version - birth) >= 0) &&
	       (!death || (int32_t)(version - death) < 0);
}

#endif
