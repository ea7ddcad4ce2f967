/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Types that do something, or count, and those of connection tracking: checked as the kernel checks
 * them, not interpreted, none offloaded.
 */
#include "kept.h"

#include <errno.h>
#include <string.h>

static const struct attr_policy limit_policy[NFTA_LIMIT_MAX + 1] = {
	[NFTA_LIMIT_RATE] = {ATTR_U64, 0},  [NFTA_LIMIT_UNIT] = {ATTR_U64, 0},
	[NFTA_LIMIT_BURST] = {ATTR_U32, 0}, [NFTA_LIMIT_TYPE] = {ATTR_U32, 0},
	[NFTA_LIMIT_FLAGS] = {ATTR_U32, 0},
};

static bool limits_bytes(const struct nlattr *const tb[])
{
	return tb[NFTA_LIMIT_TYPE] && attr_be32(tb[NFTA_LIMIT_TYPE]) == NFT_LIMIT_PKT_BYTES;
}

static int limit_select(const struct nft_expr_context *context, const struct nlattr *const tb[],
			size_t *size)
{
	if (tb[NFTA_LIMIT_TYPE] && attr_be32(tb[NFTA_LIMIT_TYPE]) > NFT_LIMIT_PKT_BYTES)
		return -EOPNOTSUPP;
	if (!limits_bytes(tb))
		*size += 8;
	return 0;
}

/* The kernel's token arithmetic overflows for some rates; that is all it refuses. */
static int limit_init(struct expr_init *init, struct nft_expr *expr,
		      const struct nlattr *const tb[])
{
	const uint64_t second_ns = 1000000000;
	uint64_t rate, nanoseconds, sum, tokens, burst = 0;
	bool bytes = limits_bytes(tb);

	if (!kept_has(tb, BIT(NFTA_LIMIT_RATE) | BIT(NFTA_LIMIT_UNIT)))
		return -EINVAL;
	rate = attr_be64(tb[NFTA_LIMIT_RATE]);
	if (rate == 0)
		return -EINVAL;
	if (__builtin_mul_overflow(attr_be64(tb[NFTA_LIMIT_UNIT]), second_ns, &nanoseconds))
		return -EOVERFLOW;
	if (tb[NFTA_LIMIT_BURST])
		burst = attr_be32(tb[NFTA_LIMIT_BURST]);
	if (!bytes && burst == 0)
		burst = 5;
	if (__builtin_add_overflow(rate, burst, &sum))
		return -EOVERFLOW;
	if (bytes ? __builtin_mul_overflow(nanoseconds, sum, &tokens)
		  : __builtin_mul_overflow(nanoseconds / rate, burst, &tokens))
		return -EOVERFLOW;
	if (tb[NFTA_LIMIT_FLAGS] && attr_be32(tb[NFTA_LIMIT_FLAGS]) & ~(uint32_t)NFT_LIMIT_F_INV)
		return -EOPNOTSUPP;
	return 0;
}

static const struct attr_policy quota_policy[NFTA_QUOTA_MAX + 1] = {
	[NFTA_QUOTA_BYTES] = {ATTR_U64, 0},
	[NFTA_QUOTA_FLAGS] = {ATTR_U32, 0},
	[NFTA_QUOTA_CONSUMED] = {ATTR_U64, 0},
};

static int quota_init(struct expr_init *init, struct nft_expr *expr,
		      const struct nlattr *const tb[])
{
	uint64_t quota;

	if (!tb[NFTA_QUOTA_BYTES])
		return -EINVAL;
	quota = attr_be64(tb[NFTA_QUOTA_BYTES]);
	if (quota > INT64_MAX)
		return -EOVERFLOW;
	if (tb[NFTA_QUOTA_CONSUMED] && attr_be64(tb[NFTA_QUOTA_CONSUMED]) > quota)
		return -EINVAL;
	if (tb[NFTA_QUOTA_FLAGS] && attr_be32(tb[NFTA_QUOTA_FLAGS]) & ~(uint32_t)NFT_QUOTA_F_INV)
		return -EINVAL;
	return 0;
}

/* A kernel tells all three, whatever it was told. */
static void quota_dump(struct attr_writer *writer, const struct nft_expr *expr)
{
	const struct nlattr *tb[ATTR_TABLE_SIZE];

	attr_parse(tb, NFTA_QUOTA_MAX, expr->attributes, expr->size, NULL);
	attr_put_be64(writer, NFTA_QUOTA_BYTES, attr_be64(tb[NFTA_QUOTA_BYTES]));
	attr_put_be64(writer, NFTA_QUOTA_CONSUMED,
		      tb[NFTA_QUOTA_CONSUMED] ? attr_be64(tb[NFTA_QUOTA_CONSUMED]) : 0);
	attr_put_be32(writer, NFTA_QUOTA_FLAGS,
		      tb[NFTA_QUOTA_FLAGS] ? attr_be32(tb[NFTA_QUOTA_FLAGS]) : 0);
}

static void quota_reset(struct nft_expr *expr)
{
	const struct nlattr *tb[ATTR_TABLE_SIZE], *consumed;

	attr_parse(tb, NFTA_QUOTA_MAX, expr->attributes, expr->size, NULL);
	consumed = tb[NFTA_QUOTA_CONSUMED];
	if (consumed)
		memset(expr->attributes + ((const uint8_t *)consumed - expr->attributes) +
			       MNL_ATTR_HDRLEN,
		       0, sizeof(uint64_t));
}

static const struct attr_policy last_policy[NFTA_LAST_MAX + 1] = {
	[NFTA_LAST_SET] = {ATTR_U32, 0},
	[NFTA_LAST_MSECS] = {ATTR_U64, 0},
};

static int last_init(struct expr_init *init, struct nft_expr *expr, const struct nlattr *const tb[])
{
	bool is_set = tb[NFTA_LAST_SET] && attr_be32(tb[NFTA_LAST_SET]);

	return is_set && tb[NFTA_LAST_MSECS] ? check_milliseconds(tb[NFTA_LAST_MSECS]) : 0;
}

static const struct attr_policy log_policy[NFTA_LOG_MAX + 1] = {
	[NFTA_LOG_GROUP] = {ATTR_U16, 0},   [NFTA_LOG_PREFIX] = {ATTR_STRING, 127},
	[NFTA_LOG_SNAPLEN] = {ATTR_U32, 0}, [NFTA_LOG_QTHRESHOLD] = {ATTR_U16, 0},
	[NFTA_LOG_LEVEL] = {ATTR_U32, 0},   [NFTA_LOG_FLAGS] = {ATTR_U32, 0},
};

static int log_init(struct expr_init *init, struct nft_expr *expr, const struct nlattr *const tb[])
{
	enum { KNOWN_FLAGS = 0x2f };

	if (tb[NFTA_LOG_GROUP])
		return tb[NFTA_LOG_LEVEL] || tb[NFTA_LOG_FLAGS] ? -EINVAL : 0;
	/* Of both numbers the kernel keeps the low byte. */
	if (tb[NFTA_LOG_LEVEL] && (uint8_t)attr_be32(tb[NFTA_LOG_LEVEL]) > NFT_LOGLEVEL_AUDIT)
		return -EINVAL;
	if (tb[NFTA_LOG_FLAGS] && (uint8_t)attr_be32(tb[NFTA_LOG_FLAGS]) & ~KNOWN_FLAGS)
		return -EINVAL;
	return 0;
}

static const struct attr_policy reject_policy[NFTA_REJECT_MAX + 1] = {
	[NFTA_REJECT_TYPE] = {ATTR_U32, UINT8_MAX},
	[NFTA_REJECT_ICMP_CODE] = {ATTR_U8, 0},
};

static int reject_init(struct expr_init *init, struct nft_expr *expr,
		       const struct nlattr *const tb[])
{
	const struct nlattr *code = tb[NFTA_REJECT_ICMP_CODE];

	if (!tb[NFTA_REJECT_TYPE])
		return -EINVAL;
	switch (attr_be32(tb[NFTA_REJECT_TYPE])) {
	case NFT_REJECT_TCP_RST: return 0;
	case NFT_REJECT_ICMP_UNREACH: return code ? 0 : -EINVAL;
	case NFT_REJECT_ICMPX_UNREACH:
		return !code || attr_u8(code) > NFT_REJECT_ICMPX_MAX ? -EINVAL : 0;
	default: return -EINVAL;
	}
}

static int reject_validate(const struct nft_expr *expr, uint8_t family, const char *chain_type,
			   uint32_t hooknum)
{
	uint32_t inet = BIT(NF_INET_LOCAL_IN) | BIT(NF_INET_FORWARD) | BIT(NF_INET_LOCAL_OUT) |
			BIT(NF_INET_PRE_ROUTING);

	switch (family) {
	case NFPROTO_NETDEV: return validate_hooks(hooknum, BIT(NF_NETDEV_INGRESS));
	case NFPROTO_BRIDGE: return validate_hooks(hooknum, BIT(0) | BIT(1));
	case NFPROTO_INET: return validate_hooks(hooknum, inet | BIT(NF_INET_INGRESS));
	default: return validate_hooks(hooknum, inet);
	}
}

static const struct attr_policy queue_policy[NFTA_QUEUE_MAX + 1] = {
	[NFTA_QUEUE_NUM] = {ATTR_U16, 0},
	[NFTA_QUEUE_TOTAL] = {ATTR_U16, 0},
	[NFTA_QUEUE_FLAGS] = {ATTR_U16, 0},
	[NFTA_QUEUE_SREG_QNUM] = {ATTR_U32, 0},
};

static int queue_select(const struct nft_expr_context *context, const struct nlattr *const tb[],
			size_t *size)
{
	if (tb[NFTA_QUEUE_NUM] && tb[NFTA_QUEUE_SREG_QNUM])
		return -EINVAL;
	return tb[NFTA_QUEUE_NUM] || tb[NFTA_QUEUE_SREG_QNUM] ? 0 : -EINVAL;
}

static int queue_init(struct expr_init *init, struct nft_expr *expr,
		      const struct nlattr *const tb[])
{
	return tb[NFTA_QUEUE_SREG_QNUM] ? kept_load(init, tb[NFTA_QUEUE_SREG_QNUM], 4) : 0;
}

static const struct attr_policy ct_policy[NFTA_CT_MAX + 1] = {
	[NFTA_CT_DREG] = {ATTR_U32, 0},
	[NFTA_CT_KEY] = {ATTR_U32, UINT8_MAX},
	[NFTA_CT_DIRECTION] = {ATTR_U8, 0},
	[NFTA_CT_SREG] = {ATTR_U32, 0},
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
	uint32_t key = attr_be32(tb[NFTA_CT_KEY]);
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

/* Families that connection tracking knows: nf_ct_netns_get(). */
static int ct_family(uint8_t family)
{
	switch (family) {
	case NFPROTO_IPV4:
	case NFPROTO_IPV6:
	case NFPROTO_INET:
	case NFPROTO_BRIDGE: return 0;
	default: return -EPROTO;
	}
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

static const struct attr_policy connlimit_policy[NFTA_CONNLIMIT_MAX + 1] = {
	[NFTA_CONNLIMIT_COUNT] = {ATTR_U32, 0},
	[NFTA_CONNLIMIT_FLAGS] = {ATTR_U32, 0},
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
	[NFTA_NAT_TYPE] = {ATTR_U32, 0},          [NFTA_NAT_FAMILY] = {ATTR_U32, 0},
	[NFTA_NAT_REG_ADDR_MIN] = {ATTR_U32, 0},  [NFTA_NAT_REG_ADDR_MAX] = {ATTR_U32, 0},
	[NFTA_NAT_REG_PROTO_MIN] = {ATTR_U32, 0}, [NFTA_NAT_REG_PROTO_MAX] = {ATTR_U32, 0},
	[NFTA_NAT_FLAGS] = {ATTR_U32, 0},
};

static bool has_unknown_nat_flags(const struct nlattr *flags)
{
	return flags && attr_be32(flags) & ~(uint32_t)NAT_KNOWN_FLAGS;
}

static int nat_select(const struct nft_expr_context *context, const struct nlattr *const tb[],
		      size_t *size)
{
	return context->kernel->flag_masks && has_unknown_nat_flags(tb[NFTA_NAT_FLAGS]) ? -EINVAL
											: 0;
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
	if (!error && has_unknown_nat_flags(tb[NFTA_NAT_FLAGS]))
		return -EOPNOTSUPP;
	return error ? error : ct_family((uint8_t)family);
}

static int nat_validate(const struct nft_expr *expr, uint8_t family, const char *chain_type,
			uint32_t hooknum)
{
	if (strcmp(chain_type, "nat") != 0)
		return -EOPNOTSUPP;
	return validate_hooks(hooknum, BIT(NF_INET_PRE_ROUTING) | BIT(NF_INET_POST_ROUTING) |
					       BIT(NF_INET_LOCAL_OUT) | BIT(NF_INET_LOCAL_IN));
}

static const struct attr_policy masq_policy[NFTA_MASQ_MAX + 1] = {
	[NFTA_MASQ_FLAGS] = {ATTR_MASK32, NAT_KNOWN_FLAGS},
	[NFTA_MASQ_REG_PROTO_MIN] = {ATTR_U32, 0},
	[NFTA_MASQ_REG_PROTO_MAX] = {ATTR_U32, 0},
};

static int masq_init(struct expr_init *init, struct nft_expr *expr, const struct nlattr *const tb[])
{
	return load_pair(init, tb[NFTA_MASQ_REG_PROTO_MIN], tb[NFTA_MASQ_REG_PROTO_MAX], 2);
}

static int masq_validate(const struct nft_expr *expr, uint8_t family, const char *chain_type,
			 uint32_t hooknum)
{
	if (strcmp(chain_type, "nat") != 0)
		return -EOPNOTSUPP;
	return validate_hooks(hooknum, BIT(NF_INET_POST_ROUTING));
}

static const struct attr_policy redir_policy[NFTA_REDIR_MAX + 1] = {
	[NFTA_REDIR_REG_PROTO_MIN] = {ATTR_U32, 0},
	[NFTA_REDIR_REG_PROTO_MAX] = {ATTR_U32, 0},
	[NFTA_REDIR_FLAGS] = {ATTR_MASK32, NAT_KNOWN_FLAGS},
};

static int redir_init(struct expr_init *init, struct nft_expr *expr,
		      const struct nlattr *const tb[])
{
	return load_pair(init, tb[NFTA_REDIR_REG_PROTO_MIN], tb[NFTA_REDIR_REG_PROTO_MAX], 2);
}

static int redir_validate(const struct nft_expr *expr, uint8_t family, const char *chain_type,
			  uint32_t hooknum)
{
	if (strcmp(chain_type, "nat") != 0)
		return -EOPNOTSUPP;
	return validate_hooks(hooknum, BIT(NF_INET_PRE_ROUTING) | BIT(NF_INET_LOCAL_OUT));
}

static const struct attr_policy tproxy_policy[NFTA_TPROXY_MAX + 1] = {
	[NFTA_TPROXY_FAMILY] = {ATTR_U32, UINT8_MAX},
	[NFTA_TPROXY_REG_ADDR] = {ATTR_U32, 0},
	[NFTA_TPROXY_REG_PORT] = {ATTR_U32, 0},
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
	family = attr_be32(tb[NFTA_TPROXY_FAMILY]);
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

static int tproxy_validate(const struct nft_expr *expr, uint8_t family, const char *chain_type,
			   uint32_t hooknum)
{
	return is_inet(family) ? validate_hooks(hooknum, BIT(NF_INET_PRE_ROUTING)) : -EOPNOTSUPP;
}

static const struct attr_policy synproxy_policy[NFTA_SYNPROXY_MAX + 1] = {
	[NFTA_SYNPROXY_MSS] = {ATTR_U16, 0},
	[NFTA_SYNPROXY_WSCALE] = {ATTR_U8, 0},
	[NFTA_SYNPROXY_FLAGS] = {ATTR_U32, 0},
};

enum { SYNPROXY_KNOWN_FLAGS = 0xf };

static int synproxy_init(struct expr_init *init, struct nft_expr *expr,
			 const struct nlattr *const tb[])
{
	if (tb[NFTA_SYNPROXY_FLAGS] &&
	    attr_be32(tb[NFTA_SYNPROXY_FLAGS]) & ~(uint32_t)SYNPROXY_KNOWN_FLAGS)
		return -EOPNOTSUPP;
	return ct_family(init->context->family);
}

static int synproxy_validate(const struct nft_expr *expr, uint8_t family, const char *chain_type,
			     uint32_t hooknum)
{
	if (!is_inet(family))
		return -EOPNOTSUPP;
	return validate_hooks(hooknum, BIT(NF_INET_LOCAL_IN) | BIT(NF_INET_FORWARD));
}

static const struct attr_policy flow_policy[NFTA_FLOW_MAX + 1] = {
	[NFTA_FLOW_TABLE_NAME] = {ATTR_STRING, NFT_NAME_MAXLEN - 1},
};

/* The emulator keeps no flowtables yet, so there is never one of that name. */
static int flow_init(struct expr_init *init, struct nft_expr *expr, const struct nlattr *const tb[])
{
	return tb[NFTA_FLOW_TABLE_NAME] ? -ENOENT : -EINVAL;
}

static const struct attr_policy dup_policy[NFTA_DUP_MAX + 1] = {
	[NFTA_DUP_SREG_ADDR] = {ATTR_U32, 0},
	[NFTA_DUP_SREG_DEV] = {ATTR_U32, 0},
};

static int dup_init(struct expr_init *init, struct nft_expr *expr, const struct nlattr *const tb[])
{
	size_t size = init->context->family == NFPROTO_IPV4 ? 4 : 16;
	int error;

	if (!tb[NFTA_DUP_SREG_ADDR])
		return -EINVAL;
	error = kept_load(init, tb[NFTA_DUP_SREG_ADDR], size);
	return error || !tb[NFTA_DUP_SREG_DEV] ? error : kept_load(init, tb[NFTA_DUP_SREG_DEV], 4);
}

static const struct attr_policy inner_policy[NICEMU_NFTA_INNER_EXPR + 1] = {
	[NICEMU_NFTA_INNER_NUM] = {ATTR_U32, 0},     [NICEMU_NFTA_INNER_TYPE] = {ATTR_U32, 0},
	[NICEMU_NFTA_INNER_FLAGS] = {ATTR_U32, 0},   [NICEMU_NFTA_INNER_HDRSIZE] = {ATTR_U32, 0},
	[NICEMU_NFTA_INNER_EXPR] = {ATTR_NESTED, 0},
};

/* What of inner's own expression the register tracking needs: payload and meta with a dreg. */
static int inner_expr_init(struct expr_init *init, const struct nlattr *nest)
{
	static const struct attr_policy expr_policy[NFTA_EXPR_MAX + 1] = {
		[NFTA_EXPR_NAME] = {ATTR_STRING, 0},
		[NFTA_EXPR_DATA] = {ATTR_NESTED, 0},
	};
	const struct nlattr *tb[ATTR_TABLE_SIZE], *data[ATTR_TABLE_SIZE];
	int error = attr_parse_nested(tb, NFTA_EXPR_MAX, nest, expr_policy);

	if (error)
		return error;
	if (!tb[NFTA_EXPR_NAME] || !tb[NFTA_EXPR_DATA])
		return -EINVAL;
	if (attr_is_string(tb[NFTA_EXPR_NAME], "payload")) {
		error = attr_parse_nested(data, NFTA_PAYLOAD_MAX, tb[NFTA_EXPR_DATA],
					  expr_type_payload.policy);
		if (error)
			return error;
		if (!kept_has(data, BIT(NFTA_PAYLOAD_BASE) | BIT(NFTA_PAYLOAD_OFFSET) |
					    BIT(NFTA_PAYLOAD_LEN) | BIT(NFTA_PAYLOAD_DREG)))
			return -EINVAL;
		return kept_store(init, data[NFTA_PAYLOAD_DREG], attr_be32(data[NFTA_PAYLOAD_LEN]));
	}
	if (!attr_is_string(tb[NFTA_EXPR_NAME], "meta"))
		return -EOPNOTSUPP;
	error = attr_parse_nested(data, NFTA_META_MAX, tb[NFTA_EXPR_DATA], expr_type_meta.policy);
	if (error)
		return error;
	if (!kept_has(data, BIT(NFTA_META_KEY) | BIT(NFTA_META_DREG)))
		return -EINVAL;
	switch (attr_be32(data[NFTA_META_KEY])) {
	case NFT_META_PROTOCOL: return kept_store(init, data[NFTA_META_DREG], 2);
	case NFT_META_L4PROTO: return kept_store(init, data[NFTA_META_DREG], 4);
	default: return -EOPNOTSUPP;
	}
}

enum { INNER_KNOWN_FLAGS = 0xf };

static int inner_init(struct expr_init *init, struct nft_expr *expr,
		      const struct nlattr *const tb[])
{
	enum { F_HDRSIZE = 1, MAX_HDRSIZE = 64 };
	uint32_t flags, size;

	if (!kept_has(tb, BIT(NICEMU_NFTA_INNER_FLAGS) | BIT(NICEMU_NFTA_INNER_NUM) |
				  BIT(NICEMU_NFTA_INNER_HDRSIZE) | BIT(NICEMU_NFTA_INNER_TYPE) |
				  BIT(NICEMU_NFTA_INNER_EXPR)))
		return -EINVAL;
	flags = attr_be32(tb[NICEMU_NFTA_INNER_FLAGS]);
	size = attr_be32(tb[NICEMU_NFTA_INNER_HDRSIZE]);
	if (flags & ~(uint32_t)INNER_KNOWN_FLAGS || attr_be32(tb[NICEMU_NFTA_INNER_NUM]) != 0)
		return -EOPNOTSUPP;
	if (attr_be32(tb[NICEMU_NFTA_INNER_TYPE]) > UINT8_MAX)
		return -EINVAL;
	if (flags & F_HDRSIZE && (size == 0 || size > MAX_HDRSIZE))
		return -EOPNOTSUPP;
	return inner_expr_init(init, tb[NICEMU_NFTA_INNER_EXPR]);
}

static const struct attr_policy compat_policy[4] = {
	[1] = {ATTR_STRING, 0}, /* name */
	[2] = {ATTR_U32, 255},  /* revision */
	[3] = {ATTR_BINARY, 0}, /* info */
};

/* iptables' own matches and targets: the emulator has none of those modules. */
static int compat_select(const struct nft_expr_context *context, const struct nlattr *const tb[],
			 size_t *size)
{
	return tb[1] && tb[2] && tb[3] ? -ENOENT : -EINVAL;
}

const struct nft_expr_type expr_types_act[] = {
	{.name = "limit",
	 .flags_attr = NFTA_LIMIT_FLAGS,
	 .known_flags = NFT_LIMIT_F_INV,
	 .stateful = true,
	 .policy = limit_policy,
	 .max_attr = NFTA_LIMIT_MAX,
	 .kernel_size = 40,
	 .select = limit_select,
	 .init = limit_init},
	{.name = "quota",
	 .stateful = true,
	 .policy = quota_policy,
	 .max_attr = NFTA_QUOTA_MAX,
	 .kernel_size = 24,
	 .keeps_bytes = true,
	 .init = quota_init,
	 .dump = quota_dump,
	 .reset = quota_reset},
	{.name = "last",
	 .needs = NEEDS(last_expression),
	 .stateful = true,
	 .policy = last_policy,
	 .max_attr = NFTA_LAST_MAX,
	 .kernel_size = 8,
	 .init = last_init},
	{.name = "connlimit",
	 .flags_attr = NFTA_CONNLIMIT_FLAGS,
	 .known_flags = NFT_CONNLIMIT_F_INV,
	 .stateful = true,
	 .policy = connlimit_policy,
	 .max_attr = NFTA_CONNLIMIT_MAX,
	 .kernel_size = 16,
	 .init = connlimit_init},
	{.name = "log",
	 .policy = log_policy,
	 .max_attr = NFTA_LOG_MAX,
	 .kernel_size = 32,
	 .init = log_init},
#define REJECT                                                                                    \
	.name = "reject", .policy = reject_policy, .max_attr = NFTA_REJECT_MAX, .kernel_size = 8, \
	.init = reject_init, .validate = reject_validate
	{REJECT, .families = FAMILY_IP | FAMILY_IP6 | FAMILY_INET | FAMILY_BRIDGE},
	{REJECT, .families = FAMILY_NETDEV, .needs = NEEDS(reject_netdev)},
#undef REJECT
	{.name = "queue",
	 .policy = queue_policy,
	 .max_attr = NFTA_QUEUE_MAX,
	 .kernel_size = 8,
	 .select = queue_select,
	 .init = queue_init},
	{.name = "ct",
	 .policy = ct_policy,
	 .max_attr = NFTA_CT_MAX,
	 .kernel_size = 8,
	 .select = ct_select,
	 .init = ct_init},
	{.name = "notrack", .max_attr = 0, .init = notrack_init},
	{.name = "nat",
	 .policy = nat_policy,
	 .max_attr = NFTA_NAT_MAX,
	 .kernel_size = 8,
	 .select = nat_select,
	 .init = nat_init,
	 .validate = nat_validate},
	{.name = "masq",
	 .families = FAMILY_IP | FAMILY_IP6 | FAMILY_INET,
	 .policy = masq_policy,
	 .max_attr = NFTA_MASQ_MAX,
	 .kernel_size = 8,
	 .init = masq_init,
	 .validate = masq_validate},
	{.name = "redir",
	 .families = FAMILY_IP | FAMILY_IP6 | FAMILY_INET,
	 .policy = redir_policy,
	 .max_attr = NFTA_REDIR_MAX,
	 .kernel_size = 8,
	 .init = redir_init,
	 .validate = redir_validate},
	{.name = "tproxy",
	 .policy = tproxy_policy,
	 .max_attr = NFTA_TPROXY_MAX,
	 .kernel_size = 8,
	 .init = tproxy_init,
	 .validate = tproxy_validate},
	{.name = "synproxy",
	 .flags_attr = NFTA_SYNPROXY_FLAGS,
	 .known_flags = SYNPROXY_KNOWN_FLAGS,
	 .policy = synproxy_policy,
	 .max_attr = NFTA_SYNPROXY_MAX,
	 .kernel_size = 8,
	 .init = synproxy_init,
	 .validate = synproxy_validate},
	{.name = "flow_offload",
	 .policy = flow_policy,
	 .max_attr = NFTA_FLOW_MAX,
	 .kernel_size = 8,
	 .init = flow_init},
	{.name = "dup",
	 .families = FAMILY_IP | FAMILY_IP6,
	 .policy = dup_policy,
	 .max_attr = NFTA_DUP_MAX,
	 .kernel_size = 8,
	 .init = dup_init},
	{.name = "inner",
	 .needs = NEEDS(inner_expression),
	 .flags_attr = NICEMU_NFTA_INNER_FLAGS,
	 .known_flags = INNER_KNOWN_FLAGS,
	 .policy = inner_policy,
	 .max_attr = NICEMU_NFTA_INNER_EXPR,
	 .kernel_size = 32,
	 .init = inner_init},
	{.name = "match", .policy = compat_policy, .max_attr = 3, .select = compat_select},
	{.name = "target", .policy = compat_policy, .max_attr = 3, .select = compat_select},
	{0},
};
