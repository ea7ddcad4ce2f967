/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Types of connection tracking, address translation and proxies: checked as the kernel checks them,
 * not interpreted, none offloaded.
 */
#include "kept.h"

#include <errno.h>
#include <linux/netfilter/nf_nat.h>
#include <string.h>

static const struct attr_policy ct_policy[NFTA_CT_MAX + 1] = {
	[NFTA_CT_DREG] = {.kind = ATTR_REGISTER, 0},
	[NFTA_CT_KEY] = {.kind = ATTR_U32, UINT8_MAX, .needs = KERNEL_NEEDS(ranges_by_policy)},
	[NFTA_CT_DIRECTION] = {.kind = ATTR_U8, 1, .needs = KERNEL_NEEDS(reserved_flags_refused)},
	[NFTA_CT_SREG] = {.kind = ATTR_REGISTER, 0},
};

enum ct_direction { DIRECTION_FORBIDDEN, DIRECTION_FREE, DIRECTION_NEEDED };

/* Sizes of the keys; 0 where it can't be read or written. 255: an address of the family. */
static const struct {
	uint8_t get, set;
	enum ct_direction direction;
} ct_keys[] = {
	[NFT_CT_STATE] = {4, 0, DIRECTION_FORBIDDEN},
	[NFT_CT_DIRECTION] = {1, 0, DIRECTION_FORBIDDEN},
	[NFT_CT_STATUS] = {4, 0, DIRECTION_FORBIDDEN},
	[NFT_CT_MARK] = {4, 4, DIRECTION_FORBIDDEN},
	[NFT_CT_SECMARK] = {4, 4, DIRECTION_FORBIDDEN},
	[NFT_CT_EXPIRATION] = {4, 0, DIRECTION_FORBIDDEN},
	[NFT_CT_HELPER] = {16, 0, DIRECTION_FORBIDDEN},
	[NFT_CT_L3PROTOCOL] = {1, 0, DIRECTION_FREE},
	[NFT_CT_SRC] = {255, 0, DIRECTION_NEEDED},
	[NFT_CT_DST] = {255, 0, DIRECTION_NEEDED},
	[NFT_CT_PROTOCOL] = {1, 0, DIRECTION_FREE},
	[NFT_CT_PROTO_SRC] = {2, 0, DIRECTION_NEEDED},
	[NFT_CT_PROTO_DST] = {2, 0, DIRECTION_NEEDED},
	[NFT_CT_LABELS] = {16, 16, DIRECTION_FORBIDDEN},
	[NFT_CT_PKTS] = {8, 0, DIRECTION_FREE},
	[NFT_CT_BYTES] = {8, 0, DIRECTION_FREE},
	[NFT_CT_AVGPKT] = {8, 0, DIRECTION_FREE},
	[NFT_CT_ZONE] = {2, 2, DIRECTION_FREE},
	[NFT_CT_EVENTMASK] = {0, 4, DIRECTION_FORBIDDEN},
	[NFT_CT_SRC_IP] = {4, 0, DIRECTION_NEEDED},
	[NFT_CT_DST_IP] = {4, 0, DIRECTION_NEEDED},
	[NFT_CT_SRC_IP6] = {16, 0, DIRECTION_NEEDED},
	[NFT_CT_DST_IP6] = {16, 0, DIRECTION_NEEDED},
	[NFT_CT_ID] = {4, 0, DIRECTION_FORBIDDEN},
};

static int ct_select(const struct nft_expr_context *context, const struct nlattr *const tb[],
		     size_t *size)
{
	return tb[NFTA_CT_KEY] && !tb[NFTA_CT_DREG] != !tb[NFTA_CT_SREG] ? 0 : -EINVAL;
}

static int ct_size(const struct nft_expr_context *context, const struct nlattr *const tb[],
		   size_t *size)
{
	uint32_t key = attr_be32_byte(tb[NFTA_CT_KEY]);
	enum ct_direction direction;

	if (key >= sizeof(ct_keys) / sizeof(ct_keys[0]))
		return -EOPNOTSUPP;
	*size = tb[NFTA_CT_DREG] ? ct_keys[key].get : ct_keys[key].set;
	if (*size == 0)
		return -EOPNOTSUPP;
	direction = ct_keys[key].direction;
	if (direction == DIRECTION_FORBIDDEN && tb[NFTA_CT_DIRECTION])
		return -EINVAL;
	if (direction == DIRECTION_NEEDED && !tb[NFTA_CT_DIRECTION])
		return -EINVAL;
	if (*size == 255) {
		if (context->family == NFPROTO_IPV4)
			*size = 4;
		else if (context->family == NFPROTO_IPV6 || context->family == NFPROTO_INET)
			*size = 16;
		else
			return -EAFNOSUPPORT;
	}
	return tb[NFTA_CT_DIRECTION] && attr_u8(tb[NFTA_CT_DIRECTION]) > 1 ? -EINVAL : 0;
}

/*
 * Families that connection tracking knows: nf_ct_netns_get(). Bridges are among them where the
 * kernel has CONFIG_NF_CONNTRACK_BRIDGE, as distributions' kernels have.
 */
static int ct_family(uint8_t family)
{
	return is_inet(family) || family == NFPROTO_BRIDGE ? 0 : -EPROTO;
}

static int ct_init(struct expr_init *init, struct nft_expr *expr, const struct nlattr *const tb[])
{
	size_t size;
	int error = ct_size(init->context, tb, &size);

	if (error)
		return error;
	error = tb[NFTA_CT_DREG] ? kept_store(init, tb[NFTA_CT_DREG], size)
				 : kept_load(init, tb[NFTA_CT_SREG], size);
	return error ? error : ct_family(init->context->family);
}

/* Of the keys that are the same in both directions a kernel forgets the direction. */
static void ct_dump(struct attr_writer *writer, const struct nft_expr *expr)
{
	static const uint16_t order[] = {NFTA_CT_DREG, NFTA_CT_SREG, NFTA_CT_KEY,
					 NFTA_CT_DIRECTION};
	const struct nlattr *tb[ATTR_TABLE_SIZE];
	uint32_t key;

	attr_parse(tb, NFTA_CT_MAX, expr->attributes, expr->size, NULL, NULL);
	key = attr_be32_byte(tb[NFTA_CT_KEY]);
	if (key == NFT_CT_L3PROTOCOL || key == NFT_CT_PROTOCOL)
		tb[NFTA_CT_DIRECTION] = NULL;
	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++)
		if (tb[order[i]])
			attr_put(writer, order[i], mnl_attr_get_payload(tb[order[i]]),
				 mnl_attr_get_payload_len(tb[order[i]]));
}

static const struct attr_policy connlimit_policy[NFTA_CONNLIMIT_MAX + 1] = {
	[NFTA_CONNLIMIT_COUNT] = {.kind = ATTR_U32, 0},
	[NFTA_CONNLIMIT_FLAGS] = {.kind = ATTR_MASK32,
				  NFT_CONNLIMIT_F_INV,
				  .needs = KERNEL_NEEDS(reserved_flags_refused)},
};

static int connlimit_init(struct expr_init *init, struct nft_expr *expr,
			  const struct nlattr *const tb[])
{
	if (!tb[NFTA_CONNLIMIT_COUNT])
		return -EINVAL;
	if (tb[NFTA_CONNLIMIT_FLAGS] &&
	    attr_be32(tb[NFTA_CONNLIMIT_FLAGS]) & ~(uint32_t)NFT_CONNLIMIT_F_INV)
		return -EOPNOTSUPP;
	return ct_family(init->context->family);
}

static int notrack_init(struct expr_init *init, struct nft_expr *expr,
			const struct nlattr *const tb[])
{
	return 0;
}

enum { NAT_KNOWN_FLAGS = 0x7f };

static const struct attr_policy nat_policy[NFTA_NAT_MAX + 1] = {
	[NFTA_NAT_TYPE] = {.kind = ATTR_U32, 0},
	[NFTA_NAT_FAMILY] = {.kind = ATTR_U32, 0},
	[NFTA_NAT_REG_ADDR_MIN] = {.kind = ATTR_U32, 0},
	[NFTA_NAT_REG_ADDR_MAX] = {.kind = ATTR_U32, 0},
	[NFTA_NAT_REG_PROTO_MIN] = {.kind = ATTR_U32, 0},
	[NFTA_NAT_REG_PROTO_MAX] = {.kind = ATTR_U32, 0},
	[NFTA_NAT_FLAGS] = {.kind = ATTR_MASK32,
			    NAT_KNOWN_FLAGS,
			    .needs = KERNEL_NEEDS(flag_masks)},
};

static bool has_unknown_nat_flags(const struct nlattr *flags)
{
	return flags && attr_be32(flags) & ~(uint32_t)NAT_KNOWN_FLAGS;
}

/* A pair of registers, the second only with the first. */
static int load_pair(struct expr_init *init, const struct nlattr *first,
		     const struct nlattr *second, size_t size)
{
	int error = first ? kept_load(init, first, size) : 0;

	return error || !first || !second ? error : kept_load(init, second, size);
}

static int nat_init(struct expr_init *init, struct nft_expr *expr, const struct nlattr *const tb[])
{
	uint32_t family;
	int error;

	if (!tb[NFTA_NAT_TYPE] || (!tb[NFTA_NAT_REG_ADDR_MIN] && !tb[NFTA_NAT_REG_PROTO_MIN]))
		return -EINVAL;
	if (attr_be32(tb[NFTA_NAT_TYPE]) > NFT_NAT_DNAT)
		return -EOPNOTSUPP;
	if (!tb[NFTA_NAT_FAMILY])
		return -EINVAL;
	family = attr_be32(tb[NFTA_NAT_FAMILY]);
	if (init->context->family != NFPROTO_INET && init->context->family != family)
		return -EOPNOTSUPP;
	if (family != NFPROTO_IPV4 && family != NFPROTO_IPV6 && tb[NFTA_NAT_REG_ADDR_MIN])
		return -EAFNOSUPPORT;
	error = load_pair(init, tb[NFTA_NAT_REG_ADDR_MIN], tb[NFTA_NAT_REG_ADDR_MAX],
			  family == NFPROTO_IPV4 ? 4 : 16);
	if (!error)
		error = load_pair(init, tb[NFTA_NAT_REG_PROTO_MIN], tb[NFTA_NAT_REG_PROTO_MAX], 2);
	/* A kernel that gets here with unknown flags keeps 16 bits of them. */
	if (!error && tb[NFTA_NAT_FLAGS] &&
	    attr_be32(tb[NFTA_NAT_FLAGS]) & UINT16_MAX & ~(uint32_t)NAT_KNOWN_FLAGS)
		return -EOPNOTSUPP;
	return error ? error : ct_family((uint8_t)family);
}

static int nat_validate(const struct nft_expr *expr, const struct kernel_behavior *kernel,
			uint8_t family, const char *chain_type, uint32_t hooknum)
{
	const uint32_t source = BIT(NF_INET_POST_ROUTING) | BIT(NF_INET_LOCAL_IN);
	const uint32_t destination = BIT(NF_INET_PRE_ROUTING) | BIT(NF_INET_LOCAL_OUT);

	if (strcmp(chain_type, "nat") != 0)
		return -EOPNOTSUPP;
	return validate_hooks(
		hooknum, kept_be32(expr, NFTA_NAT_TYPE) == NFT_NAT_SNAT ? source : destination);
}

/* A kernel fills in the second register of a range, and leaves out flags that are none. */
static void put_range(struct attr_writer *writer, const struct nlattr *first,
		      const struct nlattr *second, uint16_t second_type)
{
	if (!first)
		return;
	attr_put(writer, mnl_attr_get_type(first), mnl_attr_get_payload(first), sizeof(uint32_t));
	attr_put(writer, second_type, mnl_attr_get_payload(second ? second : first),
		 sizeof(uint32_t));
}

/* With addresses and with ports a kernel adds the flag that says so. */
static void nat_dump(struct attr_writer *writer, const struct nft_expr *expr)
{
	const struct nlattr *tb[ATTR_TABLE_SIZE];
	uint32_t flags = kept_be32(expr, NFTA_NAT_FLAGS);

	attr_parse(tb, NFTA_NAT_MAX, expr->attributes, expr->size, NULL, NULL);
	attr_put_be32(writer, NFTA_NAT_TYPE, kept_be32(expr, NFTA_NAT_TYPE));
	attr_put_be32(writer, NFTA_NAT_FAMILY, kept_be32(expr, NFTA_NAT_FAMILY));
	put_range(writer, tb[NFTA_NAT_REG_ADDR_MIN], tb[NFTA_NAT_REG_ADDR_MAX],
		  NFTA_NAT_REG_ADDR_MAX);
	put_range(writer, tb[NFTA_NAT_REG_PROTO_MIN], tb[NFTA_NAT_REG_PROTO_MAX],
		  NFTA_NAT_REG_PROTO_MAX);
	if (tb[NFTA_NAT_REG_ADDR_MIN])
		flags |= NF_NAT_RANGE_MAP_IPS;
	if (tb[NFTA_NAT_REG_PROTO_MIN])
		flags |= NF_NAT_RANGE_PROTO_SPECIFIED;
	if (flags)
		attr_put_be32(writer, NFTA_NAT_FLAGS, flags);
}

static const struct attr_policy masq_policy[NFTA_MASQ_MAX + 1] = {
	[NFTA_MASQ_FLAGS] = {.kind = ATTR_MASK32,
			     NAT_KNOWN_FLAGS,
			     .needs = KERNEL_NEEDS(flag_masks)},
	[NFTA_MASQ_REG_PROTO_MIN] = {.kind = ATTR_U32, 0},
	[NFTA_MASQ_REG_PROTO_MAX] = {.kind = ATTR_U32, 0},
};

static int masq_init(struct expr_init *init, struct nft_expr *expr, const struct nlattr *const tb[])
{
	if (has_unknown_nat_flags(tb[NFTA_MASQ_FLAGS]))
		return -EINVAL;
	return load_pair(init, tb[NFTA_MASQ_REG_PROTO_MIN], tb[NFTA_MASQ_REG_PROTO_MAX], 2);
}

static int masq_validate(const struct nft_expr *expr, const struct kernel_behavior *kernel,
			 uint8_t family, const char *chain_type, uint32_t hooknum)
{
	if (strcmp(chain_type, "nat") != 0)
		return -EOPNOTSUPP;
	return validate_hooks(hooknum, BIT(NF_INET_POST_ROUTING));
}

static void masq_dump(struct attr_writer *writer, const struct nft_expr *expr)
{
	const struct nlattr *tb[ATTR_TABLE_SIZE];

	attr_parse(tb, NFTA_MASQ_MAX, expr->attributes, expr->size, NULL, NULL);
	if (kept_be32(expr, NFTA_MASQ_FLAGS))
		attr_put_be32(writer, NFTA_MASQ_FLAGS, kept_be32(expr, NFTA_MASQ_FLAGS));
	put_range(writer, tb[NFTA_MASQ_REG_PROTO_MIN], tb[NFTA_MASQ_REG_PROTO_MAX],
		  NFTA_MASQ_REG_PROTO_MAX);
}

static const struct attr_policy redir_policy[NFTA_REDIR_MAX + 1] = {
	[NFTA_REDIR_REG_PROTO_MIN] = {.kind = ATTR_U32, 0},
	[NFTA_REDIR_REG_PROTO_MAX] = {.kind = ATTR_U32, 0},
	[NFTA_REDIR_FLAGS] = {.kind = ATTR_MASK32,
			      NAT_KNOWN_FLAGS,
			      .needs = KERNEL_NEEDS(flag_masks)},
};

static int redir_init(struct expr_init *init, struct nft_expr *expr,
		      const struct nlattr *const tb[])
{
	int error = load_pair(init, tb[NFTA_REDIR_REG_PROTO_MIN], tb[NFTA_REDIR_REG_PROTO_MAX], 2);

	return !error && has_unknown_nat_flags(tb[NFTA_REDIR_FLAGS]) ? -EINVAL : error;
}

static int redir_validate(const struct nft_expr *expr, const struct kernel_behavior *kernel,
			  uint8_t family, const char *chain_type, uint32_t hooknum)
{
	if (strcmp(chain_type, "nat") != 0)
		return -EOPNOTSUPP;
	return validate_hooks(hooknum, BIT(NF_INET_PRE_ROUTING) | BIT(NF_INET_LOCAL_OUT));
}

static void redir_dump(struct attr_writer *writer, const struct nft_expr *expr)
{
	const struct nlattr *tb[ATTR_TABLE_SIZE];

	attr_parse(tb, NFTA_REDIR_MAX, expr->attributes, expr->size, NULL, NULL);
	put_range(writer, tb[NFTA_REDIR_REG_PROTO_MIN], tb[NFTA_REDIR_REG_PROTO_MAX],
		  NFTA_REDIR_REG_PROTO_MAX);
	if (kept_be32(expr, NFTA_REDIR_FLAGS))
		attr_put_be32(writer, NFTA_REDIR_FLAGS, kept_be32(expr, NFTA_REDIR_FLAGS));
}

static const struct attr_policy tproxy_policy[NFTA_TPROXY_MAX + 1] = {
	[NFTA_TPROXY_FAMILY] = {.kind = ATTR_U32,
				UINT8_MAX,
				.needs = KERNEL_NEEDS(ranges_by_policy)},
	[NFTA_TPROXY_REG_ADDR] = {.kind = ATTR_U32, 0},
	[NFTA_TPROXY_REG_PORT] = {.kind = ATTR_U32, 0},
};

static int tproxy_init(struct expr_init *init, struct nft_expr *expr,
		       const struct nlattr *const tb[])
{
	uint8_t own = init->context->family;
	uint32_t family;
	int error = 0;

	if (!tb[NFTA_TPROXY_FAMILY] || (!tb[NFTA_TPROXY_REG_ADDR] && !tb[NFTA_TPROXY_REG_PORT]))
		return -EINVAL;
	if (!is_inet(own))
		return -EOPNOTSUPP;
	family = attr_be32_byte(tb[NFTA_TPROXY_FAMILY]);
	if (own != NFPROTO_INET && family != own)
		return -EINVAL;
	if (family == NFPROTO_UNSPEC && tb[NFTA_TPROXY_REG_ADDR])
		return -EINVAL;
	if (family != NFPROTO_UNSPEC && family != NFPROTO_IPV4 && family != NFPROTO_IPV6)
		return -EOPNOTSUPP;
	if (tb[NFTA_TPROXY_REG_ADDR])
		error = kept_load(init, tb[NFTA_TPROXY_REG_ADDR], family == NFPROTO_IPV4 ? 4 : 16);
	if (!error && tb[NFTA_TPROXY_REG_PORT])
		error = kept_load(init, tb[NFTA_TPROXY_REG_PORT], 2);
	return error;
}

static int tproxy_validate(const struct nft_expr *expr, const struct kernel_behavior *kernel,
			   uint8_t family, const char *chain_type, uint32_t hooknum)
{
	return is_inet(family) ? validate_hooks(hooknum, BIT(NF_INET_PRE_ROUTING)) : -EOPNOTSUPP;
}

enum { SYNPROXY_KNOWN_FLAGS = 0xf };

static const struct attr_policy synproxy_policy[NFTA_SYNPROXY_MAX + 1] = {
	[NFTA_SYNPROXY_MSS] = {.kind = ATTR_U16, 0},
	[NFTA_SYNPROXY_WSCALE] = {.kind = ATTR_U8,
				  14,
				  .needs = KERNEL_NEEDS(reserved_flags_refused)},
	[NFTA_SYNPROXY_FLAGS] = {.kind = ATTR_MASK32,
				 SYNPROXY_KNOWN_FLAGS,
				 .needs = KERNEL_NEEDS(reserved_flags_refused)},
};

static int synproxy_init(struct expr_init *init, struct nft_expr *expr,
			 const struct nlattr *const tb[])
{
	if (tb[NFTA_SYNPROXY_FLAGS] &&
	    attr_be32(tb[NFTA_SYNPROXY_FLAGS]) & ~(uint32_t)SYNPROXY_KNOWN_FLAGS)
		return -EOPNOTSUPP;
	return ct_family(init->context->family);
}

static int synproxy_validate(const struct nft_expr *expr, const struct kernel_behavior *kernel,
			     uint8_t family, const char *chain_type, uint32_t hooknum)
{
	if (!is_inet(family))
		return -EOPNOTSUPP;
	return validate_hooks(hooknum, BIT(NF_INET_LOCAL_IN) | BIT(NF_INET_FORWARD));
}

const struct nft_expr_type expr_types_track[] = {
	{.name = "connlimit",
	 .stateful = true,
	 .policy = connlimit_policy,
	 .max_attr = NFTA_CONNLIMIT_MAX,
	 .kernel_size = 16,
	 .init = connlimit_init},
	{.name = "ct",
	 .policy = ct_policy,
	 .max_attr = NFTA_CT_MAX,
	 .kernel_size = 8,
	 .keeps_bytes = true,
	 .select = ct_select,
	 .init = ct_init,
	 .dump = ct_dump},
	{.name = "notrack", .max_attr = 0, .init = notrack_init},
	{.name = "nat",
	 .policy = nat_policy,
	 .max_attr = NFTA_NAT_MAX,
	 .kernel_size = 8,
	 .keeps_bytes = true,
	 .dump = nat_dump,
	 .init = nat_init,
	 .validate = nat_validate},
	{.name = "masq",
	 .families = FAMILY_IP | FAMILY_IP6 | FAMILY_INET,
	 .policy = masq_policy,
	 .max_attr = NFTA_MASQ_MAX,
	 .kernel_size = 8,
	 .keeps_bytes = true,
	 .dump = masq_dump,
	 .init = masq_init,
	 .validate = masq_validate},
	{.name = "redir",
	 .families = FAMILY_IP | FAMILY_IP6 | FAMILY_INET,
	 .policy = redir_policy,
	 .max_attr = NFTA_REDIR_MAX,
	 .kernel_size = 8,
	 .keeps_bytes = true,
	 .dump = redir_dump,
	 .init = redir_init,
	 .validate = redir_validate},
	{.name = "tproxy",
	 .policy = tproxy_policy,
	 .max_attr = NFTA_TPROXY_MAX,
	 .kernel_size = 8,
	 .init = tproxy_init,
	 .validate = tproxy_validate},
	{.name = "synproxy",
	 .policy = synproxy_policy,
	 .max_attr = NFTA_SYNPROXY_MAX,
	 .kernel_size = 8,
	 .init = synproxy_init,
	 .validate = synproxy_validate},
	{0},
};
