/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the formats of a check report have in common. Threading: none. */
#ifndef NICEMU_REPORT_CHECK_INTERNAL_H
#define NICEMU_REPORT_CHECK_INTERNAL_H

#include "style.h"

#include <nicemu/report/check.h>

/* A refusal, error or finding that stands in one place, and the runs and ports that have it. */
struct check_group {
	const char *list;     /* of a run in which it stands: "rules", "chains", "errors", "lint" */
	const json_t *record; /* the first of its records */
	const json_t **runs, **same; /* each record and its run, in order */
	size_t count;
	size_t file, number; /* order of its file's first appearance, and its own */
};

struct check_groups {
	struct check_group **group; /* by file, line, column */
	size_t length;
};

/* Of the records that are not "offloaded". 0 or -ENOMEM. */
int check_groups_make(struct check_groups *groups, const json_t *document);
void check_groups_free(struct check_groups *groups);

/* "refused", "allowed" or "offloaded" */
bool check_verdict_is(const json_t *record, const char *verdict);

/* "mlx5 6.12.117 on eth0, eth1; ice 6.12.117 on eth0": owned; NULL: no memory. */
char *check_group_runs(const struct check_group *group);
/* "eth0, eth1" of a group that stands in one run: owned, "" where it names no port. */
char *check_group_ports(const struct check_group *group);

/*
 * check_missing.c: what has not been checked, a line each for models and kernels, with between
 * between them: owned; "": all has been, NULL: no memory. And why ("interrupted; not checked", or
 * "interrupted" alone where all has been), or NULL where nothing is to be said.
 */
char *check_missing(const json_t *document, const char *between);
const char *check_missing_why(const json_t *document);

#endif
