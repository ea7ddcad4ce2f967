/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "source.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
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

/* A block is read on into only while there is room for a read that is worth its call. */
enum { READ_MIN = 64 * 1024 };

static struct piece *current(const struct source *s)
{
	return &s->pieces[s->current];
}

/* Whether no packet that has to stay is in it. */
static bool is_free(const struct source *s, const struct piece *piece)
{
	return !piece->used || piece->used + s->keep <= s->batch;
}

/*
 * A block is larger than what is in it, so AddressSanitizer would not see a read behind the last
 * byte: what is not filled is marked.
 */
static void mark_unfilled(const struct source *s)
{
	ASAN_POISON_MEMORY_REGION(s->buffer + s->end, current(s)->capacity - s->end);
}

static void unmark(const struct piece *piece)
{
	ASAN_UNPOISON_MEMORY_REGION(piece->bytes, piece->capacity);
}

static void drop_piece(struct piece *piece)
{
	if (piece->capacity)
		unmark(piece);
	if (piece->mapping)
		mapping_destroy(piece->mapping);
	else
		free(piece->bytes);
	*piece = (struct piece){0};
}

static void drop_free_windows(struct source *s)
{
	for (size_t i = 0; i < s->num_pieces; i++)
		if (i != s->current && s->pieces[i].mapping && is_free(s, &s->pieces[i]))
			drop_piece(&s->pieces[i]);
}

/* There is always one: the batches that stay have at most keep - 1 pieces besides the current. */
static size_t find_free(const struct source *s)
{
	size_t i = 0;

	while (i + 1 < s->num_pieces && (i == s->current || !is_free(s, &s->pieces[i])))
		i++;
	return i;
}

static int make_block(struct piece *piece, size_t capacity)
{
	if (piece->mapping)
		drop_piece(piece);
	if (piece->capacity >= capacity) {
		unmark(piece);
		return 0;
	}
	drop_piece(piece);
	piece->bytes = malloc(capacity);
	if (!piece->bytes)
		return -ENOMEM;
	piece->capacity = capacity;
	return 0;
}

static void set_current(struct source *s, size_t index, size_t begin, size_t end)
{
	s->current = index;
	s->buffer = s->pieces[index].bytes;
	s->begin = begin;
	s->end = end;
}

int source_open(struct source *s, int fd, uint64_t offset)
{
	*s = (struct source){
		.fd = fd,
		.offset = offset,
		.patience_ms = -1,
		.keep = 1,
		.num_pieces = 2,
		.batch = 1,
		.window = SOURCE_WINDOW,
		.whole = SOURCE_WHOLE,
		.start = offset,
	};
	s->pieces = calloc(s->num_pieces, sizeof(*s->pieces));
	if (!s->pieces || make_block(&s->pieces[0], SOURCE_HEADROOM + SOURCE_BLOCK))
		return -ENOMEM;
	set_current(s, 0, SOURCE_HEADROOM, SOURCE_HEADROOM);
	mark_unfilled(s);
	return 0;
}

void source_close(struct source *s)
{
	for (size_t i = 0; s->pieces && i < s->num_pieces; i++)
		drop_piece(&s->pieces[i]);
	free(s->pieces);
	s->pieces = NULL;
	mapped_file_free(s->file);
	s->file = NULL;
}

/* A fault for each page costs more than to ask for many pages at once: a fifth of the first pass.
 */
static void populate(struct source *s)
{
	if (!current(s)->mapping || s->begin + SOURCE_STEP / 2 < s->populated ||
	    s->populated >= s->end)
		return;
	mapping_populate(current(s)->mapping, s->populated, SOURCE_STEP);
	s->populated += SOURCE_STEP;
}

void source_hold(struct source *s)
{
	current(s)->used = s->batch;
	s->held = true;
}

void source_end_batch(struct source *s)
{
	if (!s->held)
		current(s)->used = s->batch;
	s->held = false;
	s->batch++;
	populate(s);
}

void source_prolong_batch(struct source *s, uint64_t batches)
{
	for (size_t i = 0; i < s->num_pieces; i++)
		if (s->pieces[i].used && s->pieces[i].used + 1 == s->batch)
			s->pieces[i].used += batches;
	s->batch += batches;
}

int source_keep(struct source *s, size_t batches)
{
	struct piece *grown;

	if (batches < 1)
		batches = 1;
	if (batches + 1 > s->num_pieces) {
		grown = reallocarray(s->pieces, batches + 1, sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		memset(&grown[s->num_pieces], 0, (batches + 1 - s->num_pieces) * sizeof(*grown));
		s->pieces = grown;
		s->num_pieces = batches + 1;
	}
	s->keep = batches;
	return 0;
}

/* Streaming */

/* Room for size bytes in a block that no kept packet is in, with what is left in front. */
static int turn_block(struct source *s, size_t size)
{
	struct piece *from = current(s);
	size_t index = is_free(s, from) ? s->current : find_free(s);
	size_t left = source_available(s);
	size_t capacity = SOURCE_HEADROOM + (size > SOURCE_BLOCK ? size : SOURCE_BLOCK);
	struct piece *to;

	if (index == s->current && from->capacity < capacity)
		index = find_free(s);
	to = &s->pieces[index];
	if (index != s->current && make_block(to, capacity))
		return -ENOMEM;
	memmove(to->bytes + SOURCE_HEADROOM, source_at(s), left);
	set_current(s, index, SOURCE_HEADROOM, SOURCE_HEADROOM + left);
	to->used = 0;
	return 0;
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
	got = read(s->fd, s->buffer + s->end, current(s)->capacity - s->end);
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

static int want_read(struct source *s, size_t size)
{
	struct piece *piece = current(s);
	int ret = 0;

	unmark(piece);
	if (is_free(s, piece) || piece->capacity - s->begin < size ||
	    piece->capacity - s->end < READ_MIN)
		ret = turn_block(s, size);
	while (!ret && source_available(s) < size && !s->at_end)
		ret = read_some(s);
	mark_unfilled(s);
	return ret;
}

int source_stream(struct source *s, uint64_t offset)
{
	size_t index = is_free(s, current(s)) ? s->current : find_free(s);
	int ret = make_block(&s->pieces[index], SOURCE_HEADROOM + SOURCE_BLOCK);

	if (!ret && lseek(s->fd, (off_t)offset, SEEK_SET) < 0)
		ret = -errno;
	if (ret)
		return ret;
	s->mapped = false;
	s->at_end = false;
	s->offset = offset;
	s->pieces[index].used = 0;
	set_current(s, index, SOURCE_HEADROOM, SOURCE_HEADROOM);
	mark_unfilled(s);
	return 0;
}

/* Windows */

int source_map(struct source *s)
{
	if (!s->file)
		s->file = mapped_file_new(s->fd);
	if (!s->file)
		return -ENOMEM;
	if (!s->mapped && !current(s)->mapping) {
		/* What was read ahead is in the window too. */
		s->end = s->begin;
		s->at_end = false;
		mark_unfilled(s);
	}
	s->mapped = true;
	return 0;
}

bool source_intact(const struct source *s, bool all)
{
	struct mapping *mapping = current(s)->mapping;

	return !mapping || mapping_intact(mapping, s->buffer + (all ? s->end : s->begin));
}

/* The window from the page that has the next byte, for want bytes at least; or the only one. */
static int turn_window(struct source *s, size_t want, uint64_t size)
{
	uint64_t first = size <= s->whole ? s->start : s->offset;
	uint64_t offset = first - first % mapping_page_size();
	uint64_t length = size - offset;
	uint64_t least = s->offset - offset + want;
	size_t index = find_free(s);
	struct mapping *mapping;
	int ret;

	if (size > s->whole && length > s->window)
		length = least < s->window ? s->window : least < length ? least : length;
	ret = mapping_create(&mapping, s->file, offset, (size_t)length, size);
	if (ret)
		return ret;
	drop_piece(&s->pieces[index]);
	s->pieces[index] = (struct piece){
		.bytes = (uint8_t *)(uintptr_t)mapping_bytes(mapping),
		.capacity = mapping_capacity(mapping),
		.mapping = mapping,
	};
	set_current(s, index, (size_t)(s->offset - offset), (size_t)length);
	mark_unfilled(s);
	drop_free_windows(s);
	s->populated = s->begin - s->begin % mapping_page_size();
	populate(s);
	return 0;
}

static int stream_on(struct source *s, size_t size)
{
	int ret = source_stream(s, s->offset);

	return ret ? ret : want_read(s, size);
}

static int want_mapped(struct source *s, size_t size)
{
	uint64_t there;
	struct stat status;

	while (source_available(s) < size && !s->at_end) {
		there = s->offset + source_available(s);
		if (fstat(s->fd, &status) < 0)
			return -errno;
		/* What is no longer there, or is a file without a size, is left to read(2). */
		if ((uint64_t)status.st_size < there || !status.st_size)
			return stream_on(s, size);
		s->at_end = (uint64_t)status.st_size == there;
		if (!s->at_end && turn_window(s, size, (uint64_t)status.st_size) < 0)
			return stream_on(s, size);
	}
	return 0;
}

int source_want(struct source *s, size_t size)
{
	if (source_available(s) >= size || s->at_end)
		return 0;
	return s->mapped ? want_mapped(s, size) : want_read(s, size);
}

void source_release(struct source *s)
{
	if (!current(s)->mapping) {
		s->buffer = NULL;
		s->begin = s->end = 0;
	}
	for (size_t i = 0; i < s->num_pieces; i++)
		if (!s->pieces[i].mapping)
			drop_piece(&s->pieces[i]);
}

int source_restart(struct source *s, uint64_t offset)
{
	const struct mapping *mapping = current(s)->mapping;

	s->mapped = s->file != NULL;
	if (!s->mapped)
		return source_stream(s, offset);
	s->at_end = false;
	s->offset = offset;
	if (mapping && offset >= mapping_offset(mapping) &&
	    offset - mapping_offset(mapping) < s->end && source_intact(s, true))
		s->begin = (size_t)(offset - mapping_offset(mapping));
	else
		s->end = s->begin;
	return 0;
}
