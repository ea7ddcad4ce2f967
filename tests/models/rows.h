/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rows: what a model must answer, one line each, read from rows/MODEL.rows (README.md there says
 * how they are written).
 *
 * Threading: none; a file is read into memory of its own.
 */
#ifndef NICEMU_TESTS_ROWS_H
#define NICEMU_TESTS_ROWS_H

#include <stdbool.h>
#include <stddef.h>

enum { ROW_WORDS = 5, ROW_PARTS = 4 };

struct row {
	int line;
	const char *source;           /* of the driver's facts, as written */
	const char *words[ROW_WORDS]; /* before the first '|', NULL behind the last */
	size_t num_words;
	const char *parts[ROW_PARTS]; /* between the '|' */
	size_t num_parts;
};

struct rows {
	char *text;
	struct row *list;
	size_t count;
};

/* False: error (of size bytes) says why; nothing to free. */
bool rows_read(struct rows *rows, const char *path, char *error, size_t size);
void rows_clear(struct rows *rows);

#endif
