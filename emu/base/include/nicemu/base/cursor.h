/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A bounds-checked reader over bytes that nobody has checked yet.
 *
 * Why: captures, netlink messages and control sockets are hostile. All parsing goes through a
 * cursor, so that a length is compared with what is left in exactly one place.
 *
 * Invariants: position <= size. The error is sticky: after the first read past the end every read
 * returns 0 or NULL and moves nothing, so a parser reads straight through and checks
 * cursor_failed() once, at the end of a header.
 *
 * Threading: a cursor is a value; it belongs to whoever holds it.
 */
#ifndef NICEMU_BASE_CURSOR_H
#define NICEMU_BASE_CURSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cursor {
	const uint8_t *data; /* borrowed; must outlive the cursor */
	size_t size;         /* bytes in data */
	size_t position;     /* bytes read so far */
	bool failed;
};

static inline struct cursor cursor_over(const void *data, size_t size)
{
	return (struct cursor){.data = data, .size = size};
}

static inline size_t cursor_left(const struct cursor *c)
{
	return c->failed ? 0 : c->size - c->position;
}

static inline bool cursor_failed(const struct cursor *c)
{
	return c->failed;
}

/*
 * The next size bytes, or NULL where fewer are left (and the cursor has failed). No bytes of a
 * cursor over NULL are NULL too.
 */
static inline const uint8_t *cursor_bytes(struct cursor *c, size_t size)
{
	const uint8_t *at;

	if (c->failed || size > c->size - c->position) {
		c->failed = true;
		return NULL;
	}
	at = c->position ? c->data + c->position : c->data; /* NULL + 0 is undefined */
	c->position += size;
	return at;
}

static inline void cursor_skip(struct cursor *c, size_t size)
{
	(void)cursor_bytes(c, size);
}

/* A cursor over the next size bytes, which the outer one has then passed. */
static inline struct cursor cursor_sub(struct cursor *c, size_t size)
{
	const uint8_t *at = cursor_bytes(c, size);

	return (struct cursor){.data = at, .size = c->failed ? 0 : size, .failed = c->failed};
}

/* Unsigned integers, most significant byte first. 0 after a failure. */
static inline uint64_t cursor_be(struct cursor *c, size_t size)
{
	const uint8_t *at = cursor_bytes(c, size);
	uint64_t value = 0;

	for (size_t i = 0; at && i < size; i++)
		value = value << 8 | at[i];
	return value;
}

static inline uint8_t cursor_u8(struct cursor *c)
{
	return (uint8_t)cursor_be(c, 1);
}

static inline uint16_t cursor_be16(struct cursor *c)
{
	return (uint16_t)cursor_be(c, 2);
}

static inline uint32_t cursor_be32(struct cursor *c)
{
	return (uint32_t)cursor_be(c, 4);
}

static inline uint64_t cursor_be64(struct cursor *c)
{
	return cursor_be(c, 8);
}

#endif
