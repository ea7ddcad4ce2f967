/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bench_figure.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

static uint64_t read_clock(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

uint64_t bench_now_ns(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

uint64_t bench_cpu_ns(void)
{
	return read_clock(CLOCK_PROCESS_CPUTIME_ID);
}

uint64_t bench_thread_ns(void)
{
	return read_clock(CLOCK_THREAD_CPUTIME_ID);
}

void bench_effort_add(struct bench_effort *effort, uint64_t packets, uint64_t cpu_ns,
		      uint64_t wall_ns)
{
	effort->packets += packets;
	effort->cpu_ns += cpu_ns;
	effort->wall_ns += wall_ns;
}

void bench_meter_add(struct bench_meter *meter, uint64_t things, uint64_t ns)
{
	meter->spent_ns += ns;
	meter->run_ns += ns;
	meter->run_things += things;
}

void bench_meter_end_pass(struct bench_meter *meter, struct bench_figure *figure)
{
	if (meter->run_ns < BENCH_RUN_NS)
		return;
	bench_figure_add(figure, meter->run_things, meter->run_ns);
	meter->run_ns = 0;
	meter->run_things = 0;
}

bool bench_meter_is_done(const struct bench_meter *meter, const struct bench_figure *figure,
			 const struct bench_options *options)
{
	return figure->runs >= options->runs ||
	       (figure->runs && (double)meter->spent_ns > options->seconds * 1e9);
}

void bench_figure_add(struct bench_figure *figure, uint64_t things, uint64_t ns)
{
	if (figure->runs < BENCH_RUNS_MAX && ns)
		figure->run[figure->runs++] = (double)things * 1e9 / (double)ns;
}

static int compare(const void *left, const void *right)
{
	const double *a = left, *b = right;

	return (*a > *b) - (*a < *b);
}

double bench_median(double *values, size_t count)
{
	if (!count)
		return 0;
	qsort(values, count, sizeof(*values), compare);
	return count % 2 ? values[count / 2] : (values[count / 2 - 1] + values[count / 2]) / 2;
}

void bench_figure_close(struct bench_figure *figure)
{
	double sorted[BENCH_RUNS_MAX];

	if (!figure->runs)
		return;
	memcpy(sorted, figure->run, figure->runs * sizeof(*sorted));
	figure->median = bench_median(sorted, figure->runs);
	figure->min = sorted[0];
	figure->max = sorted[figure->runs - 1];
}
