/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The capture reader over any bytes.
 *
 * Beyond memory errors it looks for contradictions: reading in batches of one, reading the same
 * bytes from a pipe, mapped (as a whole and in windows of a page) and after a rewind must give the
 * same packets and the same fault. A mapped file that is cut on the way must give packets of the
 * whole file, and no others.
 */
#include "capture_internal.h"

#include <nicemu/ports/capture.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { PIPE_SIZE_MAX = 65536 };

/* What was read, in one number each. */
struct summary {
	uint64_t packets;
	uint64_t hash;
	int end;
	uint64_t offset;
};

static uint64_t mix(uint64_t hash, uint64_t value)
{
	return (hash ^ value) * UINT64_C(0x100000001b3);
}

static void add_packet(struct summary *s, const struct packet *p)
{
	s->packets++;
	s->hash = mix(s->hash, p->captured);
	s->hash = mix(s->hash, p->length);
	s->hash = mix(s->hash, p->time_ns);
	for (uint32_t i = 0; i < p->captured; i++)
		s->hash = mix(s->hash, p->data[i]);
}

static struct summary read_all(struct capture *capture, size_t batch)
{
	struct packet packets[CAPTURE_BATCH];
	struct capture_error error = {0};
	struct summary s = {0};

	while ((s.end = capture_read(capture, packets, batch, &error)) > 0) {
		size_t count = (size_t)s.end;

		if (!capture_settle(packets, &count))
			abort();
		for (size_t i = 0; i < count; i++)
			add_packet(&s, &packets[i]);
	}
	s.offset = error.offset;
	return s;
}

static void expect_same(const struct summary *a, const struct summary *b)
{
	if (a->packets != b->packets || a->hash != b->hash || a->end != b->end ||
	    a->offset != b->offset)
		abort();
}

static int file_of(const uint8_t *data, size_t size)
{
	int fd = memfd_create("fuzz", MFD_CLOEXEC);

	if (fd < 0 || write(fd, data, size) != (ssize_t)size || lseek(fd, 0, SEEK_SET) != 0)
		abort();
	return fd;
}

static int pipe_of(const uint8_t *data, size_t size)
{
	int ends[2];

	if (pipe(ends) || write(ends[1], data, size) != (ssize_t)size)
		abort();
	close(ends[1]);
	return ends[0];
}

static void compare_pipe(const uint8_t *data, size_t size, bool fake, const struct summary *file)
{
	struct capture_error error;
	struct capture *capture;
	struct summary s;

	if (capture_open(&capture, pipe_of(data, size), "pipe", fake, &error))
		abort();
	s = read_all(capture, 7);
	expect_same(&s, file);
	capture_close(capture);
}

static struct capture *open_mapped(int fd, size_t window)
{
	struct capture_error error;
	struct capture *capture;

	if (capture_open(&capture, fd, "mapped", false, &error) || capture_map(capture))
		abort();
	if (window) {
		capture->source.window = window;
		capture->source.whole = 0;
	}
	return capture;
}

static void compare_mapped(const uint8_t *data, size_t size, size_t window,
			   const struct summary *file)
{
	struct capture *capture = open_mapped(file_of(data, size), window);
	struct capture_error error;
	struct summary s = read_all(capture, window ? 5 : CAPTURE_BATCH);

	expect_same(&s, file);
	if (capture_rewind(capture, &error))
		abort();
	s = read_all(capture, 3);
	expect_same(&s, file);
	capture_close(capture);
}

/* The packet that a mapped reader settled is the one that a streaming reader of the whole has. */
static void expect_next(struct capture *whole, const struct packet *packet)
{
	struct capture_error error;
	struct packet expected;

	if (capture_read(whole, &expected, 1, &error) != 1 ||
	    expected.captured != packet->captured || expected.length != packet->length ||
	    expected.time_ns != packet->time_ns ||
	    memcmp(expected.data, packet->data, packet->captured) != 0)
		abort();
}

/*
 * Cut behind the first batch to what the last byte says. That is an error, unless the batch was all
 * that the file had and none of its packets is gone (a packet of no bytes can't be).
 */
static void cut_mapped(const uint8_t *data, size_t size)
{
	int fd = file_of(data, size);
	struct capture *capture = open_mapped(dup(fd), 4096);
	struct packet packets[CAPTURE_BATCH];
	struct capture_error error;
	struct capture *whole;
	bool cut = false, had_all = false;
	int got;

	if (capture_open(&whole, file_of(data, size), "whole", false, &error))
		abort();
	while ((got = capture_read(capture, packets, 4, &error)) > 0) {
		size_t count = (size_t)got;

		if (!cut) {
			if (ftruncate(fd, (off_t)(size * data[size - 1] / 256)))
				abort();
			capture_settle(packets, &count);
			had_all = capture->source.offset == size && count == (size_t)got;
			cut = true;
		} else {
			capture_settle(packets, &count);
		}
		for (size_t i = 0; i < count; i++)
			expect_next(whole, &packets[i]);
	}
	if (cut && !got && !had_all)
		abort();
	capture_close(capture);
	capture_close(whole);
	close(fd);
}

/* The first byte chooses fake_ethernet, the rest is the capture. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct capture_error error = {0};
	struct summary many, one;
	struct capture *capture;
	bool fake;

	if (!size)
		return 0;
	fake = data[0] & 1;
	data++;
	size--;
	if (capture_open(&capture, file_of(data, size), "fuzz", fake, &error)) {
		if (!error.error || !memchr(error.text, '\0', sizeof(error.text)))
			abort();
		return 0;
	}
	many = read_all(capture, CAPTURE_BATCH);
	if (capture_rewind(capture, &error))
		abort();
	one = read_all(capture, 1);
	expect_same(&many, &one);
	capture_close(capture);
	if (!fake) {
		compare_mapped(data, size, 0, &many);
		compare_mapped(data, size, 4096, &many);
		cut_mapped(data, size);
	}
	if (size <= PIPE_SIZE_MAX)
		compare_pipe(data, size, fake, &many);
	return 0;
}
