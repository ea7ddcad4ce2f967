/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Types that do something, or count: checked as the kernel checks them, not interpreted, none
 * offloaded. Those of connection tracking are in kept_track.c.
 */
#include "kept.h"

#include <errno.h>
#include <string.h>

static const struct attr_policy limit_policy[NFTA_LIMIT_MAX + 1] = {
	[NFTA_LIMIT_RATE] = {.kind = ATTR_U64, 0},
	[NFTA_LIMIT_UNIT] = {.kind = ATTR_U64, 0},
	[NFTA_LIMIT_BURST] = {.kind = ATTR_U32, 0},
	[NFTA_LIMIT_TYPE] = {.kind = ATTR_U32, 0},
	[NFTA_LIMIT_FLAGS] = {.kind = ATTR_MASK32,
			      NFT_LIMIT_F_INV,
			      .needs = KERNEL_NEEDS(reserved_flags_refused)},
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

/* What kernels refused before they checked their arithmetic. */
static int limit_init_old(const struct nlattr *const tb[])
{
	const uint64_t second_ns = 1000000000;
	uint64_t rate = attr_be64(tb[NFTA_LIMIT_RATE]), unit = attr_be64(tb[NFTA_LIMIT_UNIT]);
	uint64_t burst = tb[NFTA_LIMIT_BURST] ? attr_be32(tb[NFTA_LIMIT_BURST]) : 0;

	if (!limits_bytes(tb) && burst == 0)
		burst = 5;
	return rate == 0 || unit * second_ns < unit || rate + burst < rate ? -EOVERFLOW : 0;
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
	if (!init->context->kernel->limit_checked)
		return limit_init_old(tb);
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
	[NFTA_QUOTA_BYTES] = {.kind = ATTR_U64, 0},
	[NFTA_QUOTA_FLAGS] = {.kind = ATTR_MASK32,
			      NFT_QUOTA_F_INV,
			      .needs = KERNEL_NEEDS(reserved_flags_refused)},
	[NFTA_QUOTA_CONSUMED] = {.kind = ATTR_U64, 0},
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

	attr_parse(tb, NFTA_QUOTA_MAX, expr->attributes, expr->size, NULL, NULL);
	attr_put_be64(writer, NFTA_QUOTA_BYTES, attr_be64(tb[NFTA_QUOTA_BYTES]));
	attr_put_be64(writer, NFTA_QUOTA_CONSUMED,
		      tb[NFTA_QUOTA_CONSUMED] ? attr_be64(tb[NFTA_QUOTA_CONSUMED]) : 0);
	attr_put_be32(writer, NFTA_QUOTA_FLAGS,
		      tb[NFTA_QUOTA_FLAGS] ? attr_be32(tb[NFTA_QUOTA_FLAGS]) : 0);
}

static void quota_reset(struct nft_expr *expr)
{
	const struct nlattr *tb[ATTR_TABLE_SIZE], *consumed;

	attr_parse(tb, NFTA_QUOTA_MAX, expr->attributes, expr->size, NULL, NULL);
	consumed = tb[NFTA_QUOTA_CONSUMED];
	if (consumed)
		memset(expr->attributes + ((const uint8_t *)consumed - expr->attributes) +
			       MNL_ATTR_HDRLEN,
		       0, sizeof(uint64_t));
}

static const struct attr_policy last_policy[NFTA_LAST_MAX + 1] = {
	[NFTA_LAST_SET] = {.kind = ATTR_U32, 0},
	[NFTA_LAST_MSECS] = {.kind = ATTR_U64, 0},
};

static int last_init(struct expr_init *init, struct nft_expr *expr, const struct nlattr *const tb[])
{
	bool is_set = tb[NFTA_LAST_SET] && attr_be32(tb[NFTA_LAST_SET]);

	return is_set && tb[NFTA_LAST_MSECS] ? check_milliseconds(tb[NFTA_LAST_MSECS]) : 0;
}

enum { LOG_KNOWN_FLAGS = 0x2f };

static const struct attr_policy log_policy[NFTA_LOG_MAX + 1] = {
	[NFTA_LOG_GROUP] = {.kind = ATTR_U16, 0},
	[NFTA_LOG_PREFIX] = {.kind = ATTR_STRING, 127},
	[NFTA_LOG_SNAPLEN] = {.kind = ATTR_U32, 0},
	[NFTA_LOG_QTHRESHOLD] = {.kind = ATTR_U16, 0},
	[NFTA_LOG_LEVEL] = {.kind = ATTR_U32, 0},
	[NFTA_LOG_FLAGS] = {.kind = ATTR_MASK32,
			    LOG_KNOWN_FLAGS,
			    .needs = KERNEL_NEEDS(reserved_flags_refused)},
};

static int log_init(struct expr_init *init, struct nft_expr *expr, const struct nlattr *const tb[])
{
	if (tb[NFTA_LOG_GROUP])
		return tb[NFTA_LOG_LEVEL] || tb[NFTA_LOG_FLAGS] ? -EINVAL : 0;
	/* Of both numbers the kernel keeps the low byte. */
	if (tb[NFTA_LOG_LEVEL] && (uint8_t)attr_be32(tb[NFTA_LOG_LEVEL]) > NFT_LOGLEVEL_AUDIT)
		return -EINVAL;
	if (tb[NFTA_LOG_FLAGS] && (uint8_t)attr_be32(tb[NFTA_LOG_FLAGS]) & ~LOG_KNOWN_FLAGS)
		return -EINVAL;
	return 0;
}

static void put_kept(struct attr_writer *writer, const struct nlattr *attr)
{
	if (attr)
		attr_put(writer, mnl_attr_get_type(attr), mnl_attr_get_payload(attr),
			 mnl_attr_get_payload_len(attr));
}

/* A kernel tells the level that it chose, and leaves out what is nothing. */
static void log_dump(struct attr_writer *writer, const struct nft_expr *expr)
{
	const struct nlattr *tb[ATTR_TABLE_SIZE];
	uint32_t level = NFT_LOGLEVEL_WARNING, flags;

	attr_parse(tb, NFTA_LOG_MAX, expr->attributes, expr->size, NULL, NULL);
	put_kept(writer, tb[NFTA_LOG_PREFIX]);
	if (tb[NFTA_LOG_GROUP]) {
		put_kept(writer, tb[NFTA_LOG_GROUP]);
		put_kept(writer, tb[NFTA_LOG_SNAPLEN]);
		if (tb[NFTA_LOG_QTHRESHOLD] &&
		    memcmp(mnl_attr_get_payload(tb[NFTA_LOG_QTHRESHOLD]), "\0", 2) != 0)
			put_kept(writer, tb[NFTA_LOG_QTHRESHOLD]);
		return;
	}
	if (tb[NFTA_LOG_LEVEL])
		level = (uint8_t)attr_be32(tb[NFTA_LOG_LEVEL]);
	attr_put_be32(writer, NFTA_LOG_LEVEL, level);
	flags = tb[NFTA_LOG_FLAGS] ? (uint8_t)attr_be32(tb[NFTA_LOG_FLAGS]) : 0;
	if (flags)
		attr_put_be32(writer, NFTA_LOG_FLAGS, flags);
}

static const struct attr_policy reject_policy[NFTA_REJECT_MAX + 1] = {
	[NFTA_REJECT_TYPE] = {.kind = ATTR_U32, UINT8_MAX, .needs = KERNEL_NEEDS(ranges_by_policy)},
	[NFTA_REJECT_ICMP_CODE] = {.kind = ATTR_U8, 0},
};

static int reject_init(struct expr_init *init, struct nft_expr *expr,
		       const struct nlattr *const tb[])
{
	const struct nlattr *code = tb[NFTA_REJECT_ICMP_CODE];

	if (!tb[NFTA_REJECT_TYPE])
		return -EINVAL;
	switch (attr_be32_byte(tb[NFTA_REJECT_TYPE])) {
	case NFT_REJECT_TCP_RST: return 0;
	case NFT_REJECT_ICMP_UNREACH: return code ? 0 : -EINVAL;
	case NFT_REJECT_ICMPX_UNREACH:
		return !code || attr_u8(code) > NFT_REJECT_ICMPX_MAX ? -EINVAL : 0;
	default: return -EINVAL;
	}
}

static int reject_validate(const struct nft_expr *expr, const struct kernel_behavior *kernel,
			   uint8_t family, const char *chain_type, uint32_t hooknum)
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
	[NFTA_QUEUE_NUM] = {.kind = ATTR_U16, 0},
	[NFTA_QUEUE_TOTAL] = {.kind = ATTR_U16, 0},
	[NFTA_QUEUE_FLAGS] = {.kind = ATTR_U16, 0},
	[NFTA_QUEUE_SREG_QNUM] = {.kind = ATTR_U32, 0},
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
	uint16_t total = tb[NFTA_QUEUE_TOTAL] ? attr_be16(tb[NFTA_QUEUE_TOTAL]) : 1;
	uint16_t flags = tb[NFTA_QUEUE_FLAGS] ? attr_be16(tb[NFTA_QUEUE_FLAGS]) : 0;
	int error = 0;

	if (tb[NFTA_QUEUE_SREG_QNUM])
		error = kept_load(init, tb[NFTA_QUEUE_SREG_QNUM], 4);
	else if (total == 0)
		error = -EINVAL;
	else if (attr_be16(tb[NFTA_QUEUE_NUM]) + total - 1 > UINT16_MAX)
		error = -ERANGE;
	if (!error && flags & ~NFT_QUEUE_FLAG_MASK)
		error = -EINVAL;
	if (!error && tb[NFTA_QUEUE_SREG_QNUM] && flags & NFT_QUEUE_FLAG_CPU_FANOUT)
		error = -EOPNOTSUPP;
	return error;
}

static int queue_validate(const struct nft_expr *expr, const struct kernel_behavior *kernel,
			  uint8_t family, const char *chain_type, uint32_t hooknum)
{
	if (!kernel->queue_hooks)
		return 0;
	if (!is_inet(family) && family != NFPROTO_BRIDGE)
		return -EOPNOTSUPP;
	return validate_hooks(hooknum, BIT(NF_INET_PRE_ROUTING) | BIT(NF_INET_LOCAL_IN) |
					       BIT(NF_INET_FORWARD) | BIT(NF_INET_LOCAL_OUT) |
					       BIT(NF_INET_POST_ROUTING));
}

static const struct attr_policy flow_policy[NFTA_FLOW_MAX + 1] = {
	[NFTA_FLOW_TABLE_NAME] = {.kind = ATTR_STRING, NFT_NAME_MAXLEN - 1},
};

/* The emulator keeps no flowtables yet, so there is never one of that name. */
static int flow_init(struct expr_init *init, struct nft_expr *expr, const struct nlattr *const tb[])
{
	return tb[NFTA_FLOW_TABLE_NAME] ? -ENOENT : -EINVAL;
}

static const struct attr_policy dup_policy[NFTA_DUP_MAX + 1] = {
	[NFTA_DUP_SREG_ADDR] = {.kind = ATTR_U32, 0},
	[NFTA_DUP_SREG_DEV] = {.kind = ATTR_U32, 0},
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

enum { INNER_KNOWN_FLAGS = 0xf };

static const struct attr_policy inner_policy[NICEMU_NFTA_INNER_EXPR + 1] = {
	[NICEMU_NFTA_INNER_NUM] = {.kind = ATTR_U32, 0},
	[NICEMU_NFTA_INNER_TYPE] = {.kind = ATTR_U32, 0},
	[NICEMU_NFTA_INNER_FLAGS] = {.kind = ATTR_MASK32,
				     INNER_KNOWN_FLAGS,
				     .needs = KERNEL_NEEDS(reserved_flags_refused)},
	[NICEMU_NFTA_INNER_HDRSIZE] = {.kind = ATTR_U32, 0},
	[NICEMU_NFTA_INNER_EXPR] = {.kind = ATTR_NESTED, 0},
};

/* What of inner's own expression the register tracking needs: payload and meta with a dreg. */
static int inner_expr_init(struct expr_init *init, const struct nlattr *nest)
{
	static const struct attr_policy expr_policy[NFTA_EXPR_MAX + 1] = {
		[NFTA_EXPR_NAME] = {.kind = ATTR_STRING, 0},
		[NFTA_EXPR_DATA] = {.kind = ATTR_NESTED, 0},
	};
	const struct nlattr *tb[ATTR_TABLE_SIZE], *data[ATTR_TABLE_SIZE];
	const struct kernel_behavior *kernel = init->context->kernel;
	int error = attr_parse_nested(tb, NFTA_EXPR_MAX, nest, expr_policy, kernel);

	if (error)
		return error;
	if (!tb[NFTA_EXPR_NAME] || !tb[NFTA_EXPR_DATA])
		return -EINVAL;
	if (attr_is_string(tb[NFTA_EXPR_NAME], "payload")) {
		error = attr_parse_nested(data, NFTA_PAYLOAD_MAX, tb[NFTA_EXPR_DATA],
					  expr_type_payload.policy, kernel);
		if (error)
			return error;
		if (!kept_has(data, BIT(NFTA_PAYLOAD_BASE) | BIT(NFTA_PAYLOAD_OFFSET) |
					    BIT(NFTA_PAYLOAD_LEN) | BIT(NFTA_PAYLOAD_DREG)))
			return -EINVAL;
		return kept_store(init, data[NFTA_PAYLOAD_DREG], attr_be32(data[NFTA_PAYLOAD_LEN]));
	}
	if (!attr_is_string(tb[NFTA_EXPR_NAME], "meta"))
		return -EOPNOTSUPP;
	error = attr_parse_nested(data, NFTA_META_MAX, tb[NFTA_EXPR_DATA], expr_type_meta.policy,
				  kernel);
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
	[1] = {.kind = ATTR_STRING, 0}, /* name */
	[2] = {.kind = ATTR_U32, 255},  /* revision */
	[3] = {.kind = ATTR_BINARY, 0}, /* info */
};

/* iptables' own matches and targets: the emulator has none of those modules. */
static int compat_select(const struct nft_expr_context *context, const struct nlattr *const tb[],
			 size_t *size)
{
	return tb[1] && tb[2] && tb[3] ? -ENOENT : -EINVAL;
}

const struct nft_expr_type expr_types_act[] = {
	{.name = "limit",
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
	 .needs = KERNEL_NEEDS(last_expression),
	 .stateful = true,
	 .policy = last_policy,
	 .max_attr = NFTA_LAST_MAX,
	 .kernel_size = 8,
	 .init = last_init},
	{.name = "log",
	 .policy = log_policy,
	 .max_attr = NFTA_LOG_MAX,
	 .kernel_size = 32,
	 .keeps_bytes = true,
	 .init = log_init,
	 .dump = log_dump},
#define REJECT                                                                                    \
	.name = "reject", .policy = reject_policy, .max_attr = NFTA_REJECT_MAX, .kernel_size = 8, \
	.init = reject_init, .validate = reject_validate
	{REJECT, .families = FAMILY_IP | FAMILY_IP6 | FAMILY_INET | FAMILY_BRIDGE},
	{REJECT, .families = FAMILY_NETDEV, .needs = KERNEL_NEEDS(reject_netdev)},
#undef REJECT
	{.name = "queue",
	 .policy = queue_policy,
	 .max_attr = NFTA_QUEUE_MAX,
	 .kernel_size = 8,
	 .select = queue_select,
	 .init = queue_init,
	 .validate = queue_validate},
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
	 .needs = KERNEL_NEEDS(inner_expression),
	 .policy = inner_policy,
	 .max_attr = NICEMU_NFTA_INNER_EXPR,
	 .kernel_size = 32,
	 .init = inner_init},
	{.name = "match", .policy = compat_policy, .max_attr = 3, .select = compat_select},
	{.name = "target", .policy = compat_policy, .max_attr = 3, .select = compat_select},
	{0},
};
