/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The driver's view for people: a block a rule and port, each line greppable by itself. */
#include "print.h"
#include "style.h"

static void print_head(FILE *out, const json_t *rule, const struct report_style *style)
{
	const char *text = member_text(rule, "rule");

	if (style->color)
		fputs("\033[1m", out);
	fprintf(out, "%s %s", member_text(rule, "command"), member_text(rule, "port"));
	if (json_is_true(json_object_get(rule, "recorded_only"))) {
		fprintf(out, ": %s %s, recorded only", member_text(rule, "binder"),
			member_text(rule, "direction"));
	} else if (json_is_null(json_object_get(rule, "handle"))) {
		fputs(": of no rule that is there now", out);
	} else {
		fputs(": ", out);
		print_clean(out, member_text(rule, "family"));
		fputc(' ', out);
		print_clean(out, member_text(rule, "table"));
		fputc(' ', out);
		print_clean(out, member_text(rule, "chain"));
		fprintf(out, " handle %llu", member_number(rule, "handle"));
	}
	if (*text) {
		fputs(": ", out);
		print_clean(out, text);
	}
	if (style->color)
		fputs("\033[0m", out);
	fputc('\n', out);
}

void report_print_driver(FILE *out, const json_t *document, const struct report_style *style)
{
	const json_t *rules = json_object_get(document, "rules");
	const json_t *rule;
	size_t i;

	fputs("NIC ", out);
	print_cut(out, member_text(document, "nic"), 40, 0);
	fprintf(out, ", model %s, kernel %s\n", member_text(document, "model"),
		member_text(document, "kernel"));
	if (!json_array_size(rules))
		fputs("\nnothing is offloaded\n", out);
	json_array_foreach (rules, i, rule) {
		fputc('\n', out);
		print_head(out, rule, style);
		fprintf(out, "  cookie %s chain_index %llu protocol %s prio %llu%s\n",
			member_text(rule, "cookie"), member_number(rule, "chain_index"),
			member_text(rule, "protocol"), member_number(rule, "prio"),
			json_is_true(json_object_get(rule, "skip_sw")) ? " skip_sw" : "");
		print_flow_rule(out, rule);
	}
}
