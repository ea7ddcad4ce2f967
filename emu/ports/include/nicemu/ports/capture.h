/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Captures: classic pcap (microseconds, nanoseconds, both byte orders) and pcapng (several sections
 * and interfaces, enhanced, simple and obsolete packet blocks), from files, pipes and stdin; and
 * writers for both.
 *
 * Why our own reader: it must be several times faster than libpcap's, and an error must name the
 * byte where the file went wrong. libpcap serves as its oracle in the tests.
 *
 * Errors: a capture that ends inside a record, a length that lies, a block that contradicts itself
 * end the reading with a capture_error that holds the file's name, the offset of the record and
 * what was wrong; the packets before it are good and have been delivered.
 *
 * Threading: one owner per reader and writer.
 */
#ifndef NICEMU_PORTS_CAPTURE_H
#define NICEMU_PORTS_CAPTURE_H

#include <nicemu/packet/packet.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { CAPTURE_BATCH = 256, CAPTURE_SNAPLEN_MAX = 262144 };

struct capture_error {
	int error;       /* negative errno */
	uint64_t offset; /* in the file, bytes */
	char text[256];  /* "file: offset N: what is wrong" */
};

struct capture;

/*
 * Read from descriptor fd (taken over: closed by capture_close, also when opening fails). name is
 * for messages and is copied. fake_ethernet: take raw IP and Linux cooked captures too, with an
 * Ethernet header made up (zero addresses, length + 14); otherwise they are refused.
 * 0 or a negative errno with error filled. A directory, an empty file and an unknown format are
 * -EINVAL or the system's errno; the text says which.
 */
int capture_open(struct capture **capture, int fd, const char *name, bool fake_ethernet,
		 struct capture_error *error);
void capture_close(struct capture *capture);

/*
 * The next packets, at most count: how many, 0 at the end, or a negative errno with error filled
 * (after all packets before the fault have been delivered). port is left 0. Bytes stay valid until
 * the next call.
 */
int capture_read(struct capture *capture, struct packet *packets, size_t count,
		 struct capture_error *error);

/* Bytes read so far and, for a regular file, its size (else 0): for progress. */
uint64_t capture_position(const struct capture *capture);
uint64_t capture_size(const struct capture *capture);

/* Back to the first packet. 0, or -ESPIPE for a pipe. */
int capture_rewind(struct capture *capture, struct capture_error *error);

enum capture_format { CAPTURE_PCAP, CAPTURE_PCAPNG };

struct capture_writer;

/*
 * Write to descriptor fd (taken over). interfaces: names for pcapng's interface blocks (copied);
 * classic pcap takes packets of any interface and keeps no names. Nanosecond time stamps.
 * Nothing is written before the first block fills or capture_writer_close.
 */
int capture_writer_open(struct capture_writer **writer, int fd, enum capture_format format,
			const char *const *interfaces, size_t num_interfaces);

/*
 * One packet. comment (pcapng only) may be NULL. outgoing: the packet's direction flag in pcapng.
 * 0 or the negative errno of the write.
 */
int capture_write(struct capture_writer *writer, const struct packet *packet, size_t interface,
		  bool outgoing, const char *comment);

/* Flush and close: 0 or the negative errno of what could not be written. NULL is fine. */
int capture_writer_close(struct capture_writer *writer);

#endif
