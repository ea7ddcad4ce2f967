/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a kernel does to a frame before the first chain: it reads the Ethernet header, takes one
 * VLAN tag off, and looks for the transport header (IPv4 and IPv6 only).
 */
#include "frame.h"

#include <netinet/in.h>
#include <string.h>

enum {
	ADDRESS = 6,
	ETHERNET = 14,
	TAG = 4,
	FIRST_ETHERTYPE = 0x0600, /* less is a length */
	TYPE_VLAN = 0x8100,
	TYPE_SVLAN = 0x88a8,
	TYPE_IP = 0x0800,
	TYPE_IPV6 = 0x86dd,
	TYPE_PPPOE = 0x8864, /* a session's packets */
};

static uint16_t be16(const uint8_t *bytes)
{
	return (uint16_t)(bytes[0] << 8 | bytes[1]);
}

static bool is_tag(uint16_t protocol)
{
	return protocol == TYPE_VLAN || protocol == TYPE_SVLAN;
}

/* ---- bytes ---- */

enum frame_answer frame_read(const struct frame *frame, uint32_t offset, void *to, size_t size)
{
	uint64_t end = (uint64_t)offset + size;

	if (end > frame->length)
		return FRAME_PAST_END;
	if (frame->network + end > frame->captured)
		return FRAME_CUT;
	memcpy(to, frame->data + frame->network + offset, size);
	return FRAME_OK;
}

enum frame_answer frame_read_link(const struct frame *frame, uint32_t offset, void *to, size_t size)
{
	uint8_t header[ETHERNET + TAG];
	size_t header_size = ETHERNET, from_header = 0;
	enum frame_answer answer = FRAME_OK;

	memcpy(header, frame->data, ETHERNET);
	if (frame->has_tag && offset + size > 2 * ADDRESS) {
		const uint16_t words[] = {htons(frame->tag_protocol), htons(frame->tci),
					  htons(frame->protocol)};

		memcpy(header + 2 * ADDRESS, words, sizeof(words));
		header_size += TAG;
	}
	if (offset < header_size)
		from_header = size < header_size - offset ? size : header_size - offset;
	if (from_header < size)
		answer = frame_read(frame, (uint32_t)(offset + from_header - header_size),
				    (uint8_t *)to + from_header, size - from_header);
	if (answer == FRAME_OK && from_header)
		memcpy(to, header + offset, from_header);
	return answer;
}

/* ---- the transport header ---- */

/* Both return FRAME_PAST_END where the kernel finds the header at `at` wrong, for whatever reason.
 */
static enum frame_answer find_ipv4(struct frame *frame, uint32_t at)
{
	enum { HEADER = 20, OFFSET_MASK = 0x1fff };
	uint8_t header[HEADER];
	enum frame_answer answer = frame_read(frame, at, header, sizeof(header));
	uint32_t size, total;

	if (answer != FRAME_OK)
		return answer;
	size = (header[0] & 15) * 4u;
	total = be16(header + 2);
	if (header[0] >> 4 != 4 || size < HEADER || total > frame->length - at || total < size)
		return FRAME_PAST_END;
	frame->headers.l4proto = header[9];
	frame->headers.transport = at + size;
	frame->headers.fragment = be16(header + 6) & OFFSET_MASK;
	return FRAME_OK;
}

bool frame_is_extension(uint8_t protocol)
{
	return protocol == IPPROTO_HOPOPTS || protocol == IPPROTO_ROUTING ||
	       protocol == IPPROTO_FRAGMENT || protocol == IPPROTO_AH ||
	       protocol == IPPROTO_DSTOPTS;
}

static enum frame_answer find_ipv6(struct frame *frame, uint32_t start)
{
	enum { HEADER = 40, OPTION = 8, OFFSET_MASK = 0xfff8 };
	uint8_t header[HEADER], option[4] = {0}, protocol;
	enum frame_answer answer = frame_read(frame, start, header, sizeof(header));
	uint32_t at = start + HEADER;

	if (answer != FRAME_OK)
		return answer;
	if (header[0] >> 4 != 6 || be16(header + 4) + (uint32_t)HEADER > frame->length - start)
		return FRAME_PAST_END;
	protocol = header[6];
	/* The authentication header is one, too, but there the kernel stops. */
	while (frame_is_extension(protocol)) {
		bool has_more = protocol == IPPROTO_FRAGMENT || protocol == IPPROTO_ROUTING;

		answer = frame_read(frame, at, option, has_more ? 4 : 2);
		if (answer != FRAME_OK)
			return answer;
		if (protocol == IPPROTO_AH)
			break;
		if (protocol == IPPROTO_FRAGMENT && be16(option + 2) & OFFSET_MASK) {
			if (frame_is_extension(option[0]))
				return FRAME_PAST_END;
			/* The kernel leaves the offset where it began. */
			frame->headers.l4proto = option[0];
			frame->headers.transport = start;
			frame->headers.fragment = be16(option + 2) & OFFSET_MASK;
			return FRAME_OK;
		}
		at += protocol == IPPROTO_FRAGMENT ? (uint32_t)OPTION : (option[1] + 1u) * OPTION;
		protocol = option[0];
	}
	if (at > UINT16_MAX)
		return FRAME_PAST_END;
	frame->headers.l4proto = protocol;
	frame->headers.transport = at;
	return FRAME_OK;
}

/* Of a packet of this type whose header is at `at`. */
static void find_transport(struct frame *frame, uint16_t protocol, uint32_t at)
{
	enum frame_answer answer = FRAME_PAST_END;

	frame->headers = (struct frame_headers){.protocol = protocol};
	if (protocol == TYPE_IP)
		answer = find_ipv4(frame, at);
	else if (protocol == TYPE_IPV6)
		answer = find_ipv6(frame, at);
	frame->headers.has_transport = answer == FRAME_OK;
	frame->headers.transport_cut = answer == FRAME_CUT;
	if (answer == FRAME_OK)
		frame->headers.network = at;
}

/* ---- IP inside ---- */

static uint16_t protocol_in_ppp(uint16_t protocol)
{
	enum { PPP_IP = 0x0021, PPP_IPV6 = 0x0057 };

	return protocol == PPP_IP ? TYPE_IP : protocol == PPP_IPV6 ? TYPE_IPV6 : 0;
}

bool frame_look_inside(struct frame *frame)
{
	enum { PPPOE_HEADER = 6 };
	uint32_t at;
	uint8_t type[2];

	if (frame->headers.has_transport || frame->headers.transport_cut)
		return !frame->headers.transport_cut;
	switch (frame->protocol) {
	case TYPE_VLAN: at = TAG - sizeof(type); break;
	case TYPE_PPPOE: at = PPPOE_HEADER; break;
	default: return true;
	}
	switch (frame_read(frame, at, type, sizeof(type))) {
	case FRAME_CUT: return false;
	case FRAME_PAST_END: return true;
	default: break;
	}
	find_transport(frame,
		       frame->protocol == TYPE_VLAN ? be16(type) : protocol_in_ppp(be16(type)),
		       at + (uint32_t)sizeof(type));
	return !frame->headers.transport_cut;
}

/* ---- the link layer ---- */

/* bytes: the type or length field; next: what follows it, NULL where there is nothing. */
static uint16_t protocol_of(uint16_t type, const uint8_t *next)
{
	if (type >= FIRST_ETHERTYPE)
		return type;
	return next && be16(next) == 0xffff ? FRAME_802_3 : FRAME_802_2;
}

static uint32_t kind_of(const uint8_t *destination, const struct nic_port *port)
{
	static const uint8_t broadcast[ADDRESS] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};

	if (!memcmp(destination, port->mac, ADDRESS))
		return FRAME_HOST;
	if (!memcmp(destination, broadcast, ADDRESS))
		return FRAME_BROADCAST;
	return destination[0] & 1 ? FRAME_MULTICAST : FRAME_OTHERHOST;
}

/* The type at this offset, and what it means; FRAME_CUT where that is not known. */
static enum frame_answer read_type(const struct frame *frame, uint32_t at, uint32_t on_wire,
				   uint16_t *protocol)
{
	bool has_next = on_wire >= at + 4;
	uint16_t type;

	if (frame->captured < at + 2)
		return FRAME_CUT;
	type = be16(frame->data + at);
	if (type < FIRST_ETHERTYPE && has_next && frame->captured < at + 4)
		return FRAME_CUT;
	*protocol = protocol_of(type, has_next ? frame->data + at + 2 : NULL);
	return FRAME_OK;
}

static enum frame_answer take_tag_off(struct frame *frame, uint32_t on_wire)
{
	enum { NEEDED = TAG + 2 }; /* as the kernel asks for */

	if (on_wire < ETHERNET + NEEDED)
		return FRAME_PAST_END;
	if (frame->captured < ETHERNET + TAG)
		return FRAME_CUT;
	frame->has_tag = true;
	frame->tag_protocol = frame->protocol;
	frame->tci = be16(frame->data + ETHERNET);
	frame->network += TAG;
	return read_type(frame, ETHERNET + 2, on_wire, &frame->protocol);
}

enum frame_answer frame_open(struct frame *frame, const struct packet *packet,
			     const struct nic_port *port)
{
	/* A record may claim to have captured more than there was. */
	uint32_t on_wire = packet->length > packet->captured ? packet->length : packet->captured;
	enum frame_answer answer;

	*frame = (struct frame){
		.data = packet->data,
		.captured = packet->captured,
		.network = ETHERNET,
	};
	if (on_wire < ETHERNET)
		return FRAME_PAST_END;
	if (frame->captured < ETHERNET)
		return FRAME_CUT;
	frame->kind = kind_of(frame->data, port);
	answer = read_type(frame, 2 * ADDRESS, on_wire, &frame->protocol);
	if (answer == FRAME_OK && is_tag(frame->protocol))
		answer = take_tag_off(frame, on_wire);
	if (answer != FRAME_OK)
		return answer;
	frame->length = on_wire - frame->network;
	find_transport(frame, frame->protocol, 0);
	return FRAME_OK;
}
