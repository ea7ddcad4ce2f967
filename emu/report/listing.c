/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reading what `nft -s -a list ruleset` prints.
 *
 * The listing is lines. A line that ends in "{" (before its "# handle N") opens a block, a line
 * that begins with "}" closes one. Blocks of depth 1 are tables, of depth 2 chains, sets and other
 * things of a table. In a chain of depth 2, a line that ends in "# handle N" is a rule; the line
 * that begins with "type" makes it a base chain. A comment holds neither quotes nor newlines, so
 * text after the last quote is never inside of one.
 *
 * nft prints a mask in the base of what it masks, so `tcp dport & 65528`. Here it is hexadecimal,
 * as in the expressions that a refusal names and in what the driver was handed.
 */
#include "internal.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct parser {
	json_t *rules, *chains;
	int depth;
	bool in_chain;
	json_t *family, *table, *chain; /* names, which all rules of the chain share */
	json_t *base;       /* borrowed: the chain at hand in chains, when it is a base chain */
	json_int_t counted; /* rules of the chain at hand so far */
};

static const char handle_mark[] = " # handle ";

/* Cut a trailing "# handle N" off; its number, or -1. */
static json_int_t cut_handle(char *line)
{
	char *mark = NULL, *end;
	unsigned long long handle;

	for (char *at = line; (at = strstr(at, handle_mark)); at++)
		mark = at;
	if (!mark || !isdigit((unsigned char)mark[sizeof(handle_mark) - 1]))
		return -1;
	handle = strtoull(mark + sizeof(handle_mark) - 1, &end, 10);
	if (*end)
		return -1;
	*mark = '\0';
	return (json_int_t)handle;
}

/* Cut a trailing `comment "…"` off; a copy of what is inside the quotes, or NULL. */
static char *cut_comment(char *rule)
{
	static const char mark[] = "comment ";
	size_t length = strlen(rule);
	char *open, *word, *comment;

	if (length < sizeof(mark) + 1 || rule[length - 1] != '"')
		return NULL;
	rule[length - 1] = '\0';
	open = strrchr(rule, '"');
	word = open && open - rule >= (ptrdiff_t)sizeof(mark) - 1 ? open - (sizeof(mark) - 1)
								  : NULL;
	if (!word || strncmp(word, mark, sizeof(mark) - 1) != 0 ||
	    (word > rule && word[-1] != ' ')) {
		rule[length - 1] = '"';
		return NULL;
	}
	comment = strdup(open + 1);
	*(word > rule ? word - 1 : word) = '\0';
	return comment;
}

/* The text behind a decimal mask that begins there, with its number; NULL: there is none. */
static const char *decimal_mask(const char *at, unsigned long long *mask)
{
	size_t digits = strspn(at, "0123456789");

	if (!digits || digits > 19 || !strchr(" )", at[digits]))
		return NULL;
	*mask = strtoull(at, NULL, 10);
	return at + digits;
}

/* A copy with the masks in hexadecimal; NULL where it has none, or memory is out. */
static char *with_hex_masks(const char *rule)
{
	static const char mark[] = " & ";
	bool quoted = false, changed = false;
	char *text = NULL;
	size_t size;
	FILE *out = strstr(rule, mark) ? open_memstream(&text, &size) : NULL;

	if (!out)
		return NULL;
	for (const char *at = rule; *at;) {
		unsigned long long mask;
		bool masks = !quoted && strncmp(at, mark, sizeof(mark) - 1) == 0;
		const char *end = masks ? decimal_mask(at + sizeof(mark) - 1, &mask) : NULL;

		if (end)
			fprintf(out, "%s0x%llx", mark, mask);
		else
			fputc(*at, out);
		quoted ^= *at == '"';
		changed |= end != NULL;
		at = end ? end : at + 1;
	}
	if (fclose(out) || !changed) {
		free(text);
		return NULL;
	}
	return text;
}

static json_t *place(const struct parser *parser)
{
	json_t *record = json_object();

	json_object_set(record, "family", parser->family);
	json_object_set(record, "table", parser->table);
	json_object_set(record, "chain", parser->chain);
	return record;
}

static void add_rule(struct parser *parser, char *rule, json_int_t handle)
{
	char *comment = cut_comment(rule);
	char *hex = with_hex_masks(rule);
	json_t *record = place(parser);

	json_object_set_new(record, "handle", json_integer(handle));
	json_object_set_new(record, "rule", report_string(hex ? hex : rule));
	json_object_set_new(record, "comment", comment ? report_string(comment) : json_null());
	json_array_append_new(parser->rules, record);
	free(hex);
	free(comment);
	parser->counted++;
	if (parser->base)
		json_integer_set(json_object_get(parser->base, "rules"), parser->counted);
}

/* "type filter hook ingress device "eth0" priority 0; …", or "devices = { "eth0", "eth1" }". */
static void add_base_chain(struct parser *parser, char *line)
{
	json_t *devices = json_array();
	char *at = strstr(line, " device");
	char *end = at ? strstr(at, " priority ") : NULL;
	char *saved;

	if (end)
		*end = '\0';
	at = at ? strpbrk(at + 1, " =") : NULL;
	for (char *word = at && end ? strtok_r(at, " ={},\";", &saved) : NULL; word;
	     word = strtok_r(NULL, " ={},\";", &saved))
		json_array_append_new(devices, report_string(word));
	parser->base = place(parser);
	json_object_set_new(parser->base, "offload", json_false());
	json_object_set_new(parser->base, "devices", devices);
	json_object_set_new(parser->base, "rules", json_integer(parser->counted));
	json_array_append_new(parser->chains, parser->base);
}

static void replace(json_t **field, const char *text)
{
	json_decref(*field);
	*field = report_string(text ? text : "");
}

/* A line that opens a block, without its "{": "table netdev t", "chain c", "set s" … */
static void open_block(struct parser *parser, char *line)
{
	char *saved;
	char *kind = strtok_r(line, " ", &saved);

	parser->depth++;
	if (parser->depth == 1) {
		replace(&parser->family, strtok_r(NULL, " ", &saved));
		replace(&parser->table, strtok_r(NULL, " ", &saved));
	} else if (parser->depth == 2) {
		parser->in_chain = kind && strcmp(kind, "chain") == 0;
		parser->base = NULL;
		parser->counted = 0;
		replace(&parser->chain, strtok_r(NULL, " ", &saved));
	}
}

static bool opens_block(char *line)
{
	size_t length = strlen(line);

	if (!length || line[length - 1] != '{')
		return false;
	line[length - 1] = '\0';
	return true;
}

static void parse_line(struct parser *parser, char *line)
{
	json_int_t handle;

	line += strspn(line, " \t");
	handle = cut_handle(line);
	if (*line == '}') {
		if (parser->depth)
			parser->depth--;
	} else if (opens_block(line)) {
		open_block(parser, line);
	} else if (parser->depth != 2 || !parser->in_chain) {
		return;
	} else if (handle >= 0) {
		add_rule(parser, line, handle);
	} else if (strncmp(line, "type ", 5) == 0) {
		/* Some versions print the flags on this line, some on one of their own. */
		bool offload = strstr(line, "flags offload") != NULL;

		add_base_chain(parser, line);
		if (offload)
			json_object_set_new(parser->base, "offload", json_true());
	} else if (parser->base && strncmp(line, "flags offload", 13) == 0) {
		json_object_set_new(parser->base, "offload", json_true());
	}
}

json_t *report_parse_listing(const char *text)
{
	struct parser parser = {.rules = json_array(), .chains = json_array()};
	json_t *listing = json_object();
	char *copy = strdup(text);
	char *saved;

	for (char *line = copy ? strtok_r(copy, "\n", &saved) : NULL; line;
	     line = strtok_r(NULL, "\n", &saved))
		parse_line(&parser, line);
	json_object_set_new(listing, "rules", parser.rules);
	json_object_set_new(listing, "chains", parser.chains);
	json_decref(parser.family);
	json_decref(parser.table);
	json_decref(parser.chain);
	if (!copy) {
		json_decref(listing);
		return NULL;
	}
	free(copy);
	return listing;
}

/* A rule of the listing, which is borrowed. */
struct rule_text {
	json_int_t handle;
	const char *family, *table;
	json_t *text;
};

struct report_texts {
	size_t count;
	struct rule_text rules[]; /* by handle; tables have handles of their own */
};

static int compare_handles(const void *left, const void *right)
{
	const struct rule_text *a = left, *b = right;

	return (a->handle > b->handle) - (a->handle < b->handle);
}

struct report_texts *report_texts_create(const json_t *listing)
{
	const json_t *list = json_object_get(listing, "rules");
	struct report_texts *texts =
		malloc(sizeof(*texts) + json_array_size(list) * sizeof(texts->rules[0]));
	json_t *record;
	size_t i;

	if (!texts)
		return NULL;
	texts->count = 0;
	json_array_foreach (list, i, record) {
		struct rule_text rule = {
			.handle = json_integer_value(json_object_get(record, "handle")),
			.family = json_string_value(json_object_get(record, "family")),
			.table = json_string_value(json_object_get(record, "table")),
			.text = json_object_get(record, "rule"),
		};

		if (rule.family && rule.table)
			texts->rules[texts->count++] = rule;
	}
	qsort(texts->rules, texts->count, sizeof(texts->rules[0]), compare_handles);
	return texts;
}

void report_texts_destroy(struct report_texts *texts)
{
	free(texts);
}

/* The first of the rules with that handle, or of those above. */
static size_t first_with(const struct report_texts *texts, json_int_t handle)
{
	size_t low = 0, high = texts->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (texts->rules[middle].handle < handle)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

json_t *report_rule_string(const struct report_texts *texts, const char *family, const char *table,
			   uint64_t handle)
{
	for (size_t i = texts ? first_with(texts, (json_int_t)handle) : 0;
	     texts && i < texts->count && texts->rules[i].handle == (json_int_t)handle; i++) {
		const struct rule_text *rule = &texts->rules[i];

		if (strcmp(rule->table, table) == 0 && strcmp(rule->family, family) == 0)
			return rule->text;
	}
	return NULL;
}

const char *report_rule_text(const struct report_texts *texts, const char *family,
			     const char *table, uint64_t handle)
{
	return json_string_value(report_rule_string(texts, family, table, handle));
}

json_t *report_listing_chains(const json_t *listing)
{
	json_t *chains = json_object();

	json_object_set(chains, "chains", json_object_get(listing, "chains"));
	return chains;
}
