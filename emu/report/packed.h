/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The "rules" of a document in little room, for the way from the emulator to a command.
 *
 * What: instead of an array of records, an object: {"places": [[family, table, chain, port,
 * priority]], "rows": "a line of numbers a rule", "comments": {"index": comment}, "texts": [what
 * nft prints, or null]}. The texts are put in by the command, which has them from nft. Rules of a
 * real kernel come as records: they bring their texts along.
 *
 * Why: a record is 3 KB of memory and 350 bytes of JSON, at both ends; a million of them should not
 * need more than the rules themselves. A packed rule needs 40 bytes and is made a record when it is
 * its turn to be printed.
 *
 * Rows are what the emulator wrote: a line that is none ends the rules. Threading: none.
 */
#ifndef NICEMU_REPORT_PACKED_H
#define NICEMU_REPORT_PACKED_H

#include <nicemu/base/buffer.h>
#include <nicemu/report/report.h>

#include "internal.h"

/* ---- the emulator's end ---- */

struct packer {
	json_t *places, *comments;
	struct buffer rows;
	struct buffer origins; /* of the places: struct packer_origin */
	size_t count;
	bool failed; /* a place or a comment is missing */
};

void packer_begin(struct packer *packer);
void packer_add(struct packer *packer, const struct nic *nic, const struct nft_offload_rule *rule,
		const struct rule_counts *counts);
/* The packed rules, or NULL when memory is out. */
json_t *packer_end(struct packer *packer);

/* ---- the command's end ---- */

/* Rules that are packed, not an array of records. */
bool packed(const json_t *rules);

/* See report_add_texts. */
size_t packed_add_texts(json_t *rules, const struct report_texts *texts);

/* Each rule's record, in order; it is valid during the call. */
void packed_visit(const json_t *rules, void (*visit)(void *context, const json_t *rule),
		  void *context);

/* The same place by place, in the order in which places come first; NULL-safe on memory. */
void packed_visit_by_place(const json_t *rules, void (*visit)(void *context, const json_t *rule),
			   void (*next_place)(void *context, const json_t *first), void *context);

/*
 * What nft prints for the rule of that place, or "". The search begins at the cursor (zeroed: the
 * first rule), which then is at that rule: places in the order of the rules cost one walk.
 */
struct packed_cursor {
	size_t offset, index;
};
const char *packed_text(const json_t *rules, const json_t *place, struct packed_cursor *cursor);

#endif
