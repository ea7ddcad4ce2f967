/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <nicemu/base/log.h>

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct line {
	enum log_level level;
	uint64_t time_ns;
	char *text;
};

struct log {
	uint64_t count; /* lines ever added; line n (from 1) is in lines[(n - 1) % LOG_LINES] */
	struct line lines[LOG_LINES];
};

struct log *log_create(void)
{
	return calloc(1, sizeof(struct log));
}

void log_destroy(struct log *log)
{
	if (!log)
		return;
	for (int i = 0; i < LOG_LINES; i++)
		free(log->lines[i].text);
	free(log);
}

/* Takes text over. */
static void put(struct log *log, enum log_level level, uint64_t time_ns, char *text)
{
	struct line *line = &log->lines[log->count++ % LOG_LINES];

	free(line->text);
	*line = (struct line){.level = level, .time_ns = time_ns, .text = text};
}

void log_add_text(struct log *log, enum log_level level, uint64_t time_ns, const char *text,
		  size_t size)
{
	char *copy = log ? strndup(text, size) : NULL;

	if (copy)
		put(log, level, time_ns, copy);
}

void log_add(struct log *log, enum log_level level, uint64_t time_ns, const char *format, ...)
{
	va_list args;
	char *text;
	int size;

	if (!log)
		return;
	va_start(args, format);
	size = vasprintf(&text, format, args);
	va_end(args);
	if (size >= 0)
		put(log, level, time_ns, text);
}

void log_visit(const struct log *log, uint64_t after,
	       void (*visit)(void *context, uint64_t sequence, enum log_level level,
			     uint64_t time_ns, const char *text),
	       void *context)
{
	uint64_t first = log->count > LOG_LINES ? log->count - LOG_LINES + 1 : 1;

	if (after + 1 > first)
		first = after + 1;
	for (uint64_t n = first; n <= log->count; n++) {
		const struct line *line = &log->lines[(n - 1) % LOG_LINES];

		visit(context, n, line->level, line->time_ns, line->text);
	}
}

const char *log_level_name(enum log_level level)
{
	static const char *const names[] = {
		[LOG_ERROR] = "error",
		[LOG_WARNING] = "warning",
		[LOG_INFO] = "info",
		[LOG_DEBUG] = "debug",
	};

	return names[level];
}
