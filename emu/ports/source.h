/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Bytes from a descriptor, as a stretch of memory that moves on: the lowest layer of the capture
 * reader.
 *
 * Two ways. Streaming: read(2) fills blocks; for pipes, for who does not ask for more, and wherever
 * mapping is not possible. Mapped: windows of a regular file (mapping.h); one window of the whole
 * file where it is small, so that further passes have it mapped already.
 *
 * Invariants: begin <= end <= the piece's capacity. Bytes move only in source_want(), and never
 * those of a piece that belongs to one of the last `keep` batches. In front of the first byte of a
 * block there are always SOURCE_HEADROOM bytes that the owner may overwrite. A window's bytes are
 * worth something only once source_intact() has said so after they were read.
 *
 * Threading: one owner; the bytes of kept batches may be read by others meanwhile.
 */
#ifndef NICEMU_PORTS_SOURCE_H
#define NICEMU_PORTS_SOURCE_H

#include "mapping.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	SOURCE_BLOCK = 1024 * 1024,
	SOURCE_HEADROOM = 16,
	SOURCE_WINDOW = 64 * 1024 * 1024,
	SOURCE_WHOLE = 1024 * 1024 * 1024, /* a file up to this size is one window */
	SOURCE_STEP = 4 * 1024 * 1024,     /* of a window, so much gets its pages at once */
};

/* A block or a window. */
struct piece {
	uint8_t *bytes;
	size_t capacity;         /* 0: there is none yet */
	struct mapping *mapping; /* NULL: a block */
	uint64_t used;           /* number of the last batch that has packets in it, 0: none */
};

struct source {
	int fd;
	struct piece *pieces; /* keep + 1 of them */
	size_t num_pieces, current;
	size_t keep;
	uint64_t batch; /* number of the batch that is being made, from 1 */
	bool held;      /* its packets are in a piece that is no longer the current one */

	uint8_t *buffer; /* of the current piece */
	size_t begin;    /* first byte that was not consumed */
	size_t end;      /* behind the last byte that is there */
	uint64_t offset; /* of begin, in the file */
	uint64_t start;  /* of the first byte that there ever was */
	bool at_end;     /* nothing follows end */
	int patience_ms; /* how long to wait for a silent pipe, -1: without limit */

	bool mapped;              /* windows from now on */
	size_t window, whole;     /* SOURCE_WINDOW, SOURCE_WHOLE; smaller in tests */
	size_t populated;         /* up to here the window's pages have been asked for */
	struct mapped_file *file; /* NULL until source_map() */
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

/* The batch that is being made has packets in the current piece, and goes on in another. */
void source_hold(struct source *s);

/* A batch has been handed out, with packets in the current piece, or in the one that is held. */
void source_end_batch(struct source *s);

/* The last batch that was handed out counts as so many batches more. */
void source_prolong_batch(struct source *s, uint64_t batches);

/* From now on the last batches' bytes (at least 1) stay where they are. 0 or -ENOMEM. */
int source_keep(struct source *s, size_t batches);

/* Windows from now on, of a regular file; what is consumed stays so. 0 or -ENOMEM. */
int source_map(struct source *s);

/* Whether all that has been consumed and (all: or looked at) since the piece began was the file. */
bool source_intact(const struct source *s, bool all);

/* No windows any more: read(2) from this offset. 0 or a negative errno. */
int source_stream(struct source *s, uint64_t offset);

/*
 * Give back the blocks; windows stay for source_restart(). All has been read, and no batch is kept
 * any more; only source_restart() and source_close() make sense then.
 */
void source_release(struct source *s);

/* Start again at this offset, mapped if source_map() has been called. 0 or a negative errno. */
int source_restart(struct source *s, uint64_t offset);

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
