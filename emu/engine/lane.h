/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One thread's way through the NIC: its batches, its worker of the ASIC, and what it counted.
 *
 * Threading: one thread at a time.
 */
#ifndef NICEMU_ENGINE_LANE_H
#define NICEMU_ENGINE_LANE_H

#include "tally.h"

#include <nicemu/ports/filter.h>

#include <pthread.h>

/* A batch as it was read, less what a filter left out, and what became of it. */
struct lane_batch {
	struct input_batch in;
	const struct asic_decision *decisions[CAPTURE_BATCH];
};

struct lane {
	struct pump *pump;
	pthread_t thread; /* not of the first lane, which is the caller's */
	struct asic_worker *worker;
	const struct filter *filter; /* borrowed; NULL: none */
	bool settles;                /* captures are mapped */
	struct tally tally;
	uint64_t unit; /* the unit at hand (pump.h), while busy */
	bool busy;
	size_t num_batches; /* of the unit at hand */
	struct lane_batch *batches;
	struct flow_batch keys;
	uint32_t flags[CAPTURE_BATCH];
};

struct lane_options {
	struct asic *asic;
	size_t cache_bytes;
	const struct filter *filter;
	bool settles;
	size_t num_captures;
	size_t max_batches; /* of a unit */
};

/* NULL when memory is out. */
struct lane *lane_create(const struct lane_options *options);
/* NULL is fine. */
void lane_destroy(struct lane *lane);

/* Filter, dissect, look up and count the unit at hand. */
void lane_play(struct lane *lane);

#endif
