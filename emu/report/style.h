/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Words and colours for people. Text from files and rules is printed with control characters
 * replaced, so that a file name can't command a terminal. Threading: none.
 */
#ifndef NICEMU_REPORT_STYLE_H
#define NICEMU_REPORT_STYLE_H

#include <nicemu/report/report.h>

enum paint { PAINT_HEADING, PAINT_DIM, PAINT_WARNING };

/* printf in a colour, where the style has colours. */
void paint(FILE *out, const struct report_style *style, enum paint how, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/*
 * Text in at most columns columns, cut with "…" where it is longer, filled up with spaces to pad
 * columns where it is shorter.
 */
void print_cut(FILE *out, const char *text, int columns, int pad);

/* Whole, control characters replaced. */
void print_clean(FILE *out, const char *text);

/* Members of JSON objects; "" and 0 where they are missing or null. */
const char *member_text(const json_t *object, const char *key);
unsigned long long member_number(const json_t *object, const char *key);

/* What makes "%llu packet%s" right: "" for 1, else "s". */
const char *plural(unsigned long long number);

/* "12.3%" of whole, or "-" where whole is 0; buffer of at least 16 bytes. */
const char *share_text(char *buffer, unsigned long long part, unsigned long long whole);

/* "22:13:20.000001": the time of day (UTC) of a "seconds.nanoseconds" text, "-" for null. */
const char *time_text(char *buffer, size_t size, const json_t *time);

#endif
