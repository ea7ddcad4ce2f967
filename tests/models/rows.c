/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rows.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FILE_MAX = 1 << 20 };

static char *read_whole(const char *path)
{
	FILE *file = fopen(path, "re");
	char *text = file ? malloc(FILE_MAX + 1) : NULL;
	size_t size = text ? fread(text, 1, FILE_MAX + 1, file) : 0;

	if (file)
		fclose(file);
	if (text && size > FILE_MAX) {
		free(text);
		return NULL;
	}
	if (text)
		text[size] = '\0';
	return text;
}

/* A line that begins with white space goes on with the one before. */
static void join_lines(char *text)
{
	for (char *c = text; *c; c++)
		if (*c == '\n' && (c[1] == ' ' || c[1] == '\t'))
			*c = '\v';
}

static char *trim(char *text)
{
	char *end;

	while (strchr(" \t\v", *text) && *text)
		text++;
	end = text + strlen(text);
	while (end > text && strchr(" \t\v", end[-1]))
		*--end = '\0';
	return text;
}

/* The next '|' that stands alone; "IMMEDIATE|DELAYED" has none. */
static char *next_bar(char *text)
{
	for (char *c = text; (c = strchr(c, '|')); c++)
		if (c == text || strchr(" \t\v", c[-1]))
			return c;
	return NULL;
}

static bool split(struct row *row, char *line)
{
	char *head = line, *bar = next_bar(line), *word;

	while (bar) {
		if (row->num_parts == ROW_PARTS)
			return false;
		*bar++ = '\0';
		row->parts[row->num_parts++] = bar;
		bar = next_bar(bar);
	}
	for (size_t i = 0; i < row->num_parts; i++)
		row->parts[i] = trim((char *)row->parts[i]);
	while ((word = strsep(&head, " \t\v"))) {
		if (!*word)
			continue;
		if (row->num_words == ROW_WORDS)
			return false;
		row->words[row->num_words++] = word;
	}
	return row->num_words > 0;
}

static bool add_row(struct rows *rows, struct row row, char *line)
{
	struct row *list;

	if (!split(&row, line))
		return false;
	list = realloc(rows->list, (rows->count + 1) * sizeof(row));
	if (!list)
		return false;
	rows->list = list;
	list[rows->count++] = row;
	return true;
}

/* Counts the ends of lines that were joined, and makes them spaces. */
static int unjoin(char *line)
{
	int joined = 0;

	for (char *c = line; *c; c++)
		if (*c == '\v') {
			*c = ' ';
			joined++;
		}
	return joined;
}

bool rows_read(struct rows *rows, const char *path, char *error, size_t size)
{
	const char *source = NULL;
	char *rest;
	int number = 0;

	*rows = (struct rows){.text = read_whole(path)};
	if (!rows->text) {
		snprintf(error, size, "%s: %s", path, strerror(errno));
		return false;
	}
	join_lines(rows->text);
	rest = rows->text;
	for (char *line; (line = strsep(&rest, "\n"));) {
		struct row row = {.line = ++number, .source = source};

		number += unjoin(line);
		if (!*line || *line == '#')
			continue;
		if (strncmp(line, "source ", 7) == 0) {
			source = trim(line + 7);
		} else if (!source || !add_row(rows, row, line)) {
			snprintf(error, size, "%s:%d: %s", path, row.line,
				 source ? "no row" : "a row without a source");
			rows_clear(rows);
			return false;
		}
	}
	return true;
}

void rows_clear(struct rows *rows)
{
	free(rows->list);
	free(rows->text);
	*rows = (struct rows){0};
}
