/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which expressions make one statement, and the statement in words.
 *
 * nft emits a statement as loads, changes of what was loaded, and one consumer; the consumer is
 * what is looked for, forwards from a load and backwards from itself. A range is two comparisons
 * of one load.
 */
#include "describe.h"

#include <string.h>

bool expr_is(const struct nft_expr *expr, const char *name)
{
	return strcmp(expr->type->name, name) == 0;
}

bool expr_is_load(const struct nft_expr *expr)
{
	static const char *const loads[] = {"bitwise", "byteorder", "fib",    "rt",
					    "hash",    "numgen",    "socket", "osf",
					    "tunnel",  "xfrm",      "inner"};

	if (expr_is(expr, "payload"))
		return !expr->payload.is_set;
	if (expr_is(expr, "meta"))
		return !expr->meta.is_set;
	if (expr_is(expr, "immediate"))
		return !expr->immediate.is_verdict;
	if (expr_is(expr, "ct") || expr_is(expr, "exthdr"))
		return kept_has_register(expr);
	for (size_t i = 0; i < sizeof(loads) / sizeof(loads[0]); i++)
		if (expr_is(expr, loads[i]))
			return true;
	return false;
}

static bool is_cmp(const struct nft_expr *expr, uint8_t op)
{
	return expr_is(expr, "cmp") && expr->cmp.op == op;
}

static bool is_range_pair(const struct nft_expr *exprs, size_t at, size_t num)
{
	return at + 1 < num && is_cmp(&exprs[at], NFT_CMP_GTE) &&
	       is_cmp(&exprs[at + 1], NFT_CMP_LTE) &&
	       exprs[at].cmp.sreg == exprs[at + 1].cmp.sreg &&
	       exprs[at].cmp.length == exprs[at + 1].cmp.length;
}

bool statement_find(struct statement *s, const struct nft_expr *exprs, size_t num_exprs,
		    size_t index, const struct describe_names *names)
{
	if (index >= num_exprs)
		return false;
	*s = (struct statement){.exprs = exprs, .consumer = index, .names = names};
	while (s->consumer + 1 < num_exprs && expr_is_load(&exprs[s->consumer]))
		s->consumer++;
	if (s->consumer > 0 && is_range_pair(exprs, s->consumer - 1, num_exprs))
		s->consumer--;
	s->end = s->consumer + (is_range_pair(exprs, s->consumer, num_exprs) ? 2 : 1);
	for (s->first = s->consumer; s->first > 0 && expr_is_load(&exprs[s->first - 1]);)
		s->first--;
	s->headers = header_context_of(exprs, s->first);
	return true;
}

/* ---- consumers ---- */

static const char *operator_of(const struct nft_expr *cmp, const struct operand *operand)
{
	static const char *const operators[] = {"", "!= ", "< ", "<= ", "> ", ">= "};

	if (operand->has_mask && cmp->cmp.op == NFT_CMP_EQ)
		return "== ";
	return operators[cmp->cmp.op % 6];
}

static bool all_zero(const uint8_t *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (bytes[i])
			return false;
	return true;
}

/* Flags: the mask in front is the value, `tcp flags syn`, when any of its bits is asked for. */
static bool print_flags_match(struct text *text, const struct statement *s, size_t start)
{
	const struct nft_expr *mask, *cmp = &s->exprs[s->consumer];
	struct operand operand;

	if (s->consumer < s->first + 2)
		return false;
	mask = cmp - 1;
	if (!expr_is(mask, "bitwise") || !is_cmp(cmp, NFT_CMP_NEQ) ||
	    !all_zero(cmp->cmp.data, cmp->cmp.length))
		return false;
	match_left(text, s, s->first, s->consumer - 1, &operand);
	if (!value_is_flags(operand.kind)) {
		text->used = start;
		text->bytes[start] = 0;
		return false;
	}
	text_add(text, " ");
	match_value(text, s, &operand, mask->bitwise.mask, mask->bitwise.length);
	return true;
}

static void print_fields(struct text *text, const struct statement *s,
			 const struct merged_field *fields, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		text_add(text, "%s%s ", i ? " " : "", fields[i].field->name);
		value_print(text, fields[i].field->kind, fields[i].value, fields[i].length,
			    s->names);
	}
}

static void print_cmp(struct text *text, const struct statement *s)
{
	const struct nft_expr *cmp = &s->exprs[s->consumer];
	struct merged_field fields[16];
	size_t count = match_split(s, fields, 16);
	struct operand operand;

	if (count) {
		print_fields(text, s, fields, count);
		return;
	}
	if (print_flags_match(text, s, text->used))
		return;
	match_left(text, s, s->first, s->consumer, &operand);
	if (s->end - s->consumer == 2) {
		text_add(text, " ");
		match_value(text, s, &operand, cmp->cmp.data, cmp->cmp.length);
		text_add(text, "-");
		match_value(text, s, &operand, cmp[1].cmp.data, cmp[1].cmp.length);
		return;
	}
	if (value_is_flags(operand.kind) && !operand.has_mask && cmp->cmp.op == NFT_CMP_EQ)
		text_add(text, " == ");
	else
		text_add(text, " %s", operator_of(cmp, &operand));
	match_value(text, s, &operand, cmp->cmp.data, cmp->cmp.length);
}

static void print_range(struct text *text, const struct statement *s)
{
	const struct nft_expr *range = &s->exprs[s->consumer];
	struct operand operand;
	uint8_t from[16], to[16];
	size_t length = kept_range(range, from, to);

	match_left(text, s, s->first, s->consumer, &operand);
	text_add(text, kept_range_is_inverted(range) ? " != " : " ");
	match_value(text, s, &operand, from, length);
	text_add(text, "-");
	match_value(text, s, &operand, to, length);
}

/* Loads side by side are the parts of a concatenation. Returns how many there are. */
static size_t print_key(struct text *text, const struct statement *s, struct operand *operand)
{
	size_t at = s->first, count = 0;

	while (at < s->consumer) {
		size_t end = at + 1;

		while (end < s->consumer &&
		       (expr_is(&s->exprs[end], "bitwise") || expr_is(&s->exprs[end], "byteorder")))
			end++;
		if (count++)
			text_add(text, " . ");
		match_left(text, s, at, end, operand);
		at = end;
	}
	return count;
}

enum { ELEMENTS_SHOWN = 8 };

struct element_printer {
	struct text *text;
	const struct statement *s;
	const struct operand *operand;
	size_t count;
};

static void print_element(void *visitor, const uint8_t *first, const uint8_t *last, size_t length)
{
	struct element_printer *p = visitor;

	if (p->count++ >= ELEMENTS_SHOWN)
		return;
	text_add(p->text, p->count > 1 ? ", " : " ");
	match_value(p->text, p->s, p->operand, first, length);
	if (memcmp(first, last, length) == 0)
		return;
	text_add(p->text, "-");
	match_value(p->text, p->s, p->operand, last, length);
}

static void print_set(struct text *text, const struct statement *s, const struct operand *operand,
		      bool plain)
{
	const struct nft_expr *expr = &s->exprs[s->consumer];
	struct element_printer printer = {text, s, operand, 0};

	if (strncmp(expr->name, "__", 2) != 0) {
		text_add(text, "@%s", expr->name);
		return;
	}
	text_add(text, "{");
	if (!plain || !s->names || !s->names->visit_set ||
	    !s->names->visit_set(s->names->context, expr->reference, print_element, &printer)) {
		text_add(text, " … }");
		return;
	}
	if (printer.count > ELEMENTS_SHOWN)
		text_add(text, ", … %zu more", printer.count - ELEMENTS_SHOWN);
	text_add(text, " }");
}

static void print_lookup(struct text *text, const struct statement *s)
{
	const struct nft_expr *expr = &s->exprs[s->consumer];
	struct operand operand = {0};
	size_t parts = print_key(text, s, &operand);
	bool inverted = !expr->lookup.has_dreg && expr->lookup.flags & NFT_LOOKUP_F_INV;

	text_add(text, "%s ", inverted ? " !=" : "");
	if (expr->lookup.has_dreg)
		text_add(text, expr->lookup.dreg < 4 ? "vmap " : "map ");
	print_set(text, s, &operand, parts == 1 && !expr->lookup.has_dreg);
}

static void print_verdict(struct text *text, const struct nft_expr *expr)
{
	static const struct {
		int32_t verdict;
		const char *word;
	} words[] = {{NF_ACCEPT, "accept"}, {NF_DROP, "drop"},  {NFT_CONTINUE, "continue"},
		     {NFT_BREAK, "break"},  {NFT_JUMP, "jump"}, {NFT_GOTO, "goto"},
		     {NFT_RETURN, "return"}};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (words[i].verdict == expr->immediate.verdict)
			text_add(text, "%s%s%s", words[i].word, expr->name ? " " : "",
				 expr->name ? expr->name : "");
}

static void print_objref(struct text *text, const struct statement *s)
{
	static const char *const kinds[] = {"object",  "counter",        "quota",   "ct helper",
					    "limit",   "ct count",       "tunnel",  "ct timeout",
					    "secmark", "ct expectation", "synproxy"};
	const struct nft_expr *expr = &s->exprs[s->consumer];
	uint32_t type = expr->lookup.flags;
	struct operand operand;

	text_add(text, "%s name ",
		 type < sizeof(kinds) / sizeof(kinds[0]) ? kinds[type] : "object");
	if (!expr->lookup.has_sreg) {
		text_add(text, "\"%s\"", expr->name);
		return;
	}
	print_key(text, s, &operand);
	text_add(text, " map ");
	print_set(text, s, &operand, false);
}

static void print_dynset(struct text *text, const struct statement *s)
{
	static const char *const operations[] = {"add", "update", "delete"};
	const struct nft_expr *expr = &s->exprs[s->consumer];
	struct operand operand;

	text_add(text, "%s @%s { ", operations[expr->lookup.op % 3], expr->name);
	print_key(text, s, &operand);
	text_add(text, expr->lookup.has_exprs ? " … }" : " }");
}

static void print_device(struct text *text, const struct statement *s, const char *word)
{
	const struct nft_expr *expr = &s->exprs[s->consumer];
	struct operand operand = {.kind = VALUE_INTERFACE, .host_order = true, .width = 32};

	text_add(text, "%s to ", word);
	for (size_t i = s->consumer; i-- > s->first;) {
		if (!expr_is(&s->exprs[i], "immediate") ||
		    s->exprs[i].immediate.dreg != expr->fwd_dup.sreg_dev)
			continue;
		match_value(text, s, &operand, s->exprs[i].immediate.data, 4);
		return;
	}
	text_add(text, "…");
}

/* `FIELD set VALUE`: what is written is an immediate, or something computed. */
static void print_set_statement(struct text *text, const struct statement *s,
				const struct nft_expr *load)
{
	const struct nft_expr *value = &s->exprs[s->consumer - (s->consumer > s->first)];
	struct statement written = *s;
	struct operand operand;

	written.exprs = load;
	match_left(text, &written, 0, 1, &operand);
	text_add(text, " set ");
	if (s->consumer > s->first && expr_is(value, "immediate"))
		match_value(text, s, &operand, value->immediate.data, value->immediate.length);
	else
		text_add(text, "…");
}

static void print_other(struct text *text, const struct statement *s)
{
	const struct nft_expr *expr = &s->exprs[s->consumer];
	size_t start = text->used;
	struct operand operand;

	if (expr_is_load(expr)) {
		/* A load that nothing reads. */
		match_left(text, s, s->consumer, s->consumer + 1, &operand);
		return;
	}
	if (!kept_statement_print(text, expr) || text->used == start)
		text_add(text, "[ %s ]", expr->type->name);
}

void statement_print(struct text *text, const struct statement *s)
{
	const struct nft_expr *expr = &s->exprs[s->consumer];

	if (expr_is(expr, "cmp"))
		print_cmp(text, s);
	else if (expr_is(expr, "range"))
		print_range(text, s);
	else if (expr_is(expr, "lookup"))
		print_lookup(text, s);
	else if (expr_is(expr, "immediate") && expr->immediate.is_verdict)
		print_verdict(text, expr);
	else if (expr_is(expr, "objref"))
		print_objref(text, s);
	else if (expr_is(expr, "dynset"))
		print_dynset(text, s);
	else if (expr_is(expr, "fwd") || expr_is(expr, "dup"))
		print_device(text, s, expr->type->name);
	else if ((expr_is(expr, "payload") && expr->payload.is_set) ||
		 (expr_is(expr, "meta") && expr->meta.is_set))
		print_set_statement(text, s, expr);
	else if (expr_is(expr, "counter"))
		text_add(text, "counter");
	else
		print_other(text, s);
}

void describe_statement(char *text, size_t size, const struct nft_expr *exprs, size_t num_exprs,
			size_t index, const struct describe_names *names)
{
	struct text out = {text, size, 0};
	struct statement statement;

	if (size == 0)
		return;
	text[0] = 0;
	if (statement_find(&statement, exprs, num_exprs, index, names))
		statement_print(&out, &statement);
}
