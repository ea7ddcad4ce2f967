/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which types of base chains a family has, and on which hooks. */
#include "internal.h"

#define HOOK(name) (1u << NF_INET_##name)
enum {
	ROUTED = HOOK(PRE_ROUTING) | HOOK(LOCAL_IN) | HOOK(FORWARD) | HOOK(LOCAL_OUT) |
		 HOOK(POST_ROUTING),
	NAT = HOOK(PRE_ROUTING) | HOOK(LOCAL_IN) | HOOK(LOCAL_OUT) | HOOK(POST_ROUTING),
	ARP = 1u << 0 | 1u << 1,    /* NF_ARP_IN, NF_ARP_OUT */
	NETDEV = 1u << 0 | 1u << 1, /* NF_NETDEV_INGRESS, NF_NETDEV_EGRESS */
};

static const struct {
	uint8_t family;
	struct nft_chain_type type;
} chain_types[] = {
	{NFPROTO_INET, {"filter", ROUTED | HOOK(INGRESS)}},
	{NFPROTO_INET, {"route", HOOK(LOCAL_OUT)}},
	{NFPROTO_INET, {"nat", NAT}},
	{NFPROTO_IPV4, {"filter", ROUTED}},
	{NFPROTO_IPV4, {"route", HOOK(LOCAL_OUT)}},
	{NFPROTO_IPV4, {"nat", NAT}},
	{NFPROTO_IPV6, {"filter", ROUTED}},
	{NFPROTO_IPV6, {"route", HOOK(LOCAL_OUT)}},
	{NFPROTO_IPV6, {"nat", NAT}},
	{NFPROTO_ARP, {"filter", ARP}},
	{NFPROTO_BRIDGE, {"filter", ROUTED}}, /* the bridge's hook numbers are the same */
	{NFPROTO_NETDEV, {"filter", NETDEV}},
};

const struct nft_chain_type *nft_chain_type_find(uint8_t family, const struct nlattr *name)
{
	for (size_t i = 0; i < sizeof(chain_types) / sizeof(*chain_types); i++) {
		if (chain_types[i].family == family &&
		    (!name || nft_attr_equals(name, chain_types[i].type.name)))
			return &chain_types[i].type;
	}
	return NULL;
}
