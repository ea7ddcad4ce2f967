/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The report of a replay as a table of at most style->columns columns, from its JSON document. */
#include "packed.h"
#include "print.h"
#include "style.h"

#include <stdlib.h>
#include <string.h>

/* Width of what stands before the rule's text in a line of the rules' table. */
enum { NUMBERS_WIDTH = 11 + 1 + 15 + 1 + 6 + 2 + 15 + 2 };

static void print_captures(FILE *out, const json_t *report, const struct report_style *style)
{
	const json_t *captures = json_object_get(report, "captures");
	int room = style->columns - 63;
	const json_t *capture;
	size_t i;

	if (!json_array_size(captures))
		return;
	paint(out, style, PAINT_HEADING, "%-*s %-15s %11s %15s %9s %7s\n", room, "capture", "port",
	      "packets", "bytes", "truncated", "broken");
	json_array_foreach (captures, i, capture) {
		print_cut(out, member_text(capture, "file"), room, room);
		fputc(' ', out);
		print_cut(out, member_text(capture, "port"), 15, 15);
		fprintf(out, " %11llu %15llu %9llu %7llu\n", member_number(capture, "packets"),
			member_number(capture, "bytes"), member_number(capture, "truncated"),
			member_number(capture, "malformed"));
	}
	fputc('\n', out);
}

/* Key -> array of the rules of one chain and port, in the order in which they are first met. */
static json_t *groups_of(const json_t *rules)
{
	static const char *const keys[] = {"family", "table", "chain", "port"};
	json_t *groups = json_object();
	json_t *rule;
	size_t i;

	json_array_foreach (rules, i, rule) {
		json_t *name = json_array(), *group;
		char *key;

		for (size_t k = 0; k < sizeof(keys) / sizeof(keys[0]); k++)
			json_array_append(name, json_object_get(rule, keys[k]));
		key = json_dumps(name, JSON_COMPACT);
		json_decref(name);
		if (!key)
			break;
		group = json_object_get(groups, key);
		if (!group) {
			group = json_array();
			json_object_set_new(groups, key, group);
		}
		json_array_append(group, rule);
		free(key);
	}
	return groups;
}

static void print_group(FILE *out, const json_t *rule, const struct report_style *style)
{
	if (style->color)
		fputs("\033[1m", out);
	print_cut(out, member_text(rule, "family"), 10, 0);
	fputc(' ', out);
	print_cut(out, member_text(rule, "table"), 20, 0);
	fputc(' ', out);
	print_cut(out, member_text(rule, "chain"), 20, 0);
	fprintf(out, ", port %s, priority %lld\n", member_text(rule, "port"),
		(long long)json_integer_value(json_object_get(rule, "priority")));
	if (style->color)
		fputs("\033[0m", out);
	paint(out, style, PAINT_DIM, "%11s %15s %6s  %-15s  %s\n", "packets", "bytes", "share",
	      "last used (UTC)", "rule");
}

static void print_rule(FILE *out, const json_t *rule, unsigned long long whole,
		       const struct report_style *style)
{
	bool counted = !json_is_false(json_object_get(rule, "has_counter"));
	bool in_hw = json_is_true(json_object_get(rule, "in_hw"));
	int room = style->columns - NUMBERS_WIDTH - (counted ? 0 : 2);
	const char *text = member_text(rule, "rule");
	char share[16], time[24], fallback[64];

	if (!*text) {
		snprintf(fallback, sizeof(fallback), "handle %llu", member_number(rule, "handle"));
		text = fallback;
	}
	fprintf(out, "%11llu %15llu %6s  %-15s  %s", member_number(rule, "packets"),
		member_number(rule, "bytes"),
		share_text(share, member_number(rule, "packets"), whole),
		in_hw ? time_text(time, sizeof(time), json_object_get(rule, "last_used"))
		      : "not offloaded",
		counted ? "" : "* ");
	print_cut(out, text, room, 0);
	fputc('\n', out);
}

struct rules_table {
	FILE *out;
	const struct report_style *style;
	unsigned long long whole;
	bool any, uncounted;
};

static void begin_group(void *context, const json_t *first)
{
	struct rules_table *table = context;

	if (table->any)
		fputc('\n', table->out);
	table->any = true;
	print_group(table->out, first, table->style);
}

static void add_line(void *context, const json_t *rule)
{
	struct rules_table *table = context;

	print_rule(table->out, rule, table->whole, table->style);
	table->uncounted |= json_is_false(json_object_get(rule, "has_counter"));
}

static void print_records(struct rules_table *table, const json_t *rules)
{
	json_t *groups = groups_of(rules);
	const char *key;
	json_t *group, *rule;
	size_t i;

	json_object_foreach (groups, key, group) {
		begin_group(table, json_array_get(group, 0));
		json_array_foreach (group, i, rule)
			add_line(table, rule);
	}
	json_decref(groups);
}

void report_print_rules(FILE *out, const json_t *document, const struct report_style *style)
{
	const json_t *rules = json_object_get(document, "rules");
	struct rules_table table = {
		.out = out,
		.style = style,
		.whole = member_number(document, "packets"),
	};

	if (packed(rules))
		packed_visit_by_place(rules, add_line, begin_group, &table);
	else
		print_records(&table, rules);
	if (!table.any)
		fputs("no rule is offloaded\n", out);
	if (table.uncounted)
		paint(out, style, PAINT_DIM,
		      "* has no 'counter': the NIC counts it, nft does not show it\n");
}

static void print_sum(FILE *out, const json_t *counter, unsigned long long whole, const char *name)
{
	char share[16];

	fprintf(out, "%11llu %15llu %6s  %s\n", member_number(counter, "packets"),
		member_number(counter, "bytes"),
		share_text(share, member_number(counter, "packets"), whole), name);
}

static void print_fates(FILE *out, const json_t *report, const struct report_style *style)
{
	static const struct {
		const char *key, *name;
		bool always;
	} sums[] = {
		{"drop", "dropped", true},
		{"redirect", "redirected to a port", true},
		{"host", "passed to the host", true},
		{"unmatched", "matched no rule (passed to the host, counted there)", true},
		{"retired", "decided by rules that are gone", false},
		{"mirrored", "copies to a port, besides", false},
	};
	const json_t *fate = json_object_get(report, "fate");
	unsigned long long whole = member_number(report, "packets");

	paint(out, style, PAINT_HEADING, "%11s %15s %6s  %s\n", "packets", "bytes", "share",
	      "what became of them");
	for (size_t i = 0; i < sizeof(sums) / sizeof(sums[0]); i++) {
		const json_t *counter = json_object_get(fate, sums[i].key);

		if (!counter)
			counter = json_object_get(report, sums[i].key);
		if (sums[i].always || member_number(counter, "packets"))
			print_sum(out, counter, whole, sums[i].name);
	}
	fprintf(out, "%11llu %15llu         in all\n", whole, member_number(report, "bytes"));
}

/* What was passed to the host came out at another port than it came in by: a representor. */
static bool comes_out_elsewhere(const json_t *ports)
{
	const json_t *port;
	size_t i;

	json_array_foreach (ports, i, port)
		if (member_number(json_object_get(port, "host"), "packets") &&
		    !member_number(json_object_get(port, "rx"), "packets"))
			return true;
	return false;
}

void print_port_counters(FILE *out, const json_t *ports, bool all, const struct report_style *style)
{
	bool with_host = comes_out_elsewhere(ports);
	const json_t *port;
	size_t i;

	paint(out, style, PAINT_HEADING, "%-15s %12s %18s %12s %18s%s\n", "port", "rx packets",
	      "rx bytes", "tx packets", "tx bytes", with_host ? "   host packets" : "");
	json_array_foreach (ports, i, port) {
		const json_t *rx = json_object_get(port, "rx");
		const json_t *tx = json_object_get(port, "tx");
		unsigned long long host = member_number(json_object_get(port, "host"), "packets");

		if (!all && !member_number(rx, "packets") && !member_number(tx, "packets") && !host)
			continue;
		print_cut(out, member_text(port, "name"), 15, 15);
		fprintf(out, " %12llu %18llu %12llu %18llu", member_number(rx, "packets"),
			member_number(rx, "bytes"), member_number(tx, "packets"),
			member_number(tx, "bytes"));
		if (with_host)
			fprintf(out, " %14llu", host);
		fputc('\n', out);
	}
}

/*
 * What nft prints for the rule that a warning is about, or "". Rules and warnings come in the same
 * order: *at, or the cursor, is where the search goes on.
 */
static const char *warned_rule(const json_t *rules, const json_t *place, size_t *at,
			       struct packed_cursor *cursor)
{
	size_t count = json_array_size(rules);

	if (packed(rules))
		return member_number(place, "handle") ? packed_text(rules, place, cursor) : "";
	for (size_t i = 0; member_number(place, "handle") && i < count; i++) {
		const json_t *rule = json_array_get(rules, (*at + i) % count);

		if (!json_equal(json_object_get(rule, "handle"),
				json_object_get(place, "handle")) ||
		    !json_equal(json_object_get(rule, "table"), json_object_get(place, "table")) ||
		    !json_equal(json_object_get(rule, "family"), json_object_get(place, "family")))
			continue;
		*at = (*at + i) % count;
		return member_text(rule, "rule");
	}
	return "";
}

/* The chain, and the rule where the warning is about one; of the NIC as a whole there is none. */
static void print_warned_place(FILE *out, const json_t *place, const char *rule_text)
{
	print_clean(out, member_text(place, "family"));
	fputc(' ', out);
	print_clean(out, member_text(place, "table"));
	fputc(' ', out);
	print_clean(out, member_text(place, "chain"));
	if (*rule_text) {
		fputs(": ", out);
		print_clean(out, rule_text);
	} else if (member_number(place, "handle")) {
		fprintf(out, " handle %llu", member_number(place, "handle"));
	}
	fputs(": ", out);
}

static void print_warning(FILE *out, const json_t *warning, const char *rule_text,
			  const struct report_style *style)
{
	const json_t *place = json_object_get(warning, "rule");

	paint(out, style, PAINT_WARNING, "warning: ");
	if (*member_text(place, "family"))
		print_warned_place(out, place, rule_text);
	print_clean(out, member_text(warning, "text"));
	fputc('\n', out);
}

static void print_warnings(FILE *out, const json_t *report, const struct report_style *style)
{
	enum { SHOWN = 100 };
	const json_t *warnings = json_object_get(report, "warnings");
	const json_t *rules = json_object_get(report, "rules");
	size_t count = json_array_size(warnings), at = 0;
	struct packed_cursor cursor = {0};

	for (size_t i = 0; i < count && i < SHOWN; i++) {
		const json_t *warning = json_array_get(warnings, i);
		const json_t *place = json_object_get(warning, "rule");

		print_warning(out, warning, warned_rule(rules, place, &at, &cursor), style);
	}
	if (count > SHOWN)
		fprintf(out, "… and %zu more warnings\n", count - SHOWN);
}

static void print_filtered(FILE *out, const json_t *report)
{
	unsigned long long filtered = 0;
	const json_t *capture;
	size_t i;

	json_array_foreach (json_object_get(report, "captures"), i, capture)
		filtered += member_number(capture, "filtered");
	if (filtered)
		fprintf(out, "%llu packet%s left out by --filter\n", filtered,
			filtered == 1 ? " was" : "s were");
}

static void print_rate(FILE *out, const json_t *report)
{
	static const struct {
		double seconds;
		const char *name;
	} units[] = {{1, "s"}, {1e-3, "ms"}, {1e-6, "us"}};
	const json_t *timing = json_object_get(report, "timing");
	double elapsed = json_real_value(json_object_get(timing, "elapsed_seconds"));
	size_t unit = 0;

	if (elapsed <= 0)
		return;
	/* Half a second stays "0.5 s". */
	while (unit < 2 && elapsed < units[unit].seconds / 10)
		unit++;
	fprintf(out, "%llu packet%s in %.4g %s: %llu packets/s\n", member_number(report, "packets"),
		plural(member_number(report, "packets")), elapsed / units[unit].seconds,
		units[unit].name, member_number(timing, "packets_per_second"));
}

void report_print(FILE *out, const json_t *report, const struct report_style *style)
{
	fputs("NIC ", out);
	print_cut(out, member_text(report, "nic"), 40, 0);
	fprintf(out, ", model %s, kernel %s%s\n\n", member_text(report, "model"),
		member_text(report, "kernel"),
		json_is_true(json_object_get(report, "interrupted")) ? ", interrupted" : "");
	print_captures(out, report, style);
	report_print_rules(out, report, style);
	fputc('\n', out);
	print_fates(out, report, style);
	fputc('\n', out);
	print_port_counters(out, json_object_get(report, "ports"), false, style);
	print_warnings(out, report, style);
	print_filtered(out, report);
	print_rate(out, report);
}
