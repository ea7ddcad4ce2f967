/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a check has not come to: because of a signal, or of an error in a file before. */
#include "check.h"

#include <string.h>

enum { LINES_SHOWN = 20, WHATS_SHOWN = 20 };

static bool same_options(const json_t *one, const json_t *other)
{
	return strcmp(member_text(one, "model"), member_text(other, "model")) == 0 &&
	       strcmp(member_text(one, "kernel"), member_text(other, "kernel")) == 0;
}

/* "mlx5, kernel 6.1: ", as far as they were asked for. */
static void begin_line(FILE *out, const json_t *record)
{
	const char *model = member_text(record, "model"), *kernel = member_text(record, "kernel");

	print_clean(out, model);
	fprintf(out, "%s%s", *model && *kernel ? ", " : "", *kernel ? "kernel " : "");
	print_clean(out, kernel);
	fputs(*model || *kernel ? ": " : "", out);
}

static void print_what(FILE *out, const json_t *record, const json_t *before)
{
	bool is_lint = strcmp(member_text(record, "what"), "lint") == 0;
	bool again = before && strcmp(member_text(before, "what"), "lint") != 0;

	if (before)
		fputs(", ", out);
	fputs(is_lint ? "the lint" : again ? "" : "the rules of ", out);
	print_clean(out, is_lint ? "" : member_text(record, "file"));
}

/* The records of one model and kernel, which stand one after the other. Where the next ones begin.
 */
static size_t print_line(FILE *out, const json_t *records, size_t first)
{
	const json_t *begin = json_array_get(records, first), *record;
	size_t i = first;

	begin_line(out, begin);
	while ((record = json_array_get(records, i)) && same_options(begin, record)) {
		if (i - first < WHATS_SHOWN)
			print_what(out, record, i > first ? json_array_get(records, i - 1) : NULL);
		i++;
	}
	if (i - first > WHATS_SHOWN)
		fprintf(out, " and %zu more", i - first - WHATS_SHOWN);
	return i;
}

char *check_missing(const json_t *document, const char *between)
{
	const json_t *records = json_object_get(document, "not_checked");
	size_t size, i = 0, length = json_array_size(records);
	char *text = NULL;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	for (size_t lines = 0; i < length && lines < LINES_SHOWN; lines++) {
		fputs(i ? between : "", out);
		i = print_line(out, records, i);
	}
	if (i < length)
		fprintf(out, "%sand more", between);
	fclose(out);
	return text;
}

const char *check_missing_why(const json_t *document)
{
	bool is_any = json_array_size(json_object_get(document, "not_checked")) != 0;

	/* The signal may have come after the last step. */
	if (json_is_true(json_object_get(document, "interrupted")))
		return is_any ? "interrupted; not checked" : "interrupted";
	return is_any ? "not checked, because of errors in what comes before" : NULL;
}
