/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A model's document for people. */
#include <nicemu/report/model.h>

#include "style.h"

#include <string.h>

static void print_list(FILE *out, const json_t *list)
{
	const json_t *item;
	size_t i;

	json_array_foreach (list, i, item) {
		fputs(i ? " " : "", out);
		print_clean(out, json_string_value(item));
	}
}

/* {fields: […], is: full} as "fields ipv4_addrs.src is full". */
static void print_test(FILE *out, const json_t *test)
{
	const char *name, *space = "";
	json_t *value;

	json_object_foreach ((json_t *)test, name, value) {
		fprintf(out, "%s%s ", space, name);
		if (json_is_string(value))
			print_clean(out, json_string_value(value));
		else if (json_array_size(value))
			print_list(out, value);
		else
			fputs("all", out);
		space = " ";
	}
}

static void print_conditions(FILE *out, const char *what, const json_t *conditions, bool if_empty)
{
	const char *name;
	json_t *value;

	if (if_empty && !json_object_size(conditions))
		fprintf(out, "    %-8s never\n", what);
	json_object_foreach ((json_t *)conditions, name, value) {
		const json_t *test;
		size_t i;

		if (json_is_object(json_array_get(value, 0))) {
			json_array_foreach (value, i, test) {
				fprintf(out, "    %-8s %s: ", what, name);
				print_test(out, test);
				fputc('\n', out);
			}
			continue;
		}
		fprintf(out, "    %-8s %s: ", what, name);
		if (json_is_string(value))
			fputs(json_string_value(value), out);
		else if (json_array_size(value))
			print_list(out, value);
		else
			fputs("-", out);
		fputc('\n', out);
	}
}

static void print_text(FILE *out, const char *what, const json_t *record, const char *member)
{
	const char *text = member_text(record, member);

	if (!*text)
		return;
	fprintf(out, "    %-8s ", what);
	print_clean(out, text);
	fputc('\n', out);
}

static void print_heading(FILE *out, const struct report_style *style, const char *text)
{
	fputc('\n', out);
	paint(out, style, PAINT_HEADING, "%s\n", text);
}

static void print_fronts(FILE *out, const json_t *model, const struct report_style *style)
{
	const char *name;
	json_t *front;

	print_heading(out, style, "Front ends");
	json_object_foreach (json_object_get(model, "front_ends"), name, front) {
		if (json_is_true(json_object_get(front, "taken"))) {
			fprintf(out, "  %-10s taken%s\n", name,
				json_is_true(json_object_get(front, "many_blocks"))
					? ", several of them on a port"
					: "");
			continue;
		}
		fprintf(out, "  %-10s refused with %s", name, member_text(front, "errno"));
		if (*member_text(front, "text")) {
			fputs(": ", out);
			print_clean(out, member_text(front, "text"));
		}
		fputc('\n', out);
	}
}

static void print_clause(FILE *out, const json_t *clause, const struct report_style *style)
{
	fputs("  ", out);
	paint(out, style, PAINT_HEADING, "%s", member_text(clause, "reason"));
	fprintf(out, " %s%s: ", member_text(clause, "errno"),
		strcmp(member_text(clause, "at"), "bind") == 0 ? ", at bind" : "");
	print_clean(out, member_text(clause, "clause"));
	fputc('\n', out);
	print_conditions(out, "when", json_object_get(clause, "when"), false);
	print_conditions(out, "unless", json_object_get(clause, "unless"), false);
	if (json_object_get(clause, "require"))
		print_conditions(out, "requires", json_object_get(clause, "require"), true);
	print_conditions(out, "others", json_object_get(clause, "others"), false);
	print_conditions(out, "unless", json_object_get(clause, "others_unless"), false);
	if (json_array_size(json_object_get(clause, "relations"))) {
		fputs("    both     ", out);
		print_list(out, json_object_get(clause, "relations"));
		fputc('\n', out);
	}
	print_text(out, "says", clause, "text");
	print_text(out, "hint", clause, "hint");
	print_text(out, "source", clause, "source");
}

static void print_clauses(FILE *out, const json_t *model, const char *member, const char *heading,
			  const struct report_style *style)
{
	const json_t *list = json_object_get(model, member), *clause;
	size_t i;

	if (!json_array_size(list))
		return;
	print_heading(out, style, heading);
	json_array_foreach (list, i, clause)
		print_clause(out, clause, style);
}

static void print_match_list(FILE *out, const json_t *match, const char *member, const char *text)
{
	const json_t *list = json_object_get(match, member);

	if (!json_array_size(list))
		return;
	fputs("  ", out);
	print_list(out, list);
	fprintf(out, ": %s\n", text);
}

static void print_names(FILE *out, const char *what, const json_t *list)
{
	if (!json_array_size(list))
		return;
	fprintf(out, "    %-8s ", what);
	print_list(out, list);
	fputc('\n', out);
}

static void print_addition(FILE *out, const json_t *item)
{
	const json_t *value = json_object_get(item, "value");

	if (json_is_integer(value))
		fprintf(out, "    adds     %s is 0x%llx\n", member_text(item, "field"),
			(unsigned long long)json_integer_value(value));
}

static void print_exceptions(FILE *out, const json_t *list)
{
	const json_t *item;
	size_t i;

	json_array_foreach (list, i, item) {
		fputs("  ", out);
		print_clean(out, member_text(item, "text"));
		fputc('\n', out);
		print_names(out, "ignores", json_object_get(item, "keys"));
		print_names(out, "ignores", json_object_get(item, "fields"));
		print_names(out, "omits", json_object_get(item, "actions"));
		print_names(out, "without", json_object_get(item, "absent_keys"));
		print_addition(out, item);
		print_conditions(out, "when", json_object_get(item, "when"), false);
		print_conditions(out, "unless", json_object_get(item, "unless"), false);
		print_text(out, "source", item, "source");
	}
}

static void print_match(FILE *out, const json_t *model, const struct report_style *style)
{
	const json_t *match = json_object_get(model, "match"), *value;
	const char *name;
	size_t all = 0;

	json_object_foreach ((json_t *)match, name, value)
		all += json_array_size(value);
	if (!all)
		return;
	print_heading(out, style, "What becomes of a match");
	print_match_list(out, match, "ignored_keys", "accepted, not looked at");
	print_match_list(out, match, "ignored", "accepted, not looked at");
	print_match_list(out, match, "exact", "the mask is not looked at");
	print_match_list(out, match, "zero_is_any", "0 is taken for any value");
	print_match_list(out, match, "ignored_actions", "accepted, not carried out");
	print_exceptions(out, json_object_get(match, "ignoring"));
	print_exceptions(out, json_object_get(match, "implicit"));
}

static void print_number(FILE *out, const char *before, const json_t *value, const char *after)
{
	if (json_is_integer(value))
		fprintf(out, "%s%lld%s", before, (long long)json_integer_value(value), after);
	else
		fprintf(out, "%sunknown%s", before, after);
}

static void print_costs(FILE *out, const json_t *table)
{
	const json_t *cost;
	size_t i;

	json_array_foreach (json_object_get(table, "costs"), i, cost) {
		unsigned long long entries = member_number(cost, "entries");
		unsigned long long slices = member_number(cost, "slices");

		fprintf(out, "    a rule takes %llu %s", entries,
			entries == 1 ? "entry" : "entries");
		if (slices)
			fprintf(out, " of %llu slice%s", slices, plural(slices));
		fputs(": ", out);
		print_clean(out, member_text(cost, "text"));
		fputc('\n', out);
		print_conditions(out, "  when", json_object_get(cost, "when"), false);
	}
}

static void print_table(FILE *out, const json_t *table, const struct report_style *style)
{
	const json_t *full = json_object_get(table, "full");
	const json_t *priority = json_object_get(table, "priority");

	fputs("  ", out);
	paint(out, style, PAINT_HEADING, "%s", member_text(table, "name"));
	fprintf(out, ": %s, one a %s, for ", member_text(table, "kind"),
		member_text(table, "scope"));
	print_list(out, json_object_get(table, "front_ends"));
	print_number(out, "\n    entries ", json_object_get(table, "entries"), "");
	fprintf(out, ", %llu of them the driver's own", member_number(table, "reserved"));
	print_number(out, "; key ", json_object_get(table, "key_width"), " bits");
	if (member_number(table, "slices"))
		fprintf(out, ", %llu slice%s an entry", member_number(table, "slices"),
			plural(member_number(table, "slices")));
	if (json_is_integer(json_object_get(table, "ways")))
		fprintf(out, ", buckets of %llu", member_number(table, "ways"));
	fprintf(out, "\n    order %s, insertion %s, priorities %lld to %lld",
		member_text(table, "order"), member_text(table, "insertion"),
		(long long)json_integer_value(json_array_get(priority, 0)),
		(long long)json_integer_value(json_array_get(priority, 1)));
	fprintf(out, "\n    a rule on several ports is %s\n",
		json_is_true(json_object_get(table, "port_mask")) ? "one entry"
								  : "an entry a port");
	print_costs(out, table);
	fprintf(out, "    full     %s ", member_text(full, "errno"));
	print_clean(out, member_text(full, "text"));
	fputc('\n', out);
	print_text(out, "source", table, "source");
}

static void print_tables(FILE *out, const json_t *model, const struct report_style *style)
{
	const json_t *tables = json_object_get(model, "tables"), *table;
	size_t i;

	if (!json_array_size(tables))
		return;
	print_heading(out, style, "Tables, in order");
	json_array_foreach (tables, i, table)
		print_table(out, table, style);
}

static const char *yes_no(const json_t *object, const char *member)
{
	return json_is_true(json_object_get(object, member)) ? "yes" : "no";
}

static void print_counters(FILE *out, const json_t *model, const struct report_style *style)
{
	const json_t *c = json_object_get(model, "counters");

	if (!json_is_object(c))
		return;
	print_heading(out, style, "Counters");
	fprintf(out, "  packets %s, bytes %s, last used %s", yes_no(c, "packets"),
		member_text(c, "bytes"), yes_no(c, "last_used"));
	print_number(out, "; ", json_object_get(c, "width"), " bits wide");
	fprintf(out, "; read %s", member_text(c, "reading"));
	if (json_is_integer(json_object_get(c, "interval_ms")))
		fprintf(out, " every %llu ms", member_number(c, "interval_ms"));
	if (json_is_integer(json_object_get(c, "pool")))
		fprintf(out, "\n  %llu rule%s can have one; the next one: %s",
			member_number(c, "pool"), plural(member_number(c, "pool")),
			member_text(c, "pool_full"));
	if (json_is_true(json_object_get(c, "if_asked")))
		fputs("\n  only rules that ask for it have one", out);
	fprintf(out, "\n  where nothing is counted, STATS answers %s\n",
		strcmp(member_text(c, "unsupported"), "ok") == 0 ? "zeros"
								 : member_text(c, "unsupported"));
	print_text(out, "source", c, "source");
}

static void print_cookies(FILE *out, const json_t *model, const struct report_style *style)
{
	const json_t *cookies = json_object_get(model, "cookies");
	const json_t *off = json_object_get(model, "hw_tc_offload_off");

	if (!json_is_object(cookies))
		return;
	print_heading(out, style, "Commands");
	fprintf(out, "  REPLACE of a known cookie: %s; of an unknown one DESTROY: %s, STATS: %s\n",
		member_text(cookies, "duplicate"), member_text(cookies, "unknown_destroy"),
		member_text(cookies, "unknown_stats"));
	print_text(out, "source", cookies, "source");
	fprintf(out, "  with hw-tc-offload off: BIND %s, REPLACE %s\n", member_text(off, "bind"),
		member_text(off, "replace"));
}

static void print_pairs(FILE *out, const json_t *list, const char *heading, const char *left,
			const char *right, const struct report_style *style)
{
	const json_t *item;
	size_t i;

	if (!json_array_size(list))
		return;
	print_heading(out, style, heading);
	json_array_foreach (list, i, item) {
		fputs("  ", out);
		print_clean(out, member_text(item, left));
		fputs(": ", out);
		print_clean(out, member_text(item, right));
		fputc('\n', out);
		print_text(out, "source", item, "source");
	}
}

void report_print_model(FILE *out, const json_t *model, const struct report_style *style)
{
	paint(out, style, PAINT_HEADING, "%s", member_text(model, "model"));
	fputs(": ", out);
	print_clean(out, member_text(model, "title"));
	fprintf(out, "\nstatus %s, switchdev %s\n", member_text(model, "status"),
		yes_no(model, "switchdev"));
	print_fronts(out, model, style);
	print_clauses(out, model, "clauses", "What a rule is asked, in order", style);
	print_clauses(out, model, "conflicts", "Rules that can't stand beside others", style);
	print_match(out, model, style);
	print_tables(out, model, style);
	print_counters(out, model, style);
	print_cookies(out, model, style);
	print_pairs(out, json_object_get(model, "unknown"), "Unknown, and what nicemu does then",
		    "what", "effect", style);
	print_pairs(out, json_object_get(model, "notes"), "Notes", "about", "text", style);
}

void report_print_models(FILE *out, const json_t *document, const struct report_style *style)
{
	const char *current = member_text(document, "current");
	const json_t *model;
	size_t i;

	paint(out, style, PAINT_HEADING, "  %-14s %-13s %-22s %s\n", "model", "status",
	      "front ends", "title");
	json_array_foreach (json_object_get(document, "models"), i, model) {
		const json_t *fronts = json_object_get(model, "front_ends");
		const char *name = member_text(model, "name");
		char text[48] = "";
		size_t n;

		for (n = 0; n < json_array_size(fronts); n++)
			snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s",
				 n ? " " : "", json_string_value(json_array_get(fronts, n)));
		fputs(*name && strcmp(name, current) == 0 ? "* " : "  ", out);
		print_cut(out, name, 14, 14);
		fprintf(out, " %-13s %-22s ", member_text(model, "status"), *text ? text : "-");
		print_clean(out, member_text(model, "title"));
		fputc('\n', out);
	}
	if (*current) {
		fputs("\n* the model of the running emulator: ", out);
		print_clean(out, current);
		fputc('\n', out);
	}
}
