/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tables and what rules take of them, for people. */
#include "style.h"

#include <string.h>

static bool is_known(const json_t *record, const char *key)
{
	return json_is_integer(json_object_get(record, key));
}

/* A number, or "-" where there is none. */
static void print_number(FILE *out, const json_t *record, const char *key, int width)
{
	if (is_known(record, key))
		fprintf(out, " %*llu", width, member_number(record, key));
	else
		fprintf(out, " %*s", width, "-");
}

/* One line for tables of one name. */
static void print_unknown_sizes(FILE *out, const json_t *tables)
{
	const json_t *table;
	const char *last = "";
	size_t i;

	json_array_foreach (tables, i, table) {
		const char *name = member_text(table, "name");

		if (json_is_true(json_object_get(table, "entries_known")) || !strcmp(name, last))
			continue;
		print_clean(out, name);
		fputs(": how many entries the hardware has is not known, ", out);
		fputs("only how many nicemu has\n", out);
		last = name;
	}
}

static void print_tables(FILE *out, const json_t *tables, const struct report_style *style)
{
	const json_t *table;
	size_t i;

	paint(out, style, PAINT_HEADING, "%-16s %-15s %8s %8s %8s %8s %8s %8s %8s %8s\n", "table",
	      "port", "entries", "reserved", "used", "free", "slices", "in use", "rules", "moves");
	json_array_foreach (tables, i, table) {
		const char *port = member_text(table, "port");

		print_cut(out, member_text(table, "name"), 16, 16);
		fputc(' ', out);
		print_cut(out, *port ? port : "all", 15, 15);
		print_number(out, table, "entries", 8);
		print_number(out, table, "reserved", 8);
		print_number(out, table, "used", 8);
		print_number(out, table, "free", 8);
		print_number(out, table, "slices", 8);
		print_number(out, table, "slices_used", 8);
		print_number(out, table, "rules", 8);
		print_number(out, table, "moves", 8);
		fputc('\n', out);
	}
	print_unknown_sizes(out, tables);
}

static void print_cost(FILE *out, const json_t *record)
{
	unsigned long long entries = member_number(record, "entries");

	fprintf(out, "%llu %s", entries, entries == 1 ? "entry" : "entries");
	if (is_known(record, "slices"))
		fprintf(out, " of %llu slice%s", member_number(record, "slices"),
			plural(member_number(record, "slices")));
}

static void print_fits(FILE *out, const json_t *tables, const struct report_style *style)
{
	const json_t *table, *fit;
	size_t i, j;

	fputc('\n', out);
	paint(out, style, PAINT_HEADING, "what would still fit\n");
	json_array_foreach (tables, i, table)
		json_array_foreach (json_object_get(table, "fits"), j, fit) {
			unsigned long long rules = member_number(fit, "rules");
			const char *port = member_text(table, "port");

			fputs("  ", out);
			print_clean(out, member_text(table, "name"));
			fprintf(out, "%s%s: %s%llu rule%s of ", *port ? " of " : "", port,
				json_is_true(json_object_get(fit, "at_most")) ? "at most " : "",
				rules, plural(rules));
			print_cost(out, fit);
			if (*member_text(fit, "why")) {
				fputs(": ", out);
				print_clean(out, member_text(fit, "why"));
			}
			fputc('\n', out);
		}
}

static void print_chains(FILE *out, const json_t *chains, const struct report_style *style)
{
	const json_t *chain;
	size_t i;

	if (!json_array_size(chains))
		return;
	fputc('\n', out);
	paint(out, style, PAINT_HEADING, "chains\n");
	json_array_foreach (chains, i, chain) {
		size_t ports = json_array_size(json_object_get(chain, "ports"));
		unsigned long long rules = member_number(chain, "rules");
		unsigned long long entries = member_number(chain, "entries");

		fputs("  ", out);
		print_clean(out, member_text(chain, "family"));
		fputc(' ', out);
		print_clean(out, member_text(chain, "table"));
		fputc(' ', out);
		print_clean(out, member_text(chain, "chain"));
		fprintf(out, ": %llu rule%s on %zu port%s, %llu %s: %s\n", rules,
			rules == 1 ? "" : "s", ports, ports == 1 ? "" : "s", entries,
			entries == 1 ? "entry" : "entries", member_text(chain, "on_ports"));
	}
}

static void print_rules(FILE *out, const json_t *rules, const struct report_style *style)
{
	const json_t *rule;
	size_t i;

	if (!json_array_size(rules))
		return;
	fputc('\n', out);
	paint(out, style, PAINT_HEADING, "%-40s %-15s %-16s %8s %8s %8s  %s\n", "rule", "port",
	      "table", "entries", "slices", "moves", "why");
	json_array_foreach (rules, i, rule) {
		const char *text = member_text(rule, "rule");
		char handle[48];

		snprintf(handle, sizeof(handle), "handle %llu", member_number(rule, "handle"));
		print_cut(out, *text ? text : handle, 40, 40);
		fputc(' ', out);
		print_cut(out, member_text(rule, "port"), 15, 15);
		fputc(' ', out);
		print_cut(out, member_text(rule, "nic_table"), 16, 16);
		print_number(out, rule, "entries", 8);
		print_number(out, rule, "slices", 8);
		print_number(out, rule, "moves", 8);
		fputs("  ", out);
		print_clean(out, member_text(rule, "why"));
		fputc('\n', out);
	}
}

void report_print_tcam(FILE *out, const json_t *document, const struct report_style *style)
{
	const json_t *tables = json_object_get(document, "tables");

	fputs("NIC ", out);
	print_cut(out, member_text(document, "nic"), 40, 0);
	fprintf(out, ", model %s, kernel %s\n\n", member_text(document, "model"),
		member_text(document, "kernel"));
	if (!json_array_size(tables)) {
		fputs("the model has no table\n", out);
		return;
	}
	print_tables(out, tables, style);
	print_fits(out, tables, style);
	print_chains(out, json_object_get(document, "chains"), style);
	print_rules(out, json_object_get(document, "rules"), style);
}
