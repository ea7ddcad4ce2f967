/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The JSON of a flow rule for people: a line a key's field and an action. */
#include "print.h"
#include "style.h"

#include <string.h>

enum { KEY_WIDTH = 10, FIELD_WIDTH = 15 };

static void print_used_keys(FILE *out, const json_t *rule)
{
	const json_t *names = json_object_get(rule, "used_keys"), *name;
	size_t i;

	fputs("  used_keys ", out);
	json_array_foreach (names, i, name) {
		fputs(i ? "|" : "", out);
		print_clean(out, json_string_value(name) ? json_string_value(name) : "?");
	}
	fputs(json_array_size(names) ? "\n" : "none\n", out);
	if (json_object_get(rule, "unknown_keys")) {
		fputs("  unknown_keys ", out);
		print_clean(out, member_text(rule, "unknown_keys"));
		fputc('\n', out);
	}
}

/* Names and values may come from a file. */
static void print_column(FILE *out, const char *text, int width)
{
	print_cut(out, text, 1000, width);
	fputc(' ', out);
}

static void print_keys(FILE *out, json_t *keys, const char *remark)
{
	json_t *fields, *field;
	const char *key, *name;

	json_object_foreach (keys, key, fields) {
		json_object_foreach (fields, name, field) {
			fputs("  ", out);
			print_column(out, key, KEY_WIDTH);
			print_column(out, name, FIELD_WIDTH);
			print_clean(out, member_text(field, "value"));
			fputc('/', out);
			print_clean(out, member_text(field, "mask"));
			fprintf(out, "%s\n", remark);
		}
	}
}

static bool told_otherwise(const char *name)
{
	return !strcmp(name, "id") || !strcmp(name, "port") || !strcmp(name, "ifindex") ||
	       !strcmp(name, "hw_stats");
}

static void print_action(FILE *out, json_t *action)
{
	const char *port = member_text(action, "port"), *name;
	json_t *argument;

	fprintf(out, "  %-*s ", KEY_WIDTH, "action");
	print_column(out, member_text(action, "id"), FIELD_WIDTH);
	if (json_object_get(action, "ifindex")) {
		print_clean(out, *port ? port : "no-port");
		fprintf(out, " ifindex %llu ", member_number(action, "ifindex"));
	}
	json_object_foreach (action, name, argument) {
		if (told_otherwise(name))
			continue;
		print_clean(out, name);
		fputc(' ', out);
		if (json_is_integer(argument))
			fprintf(out, "%lld", (long long)json_integer_value(argument));
		else
			print_clean(out, member_text(action, name));
		fputc(' ', out);
	}
	fputs("hw_stats ", out);
	print_clean(out, member_text(action, "hw_stats"));
	fputc('\n', out);
}

void print_flow_rule(FILE *out, const json_t *rule)
{
	json_t *action;
	size_t i;

	print_used_keys(out, rule);
	print_keys(out, json_object_get(rule, "keys"), "");
	print_keys(out, json_object_get(rule, "keys_not_flagged"), " (key not flagged)");
	json_array_foreach (json_object_get(rule, "actions"), i, action)
		print_action(out, action);
	if (member_number(rule, "lost_actions"))
		fprintf(out, "  and %llu action%s more, which the sender could not tell\n",
			member_number(rule, "lost_actions"),
			plural(member_number(rule, "lost_actions")));
}
