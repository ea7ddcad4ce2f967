/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bench_trace.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { SLAB_BATCHES = 256 };

/* Mapped: zero pages that nobody touches take no memory. */
struct bench_slab {
	struct flow_batch keys[SLAB_BATCHES];
	struct packet packets[SLAB_BATCHES][FLOW_BATCH];
};

static struct bench_slab *map_slab(void)
{
	struct bench_slab *slab = mmap(NULL, sizeof(*slab), PROT_READ | PROT_WRITE,
				       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (slab == MAP_FAILED)
		return NULL;
	/* A huge page would have all chunks. */
	madvise(slab, sizeof(*slab), MADV_NOHUGEPAGE);
	return slab;
}

static struct bench_slab *add_slab(struct bench_trace *trace)
{
	struct bench_slab **slabs =
		realloc(trace->slabs, (trace->num_slabs + 1) * sizeof(*trace->slabs));
	struct bench_slab *slab;

	if (!slabs)
		return NULL;
	trace->slabs = slabs;
	slab = map_slab();
	if (slab)
		slabs[trace->num_slabs++] = slab;
	return slab;
}

static bool grow(struct bench_trace *trace)
{
	size_t wanted = trace->allocated ? 2 * trace->allocated : SLAB_BATCHES;
	struct bench_batch *batches = realloc(trace->batches, wanted * sizeof(*batches));

	if (!batches)
		return false;
	trace->batches = batches;
	trace->allocated = wanted;
	return true;
}

struct bench_batch *bench_trace_add(struct bench_trace *trace)
{
	size_t place = trace->length % SLAB_BATCHES;
	struct bench_slab *slab;
	struct bench_batch *batch;

	if (trace->length == trace->allocated && !grow(trace))
		return NULL;
	if (trace->length / SLAB_BATCHES < trace->num_slabs)
		slab = trace->slabs[trace->length / SLAB_BATCHES];
	else
		slab = add_slab(trace);
	if (!slab)
		return NULL;
	batch = &trace->batches[trace->length++];
	*batch = (struct bench_batch){.keys = &slab->keys[place], .packets = slab->packets[place]};
	return batch;
}

void bench_batch_keep(struct bench_batch *batch, const struct packet *packets, size_t count)
{
	memcpy(batch->packets, packets, count * sizeof(*packets));
	for (size_t i = 0; i < count; i++) {
		batch->packets[i].data = NULL;
		batch->packets[i].captured = 0;
	}
	batch->count = count;
}

size_t bench_batch_bytes(unsigned int chunks)
{
	size_t wanted = 0;

	for (unsigned int c = 0; c < FLOW_CHUNKS; c++)
		wanted += chunks >> c & 1;
	return sizeof(struct bench_batch) + FLOW_BATCH * sizeof(struct packet) +
	       wanted * FLOW_BATCH * sizeof(struct flow_chunk);
}

void bench_trace_clear(struct bench_trace *trace)
{
	for (size_t i = 0; i < trace->num_slabs; i++)
		munmap(trace->slabs[i], sizeof(*trace->slabs[i]));
	free(trace->slabs);
	free(trace->batches);
	*trace = (struct bench_trace){0};
}
