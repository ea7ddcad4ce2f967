/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Time, and figures made of runs. Threading: values. */
#ifndef NICEMU_ENGINE_BENCH_FIGURE_H
#define NICEMU_ENGINE_BENCH_FIGURE_H

#include <nicemu/engine/bench.h>

uint64_t bench_now_ns(void);    /* the system's, monotonic */
uint64_t bench_cpu_ns(void);    /* processor time of this process */
uint64_t bench_thread_ns(void); /* and of this thread */

void bench_effort_add(struct bench_effort *effort, uint64_t packets, uint64_t cpu_ns,
		      uint64_t wall_ns);

/* The runs of a figure as they are made. */
struct bench_meter {
	uint64_t spent_ns;           /* in all runs, and in the one at hand */
	uint64_t run_ns, run_things; /* in the run at hand */
};

/* So much of the run at hand is done. */
void bench_meter_add(struct bench_meter *meter, uint64_t things, uint64_t ns);

/* A whole pass has ended: it also ends the run, when that is long enough to be a measurement. */
void bench_meter_end_pass(struct bench_meter *meter, struct bench_figure *figure);

/* There are enough runs, or the time for them is over. */
bool bench_meter_is_done(const struct bench_meter *meter, const struct bench_figure *figure,
			 const struct bench_options *options);

/* At most BENCH_RUNS_MAX are kept. */
void bench_figure_add(struct bench_figure *figure, uint64_t things, uint64_t ns);

/* Median, least and greatest of the runs so far; all 0 without any. */
void bench_figure_close(struct bench_figure *figure);

/* The median of values, which get sorted; 0 of none. */
double bench_median(double *values, size_t count);

#endif
