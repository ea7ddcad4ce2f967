/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command line of `nicemu check`. Threading: one thread. */
#ifndef NICEMU_CLI_CHECK_ARGUMENTS_H
#define NICEMU_CLI_CHECK_ARGUMENTS_H

#include "cli.h"
#include "print.h"

/* Strings point into argv; the arrays are owned. */
struct check_words {
	const char **list;
	size_t count;
};

struct check_arguments {
	struct common_options common; /* without -m and -k, which can be repeated here */
	struct check_words models, kernels, files, allowed;
	print_fn print; /* of --format; with common.json it does not matter */
	bool strict, each, help;
};

/* EXIT_DONE, or EXIT_USAGE after a complaint. Free in any case. */
int check_arguments_parse(struct check_arguments *a, int argc, char **argv);
void check_arguments_free(struct check_arguments *a);

/*
 * check_allow.c: is each id of --allow one that something can have: nicemu's own, the lint's, or a
 * clause's of a model that is built in or asked for? EXIT_DONE, or EXIT_USAGE with a proposal.
 */
int check_allowed_ids(const struct check_arguments *a);

/* Is this id one of --allow? */
bool check_allows(const struct check_arguments *a, const char *id);

#endif
