/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Addresses as networks hand them out: a binary tree of prefixes that is never stored.
 *
 * What: at each level a node has one child or two. Whether it has one, which one, and which of two
 * is the heavier, is a hash of the seed and of the prefix so far; a draw goes down and, where there
 * are two, picks one by the level's skew. The shape (how often a node has one child only, how
 * uneven two are) is a table by level, as in ClassBench (Taylor, Turner: "ClassBench: a packet
 * classification benchmark", 2005).
 *
 * Why: rules share prefixes, and traffic shares addresses with rules, at any size, without memory.
 *
 * Threading: values only.
 */
#ifndef NICEMU_TESTS_BENCH_ADDRESS_H
#define NICEMU_TESTS_BENCH_ADDRESS_H

#include <nicemu/base/random.h>

#include <stddef.h>

/* IPv4: the low 32 bits of low. */
struct address {
	uint64_t high, low;
};

/* From level `first` on (until the next row's), in per mille. */
struct tree_level {
	uint8_t first;
	uint16_t one_child; /* nodes with one child */
	uint16_t skew;      /* 0: both children are drawn alike; 1000: only the heavier */
};

struct tree {
	const struct tree_level *levels;
	size_t num_levels;
	uint64_t seed;
	unsigned int bits;     /* 32 or 128 */
	unsigned int widening; /* 0: as the table says; each step makes a tenth fewer single
				* children */
};

/* An address whose bits beyond length are zero. */
struct address tree_draw(const struct tree *tree, unsigned int length, struct random *random);

/* The bits of a prefix of that length set, of an address with that many bits. */
struct address prefix_mask(unsigned int bits, unsigned int length);

#endif
