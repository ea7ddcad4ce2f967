/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "style.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const char *const paints[] = {
	[PAINT_HEADING] = "\033[1m",
	[PAINT_DIM] = "\033[2m",
	[PAINT_WARNING] = "\033[33m",
};

void paint(FILE *out, const struct report_style *style, enum paint how, const char *format, ...)
{
	va_list args;

	if (style->color)
		fputs(paints[how], out);
	va_start(args, format);
	vfprintf(out, format, args);
	va_end(args);
	if (style->color)
		fputs("\033[0m", out);
}

static bool starts_character(char byte)
{
	return ((unsigned char)byte & 0xc0) != 0x80;
}

/* Characters, each taken for one column. */
static int width_of(const char *text)
{
	int width = 0;

	for (; *text; text++)
		width += starts_character(*text);
	return width;
}

/* A character with a control meaning (C0, DEL, or C1 as UTF-8) as "?"; how many bytes it had. */
static size_t print_character(FILE *out, const char *text)
{
	size_t size = 1;

	while (text[size] && !starts_character(text[size]))
		size++;
	if ((unsigned char)text[0] < 0x20 || text[0] == 0x7f ||
	    (size == 2 && (unsigned char)text[0] == 0xc2 && (unsigned char)text[1] < 0xa0))
		fputc('?', out);
	else
		fwrite(text, 1, size, out);
	return size;
}

void print_clean(FILE *out, const char *text)
{
	while (*text)
		text += print_character(out, text);
}

void print_cut(FILE *out, const char *text, int columns, int pad)
{
	int width = width_of(text);
	int room = width > columns ? columns - 1 : columns;

	for (int used = 0; *text && used < room; used++)
		text += print_character(out, text);
	if (width > columns)
		fputs("…", out);
	for (width = width > columns ? columns : width; width < pad; width++)
		fputc(' ', out);
}

const char *member_text(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

unsigned long long member_number(const json_t *object, const char *key)
{
	return (unsigned long long)json_integer_value(json_object_get(object, key));
}

const char *plural(unsigned long long number)
{
	return number == 1 ? "" : "s";
}

const char *share_text(char *buffer, unsigned long long part, unsigned long long whole)
{
	if (whole)
		snprintf(buffer, 16, "%.1f%%", 100.0 * (double)part / (double)whole);
	else
		snprintf(buffer, 16, "-");
	return buffer;
}

const char *time_text(char *buffer, size_t size, const json_t *time)
{
	const char *text = json_string_value(time);
	const char *fraction = text ? strchr(text, '.') : NULL;
	time_t seconds = text ? (time_t)strtoll(text, NULL, 10) : 0;
	struct tm day;
	char clock[16];

	snprintf(buffer, size, "-");
	if (fraction && gmtime_r(&seconds, &day) &&
	    strftime(clock, sizeof(clock), "%H:%M:%S", &day))
		snprintf(buffer, size, "%s%.7s", clock, fraction);
	return buffer;
}
