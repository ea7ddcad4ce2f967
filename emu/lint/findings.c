/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What was found, kept until all checks have run, then told in the order of the rules. */
#include "internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct lint_place lint_at_rule(const struct lint *lint, size_t rule)
{
	return (struct lint_place){.chain = lint->rules[rule].chain, .rule = rule, .port = -1};
}

void lint_add_text(struct lint *lint, const char *id, enum lint_level level,
		   struct lint_place place, const char *text, const char *hint)
{
	static const struct lint_chain nowhere = {.family = "", .table = "", .name = ""};
	const struct lint_chain *chain =
		place.chain == SIZE_MAX ? &nowhere : &lint->chains[place.chain];
	struct lint_kept *kept;

	if (lint->num_kept >= LINT_FINDINGS_MAX && !lint->closing) {
		lint->left_out++;
		return;
	}
	if (!lint_grow(lint, (void **)&lint->kept, &lint->room_kept, lint->num_kept,
		       sizeof(*lint->kept)))
		return;
	kept = &lint->kept[lint->num_kept];
	*kept = (struct lint_kept){
		.finding = {.id = id,
			    .level = level,
			    .family = chain->family,
			    .table = chain->table,
			    .chain = chain->name,
			    .handle = place.rule == SIZE_MAX ? place.handle
							     : lint->rules[place.rule].handle,
			    .port = place.port,
			    .other = place.other,
			    .text = strdup(text),
			    .hint = strdup(hint)},
		/* SIZE_MAX + 1: what is about a whole comes before its parts. */
		.chain = place.chain + 1,
		.rule = place.rule + 1,
		.number = lint->num_kept,
	};
	lint->num_kept++;
	if (!kept->finding.text || !kept->finding.hint)
		lint->failed = true;
}

void lint_add(struct lint *lint, enum lint_number id, struct lint_place place, const char *hint,
	      const char *format, ...)
{
	char text[LINT_TEXT_SIZE];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	lint_add_text(lint, lint_id(id)->id, lint_id(id)->level, place, text, hint);
}

void lint_add_tally(struct lint *lint, enum lint_number id, const struct lint_tally *tally,
		    const char *hint, const char *format, ...)
{
	char text[LINT_TEXT_SIZE], more[64] = "";
	va_list args;

	if (tally->count == 0)
		return;
	va_start(args, format);
	vsnprintf(text, sizeof(text) - sizeof(more), format, args);
	va_end(args);
	if (tally->count > 1)
		snprintf(more, sizeof(more), " (and so for %zu more rule%s of the chain)",
			 tally->count - 1, tally->count == 2 ? "" : "s");
	strcat(text, more);
	lint_add_text(lint, lint_id(id)->id, lint_id(id)->level, lint_at_rule(lint, tally->first),
		      text, hint);
}

static int compare(const void *first, const void *second)
{
	const struct lint_kept *a = first, *b = second;

	if (a->chain != b->chain)
		return a->chain < b->chain ? -1 : 1;
	if (a->rule != b->rule)
		return a->rule < b->rule ? -1 : 1;
	return a->number < b->number ? -1 : a->number > b->number;
}

void lint_tell(struct lint *lint, void (*visit)(void *context, const struct lint_finding *finding),
	       void *context)
{
	lint->closing = true;
	if (lint->left_out)
		lint_add_text(lint, lint_id(LINT_NOT_ALL_LOOKED_AT)->id, LINT_NOTICE,
			      lint_at_chain(SIZE_MAX), "there are more findings than are told", "");
	if (lint->failed || lint->num_kept == 0)
		return;
	qsort(lint->kept, lint->num_kept, sizeof(*lint->kept), compare);
	for (size_t i = 0; i < lint->num_kept; i++)
		visit(context, &lint->kept[i].finding);
}
