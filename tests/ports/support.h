/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Captures made by hand, byte for byte, and captures read as a whole.
 * Everything asserts: a test goes on only with what worked.
 */
#ifndef TESTS_PORTS_SUPPORT_H
#define TESTS_PORTS_SUPPORT_H

#include <nicemu/base/buffer.h>
#include <nicemu/ports/capture.h>

/* A capture under construction, in one byte order. */
struct made {
	struct buffer bytes;
	bool big;
	/* Where records and blocks (the file header too) begin, and whether they hold a packet. */
	size_t starts[32];
	bool has_packet[32];
	size_t num_starts;
};

void put_u16(struct made *m, uint16_t value);
void put_u32(struct made *m, uint32_t value);
void put_u64(struct made *m, uint64_t value);
void put_bytes(struct made *m, const void *data, size_t size);

/* size bytes that differ from packet to packet (seed) and byte to byte. */
void put_pattern(struct made *m, uint32_t seed, size_t size);

/* Classic pcap. */
void put_file_header(struct made *m, bool nanoseconds, uint32_t link);
void put_record(struct made *m, uint32_t seconds, uint32_t fraction, uint32_t captured,
		uint32_t length, uint32_t seed);

/* pcapng: blocks are begun (returns their start) and ended (length, padding). */
size_t begin_block(struct made *m, uint32_t type);
void end_block(struct made *m, size_t start);
void put_option(struct made *m, uint16_t code, const void *value, uint16_t size);
void put_section(struct made *m);
void put_interface(struct made *m, uint16_t link, uint32_t snaplen);
void put_interface_option(struct made *m, uint16_t code, const void *value, uint16_t size);
void put_enhanced(struct made *m, uint32_t interface, uint64_t stamp, uint32_t captured,
		  uint32_t length, uint32_t seed);
void put_simple(struct made *m, uint32_t captured, uint32_t length, uint32_t seed);
void put_obsolete(struct made *m, uint16_t interface, uint64_t stamp, uint32_t captured,
		  uint32_t length, uint32_t seed);

/* One of every kind of file that the reader takes; how many packets each has. */
enum { NUM_KINDS = 8 };
struct made make_kind(size_t kind, size_t *packets);

/* What a reader delivered; packets hold copies of the bytes. */
struct result {
	struct packet *packets;
	size_t count;
	int error;
	struct capture_error fault;
};

struct result read_descriptor(int fd, const char *name, bool fake_ethernet, size_t batch);
struct result read_made(const struct made *m, bool fake_ethernet);
struct result read_bytes(const void *data, size_t size, bool fake_ethernet, size_t batch);
struct result read_path(const char *path, size_t batch);
/* The same mapped, each batch settled; in windows of so many bytes, 0: as the reader chooses. */
struct result read_mapped(int fd, const char *name, size_t batch, size_t window);
void map_in_windows(struct capture *capture, size_t window);
void free_result(struct result *result);

/* context names the input in the failure's text. */
void assert_same_packets(const struct result *got, const struct result *expected,
			 const char *context);

/* And the same end or fault, word for word. */
void assert_same_result(const struct result *got, const struct result *expected,
			const char *context);

/* An anonymous file with these bytes, at its start. */
int memory_file(const void *data, size_t size);

/* The reading end of a pipe that a child fills with writes of so many bytes. */
int slow_pipe(const void *data, size_t size, size_t step);

/* A third-party or own capture: calls visit for each file, false if there is none. */
bool for_each_capture(void (*visit)(const char *path, const char *name));

#endif
