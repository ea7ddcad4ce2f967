/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * payload: load bytes of the packet into a register, or write them back.
 *
 * Offload of a load: (base, protocol known so far, offset) names a field; the length may be shorter
 * than the field (a prefix), never longer.
 */
#include "offload.h"

#include <errno.h>

enum { LINK_ADDRESS = 6, ETHERTYPE_IP = 0x0800, ETHERTYPE_IPV6 = 0x86dd };

static const struct attr_policy policy[NFTA_PAYLOAD_MAX + 1] = {
	[NFTA_PAYLOAD_SREG] = {.kind = ATTR_REGISTER, 0},
	[NFTA_PAYLOAD_DREG] = {.kind = ATTR_REGISTER, 0},
	[NFTA_PAYLOAD_BASE] = {.kind = ATTR_U32, 0},
	[NFTA_PAYLOAD_OFFSET] = {.kind = ATTR_U32,
				 UINT8_MAX,
				 .newer = KERNEL_NEEDS(payload_far_offsets)},
	[NFTA_PAYLOAD_LEN] = {.kind = ATTR_U32, UINT8_MAX},
	[NFTA_PAYLOAD_CSUM_TYPE] = {.kind = ATTR_U32, 0},
	[NFTA_PAYLOAD_CSUM_OFFSET] = {.kind = ATTR_U32, UINT8_MAX},
	[NFTA_PAYLOAD_CSUM_FLAGS] = {.kind = ATTR_MASK32,
				     NFT_PAYLOAD_L4CSUM_PSEUDOHDR,
				     .needs = KERNEL_NEEDS(reserved_flags_refused)},
};

static int payload_select(const struct nft_expr_context *context, const struct nlattr *const tb[],
			  size_t *size)
{
	uint32_t last = context->kernel->payload_inner_header ? NFT_PAYLOAD_INNER_HEADER
							      : NFT_PAYLOAD_TRANSPORT_HEADER;
	uint32_t offset;

	if (!tb[NFTA_PAYLOAD_BASE] || !tb[NFTA_PAYLOAD_OFFSET] || !tb[NFTA_PAYLOAD_LEN])
		return -EINVAL;
	if (attr_be32(tb[NFTA_PAYLOAD_BASE]) > last)
		return -EOPNOTSUPP;
	if (tb[NFTA_PAYLOAD_SREG]) {
		*size = 12;
		return tb[NFTA_PAYLOAD_DREG] ? -EINVAL : 0;
	}
	if (!tb[NFTA_PAYLOAD_DREG])
		return -EINVAL;
	return attr_be32_max(tb[NFTA_PAYLOAD_OFFSET], UINT16_MAX, &offset);
}

enum { CSUM_SCTP = 2 };

/* Whether the Internet checksum of a header can be where the rule says. */
static bool is_inet_checksum(const struct nft_expr *expr, uint8_t family)
{
	enum { IPV4_CHECKSUM_OFFSET = 10 };

	switch (expr->payload.base) {
	case NFT_PAYLOAD_NETWORK_HEADER:
		return family != NFPROTO_IPV4 || expr->payload.csum_offset == IPV4_CHECKSUM_OFFSET;
	case NFT_PAYLOAD_TRANSPORT_HEADER: return expr->payload.csum_flags == 0;
	case NFT_PAYLOAD_INNER_HEADER: return true;
	default: return false;
	}
}

/* What newer kernels ask of a write that updates checksums. */
static bool is_sensible_write(const struct nft_expr *expr, uint8_t family)
{
	switch (expr->payload.csum_type) {
	case NFT_PAYLOAD_CSUM_NONE:
		if (expr->payload.csum_offset)
			return false;
		return !expr->payload.csum_flags || expr->payload.base != NFT_PAYLOAD_LL_HEADER;
	case NFT_PAYLOAD_CSUM_INET: return is_inet_checksum(expr, family);
	default: return !expr->payload.csum_flags;
	}
}

/* ICMP's and ICMPv6's checksum, UDP's, TCP's. */
static bool is_transport_checksum(const struct nft_expr *expr)
{
	enum { ICMP_CHECKSUM_OFFSET = 2, UDP_CHECKSUM_OFFSET = 6, TCP_CHECKSUM_OFFSET = 16 };

	return expr->payload.base != NFT_PAYLOAD_TRANSPORT_HEADER ||
	       expr->payload.csum_type != NFT_PAYLOAD_CSUM_INET ||
	       expr->payload.csum_offset == ICMP_CHECKSUM_OFFSET ||
	       expr->payload.csum_offset == UDP_CHECKSUM_OFFSET ||
	       expr->payload.csum_offset == TCP_CHECKSUM_OFFSET;
}

static int set_init(struct expr_init *init, struct nft_expr *expr, const struct nlattr *const tb[])
{
	enum { SCTP_CHECKSUM_OFFSET = 8 };
	uint32_t offset;
	int error = attr_be32_max(tb[NFTA_PAYLOAD_OFFSET], UINT16_MAX, &offset);

	if (error)
		return error;
	if (tb[NFTA_PAYLOAD_CSUM_TYPE])
		expr->payload.csum_type = attr_be32(tb[NFTA_PAYLOAD_CSUM_TYPE]);
	if (tb[NFTA_PAYLOAD_CSUM_OFFSET])
		expr->payload.csum_offset = attr_be32(tb[NFTA_PAYLOAD_CSUM_OFFSET]);
	if (tb[NFTA_PAYLOAD_CSUM_FLAGS])
		expr->payload.csum_flags = attr_be32(tb[NFTA_PAYLOAD_CSUM_FLAGS]);
	if (expr->payload.csum_flags & ~(uint32_t)NFT_PAYLOAD_L4CSUM_PSEUDOHDR)
		return -EINVAL;
	if (expr->payload.csum_type > CSUM_SCTP)
		return -EOPNOTSUPP;
	if (expr->payload.csum_type == CSUM_SCTP &&
	    (expr->payload.base != NFT_PAYLOAD_TRANSPORT_HEADER ||
	     expr->payload.csum_offset != SCTP_CHECKSUM_OFFSET))
		return -EINVAL;
	if (init->context->kernel->payload_write_checked &&
	    !is_sensible_write(expr, init->context->family))
		return -EINVAL;
	if (init->context->kernel->transport_checksum_place && !is_transport_checksum(expr))
		return -EINVAL;
	return register_load(init, tb[NFTA_PAYLOAD_SREG], &expr->payload.reg, expr->payload.length);
}

static int payload_init(struct expr_init *init, struct nft_expr *expr,
			const struct nlattr *const tb[])
{
	expr->payload.base = (uint8_t)attr_be32(tb[NFTA_PAYLOAD_BASE]);
	expr->payload.offset = attr_be32(tb[NFTA_PAYLOAD_OFFSET]);
	expr->payload.length = attr_be32(tb[NFTA_PAYLOAD_LEN]);
	expr->payload.is_set = tb[NFTA_PAYLOAD_SREG] != NULL;
	if (expr->payload.is_set)
		return set_init(init, expr, tb);
	return register_store(init, tb[NFTA_PAYLOAD_DREG], &expr->payload.reg, false,
			      expr->payload.length);
}

static void payload_dump(struct attr_writer *writer, const struct nft_expr *expr)
{
	register_put(writer, expr->payload.is_set ? NFTA_PAYLOAD_SREG : NFTA_PAYLOAD_DREG,
		     expr->payload.reg);
	attr_put_be32(writer, NFTA_PAYLOAD_BASE, expr->payload.base);
	attr_put_be32(writer, NFTA_PAYLOAD_OFFSET, expr->payload.offset);
	attr_put_be32(writer, NFTA_PAYLOAD_LEN, expr->payload.length);
	if (!expr->payload.is_set)
		return;
	attr_put_be32(writer, NFTA_PAYLOAD_CSUM_TYPE, expr->payload.csum_type);
	attr_put_be32(writer, NFTA_PAYLOAD_CSUM_OFFSET, expr->payload.csum_offset);
	attr_put_be32(writer, NFTA_PAYLOAD_CSUM_FLAGS, expr->payload.csum_flags);
}

/* What a load can be: the kernel's switches as one table. l3num 0: whatever the protocol is. */
struct payload_field {
	uint8_t base;
	uint16_t l3num;
	uint32_t offset;
	enum flow_field_id field;
	bool swap;
	enum offload_dependency arms;
	enum flow_dissector_key_id address_type;
};

#define LL  NFT_PAYLOAD_LL_HEADER
#define NH  NFT_PAYLOAD_NETWORK_HEADER
#define TH  NFT_PAYLOAD_TRANSPORT_HEADER
#define IP  ETHERTYPE_IP
#define IP6 ETHERTYPE_IPV6
static const struct payload_field fields[] = {
	{LL, 0, 0, FLOW_ETH_DST, false, DEPENDENCY_NONE, 0},
	{LL, 0, 6, FLOW_ETH_SRC, false, DEPENDENCY_NONE, 0},
	{LL, 0, 12, FLOW_BASIC_N_PROTO, false, DEPENDENCY_NETWORK, 0},
	{LL, 0, 14, FLOW_VLAN_TCI, true, DEPENDENCY_NONE, 0},
	{LL, 0, 16, FLOW_VLAN_TPID, false, DEPENDENCY_NETWORK, 0},
	{LL, 0, 18, FLOW_CVLAN_TCI, true, DEPENDENCY_NONE, 0},
	{LL, 0, 20, FLOW_CVLAN_TPID, false, DEPENDENCY_NETWORK, 0},
	{NH, IP, 12, FLOW_IPV4_SRC, false, DEPENDENCY_NONE, FLOW_DISSECTOR_KEY_IPV4_ADDRS},
	{NH, IP, 16, FLOW_IPV4_DST, false, DEPENDENCY_NONE, FLOW_DISSECTOR_KEY_IPV4_ADDRS},
	{NH, IP, 9, FLOW_BASIC_IP_PROTO, false, DEPENDENCY_TRANSPORT, 0},
	{NH, IP6, 8, FLOW_IPV6_SRC, false, DEPENDENCY_NONE, FLOW_DISSECTOR_KEY_IPV6_ADDRS},
	{NH, IP6, 24, FLOW_IPV6_DST, false, DEPENDENCY_NONE, FLOW_DISSECTOR_KEY_IPV6_ADDRS},
	{NH, IP6, 6, FLOW_BASIC_IP_PROTO, false, DEPENDENCY_TRANSPORT, 0},
	{TH, 0, 0, FLOW_PORTS_SRC, false, DEPENDENCY_NONE, 0},
	{TH, 0, 2, FLOW_PORTS_DST, false, DEPENDENCY_NONE, 0},
};
#undef LL
#undef NH
#undef TH
#undef IP
#undef IP6

static const char *base_name(uint8_t base)
{
	static const char *const names[] = {"link-layer", "network", "transport", "inner"};

	return base < sizeof(names) / sizeof(names[0]) ? names[base] : "unknown";
}

static const struct payload_field *find_field(const struct offload *o, const struct nft_expr *expr)
{
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		const struct payload_field *f = &fields[i];

		if (f->base == expr->payload.base && f->offset == expr->payload.offset &&
		    (!f->l3num || f->l3num == o->l3num))
			return f;
	}
	return NULL;
}

static bool is_vlan(enum flow_field_id field)
{
	return flow_fields[field].key == FLOW_DISSECTOR_KEY_VLAN ||
	       flow_fields[field].key == FLOW_DISSECTOR_KEY_CVLAN;
}

/* The header must be known before its fields can be loaded. */
static int check_protocol(struct offload *o, const struct nft_expr *expr)
{
	switch (expr->payload.base) {
	case NFT_PAYLOAD_LL_HEADER: return 0;
	case NFT_PAYLOAD_NETWORK_HEADER:
		if (o->l3num == ETHERTYPE_IP || o->l3num == ETHERTYPE_IPV6)
			return 0;
		offload_refuse(
			o, "network-header-without-protocol",
			"a field of the network header is matched, but the rule has not said "
			"before that the packet is IPv4 or IPv6 (ethertype so far: 0x%04x)",
			o->l3num);
		offload_hint(o, "put `meta protocol ip` or `meta protocol ip6` before it");
		return -EOPNOTSUPP;
	case NFT_PAYLOAD_TRANSPORT_HEADER:
		if (o->protonum == IPPROTO_TCP || o->protonum == IPPROTO_UDP)
			return 0;
		offload_refuse(
			o, "transport-header-without-protocol",
			"a field of the transport header is matched, but only TCP's and UDP's "
			"can be (L4 protocol so far: %u)",
			o->protonum);
		offload_hint(o, "put `meta l4proto tcp` or `meta l4proto udp` before it, or write "
				"`tcp dport`, `udp dport`");
		return -EOPNOTSUPP;
	default:
		return offload_refuse(o, "payload-base",
				      "bytes at an offset of the %s header can't be matched",
				      base_name(expr->payload.base));
	}
}

static int refuse_length(struct offload *o, const struct nft_expr *expr,
			 const struct payload_field *f)
{
	if (expr->payload.length < flow_fields[f->field].struct_size) {
		offload_refuse(o, "load-shorter-than-field",
			       "%u bytes of %s are matched; this kernel offloads only whole fields "
			       "(here %u bytes)",
			       expr->payload.length, flow_fields[f->field].name,
			       flow_fields[f->field].struct_size);
		offload_hint(o, "write the prefix with an explicit mask, `FIELD & MASK == VALUE`");
		return -EOPNOTSUPP;
	}
	offload_refuse(
		o, "load-longer-than-field",
		"%u bytes of the %s header at offset %u are loaded at once, but %s there has "
		"only %u: nft merges neighbouring matches into one load",
		expr->payload.length, base_name(expr->payload.base), expr->payload.offset,
		flow_fields[f->field].name, flow_fields[f->field].struct_size);
	if (expr->payload.base == NFT_PAYLOAD_TRANSPORT_HEADER)
		offload_hint(o, "write one of the two with an explicit mask: `tcp sport & 0xffff "
				"== 80 tcp dport 81`");
	else if (flow_fields[f->field].key == FLOW_DISSECTOR_KEY_ETH_ADDRS)
		offload_hint(o, "write one of them with an explicit mask: `ether saddr & "
				"ff:ff:ff:ff:ff:ff == 02:00:00:00:00:01`");
	else
		offload_hint(o, "write one of them with an explicit mask, `FIELD & MASK == VALUE`");
	return -EOPNOTSUPP;
}

static int payload_offload(struct offload *o, const struct nft_expr *expr)
{
	const struct payload_field *f;
	int error;

	if (expr->payload.is_set)
		return offload_refuse(o, "payload-write",
				      "packet fields can't be rewritten by an offloaded rule");
	error = check_protocol(o, expr);
	if (error)
		return error;
	f = find_field(o, expr);
	if (f && is_vlan(f->field) && !o->context->kernel->vlan_offload)
		f = NULL;
	if (!f)
		return offload_refuse(
			o, "payload-offset",
			"offset %u (%u bytes) of the %s header is no field that can be "
			"offloaded",
			expr->payload.offset, expr->payload.length, base_name(expr->payload.base));
	if (offload_load(o, expr->payload.reg, f->field, expr->payload.length))
		return refuse_length(o, expr, f);
	o->regs[expr->payload.reg].swap = f->swap && o->context->kernel->vlan_tci_host_order;
	if (f->arms != DEPENDENCY_NONE)
		o->dependency = f->arms;
	if (f->address_type)
		offload_set_address_type(o, f->address_type);
	return 0;
}

const struct nft_expr_type expr_type_payload = {
	.name = "payload",
	.policy = policy,
	.max_attr = NFTA_PAYLOAD_MAX,
	.kernel_size = 8,
	.select = payload_select,
	.init = payload_init,
	.dump = payload_dump,
	.offload = payload_offload,
};
