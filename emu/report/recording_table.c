/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A recording for people: a line a command, what it carries indented below. Without times. */
#include <nicemu/report/recording.h>

#include "print.h"
#include "style.h"

#include <string.h>

static void print_text(FILE *out, const json_t *event, const char *name, const char *before)
{
	const char *text = member_text(event, name);

	if (!*text)
		return;
	fputs(before, out);
	print_clean(out, text);
}

static void print_number(FILE *out, const json_t *event, const char *name)
{
	if (json_is_integer(json_object_get(event, name)))
		fprintf(out, " %s %lld", name,
			(long long)json_integer_value(json_object_get(event, name)));
}

static void print_flag(FILE *out, const json_t *event, const char *name)
{
	if (json_is_true(json_object_get(event, name)))
		fprintf(out, " %s", name);
}

static void print_port(FILE *out, const json_t *event)
{
	print_text(out, event, "name", " ");
	print_text(out, event, "was", " was ");
	print_text(out, event, "driver", " driver ");
	print_number(out, event, "ifindex");
	print_text(out, event, "mac", " mac ");
	print_number(out, event, "netns");
}

static void print_bind(FILE *out, const json_t *event)
{
	print_text(out, event, "binder", " ");
	print_text(out, event, "direction", " ");
	print_number(out, event, "block");
	print_text(out, event, "table", " table ");
	print_text(out, event, "chain", " chain ");
	print_flag(out, event, "indirect");
}

static void print_command(FILE *out, const json_t *event)
{
	print_number(out, event, "cookie");
	print_number(out, event, "handle");
	print_number(out, event, "prio");
	print_number(out, event, "chain_index");
	print_text(out, event, "protocol", " protocol ");
	print_flag(out, event, "skip_sw");
	print_number(out, event, "packets");
	print_number(out, event, "bytes");
	print_text(out, event, "last_used", " last_used ");
}

static void print_event(FILE *out, const json_t *event)
{
	const char *name = member_text(event, "event");

	print_clean(out, name);
	print_text(out, event, "port", " ");
	print_number(out, event, "binding");
	if (strcmp(name, "port") == 0)
		print_port(out, event);
	else if (strcmp(name, "BIND") == 0)
		print_bind(out, event);
	else
		print_command(out, event);
	print_flag(out, event, "repeated");
	print_text(out, event, "error", " refused: ");
	print_text(out, event, "reason", ": ");
	fputc('\n', out);
	if (strcmp(name, "REPLACE") == 0)
		print_flow_rule(out, event);
}

void report_print_recording(FILE *out, const json_t *recording, const struct report_style *style)
{
	json_t *event;
	size_t i;

	fputs("recording of ", out);
	print_clean(out, member_text(recording, "generator"));
	/* "emulator 6.12.107" or "kernel 6.1.192": who sent the commands */
	print_text(out, recording, "source", ": ");
	print_text(out, recording, "kernel", " ");
	fputc('\n', out);
	json_array_foreach (json_object_get(recording, "events"), i, event)
		print_event(out, event);
}
