/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What people and machines read: the JSON report of a replay and the table made from it, and the
 * records that `nicemu show` prints.
 *
 * Why JSON first: the emulator builds one document, and the table is rendered from that document by
 * the client. So there is one source of truth, and `-j` never says anything else than the table.
 *
 * What nft prints for a rule comes from nft: report_parse_listing reads the output of
 * `nft -s -a list ruleset` into a listing, and the builder looks rules up in it by handle.
 *
 * Invariants: keys come in the order in which they are documented, with every key present in every
 * report; strings are valid UTF-8 whatever bytes a file name or comment had.
 *
 * Threading: pure functions over their arguments.
 */
#ifndef NICEMU_REPORT_REPORT_H
#define NICEMU_REPORT_REPORT_H

#include <nicemu/engine/emulator.h>
#include <nicemu/engine/replay.h>

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

enum { REPORT_SCHEMA_VERSION = 1 };

/*
 * {"rules": [{"family", "table", "chain", "handle", "rule", "comment"}],
 *  "chains": [{"family", "table", "chain", "offload", "devices", "rules"}]}: base chains only, with
 * the number of their rules.
 * A new reference; NULL when memory is out. Lines that are no rules (sets, objects, flowtables) are
 * passed over.
 */
json_t *report_parse_listing(const char *text);

/*
 * The same without its rules. It is all that an emulator needs to know; the texts of many rules are
 * better kept on this side, and put into its report here (report_add_texts). A new reference.
 */
json_t *report_listing_chains(const json_t *listing);

/* Looks rules of a listing up by handle. NULL when memory is out. */
struct report_texts;
struct report_texts *report_texts_create(const json_t *listing);
void report_texts_destroy(struct report_texts *texts);

/* What nft prints for the rule, or NULL. Borrowed from the listing. */
const char *report_rule_text(const struct report_texts *texts, const char *family,
			     const char *table, uint64_t handle);

struct report_options {
	const char *generator; /* "nicemu X.Y.Z" */
	bool reproducible;     /* what differs from run to run (timing) is 0 */
	bool without_rules;    /* "rules" is left empty */
	bool packed;           /* "rules" takes little room; report_print, report_write read it */
};

/*
 * The report of a replay; with replay NULL, of none (all counts are 0). listing may be NULL. A new
 * reference, or NULL when memory is out.
 */
json_t *report_build(const struct emulator *emulator, const struct replay *replay,
		     const json_t *listing, const struct report_options *options);

/*
 * Put the texts of a listing (may be NULL) where a report or a document of rules has none yet.
 * Returns how many rules stay without.
 */
size_t report_add_texts(json_t *report, const json_t *listing);

/* `nicemu show`: new references, or NULL when memory is out. listing may be NULL. */
json_t *report_nic(const struct emulator *emulator);
json_t *report_rules(const struct emulator *emulator, const json_t *listing, bool packed);
json_t *report_driver(const struct emulator *emulator, const json_t *listing);
json_t *report_counters(const struct emulator *emulator);
json_t *report_log(const struct emulator *emulator);
json_t *report_lint(const struct emulator *emulator);
json_t *report_tcam(const struct emulator *emulator, const json_t *listing);

/*
 * The findings of report_lint alone, an array of records; NULL when memory is out. What nft prints
 * for their rules ("statement") is put into them by report_add_statements (listing may be NULL).
 */
json_t *report_findings(const struct emulator *emulator);
void report_add_statements(json_t *findings, const json_t *listing);

/*
 * Any document as JSON text, in order and indented, rules as records also where they are packed; 0
 * or -1 when that can't be written.
 */
int report_write(FILE *out, const json_t *document);

struct report_style {
	int columns; /* 100 */
	bool color;
};

/* Documents of the functions above, for people. */
void report_print(FILE *out, const json_t *report, const struct report_style *style);
void report_print_nic(FILE *out, const json_t *nic, const struct report_style *style);
void report_print_rules(FILE *out, const json_t *rules, const struct report_style *style);
void report_print_driver(FILE *out, const json_t *document, const struct report_style *style);
void report_print_counters(FILE *out, const json_t *counters, const struct report_style *style);
void report_print_log(FILE *out, const json_t *log, const struct report_style *style);
void report_print_tcam(FILE *out, const json_t *document, const struct report_style *style);
void report_print_lint(FILE *out, const json_t *document, const struct report_style *style);

/* A JSON string of any bytes: those that are not UTF-8 become U+FFFD. */
json_t *report_string(const char *text);

#endif
