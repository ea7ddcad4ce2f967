/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fwd (the packet leaves by another port) and dup (a copy does), both of the netdev family. The
 * interface's index is in a register that an immediate filled, in the CPU's byte order.
 */
#include "offload.h"

#include <errno.h>
#include <string.h>

static const struct attr_policy fwd_policy[NFTA_FWD_MAX + 1] = {
	[NFTA_FWD_SREG_DEV] = {.kind = ATTR_U32, 0},
	[NFTA_FWD_SREG_ADDR] = {.kind = ATTR_U32, 0},
	[NFTA_FWD_NFPROTO] = {.kind = ATTR_U32, UINT8_MAX, .needs = KERNEL_NEEDS(ranges_by_policy)},
};

static const struct attr_policy dup_policy[NFTA_DUP_MAX + 1] = {
	[NFTA_DUP_SREG_ADDR] = {.kind = ATTR_U32, 0},
	[NFTA_DUP_SREG_DEV] = {.kind = ATTR_U32, 0},
};

static int fwd_select(const struct nft_expr_context *context, const struct nlattr *const tb[],
		      size_t *size)
{
	return tb[NFTA_FWD_SREG_ADDR] || tb[NFTA_FWD_SREG_DEV] ? 0 : -EOPNOTSUPP;
}

static int neighbour_init(struct expr_init *init, struct nft_expr *expr,
			  const struct nlattr *const tb[])
{
	uint8_t address;
	size_t size;
	int error;

	if (!tb[NFTA_FWD_SREG_DEV] || !tb[NFTA_FWD_NFPROTO])
		return -EINVAL;
	switch (attr_be32_byte(tb[NFTA_FWD_NFPROTO])) {
	case NFPROTO_IPV4: size = 4; break;
	case NFPROTO_IPV6: size = 16; break;
	default: return -EOPNOTSUPP;
	}
	error = register_load(init, tb[NFTA_FWD_SREG_DEV], &expr->fwd_dup.sreg_dev, 4);
	if (error)
		return error;
	error = register_load(init, tb[NFTA_FWD_SREG_ADDR], &address, size);
	if (error)
		return error;
	expr->fwd_dup.sreg_address = address;
	expr->fwd_dup.nfproto = (uint8_t)attr_be32(tb[NFTA_FWD_NFPROTO]);
	return 0;
}

static int fwd_init(struct expr_init *init, struct nft_expr *expr, const struct nlattr *const tb[])
{
	expr->fwd_dup.to_neighbour = tb[NFTA_FWD_SREG_ADDR] != NULL;
	if (expr->fwd_dup.to_neighbour)
		return neighbour_init(init, expr, tb);
	return register_load(init, tb[NFTA_FWD_SREG_DEV], &expr->fwd_dup.sreg_dev, 4);
}

static void fwd_dump(struct attr_writer *writer, const struct nft_expr *expr)
{
	register_put(writer, NFTA_FWD_SREG_DEV, expr->fwd_dup.sreg_dev);
	if (!expr->fwd_dup.to_neighbour)
		return;
	register_put(writer, NFTA_FWD_SREG_ADDR, expr->fwd_dup.sreg_address);
	attr_put_be32(writer, NFTA_FWD_NFPROTO, expr->fwd_dup.nfproto);
}

static int fwd_validate(const struct nft_expr *expr, const struct kernel_behavior *kernel,
			uint8_t family, const char *chain_type, uint32_t hooknum)
{
	return validate_hooks(hooknum, 1u << NF_NETDEV_INGRESS | 1u << NF_NETDEV_EGRESS);
}

static int dup_init(struct expr_init *init, struct nft_expr *expr, const struct nlattr *const tb[])
{
	if (!tb[NFTA_DUP_SREG_DEV])
		return -EINVAL;
	return register_load(init, tb[NFTA_DUP_SREG_DEV], &expr->fwd_dup.sreg_dev, 4);
}

static void dup_dump(struct attr_writer *writer, const struct nft_expr *expr)
{
	register_put(writer, NFTA_DUP_SREG_DEV, expr->fwd_dup.sreg_dev);
}

static int to_device(struct offload *o, const struct nft_expr *expr, const char *word,
		     enum flow_action_id id)
{
	const struct translate_context *context = o->context;
	uint32_t ifindex;

	if (!context->kernel->fwd_dup_offload)
		return offload_refuse(o, "forward-or-copy", "this kernel can't offload `%s to`",
				      word);
	memcpy(&ifindex, o->regs[expr->fwd_dup.sreg_dev].data, sizeof(ifindex));
	if (!context->ifindex_exists || !context->ifindex_exists(context->context, ifindex))
		return offload_refuse(o, "unknown-interface",
				      "`%s to` names interface index %u, which does not exist",
				      word, ifindex);
	offload_add_action(o, id, ifindex);
	return 0;
}

static int fwd_offload(struct offload *o, const struct nft_expr *expr)
{
	if (expr->fwd_dup.to_neighbour) {
		offload_refuse(o, "forward-to-neighbour",
			       "forwarding to a neighbour's address can't be offloaded");
		offload_hint(o, "`fwd to PORT`, without an address, can be");
		return -EOPNOTSUPP;
	}
	return to_device(o, expr, "fwd", FLOW_ACTION_REDIRECT);
}

static int dup_offload(struct offload *o, const struct nft_expr *expr)
{
	return to_device(o, expr, "dup", FLOW_ACTION_MIRRED);
}

/* A forward to a neighbour has no offload at all, hence is no action either. */
static bool fwd_is_action(const struct nft_expr *expr)
{
	return !expr->fwd_dup.to_neighbour;
}

static bool dup_is_action(const struct nft_expr *expr)
{
	return true;
}

const struct nft_expr_type expr_type_fwd = {
	.name = "fwd",
	.families = FAMILY_NETDEV,
	.policy = fwd_policy,
	.max_attr = NFTA_FWD_MAX,
	.kernel_size = 3,
	.select = fwd_select,
	.init = fwd_init,
	.dump = fwd_dump,
	.validate = fwd_validate,
	.offload = fwd_offload,
	.is_action = fwd_is_action,
};

const struct nft_expr_type expr_type_dup_netdev = {
	.name = "dup",
	.families = FAMILY_NETDEV,
	.policy = dup_policy,
	.max_attr = NFTA_DUP_MAX,
	.kernel_size = 1,
	.init = dup_init,
	.dump = dup_dump,
	.offload = dup_offload,
	.is_action = dup_is_action,
};
