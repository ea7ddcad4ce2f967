/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Types that read or compute something and put it into a register: checked as the kernel checks
 * them, not interpreted, none offloaded.
 */
#include "kept.h"

#include <errno.h>
#include <string.h>

enum { IFNAME_SIZE = 16 };

static const struct nlattr *kept_attr(const struct nft_expr *expr, uint16_t type)
{
	const struct nlattr *tb[ATTR_TABLE_SIZE];

	attr_parse(tb, type, expr->attributes, expr->size, NULL, NULL);
	return tb[type];
}

uint32_t kept_be32(const struct nft_expr *expr, uint16_t type)
{
	const struct nlattr *attr = kept_attr(expr, type);

	return attr ? attr_be32(attr) : 0;
}

uint8_t kept_u8(const struct nft_expr *expr, uint16_t type)
{
	const struct nlattr *attr = kept_attr(expr, type);

	return attr ? attr_u8(attr) : 0;
}

static const struct attr_policy range_policy[NFTA_RANGE_MAX + 1] = {
	[NFTA_RANGE_SREG] = {.kind = ATTR_REGISTER, 0},
	[NFTA_RANGE_OP] = {.kind = ATTR_U32, UINT8_MAX, .needs = KERNEL_NEEDS(ranges_by_policy)},
	[NFTA_RANGE_FROM_DATA] = {.kind = ATTR_NESTED, 0},
	[NFTA_RANGE_TO_DATA] = {.kind = ATTR_NESTED, 0},
};

static int range_init(struct expr_init *init, struct nft_expr *expr,
		      const struct nlattr *const tb[])
{
	uint8_t data[NFT_DATA_SIZE];
	size_t from = 0, to = 0;
	uint32_t op;
	int error;

	if (!kept_has(tb, BIT(NFTA_RANGE_SREG) | BIT(NFTA_RANGE_OP) | BIT(NFTA_RANGE_FROM_DATA) |
				  BIT(NFTA_RANGE_TO_DATA)))
		return -EINVAL;
	error = data_value(tb[NFTA_RANGE_FROM_DATA], data, &from);
	if (!error)
		error = data_value(tb[NFTA_RANGE_TO_DATA], data, &to);
	if (error)
		return error;
	if (from != to)
		return -EINVAL;
	error = kept_load(init, tb[NFTA_RANGE_SREG], from);
	if (!error)
		error = attr_be32_max(tb[NFTA_RANGE_OP], UINT8_MAX, &op);
	if (error)
		return error;
	return op > NFT_RANGE_NEQ ? -EINVAL : 0;
}

static const struct attr_policy byteorder_policy[NFTA_BYTEORDER_MAX + 1] = {
	[NFTA_BYTEORDER_SREG] = {.kind = ATTR_REGISTER, 0},
	[NFTA_BYTEORDER_DREG] = {.kind = ATTR_REGISTER, 0},
	[NFTA_BYTEORDER_OP] = {.kind = ATTR_U32,
			       UINT8_MAX,
			       .needs = KERNEL_NEEDS(ranges_by_policy)},
	[NFTA_BYTEORDER_LEN] = {.kind = ATTR_U32,
				UINT8_MAX,
				.needs = KERNEL_NEEDS(ranges_by_policy)},
	[NFTA_BYTEORDER_SIZE] = {.kind = ATTR_U32,
				 UINT8_MAX,
				 .needs = KERNEL_NEEDS(ranges_by_policy)},
};

static int byteorder_init(struct expr_init *init, struct nft_expr *expr,
			  const struct nlattr *const tb[])
{
	uint8_t source, destination;
	uint32_t size, length;
	int error;

	if (!kept_has(tb, BIT(NFTA_BYTEORDER_SREG) | BIT(NFTA_BYTEORDER_DREG) |
				  BIT(NFTA_BYTEORDER_LEN) | BIT(NFTA_BYTEORDER_SIZE) |
				  BIT(NFTA_BYTEORDER_OP)))
		return -EINVAL;
	if (attr_be32_byte(tb[NFTA_BYTEORDER_OP]) > NFT_BYTEORDER_HTON)
		return -EINVAL;
	error = attr_be32_max(tb[NFTA_BYTEORDER_SIZE], UINT8_MAX, &size);
	if (error)
		return error;
	if (size != 2 && size != 4 && size != 8)
		return -EINVAL;
	error = attr_be32_max(tb[NFTA_BYTEORDER_LEN], UINT8_MAX, &length);
	if (error)
		return error;
	if (length != size && init->context->kernel->byteorder_one_value)
		return -EOPNOTSUPP;
	error = register_load(init, tb[NFTA_BYTEORDER_SREG], &source, length);
	if (!error)
		error = register_store(init, tb[NFTA_BYTEORDER_DREG], &destination, false, length);
	return error ? error : register_check_overlap(init, source, destination, length);
}

static const struct attr_policy exthdr_policy[NFTA_EXTHDR_MAX + 1] = {
	[NFTA_EXTHDR_DREG] = {.kind = ATTR_REGISTER, 0},
	[NFTA_EXTHDR_TYPE] = {.kind = ATTR_U8, 0},
	[NFTA_EXTHDR_OFFSET] = {.kind = ATTR_U32, 0},
	[NFTA_EXTHDR_LEN] = {.kind = ATTR_U32, UINT8_MAX, .needs = KERNEL_NEEDS(ranges_by_policy)},
	[NFTA_EXTHDR_FLAGS] = {.kind = ATTR_MASK32,
			       NFT_EXTHDR_F_PRESENT,
			       .needs = KERNEL_NEEDS(reserved_flags_refused)},
	[NFTA_EXTHDR_OP] = {.kind = ATTR_U32, UINT8_MAX, .needs = KERNEL_NEEDS(ranges_by_policy)},
	[NFTA_EXTHDR_SREG] = {.kind = ATTR_REGISTER, 0},
};

static uint32_t exthdr_op(const struct nlattr *const tb[])
{
	return tb[NFTA_EXTHDR_OP] ? attr_be32(tb[NFTA_EXTHDR_OP]) : NFT_EXTHDR_OP_IPV6;
}

static int exthdr_select(const struct nft_expr_context *context, const struct nlattr *const tb[],
			 size_t *size)
{
	const struct kernel_behavior *kernel = context->kernel;
	uint32_t op = exthdr_op(tb);

	if (!tb[NFTA_EXTHDR_OP])
		return 0;
	if (tb[NFTA_EXTHDR_SREG] && tb[NFTA_EXTHDR_DREG])
		return -EOPNOTSUPP;
	if (op == NFT_EXTHDR_OP_TCPOPT)
		return tb[NFTA_EXTHDR_SREG] || tb[NFTA_EXTHDR_DREG] || kernel->exthdr_reset
			       ? 0
			       : -EOPNOTSUPP;
	if ((op == NFT_EXTHDR_OP_SCTP && !kernel->exthdr_sctp) ||
	    (op == NFT_EXTHDR_OP_DCCP && !kernel->exthdr_dccp))
		return -EOPNOTSUPP;
	if (!tb[NFTA_EXTHDR_DREG] || op > NFT_EXTHDR_OP_DCCP)
		return -EOPNOTSUPP;
	return op == NFT_EXTHDR_OP_IPV4 && context->family == NFPROTO_IPV6 ? -EOPNOTSUPP : 0;
}

static int exthdr_read(struct expr_init *init, const struct nlattr *const tb[])
{
	enum { OPTION_RR = 7, OPTION_LSRR = 131, OPTION_SSRR = 137, OPTION_RA = 148 };
	uint32_t number, length, flags = 0;
	uint8_t type;
	int error;

	if (!kept_has(tb, BIT(NFTA_EXTHDR_DREG) | BIT(NFTA_EXTHDR_TYPE) | BIT(NFTA_EXTHDR_OFFSET) |
				  BIT(NFTA_EXTHDR_LEN)))
		return -EINVAL;
	error = attr_be32_max(tb[NFTA_EXTHDR_OFFSET], UINT8_MAX, &number);
	if (!error)
		error = attr_be32_max(tb[NFTA_EXTHDR_LEN], UINT8_MAX, &length);
	if (!error && tb[NFTA_EXTHDR_FLAGS])
		error = attr_be32_max(tb[NFTA_EXTHDR_FLAGS], UINT8_MAX, &flags);
	if (error)
		return error;
	if (flags & ~(uint32_t)NFT_EXTHDR_F_PRESENT)
		return -EINVAL;
	/* Presence is one byte. */
	if (flags & NFT_EXTHDR_F_PRESENT && length != 1 &&
	    init->context->kernel->exthdr_present_one_byte)
		return -EINVAL;
	error = kept_store(init, tb[NFTA_EXTHDR_DREG], length);
	if (error)
		return error;
	type = attr_u8(tb[NFTA_EXTHDR_TYPE]);
	if (exthdr_op(tb) == NFT_EXTHDR_OP_IPV4 && type != OPTION_RR && type != OPTION_LSRR &&
	    type != OPTION_SSRR && type != OPTION_RA)
		return -EOPNOTSUPP;
	if (exthdr_op(tb) == NFT_EXTHDR_OP_DCCP && !(flags & NFT_EXTHDR_F_PRESENT))
		return -EOPNOTSUPP;
	return 0;
}

static int exthdr_write(struct expr_init *init, const struct nlattr *const tb[])
{
	uint32_t offset, length;
	int error;

	if (!kept_has(tb, BIT(NFTA_EXTHDR_SREG) | BIT(NFTA_EXTHDR_TYPE) | BIT(NFTA_EXTHDR_OFFSET) |
				  BIT(NFTA_EXTHDR_LEN)))
		return -EINVAL;
	if (tb[NFTA_EXTHDR_DREG] || tb[NFTA_EXTHDR_FLAGS])
		return -EINVAL;
	error = attr_be32_max(tb[NFTA_EXTHDR_OFFSET], UINT8_MAX, &offset);
	if (!error)
		error = attr_be32_max(tb[NFTA_EXTHDR_LEN], UINT8_MAX, &length);
	if (error)
		return error;
	if (offset < 2 || (length != 2 && length != 4))
		return -EOPNOTSUPP;
	return kept_load(init, tb[NFTA_EXTHDR_SREG], length);
}

static int exthdr_init(struct expr_init *init, struct nft_expr *expr,
		       const struct nlattr *const tb[])
{
	if (exthdr_op(tb) != NFT_EXTHDR_OP_TCPOPT || tb[NFTA_EXTHDR_DREG])
		return exthdr_read(init, tb);
	if (tb[NFTA_EXTHDR_SREG])
		return exthdr_write(init, tb);
	/* Without a register: remove the TCP option. */
	if (tb[NFTA_EXTHDR_FLAGS] || tb[NFTA_EXTHDR_OFFSET] || tb[NFTA_EXTHDR_LEN])
		return -EINVAL;
	return tb[NFTA_EXTHDR_TYPE] ? 0 : -EINVAL;
}

enum { FIB_KNOWN_FLAGS = 0x3f };

static const struct attr_policy fib_policy[NFTA_FIB_MAX + 1] = {
	[NFTA_FIB_DREG] = {.kind = ATTR_REGISTER, 0},
	[NFTA_FIB_RESULT] = {.kind = ATTR_U32, 0},
	[NFTA_FIB_FLAGS] = {.kind = ATTR_MASK32,
			    FIB_KNOWN_FLAGS,
			    .needs = KERNEL_NEEDS(flag_masks)},
};

/* The backends of ip and ip6 look at the result early; those of inet and netdev leave it to init.
 */
static int fib_select(const struct nft_expr_context *context, const struct nlattr *const tb[],
		      size_t *size)
{
	uint32_t result;

	if (context->family != NFPROTO_IPV4 && context->family != NFPROTO_IPV6)
		return 0;
	if (!tb[NFTA_FIB_RESULT])
		return -EINVAL;
	result = attr_be32(tb[NFTA_FIB_RESULT]);
	return result == NFT_FIB_RESULT_UNSPEC || result > NFT_FIB_RESULT_ADDRTYPE ? -EOPNOTSUPP
										   : 0;
}

static int fib_init(struct expr_init *init, struct nft_expr *expr, const struct nlattr *const tb[])
{
	const uint32_t addresses = NFTA_FIB_F_SADDR | NFTA_FIB_F_DADDR;
	const uint32_t interfaces = NFTA_FIB_F_IIF | NFTA_FIB_F_OIF;
	uint32_t flags, result;

	if (!kept_has(tb, BIT(NFTA_FIB_DREG) | BIT(NFTA_FIB_RESULT) | BIT(NFTA_FIB_FLAGS)))
		return -EINVAL;
	flags = attr_be32(tb[NFTA_FIB_FLAGS]);
	result = attr_be32(tb[NFTA_FIB_RESULT]);
	if (flags & ~(uint32_t)FIB_KNOWN_FLAGS || (flags & addresses) == 0 ||
	    (flags & addresses) == addresses || (flags & interfaces) == interfaces)
		return -EINVAL;
	if (result == NFT_FIB_RESULT_UNSPEC || result > NFT_FIB_RESULT_ADDRTYPE)
		return -EINVAL;
	if (result != NFT_FIB_RESULT_ADDRTYPE && flags & NFTA_FIB_F_OIF)
		return -EINVAL;
	if (result != NFT_FIB_RESULT_OIF && flags & NFTA_FIB_F_PRESENT &&
	    init->context->kernel->fib_present_checked)
		return -EINVAL;
	return kept_store(init, tb[NFTA_FIB_DREG],
			  result == NFT_FIB_RESULT_OIFNAME ? IFNAME_SIZE : 4);
}

/* Of netdev chains: what comes in has an input interface, what goes out an output interface. */
static int fib_validate_netdev(const struct nft_expr *expr, uint32_t hooknum)
{
	uint32_t flags = kept_be32(expr, NFTA_FIB_FLAGS);

	if (kept_be32(expr, NFTA_FIB_RESULT) != NFT_FIB_RESULT_ADDRTYPE || flags & NFTA_FIB_F_IIF)
		return validate_hooks(hooknum, BIT(NF_NETDEV_INGRESS));
	if (flags & NFTA_FIB_F_OIF)
		return validate_hooks(hooknum, BIT(NF_NETDEV_EGRESS));
	return validate_hooks(hooknum, BIT(NF_NETDEV_INGRESS) | BIT(NF_NETDEV_EGRESS));
}

static int fib_validate(const struct nft_expr *expr, const struct kernel_behavior *kernel,
			uint8_t family, const char *chain_type, uint32_t hooknum)
{
	const uint32_t in = BIT(NF_INET_PRE_ROUTING) | BIT(NF_INET_LOCAL_IN) | BIT(NF_INET_FORWARD);
	const uint32_t out =
		BIT(NF_INET_LOCAL_OUT) | BIT(NF_INET_POST_ROUTING) | BIT(NF_INET_FORWARD);
	uint32_t flags = kept_be32(expr, NFTA_FIB_FLAGS);
	bool address_type = kept_be32(expr, NFTA_FIB_RESULT) == NFT_FIB_RESULT_ADDRTYPE;

	if (family == NFPROTO_NETDEV && kernel->fib_netdev_hooks)
		return fib_validate_netdev(expr, hooknum);
	if (!address_type && !kernel->fib_input_forward)
		return validate_hooks(hooknum, BIT(NF_INET_PRE_ROUTING));
	if (!address_type || flags & NFTA_FIB_F_IIF)
		return validate_hooks(hooknum, in);
	return validate_hooks(hooknum, flags & NFTA_FIB_F_OIF ? out : in | out);
}

static const struct attr_policy rt_policy[NFTA_RT_MAX + 1] = {
	[NFTA_RT_DREG] = {.kind = ATTR_REGISTER, 0},
	[NFTA_RT_KEY] = {.kind = ATTR_U32, UINT8_MAX, .needs = KERNEL_NEEDS(ranges_by_policy)},
};

static int rt_init(struct expr_init *init, struct nft_expr *expr, const struct nlattr *const tb[])
{
	static const uint8_t sizes[] = {
		[NFT_RT_CLASSID] = 4, [NFT_RT_NEXTHOP4] = 4, [NFT_RT_NEXTHOP6] = 16,
		[NFT_RT_TCPMSS] = 2,  [NFT_RT_XFRM] = 1,
	};
	uint32_t key;

	if (!kept_has(tb, BIT(NFTA_RT_KEY) | BIT(NFTA_RT_DREG)))
		return -EINVAL;
	key = attr_be32_byte(tb[NFTA_RT_KEY]);
	if (key > NFT_RT_XFRM)
		return -EOPNOTSUPP;
	return kept_store(init, tb[NFTA_RT_DREG], sizes[key]);
}

static int rt_validate(const struct nft_expr *expr, const struct kernel_behavior *kernel,
		       uint8_t family, const char *chain_type, uint32_t hooknum)
{
	if (!is_inet(family))
		return -EOPNOTSUPP;
	if (kept_be32(expr, NFTA_RT_KEY) != NFT_RT_TCPMSS)
		return 0;
	return validate_hooks(hooknum, BIT(NF_INET_FORWARD) | BIT(NF_INET_LOCAL_OUT) |
					       BIT(NF_INET_POST_ROUTING));
}

static const struct attr_policy hash_policy[NFTA_HASH_MAX + 1] = {
	[NFTA_HASH_SREG] = {.kind = ATTR_REGISTER, 0},
	[NFTA_HASH_DREG] = {.kind = ATTR_REGISTER, 0},
	[NFTA_HASH_LEN] = {.kind = ATTR_U32, UINT8_MAX, .needs = KERNEL_NEEDS(ranges_by_policy)},
	[NFTA_HASH_MODULUS] = {.kind = ATTR_U32, 0},
	[NFTA_HASH_SEED] = {.kind = ATTR_U32, 0},
	[NFTA_HASH_OFFSET] = {.kind = ATTR_U32, 0},
	[NFTA_HASH_TYPE] = {.kind = ATTR_U32, 0},
};

static int hash_select(const struct nft_expr_context *context, const struct nlattr *const tb[],
		       size_t *size)
{
	return tb[NFTA_HASH_TYPE] && attr_be32(tb[NFTA_HASH_TYPE]) > NFT_HASH_SYM ? -EOPNOTSUPP : 0;
}

/* A result of offset … offset + modulus - 1 must fit into 32 bits. */
static int check_modulus(const struct nlattr *modulus, const struct nlattr *offset)
{
	uint32_t m = attr_be32(modulus), start = offset ? attr_be32(offset) : 0;

	if (m < 1)
		return -ERANGE;
	return start + m - 1 < start ? -EOVERFLOW : 0;
}

static int hash_init(struct expr_init *init, struct nft_expr *expr, const struct nlattr *const tb[])
{
	bool symmetric = tb[NFTA_HASH_TYPE] && attr_be32(tb[NFTA_HASH_TYPE]) == NFT_HASH_SYM;
	uint32_t length;
	int error;

	if (!kept_has(tb, BIT(NFTA_HASH_DREG) | BIT(NFTA_HASH_MODULUS)))
		return -EINVAL;
	if (!symmetric) {
		if (!kept_has(tb, BIT(NFTA_HASH_SREG) | BIT(NFTA_HASH_LEN)))
			return -EINVAL;
		error = attr_be32_max(tb[NFTA_HASH_LEN], UINT8_MAX, &length);
		if (error)
			return error;
		if (length == 0)
			return -ERANGE;
		error = kept_load(init, tb[NFTA_HASH_SREG], length);
		if (error)
			return error;
	}
	error = check_modulus(tb[NFTA_HASH_MODULUS], tb[NFTA_HASH_OFFSET]);
	return error ? error : kept_store(init, tb[NFTA_HASH_DREG], 4);
}

static const struct attr_policy numgen_policy[NFTA_NG_MAX + 1] = {
	[NFTA_NG_DREG] = {.kind = ATTR_REGISTER, 0},
	[NFTA_NG_MODULUS] = {.kind = ATTR_U32, 0},
	[NFTA_NG_TYPE] = {.kind = ATTR_U32, 0},
	[NFTA_NG_OFFSET] = {.kind = ATTR_U32, 0},
};

static int numgen_select(const struct nft_expr_context *context, const struct nlattr *const tb[],
			 size_t *size)
{
	if (!kept_has(tb, BIT(NFTA_NG_DREG) | BIT(NFTA_NG_MODULUS) | BIT(NFTA_NG_TYPE)))
		return -EINVAL;
	return attr_be32(tb[NFTA_NG_TYPE]) > NFT_NG_RANDOM ? -EINVAL : 0;
}

static int numgen_init(struct expr_init *init, struct nft_expr *expr,
		       const struct nlattr *const tb[])
{
	int error = check_modulus(tb[NFTA_NG_MODULUS], tb[NFTA_NG_OFFSET]);

	return error ? error : kept_store(init, tb[NFTA_NG_DREG], 4);
}

static const struct attr_policy socket_policy[NFTA_SOCKET_MAX + 1] = {
	[NFTA_SOCKET_KEY] = {.kind = ATTR_U32, UINT8_MAX, .needs = KERNEL_NEEDS(ranges_by_policy)},
	[NFTA_SOCKET_DREG] = {.kind = ATTR_REGISTER, 0},
	[NFTA_SOCKET_LEVEL] = {.kind = ATTR_U32,
			       UINT8_MAX,
			       .needs = KERNEL_NEEDS(ranges_by_policy)},
};

static int socket_init(struct expr_init *init, struct nft_expr *expr,
		       const struct nlattr *const tb[])
{
	static const uint8_t sizes[] = {
		[NFT_SOCKET_TRANSPARENT] = 1,
		[NFT_SOCKET_MARK] = 4,
		[NFT_SOCKET_WILDCARD] = 1,
		[NFT_SOCKET_CGROUPV2] = 8,
	};
	uint32_t key;

	if (!kept_has(tb, BIT(NFTA_SOCKET_DREG) | BIT(NFTA_SOCKET_KEY)))
		return -EINVAL;
	if (!is_inet(init->context->family))
		return -EOPNOTSUPP;
	key = attr_be32_byte(tb[NFTA_SOCKET_KEY]);
	if (key > NFT_SOCKET_CGROUPV2 ||
	    (key == NFT_SOCKET_WILDCARD && !init->context->kernel->socket_wildcard) ||
	    (key == NFT_SOCKET_CGROUPV2 && !init->context->kernel->socket_cgroup))
		return -EOPNOTSUPP;
	if (key == NFT_SOCKET_CGROUPV2 && !tb[NFTA_SOCKET_LEVEL])
		return -EINVAL;
	if (key == NFT_SOCKET_CGROUPV2 && attr_be32(tb[NFTA_SOCKET_LEVEL]) > UINT8_MAX)
		return -EOPNOTSUPP;
	return kept_store(init, tb[NFTA_SOCKET_DREG], sizes[key]);
}

static int socket_validate(const struct nft_expr *expr, const struct kernel_behavior *kernel,
			   uint8_t family, const char *chain_type, uint32_t hooknum)
{
	return validate_hooks(hooknum, BIT(NF_INET_PRE_ROUTING) | BIT(NF_INET_LOCAL_IN) |
					       BIT(NF_INET_LOCAL_OUT));
}

static const struct attr_policy osf_policy[NFTA_OSF_MAX + 1] = {
	[NFTA_OSF_DREG] = {.kind = ATTR_REGISTER, 0},
	[NFTA_OSF_TTL] = {.kind = ATTR_U8, 0},
	[NFTA_OSF_FLAGS] = {.kind = ATTR_MASK32,
			    NFT_OSF_F_VERSION,
			    .needs = KERNEL_NEEDS(reserved_flags_refused)},
};

static int osf_init(struct expr_init *init, struct nft_expr *expr, const struct nlattr *const tb[])
{
	if (!tb[NFTA_OSF_DREG])
		return -EINVAL;
	if (tb[NFTA_OSF_TTL] && attr_u8(tb[NFTA_OSF_TTL]) > 2)
		return -EINVAL;
	if (tb[NFTA_OSF_FLAGS] && attr_be32(tb[NFTA_OSF_FLAGS]) != NFT_OSF_F_VERSION)
		return -EINVAL;
	return kept_store(init, tb[NFTA_OSF_DREG], NFT_OSF_MAXGENRELEN);
}

static int osf_validate(const struct nft_expr *expr, const struct kernel_behavior *kernel,
			uint8_t family, const char *chain_type, uint32_t hooknum)
{
	/* IPv6 once passed, and never matched; all stable branches refuse it by now. */
	if (family != NFPROTO_IPV4 && family != NFPROTO_INET)
		return -EOPNOTSUPP;
	return validate_hooks(hooknum, BIT(NF_INET_LOCAL_IN) | BIT(NF_INET_PRE_ROUTING) |
					       BIT(NF_INET_FORWARD));
}

static const struct attr_policy xfrm_policy[NFTA_XFRM_MAX + 1] = {
	[NFTA_XFRM_KEY] = {.kind = ATTR_U32, UINT8_MAX, .needs = KERNEL_NEEDS(ranges_by_policy)},
	[NFTA_XFRM_DIR] = {.kind = ATTR_U8, 1, .needs = KERNEL_NEEDS(reserved_flags_refused)},
	[NFTA_XFRM_SPNUM] = {.kind = ATTR_U32,
			     UINT8_MAX,
			     KERNEL_NEEDS(ranges_by_policy),
			     KERNEL_NEEDS(reserved_flags_refused),
			     5},
	[NFTA_XFRM_DREG] = {.kind = ATTR_REGISTER, 0},
};

static int xfrm_init(struct expr_init *init, struct nft_expr *expr, const struct nlattr *const tb[])
{
	enum { MAX_DEPTH = 6, DIRECTION_OUT = 1 };
	static const uint8_t sizes[] = {
		[NFT_XFRM_KEY_DADDR_IP4] = 4, [NFT_XFRM_KEY_DADDR_IP6] = 16,
		[NFT_XFRM_KEY_SADDR_IP4] = 4, [NFT_XFRM_KEY_SADDR_IP6] = 16,
		[NFT_XFRM_KEY_REQID] = 4,     [NFT_XFRM_KEY_SPI] = 4,
	};
	uint32_t key;

	if (!kept_has(tb, BIT(NFTA_XFRM_KEY) | BIT(NFTA_XFRM_DIR) | BIT(NFTA_XFRM_DREG)))
		return -EINVAL;
	if (!is_inet(init->context->family))
		return -EOPNOTSUPP;
	key = attr_be32_byte(tb[NFTA_XFRM_KEY]);
	if (key == NFT_XFRM_KEY_UNSPEC || key > NFT_XFRM_KEY_SPI)
		return -EINVAL;
	if (attr_u8(tb[NFTA_XFRM_DIR]) > DIRECTION_OUT)
		return -EINVAL;
	if (tb[NFTA_XFRM_SPNUM] && attr_be32(tb[NFTA_XFRM_SPNUM]) >= MAX_DEPTH)
		return -ERANGE;
	return kept_store(init, tb[NFTA_XFRM_DREG], sizes[key]);
}

static int xfrm_validate(const struct nft_expr *expr, const struct kernel_behavior *kernel,
			 uint8_t family, const char *chain_type, uint32_t hooknum)
{
	if (kept_u8(expr, NFTA_XFRM_DIR) == 0)
		return validate_hooks(hooknum, BIT(NF_INET_FORWARD) | BIT(NF_INET_LOCAL_IN) |
						       BIT(NF_INET_PRE_ROUTING));
	return validate_hooks(hooknum, BIT(NF_INET_FORWARD) | BIT(NF_INET_LOCAL_OUT) |
					       BIT(NF_INET_POST_ROUTING));
}

static const struct attr_policy tunnel_policy[NFTA_TUNNEL_MAX + 1] = {
	[NFTA_TUNNEL_KEY] = {.kind = ATTR_U32, UINT8_MAX, .needs = KERNEL_NEEDS(ranges_by_policy)},
	[NFTA_TUNNEL_DREG] = {.kind = ATTR_REGISTER, 0},
	[NFTA_TUNNEL_MODE] = {.kind = ATTR_U32,
			      UINT8_MAX,
			      KERNEL_NEEDS(ranges_by_policy),
			      KERNEL_NEEDS(reserved_flags_refused),
			      NFT_TUNNEL_MODE_TX},
};

static int tunnel_init(struct expr_init *init, struct nft_expr *expr,
		       const struct nlattr *const tb[])
{
	uint32_t key;

	if (!kept_has(tb, BIT(NFTA_TUNNEL_KEY) | BIT(NFTA_TUNNEL_DREG)))
		return -EINVAL;
	key = attr_be32_byte(tb[NFTA_TUNNEL_KEY]);
	if (key > NFT_TUNNEL_ID)
		return -EOPNOTSUPP;
	if (tb[NFTA_TUNNEL_MODE] && attr_be32_byte(tb[NFTA_TUNNEL_MODE]) > NFT_TUNNEL_MODE_TX)
		return -EOPNOTSUPP;
	return kept_store(init, tb[NFTA_TUNNEL_DREG], key == NFT_TUNNEL_PATH ? 1 : 4);
}

const struct nft_expr_type expr_types_read[] = {
	{.name = "range",
	 .policy = range_policy,
	 .max_attr = NFTA_RANGE_MAX,
	 .kernel_size = 40,
	 .init = range_init},
	{.name = "byteorder",
	 .policy = byteorder_policy,
	 .max_attr = NFTA_BYTEORDER_MAX,
	 .kernel_size = 8,
	 .init = byteorder_init},
	{.name = "exthdr",
	 .policy = exthdr_policy,
	 .max_attr = NFTA_EXTHDR_MAX,
	 .kernel_size = 8,
	 .select = exthdr_select,
	 .init = exthdr_init},
	{.name = "fib",
	 .families = FAMILY_IP | FAMILY_IP6 | FAMILY_INET | FAMILY_NETDEV,
	 .policy = fib_policy,
	 .max_attr = NFTA_FIB_MAX,
	 .kernel_size = 8,
	 .select = fib_select,
	 .init = fib_init,
	 .validate = fib_validate},
	{.name = "rt",
	 .policy = rt_policy,
	 .max_attr = NFTA_RT_MAX,
	 .kernel_size = 4,
	 .init = rt_init,
	 .validate = rt_validate},
	{.name = "hash",
	 .policy = hash_policy,
	 .max_attr = NFTA_HASH_MAX,
	 .kernel_size = 16,
	 .select = hash_select,
	 .init = hash_init},
	{.name = "numgen",
	 .policy = numgen_policy,
	 .max_attr = NFTA_NG_MAX,
	 .kernel_size = 24,
	 .select = numgen_select,
	 .init = numgen_init},
	{.name = "socket",
	 .policy = socket_policy,
	 .max_attr = NFTA_SOCKET_MAX,
	 .kernel_size = 4,
	 .init = socket_init,
	 .validate = socket_validate},
	{.name = "osf",
	 .policy = osf_policy,
	 .max_attr = NFTA_OSF_MAX,
	 .kernel_size = 8,
	 .init = osf_init,
	 .validate = osf_validate},
	{.name = "xfrm",
	 .policy = xfrm_policy,
	 .max_attr = NFTA_XFRM_MAX,
	 .kernel_size = 8,
	 .init = xfrm_init,
	 .validate = xfrm_validate},
	{.name = "tunnel",
	 .families = FAMILY_NETDEV,
	 .policy = tunnel_policy,
	 .max_attr = NFTA_TUNNEL_MAX,
	 .kernel_size = 12,
	 .init = tunnel_init},
	{0},
};
