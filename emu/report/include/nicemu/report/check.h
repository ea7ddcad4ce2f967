/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The report of `nicemu check`: verdicts of rules for models and kernels, as a document, as a table
 * for people and in the formats that CI systems read.
 *
 * Each format is made from the document alone (DESIGN: JSON of check), so none says anything else.
 * A verdict that several runs or ports share stands once where people read, with their names.
 *
 * Threading: pure functions over their arguments.
 */
#ifndef NICEMU_REPORT_CHECK_H
#define NICEMU_REPORT_CHECK_H

#include <nicemu/report/report.h>

/* What a check has found. Borrowed; of the arrays NULL is an empty one. */
struct report_checked {
	const char *generator;
	json_t *runs;        /* each gets its "summary" */
	json_t *not_checked; /* what no run is about, or what a run lacks */
	json_t *notes;       /* strings */
	bool interrupted;    /* by a signal */
};

/* The document, with a summary of all runs. A new reference; NULL: no memory. */
json_t *report_check(const struct report_checked *checked);

/* For people. Errors are only counted: they have been told when they were met. */
void report_print_check(FILE *out, const json_t *document, const struct report_style *style);
/* GitHub Actions' workflow commands: an ::error or ::warning with its place for each finding. */
void report_print_check_github(FILE *out, const json_t *document, const struct report_style *style);
/* JUnit's XML: a suite for each run, a test case for each rule and port. */
void report_print_check_junit(FILE *out, const json_t *document, const struct report_style *style);
/* Test Anything Protocol 13, the same cases. */
void report_print_check_tap(FILE *out, const json_t *document, const struct report_style *style);

#endif
