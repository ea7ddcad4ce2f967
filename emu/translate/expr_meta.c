/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * meta: read (or write) what the kernel knows of a packet besides its bytes.
 */
#include "describe.h"
#include "offload.h"

#include <errno.h>
#include <string.h>

static const struct attr_policy policy[NFTA_META_MAX + 1] = {
	[NFTA_META_DREG] = {.kind = ATTR_REGISTER, 0},
	[NFTA_META_KEY] = {.kind = ATTR_U32, UINT8_MAX, .needs = KERNEL_NEEDS(ranges_by_policy)},
	[NFTA_META_SREG] = {.kind = ATTR_REGISTER, 0},
};

enum { IFNAME_SIZE = 16 };

/* Bytes of each key, 0 where it can't be read or written; word: as nft calls it. */
struct meta_key {
	const char *word;
	uint8_t get, set;
	bool bridge_only;
};

static const struct meta_key keys[] = {
	[NFT_META_LEN] = {"length", 4, 0, false},
	[NFT_META_PROTOCOL] = {"protocol", 2, 0, false},
	[NFT_META_PRIORITY] = {"priority", 4, 4, false},
	[NFT_META_MARK] = {"mark", 4, 4, false},
	[NFT_META_IIF] = {"iif", 4, 0, false},
	[NFT_META_OIF] = {"oif", 4, 0, false},
	[NFT_META_IIFNAME] = {"iifname", IFNAME_SIZE, 0, false},
	[NFT_META_OIFNAME] = {"oifname", IFNAME_SIZE, 0, false},
	[NFT_META_IIFTYPE] = {"iiftype", 2, 0, false},
	[NFT_META_OIFTYPE] = {"oiftype", 2, 0, false},
	[NFT_META_SKUID] = {"skuid", 4, 0, false},
	[NFT_META_SKGID] = {"skgid", 4, 0, false},
	[NFT_META_NFTRACE] = {"nftrace", 0, 1, false},
	[NFT_META_RTCLASSID] = {"rtclassid", 4, 0, false},
	[NFT_META_SECMARK] = {"secmark", 4, 4, false},
	[NFT_META_NFPROTO] = {"nfproto", 4, 0, false},
	[NFT_META_L4PROTO] = {"l4proto", 4, 0, false},
	[NFT_META_BRI_IIFNAME] = {"ibrname", IFNAME_SIZE, 0, true},
	[NFT_META_BRI_OIFNAME] = {"obrname", IFNAME_SIZE, 0, true},
	[NFT_META_PKTTYPE] = {"pkttype", 4, 1, false},
	[NFT_META_CPU] = {"cpu", 4, 0, false},
	[NFT_META_IIFGROUP] = {"iifgroup", 4, 0, false},
	[NFT_META_OIFGROUP] = {"oifgroup", 4, 0, false},
	[NFT_META_CGROUP] = {"cgroup", 4, 0, false},
	[NFT_META_PRANDOM] = {"random", 4, 0, false},
	[NFT_META_SECPATH] = {"ipsec", 1, 0, false},
	[NFT_META_IIFKIND] = {"iifkind", IFNAME_SIZE, 0, false},
	[NFT_META_OIFKIND] = {"oifkind", IFNAME_SIZE, 0, false},
	[NFT_META_BRI_IIFPVID] = {"ibrpvid", 2, 0, true},
	[NFT_META_BRI_IIFVPROTO] = {"ibrvproto", 2, 0, true},
	[NFT_META_TIME_NS] = {"time", 8, 0, false},
	[NFT_META_TIME_DAY] = {"day", 1, 0, false},
	[NFT_META_TIME_HOUR] = {"hour", 4, 0, false},
	[NFT_META_SDIF] = {"sdif", 4, 0, false},
	[NFT_META_SDIFNAME] = {"sdifname", IFNAME_SIZE, 0, false},
};

const char *meta_key_word(uint32_t key)
{
	return key < sizeof(keys) / sizeof(keys[0]) ? keys[key].word : NULL;
}

static const struct meta_key *find_key(uint32_t key, uint8_t family)
{
	static const struct meta_key none;

	if (key >= sizeof(keys) / sizeof(keys[0]))
		return &none;
	return keys[key].bridge_only && family != NFPROTO_BRIDGE ? &none : &keys[key];
}

static int meta_select(const struct nft_expr_context *context, const struct nlattr *const tb[],
		       size_t *size)
{
	if (!tb[NFTA_META_KEY] || !tb[NFTA_META_DREG] == !tb[NFTA_META_SREG])
		return -EINVAL;
	return 0;
}

static int meta_init(struct expr_init *init, struct nft_expr *expr, const struct nlattr *const tb[])
{
	const struct meta_key *key;

	expr->meta.key = attr_be32_byte(tb[NFTA_META_KEY]);
	expr->meta.is_set = tb[NFTA_META_SREG] != NULL;
	expr->meta.of_bridge = init->context->family == NFPROTO_BRIDGE;
	key = find_key(expr->meta.key, init->context->family);
	expr->meta.length = expr->meta.is_set ? key->set : key->get;
	if (expr->meta.length == 0)
		return -EOPNOTSUPP;
	if (expr->meta.is_set)
		return register_load(init, tb[NFTA_META_SREG], &expr->meta.reg, key->set);
	return register_store(init, tb[NFTA_META_DREG], &expr->meta.reg, false, key->get);
}

static void meta_dump(struct attr_writer *writer, const struct nft_expr *expr)
{
	attr_put_be32(writer, NFTA_META_KEY, expr->meta.key);
	register_put(writer, expr->meta.is_set ? NFTA_META_SREG : NFTA_META_DREG, expr->meta.reg);
}

static int meta_validate(const struct nft_expr *expr, const struct kernel_behavior *kernel,
			 uint8_t family, const char *chain_type, uint32_t hooknum)
{
	bool inet = family == NFPROTO_IPV4 || family == NFPROTO_IPV6 || family == NFPROTO_INET;

	if (expr->meta.is_set) {
		if (expr->meta.key != NFT_META_PKTTYPE)
			return 0;
		/* Prerouting, and ingress of netdev, are hook 0 in each family. */
		return inet || family == NFPROTO_BRIDGE || family == NFPROTO_NETDEV
			       ? validate_hooks(hooknum, 1u << NF_INET_PRE_ROUTING)
			       : -EOPNOTSUPP;
	}
	switch (expr->meta.key) {
	case NFT_META_SECPATH:
		if (family == NFPROTO_NETDEV)
			return validate_hooks(hooknum, 1u << NF_NETDEV_INGRESS);
		return inet ? validate_hooks(hooknum, 1u << NF_INET_PRE_ROUTING |
							      1u << NF_INET_LOCAL_IN |
							      1u << NF_INET_FORWARD)
			    : -EOPNOTSUPP;
	case NFT_META_SDIF:
	case NFT_META_SDIFNAME:
		return inet ? validate_hooks(hooknum,
					     1u << NF_INET_LOCAL_IN | 1u << NF_INET_FORWARD)
			    : -EOPNOTSUPP;
	default: return 0;
	}
}

static int refuse_key(struct offload *o, const struct nft_expr *expr)
{
	offload_refuse(o, "meta-key", "`meta %s` can't be matched by an offloaded rule",
		       expr->meta.key < sizeof(keys) / sizeof(keys[0]) && keys[expr->meta.key].word
			       ? keys[expr->meta.key].word
			       : "?");
	if (expr->meta.key == NFT_META_IIFNAME)
		offload_hint(o,
			     "`iif` compares the interface's index and can be offloaded; or leave "
			     "it out: the chain is bound to its device");
	return -EOPNOTSUPP;
}

static int meta_offload(struct offload *o, const struct nft_expr *expr)
{
	if (expr->meta.is_set)
		return offload_refuse(o, "meta-write",
				      "`meta %s set` can't be done by an offloaded rule",
				      keys[expr->meta.key].word);
	if (expr->meta.of_bridge)
		return refuse_key(o, expr);
	switch (expr->meta.key) {
	case NFT_META_PROTOCOL:
		offload_load_exact(o, expr->meta.reg, FLOW_BASIC_N_PROTO);
		o->dependency = DEPENDENCY_NETWORK;
		return 0;
	case NFT_META_L4PROTO:
		offload_load_exact(o, expr->meta.reg, FLOW_BASIC_IP_PROTO);
		o->dependency = DEPENDENCY_TRANSPORT;
		return 0;
	case NFT_META_IIF:
		offload_load_exact(o, expr->meta.reg, FLOW_META_INGRESS_IFINDEX);
		return 0;
	case NFT_META_IIFTYPE:
		offload_load_exact(o, expr->meta.reg, FLOW_META_INGRESS_IFTYPE);
		return 0;
	default: return refuse_key(o, expr);
	}
}

const struct nft_expr_type expr_type_meta = {
	.name = "meta",
	.policy = policy,
	.max_attr = NFTA_META_MAX,
	.kernel_size = 4,
	.select = meta_select,
	.init = meta_init,
	.dump = meta_dump,
	.validate = meta_validate,
	.offload = meta_offload,
};
