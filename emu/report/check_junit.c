/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A check as JUnit's XML: a suite for each run, a case for each rule and port. */
#include "check.h"

#include <stdlib.h>
#include <string.h>

/* Control characters can't be written in XML 1.0 at all. Of an attribute line ends are escaped. */
static void print_xml(FILE *out, const char *text)
{
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		switch (c) {
		case '&': fputs("&amp;", out); break;
		case '<': fputs("&lt;", out); break;
		case '>': fputs("&gt;", out); break;
		case '"': fputs("&quot;", out); break;
		case '\n': fputs("&#10;", out); break;
		case '\t': fputs("&#9;", out); break;
		default: fputc(c < ' ' || c == 0x7f ? '?' : c, out);
		}
	}
}

static void print_attribute(FILE *out, const char *name, const char *value)
{
	fprintf(out, " %s=\"", name);
	print_xml(out, value);
	fputc('"', out);
}

static void print_line(FILE *out, const char *label, const char *text)
{
	if (!*text)
		return;
	fprintf(out, "%s: ", label);
	print_xml(out, text);
	fputc('\n', out);
}

static void print_failure(FILE *out, const json_t *record, const char *element)
{
	fprintf(out, "      <%s", element);
	print_attribute(out, "message", member_text(record, "reason"));
	if (strcmp(element, "skipped") != 0)
		print_attribute(out, "type", member_text(record, "id"));
	fputc('>', out);
	print_line(out, "id", member_text(record, "id"));
	print_line(out, "errno", member_text(record, "errno"));
	print_line(out, "layer", member_text(record, "layer"));
	print_line(out, "expression", member_text(record, "expression"));
	print_line(out, "hint", member_text(record, "hint"));
	fprintf(out, "</%s>\n", element);
}

/* "family table chain", as far as they are known. */
static void print_class(FILE *out, const json_t *record)
{
	const json_t *rule = json_object_get(record, "rule");
	const json_t *names = json_is_object(rule) ? rule : record;

	/* Of a syntax error nothing is known but its place, and readers want a class. */
	if (!*member_text(names, "table")) {
		print_attribute(out, "classname", member_text(record, "layer"));
		return;
	}
	fputs(" classname=\"", out);
	print_xml(out, member_text(names, "family"));
	fputc(' ', out);
	print_xml(out, member_text(names, "table"));
	fputc(' ', out);
	print_xml(out, member_text(names, "chain"));
	fputc('"', out);
}

static void print_case(FILE *out, const json_t *record, const char *what, const char *element)
{
	const char *file = member_text(record, "file");

	fputs("    <testcase", out);
	print_class(out, record);
	fputs(" name=\"", out);
	print_xml(out, file);
	fprintf(out, ":%llu ", member_number(record, "line"));
	print_xml(out, what);
	if (*member_text(record, "port")) {
		fputs(" on ", out);
		print_xml(out, member_text(record, "port"));
	}
	fputc('"', out);
	print_attribute(out, "file", file);
	fprintf(out, " line=\"%llu\"", member_number(record, "line"));
	if (check_verdict_is(record, "offloaded")) {
		fputs("/>\n", out);
		return;
	}
	fputs(">\n", out);
	print_failure(out, record, check_verdict_is(record, "allowed") ? "skipped" : element);
	fputs("    </testcase>\n", out);
}

static void print_cases(FILE *out, const json_t *run, const char *list, const char *key,
			const char *element)
{
	json_t *record;
	size_t i;

	json_array_foreach (json_object_get(run, list), i, record)
		print_case(out, record, member_text(record, key), element);
}

static void print_findings(FILE *out, const json_t *run)
{
	const json_t *findings = json_object_get(run, "lint");
	json_t *finding;
	size_t i;

	if (!json_array_size(findings))
		return;
	fputs("    <system-out>", out);
	json_array_foreach (findings, i, finding) {
		print_xml(out, member_text(finding, "level"));
		fputs(": ", out);
		print_xml(out, member_text(finding, "file"));
		if (member_number(finding, "line"))
			fprintf(out, ":%llu:%llu", member_number(finding, "line"),
				member_number(finding, "column"));
		fputs(*member_text(finding, "file") ? ": " : "", out);
		print_xml(out, member_text(finding, "text"));
		fputs(" (", out);
		print_xml(out, member_text(finding, "id"));
		fputs(")\n", out);
	}
	fputs("</system-out>\n", out);
}

static unsigned long long cases_of(const json_t *run)
{
	return json_array_size(json_object_get(run, "rules")) +
	       json_array_size(json_object_get(run, "chains")) +
	       json_array_size(json_object_get(run, "errors"));
}

static void print_suite(FILE *out, const json_t *run)
{
	const json_t *summary = json_object_get(run, "summary");

	fputs("  <testsuite name=\"", out);
	print_xml(out, member_text(run, "model"));
	fputc(' ', out);
	print_xml(out, member_text(run, "kernel"));
	fprintf(out, "\" tests=\"%llu\" failures=\"%llu\" errors=\"%llu\" skipped=\"%llu\">\n",
		cases_of(run), member_number(summary, "refused"), member_number(summary, "errors"),
		member_number(summary, "allowed"));
	print_cases(out, run, "errors", "id", "error");
	print_cases(out, run, "chains", "chain", "failure");
	print_cases(out, run, "rules", "rule", "failure");
	print_findings(out, run);
	fputs("  </testsuite>\n", out);
}

/* A suite of its own, so that nobody takes a report for whole that is not. */
static void print_missing(FILE *out, const json_t *document)
{
	const char *why = check_missing_why(document);
	char *missing = why ? check_missing(document, "; ") : NULL;

	if (!why)
		return;
	fprintf(out,
		"  <testsuite name=\"not checked\" tests=\"1\" failures=\"0\" errors=\"1\" "
		"skipped=\"0\">\n    <testcase classname=\"nicemu\" name=\"all is "
		"checked\">\n      <error message=\"%s\">",
		why);
	print_xml(out, missing && *missing ? missing : why);
	fputs("</error>\n    </testcase>\n  </testsuite>\n", out);
	free(missing);
}

void report_print_check_junit(FILE *out, const json_t *document, const struct report_style *style)
{
	json_t *run;
	size_t i;

	fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"nicemu check\">\n",
	      out);
	json_array_foreach (json_object_get(document, "runs"), i, run)
		print_suite(out, run);
	print_missing(out, document);
	fputs("</testsuites>\n", out);
}
