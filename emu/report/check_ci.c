/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A check for CI systems that read lines: GitHub's workflow commands, and TAP. */
#include "check.h"

#include <stdlib.h>
#include <string.h>

static bool is_control(char c)
{
	return (unsigned char)c < ' ' || c == 0x7f;
}

/* ---- GitHub ---- */

/* As GitHub's own toolkit escapes: of a property ':' and ',' as well. */
static void print_escaped(FILE *out, const char *text, bool property)
{
	for (; *text; text++) {
		if (strchr("%\r\n", *text) || (property && strchr(":,", *text)))
			fprintf(out, "%%%02X", (unsigned char)*text);
		else
			fputc(is_control(*text) ? '?' : *text, out);
	}
}

static void print_part(FILE *out, const char *before, const char *text)
{
	if (*text) {
		fputs(before, out);
		print_escaped(out, text, false);
	}
}

static const char *command_of(const struct check_group *group)
{
	const json_t *record = group->record;

	if (check_verdict_is(record, "allowed") || json_is_true(json_object_get(record, "allowed")))
		return "notice";
	if (strcmp(group->list, "lint") != 0)
		return "error";
	return strcmp(member_text(record, "level"), "notice") == 0 ? "notice" : "warning";
}

/* As git names it: an annotation of "./a.nft" is shown at no line of a.nft. */
static const char *without_dot(const char *file)
{
	while (strncmp(file, "./", 2) == 0)
		file += 2 + strspn(file + 2, "/");
	return file;
}

static void print_properties(FILE *out, const struct check_group *group)
{
	const json_t *record = group->record;

	if (*member_text(record, "file")) {
		fputs("file=", out);
		print_escaped(out, without_dot(member_text(record, "file")), true);
		if (member_number(record, "line"))
			fprintf(out, ",line=%llu,col=%llu", member_number(record, "line"),
				member_number(record, "column"));
		fputc(',', out);
	}
	fputs("title=", out);
	print_escaped(out, member_text(record, "id"), true);
}

static void print_command(FILE *out, const struct check_group *group)
{
	const json_t *record = group->record;
	bool is_lint = strcmp(group->list, "lint") == 0;
	bool is_refusal = !is_lint && strcmp(group->list, "errors") != 0;
	char *runs = check_group_runs(group);

	fprintf(out, "::%s ", command_of(group));
	print_properties(out, group);
	fputs("::", out);
	print_escaped(out, member_text(record, is_lint ? "text" : "reason"), false);
	print_part(out, "%0Aexpression: ", member_text(record, "expression"));
	print_part(out, "%0Arule: ", member_text(record, is_lint ? "statement" : "rule"));
	print_part(out, "%0Ahint: ", member_text(record, "hint"));
	print_part(out, is_refusal ? "%0Arefused by " : "%0Afor ", runs ? runs : "");
	fputc('\n', out);
	free(runs);
}

static void print_missing(FILE *out, const json_t *document)
{
	const char *why = check_missing_why(document);
	char *missing = why ? check_missing(document, "\n") : NULL;

	if (why) {
		fprintf(out, "::error title=not checked::%s", why);
		print_part(out, ": ", missing ? missing : "");
		fputc('\n', out);
	}
	free(missing);
}

void report_print_check_github(FILE *out, const json_t *document, const struct report_style *style)
{
	struct check_groups groups;

	if (check_groups_make(&groups, document) == 0)
		for (size_t i = 0; i < groups.length; i++)
			print_command(out, groups.group[i]);
	check_groups_free(&groups);
	print_missing(out, document);
}

/* ---- TAP ---- */

/* A '#' would begin a directive. */
static void print_description(FILE *out, const char *text)
{
	for (; *text; text++) {
		if (*text == '#' || *text == '\\')
			fputc('\\', out);
		fputc(is_control(*text) ? ' ' : *text, out);
	}
}

/* A JSON string is a YAML scalar. */
static void print_yaml(FILE *out, const json_t *record, const char *key)
{
	json_t *value = json_object_get(record, key);
	char *text = value && !json_is_null(value) ? json_dumps(value, JSON_ENCODE_ANY) : NULL;

	if (text)
		fprintf(out, "  %s: %s\n", key, text);
	free(text);
}

static void print_diagnosis(FILE *out, const json_t *record)
{
	static const char *const keys[] = {"id",     "errno",  "layer",      "file", "line",
					   "column", "reason", "expression", "hint"};

	fputs("  ---\n", out);
	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++)
		print_yaml(out, record, keys[i]);
	fputs("  ...\n", out);
}

struct tap {
	FILE *out;
	size_t number;
};

static void print_case(struct tap *tap, const json_t *run, const json_t *record, const char *what)
{
	bool accepted = check_verdict_is(record, "offloaded");

	fprintf(tap->out, "%sok %zu - ", accepted ? "" : "not ", ++tap->number);
	print_description(tap->out, member_text(run, "model"));
	fputc(' ', tap->out);
	print_description(tap->out, member_text(run, "kernel"));
	if (*member_text(record, "file")) {
		fputc(' ', tap->out);
		print_description(tap->out, member_text(record, "file"));
		fprintf(tap->out, ":%llu", member_number(record, "line"));
	}
	if (*member_text(record, "port")) {
		fputc(' ', tap->out);
		print_description(tap->out, member_text(record, "port"));
	}
	fputs(": ", tap->out);
	print_description(tap->out, what);
	if (check_verdict_is(record, "allowed"))
		fprintf(tap->out, " # TODO allowed: %s", member_text(record, "id"));
	fputc('\n', tap->out);
	if (!accepted)
		print_diagnosis(tap->out, record);
}

static void print_cases(struct tap *tap, const json_t *run, const char *list, const char *key)
{
	json_t *record;
	size_t i;

	json_array_foreach (json_object_get(run, list), i, record)
		print_case(tap, run, record, member_text(record, key));
}

static void print_comments(FILE *out, const json_t *run)
{
	json_t *finding;
	size_t i;

	json_array_foreach (json_object_get(run, "lint"), i, finding) {
		fprintf(out, "# %s: ", member_text(finding, "level"));
		print_clean(out, member_text(finding, "file"));
		if (member_number(finding, "line"))
			fprintf(out, ":%llu:%llu", member_number(finding, "line"),
				member_number(finding, "column"));
		fputs(*member_text(finding, "file") ? ": " : "", out);
		print_clean(out, member_text(finding, "text"));
		fprintf(out, " (%s)\n", member_text(finding, "id"));
	}
}

/* An interrupted test says so with "Bail out!". */
static void end_tap(FILE *out, const json_t *document)
{
	const char *why = check_missing_why(document);
	char *missing = why ? check_missing(document, "; ") : NULL;

	if (why) {
		fprintf(out, "%s%s%s",
			json_is_true(json_object_get(document, "interrupted")) ? "Bail out! "
									       : "# ",
			why, missing && *missing ? ": " : "");
		print_clean(out, missing ? missing : "");
		fputc('\n', out);
	}
	free(missing);
}

static size_t count_cases(const json_t *runs)
{
	size_t i, count = 0;
	json_t *run;

	json_array_foreach (runs, i, run)
		count += json_array_size(json_object_get(run, "errors")) +
			 json_array_size(json_object_get(run, "chains")) +
			 json_array_size(json_object_get(run, "rules"));
	return count;
}

void report_print_check_tap(FILE *out, const json_t *document, const struct report_style *style)
{
	const json_t *runs = json_object_get(document, "runs");
	struct tap tap = {.out = out};
	json_t *run;
	size_t i;

	fprintf(out, "TAP version 13\n1..%zu\n", count_cases(runs));
	json_array_foreach (runs, i, run) {
		print_cases(&tap, run, "errors", "reason");
		print_cases(&tap, run, "chains", "chain");
		print_cases(&tap, run, "rules", "rule");
		print_comments(out, run);
	}
	end_tap(out, document);
}
