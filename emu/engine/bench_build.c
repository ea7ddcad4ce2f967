/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table, built some times: the last copy is the one that is measured. */
#include "bench_internal.h"

#include <string.h>

enum { BUILD_ENOUGH_NS = 500000000 };

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

enum bench_answer bench_build_step(struct bench *bench)
{
	uint64_t begun;
	double seconds;
	int error;

	asic_destroy(bench->asic);
	bench->asic = asic_copy(bench->emulator->asic, bench->options.engine);
	if (!bench->asic)
		return bench_fail(bench, "out of memory for a copy of the rules");
	begun = bench_now_ns();
	error = asic_build(bench->asic);
	seconds = (double)(bench_now_ns() - begun) / 1e9;
	if (error)
		return bench_fail(bench, "the engine %s can't hold the rules: %s",
				  bench->results.engine, strerror(-error));
	bench->builds[bench->num_builds++] = seconds;
	if (bench->num_builds < sizeof(bench->builds) / sizeof(*bench->builds) &&
	    seconds * 1e9 < BUILD_ENOUGH_NS)
		return BENCH_MORE;
	describe(bench);
	return BENCH_NEXT;
}
