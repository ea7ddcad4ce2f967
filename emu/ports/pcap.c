/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Classic pcap: a file header of 24 bytes, then records of a 16-byte header and the packet. */
#include "capture_internal.h"
#include "link.h"

#include <errno.h>

enum {
	FILE_HEADER_SIZE = 24,
	RECORD_HEADER_SIZE = 16,
	NETWORK_OFFSET = 20, /* of the link type in the file header */
	VERSION_OFFSET = 4,
	/* Bytes. Records are a chain: without the next line at hand each waits for memory. */
	RUN_AHEAD = 512,
	/* The upper bits of the link type tell the size of a frame check sequence. */
	LINK_MASK = 0x03ffffff,
	LINK_FCS_PRESENT = 0x04000000,
	LINK_FCS_SHIFT = 28, /* in units of 2 bytes */
};

static const struct variant {
	uint8_t magic[4];
	bool big_endian;
	bool nanoseconds;
} variants[] = {
	{{0xa1, 0xb2, 0xc3, 0xd4}, true, false},
	{{0xd4, 0xc3, 0xb2, 0xa1}, false, false},
	{{0xa1, 0xb2, 0x3c, 0x4d}, true, true},
	{{0x4d, 0x3c, 0xb2, 0xa1}, false, true},
};

static const struct variant *find_variant(uint32_t magic)
{
	for (size_t i = 0; i < sizeof(variants) / sizeof(variants[0]); i++)
		if (!memcmp(&magic, variants[i].magic, sizeof(variants[i].magic)))
			return &variants[i];
	return NULL;
}

bool pcap_recognise(uint32_t magic)
{
	return find_variant(magic) != NULL;
}

/* In files of very old programs the original length comes before the captured one. */
enum lengths_order { CAPTURED_FIRST, ORIGINAL_FIRST, SMALLER_IS_CAPTURED, NO_SUCH_VERSION };

static enum lengths_order order_of_version(uint16_t major, uint16_t minor)
{
	if (major == 543 && minor == 0) /* one release of DG/UX */
		return ORIGINAL_FIRST;
	if (major != 2 || minor > 4)
		return NO_SUCH_VERSION;
	if (minor == 4)
		return CAPTURED_FIRST;
	return minor == 3 ? SMALLER_IS_CAPTURED : ORIGINAL_FIRST;
}

struct record {
	uint32_t seconds;
	uint32_t fraction;
	uint32_t captured;
	uint32_t length;
};

static inline struct record read_record(struct cursor *cursor, bool big_endian)
{
	struct record r;

	r.seconds = file_u32(cursor, big_endian);
	r.fraction = file_u32(cursor, big_endian);
	r.captured = file_u32(cursor, big_endian);
	r.length = file_u32(cursor, big_endian);
	return r;
}

static void swap_lengths(struct record *r)
{
	uint32_t captured = r->captured;

	r->captured = r->length;
	r->length = captured;
}

static int step(struct capture *c, struct packet *packet)
{
	struct source *s = &c->source;
	const struct interface *interface = &c->interfaces[0];
	size_t available = source_available(s);
	struct cursor cursor = cursor_over(source_at(s), available);
	struct record r = read_record(&cursor, c->big_endian);
	uint8_t *data;

	if (cursor_failed(&cursor)) {
		if (!available && s->at_end)
			return STEP_END;
		return capture_more(c, RECORD_HEADER_SIZE, "a record's header");
	}
	if (c->lengths_order == ORIGINAL_FIRST ||
	    (c->lengths_order == SMALLER_IS_CAPTURED && r.captured > r.length))
		swap_lengths(&r);
	if (r.captured > CAPTURE_SNAPLEN_MAX)
		return capture_fail(c, EINVAL, s->offset,
				    "captured length %u is more than the limit of %d", r.captured,
				    CAPTURE_SNAPLEN_MAX);
	if (!cursor_bytes(&cursor, r.captured))
		return capture_more(c, RECORD_HEADER_SIZE + (size_t)r.captured, "a record");

	data = source_at(s) + RECORD_HEADER_SIZE;
	*packet = (struct packet){
		.data = data,
		.captured = r.captured,
		.length = r.length,
		.time_ns = r.seconds * UINT64_C(1000000000) +
			   (interface->resolution == 9 ? r.fraction : r.fraction * UINT64_C(1000)),
		.flags = r.captured > r.length ? PACKET_BAD_LENGTH : 0,
	};
	source_consume(s, RECORD_HEADER_SIZE + (size_t)r.captured);
	capture_finish_packet(interface, interface->fcs_size, data, packet);
	return STEP_PACKET;
}

/*
 * What nearly every classic file consists of, without a call and a cursor for each record: Ethernet
 * without a frame check sequence, the captured length in front. Stops before a record that is not
 * whole or not sound: step() knows what that is.
 */
__attribute__((always_inline)) static inline size_t
run(struct capture *c, struct packet *packets, size_t count, bool big_endian, uint32_t unit_ns)
{
	struct source *s = &c->source;
	const uint8_t *begin = source_at(s), *at = begin;
	size_t left = source_available(s), done = 0;

	while (done < count && left >= RECORD_HEADER_SIZE) {
		uint32_t captured = load_u32(at + 8, big_endian);
		uint32_t length = load_u32(at + 12, big_endian);
		struct packet *packet = &packets[done];

		if (captured > CAPTURE_SNAPLEN_MAX || captured > left - RECORD_HEADER_SIZE)
			break;
		__builtin_prefetch((const void *)((uintptr_t)at + RUN_AHEAD));
		packet->data = at + RECORD_HEADER_SIZE;
		packet->captured = captured;
		packet->length = length;
		packet->time_ns = load_u32(at, big_endian) * UINT64_C(1000000000) +
				  load_u32(at + 4, big_endian) * (uint64_t)unit_ns;
		packet->port = 0;
		packet->flags = captured > length ? PACKET_BAD_LENGTH : 0;
		at += RECORD_HEADER_SIZE + captured;
		left -= RECORD_HEADER_SIZE + captured;
		done++;
	}
	source_consume(s, (size_t)(at - begin));
	return done;
}

static size_t run_little_us(struct capture *c, struct packet *packets, size_t count)
{
	return run(c, packets, count, false, 1000);
}

static size_t run_little_ns(struct capture *c, struct packet *packets, size_t count)
{
	return run(c, packets, count, false, 1);
}

static size_t run_big_us(struct capture *c, struct packet *packets, size_t count)
{
	return run(c, packets, count, true, 1000);
}

static size_t run_big_ns(struct capture *c, struct packet *packets, size_t count)
{
	return run(c, packets, count, true, 1);
}

static run_function *const runs[2][2] = {
	{run_little_us, run_little_ns},
	{run_big_us, run_big_ns},
};

int pcap_start(struct capture *c, uint32_t magic)
{
	struct source *s = &c->source;
	const struct variant *variant = find_variant(magic);
	struct cursor cursor = cursor_over(source_at(s), source_available(s));
	struct interface *interface = capture_add_interface(c, s->offset);
	uint16_t major, minor;
	uint32_t link;
	int ret;

	if (!interface)
		return c->fault.error;
	c->big_endian = variant->big_endian;
	cursor_skip(&cursor, VERSION_OFFSET);
	major = file_u16(&cursor, c->big_endian);
	minor = file_u16(&cursor, c->big_endian);
	cursor_skip(&cursor, NETWORK_OFFSET - VERSION_OFFSET - 4);
	link = file_u32(&cursor, c->big_endian);
	if (cursor_failed(&cursor))
		return capture_more(c, FILE_HEADER_SIZE, "the file header");
	c->lengths_order = order_of_version(major, minor);
	if (c->lengths_order == NO_SUCH_VERSION)
		return capture_fail(c, EINVAL, s->offset + VERSION_OFFSET,
				    "pcap version %u.%u; 2.0 to 2.4 can be read", major, minor);

	interface->resolution = variant->nanoseconds ? 9 : 6;
	interface->link = link & LINK_MASK;
	if (link & LINK_FCS_PRESENT)
		interface->fcs_size = (uint8_t)(2 * (link >> LINK_FCS_SHIFT));
	ret = capture_check_link(c, interface, s->offset + NETWORK_OFFSET);
	if (ret)
		return ret;
	source_consume(s, FILE_HEADER_SIZE);
	c->step = step;
	if (c->lengths_order == CAPTURED_FIRST && interface->link == LINK_ETHERNET &&
	    !interface->fcs_size)
		c->run = runs[variant->big_endian][variant->nanoseconds];
	return STEP_BLOCK;
}
