/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Bytes to a descriptor through a buffer: the lowest layer of the capture writer.
 *
 * Invariant: an error is sticky; after it nothing is written, and every call returns it. A reader
 * that closes its pipe gives -EPIPE and no SIGPIPE, whatever the process does with that signal: it
 * is blocked in this thread around write(2) and taken away when it has come.
 *
 * Threading: one owner.
 */
#ifndef NICEMU_PORTS_OUTPUT_H
#define NICEMU_PORTS_OUTPUT_H

#include <stddef.h>
#include <stdint.h>

enum { OUTPUT_BLOCK = 256 * 1024 };

struct output {
	int fd;
	int error;       /* negative errno */
	int patience_ms; /* with a reader that takes nothing, then -ETIMEDOUT; -1: without end */
	uint8_t *buffer;
	size_t used;
};

/* 0 or -ENOMEM. The descriptor is borrowed. */
int output_open(struct output *o, int fd);
void output_close(struct output *o);

/* Into the buffer, which is written when it is full. 0 or a negative errno. */
int output_add(struct output *o, const void *data, size_t size);
int output_flush(struct output *o);

#endif
