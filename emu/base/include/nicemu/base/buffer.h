/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Bytes that grow. For messages under construction and payloads of unknown size, never for the
 * packet path.
 *
 * Why: a message is appended to in many places, and is checked for lack of memory in one.
 *
 * Invariants: size <= capacity. Out of memory is sticky, as in a cursor: after it nothing is
 * appended, buffer_failed() is true, and what was there stays.
 *
 * Threading: none; one owner.
 */
#ifndef NICEMU_BASE_BUFFER_H
#define NICEMU_BASE_BUFFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buffer {
	uint8_t *data;
	size_t size;
	size_t capacity;
	bool failed;
};

/* Room for size (> 0) more bytes, zeroed and counted as used. NULL when memory is out. */
void *buffer_reserve(struct buffer *b, size_t size);

void buffer_append(struct buffer *b, const void *data, size_t size);

/* Frees the bytes and leaves an empty buffer that can be used again. */
void buffer_clear(struct buffer *b);

static inline bool buffer_failed(const struct buffer *b)
{
	return b->failed;
}

#endif
