/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Look-ups of packets that are in memory. */
#include "bench_internal.h"

enum { AHEAD_LINES = 8, LINE = 64, LOOK_AT_CLOCK_NS = 1000000 };

/*
 * In a replay a batch of keys has just been made and is in the first-level cache; here it comes
 * from memory, a page at a time, and the processor's own prefetching ends with each page.
 */
static void prefetch(const struct bench_batch *batch, unsigned int chunks)
{
	for (size_t line = 0; line < AHEAD_LINES; line++) {
		for (size_t c = 0; c < FLOW_CHUNKS; c++)
			if (chunks >> c & 1)
				__builtin_prefetch((const char *)batch->keys->chunk[c] +
						   line * LINE);
		__builtin_prefetch((const char *)batch->packets + line * LINE);
	}
}

/* The batches from first on; how many packets they had. What is between the two clocks. */
static uint64_t look_up(const struct bench *bench, size_t first, size_t end)
{
	const struct asic_decision *decisions[FLOW_BATCH];
	uint64_t packets = 0;

	for (size_t i = first; i < end; i++) {
		const struct bench_batch *batch = &bench->trace.batches[i];
		unsigned int chunks = asic_begin(bench->worker);

		if (i + 1 < end)
			prefetch(batch + 1, chunks);
		asic_process(bench->worker, batch->packets, batch->keys, decisions, batch->count);
		packets += batch->count;
	}
	return packets;
}

/* Some batches more of this pass. Few where they are slow, so that a step has an end. */
static void advance(struct bench *bench)
{
	size_t left = bench->trace.length - bench->next_batch;
	size_t end = bench->next_batch + (bench->stride < left ? bench->stride : left);
	uint64_t cpu = bench_cpu_ns(), begun = bench_now_ns(), packets, spent;

	packets = look_up(bench, bench->next_batch, end);
	spent = bench_now_ns() - begun;
	bench_effort_add(&bench->results.lookup_effort, packets, bench_cpu_ns() - cpu, spent);
	bench_meter_add(&bench->lookup_meter, packets, spent);
	bench->next_batch = end;
	if (spent < LOOK_AT_CLOCK_NS / 2 && bench->stride < bench->trace.length)
		bench->stride *= 2;
	else if (spent > LOOK_AT_CLOCK_NS && bench->stride > 1)
		bench->stride /= 2;
}

static bool is_over(const struct bench *bench)
{
	return !bench->results.packets ||
	       bench_meter_is_done(&bench->lookup_meter, &bench->results.lookup, &bench->options);
}

/* A table so slow that the survey has used up the time: then that was the only run. */
static void count_survey(struct bench *bench)
{
	if ((double)bench->survey_ns > bench->options.seconds * 1e9) {
		bench_figure_add(&bench->results.lookup, bench->results.packets, bench->survey_ns);
		bench->lookup_meter.spent_ns = bench->survey_ns;
	}
}

static void note_cache(struct bench *bench)
{
	struct asic_cache_use now = asic_worker_cache_use(bench->worker);

	bench->results.cache_use = (struct asic_cache_use){
		.hits = now.hits - bench->cache_before.hits,
		.misses = now.misses - bench->cache_before.misses,
		.bypassed = now.bypassed - bench->cache_before.bypassed,
	};
}

enum bench_answer bench_lookup_step(struct bench *bench)
{
	uint64_t begun = bench_now_ns();

	if (!bench->stride) {
		bench->stride = 1;
		bench->cache_before = asic_worker_cache_use(bench->worker);
		count_survey(bench);
	}
	while (!is_over(bench) && bench_now_ns() - begun < BENCH_STEP_NS) {
		advance(bench);
		if (bench->next_batch == bench->trace.length) {
			bench->next_batch = 0;
			bench_meter_end_pass(&bench->lookup_meter, &bench->results.lookup);
		}
	}
	note_cache(bench);
	if (!is_over(bench))
		return BENCH_MORE;
	/* A second worker beside it would count elsewhere. */
	asic_worker_destroy(bench->worker);
	bench->worker = NULL;
	bench_trace_clear(&bench->trace);
	return BENCH_NEXT;
}

void bench_lookup_progress(const struct bench *bench, struct bench_progress *progress)
{
	uint64_t pass = bench->trace.length ? bench->trace.length : 1;

	progress->whole = bench->options.runs * pass;
	progress->done = bench->results.lookup.runs * pass + bench->next_batch;
}
