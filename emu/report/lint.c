/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The lint's findings as records, and for people. */
#include <nicemu/report/report.h>

#include "internal.h"
#include "style.h"

#include <nicemu/lint/lint.h>

struct lint_walk {
	const struct emulator *emulator;
	json_t *findings;
};

static json_t *or_null(const char *text)
{
	return text_json(*text ? text : NULL);
}

static json_t *number_or_null(uint64_t number)
{
	return number ? json_integer((json_int_t)number) : json_null();
}

static void add_finding(void *context, const struct lint_finding *finding)
{
	struct lint_walk *walk = context;
	json_t *record = json_object(), *rule = json_object();

	json_object_set_new(rule, "family", or_null(finding->family));
	json_object_set_new(rule, "table", or_null(finding->table));
	json_object_set_new(rule, "chain", or_null(finding->chain));
	json_object_set_new(rule, "handle", number_or_null(finding->handle));
	json_object_set_new(record, "id", json_string(finding->id));
	json_object_set_new(record, "level", json_string(lint_level_name(finding->level)));
	json_object_set_new(record, "rule", rule);
	json_object_set_new(record, "statement", json_null());
	json_object_set_new(record, "port",
			    text_json(finding->port < 0 ? NULL
							: nic_port_name(&walk->emulator->nic,
									(uint16_t)finding->port)));
	json_object_set_new(record, "other", number_or_null(finding->other));
	json_object_set_new(record, "text", report_string(finding->text));
	json_object_set_new(record, "hint", report_string(finding->hint));
	json_array_append_new(walk->findings, record);
}

json_t *report_findings(const struct emulator *emulator)
{
	struct lint_walk walk = {.emulator = emulator, .findings = json_array()};

	if (lint_run(emulator, add_finding, &walk) == 0)
		return walk.findings;
	json_decref(walk.findings);
	return NULL;
}

json_t *report_lint(const struct emulator *emulator)
{
	json_t *findings = report_findings(emulator);
	json_t *document;

	if (!findings)
		return NULL;
	document = json_object();
	json_object_set_new(document, "schema_version", json_integer(REPORT_SCHEMA_VERSION));
	json_object_set_new(document, "kernel", json_string(emulator->kernel.version));
	json_object_set_new(document, "nic", text_json(emulator->nic.name));
	json_object_set_new(document, "model", text_json(emulator->nic.model));
	json_object_set_new(document, "findings", findings);
	return document;
}

void report_add_statements(json_t *findings, const json_t *listing)
{
	struct report_texts *texts = report_texts_create(listing);
	json_t *finding;
	size_t i;

	json_array_foreach (findings, i, finding) {
		const json_t *rule = json_object_get(finding, "rule");
		json_t *text = report_rule_string(texts, member_text(rule, "family"),
						  member_text(rule, "table"),
						  member_number(rule, "handle"));

		if (text)
			json_object_set(finding, "statement", text);
	}
	report_texts_destroy(texts);
}

/* "netdev t c: ip saddr 10.0.0.1 drop: " */
static void print_place(FILE *out, const json_t *finding)
{
	const json_t *rule = json_object_get(finding, "rule");
	const char *statement = member_text(finding, "statement");

	if (!*member_text(rule, "chain"))
		return;
	print_clean(out, member_text(rule, "family"));
	fputc(' ', out);
	print_clean(out, member_text(rule, "table"));
	fputc(' ', out);
	print_clean(out, member_text(rule, "chain"));
	if (member_number(rule, "handle"))
		fprintf(out, " handle %llu", member_number(rule, "handle"));
	if (*member_text(finding, "port"))
		fprintf(out, " on %s", member_text(finding, "port"));
	fputs(": ", out);
	if (*statement) {
		print_clean(out, statement);
		fputs(":\n    ", out);
	}
}

static void print_finding(FILE *out, const json_t *finding, const struct report_style *style)
{
	const char *level = member_text(finding, "level");

	paint(out, style, *level == 'w' ? PAINT_WARNING : PAINT_DIM, "%s: ", level);
	print_place(out, finding);
	print_clean(out, member_text(finding, "text"));
	fprintf(out, " (%s)\n", member_text(finding, "id"));
	if (*member_text(finding, "hint")) {
		fputs("    hint: ", out);
		print_clean(out, member_text(finding, "hint"));
		fputc('\n', out);
	}
}

void report_print_lint(FILE *out, const json_t *document, const struct report_style *style)
{
	const json_t *findings = json_object_get(document, "findings");
	const json_t *finding;
	size_t i;

	json_array_foreach (findings, i, finding)
		print_finding(out, finding, style);
	if (json_array_size(findings) == 0)
		fputs("nothing to complain of\n", out);
}
