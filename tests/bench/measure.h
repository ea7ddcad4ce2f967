/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Times of passes: this thread's own, and what they are like together. */
#ifndef NICEMU_TESTS_BENCH_MEASURE_H
#define NICEMU_TESTS_BENCH_MEASURE_H

#include <stddef.h>

/* Seconds that this thread has had on a processor. */
double thread_seconds(void);
/* Seconds of the clock. */
double clock_seconds(void);

struct spread {
	double median, min, max;
};

/* Sorts the values; count > 0. */
struct spread spread_of(double *values, size_t count);

#endif
