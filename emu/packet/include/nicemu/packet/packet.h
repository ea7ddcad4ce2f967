/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One packet on its way through the NIC.
 *
 * Why no copy: the packet path touches only the headers; the bytes are read again only where an
 * output wants them.
 *
 * Invariants: the bytes are read-only and borrowed from the port that received them; they stay
 * valid until the pump asks that port for its next batch, or as long as it agreed with the port
 * (capture_keep, and capture_settle where they may go). length is what was on the wire (it feeds
 * every byte counter), captured is what is really there (captured <= length for a sound record; a
 * capture may claim otherwise, and then the reader says so with PACKET_BAD_LENGTH).
 *
 * Threading: a packet belongs to the worker that processes its batch.
 */
#ifndef NICEMU_PACKET_PACKET_H
#define NICEMU_PACKET_PACKET_H

#include <stdint.h>

enum packet_flags {
	PACKET_BAD_LENGTH = 1u << 0, /* the record's captured length exceeds its original length */
	PACKET_NO_TIME = 1u << 1,    /* the record has no time stamp: the packet's before it */
};

struct packet {
	const uint8_t *data; /* first byte of the Ethernet header */
	uint32_t captured;   /* bytes at data */
	uint32_t length;     /* bytes on the wire, without FCS */
	uint64_t time_ns;    /* since the epoch; also with PACKET_NO_TIME, then 0 for the first */
	uint16_t port;       /* number of the port it arrived on (config/nic.h) */
	uint16_t flags;      /* enum packet_flags */
};

#endif
