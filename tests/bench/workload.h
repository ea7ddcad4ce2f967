/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What every engine is given: rules, and packets that are dissected already.
 *
 * Packets are in batches of FLOW_BATCH, with all chunks of their keys that any rule may look at.
 *
 * Threading: made once; then engines write ports and META into the batches, always the same.
 */
#ifndef NICEMU_TESTS_BENCH_WORKLOAD_H
#define NICEMU_TESTS_BENCH_WORKLOAD_H

#include "trace.h"

#include <nicemu/flow/batch.h>
#include <nicemu/packet/packet.h>

struct workload {
	struct ruleset set;
	struct trace trace;
	struct packet *packets; /* lengths and times; no bytes */
	struct flow_batch *batches;
};

/* What is to be made. */
struct workload_plan {
	enum rule_kind kind;
	enum rule_form form;
	size_t rules, packets;
	enum traffic traffic;
	uint64_t seed;
};

/* 0 or a negative errno; then the workload is empty. */
int workload_make(struct workload *workload, const struct workload_plan *plan);
void workload_clear(struct workload *workload);

/* Packets of the batch that begins with packet number first. */
static inline size_t workload_batch(const struct workload *workload, size_t first)
{
	size_t left = workload->trace.count - first;

	return left < FLOW_BATCH ? left : FLOW_BATCH;
}

#endif
