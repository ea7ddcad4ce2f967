/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Captures: classic pcap (microseconds, nanoseconds, both byte orders) and pcapng (several sections
 * and interfaces, enhanced, simple and obsolete packet blocks), from files, pipes and stdin; and
 * writers for both.
 *
 * Why our own reader: it must be several times faster than libpcap's, and an error must name the
 * byte where the file went wrong. libpcap serves as its oracle in the tests.
 *
 * Invariants: packets come in the order of the file, each once; what was handed out stays valid
 * until the next call, or longer (capture_keep); after a fault nothing more comes.
 *
 * How: packets are handed out where they lie, in a block that read(2) has filled, or, for a regular
 * file and a caller that asks for it (capture_map), in a mapped window. Memory is bounded whatever
 * the file claims: one block of 1 MiB, or the largest block of a pcapng file that must be seen as a
 * whole (16 MiB at most); windows of 64 MiB, of which only those stay that kept packets are in (a
 * file of up to 1 GiB is one window, which stays for the next pass). capture_keep multiplies
 * that.
 *
 * A file that is truncated while it is read is an error that names the file and the offset, never
 * a signal and never packets of zeros: in a window, bytes that are gone read as zeros, so what was
 * learnt from them is worth something only after the file was asked whether they were all there
 * when they were read. The reader does so for what it reads itself, record headers and blocks, and
 * goes on with read(2) where they were not. A caller that maps does so for the packets' bytes, with
 * capture_settle. That cannot be told from a file that is written over while it is read; and there
 * are file systems (XFS) that clear the bytes behind the new end a moment before the file is
 * shorter.
 *
 * What a packet's fields are: captured and length as the record has them, also where captured is
 * more than length (PACKET_BAD_LENGTH) or than the file's snap length; without the frame check
 * sequence where the file says that there is one. pcapng's simple packets have no time stamp: they
 * take the time of the packet before them, 0 where there is none, and say so (PACKET_NO_TIME).
 *
 * Errors: a capture that ends inside a record, a length that lies, a block that contradicts itself
 * end the reading with a capture_error that holds the file's name, the offset of the record (or
 * block) and what was wrong; the packets before it are good and have been delivered. A link type
 * that is not taken is an error at once in a classic file; in pcapng, when a packet of such an
 * interface comes up.
 *
 * Threading: one owner per reader and writer. The bytes of packets that are kept may be read, and
 * capture_settle be called for them, by other threads while the owner reads on. No thread that
 * touches packets of a mapped capture may block SIGBUS; the process's handler of it is replaced by
 * one that passes on what is not about captures.
 */
#ifndef NICEMU_PORTS_CAPTURE_H
#define NICEMU_PORTS_CAPTURE_H

#include <nicemu/packet/packet.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { CAPTURE_BATCH = 128, CAPTURE_SNAPLEN_MAX = 262144 };

struct capture_error {
	int error;       /* negative errno */
	uint64_t offset; /* of the record or block in the file, bytes; 0 where none is to blame */
	char text[256];  /* "file: offset N: what is wrong"; of a long name, the end */
};

struct capture;

/*
 * Read from descriptor fd, from where it stands (taken over: closed by capture_close, also when
 * opening fails). name is for messages and is copied. Waits until the file header has come.
 * fake_ethernet: take raw IP and Linux cooked captures too. Their packets get an Ethernet header
 * with zero addresses and the type that the packet says it has, in place of the cooked header if
 * there is one; both lengths count it. Otherwise such captures are refused.
 * 0 or a negative errno with error filled: -EISDIR for a directory, -EINVAL for an empty file, an
 * unknown format (the text says what it looks like) and a bad file header, -ENOMEM, or what
 * read(2) said.
 */
int capture_open(struct capture **capture, int fd, const char *name, bool fake_ethernet,
		 struct capture_error *error);

/*
 * The same without reading anything, for a pipe that must not be waited for: the first calls of
 * capture_read read the file header, and have its faults.
 */
int capture_attach(struct capture **capture, int fd, const char *name, bool fake_ethernet,
		   struct capture_error *error);

/* NULL is fine. */
void capture_close(struct capture *capture);

/*
 * The next packets, at most count: how many, 0 at the end, or a negative errno with error filled
 * (after all packets before the fault have been delivered; every later call returns it again).
 * -EINVAL: the file is wrong. Fewer than count are normal: what has arrived is not held back. port
 * is left 0. Bytes stay valid until the next call; see capture_keep.
 */
int capture_read(struct capture *capture, struct packet *packets, size_t count,
		 struct capture_error *error);

/*
 * After this call the bytes of the last `batches` calls of capture_read that delivered packets stay
 * valid, over passes too (capture_rewind is the beginning of the next call: the oldest batch goes);
 * 1 (from the start; 0 is the same): those of the last call until the next one. Each
 * may hold a block of its own (1 MiB, 16 MiB at most) where the capture is not mapped; nothing is
 * copied. 0 or -ENOMEM (nothing has changed then).
 */
int capture_keep(struct capture *capture, size_t batches);

/*
 * For who keeps batches, and makes others of them: the packets of the last call of capture_read
 * were dealt out over so many batches more than one. It counts as that many calls more, so of the
 * calls before it fewer stay; call this before the next capture_read.
 */
void capture_prolong(struct capture *capture, uint64_t batches);

/*
 * Of a capture that is at its end, or has failed, and of which no packet is looked at any more:
 * give the memory of its blocks back. It can be asked about, rewound and closed, not read.
 */
void capture_release(struct capture *capture);

/*
 * From now on map the file: the caller promises to settle each batch before it counts it, and not
 * to look at bytes afterwards (one that writes packets to outputs had better not map). Where that
 * is not possible (a pipe, a file system without, fake_ethernet) reading goes on as before. 0 or
 * -ENOMEM.
 */
int capture_map(struct capture *capture);

/*
 * Whether what was seen in these packets (of one capture_read, all or some, in order, of any
 * capture, still kept) was there: true, at the price of a few nanoseconds a batch and hardly ever a
 * system call. Else false: what was learnt from the bytes is void and they must be looked at
 * again, and this be called again. *count is then less where packets are gone for good, and
 * capture_read will return the fault; the other packets' data point to copies, which live as long
 * as the capture.
 *
 *	do
 *		dissect(packets, count);
 *	while (!capture_settle(packets, &count));
 *	count_them(packets, count);
 */
bool capture_settle(struct packet *packets, size_t *count);

/*
 * To be asked once all is settled, by who settles behind capture_read: the fault, if packets were
 * gone that it had handed out, which it may not have noticed if it was at the end by then; else 0.
 */
int capture_check(struct capture *capture, struct capture_error *error);

/*
 * How long capture_read may wait for a pipe that is silent: it then returns -EAGAIN without a fault
 * and can be called again. -1 (from the start): without limit.
 */
void capture_set_patience(struct capture *capture, int timeout_ms);

/* Bytes delivered or passed so far and, for a regular file, its size (else 0): for progress. */
uint64_t capture_position(const struct capture *capture);
uint64_t capture_size(const struct capture *capture);

/*
 * Back to the first packet, also after the end or a fault. 0; -ESPIPE for what is no regular file
 * (nothing has changed then); or an error as from capture_open (then only capture_close and
 * another rewind make sense).
 */
int capture_rewind(struct capture *capture, struct capture_error *error);

enum capture_format { CAPTURE_PCAP, CAPTURE_PCAPNG };

struct capture_writer;

/*
 * Write to descriptor fd (taken over: closed by capture_writer_close, also when opening fails).
 * interfaces: names for pcapng's interface blocks; classic pcap takes packets of any interface and
 * keeps no names. Ethernet, nanosecond time stamps, little endian. Nothing is written before the
 * first block fills or capture_writer_close. 0 or -ENOMEM.
 *
 * A reader that goes away is -EPIPE, never SIGPIPE.
 */
int capture_writer_open(struct capture_writer **writer, int fd, enum capture_format format,
			const char *const *interfaces, size_t num_interfaces);

/*
 * One packet. comment (pcapng only, UTF-8, its first 65535 bytes are kept) may be NULL. outgoing:
 * the packet's direction flag in pcapng. The original length is kept; of the captured bytes, at
 * most CAPTURE_SNAPLEN_MAX.
 * 0; the negative errno of the write, which every later call returns again; -EINVAL for an
 * interface that was not named at the opening; -EOVERFLOW for a time (2106) that classic pcap can't
 * hold. After the last two the file is as before the call and writing can go on.
 */
int capture_write(struct capture_writer *writer, const struct packet *packet, size_t interface,
		  bool outgoing, const char *comment);

/* One more interface (pcapng), whose number is the next one. 0 or a negative errno. */
int capture_writer_add_interface(struct capture_writer *writer, const char *name);

/*
 * For a reader that waits for each packet: write what is in the buffer. 0 or a negative errno, also
 * of calls before.
 */
int capture_writer_flush(struct capture_writer *writer);

/*
 * How long a write may wait for a reader that takes nothing: then it fails with -ETIMEDOUT, where
 * the descriptor does not block. -1 (from the start): without limit.
 */
void capture_writer_set_patience(struct capture_writer *writer, int timeout_ms);

/* Flush and close: 0 or the negative errno of what could not be written. NULL is fine. */
int capture_writer_close(struct capture_writer *writer);

#endif
