// SPDX-License-Identifier: GPL-2.0
/*
 * Matches: the kernel's dissector keys to fields of the wire.
 *
 * A driver may look at a key only when its bit in used_keys is set. But keys are written that are
 * not flagged (flowtables do that with VLANs), and whoever compares translations wants to see them:
 * where the container of key and mask is known (nf_tables chains, flowtables), it is read whole.
 *
 * Locking: none; the rule belongs to the caller.
 */
#include <linux/build_bug.h>
#include <linux/string.h>
#include <net/netfilter/nf_flow_table.h>
#include <net/netfilter/nf_tables_offload.h>

#include "compat.h"
#include "nsim_nft_offload.h"

#ifdef __LITTLE_ENDIAN
#define IS_LITTLE_ENDIAN true
#else
#define IS_LITTLE_ENDIAN false
#endif

enum order {
	BYTES,	/* bytes, or a number that has its most significant byte first already */
	HOST,	/* a number in the machine's order */
};

struct field {
	u8 id;		/* enum kmod_field_id */
	u8 key;		/* the running kernel's */
	u8 offset;	/* in the key's struct */
	u8 size;
	u8 order;
};

#define FIELD(id_, key_, type_, member_, order_)                                         \
	{                                                                                \
		.id = KMOD_FIELD_##id_, .key = FLOW_DISSECTOR_KEY_##key_,                \
		.offset = offsetof(struct flow_dissector_key_##type_, member_),          \
		.size = sizeof_field(struct flow_dissector_key_##type_, member_),        \
		.order = order_,                                                         \
	}

/*
 * Keys whose names a kernel may lack: stable branches get them at releases of their own. Their
 * numbers are those of mainline wherever they are; a kernel with fewer keys never flags them.
 */
#define NUMBERED(id_, key_, offset_, size_)                                      \
	{                                                                        \
		.id = KMOD_FIELD_##id_, .key = (key_), .offset = (offset_),      \
		.size = (size_), .order = BYTES,                                 \
	}

#if HAVE_ALL_KEYS
static_assert(FLOW_DISSECTOR_KEY_NUM_OF_VLANS == 28);
static_assert(FLOW_DISSECTOR_KEY_PPPOE == 29);
static_assert(FLOW_DISSECTOR_KEY_L2TPV3 == 30);
static_assert(FLOW_DISSECTOR_KEY_CFM == 31);
static_assert(FLOW_DISSECTOR_KEY_IPSEC == 32);
static_assert(offsetof(struct flow_dissector_key_pppoe, ppp_proto) == 2);
static_assert(offsetof(struct flow_dissector_key_cfm, opcode) == 1);
#endif

static const struct field fields[] = {
	FIELD(CONTROL_THOFF, CONTROL, control, thoff, HOST),
	FIELD(CONTROL_ADDR_TYPE, CONTROL, control, addr_type, HOST),
	FIELD(CONTROL_FLAGS, CONTROL, control, flags, HOST),
	FIELD(BASIC_N_PROTO, BASIC, basic, n_proto, BYTES),
	FIELD(BASIC_IP_PROTO, BASIC, basic, ip_proto, BYTES),
	FIELD(IPV4_SRC, IPV4_ADDRS, ipv4_addrs, src, BYTES),
	FIELD(IPV4_DST, IPV4_ADDRS, ipv4_addrs, dst, BYTES),
	FIELD(IPV6_SRC, IPV6_ADDRS, ipv6_addrs, src, BYTES),
	FIELD(IPV6_DST, IPV6_ADDRS, ipv6_addrs, dst, BYTES),
	FIELD(PORTS_SRC, PORTS, ports, src, BYTES),
	FIELD(PORTS_DST, PORTS, ports, dst, BYTES),
	FIELD(PORTS_RANGE_MIN_SRC, PORTS_RANGE, ports_range, tp_min.src, BYTES),
	FIELD(PORTS_RANGE_MIN_DST, PORTS_RANGE, ports_range, tp_min.dst, BYTES),
	FIELD(PORTS_RANGE_MAX_SRC, PORTS_RANGE, ports_range, tp_max.src, BYTES),
	FIELD(PORTS_RANGE_MAX_DST, PORTS_RANGE, ports_range, tp_max.dst, BYTES),
	FIELD(ICMP_TYPE, ICMP, icmp, type, BYTES),
	FIELD(ICMP_CODE, ICMP, icmp, code, BYTES),
	FIELD(ICMP_ID, ICMP, icmp, id, BYTES),
	FIELD(ETH_DST, ETH_ADDRS, eth_addrs, dst, BYTES),
	FIELD(ETH_SRC, ETH_ADDRS, eth_addrs, src, BYTES),
	FIELD(ARP_SIP, ARP, arp, sip, BYTES),
	FIELD(ARP_TIP, ARP, arp, tip, BYTES),
	FIELD(ARP_OP, ARP, arp, op, BYTES),
	FIELD(ARP_SHA, ARP, arp, sha, BYTES),
	FIELD(ARP_THA, ARP, arp, tha, BYTES),
	/* declared big-endian, but kept so that the bit fields beside it read right here */
	FIELD(VLAN_TCI, VLAN, vlan, vlan_tci, HOST),
	FIELD(VLAN_TPID, VLAN, vlan, vlan_tpid, BYTES),
	FIELD(VLAN_ETH_TYPE, VLAN, vlan, vlan_eth_type, BYTES),
	FIELD(ENC_KEYID, ENC_KEYID, keyid, keyid, BYTES),
	FIELD(ENC_IPV4_SRC, ENC_IPV4_ADDRS, ipv4_addrs, src, BYTES),
	FIELD(ENC_IPV4_DST, ENC_IPV4_ADDRS, ipv4_addrs, dst, BYTES),
	FIELD(ENC_IPV6_SRC, ENC_IPV6_ADDRS, ipv6_addrs, src, BYTES),
	FIELD(ENC_IPV6_DST, ENC_IPV6_ADDRS, ipv6_addrs, dst, BYTES),
	FIELD(ENC_CONTROL_ADDR_TYPE, ENC_CONTROL, control, addr_type, HOST),
	FIELD(ENC_CONTROL_FLAGS, ENC_CONTROL, control, flags, HOST),
	FIELD(ENC_PORTS_SRC, ENC_PORTS, ports, src, BYTES),
	FIELD(ENC_PORTS_DST, ENC_PORTS, ports, dst, BYTES),
	FIELD(MPLS_LS, MPLS, mpls, ls[0], HOST),
	FIELD(TCP_FLAGS, TCP, tcp, flags, BYTES),
	FIELD(IP_TOS, IP, ip, tos, BYTES),
	FIELD(IP_TTL, IP, ip, ttl, BYTES),
	FIELD(CVLAN_TCI, CVLAN, vlan, vlan_tci, HOST),
	FIELD(CVLAN_TPID, CVLAN, vlan, vlan_tpid, BYTES),
	FIELD(CVLAN_ETH_TYPE, CVLAN, vlan, vlan_eth_type, BYTES),
	FIELD(ENC_IP_TOS, ENC_IP, ip, tos, BYTES),
	FIELD(ENC_IP_TTL, ENC_IP, ip, ttl, BYTES),
	FIELD(META_INGRESS_IFINDEX, META, meta, ingress_ifindex, HOST),
	FIELD(META_INGRESS_IFTYPE, META, meta, ingress_iftype, HOST),
#if HAVE_META_L2_MISS
	FIELD(META_L2_MISS, META, meta, l2_miss, BYTES),
#endif
	FIELD(CT_STATE, CT, ct, ct_state, HOST),
	FIELD(CT_ZONE, CT, ct, ct_zone, HOST),
	FIELD(CT_MARK, CT, ct, ct_mark, HOST),
	FIELD(CT_LABELS, CT, ct, ct_labels, BYTES),
	FIELD(HASH, HASH, hash, hash, HOST),
	NUMBERED(NUM_OF_VLANS, 28, 0, 1),
	NUMBERED(PPPOE_SESSION_ID, 29, 0, 2),
	NUMBERED(PPPOE_PPP_PROTO, 29, 2, 2),
	NUMBERED(L2TPV3_SESSION_ID, 30, 0, 4),
	NUMBERED(CFM_MDL_VER, 31, 0, 1),
	NUMBERED(CFM_OPCODE, 31, 1, 1),
	NUMBERED(IPSEC_SPI, 32, 0, 4),
};

/* Number of the key and size of each field on the wire. */
static const struct {
	u8 key, size;
} wire[] = {
#define X(id, number, key, size, name) [number] = { key, size },
	KMOD_FIELDS(X)
#undef X
};

/* Where each key is in the containers that we know. */
struct place {
	u8 key;
	u16 offset;
};

#define NFT(key_, member_) { FLOW_DISSECTOR_KEY_##key_, offsetof(struct nft_flow_key, member_) }
#define FLOW(key_, member_) { FLOW_DISSECTOR_KEY_##key_, offsetof(struct nf_flow_key, member_) }

static const struct place chain_places[] = {
	NFT(BASIC, basic),
	NFT(CONTROL, control),
	NFT(IPV4_ADDRS, ipv4),
	NFT(IPV6_ADDRS, ipv6),
	NFT(PORTS, tp),
	NFT(IP, ip),
	NFT(VLAN, vlan),
	NFT(CVLAN, cvlan),
	NFT(ETH_ADDRS, eth_addrs),
	NFT(META, meta),
};

static const struct place flowtable_places[] = {
	FLOW(META, meta),
	FLOW(CONTROL, control),
	FLOW(ENC_CONTROL, enc_control),
	FLOW(BASIC, basic),
#if HAVE_FLOWTABLE_VLAN
	FLOW(VLAN, vlan),
	FLOW(CVLAN, cvlan),
#endif
	FLOW(IPV4_ADDRS, ipv4),
	FLOW(IPV6_ADDRS, ipv6),
	FLOW(ENC_KEYID, enc_key_id),
	FLOW(ENC_IPV4_ADDRS, enc_ipv4),
	FLOW(ENC_IPV6_ADDRS, enc_ipv6),
	FLOW(TCP, tcp),
	FLOW(PORTS, tp),
};

/* Keys that share their place with another: only one of the two can be meant. */
static const struct {
	u8 v4, v6;
} twins[] = {
	{ FLOW_DISSECTOR_KEY_IPV4_ADDRS, FLOW_DISSECTOR_KEY_IPV6_ADDRS },
	{ FLOW_DISSECTOR_KEY_ENC_IPV4_ADDRS, FLOW_DISSECTOR_KEY_ENC_IPV6_ADDRS },
};

static void copy_value(u8 *to, const u8 *from, const struct field *field)
{
	unsigned int i;

	for (i = 0; i < field->size; i++)
		if (field->order == HOST && IS_LITTLE_ENDIAN)
			to[i] = from[field->size - 1 - i];
		else
			to[i] = from[i];
}

static void field_encode(struct kmod_field *to, const struct field *field, const u8 *key,
			 const u8 *mask, u8 flags)
{
	memset(to, 0, sizeof(*to));
	to->id = field->id;
	to->size = field->size;
	to->flags = flags;
	copy_value(to->key, key + field->offset, field);
	copy_value(to->mask, mask + field->offset, field);
}

static bool is_used(const struct flow_rule *rule, u8 key)
{
	return rule->match.dissector->used_keys & (1ULL << key);
}

/* The fields of all keys that are flagged. */
static unsigned int encode_flagged(const struct flow_rule *rule, struct kmod_replace *replace,
				   struct kmod_field *out)
{
	const struct flow_match *match = &rule->match;
	u64 known = 0;
	unsigned int i, n = 0;

	for (i = 0; i < ARRAY_SIZE(fields); i++) {
		const struct field *field = &fields[i];
		unsigned int offset;

		if (field->key >= FLOW_DISSECTOR_KEY_MAX)
			continue;
		known |= 1ULL << field->key;
		if (!is_used(rule, field->key))
			continue;
		offset = match->dissector->offset[field->key];
		replace->used_keys |= 1ULL << wire[field->id].key;
		field_encode(&out[n++], field, (u8 *)match->key + offset,
			     (u8 *)match->mask + offset, KMOD_FIELD_FLAGGED);
	}
	replace->unknown_keys = match->dissector->used_keys & ~known;
	return n;
}

/* Is what is at @place, if anything, to be told as a field of that key? */
static bool is_meant(const struct flow_rule *rule, const struct place *place)
{
	const u8 *key = (u8 *)rule->match.key + place->offset;
	const u8 *mask = (u8 *)rule->match.mask + place->offset;
	const size_t v4 = sizeof(struct flow_dissector_key_ipv4_addrs);
	const size_t v6 = sizeof(struct flow_dissector_key_ipv6_addrs);
	bool is_long;
	int i;

	if (is_used(rule, place->key))
		return false;
	for (i = 0; i < ARRAY_SIZE(twins); i++) {
		if (place->key != twins[i].v4 && place->key != twins[i].v6)
			continue;
		if (is_used(rule, twins[i].v4) || is_used(rule, twins[i].v6))
			return false;
		is_long = memchr_inv(key + v4, 0, v6 - v4) || memchr_inv(mask + v4, 0, v6 - v4);
		return is_long == (place->key == twins[i].v6);
	}
	return true;
}

/* Fields that were written though their key is not flagged. */
static unsigned int encode_written(const struct flow_rule *rule, const struct place *places,
				   unsigned int n_places, struct kmod_field *out)
{
	unsigned int i, j, n = 0;

	for (i = 0; i < n_places; i++) {
		const u8 *key = (u8 *)rule->match.key + places[i].offset;
		const u8 *mask = (u8 *)rule->match.mask + places[i].offset;

		if (!is_meant(rule, &places[i]))
			continue;
		for (j = 0; j < ARRAY_SIZE(fields); j++) {
			const struct field *field = &fields[j];

			if (field->key == places[i].key &&
			    (memchr_inv(key + field->offset, 0, field->size) ||
			     memchr_inv(mask + field->offset, 0, field->size)))
				field_encode(&out[n++], field, key, mask, 0);
		}
	}
	return n;
}

/**
 * match_encode() - the fields of a match
 * @rule: as the kernel gave it
 * @binder: enum kmod_binder
 * @replace: used_keys and unknown_keys are filled in
 * @out: room for KMOD_FIELDS_MAX
 *
 * Return: how many there are.
 */
unsigned int match_encode(const struct flow_rule *rule, u8 binder, struct kmod_replace *replace,
			  struct kmod_field *out)
{
	const struct flow_match *match = &rule->match;
	const struct flow_dissector_key_mpls *mpls;
	unsigned int n;

	BUILD_BUG_ON(ARRAY_SIZE(fields) * 2 > KMOD_FIELDS_MAX);
	n = encode_flagged(rule, replace, out);
	if (is_used(rule, FLOW_DISSECTOR_KEY_MPLS)) {
		/* the wire has only the first entry of the stack */
		mpls = match->mask + match->dissector->offset[FLOW_DISSECTOR_KEY_MPLS];
		if (mpls->used_lses & ~1)
			replace->unknown_keys |= 1ULL << FLOW_DISSECTOR_KEY_MPLS;
	}
	if (binder == KMOD_BINDER_CHAIN)
		n += encode_written(rule, chain_places, ARRAY_SIZE(chain_places), out + n);
	else if (binder == KMOD_BINDER_FLOWTABLE)
		n += encode_written(rule, flowtable_places, ARRAY_SIZE(flowtable_places), out + n);
	return n;
}
