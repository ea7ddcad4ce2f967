/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pcapng: blocks, each framed by its length in front and behind.
 *
 * A section header sets the byte order and forgets the interfaces before it; blocks of unknown
 * types are passed without being held in memory. Lengths and options are checked before anything
 * of a block is used. The section length is not needed and may lie.
 */
#include "pcapng.h"
#include "capture_internal.h"
#include "link.h"

#include <errno.h>

enum {
	BLOCK_SIZE_LIMIT = 16 * 1024 * 1024, /* of a block that has to be in memory as a whole */
	SECTION_HEADER_MIN = 28,
	ENHANCED_HEADER_SIZE = 28,
	ENHANCED_MIN = 32,    /* with the length behind */
	BYTE_ORDER_SIZE = 12, /* type, length, byte order: what is needed to know the length */
};

typedef int handle_block(struct capture *c, struct cursor *body, struct packet *packet);

static handle_block section_header, interface_description, obsolete_packet, simple_packet,
	enhanced_packet;

static const struct block {
	uint32_t type;
	uint32_t min_size; /* with type and both lengths */
	const char *name;
	handle_block *handle;
} blocks[] = {
	{PCAPNG_ENHANCED_PACKET, ENHANCED_MIN, "an enhanced packet block", enhanced_packet},
	{PCAPNG_SIMPLE_PACKET, 16, "a simple packet block", simple_packet},
	{PCAPNG_INTERFACE, 20, "an interface description block", interface_description},
	{PCAPNG_OBSOLETE_PACKET, 32, "a packet block", obsolete_packet},
	{PCAPNG_SECTION, SECTION_HEADER_MIN, "a section header block", section_header},
	{0, PCAPNG_FRAME_SIZE, "a block", NULL}, /* any other type: passed */
};

static const struct block *find_block(uint32_t type)
{
	const struct block *block = blocks;

	while (block->handle && block->type != type)
		block++;
	return block;
}

bool pcapng_recognise(uint32_t magic)
{
	return magic == PCAPNG_SECTION; /* the same in both byte orders */
}

/* Options */

struct option {
	uint16_t code;
	uint16_t size;
	struct cursor value;
};

/* The next option: 1, 0 at the end of the list, or the fault. */
static int next_option(struct capture *c, struct cursor *list, struct option *option)
{
	uint64_t offset = c->source.offset;

	if (!cursor_left(list))
		return 0;
	option->code = file_u16(list, c->big_endian);
	option->size = file_u16(list, c->big_endian);
	if (cursor_failed(list))
		return capture_fail(c, EINVAL, offset, "an option is cut by the end of its block");
	if (option->code == PCAPNG_OPTION_END) {
		if (option->size)
			return capture_fail(c, EINVAL, offset,
					    "the end of options has length %u instead of 0",
					    option->size);
		return 0;
	}
	option->value = cursor_sub(list, option->size);
	cursor_skip(list, (4 - option->size % 4) % 4);
	if (cursor_failed(list))
		return capture_fail(c, EINVAL, offset,
				    "option %u has length %u, more than its block has left",
				    option->code, option->size);
	return 1;
}

static int check_option_size(struct capture *c, const struct option *option, uint16_t size)
{
	if (option->size == size)
		return 0;
	return capture_fail(c, EINVAL, c->source.offset, "option %u has length %u; it must have %u",
			    option->code, option->size, size);
}

static int check_options(struct capture *c, struct cursor *list)
{
	struct option option = {0};
	int ret;

	do {
		ret = next_option(c, list, &option);
	} while (ret > 0);
	return ret;
}

/* Sections and interfaces */

static int section_header(struct capture *c, struct cursor *body, struct packet *packet)
{
	uint16_t major, minor;
	int ret;

	cursor_skip(body, sizeof(uint32_t)); /* the byte order: step() has read it */
	major = file_u16(body, c->big_endian);
	minor = file_u16(body, c->big_endian);
	cursor_skip(body, sizeof(uint64_t));
	/* 1.2 is what some programs write and means the same as 1.0. */
	if (major != 1 || (minor != 0 && minor != 2))
		return capture_fail(c, EINVAL, c->source.offset,
				    "pcapng version %u.%u; only 1.0 can be read", major, minor);
	ret = check_options(c, body);
	if (ret)
		return ret;
	c->num_interfaces = 0;
	return STEP_BLOCK;
}

static int set_resolution(struct capture *c, struct interface *interface, uint8_t resolution)
{
	bool binary = resolution & PCAPNG_RESOLUTION_BINARY;
	uint8_t exponent = resolution & (uint8_t)~PCAPNG_RESOLUTION_BINARY;

	if (exponent > (binary ? 63 : 19))
		return capture_fail(c, EINVAL, c->source.offset,
				    "a time stamp resolution of %d^-%u s is too fine",
				    binary ? 2 : 10, exponent);
	interface->resolution = resolution;
	return 0;
}

static int interface_option(struct capture *c, struct interface *interface, struct option *option)
{
	uint8_t fcs;
	int ret;

	switch (option->code) {
	case PCAPNG_IF_TSRESOL:
		ret = check_option_size(c, option, 1);
		return ret ? ret : set_resolution(c, interface, cursor_u8(&option->value));
	case PCAPNG_IF_TSOFFSET:
		ret = check_option_size(c, option, 8);
		interface->time_offset = (int64_t)file_u64(&option->value, c->big_endian);
		return ret;
	case PCAPNG_IF_FCSLEN:
		ret = check_option_size(c, option, 1);
		/* Written as bytes by most and as bits by those who trust the specification. */
		fcs = cursor_u8(&option->value);
		interface->fcs_size = fcs >= 16 ? fcs / 8 : fcs;
		return ret;
	default: return 0;
	}
}

static int interface_description(struct capture *c, struct cursor *body, struct packet *packet)
{
	struct interface *interface = capture_add_interface(c, c->source.offset);
	struct option option = {0};
	int ret;

	if (!interface)
		return c->fault.error;
	interface->link = file_u16(body, c->big_endian);
	cursor_skip(body, sizeof(uint16_t));
	interface->snaplen = file_u32(body, c->big_endian);
	while ((ret = next_option(c, body, &option)) > 0) {
		ret = interface_option(c, interface, &option);
		if (ret)
			return ret;
	}
	return ret ? ret : STEP_BLOCK;
}

/* Packets */

__extension__ typedef __int128 wide;

static uint64_t power_of_ten(unsigned int exponent)
{
	uint64_t value = 1;

	while (exponent--)
		value *= 10;
	return value;
}

/* false: before 1970 or more nanoseconds than 64 bits hold. */
static bool to_ns(const struct interface *interface, uint64_t stamp, uint64_t *time_ns)
{
	unsigned int exponent = interface->resolution & (uint8_t)~PCAPNG_RESOLUTION_BINARY;
	wide value = stamp;

	if (interface->resolution & PCAPNG_RESOLUTION_BINARY)
		value = value * 1000000000 >> exponent;
	else if (exponent <= 9)
		value *= power_of_ten(9 - exponent);
	else
		value /= power_of_ten(exponent - 9);
	value += (wide)interface->time_offset * 1000000000;
	*time_ns = (uint64_t)value;
	return value >= 0 && value <= UINT64_MAX;
}

static bool stamp_to_ns(const struct interface *interface, uint64_t stamp, uint64_t *time_ns)
{
	/* What nearly every file has, without 128-bit arithmetic. */
	if (!interface->time_offset && interface->resolution == 9) {
		*time_ns = stamp;
		return true;
	}
	if (!interface->time_offset && interface->resolution == 6)
		return !__builtin_mul_overflow(stamp, UINT64_C(1000), time_ns);
	return to_ns(interface, stamp, time_ns);
}

static const struct interface *find_interface(struct capture *c, uint32_t number)
{
	const struct interface *interface;

	if (number >= c->num_interfaces) {
		capture_fail(c, EINVAL, c->source.offset,
			     "a packet of interface %u, but the section has described %zu so far",
			     number, c->num_interfaces);
		return NULL;
	}
	interface = &c->interfaces[number];
	return capture_check_link(c, interface, c->source.offset) ? NULL : interface;
}

/* Captured bytes and their padding, which body must have; NULL with the fault. */
static uint8_t *packet_bytes(struct capture *c, struct cursor *body, uint32_t captured)
{
	size_t left = cursor_left(body);
	const uint8_t *at;

	if (captured > CAPTURE_SNAPLEN_MAX) {
		capture_fail(c, EINVAL, c->source.offset,
			     "captured length %u is more than the limit of %d", captured,
			     CAPTURE_SNAPLEN_MAX);
		return NULL;
	}
	at = cursor_bytes(body, captured);
	cursor_skip(body, (4 - captured % 4) % 4);
	if (cursor_failed(body)) {
		capture_fail(c, EINVAL, c->source.offset,
			     "captured length %u is more than the %zu bytes that the block has",
			     captured, left);
		return NULL;
	}
	return source_at(&c->source) + (at - source_at(&c->source));
}

/* The frame check sequence's size as this packet's flags have it, else the interface's. */
static int packet_options(struct capture *c, struct cursor *list, uint8_t *fcs_size)
{
	struct option option = {0};
	uint32_t flags;
	int ret;

	while ((ret = next_option(c, list, &option)) > 0) {
		if (option.code != PCAPNG_PACKET_FLAGS)
			continue;
		ret = check_option_size(c, &option, sizeof(flags));
		if (ret)
			return ret;
		flags = file_u32(&option.value, c->big_endian);
		if (flags >> PCAPNG_FLAGS_FCS_SHIFT & PCAPNG_FLAGS_FCS_MASK)
			*fcs_size = flags >> PCAPNG_FLAGS_FCS_SHIFT & PCAPNG_FLAGS_FCS_MASK;
	}
	return ret;
}

/* What enhanced and obsolete packet blocks have in common: all behind the interface number. */
static int stamped_packet(struct capture *c, struct cursor *body, uint32_t number,
			  struct packet *packet)
{
	const struct interface *interface = find_interface(c, number);
	uint64_t stamp = (uint64_t)file_u32(body, c->big_endian) << 32;
	uint8_t fcs_size;
	uint8_t *data;
	int ret;

	if (!interface)
		return c->fault.error;
	stamp |= file_u32(body, c->big_endian);
	*packet = (struct packet){0};
	packet->captured = file_u32(body, c->big_endian);
	packet->length = file_u32(body, c->big_endian);
	data = packet_bytes(c, body, packet->captured);
	if (!data)
		return c->fault.error;
	fcs_size = interface->fcs_size;
	ret = cursor_left(body) ? packet_options(c, body, &fcs_size) : 0;
	if (ret)
		return ret;
	if (!stamp_to_ns(interface, stamp, &packet->time_ns))
		return capture_fail(c, EINVAL, c->source.offset,
				    "time stamp %llu is outside 1970 to 2554",
				    (unsigned long long)stamp);
	c->last_time_ns = packet->time_ns;
	packet->data = data;
	packet->flags = packet->captured > packet->length ? PACKET_BAD_LENGTH : 0;
	capture_finish_packet(interface, fcs_size, data, packet);
	return STEP_PACKET;
}

static int enhanced_packet(struct capture *c, struct cursor *body, struct packet *packet)
{
	uint32_t number = file_u32(body, c->big_endian);

	return stamped_packet(c, body, number, packet);
}

static int obsolete_packet(struct capture *c, struct cursor *body, struct packet *packet)
{
	uint16_t number = file_u16(body, c->big_endian);

	cursor_skip(body, sizeof(uint16_t)); /* drops */
	return stamped_packet(c, body, number, packet);
}

/* No time stamp, no captured length: that is the smaller of the length and the snap length. */
static int simple_packet(struct capture *c, struct cursor *body, struct packet *packet)
{
	const struct interface *interface = find_interface(c, 0);
	uint8_t *data;

	if (!interface)
		return c->fault.error;
	*packet = (struct packet){
		.length = file_u32(body, c->big_endian),
		.time_ns = c->last_time_ns,
		.flags = PACKET_NO_TIME,
	};
	packet->captured = packet->length;
	if (interface->snaplen && packet->captured > interface->snaplen)
		packet->captured = interface->snaplen;
	data = packet_bytes(c, body, packet->captured);
	if (!data)
		return c->fault.error;
	packet->data = data;
	capture_finish_packet(interface, interface->fcs_size, data, packet);
	return STEP_PACKET;
}

/* Blocks */

static int check_closing_size(struct capture *c, uint64_t offset, uint32_t closing, uint32_t size)
{
	if (closing == size)
		return 0;
	return capture_fail(c, EINVAL, offset, "block length %u in front, %u behind", size,
			    closing);
}

/* Go on with a block that nobody looks at, as far as it is in the buffer. */
static int pass(struct capture *c)
{
	struct passing *p = &c->passing;
	struct source *s = &c->source;
	size_t available = source_available(s);
	size_t size = available < p->left ? available : (size_t)p->left;
	struct cursor cursor;
	int ret;

	source_consume(s, size);
	p->left -= size;
	cursor = cursor_over(source_at(s), source_available(s));
	if (!p->left) {
		uint32_t closing = file_u32(&cursor, c->big_endian);

		if (!cursor_failed(&cursor)) {
			ret = check_closing_size(c, p->offset, closing, p->size);
			source_consume(s, sizeof(closing));
			p->active = false;
			return ret ? ret : STEP_BLOCK;
		}
	}
	if (s->at_end)
		return capture_fail(
			c, EINVAL, p->offset,
			"the file ends inside a block: %llu of %u bytes are there",
			(unsigned long long)(s->offset - p->offset) + source_available(s), p->size);
	c->want = sizeof(uint32_t);
	return STEP_MORE;
}

static int check_size(struct capture *c, const struct block *block, uint32_t size)
{
	if (size % 4)
		return capture_fail(c, EINVAL, c->source.offset,
				    "block length %u is not a multiple of 4", size);
	if (size < block->min_size)
		return capture_fail(c, EINVAL, c->source.offset,
				    "block length %u is too short for %s: %u at least", size,
				    block->name, block->min_size);
	if (block->handle && size > BLOCK_SIZE_LIMIT)
		return capture_fail(c, EINVAL, c->source.offset,
				    "block length %u is more than the limit of %d for %s", size,
				    BLOCK_SIZE_LIMIT, block->name);
	return 0;
}

/* A section header tells the byte order of its own length. */
static int read_byte_order(struct capture *c)
{
	struct cursor cursor = cursor_over(source_at(&c->source), source_available(&c->source));
	uint32_t magic;

	cursor_skip(&cursor, 2 * sizeof(uint32_t));
	magic = cursor_be32(&cursor);
	if (cursor_failed(&cursor))
		return capture_more(c, BYTE_ORDER_SIZE, "a section header block");
	if (magic != PCAPNG_BYTE_ORDER && magic != __builtin_bswap32(PCAPNG_BYTE_ORDER))
		return capture_fail(c, EINVAL, c->source.offset,
				    "a section header with byte-order magic %08x", magic);
	c->big_endian = magic == PCAPNG_BYTE_ORDER;
	return 0;
}

static int whole_block(struct capture *c, const struct block *block, uint32_t size,
		       struct packet *packet)
{
	struct source *s = &c->source;
	struct cursor cursor = cursor_over(source_at(s), source_available(s));
	struct cursor body;
	int ret;

	cursor_skip(&cursor, 2 * sizeof(uint32_t));
	body = cursor_sub(&cursor, size - PCAPNG_FRAME_SIZE);
	ret = check_closing_size(c, s->offset, file_u32(&cursor, c->big_endian), size);
	if (!ret)
		ret = block->handle(c, &body, packet);
	if (ret >= 0)
		source_consume(s, size);
	return ret;
}

/* Nanoseconds of this interface's unit, where its packets are plain; 0: they are not. */
static uint32_t plain_unit(const struct interface *interface)
{
	if (interface->link != LINK_ETHERNET || interface->fcs_size || interface->time_offset)
		return 0;
	if (interface->resolution == 9)
		return 1;
	return interface->resolution == 6 ? 1000 : 0;
}

/*
 * What nearly every block of a large file is: an enhanced packet, here as a whole, without options,
 * of an Ethernet interface with microseconds or nanoseconds. Anything else is left to step(), which
 * also says what is wrong.
 */
__attribute__((always_inline)) static inline size_t
run_blocks(struct capture *c, struct packet *packets, size_t count, bool big_endian)
{
	struct source *s = &c->source;
	const uint8_t *begin = source_at(s), *at = begin;
	size_t left = source_available(s), done = 0;
	uint32_t unit_number = UINT32_MAX, unit = 0; /* of the interface before */
	uint64_t time_ns = c->last_time_ns;

	while (done < count && left >= ENHANCED_MIN &&
	       load_u32(at, big_endian) == PCAPNG_ENHANCED_PACKET) {
		uint32_t size = load_u32(at + 4, big_endian);
		uint32_t number = load_u32(at + 8, big_endian);
		uint32_t captured = load_u32(at + 20, big_endian);
		uint32_t length = load_u32(at + 24, big_endian);
		uint64_t stamp = (uint64_t)load_u32(at + 12, big_endian) << 32 |
				 load_u32(at + 16, big_endian);
		struct packet *packet = &packets[done];

		if (captured > CAPTURE_SNAPLEN_MAX || size > left ||
		    size != ENHANCED_MIN + (captured + 3) / 4 * 4 ||
		    load_u32(at + size - sizeof(size), big_endian) != size)
			break;
		if (number != unit_number) {
			if (number >= c->num_interfaces)
				break;
			unit = plain_unit(&c->interfaces[number]);
			unit_number = number;
		}
		if (!unit || __builtin_mul_overflow(stamp, (uint64_t)unit, &stamp))
			break;
		time_ns = stamp;
		packet->data = at + ENHANCED_HEADER_SIZE;
		packet->captured = captured;
		packet->length = length;
		packet->time_ns = time_ns;
		packet->port = 0;
		packet->flags = captured > length ? PACKET_BAD_LENGTH : 0;
		at += size;
		left -= size;
		done++;
	}
	c->last_time_ns = time_ns;
	source_consume(s, (size_t)(at - begin));
	return done;
}

static size_t run(struct capture *c, struct packet *packets, size_t count)
{
	if (c->passing.active)
		return 0;
	return c->big_endian ? run_blocks(c, packets, count, true)
			     : run_blocks(c, packets, count, false);
}

static int step(struct capture *c, struct packet *packet)
{
	struct source *s = &c->source;
	size_t available = source_available(s);
	struct cursor cursor = cursor_over(source_at(s), available);
	const struct block *block;
	uint32_t type, size;
	int ret;

	if (c->passing.active)
		return pass(c);
	type = file_u32(&cursor, c->big_endian);
	if (cursor_failed(&cursor) && !available && s->at_end)
		return STEP_END;
	block = find_block(type);
	if (block->handle == section_header) {
		ret = read_byte_order(c);
		if (ret)
			return ret;
	}
	size = file_u32(&cursor, c->big_endian);
	if (cursor_failed(&cursor))
		return capture_more(c, 2 * sizeof(uint32_t), "a block's header");
	ret = check_size(c, block, size);
	if (ret)
		return ret;
	if (block->handle && size > available)
		return capture_more(c, size, block->name);
	if (block->handle)
		return whole_block(c, block, size, packet);
	c->passing = (struct passing){s->offset, size - sizeof(uint32_t), size, true};
	return pass(c);
}

int pcapng_start(struct capture *c, struct packet *packet)
{
	c->step = step;
	c->run = run;
	return step(c, packet); /* the first section header */
}
