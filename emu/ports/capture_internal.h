/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the capture reader's files share: capture.c (opening, batches, errors), pcap.c and pcapng.c
 * (one format each).
 *
 * A format is a function that makes one step from where the source stands. It consumes only what
 * it has understood, and moves no bytes, so that a batch can be handed out before the next read(2).
 */
#ifndef NICEMU_PORTS_CAPTURE_INTERNAL_H
#define NICEMU_PORTS_CAPTURE_INTERNAL_H

#include "source.h"

#include <nicemu/base/cursor.h>
#include <nicemu/ports/capture.h>

#include <endian.h>
#include <string.h>

/* For faults that no byte of the file is to blame for. */
#define NO_OFFSET UINT64_MAX

enum step {
	STEP_END = 0,    /* the file ends here, as it may */
	STEP_PACKET = 1, /* *packet is filled */
	STEP_BLOCK = 2,  /* something without a packet was passed */
	STEP_MORE = 3,   /* needs capture.want bytes, and fewer have been read */
	STEP_LOST = 4,   /* of capture.c alone: the window was lost, the step is to be made again */
};

/* One interface of a pcapng section; a classic file is one interface. */
struct interface {
	uint32_t link;       /* link type as files number it */
	uint32_t snaplen;    /* 0: none */
	uint8_t resolution;  /* if_tsresol: 10^-n, or 2^-n with the high bit set */
	uint8_t fcs_size;    /* bytes of frame check sequence at the end of each packet */
	int64_t time_offset; /* seconds */
};

/* A block that is passed without being looked at. */
struct passing {
	uint64_t offset; /* of the block */
	uint64_t left;   /* bytes up to its closing length */
	uint32_t size;   /* what the closing length must say */
	bool active;
};

struct capture;

/* One step: enum step, or a negative errno with the fault noted. */
typedef int step_function(struct capture *c, struct packet *packet);

/*
 * The packets that come next as long as they are whole and of the plainest kind, at most count: how
 * many. Fails never: what it does not take is a step. It is there for speed, and gives exactly what
 * steps would.
 */
typedef size_t run_function(struct capture *c, struct packet *packets, size_t count);

struct capture {
	struct source source;
	char *name;
	int fd;
	bool seekable;
	bool fake_ethernet;
	bool torn_before; /* packets that had been handed out in an earlier pass were gone */
	uint64_t start;   /* offset of the first byte */
	uint64_t size;    /* of a regular file, when it was opened */

	step_function *step;
	run_function *run;          /* optional */
	size_t want;                /* with STEP_MORE */
	struct capture_error fault; /* once error is not 0, nothing more is delivered */

	uint64_t last_time_ns; /* of the packet before, for one without a time stamp */

	bool big_endian;   /* the file's (or the section's) byte order */
	int lengths_order; /* of a classic file's records: pcap.c */
	struct interface *interfaces;
	size_t num_interfaces;
	size_t max_interfaces;
	struct passing passing;
};

/*
 * The first step of a format, which capture.c has recognised by the first bytes:
 * consumes the file header, and makes the format's own step the next one.
 */
int pcap_start(struct capture *c, uint32_t magic);
int pcapng_start(struct capture *c, struct packet *packet);
/* magic: the first four bytes, as they lie there; loaded once, since a window may change. */
bool pcap_recognise(uint32_t magic);
bool pcapng_recognise(uint32_t magic);

/* What a file that is no capture looks like, as half a sentence ("a gzip-compressed file ..."). */
const char *magic_describe(const uint8_t *bytes, size_t size);

/* Note the fault with the offset it belongs to. Returns -error. */
int capture_fail(struct capture *c, int error, uint64_t offset, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* STEP_MORE for size bytes, or the fault that the file ends inside this thing of that size. */
int capture_more(struct capture *c, size_t size, const char *thing);

/* A new interface with default values, the next in number; NULL (with the fault) if impossible. */
struct interface *capture_add_interface(struct capture *c, uint64_t offset);

/* 0, or the fault that packets of this link type are not taken. */
int capture_check_link(struct capture *c, const struct interface *interface, uint64_t offset);

/* Frame check sequence off, Ethernet header on: the last thing done to a packet. */
void capture_finish_packet(const struct interface *interface, uint8_t fcs_size, uint8_t *data,
			   struct packet *packet);

/*
 * A number out of a mapped window may change between two looks at it. So it is loaded once: the
 * compiler must not load it again where it was checked before.
 */
#define LOADED_ONCE(value) __asm__("" : "+r"(value))

/* Numbers in the file's byte order. 0 after the cursor has failed. */
static inline uint16_t file_u16(struct cursor *c, bool big_endian)
{
	const uint8_t *at = cursor_bytes(c, sizeof(uint16_t));
	uint16_t value = 0;

	if (at)
		memcpy(&value, at, sizeof(value));
	LOADED_ONCE(value);
	return big_endian ? be16toh(value) : le16toh(value);
}

/* Four bytes that a cursor has handed out. */
static inline uint32_t load_u32(const uint8_t *at, bool big_endian)
{
	uint32_t value;

	memcpy(&value, at, sizeof(value));
	LOADED_ONCE(value);
	return big_endian ? be32toh(value) : le32toh(value);
}

static inline uint32_t file_u32(struct cursor *c, bool big_endian)
{
	const uint8_t *at = cursor_bytes(c, sizeof(uint32_t));

	return at ? load_u32(at, big_endian) : 0;
}

static inline uint64_t file_u64(struct cursor *c, bool big_endian)
{
	const uint8_t *at = cursor_bytes(c, sizeof(uint64_t));
	uint64_t value = 0;

	if (at)
		memcpy(&value, at, sizeof(value));
	LOADED_ONCE(value);
	return big_endian ? be64toh(value) : le64toh(value);
}

#endif
