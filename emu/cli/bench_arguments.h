/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a person asked `nicemu bench` for. Threading: one thread. */
#ifndef NICEMU_CLI_BENCH_ARGUMENTS_H
#define NICEMU_CLI_BENCH_ARGUMENTS_H

#include "replay_arguments.h"

/* Strings point into argv. */
struct bench_arguments {
	const char *kind;             /* "lookup", "replay", "update", "flow" */
	const char *engine;           /* NULL: the usual one */
	struct replay_arguments play; /* rules, captures, jobs and common options */
	uint64_t runs;
	double seconds;
	bool no_cache, jobs_auto, help;
};

/* EXIT_DONE, or an exit status after a complaint. Free in any case. */
int bench_arguments_parse(struct bench_arguments *arguments, int argc, char **argv);
void bench_arguments_free(struct bench_arguments *arguments);

#endif
