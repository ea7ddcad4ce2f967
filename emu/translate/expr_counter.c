/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * counter: packets and bytes. It needs nothing of the flow rule: the NIC counts each entry anyhow.
 */
#include "offload.h"

#include <errno.h>

static const struct attr_policy policy[NFTA_COUNTER_MAX + 1] = {
	[NFTA_COUNTER_PACKETS] = {.kind = ATTR_U64, 0},
	[NFTA_COUNTER_BYTES] = {.kind = ATTR_U64, 0},
};

static int counter_init(struct expr_init *init, struct nft_expr *expr,
			const struct nlattr *const tb[])
{
	if (tb[NFTA_COUNTER_PACKETS])
		expr->counter.packets = attr_be64(tb[NFTA_COUNTER_PACKETS]);
	if (tb[NFTA_COUNTER_BYTES])
		expr->counter.bytes = attr_be64(tb[NFTA_COUNTER_BYTES]);
	return 0;
}

static void counter_dump(struct attr_writer *writer, const struct nft_expr *expr)
{
	attr_put_be64(writer, NFTA_COUNTER_BYTES, expr->counter.bytes);
	attr_put_be64(writer, NFTA_COUNTER_PACKETS, expr->counter.packets);
}

static void counter_reset(struct nft_expr *expr)
{
	expr->counter.bytes = 0;
	expr->counter.packets = 0;
}

static int counter_offload(struct offload *o, const struct nft_expr *expr)
{
	if (o->context->kernel->counter_offload)
		return 0;
	offload_refuse(o, "counter", "this kernel can't offload a rule with a counter");
	offload_hint(o, "leave the counter out, or use Linux 5.13 or later");
	return -EOPNOTSUPP;
}

const struct nft_expr_type expr_type_counter = {
	.name = "counter",
	.stateful = true,
	.policy = policy,
	.max_attr = NFTA_COUNTER_MAX,
	.kernel_size = 8,
	.init = counter_init,
	.dump = counter_dump,
	.reset = counter_reset,
	.offload = counter_offload,
};
