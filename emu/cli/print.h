/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Documents on their way to a person or a program. Threading: one thread. */
#ifndef NICEMU_CLI_PRINT_H
#define NICEMU_CLI_PRINT_H

#include "cli.h"
#include "session.h"

#include <nicemu/report/report.h>

#include <stdio.h>

typedef void (*print_fn)(FILE *out, const json_t *document, const struct report_style *style);

/* As JSON with -j, else by print. EXIT_DONE, or EXIT_OUTPUT after a complaint. */
int print_document(FILE *out, const json_t *document, print_fn print,
		   const struct common_options *options);

/*
 * What nft lists in the session, as report_parse_listing gives it: a new reference in *listing.
 * EXIT_DONE, or an exit status after a complaint.
 */
int fetch_listing(struct session *session, json_t **listing);
/* The same without rules: how many there are does not matter. */
int fetch_chains(struct session *session, json_t **listing);

/*
 * What session_request answered, where it is a document; else NULL, and *status after a complaint.
 * Takes both references.
 */
json_t *check_answer(json_t *answer, json_t *request, int *status);

#endif
