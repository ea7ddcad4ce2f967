/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Packets in memory, dissected: what look-ups are measured with.
 *
 * Memory is taken slab by slab. A chunk of a batch's keys is a page of its own, so chunks that no
 * rule needs, and nobody writes, have no memory. The frames' bytes are not kept.
 *
 * Threading: one writer; readers when it is done.
 */
#ifndef NICEMU_ENGINE_BENCH_TRACE_H
#define NICEMU_ENGINE_BENCH_TRACE_H

#include <nicemu/flow/batch.h>
#include <nicemu/packet/packet.h>

struct bench_batch {
	struct flow_batch *keys;
	struct packet *packets; /* FLOW_BATCH; data is NULL */
	size_t count;
};

struct bench_slab;

struct bench_trace {
	struct bench_batch *batches;
	size_t length, allocated;
	struct bench_slab **slabs;
	size_t num_slabs;
};

/* One more batch, still empty; NULL when memory is out. Pointers into it stay valid. */
struct bench_batch *bench_trace_add(struct bench_trace *trace);

/* Keep these packets (not their bytes) in the batch. */
void bench_batch_keep(struct bench_batch *batch, const struct packet *packets, size_t count);

/* Memory that a batch takes, with so many chunks of its keys. */
size_t bench_batch_bytes(unsigned int chunks);

void bench_trace_clear(struct bench_trace *trace);

#endif
