/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "workload.h"

#include <nicemu/flow/key.h>

#include <string.h>

static uint32_t prefix_mask(struct random *r)
{
	static const uint8_t lengths[] = {0, 16, 24, 24, 32, 32};
	uint8_t length = lengths[random_below(r, sizeof(lengths))];

	return length ? UINT32_MAX << (32 - length) : 0;
}

void tuples_draw(struct random *r, struct tuple *tuples, size_t count)
{
	for (size_t i = 0; i < count; i++)
		tuples[i] = (struct tuple){
			.source = (uint32_t)random_u64(r),
			.destination = (uint32_t)random_u64(r),
			.source_mask = prefix_mask(r),
			.destination_mask = prefix_mask(r) | 0xffff0000,
			.source_port = (uint16_t)random_u64(r),
			.destination_port = (uint16_t)random_u64(r),
			.source_port_mask = random_below(r, 8) ? 0 : 0xffff,
			.destination_port_mask = random_below(r, 4) ? 0xffff : 0,
			.protocol = random_below(r, 2) ? 6 : 17,
		};
}

static void match_field(struct flow_match *match, enum flow_field_id id, uint64_t value,
			uint64_t mask)
{
	if (!mask)
		return;
	match->used_keys |= UINT64_C(1) << flow_fields[id].key;
	flow_key_set(&match->key, id, value & mask);
	flow_key_set(&match->mask, id, mask);
}

void tuple_to_match(const struct tuple *t, struct flow_match *match)
{
	match_field(match, FLOW_BASIC_N_PROTO, 0x0800, 0xffff);
	match_field(match, FLOW_BASIC_IP_PROTO, t->protocol, 0xff);
	match_field(match, FLOW_CONTROL_ADDR_TYPE, FLOW_DISSECTOR_KEY_IPV4_ADDRS, 0xffff);
	match_field(match, FLOW_IPV4_SRC, t->source, t->source_mask);
	match_field(match, FLOW_IPV4_DST, t->destination, t->destination_mask);
	match_field(match, FLOW_PORTS_SRC, t->source_port, t->source_port_mask);
	match_field(match, FLOW_PORTS_DST, t->destination_port, t->destination_port_mask);
}

/* --- frames --- */

static uint8_t *put16(uint8_t *p, uint32_t value)
{
	p[0] = (uint8_t)(value >> 8);
	p[1] = (uint8_t)value;
	return p + 2;
}

static uint8_t *put32(uint8_t *p, uint32_t value)
{
	return put16(put16(p, value >> 16), value);
}

static uint8_t *put_ports(uint8_t *p, uint8_t protocol, uint32_t ports, uint32_t size)
{
	p = put32(p, ports);
	if (protocol == 17)
		return put16(p, size);
	memset(p, 0, 16);
	p[8] = 0x50;
	p[9] = 0x10;
	return p + 16;
}

static uint8_t *put_ip4(uint8_t *p, const struct tuple *t, uint32_t size)
{
	p = put16(p, 0x4500);
	p = put16(p, size);
	p = put32(p, 0x00004000);
	*p++ = 64;
	*p++ = t->protocol;
	p = put16(p, 0);
	p = put32(p, t->source);
	p = put32(p, t->destination);
	return put_ports(p, t->protocol, (uint32_t)t->source_port << 16 | t->destination_port,
			 size - 20);
}

static uint8_t *put_ip6(uint8_t *p, const struct tuple *t, uint32_t size)
{
	p = put32(p, 0x60000000);
	p = put16(p, size);
	*p++ = t->protocol;
	*p++ = 64;
	for (int i = 0; i < 4; i++)
		p = put32(p, i ? t->source * (uint32_t)i : 0x20010db8);
	for (int i = 0; i < 4; i++)
		p = put32(p, i ? t->destination * (uint32_t)i : 0x20010db8);
	return put_ports(p, t->protocol, (uint32_t)t->source_port << 16 | t->destination_port,
			 size);
}

/* The frame is as long as its packet says, whatever its headers need; the rest is zero. */
static void put_frame(struct frames *frames, size_t i, enum frame_kind kind, const struct tuple *t)
{
	uint8_t *p = frames->bytes[i];
	uint32_t length = kind == FRAMES_MIXED6 || kind == FRAMES_ODD ? 90 : 60;

	memset(p, 0, FRAME_ROOM);
	frames->packet[i] = (struct packet){.data = p, .captured = length, .length = length};
	p += 12;
	if (kind == FRAMES_TAGGED)
		p = put32(p, 0x8100000a);
	if (kind == FRAMES_MIXED6)
		put_ip6(put16(p, 0x86dd), t, 36);
	else
		put_ip4(put16(p, 0x0800), t, 40);
}

/* One of the ways not to be plain. */
static void make_odd(uint8_t *p, size_t i)
{
	switch (i % 5) {
	case 0: p[14] = 0x46; break;          /* an option */
	case 1: p[20] = 0x20; break;          /* a first fragment */
	case 2: put16(p + 12, 0x0806); break; /* ARP, though not of IPv4 */
	case 3:
		put32(put32(p + 12, 0x88a8000a), 0x8100000b);
		put16(p + 20, 0x0800);
		break;
	case 4:
		put16(p + 12, 0x86dd);
		put32(p + 14, 0x60000000);
		put32(p + 18, 0x00080000); /* hop-by-hop options, then 0: again */
		break;
	}
}

void frames_draw(struct random *r, enum frame_kind kind, struct frames *frames)
{
	for (size_t i = 0; i < FRAMES; i++) {
		struct tuple t;

		tuples_draw(r, &t, 1);
		if (kind == FRAMES_TCP4)
			t.protocol = 6;
		put_frame(frames, i, kind, &t);
		if (kind == FRAMES_ODD)
			make_odd(frames->bytes[i], i);
	}
}

static uint32_t within(struct random *r, uint32_t value, uint32_t mask)
{
	return (value & mask) | ((uint32_t)random_u64(r) & ~mask);
}

static struct tuple tuple_within(struct random *r, const struct tuple *t)
{
	return (struct tuple){
		.source = within(r, t->source, t->source_mask),
		.destination = within(r, t->destination, t->destination_mask),
		.source_port = (uint16_t)within(r, t->source_port, t->source_port_mask),
		.destination_port =
			(uint16_t)within(r, t->destination_port, t->destination_port_mask),
		.protocol = t->protocol,
	};
}

void frames_within(struct random *r, const struct tuple *tuples, size_t count,
		   struct frames *frames)
{
	for (size_t i = 0; i < FRAMES; i++) {
		struct tuple t;

		tuples_draw(r, &t, 1);
		if (random_below(r, 10))
			t = tuple_within(r, &tuples[random_below(r, count)]);
		put_frame(frames, i, FRAMES_MIXED4, &t);
	}
}
