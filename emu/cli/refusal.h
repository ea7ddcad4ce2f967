/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What nft says that was refused, joined with what the emulator knows about why: as a record of
 * "refused" in a report, and in words. A refusal is an object of {"command": "refusals"}, NULL
 * where the emulator refused nothing (a syntax error). Threading: one thread.
 */
#ifndef NICEMU_CLI_REFUSAL_H
#define NICEMU_CLI_REFUSAL_H

#include "nft_errors.h"
#include "rules_file.h"
#include "session.h"

#include <jansson.h>

/* Is this refusal what nft tells of? Its text ends in, or holds, the errno's text. */
bool refusal_belongs(const json_t *refusal, const struct nft_error *error);

/* The file in which an error stands: as it was named, or as nft names one that it includes. */
const char *rules_name(const struct rules_file *file, const struct nft_error *error);

/* A new reference. Its "rules", of a chain those that were not judged, is 0. */
json_t *refusal_record(const struct rules_file *file, const struct nft_error *error,
		       const json_t *refusal);
/* "forms" and "forms_left_out" (serve_add_forms), where there are any. */
void refusal_copy_forms(json_t *record, const json_t *told);
/*
 * A hint for what nft says no to without asking: a port that the session's NIC does not have, a
 * file that is no rules file. before: the record before it, or NULL; of one file the form is told
 * once.
 */
void refusal_advise(json_t *record, struct session *session, const struct nft_error *error,
		    const json_t *before);
/* On stderr. record: what refusal_record made of the same. */
void refusal_tell(const struct rules_file *file, const struct nft_error *error,
		  const json_t *refusal, const json_t *record);

#endif
