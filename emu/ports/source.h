/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Bytes from a descriptor through one block buffer: the lowest layer of the capture reader.
 *
 * Why read(2) in large blocks and no mapping: a file that somebody truncates under a mapping kills
 * the process with SIGBUS, a file larger than memory fills it, and pipes need blocks anyway. The
 * system call costs about a nanosecond a packet.
 *
 * Invariants: begin <= end <= capacity. Bytes move only in source_want(), so what was pointed to
 * stays valid until the next call of it, also when consumed. In front of the first byte there are
 * always SOURCE_HEADROOM bytes that the owner may overwrite.
 *
 * Threading: one owner.
 */
#ifndef NICEMU_PORTS_SOURCE_H
#define NICEMU_PORTS_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SOURCE_BLOCK = 1024 * 1024, SOURCE_HEADROOM = 16 };

struct source {
	int fd;
	uint8_t *buffer;
	size_t capacity;
	size_t begin;    /* first byte that was not consumed */
	size_t end;      /* behind the last byte that was read */
	uint64_t offset; /* of begin, in the file */
	bool at_end;     /* read(2) said that nothing follows end */
	int patience_ms; /* how long to wait for a silent pipe, -1: without limit */
};

/* Over a descriptor (borrowed), whose next byte has this offset. 0 or -ENOMEM. */
int source_open(struct source *s, int fd, uint64_t offset);
void source_close(struct source *s);

/*
 * Make size bytes available, or all that is left where the file ends before. 0, -ENOMEM or the
 * negative errno of read(2). Waits on a descriptor that does not block by itself; -EAGAIN when that
 * takes longer than patience_ms: what has come is kept, and the call can be made again.
 */
int source_want(struct source *s, size_t size);

/* Forget what was read; the descriptor has been moved to this offset. */
void source_restart(struct source *s, uint64_t offset);

static inline size_t source_available(const struct source *s)
{
	return s->end - s->begin;
}

/* The first byte that was not consumed. */
static inline uint8_t *source_at(const struct source *s)
{
	return s->buffer + s->begin;
}

/* size <= source_available(). */
static inline void source_consume(struct source *s, size_t size)
{
	s->begin += size;
	s->offset += size;
}

#endif
