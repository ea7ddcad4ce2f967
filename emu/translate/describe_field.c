/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The fields of protocol headers that nft has names for, and which header a load is of. */
#include "describe.h"

#include <net/ethernet.h>
#include <string.h>

#define LL NFT_PAYLOAD_LL_HEADER
#define NH NFT_PAYLOAD_NETWORK_HEADER
#define TH NFT_PAYLOAD_TRANSPORT_HEADER

static const struct header_field ether[] = {
	{"ether daddr", LL, 0, 48, VALUE_MAC},
	{"ether saddr", LL, 48, 48, VALUE_MAC},
	{"ether type", LL, 96, 16, VALUE_ETHERTYPE},
	{0},
};
static const struct header_field vlan[] = {
	{"vlan pcp", LL, 112, 3, VALUE_NUMBER},
	{"vlan dei", LL, 115, 1, VALUE_NUMBER},
	{"vlan id", LL, 116, 12, VALUE_NUMBER},
	{"vlan type", LL, 128, 16, VALUE_ETHERTYPE},
	{0},
};
static const struct header_field arp[] = {
	{"arp htype", NH, 0, 16, VALUE_NUMBER},      {"arp ptype", NH, 16, 16, VALUE_ETHERTYPE},
	{"arp hlen", NH, 32, 8, VALUE_NUMBER},       {"arp plen", NH, 40, 8, VALUE_NUMBER},
	{"arp operation", NH, 48, 16, VALUE_NUMBER}, {"arp saddr ether", NH, 64, 48, VALUE_MAC},
	{"arp saddr ip", NH, 112, 32, VALUE_IPV4},   {"arp daddr ether", NH, 144, 48, VALUE_MAC},
	{"arp daddr ip", NH, 192, 32, VALUE_IPV4},   {0},
};
static const struct header_field ip[] = {
	{"ip version", NH, 0, 4, VALUE_NUMBER},
	{"ip hdrlength", NH, 4, 4, VALUE_NUMBER},
	{"ip dscp", NH, 8, 6, VALUE_NUMBER},
	{"ip ecn", NH, 14, 2, VALUE_NUMBER},
	{"ip length", NH, 16, 16, VALUE_NUMBER},
	{"ip id", NH, 32, 16, VALUE_NUMBER},
	{"ip frag-off", NH, 48, 16, VALUE_NUMBER},
	{"ip ttl", NH, 64, 8, VALUE_NUMBER},
	{"ip protocol", NH, 72, 8, VALUE_L4PROTO},
	{"ip checksum", NH, 80, 16, VALUE_NUMBER},
	{"ip saddr", NH, 96, 32, VALUE_IPV4},
	{"ip daddr", NH, 128, 32, VALUE_IPV4},
	{0},
};
static const struct header_field ip6[] = {
	{"ip6 version", NH, 0, 4, VALUE_NUMBER},   {"ip6 dscp", NH, 4, 6, VALUE_NUMBER},
	{"ip6 ecn", NH, 10, 2, VALUE_NUMBER},      {"ip6 flowlabel", NH, 12, 20, VALUE_NUMBER},
	{"ip6 length", NH, 32, 16, VALUE_NUMBER},  {"ip6 nexthdr", NH, 48, 8, VALUE_L4PROTO},
	{"ip6 hoplimit", NH, 56, 8, VALUE_NUMBER}, {"ip6 saddr", NH, 64, 128, VALUE_IPV6},
	{"ip6 daddr", NH, 192, 128, VALUE_IPV6},   {0},
};
static const struct header_field tcp[] = {
	{"tcp sport", TH, 0, 16, VALUE_NUMBER},
	{"tcp dport", TH, 16, 16, VALUE_NUMBER},
	{"tcp sequence", TH, 32, 32, VALUE_NUMBER},
	{"tcp ackseq", TH, 64, 32, VALUE_NUMBER},
	{"tcp doff", TH, 96, 4, VALUE_NUMBER},
	{"tcp reserved", TH, 100, 4, VALUE_NUMBER},
	{"tcp flags", TH, 104, 8, VALUE_TCP_FLAGS},
	{"tcp window", TH, 112, 16, VALUE_NUMBER},
	{"tcp checksum", TH, 128, 16, VALUE_NUMBER},
	{"tcp urgptr", TH, 144, 16, VALUE_NUMBER},
	{0},
};
static const struct header_field udp[] = {
	{"udp sport", TH, 0, 16, VALUE_NUMBER},
	{"udp dport", TH, 16, 16, VALUE_NUMBER},
	{"udp length", TH, 32, 16, VALUE_NUMBER},
	{"udp checksum", TH, 48, 16, VALUE_NUMBER},
	{0},
};
static const struct header_field udplite[] = {
	{"udplite sport", TH, 0, 16, VALUE_NUMBER},
	{"udplite dport", TH, 16, 16, VALUE_NUMBER},
	{"udplite csumcov", TH, 32, 16, VALUE_NUMBER},
	{"udplite checksum", TH, 48, 16, VALUE_NUMBER},
	{0},
};
static const struct header_field sctp[] = {
	{"sctp sport", TH, 0, 16, VALUE_NUMBER},
	{"sctp dport", TH, 16, 16, VALUE_NUMBER},
	{"sctp vtag", TH, 32, 32, VALUE_NUMBER},
	{"sctp checksum", TH, 64, 32, VALUE_NUMBER},
	{0},
};
static const struct header_field dccp[] = {
	{"dccp sport", TH, 0, 16, VALUE_NUMBER},
	{"dccp dport", TH, 16, 16, VALUE_NUMBER},
	{"dccp type", TH, 67, 4, VALUE_NUMBER},
	{0},
};
static const struct header_field icmp[] = {
	{"icmp type", TH, 0, 8, VALUE_NUMBER},
	{"icmp code", TH, 8, 8, VALUE_NUMBER},
	{"icmp checksum", TH, 16, 16, VALUE_NUMBER},
	{"icmp id", TH, 32, 16, VALUE_NUMBER},
	{"icmp gateway", TH, 32, 32, VALUE_NUMBER},
	{"icmp sequence", TH, 48, 16, VALUE_NUMBER},
	{0},
};
static const struct header_field icmpv6[] = {
	{"icmpv6 type", TH, 0, 8, VALUE_NUMBER},
	{"icmpv6 code", TH, 8, 8, VALUE_NUMBER},
	{"icmpv6 checksum", TH, 16, 16, VALUE_NUMBER},
	{"icmpv6 id", TH, 32, 16, VALUE_NUMBER},
	{"icmpv6 parameter-problem", TH, 32, 32, VALUE_NUMBER},
	{"icmpv6 sequence", TH, 48, 16, VALUE_NUMBER},
	{0},
};
static const struct header_field igmp[] = {
	{"igmp type", TH, 0, 8, VALUE_NUMBER},
	{"igmp mrt", TH, 8, 8, VALUE_NUMBER},
	{"igmp checksum", TH, 16, 16, VALUE_NUMBER},
	{"igmp group", TH, 32, 32, VALUE_NUMBER},
	{0},
};
static const struct header_field ah[] = {
	{"ah nexthdr", TH, 0, 8, VALUE_L4PROTO},   {"ah hdrlength", TH, 8, 8, VALUE_NUMBER},
	{"ah reserved", TH, 16, 16, VALUE_NUMBER}, {"ah spi", TH, 32, 32, VALUE_NUMBER},
	{"ah sequence", TH, 64, 32, VALUE_NUMBER}, {0},
};
static const struct header_field esp[] = {
	{"esp spi", TH, 0, 32, VALUE_NUMBER},
	{"esp sequence", TH, 32, 32, VALUE_NUMBER},
	{0},
};
static const struct header_field comp[] = {
	{"comp nexthdr", TH, 0, 8, VALUE_L4PROTO},
	{"comp flags", TH, 8, 8, VALUE_HEX},
	{"comp cpi", TH, 16, 16, VALUE_NUMBER},
	{0},
};
/* Whatever the transport protocol is. */
static const struct header_field th[] = {
	{"th sport", TH, 0, 16, VALUE_NUMBER},
	{"th dport", TH, 16, 16, VALUE_NUMBER},
	{0},
};
static const struct header_field none[] = {{0}};

static const struct {
	uint8_t protocol;
	const struct header_field *fields;
} transports[] = {
	{6, tcp},     {17, udp}, {136, udplite}, {132, sctp}, {33, dccp},  {1, icmp},
	{58, icmpv6}, {2, igmp}, {51, ah},       {50, esp},   {108, comp},
};

static const struct header_field *fields_of(const struct header_context *context, uint8_t base,
					    uint32_t offset)
{
	switch (base) {
	case LL: return offset < 112 ? ether : context->vlan ? vlan : none;
	case NH:
		return context->l3 == ETHERTYPE_IP     ? ip
		       : context->l3 == ETHERTYPE_IPV6 ? ip6
		       : context->l3 == ETHERTYPE_ARP  ? arp
						       : none;
	case TH: break;
	default: return none;
	}
	if (!context->has_l4)
		return th;
	for (size_t i = 0; i < sizeof(transports) / sizeof(transports[0]); i++)
		if (transports[i].protocol == context->l4)
			return transports[i].fields;
	return none;
}

const struct header_field *header_field_find(const struct header_context *context, uint8_t base,
					     uint32_t offset, uint32_t width)
{
	const struct header_field *best = NULL;

	for (const struct header_field *f = fields_of(context, base, offset); f->name; f++)
		if (f->offset == offset && f->width <= width && (!best || f->width > best->width))
			best = f;
	return best;
}

const struct header_field *header_field_at(const struct header_context *context, uint8_t base,
					   uint32_t offset)
{
	for (const struct header_field *f = fields_of(context, base, offset); f->name; f++)
		if (f->offset == offset)
			return f;
	return NULL;
}

/* What a comparison of these bytes at this place tells. */
static void learn_payload(struct header_context *context, const struct nft_expr *load,
			  const uint8_t *data, size_t length)
{
	uint32_t start = load->payload.offset * 8, end = start + (uint32_t)length * 8;
	uint32_t at = start;

	/* Merged loads: each field that they cover. */
	while (at < end) {
		const struct header_field *f =
			header_field_find(context, load->payload.base, at, end - at);
		const uint8_t *value = data + (at - start) / 8;

		if (!f || f->width % 8)
			return;
		if (f->kind == VALUE_ETHERTYPE && f->base == LL) {
			context->l3 = (uint16_t)(value[0] << 8 | value[1]);
			context->vlan = context->vlan || context->l3 == ETHERTYPE_VLAN ||
					context->l3 == 0x88a8;
		} else if (f->kind == VALUE_L4PROTO && f->base == NH) {
			context->l4 = value[0];
			context->has_l4 = true;
		}
		at += f->width;
	}
}

static void learn_meta(struct header_context *context, uint32_t key, const uint8_t *data)
{
	switch (key) {
	case NFT_META_PROTOCOL:
		context->l3 = (uint16_t)(data[0] << 8 | data[1]);
		context->vlan = context->vlan || context->l3 == ETHERTYPE_VLAN;
		return;
	case NFT_META_NFPROTO:
		if (data[0] == NFPROTO_IPV4 || data[0] == NFPROTO_IPV6)
			context->l3 = data[0] == NFPROTO_IPV4 ? ETHERTYPE_IP : ETHERTYPE_IPV6;
		return;
	case NFT_META_L4PROTO:
		context->l4 = data[0];
		context->has_l4 = true;
		return;
	default: return;
	}
}

struct header_context header_context_of(const struct nft_expr *exprs, size_t end)
{
	struct header_context context = {0};

	for (size_t i = 1; i < end; i++) {
		const struct nft_expr *load = &exprs[i - 1], *cmp = &exprs[i];

		if (!expr_is(cmp, "cmp") || cmp->cmp.op != NFT_CMP_EQ)
			continue;
		if (expr_is(load, "payload") && !load->payload.is_set &&
		    load->payload.reg == cmp->cmp.sreg && cmp->cmp.length <= 16 &&
		    load->payload.length >= cmp->cmp.length)
			learn_payload(&context, load, cmp->cmp.data, cmp->cmp.length);
		else if (expr_is(load, "meta") && !load->meta.is_set &&
			 load->meta.reg == cmp->cmp.sreg)
			learn_meta(&context, load->meta.key, cmp->cmp.data);
	}
	return context;
}
