/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The document of a bench (DESIGN.md section 7), and its table. Threading: pure functions. */
#ifndef NICEMU_REPORT_BENCH_H
#define NICEMU_REPORT_BENCH_H

#include <nicemu/engine/bench.h>
#include <nicemu/report/report.h>

struct report_bench_options {
	const char *generator; /* "nicemu X.Y.Z" */
	const char *kind;      /* "lookup", "replay", "update" */
	bool reproducible;     /* what differs from run to run is null, or an empty list */
};

/*
 * The document of a bench that has finished; of none, when emulator and bench are NULL: what is not
 * known is null. A new reference, or NULL when memory is out.
 */
json_t *report_bench(const struct emulator *emulator, const struct bench *bench,
		     const struct report_bench_options *options);

void report_print_bench(FILE *out, const json_t *document, const struct report_style *style);

#endif
