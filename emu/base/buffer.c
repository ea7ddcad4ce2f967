/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <nicemu/base/buffer.h>

#include <stdlib.h>
#include <string.h>

void *buffer_reserve(struct buffer *b, size_t size)
{
	void *at;

	if (b->failed)
		return NULL;
	if (size > b->capacity - b->size) {
		size_t capacity = b->capacity ? b->capacity : 256;
		uint8_t *data;

		while (capacity - b->size < size && capacity <= SIZE_MAX / 2)
			capacity *= 2;
		data = capacity - b->size < size ? NULL : realloc(b->data, capacity);
		if (!data) {
			b->failed = true;
			return NULL;
		}
		b->data = data;
		b->capacity = capacity;
	}
	at = b->data + b->size;
	memset(at, 0, size);
	b->size += size;
	return at;
}

void buffer_append(struct buffer *b, const void *data, size_t size)
{
	void *at = size ? buffer_reserve(b, size) : NULL;

	if (at)
		memcpy(at, data, size);
}

void buffer_clear(struct buffer *b)
{
	free(b->data);
	*b = (struct buffer){0};
}
