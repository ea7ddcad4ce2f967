/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "source.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define WITH_ADDRESS_SANITIZER
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define WITH_ADDRESS_SANITIZER
#endif

#ifdef WITH_ADDRESS_SANITIZER
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(address, size)   ((void)(address), (void)(size))
#define ASAN_UNPOISON_MEMORY_REGION(address, size) ((void)(address), (void)(size))
#endif

/*
 * The buffer is larger than what is in it, so AddressSanitizer would not see a read behind the last
 * byte: what is not filled is marked.
 */
static void mark_unfilled(const struct source *s)
{
	ASAN_POISON_MEMORY_REGION(s->buffer + s->end, s->capacity - s->end);
}

static void unmark_unfilled(const struct source *s)
{
	ASAN_UNPOISON_MEMORY_REGION(s->buffer + s->end, s->capacity - s->end);
}

int source_open(struct source *s, int fd, uint64_t offset)
{
	*s = (struct source){
		.fd = fd,
		.capacity = SOURCE_HEADROOM + SOURCE_BLOCK,
		.begin = SOURCE_HEADROOM,
		.end = SOURCE_HEADROOM,
		.offset = offset,
		.patience_ms = -1,
	};
	s->buffer = malloc(s->capacity);
	if (!s->buffer)
		return -ENOMEM;
	mark_unfilled(s);
	return 0;
}

void source_close(struct source *s)
{
	if (s->buffer)
		unmark_unfilled(s);
	free(s->buffer);
	s->buffer = NULL;
}

void source_restart(struct source *s, uint64_t offset)
{
	s->begin = SOURCE_HEADROOM;
	s->end = SOURCE_HEADROOM;
	s->offset = offset;
	s->at_end = false;
	mark_unfilled(s);
}

static int grow(struct source *s, size_t capacity)
{
	uint8_t *buffer;

	if (capacity <= s->capacity)
		return 0;
	buffer = realloc(s->buffer, capacity);
	if (!buffer)
		return -ENOMEM;
	s->buffer = buffer;
	s->capacity = capacity;
	return 0;
}

static void move_to_front(struct source *s)
{
	size_t left = source_available(s);

	memmove(s->buffer + SOURCE_HEADROOM, source_at(s), left);
	s->begin = SOURCE_HEADROOM;
	s->end = SOURCE_HEADROOM + left;
}

/* Wait for bytes; -EAGAIN when patience ends before, also by a signal: its handler wants a say. */
static int wait_readable(const struct source *s)
{
	int ready = poll(&(struct pollfd){.fd = s->fd, .events = POLLIN}, 1, s->patience_ms);

	if (ready > 0 || s->patience_ms < 0)
		return ready < 0 && errno != EINTR ? -errno : 0;
	return -EAGAIN;
}

static int read_some(struct source *s)
{
	ssize_t got;
	int ret = s->patience_ms < 0 ? 0 : wait_readable(s);

	if (ret)
		return ret;
	got = read(s->fd, s->buffer + s->end, s->capacity - s->end);
	if (got > 0)
		s->end += (size_t)got;
	else if (got == 0)
		s->at_end = true;
	else if (errno == EAGAIN)
		return wait_readable(s);
	else if (errno != EINTR)
		return -errno;
	return 0;
}

int source_want(struct source *s, size_t size)
{
	int ret;

	if (source_available(s) >= size || s->at_end)
		return 0;
	unmark_unfilled(s);
	move_to_front(s);
	ret = grow(s, SOURCE_HEADROOM + size);
	while (!ret && source_available(s) < size && !s->at_end)
		ret = read_some(s);
	mark_unfilled(s);
	return ret;
}
