/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The statistics of each kind of rule set: tables only.
 *
 * The shape is ClassBench's: protocols; for each the classes of the two ports; for these the
 * lengths of the two prefixes; trees for addresses; ports that services have. What is known of
 * acl1 is its published seed's; acl, fw and ipc follow what Taylor and Turner report of the lists
 * of these kinds, in round numbers.
 *
 * Weights are relative: a row is drawn with its weight over the table's sum.
 */
#ifndef NICEMU_TESTS_BENCH_PROFILE_H
#define NICEMU_TESTS_BENCH_PROFILE_H

#include "ruleset.h"

enum port_class { PORT_ANY, PORT_HIGH, PORT_LOW, PORT_RANGE, PORT_EXACT };

struct protocol_row {
	uint16_t weight;
	int16_t protocol; /* -1: any */
};

struct ports_row {
	uint16_t weight;
	uint8_t source, destination; /* enum port_class */
};

struct prefixes_row {
	uint16_t weight;
	uint8_t source, destination; /* lengths */
};

struct port_row {
	uint16_t weight;
	uint16_t min, max;
};

#define TABLE(TYPE)               \
	struct {                  \
		const TYPE *rows; \
		size_t count;     \
	}

struct profile {
	const char *name;
	unsigned int bits;      /* of an address */
	unsigned int smoothing; /* of 100 prefix lengths, how many move by one or two */
	bool sorted;            /* the more specific rules tend to come first */
	TABLE(struct protocol_row) protocols;
	TABLE(struct ports_row) ports;          /* of TCP and UDP */
	TABLE(struct prefixes_row) prefixes[2]; /* without ports, with ports */
	TABLE(struct tree_level) source, destination;
	TABLE(struct port_row) exact, ranges;
};

extern const struct profile profiles[RULE_KINDS];

#endif
