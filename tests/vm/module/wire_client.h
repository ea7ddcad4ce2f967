/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The two halves of the wire client: the well-behaved program with its scenarios (wire_client.c),
 * and what it is told on the command line and the misbehaviour (garbage.c). One thread.
 */
#ifndef WIRE_CLIENT_H
#define WIRE_CLIENT_H

#include <stdbool.h>
#include <stddef.h>

#include "nicemu/kernel/wire.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

struct options {
	bool quiet, stats, reply_twice, only_flush, until_repeat_end, refuse_later, repeated_too,
		hold, garbage;
	int refuse_errno;
	const char *refuse_text;
	unsigned long refuse_at, refuse_bind_at, stop_at, die_at, events, count, seconds;
	unsigned int delay_ms;
};

extern struct options options;

/* Ends the program with 1 and a line on stderr. */
void fail(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));

/* Writes one message, which begins with struct kmod_header, whole, or fails. */
void write_message(int fd, const void *message);

void say_hello(int fd, unsigned int flags);

/* Fills `options`; ends the program with 2 on a usage error. */
void parse_options(int argc, char **argv);

/* Misbehaves in every way that it knows; 0: the module answered each as it should. */
int try_garbage(int fd);

#endif
