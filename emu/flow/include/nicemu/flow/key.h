/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The flow key: what a NIC's parser hands to its tables, one packet, fixed size.
 *
 * What: an array of 64-bit words in host byte order. Each field has a fixed word, shift and width,
 * given by one table (flow_fields), which also knows the kernel's name for it and where it sits in
 * the kernel's dissector structs. The dissector, the translation, printing, JSON and the generators
 * all work from that table; nobody else knows the layout.
 *
 * Why: two keys compare with a few 64-bit operations ((key ^ value) & mask), and a fast table can
 * pick just the words that its rules use. There are no pointers and no padding that is not zero, so
 * keys can be hashed and compared as bytes.
 *
 * Presence: the first word holds one bit per dissector key that the packet had (FLOW_PRESENT), next
 * to the number of the ingress port. An entry that looks at a field also asks for its presence bit,
 * so that a zero value never matches a packet without the field. BASIC is the one dissector key
 * whose fields come from different headers: any frame has n_proto, but ip_proto only a sound IP
 * header, so ip_proto has a bit of its own next to the dissector keys' (FLOW_PRESENT_IP_PROTO).
 * flow_field_presence tells the bits of any field.
 *
 * Numbers in fields are plain values: n_proto of IPv4 is 0x0800, a MAC address is a 48-bit number
 * with its first byte on top, an IPv6 address takes two words, first half in the first.
 *
 * Chunks: words are grouped by four, 32 bytes, one vector register. What most rules look at is in
 * chunk 0 (port, presence, types, IPv4 addresses, ports), IPv6 addresses are chunk 1, the link
 * layer chunk 2, ARP, PPPoE and MPLS chunk 3; so a table of IPv4 rules touches 32 bytes of a key.
 *
 * Threading: values and constant tables; nothing is shared.
 */
#ifndef NICEMU_FLOW_KEY_H
#define NICEMU_FLOW_KEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { FLOW_KEY_WORDS = 16, FLOW_CHUNK_WORDS = 4, FLOW_CHUNKS = 4 };

struct flow_key {
	uint64_t word[FLOW_KEY_WORDS];
};

/*
 * The kernel's dissector keys (enum flow_dissector_key_id), same numbers as in 6.12. used_keys has
 * bit 1 << FLOW_DISSECTOR_KEY_x. Only those with fields below can be matched by a NIC.
 */
#define FLOW_DISSECTOR_KEYS(X) \
	X(CONTROL, 0)          \
	X(BASIC, 1)            \
	X(IPV4_ADDRS, 2)       \
	X(IPV6_ADDRS, 3)       \
	X(PORTS, 4)            \
	X(PORTS_RANGE, 5)      \
	X(ICMP, 6)             \
	X(ETH_ADDRS, 7)        \
	X(TIPC, 8)             \
	X(ARP, 9)              \
	X(VLAN, 10)            \
	X(FLOW_LABEL, 11)      \
	X(GRE_KEYID, 12)       \
	X(MPLS_ENTROPY, 13)    \
	X(ENC_KEYID, 14)       \
	X(ENC_IPV4_ADDRS, 15)  \
	X(ENC_IPV6_ADDRS, 16)  \
	X(ENC_CONTROL, 17)     \
	X(ENC_PORTS, 18)       \
	X(MPLS, 19)            \
	X(TCP, 20)             \
	X(IP, 21)              \
	X(CVLAN, 22)           \
	X(ENC_IP, 23)          \
	X(ENC_OPTS, 24)        \
	X(META, 25)            \
	X(CT, 26)              \
	X(HASH, 27)            \
	X(NUM_OF_VLANS, 28)    \
	X(PPPOE, 29)           \
	X(L2TPV3, 30)          \
	X(CFM, 31)             \
	X(IPSEC, 32)

enum flow_dissector_key_id {
#define X(ID, NUMBER) FLOW_DISSECTOR_KEY_##ID = NUMBER,
	FLOW_DISSECTOR_KEYS(X)
#undef X
		FLOW_DISSECTOR_KEY_COUNT
};

/* "BASIC", "IPV4_ADDRS" …; NULL for a number that is none. */
const char *flow_dissector_key_name(enum flow_dissector_key_id id);
/* The key has fields in the flow key. */
bool flow_dissector_key_has_fields(enum flow_dissector_key_id id);

/* Bits of CONTROL.flags, as in the kernel. */
enum { FLOW_DIS_IS_FRAGMENT = 1u << 0, FLOW_DIS_FIRST_FRAG = 1u << 1 };

/* How a field is written for people. */
enum flow_field_format {
	FLOW_FORMAT_DECIMAL,
	FLOW_FORMAT_HEX,
	FLOW_FORMAT_MAC,
	FLOW_FORMAT_IPV4,
	FLOW_FORMAT_IPV6,
};

/* Byte order of a field inside the kernel's dissector struct. */
enum flow_byte_order { FLOW_NETWORK_ORDER, FLOW_HOST_ORDER };

/*
 * id, dissector key, kernel's name, byte offset and size in the kernel's struct, byte order there,
 * word, shift, width in bits, format.
 */
#define FLOW_FIELDS(X)                                                                         \
	X(META_INGRESS_IFINDEX, META, "meta.ingress_ifindex", 0, 4, HOST, 11, 32, 32, DECIMAL) \
	X(META_INGRESS_IFTYPE, META, "meta.ingress_iftype", 4, 2, HOST, 1, 16, 16, DECIMAL)    \
	X(BASIC_N_PROTO, BASIC, "basic.n_proto", 0, 2, NETWORK, 1, 0, 16, HEX)                 \
	X(BASIC_IP_PROTO, BASIC, "basic.ip_proto", 2, 1, NETWORK, 1, 40, 8, DECIMAL)           \
	X(CONTROL_ADDR_TYPE, CONTROL, "control.addr_type", 2, 2, HOST, 1, 48, 16, DECIMAL)     \
	X(CONTROL_FLAGS, CONTROL, "control.flags", 4, 4, HOST, 11, 0, 32, HEX)                 \
	X(ETH_DST, ETH_ADDRS, "eth_addrs.dst", 0, 6, NETWORK, 8, 16, 48, MAC)                  \
	X(ETH_SRC, ETH_ADDRS, "eth_addrs.src", 6, 6, NETWORK, 9, 16, 48, MAC)                  \
	X(VLAN_TCI, VLAN, "vlan.vlan_tci", 0, 2, HOST, 10, 48, 16, HEX)                        \
	X(VLAN_TPID, VLAN, "vlan.vlan_tpid", 2, 2, NETWORK, 10, 32, 16, HEX)                   \
	X(CVLAN_TCI, CVLAN, "cvlan.vlan_tci", 0, 2, HOST, 10, 16, 16, HEX)                     \
	X(CVLAN_TPID, CVLAN, "cvlan.vlan_tpid", 2, 2, NETWORK, 10, 0, 16, HEX)                 \
	X(IPV4_SRC, IPV4_ADDRS, "ipv4_addrs.src", 0, 4, NETWORK, 2, 32, 32, IPV4)              \
	X(IPV4_DST, IPV4_ADDRS, "ipv4_addrs.dst", 4, 4, NETWORK, 2, 0, 32, IPV4)               \
	X(IPV6_SRC, IPV6_ADDRS, "ipv6_addrs.src", 0, 16, NETWORK, 4, 0, 128, IPV6)             \
	X(IPV6_DST, IPV6_ADDRS, "ipv6_addrs.dst", 16, 16, NETWORK, 6, 0, 128, IPV6)            \
	X(PORTS_SRC, PORTS, "ports.src", 0, 2, NETWORK, 3, 48, 16, DECIMAL)                    \
	X(PORTS_DST, PORTS, "ports.dst", 2, 2, NETWORK, 3, 32, 16, DECIMAL)                    \
	X(TCP_FLAGS, TCP, "tcp.flags", 0, 2, NETWORK, 3, 16, 16, HEX)                          \
	X(ICMP_TYPE, ICMP, "icmp.type", 0, 1, NETWORK, 3, 8, 8, DECIMAL)                       \
	X(ICMP_CODE, ICMP, "icmp.code", 1, 1, NETWORK, 3, 0, 8, DECIMAL)                       \
	X(IP_TOS, IP, "ip.tos", 0, 1, NETWORK, 1, 32, 8, HEX)                                  \
	X(IP_TTL, IP, "ip.ttl", 1, 1, NETWORK, 9, 8, 8, DECIMAL)                               \
	X(ARP_SIP, ARP, "arp.sip", 0, 4, NETWORK, 12, 32, 32, IPV4)                            \
	X(ARP_TIP, ARP, "arp.tip", 4, 4, NETWORK, 12, 0, 32, IPV4)                             \
	X(ARP_OP, ARP, "arp.op", 8, 1, NETWORK, 9, 0, 8, DECIMAL)                              \
	X(ARP_SHA, ARP, "arp.sha", 9, 6, NETWORK, 13, 16, 48, MAC)                             \
	X(ARP_THA, ARP, "arp.tha", 15, 6, NETWORK, 14, 16, 48, MAC)                            \
	X(PPPOE_SESSION_ID, PPPOE, "pppoe.session_id", 0, 2, NETWORK, 13, 0, 16, DECIMAL)      \
	X(PPPOE_PPP_PROTO, PPPOE, "pppoe.ppp_proto", 2, 2, NETWORK, 14, 0, 16, HEX)            \
	X(MPLS_LSE, MPLS, "mpls.ls[0]", 0, 4, NETWORK, 15, 32, 32, HEX)

enum flow_field_id {
#define X(id, ...) FLOW_##id,
	FLOW_FIELDS(X)
#undef X
		FLOW_FIELD_COUNT
};

struct flow_field {
	const char *name; /* the kernel's: "ipv4_addrs.src" */
	enum flow_dissector_key_id key;
	uint8_t struct_offset,
		struct_size; /* in the kernel's struct of that dissector key, bytes */
	enum flow_byte_order struct_order;
	uint8_t word, shift, width; /* bits; a 128-bit field takes word and word + 1 */
	enum flow_field_format format;
};

extern const struct flow_field flow_fields[FLOW_FIELD_COUNT];

/*
 * Word 0: presence bits (bit n = dissector key n, and one for basic.ip_proto) below, number of the
 * ingress port above.
 */
enum { FLOW_PORT_SHIFT = 48 };
#define FLOW_PORT_MASK        (UINT64_C(0xffff) << FLOW_PORT_SHIFT)
#define FLOW_PRESENT(KEY)     (UINT64_C(1) << FLOW_DISSECTOR_KEY_##KEY)
#define FLOW_PRESENT_IP_PROTO (UINT64_C(1) << 40)

/* The bits of word 0 that are all set in a packet's key where the packet had this field. */
static inline uint64_t flow_field_presence(enum flow_field_id id)
{
	uint64_t bits = UINT64_C(1) << flow_fields[id].key;

	return id == FLOW_BASIC_IP_PROTO ? bits | FLOW_PRESENT_IP_PROTO : bits;
}

/*
 * Where the fields are, once more and in the header: with an id that is a constant the compiler
 * folds the inline functions below to a shift and an OR.
 */
static const struct flow_position {
	uint8_t word, shift, width;
} flow_positions[FLOW_FIELD_COUNT] = {
#define X(ID, KEY, NAME, OFFSET, SIZE, ORDER, WORD, SHIFT, WIDTH, FORMAT) {WORD, SHIFT, WIDTH},
	FLOW_FIELDS(X)
#undef X
};

/* A field of at most 64 bits. flow_key_set ORs: the field must be zero before. */
static inline uint64_t flow_key_get(const struct flow_key *key, enum flow_field_id id)
{
	struct flow_position p = flow_positions[id];
	uint64_t mask = p.width >= 64 ? ~UINT64_C(0) : (UINT64_C(1) << p.width) - 1;

	return key->word[p.word] >> p.shift & mask;
}

static inline void flow_key_set(struct flow_key *key, enum flow_field_id id, uint64_t value)
{
	key->word[flow_positions[id].word] |= value << flow_positions[id].shift;
}

/* A field of 128 bits, first half in high. Replaces what the field held. */
static inline void flow_key_set_128(struct flow_key *key, enum flow_field_id id, uint64_t high,
				    uint64_t low)
{
	key->word[flow_positions[id].word] = high;
	key->word[flow_positions[id].word + 1] = low;
}

/*
 * A field of any width as struct_size bytes, most significant first. flow_key_store replaces what
 * the field held; flow_key_load writes struct_size bytes.
 */
void flow_key_store(struct flow_key *key, enum flow_field_id id, const uint8_t *bytes);
void flow_key_load(const struct flow_key *key, enum flow_field_id id, uint8_t *bytes);

/* True where every bit of the field is 0 (ones: is 1). */
bool flow_field_is_zero(const struct flow_key *key, enum flow_field_id id);
bool flow_field_is_ones(const struct flow_key *key, enum flow_field_id id);

/* At most 16 bytes, most significant first, as people write them in a format. */
void flow_bytes_print(enum flow_field_format format, const uint8_t *bytes, size_t length,
		      char *text, size_t size);

/* The field as people write it ("10.0.0.1", "0x0800", "80"); at most size bytes with the NUL. */
void flow_field_print(const struct flow_key *key, enum flow_field_id id, char *text, size_t size);

#endif
