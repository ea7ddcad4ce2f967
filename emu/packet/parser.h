/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The parser of dissect.h: included by dissect.c, and once more by trace.c, which sets
 * PARSER_TRACES to 1 and gets a record of what was read (trace.h). So the two can't disagree, and
 * the packet path pays nothing for the record.
 *
 * A state machine: each layer reads its header through the cursor, writes its fields and names the
 * layer that follows. Ids of fields are constants here, so every flow_key_set is a shift and an OR.
 *
 * Threading: pure.
 */
#ifndef NICEMU_PACKET_PARSER_H
#define NICEMU_PACKET_PARSER_H

#include <nicemu/packet/trace.h>

#include "bytes.h"

#include <nicemu/base/cursor.h>

#include <net/ethernet.h>
#include <netinet/in.h>
#include <string.h>

#ifndef PARSER_TRACES
#define PARSER_TRACES 0
#endif

enum layer {
	LAYER_END,
	LAYER_ETHERNET,
	LAYER_VLAN,
	LAYER_ARP,
	LAYER_MPLS,
	LAYER_PPPOE,
	LAYER_IPV4,
	LAYER_IPV6,
	LAYER_IPV6_NEXT,
	LAYER_TRANSPORT,
};

enum {
	TYPE_8021AD = 0x88a8,
	TYPE_MPLS = 0x8847,
	TYPE_MPLS_MULTICAST = 0x8848,
	TYPE_PPPOE_SESSION = 0x8864,
	TYPE_MIN = 0x0600, /* below, the two bytes are an IEEE 802.3 length */
};

/* An IP header without a length (a jumbogram, an offloaded segment): nothing to compare with. */
enum { END_UNKNOWN = 0 };

struct dissection {
	struct cursor cursor; /* over the captured bytes */
	struct flow_key *key;
	struct dissect_trace *trace; /* only where PARSER_TRACES */
	uint64_t present;
	uint32_t flags;
	uint32_t wire_end;    /* where the frame ends on the wire, as the layers so far tell */
	uint32_t payload_end; /* where the IP payload ends, as its header tells; or END_UNKNOWN */
	uint32_t l3_offset, l4_offset;
	uint32_t control_flags;
	uint16_t addr_type;
	uint16_t n_proto;
	uint8_t next_header; /* of IPv6: the header that is about to be read */
	const uint8_t *next_header_at;
	uint8_t ip_proto;
	uint8_t vlan_tags;
};

static uint32_t position(const struct dissection *d)
{
	return (uint32_t)d->cursor.position;
}

/* --- the record; all of it is nothing where PARSER_TRACES is 0 --- */

static inline uint32_t offset_of(const struct dissection *d, const uint8_t *p)
{
	return (uint32_t)(p - d->cursor.data);
}

/* A field's bits: num_bits from first_bit on of the bytes at p. The last one found counts. */
static inline void saw_bits(struct dissection *d, enum flow_field_id id, const uint8_t *p,
			    uint16_t first_bit, uint16_t num_bits, bool derived)
{
	struct dissect_trace *trace = d->trace;
	size_t i = 0;

	if (!PARSER_TRACES)
		return;
	while (i < trace->num_fields && trace->fields[i].id != id)
		i++;
	if (i < trace->num_fields)
		memmove(&trace->fields[i], &trace->fields[i + 1],
			(--trace->num_fields - i) * sizeof(trace->fields[0]));
	trace->fields[trace->num_fields++] = (struct dissect_trace_field){
		.id = id,
		.header = (uint8_t)(trace->headers_left_out ? DISSECT_TRACE_HEADERS
							    : trace->num_headers - 1),
		.derived = derived,
		.offset = offset_of(d, p),
		.length = (uint16_t)((first_bit + num_bits + 7) / 8),
		.first_bit = first_bit,
		.num_bits = num_bits,
	};
}

static inline void saw(struct dissection *d, enum flow_field_id id, const uint8_t *p, uint16_t size)
{
	saw_bits(d, id, p, 0, (uint16_t)(8 * size), false);
}

static inline void saw_header(struct dissection *d, const char *name, const uint8_t *p,
			      uint32_t length)
{
	struct dissect_trace *trace = d->trace;

	if (!PARSER_TRACES)
		return;
	if (trace->num_headers == DISSECT_TRACE_HEADERS)
		trace->headers_left_out++;
	else
		trace->headers[trace->num_headers++] =
			(struct dissect_trace_header){name, offset_of(d, p), length};
}

/* More of the header that was seen last. */
static inline void grow_header(struct dissection *d, uint32_t more)
{
	if (PARSER_TRACES && !d->trace->headers_left_out)
		d->trace->headers[d->trace->num_headers - 1].length += more;
}

static inline void note(struct dissection *d, uint32_t offset, const char *text)
{
	if (PARSER_TRACES && d->trace->num_notes < DISSECT_TRACE_NOTES)
		d->trace->notes[d->trace->num_notes++] = (struct dissect_trace_note){offset, text};
}

/* Reading ends here. The first reason counts: it is the innermost. */
static inline enum layer end(struct dissection *d, const char *why)
{
	if (PARSER_TRACES && !d->trace->stop) {
		d->trace->stop = why;
		d->trace->end = position(d);
	}
	return LAYER_END;
}

/* --- reading --- */

/* The next size bytes of a header; NULL, and a flag, where the captured bytes end before. */
static const uint8_t *header(struct dissection *d, size_t size)
{
	const uint8_t *p = cursor_bytes(&d->cursor, size);

	if (p)
		return p;
	d->flags |= DISSECT_SHORT;
	end(d, "the captured bytes end inside of this header");
	return NULL;
}

/*
 * Would size more bytes reach beyond what the layers so far tell of the frame's end? A header that
 * was read can itself lie beyond it: a PPPoE session's length may end before the captured bytes do.
 */
static bool beyond_wire(const struct dissection *d, uint32_t size)
{
	return position(d) + size > d->wire_end;
}

/* Something contradicts itself, and is read on. */
static void contradicts(struct dissection *d, const char *what)
{
	d->flags |= DISSECT_MALFORMED;
	note(d, position(d), what);
}

/* The same, and nothing more is read. */
static enum layer malformed(struct dissection *d, const char *what)
{
	d->flags |= DISSECT_MALFORMED;
	return end(d, what);
}

static enum layer layer_of_type(struct dissection *d, uint16_t type)
{
	d->n_proto = type;
	switch (type) {
	case ETHERTYPE_IP: return LAYER_IPV4;
	case ETHERTYPE_IPV6: return LAYER_IPV6;
	case ETHERTYPE_VLAN:
	case TYPE_8021AD: return LAYER_VLAN;
	case ETHERTYPE_ARP:
	case ETHERTYPE_REVARP: return LAYER_ARP;
	case TYPE_MPLS:
	case TYPE_MPLS_MULTICAST: return LAYER_MPLS;
	case TYPE_PPPOE_SESSION: return LAYER_PPPOE;
	}
	if (type < TYPE_MIN && beyond_wire(d, type))
		return malformed(d, "the IEEE 802.3 length reaches beyond the frame");
	return end(d, type < TYPE_MIN ? "IEEE 802.3: the type is a length, and LLC is not read"
				      : "the parser knows no header of this type");
}

static enum layer ethernet(struct dissection *d)
{
	const uint8_t *p = header(d, 14);

	if (!p)
		return LAYER_END;
	flow_key_set(d->key, FLOW_ETH_DST, be48_at(p));
	flow_key_set(d->key, FLOW_ETH_SRC, be48_at(p + 6));
	d->present |= FLOW_PRESENT(ETH_ADDRS) | FLOW_PRESENT(BASIC);
	saw_header(d, "Ethernet", p, 14);
	saw(d, FLOW_ETH_DST, p, 6);
	saw(d, FLOW_ETH_SRC, p + 6, 6);
	saw(d, FLOW_BASIC_N_PROTO, p + 12, 2);
	return layer_of_type(d, be16_at(p + 12));
}

static enum layer vlan(struct dissection *d)
{
	const uint8_t *p = header(d, 4);

	if (!p)
		return LAYER_END;
	saw_header(d, d->n_proto == TYPE_8021AD ? "802.1ad tag" : "802.1Q tag", p, 4);
	if (d->vlan_tags == 0) {
		flow_key_set(d->key, FLOW_VLAN_TCI, be16_at(p));
		flow_key_set(d->key, FLOW_VLAN_TPID, d->n_proto);
		d->present |= FLOW_PRESENT(VLAN);
		saw(d, FLOW_VLAN_TPID, p - 2, 2);
		saw(d, FLOW_VLAN_TCI, p, 2);
	} else if (d->vlan_tags == 1) {
		flow_key_set(d->key, FLOW_CVLAN_TCI, be16_at(p));
		flow_key_set(d->key, FLOW_CVLAN_TPID, d->n_proto);
		d->present |= FLOW_PRESENT(CVLAN);
		saw(d, FLOW_CVLAN_TPID, p - 2, 2);
		saw(d, FLOW_CVLAN_TCI, p, 2);
	} else {
		note(d, offset_of(d, p), "a third tag or more: passed over");
	}
	saw(d, FLOW_BASIC_N_PROTO, p + 2, 2);
	if (d->vlan_tags < UINT8_MAX)
		d->vlan_tags++;
	return layer_of_type(d, be16_at(p + 2));
}

/* Only ARP of IPv4 over Ethernet has the sizes that the fields have. */
static enum layer arp(struct dissection *d)
{
	const uint64_t ethernet_ipv4 = UINT64_C(0x000108000604);
	const uint8_t *p, *fixed;
	uint8_t op;

	d->l3_offset = position(d);
	fixed = header(d, 8);
	if (!fixed || be48_at(fixed) != ethernet_ipv4)
		return end(d, "ARP, and not of IPv4 over Ethernet");
	op = fixed[7];
	p = header(d, 20);
	if (!p)
		return LAYER_END;
	saw_header(d, "ARP", fixed, 28);
	saw(d, FLOW_ARP_OP, fixed + 7, 1);
	saw(d, FLOW_ARP_SHA, p, 6);
	saw(d, FLOW_ARP_SIP, p + 6, 4);
	saw(d, FLOW_ARP_THA, p + 10, 6);
	saw(d, FLOW_ARP_TIP, p + 16, 4);
	flow_key_set(d->key, FLOW_ARP_OP, op);
	flow_key_set(d->key, FLOW_ARP_SHA, be48_at(p));
	flow_key_set(d->key, FLOW_ARP_SIP, be32_at(p + 6));
	flow_key_set(d->key, FLOW_ARP_THA, be48_at(p + 10));
	flow_key_set(d->key, FLOW_ARP_TIP, be32_at(p + 16));
	d->present |= FLOW_PRESENT(ARP);
	return end(d, "ARP has been read; nothing is behind it");
}

static enum layer mpls(struct dissection *d)
{
	const uint8_t *p;

	d->l3_offset = position(d);
	p = header(d, 4);
	if (!p)
		return LAYER_END;
	flow_key_set(d->key, FLOW_MPLS_LSE, be32_at(p));
	d->present |= FLOW_PRESENT(MPLS);
	saw_header(d, "MPLS label", p, 4);
	saw(d, FLOW_MPLS_LSE, p, 4);
	return end(d, "behind the first MPLS label nothing is read");
}

/* The Ethernet type of what a PPP frame holds, 0 where the kernel's dissector does not go on. */
static uint16_t type_of_ppp(uint16_t ppp_proto)
{
	switch (ppp_proto) {
	case 0x0021: return ETHERTYPE_IP;
	case 0x0057: return ETHERTYPE_IPV6;
	case 0x0281: return TYPE_MPLS;
	case 0x0283: return TYPE_MPLS_MULTICAST;
	default: return 0;
	}
}

static enum layer pppoe(struct dissection *d)
{
	const uint16_t version_1_type_1_code_0 = 0x1100;
	const uint8_t *p = header(d, 8);
	uint16_t ppp_proto, type;
	uint32_t session_end;

	if (!p || be16_at(p) != version_1_type_1_code_0)
		return end(d, "PPPoE, and not version 1, type 1, code 0");
	/* An odd number below an even one, else it is no PPP protocol (RFC 1661) or compressed. */
	ppp_proto = be16_at(p + 6);
	if ((ppp_proto & 0x0101) != 0x0001)
		return end(d, "a PPP protocol that is compressed, or none");
	flow_key_set(d->key, FLOW_PPPOE_SESSION_ID, be16_at(p + 2));
	flow_key_set(d->key, FLOW_PPPOE_PPP_PROTO, ppp_proto);
	d->present |= FLOW_PRESENT(PPPOE);
	saw_header(d, "PPPoE", p, 8);
	saw(d, FLOW_PPPOE_SESSION_ID, p + 2, 2);
	saw(d, FLOW_PPPOE_PPP_PROTO, p + 6, 2);
	/* The length counts from the PPP protocol on. */
	session_end = position(d) - 2 + be16_at(p + 4);
	if (session_end < position(d) || session_end > d->wire_end)
		contradicts(d, "the PPPoE length reaches beyond the frame, or ends before PPP");
	else
		d->wire_end = session_end;
	type = type_of_ppp(ppp_proto);
	if (!type)
		return end(d, "PPP carries neither IPv4, IPv6 nor MPLS");
	saw_bits(d, FLOW_BASIC_N_PROTO, p + 6, 0, 16, true);
	return layer_of_type(d, type);
}

static const char later_fragment[] = "a later fragment: it has no transport header";

/* Of several fragment headers (nobody sends that) the last one decides. */
static void fragment(struct dissection *d, bool first)
{
	d->control_flags = FLOW_DIS_IS_FRAGMENT | (first ? FLOW_DIS_FIRST_FRAG : 0);
	if (!first)
		d->flags |= DISSECT_LATER_FRAGMENT;
}

static void know_ip_proto(struct dissection *d, uint8_t ip_proto)
{
	d->ip_proto = ip_proto;
	d->present |= FLOW_PRESENT_IP_PROTO;
}

static void ipv4_fields(struct dissection *d, const uint8_t *p)
{
	const uint16_t more_or_offset = 0x3fff, offset = 0x1fff;
	uint16_t word = be16_at(p + 6);

	flow_key_set(d->key, FLOW_IP_TOS, p[1]);
	flow_key_set(d->key, FLOW_IP_TTL, p[8]);
	flow_key_set(d->key, FLOW_IPV4_SRC, be32_at(p + 12));
	flow_key_set(d->key, FLOW_IPV4_DST, be32_at(p + 16));
	d->present |= FLOW_PRESENT(IPV4_ADDRS) | FLOW_PRESENT(IP);
	d->addr_type = FLOW_DISSECTOR_KEY_IPV4_ADDRS;
	saw(d, FLOW_IP_TOS, p + 1, 1);
	saw(d, FLOW_IP_TTL, p + 8, 1);
	saw(d, FLOW_IPV4_SRC, p + 12, 4);
	saw(d, FLOW_IPV4_DST, p + 16, 4);
	saw_bits(d, FLOW_CONTROL_ADDR_TYPE, p, 0, 4, true);
	if (word & more_or_offset) {
		fragment(d, !(word & offset));
		saw_bits(d, FLOW_CONTROL_FLAGS, p + 6, 2, 14, true);
	}
}

static enum layer ipv4(struct dissection *d)
{
	uint32_t header_size, total;
	const uint8_t *p;

	d->l3_offset = position(d);
	p = header(d, 20);
	if (!p)
		return LAYER_END;
	saw_header(d, "IPv4", p, 20);
	ipv4_fields(d, p);
	header_size = (p[0] & 0x0fu) * 4;
	total = be16_at(p + 2);
	if (p[0] >> 4 != 4 || header_size < 20 || total < header_size || beyond_wire(d, total - 20))
		return malformed(d, "the IPv4 header contradicts itself or the frame (version, "
				    "header length or total length)");
	know_ip_proto(d, p[9]);
	saw(d, FLOW_BASIC_IP_PROTO, p + 9, 1);
	d->payload_end = d->l3_offset + total;
	if (!header(d, header_size - 20))
		return LAYER_END;
	grow_header(d, header_size - 20);
	if (d->flags & DISSECT_LATER_FRAGMENT)
		return end(d, later_fragment);
	return LAYER_TRANSPORT;
}

static void set_next_header(struct dissection *d, const uint8_t *p)
{
	d->next_header = *p;
	d->next_header_at = p;
}

static enum layer ipv6(struct dissection *d)
{
	uint32_t payload;
	const uint8_t *p;

	d->l3_offset = position(d);
	p = header(d, 40);
	if (!p)
		return LAYER_END;
	flow_key_set(d->key, FLOW_IP_TOS, be16_at(p) >> 4 & 0xff);
	flow_key_set(d->key, FLOW_IP_TTL, p[7]);
	flow_key_set_128(d->key, FLOW_IPV6_SRC, be64_at(p + 8), be64_at(p + 16));
	flow_key_set_128(d->key, FLOW_IPV6_DST, be64_at(p + 24), be64_at(p + 32));
	d->present |= FLOW_PRESENT(IPV6_ADDRS) | FLOW_PRESENT(IP);
	d->addr_type = FLOW_DISSECTOR_KEY_IPV6_ADDRS;
	saw_header(d, "IPv6", p, 40);
	saw_bits(d, FLOW_IP_TOS, p, 4, 8, false);
	saw(d, FLOW_IP_TTL, p + 7, 1);
	saw(d, FLOW_IPV6_SRC, p + 8, 16);
	saw(d, FLOW_IPV6_DST, p + 24, 16);
	saw_bits(d, FLOW_CONTROL_ADDR_TYPE, p, 0, 4, true);
	payload = be16_at(p + 4);
	if (p[0] >> 4 != 6 || beyond_wire(d, payload))
		return malformed(d, "the IPv6 header contradicts itself or the frame (version or "
				    "payload length)");
	if (payload)
		d->payload_end = position(d) + payload;
	set_next_header(d, p + 6);
	return LAYER_IPV6_NEXT;
}

/* An extension header that says its size: (length + bias) units. */
static enum layer ipv6_skip(struct dissection *d, uint32_t bias, uint32_t unit)
{
	const uint8_t *p = header(d, 2);

	if (!p || !header(d, (p[1] + bias) * unit - 2))
		return LAYER_END;
	saw_header(d, "IPv6 extension header", p, (p[1] + bias) * unit);
	set_next_header(d, p);
	return LAYER_IPV6_NEXT;
}

static enum layer ipv6_fragment(struct dissection *d)
{
	const uint8_t *p = header(d, 8);

	if (!p)
		return LAYER_END;
	saw_header(d, "IPv6 fragment header", p, 8);
	set_next_header(d, p);
	fragment(d, !(be16_at(p + 2) & 0xfff8));
	saw_bits(d, FLOW_CONTROL_FLAGS, p + 2, 0, 13, true);
	return LAYER_IPV6_NEXT;
}

static enum layer ipv6_next(struct dissection *d)
{
	if (d->payload_end != END_UNKNOWN && position(d) > d->payload_end)
		/* And on: software does not look at this. */
		contradicts(d, "an IPv6 extension header reaches beyond the payload");
	if (d->flags & DISSECT_LATER_FRAGMENT) {
		know_ip_proto(d, d->next_header);
		saw(d, FLOW_BASIC_IP_PROTO, d->next_header_at, 1);
		return end(d, later_fragment);
	}
	switch (d->next_header) {
	case IPPROTO_HOPOPTS:
	case IPPROTO_ROUTING:
	case IPPROTO_DSTOPTS: d->flags |= DISSECT_IPV6_EXTENSION; return ipv6_skip(d, 1, 8);
	case IPPROTO_AH: d->flags |= DISSECT_IPV6_EXTENSION; return ipv6_skip(d, 2, 4);
	case IPPROTO_FRAGMENT: d->flags |= DISSECT_IPV6_EXTENSION; return ipv6_fragment(d);
	}
	know_ip_proto(d, d->next_header);
	saw(d, FLOW_BASIC_IP_PROTO, d->next_header_at, 1);
	return LAYER_TRANSPORT;
}

/* True where a size that a transport header tells can't be, given what IP told. */
static bool beyond_payload(const struct dissection *d, uint32_t size)
{
	if (d->payload_end == END_UNKNOWN || d->control_flags & FLOW_DIS_IS_FRAGMENT)
		return false;
	return d->l4_offset + size > d->payload_end;
}

static bool ports(struct dissection *d, const char *name)
{
	const uint8_t *p = header(d, 4);

	if (!p)
		return false;
	saw_header(d, name, p, 4);
	saw(d, FLOW_PORTS_SRC, p, 2);
	saw(d, FLOW_PORTS_DST, p + 2, 2);
	flow_key_set(d->key, FLOW_PORTS_SRC, be16_at(p));
	flow_key_set(d->key, FLOW_PORTS_DST, be16_at(p + 2));
	d->present |= FLOW_PRESENT(PORTS);
	return true;
}

static void tcp(struct dissection *d)
{
	const uint8_t *p = ports(d, "TCP") ? header(d, 16) : NULL;
	uint32_t header_size;

	if (!p)
		return;
	grow_header(d, 16);
	header_size = (p[8] >> 4) * 4u;
	if (header_size < 20 || beyond_payload(d, header_size))
		contradicts(d, "the TCP data offset is below 5, or beyond the IP payload");
	if (header_size < 20)
		return;
	flow_key_set(d->key, FLOW_TCP_FLAGS, be16_at(p + 8) & 0x0fff);
	saw_bits(d, FLOW_TCP_FLAGS, p + 8, 4, 12, false);
	d->present |= FLOW_PRESENT(TCP);
}

static void udp(struct dissection *d)
{
	const uint8_t *p = ports(d, "UDP") ? header(d, 4) : NULL;
	uint32_t size;

	if (!p)
		return;
	grow_header(d, 4);
	size = be16_at(p);
	if (size == 0 && d->payload_end == END_UNKNOWN)
		return; /* a jumbogram's */
	if (size < 8 || beyond_payload(d, size))
		contradicts(d, "the UDP length is below 8, or beyond the IP payload");
}

static void icmp(struct dissection *d, size_t header_size)
{
	const uint8_t *p = header(d, header_size);

	if (!p)
		return;
	flow_key_set(d->key, FLOW_ICMP_TYPE, p[0]);
	flow_key_set(d->key, FLOW_ICMP_CODE, p[1]);
	saw_header(d, header_size == 4 ? "ICMPv6" : "ICMP", p, (uint32_t)header_size);
	saw(d, FLOW_ICMP_TYPE, p, 1);
	saw(d, FLOW_ICMP_CODE, p + 1, 1);
	d->present |= FLOW_PRESENT(ICMP);
}

static enum layer transport(struct dissection *d)
{
	d->l4_offset = position(d);
	switch (d->ip_proto) {
	case IPPROTO_TCP: tcp(d); break;
	case IPPROTO_UDP: udp(d); break;
	case IPPROTO_SCTP: (void)ports(d, "SCTP"); break;
	case IPPROTO_ICMP: icmp(d, 8); break;
	case IPPROTO_ICMPV6: icmp(d, 4); break;
	default: return end(d, "the parser reads nothing of this IP protocol");
	}
	return end(d, "the transport header has been read; the rest is payload");
}

static enum layer step(struct dissection *d, enum layer layer)
{
	switch (layer) {
	case LAYER_END: break;
	case LAYER_ETHERNET: return ethernet(d);
	case LAYER_VLAN: return vlan(d);
	case LAYER_ARP: return arp(d);
	case LAYER_MPLS: return mpls(d);
	case LAYER_PPPOE: return pppoe(d);
	case LAYER_IPV4: return ipv4(d);
	case LAYER_IPV6: return ipv6(d);
	case LAYER_IPV6_NEXT: return ipv6_next(d);
	case LAYER_TRANSPORT: return transport(d);
	}
	return LAYER_END;
}

static uint32_t flags_of_record(const struct packet *packet)
{
	if (packet->captured < packet->length)
		return DISSECT_TRUNCATED;
	return packet->captured > packet->length ? DISSECT_MALFORMED : 0;
}

static void parse(const struct packet *packet, struct flow_key *key, struct dissect_result *result,
		  struct dissect_trace *trace)
{
	struct dissection d = {
		.cursor = cursor_over(packet->data, packet->captured),
		.key = key,
		.trace = trace,
		.present = FLOW_PRESENT(CONTROL),
		.flags = flags_of_record(packet),
		/* Bytes that are there were on the wire, whatever the record says. */
		.wire_end = packet->length > packet->captured ? packet->length : packet->captured,
	};

	memset(key, 0, sizeof(*key));
	for (enum layer layer = LAYER_ETHERNET; layer != LAYER_END;)
		layer = step(&d, layer);
	key->word[0] = d.present;
	flow_key_set(key, FLOW_BASIC_N_PROTO, d.n_proto);
	flow_key_set(key, FLOW_BASIC_IP_PROTO, d.ip_proto);
	flow_key_set(key, FLOW_CONTROL_ADDR_TYPE, d.addr_type);
	flow_key_set(key, FLOW_CONTROL_FLAGS, d.control_flags);
	if (result)
		*result = (struct dissect_result){d.flags, d.l3_offset, d.l4_offset, d.vlan_tags};
}

#endif
