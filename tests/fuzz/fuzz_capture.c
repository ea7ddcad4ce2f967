/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The capture reader over any bytes.
 *
 * Beyond memory errors it looks for contradictions: reading in batches of one, reading the same
 * bytes from a pipe and reading after a rewind must give the same packets and the same fault.
 */
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

	while ((s.end = capture_read(capture, packets, batch, &error)) > 0)
		for (int i = 0; i < s.end; i++)
			add_packet(&s, &packets[i]);
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
	if (size <= PIPE_SIZE_MAX)
		compare_pipe(data, size, fake, &many);
	return 0;
}
