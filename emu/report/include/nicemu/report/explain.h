/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An explanation (engine/explain.h) as a document, and the document as a tree for people.
 *
 * The document is the contract of DESIGN.md section 7; the tree is made from nothing else. Rules in
 * it have family, table, chain and handle; what nft prints for them is put in by who has it.
 *
 * Threading: pure functions over their arguments.
 */
#ifndef NICEMU_REPORT_EXPLAIN_H
#define NICEMU_REPORT_EXPLAIN_H

#include <nicemu/engine/explain.h>
#include <nicemu/report/report.h>

/* Where the packet is from. Borrowed. */
struct report_explain_source {
	const char *generator; /* "nicemu X.Y.Z" */
	const char *file;
	uint64_t number; /* of the packet in the capture, from 1 */
	bool all;        /* every rule that software met, not only the first ones */
};

/* A new reference, or NULL when memory is out. */
json_t *report_explain(const struct emulator *emulator, const struct packet *packet,
		       const struct explanation *explanation,
		       const struct report_explain_source *source);

/*
 * Put the texts in where a rule of the document has none, and the names of rules files: files is
 * {"family table handle": file}. Both may be NULL.
 */
void report_explain_complete(json_t *document, const struct report_texts *texts,
			     const json_t *files);

/* The key of a rule in files. */
void report_explain_rule_key(char *key, size_t size, const char *family, const char *table,
			     uint64_t handle);

void report_print_explain(FILE *out, const json_t *document, const struct report_style *style);

#endif
