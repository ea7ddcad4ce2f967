/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "measure.h"

#include <stdlib.h>
#include <time.h>

static double seconds_of(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

double thread_seconds(void)
{
	return seconds_of(CLOCK_THREAD_CPUTIME_ID);
}

double clock_seconds(void)
{
	return seconds_of(CLOCK_MONOTONIC);
}

static int compare_doubles(const void *first, const void *second)
{
	double a = *(const double *)first, b = *(const double *)second;

	return (a > b) - (a < b);
}

struct spread spread_of(double *values, size_t count)
{
	size_t middle = count / 2;

	qsort(values, count, sizeof(*values), compare_doubles);
	return (struct spread){.median = count % 2 ? values[middle]
						   : (values[middle - 1] + values[middle]) / 2,
			       .min = values[0],
			       .max = values[count - 1]};
}
