/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The driver's view for people: a block a rule and port, each line greppable by itself. */
#include "style.h"

#include <string.h>

enum { KEY_WIDTH = 10, FIELD_WIDTH = 15 };

static void print_head(FILE *out, const json_t *rule, const struct report_style *style)
{
	const char *text = member_text(rule, "rule");

	if (style->color)
		fputs("\033[1m", out);
	fprintf(out, "%s %s", member_text(rule, "command"), member_text(rule, "port"));
	if (json_is_null(json_object_get(rule, "handle"))) {
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

static void print_used_keys(FILE *out, const json_t *names)
{
	const json_t *name;
	size_t i;

	fputs("  used_keys ", out);
	json_array_foreach (names, i, name)
		fprintf(out, "%s%s", i ? "|" : "", json_string_value(name));
	fputs(json_array_size(names) ? "\n" : "none\n", out);
}

static void print_keys(FILE *out, json_t *keys, const char *remark)
{
	json_t *fields, *field;
	const char *key, *name;

	json_object_foreach (keys, key, fields) {
		json_object_foreach (fields, name, field)
			fprintf(out, "  %-*s %-*s %s/%s%s\n", KEY_WIDTH, key, FIELD_WIDTH, name,
				member_text(field, "value"), member_text(field, "mask"), remark);
	}
}

static void print_action(FILE *out, const json_t *action)
{
	const char *port = member_text(action, "port");

	fprintf(out, "  %-*s %-*s ", KEY_WIDTH, "action", FIELD_WIDTH, member_text(action, "id"));
	if (json_object_get(action, "ifindex"))
		fprintf(out, "%s ifindex %llu ", *port ? port : "no-port",
			member_number(action, "ifindex"));
	fprintf(out, "hw_stats %s\n", member_text(action, "hw_stats"));
}

void report_print_driver(FILE *out, const json_t *document, const struct report_style *style)
{
	const json_t *rules = json_object_get(document, "rules");
	const json_t *rule, *action;
	size_t i, j;

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
		print_used_keys(out, json_object_get(rule, "used_keys"));
		print_keys(out, json_object_get(rule, "keys"), "");
		print_keys(out, json_object_get(rule, "keys_not_flagged"), " (key not flagged)");
		json_array_foreach (json_object_get(rule, "actions"), j, action)
			print_action(out, action);
	}
}
