/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the emulator did and why, in order: the last LOG_LINES lines, for `nicemu show log`.
 *
 * Why: a kernel hands a program an errno and keeps the rest to itself; here the rest can be read.
 *
 * Invariants: a line is plain text without a newline. Lines are numbered from 1 without a gap; when
 * there are too many the oldest ones are overwritten, which the numbers tell. Not for the packet
 * path.
 *
 * Threading: one owner (the emulator's event loop).
 */
#ifndef NICEMU_BASE_LOG_H
#define NICEMU_BASE_LOG_H

#include <stddef.h>
#include <stdint.h>

enum { LOG_LINES = 4096 };

enum log_level { LOG_ERROR, LOG_WARNING, LOG_INFO, LOG_DEBUG };

struct log;

/* NULL when memory is out. log_destroy(NULL) is fine. */
struct log *log_create(void);
void log_destroy(struct log *log);

/* A NULL log is accepted: the line is dropped. time_ns: when, nanoseconds (see clock.h). */
void log_add(struct log *log, enum log_level level, uint64_t time_ns, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* The same with a text as it is, of size bytes; for lines that come by the million. */
void log_add_text(struct log *log, enum log_level level, uint64_t time_ns, const char *text,
		  size_t size);

/* Calls visit for the lines with sequence number > after, oldest first. Numbers start at 1. */
void log_visit(const struct log *log, uint64_t after,
	       void (*visit)(void *context, uint64_t sequence, enum log_level level,
			     uint64_t time_ns, const char *text),
	       void *context);

/* "error", "warning", "info", "debug". */
const char *log_level_name(enum log_level level);

#endif
