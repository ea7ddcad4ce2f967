/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The reference dissector: for every field the question "is it in this frame, and where", answered
 * from the start, by offsets. Slow and plain; it shares nothing with the dissector but the
 * contract.
 */
#include "frames.h"

#include <string.h>

/* What the questions below found out about one frame. */
struct facts {
	const struct packet *packet;
	uint32_t tags;
	uint32_t type_at; /* where the two bytes of the last type are */
	uint32_t type;
	bool tag_cut;

	bool pppoe, pppoe_cut, pppoe_lies;
	uint32_t wire_end;
	uint32_t l3;

	bool ip4, ip6, ip_cut, ip_lies; /* ip4, ip6: the fixed header is there */
	bool fragment, later;
	bool extensions, extension_cut, extension_lies;
	bool has_protocol;
	uint32_t protocol;
	uint32_t l4;     /* 0: nothing of L4 */
	uint32_t ip_end; /* 0: not told */
};

static bool there(const struct packet *packet, uint64_t offset, uint64_t size)
{
	return offset + size <= packet->captured;
}

static uint64_t number(const struct packet *packet, uint64_t offset, uint32_t size)
{
	uint64_t value = 0;

	for (uint32_t i = 0; i < size; i++)
		value = value * 256 + packet->data[offset + i];
	return value;
}

static uint32_t u8(const struct facts *f, uint64_t offset)
{
	return (uint32_t)number(f->packet, offset, 1);
}

static uint32_t u16(const struct facts *f, uint64_t offset)
{
	return (uint32_t)number(f->packet, offset, 2);
}

static void put(struct flow_key *key, enum flow_field_id id, const struct facts *f, uint64_t offset)
{
	flow_key_store(key, id, f->packet->data + offset);
}

static void put_number(struct flow_key *key, enum flow_field_id id, uint64_t value)
{
	uint8_t bytes[16] = {0};
	uint8_t size = flow_fields[id].struct_size;

	for (int i = size - 1; i >= 0; i--, value /= 256)
		bytes[i] = (uint8_t)(value % 256);
	flow_key_store(key, id, bytes);
}

static bool is_tag(uint32_t type)
{
	return type == 0x8100 || type == 0x88a8;
}

static void find_type(struct facts *f)
{
	f->type_at = 12;
	f->type = u16(f, 12);
	while (is_tag(f->type)) {
		if (!there(f->packet, f->type_at + 2, 4)) {
			f->tag_cut = true;
			return;
		}
		f->tags++;
		f->type_at += 4;
		f->type = u16(f, f->type_at);
	}
	f->l3 = f->type_at + 2;
}

static void find_pppoe(struct facts *f)
{
	uint32_t at = f->type_at + 2, length, inner;

	if (f->tag_cut || f->type != 0x8864)
		return;
	f->l3 = 0;
	f->pppoe_cut = !there(f->packet, at, 8);
	if (f->pppoe_cut || u8(f, at) != 0x11 || u8(f, at + 1) != 0)
		return;
	if (u8(f, at + 6) % 2 != 0 || u8(f, at + 7) % 2 != 1)
		return;
	f->pppoe = true;
	length = u16(f, at + 4);
	f->pppoe_lies = length < 2 || at + 6 + length > f->wire_end;
	if (!f->pppoe_lies)
		f->wire_end = at + 6 + length;
	inner = u16(f, at + 6);
	if (inner == 0x0021)
		f->type = 0x0800;
	else if (inner == 0x0057)
		f->type = 0x86dd;
	else if (inner == 0x0281)
		f->type = 0x8847;
	else if (inner == 0x0283)
		f->type = 0x8848;
	f->l3 = at + 8;
}

static void find_ip4(struct facts *f)
{
	uint32_t total, header;

	if (f->tag_cut || f->type != 0x0800)
		return;
	f->ip_cut = !there(f->packet, f->l3, 20);
	if (f->ip_cut)
		return;
	f->ip4 = true;
	header = u8(f, f->l3) % 16 * 4;
	total = u16(f, f->l3 + 2);
	f->later = u16(f, f->l3 + 6) % 0x2000 != 0;
	f->fragment = f->later || u16(f, f->l3 + 6) / 0x2000 % 2 == 1;
	f->ip_lies = u8(f, f->l3) / 16 != 4 || header < 20 || total < header ||
		     f->l3 + total > f->wire_end;
	if (f->ip_lies)
		return;
	f->has_protocol = true;
	f->protocol = u8(f, f->l3 + 9);
	f->ip_end = f->l3 + total;
	f->extension_cut = !there(f->packet, f->l3, header);
	if (!f->extension_cut && !f->later)
		f->l4 = f->l3 + header;
}

/* The size of the IPv6 extension header `number`; 0: it is none. */
static uint32_t extension_size(const struct facts *f, uint32_t number_of, uint32_t at)
{
	switch (number_of) {
	case 0:
	case 43:
	case 60: return there(f->packet, at, 2) ? (u8(f, at + 1) + 1) * 8 : 2;
	case 44: return 8;
	case 51: return there(f->packet, at, 2) ? (u8(f, at + 1) + 2) * 4 : 2;
	default: return 0;
	}
}

static void walk_extensions(struct facts *f)
{
	uint32_t at = f->l3 + 40, next = u8(f, f->l3 + 6), size;

	while (!f->later && (size = extension_size(f, next, at)) != 0) {
		f->extensions = true;
		f->extension_cut = !there(f->packet, at, size);
		if (f->extension_cut)
			return;
		if (next == 44) {
			f->fragment = true;
			f->later = u16(f, at + 2) / 8 != 0;
		}
		next = u8(f, at);
		at += size;
		f->extension_lies = f->ip_end && at > f->ip_end;
	}
	f->has_protocol = true;
	f->protocol = next;
	if (!f->later)
		f->l4 = at;
}

static void find_ip6(struct facts *f)
{
	uint32_t payload;

	if (f->tag_cut || f->type != 0x86dd)
		return;
	f->ip_cut = !there(f->packet, f->l3, 40);
	if (f->ip_cut)
		return;
	f->ip6 = true;
	payload = u16(f, f->l3 + 4);
	f->ip_lies = u8(f, f->l3) / 16 != 6 || f->l3 + 40 + payload > f->wire_end;
	if (payload != 0)
		f->ip_end = f->l3 + 40 + payload;
	if (!f->ip_lies)
		walk_extensions(f);
}

static void put_link(const struct facts *f, struct flow_key *key)
{
	put(key, FLOW_ETH_DST, f, 0);
	put(key, FLOW_ETH_SRC, f, 6);
	put_number(key, FLOW_BASIC_N_PROTO, f->type);
	key->word[0] |= FLOW_PRESENT(ETH_ADDRS) | FLOW_PRESENT(BASIC);
	if (f->tags > 0) {
		put(key, FLOW_VLAN_TPID, f, 12);
		put(key, FLOW_VLAN_TCI, f, 14);
		key->word[0] |= FLOW_PRESENT(VLAN);
	}
	if (f->tags > 1) {
		put(key, FLOW_CVLAN_TPID, f, 16);
		put(key, FLOW_CVLAN_TCI, f, 18);
		key->word[0] |= FLOW_PRESENT(CVLAN);
	}
	if (f->pppoe) {
		put(key, FLOW_PPPOE_SESSION_ID, f, f->type_at + 4);
		put(key, FLOW_PPPOE_PPP_PROTO, f, f->type_at + 8);
		key->word[0] |= FLOW_PRESENT(PPPOE);
	}
}

static void put_ip(const struct facts *f, struct flow_key *key)
{
	if (f->ip4) {
		put(key, FLOW_IPV4_SRC, f, f->l3 + 12);
		put(key, FLOW_IPV4_DST, f, f->l3 + 16);
		put(key, FLOW_IP_TOS, f, f->l3 + 1);
		put(key, FLOW_IP_TTL, f, f->l3 + 8);
		put_number(key, FLOW_CONTROL_ADDR_TYPE, 2);
		key->word[0] |= FLOW_PRESENT(IPV4_ADDRS) | FLOW_PRESENT(IP);
	}
	if (f->ip6) {
		put(key, FLOW_IPV6_SRC, f, f->l3 + 8);
		put(key, FLOW_IPV6_DST, f, f->l3 + 24);
		put_number(key, FLOW_IP_TOS, u16(f, f->l3) / 16 % 256);
		put(key, FLOW_IP_TTL, f, f->l3 + 7);
		put_number(key, FLOW_CONTROL_ADDR_TYPE, 3);
		key->word[0] |= FLOW_PRESENT(IPV6_ADDRS) | FLOW_PRESENT(IP);
	}
	if (f->fragment)
		put_number(key, FLOW_CONTROL_FLAGS, f->later ? 1 : 3);
	if (f->has_protocol) {
		put_number(key, FLOW_BASIC_IP_PROTO, f->protocol);
		key->word[0] |= FLOW_PRESENT_IP_PROTO;
	}
}

/* ARP and MPLS. True where the header is cut. */
static bool put_other_l3(const struct facts *f, struct flow_key *key)
{
	static const uint8_t ethernet_ipv4[6] = {0, 1, 8, 0, 6, 4};

	if (f->tag_cut)
		return false;
	if (f->type == 0x8847 || f->type == 0x8848) {
		if (!there(f->packet, f->l3, 4))
			return true;
		put(key, FLOW_MPLS_LSE, f, f->l3);
		key->word[0] |= FLOW_PRESENT(MPLS);
	}
	if (f->type != 0x0806 && f->type != 0x8035)
		return false;
	if (!there(f->packet, f->l3, 8))
		return true;
	if (memcmp(f->packet->data + f->l3, ethernet_ipv4, 6))
		return false;
	if (!there(f->packet, f->l3, 28))
		return true;
	put(key, FLOW_ARP_OP, f, f->l3 + 7);
	put(key, FLOW_ARP_SHA, f, f->l3 + 8);
	put(key, FLOW_ARP_SIP, f, f->l3 + 14);
	put(key, FLOW_ARP_THA, f, f->l3 + 18);
	put(key, FLOW_ARP_TIP, f, f->l3 + 24);
	key->word[0] |= FLOW_PRESENT(ARP);
	return false;
}

/* True where a size told at L4 goes past what IP told. */
static bool too_long(const struct facts *f, uint32_t size)
{
	return f->ip_end && !f->fragment && f->l4 + size > f->ip_end;
}

static uint32_t put_ports(const struct facts *f, struct flow_key *key)
{
	bool ports = f->protocol == 6 || f->protocol == 17 || f->protocol == 132;

	if (!ports)
		return 0;
	if (!there(f->packet, f->l4, 4))
		return DISSECT_SHORT;
	put(key, FLOW_PORTS_SRC, f, f->l4);
	put(key, FLOW_PORTS_DST, f, f->l4 + 2);
	key->word[0] |= FLOW_PRESENT(PORTS);
	return 0;
}

static uint32_t put_tcp(const struct facts *f, struct flow_key *key)
{
	uint32_t offset;

	if (f->protocol != 6)
		return 0;
	if (!there(f->packet, f->l4, 20))
		return DISSECT_SHORT;
	offset = u8(f, f->l4 + 12) / 16 * 4;
	if (offset < 20)
		return DISSECT_MALFORMED;
	put_number(key, FLOW_TCP_FLAGS, u16(f, f->l4 + 12) % 4096);
	key->word[0] |= FLOW_PRESENT(TCP);
	return too_long(f, offset) ? DISSECT_MALFORMED : 0;
}

static uint32_t judge_udp(const struct facts *f)
{
	uint32_t length;

	if (f->protocol != 17)
		return 0;
	if (!there(f->packet, f->l4, 8))
		return DISSECT_SHORT;
	length = u16(f, f->l4 + 4);
	if (length == 0 && !f->ip_end)
		return 0;
	return length < 8 || too_long(f, length) ? DISSECT_MALFORMED : 0;
}

static uint32_t put_icmp(const struct facts *f, struct flow_key *key)
{
	if (f->protocol != 1 && f->protocol != 58)
		return 0;
	if (!there(f->packet, f->l4, f->protocol == 1 ? 8 : 4))
		return DISSECT_SHORT;
	put(key, FLOW_ICMP_TYPE, f, f->l4);
	put(key, FLOW_ICMP_CODE, f, f->l4 + 1);
	key->word[0] |= FLOW_PRESENT(ICMP);
	return 0;
}

static bool has_l3(const struct facts *f)
{
	static const uint32_t types[] = {0x0800, 0x86dd, 0x0806, 0x8035, 0x8847, 0x8848};

	for (size_t i = 0; !f->tag_cut && i < sizeof(types) / sizeof(types[0]); i++)
		if (f->type == types[i])
			return true;
	return false;
}

static uint32_t flags_of(const struct facts *f)
{
	uint32_t flags = 0;
	bool bad_802_3 = !f->tag_cut && f->type < 0x600 && f->type_at + 2 + f->type > f->wire_end;

	if (f->tag_cut || f->pppoe_cut || f->ip_cut || f->extension_cut)
		flags |= DISSECT_SHORT;
	if (f->pppoe_lies || f->ip_lies || f->extension_lies || bad_802_3)
		flags |= DISSECT_MALFORMED;
	if (f->later)
		flags |= DISSECT_LATER_FRAGMENT;
	if (f->extensions)
		flags |= DISSECT_IPV6_EXTENSION;
	return flags;
}

void dissect_reference(const struct packet *packet, struct flow_key *key,
		       struct dissect_result *result)
{
	struct facts f = {.packet = packet};

	memset(key, 0, sizeof(*key));
	memset(result, 0, sizeof(*result));
	key->word[0] = FLOW_PRESENT(CONTROL);
	if (packet->captured < packet->length)
		result->flags |= DISSECT_TRUNCATED;
	if (packet->captured > packet->length)
		result->flags |= DISSECT_MALFORMED;
	f.wire_end = packet->captured > packet->length ? packet->captured : packet->length;
	if (!there(packet, 0, 14)) {
		result->flags |= DISSECT_SHORT;
		return;
	}
	find_type(&f);
	find_pppoe(&f);
	find_ip4(&f);
	find_ip6(&f);
	put_link(&f, key);
	put_ip(&f, key);
	if (put_other_l3(&f, key))
		result->flags |= DISSECT_SHORT;
	if (f.l4)
		result->flags |=
			put_ports(&f, key) | put_tcp(&f, key) | judge_udp(&f) | put_icmp(&f, key);
	result->flags |= flags_of(&f);
	result->l3_offset = has_l3(&f) ? f.l3 : 0;
	result->l4_offset = f.l4;
	result->vlan_tags = (uint8_t)(f.tags > 255 ? 255 : f.tags);
}
