/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table, built some times: the last copy is the one that is measured. */
#include "bench_internal.h"

#include <string.h>

enum { BUILD_ENOUGH_NS = 500000000, ENTRIES_A_STEP = 64 };

/* Everything of the table that a report tells. */
static void describe(struct bench *bench)
{
	struct bench_results *results = &bench->results;

	results->built = true;
	results->build_seconds = bench_median(bench->builds, bench->num_builds);
	results->rules = asic_entries(bench->asic);
	results->memory = asic_memory(bench->asic);
	results->measure = asic_measure(bench->asic);
}

static enum bench_answer begin(struct bench *bench)
{
	asic_destroy(bench->asic);
	bench->asic = asic_copy(bench->emulator->asic, bench->options.engine);
	bench->building_ns = 0;
	if (bench->asic)
		bench->building = asic_build_begin(bench->asic);
	return bench->building ? BENCH_MORE
			       : bench_fail(bench, "out of memory for a copy of the rules");
}

/* In steps, so that a bench of many rules can be interrupted; only what they take is counted. */
static int build_some(struct bench *bench)
{
	uint64_t begun = bench_now_ns(), now;
	int left;

	do {
		left = asic_build_some(bench->building, ENTRIES_A_STEP);
		now = bench_now_ns();
	} while (left > 0 && now - begun < BENCH_STEP_NS);
	bench->building_ns += now - begun;
	return left;
}

enum bench_answer bench_build_step(struct bench *bench)
{
	int left;

	if (!bench->building)
		return begin(bench);
	left = build_some(bench);
	if (left > 0)
		return BENCH_MORE;
	asic_build_end(bench->building);
	bench->building = NULL;
	if (left < 0)
		return bench_fail(bench, "the engine %s can't hold the rules: %s",
				  bench->results.engine, strerror(-left));
	bench->builds[bench->num_builds++] = (double)bench->building_ns / 1e9;
	if (bench->num_builds < sizeof(bench->builds) / sizeof(*bench->builds) &&
	    bench->building_ns < BUILD_ENOUGH_NS)
		return BENCH_MORE;
	describe(bench);
	return BENCH_NEXT;
}
