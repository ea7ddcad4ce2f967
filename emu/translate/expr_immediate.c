/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * immediate: put a constant into a register; into the verdict register, it is the rule's verdict.
 */
#include "offload.h"

#include <errno.h>
#include <string.h>

static const struct attr_policy policy[NFTA_IMMEDIATE_MAX + 1] = {
	[NFTA_IMMEDIATE_DREG] = {.kind = ATTR_REGISTER, 0},
	[NFTA_IMMEDIATE_DATA] = {.kind = ATTR_NESTED, 0},
};

static const struct attr_policy data_policy[NFTA_DATA_MAX + 1] = {
	[NFTA_DATA_VALUE] = {.kind = ATTR_BINARY, 0},
	[NFTA_DATA_VERDICT] = {.kind = ATTR_NESTED, 0},
};

static const struct attr_policy verdict_policy[NFTA_VERDICT_MAX + 1] = {
	[NFTA_VERDICT_CODE] = {.kind = ATTR_U32, 0},
	[NFTA_VERDICT_CHAIN] = {.kind = ATTR_STRING, NFT_CHAIN_MAXNAMELEN - 1},
	[NFTA_VERDICT_CHAIN_ID] = {.kind = ATTR_U32, 0},
};

static int lookup_chain(struct expr_init *init, struct nft_expr *expr,
			const struct nlattr *const tb[])
{
	const struct nft_expr_context *context = init->context;
	const struct nlattr *chain =
		tb[NFTA_VERDICT_CHAIN] ? tb[NFTA_VERDICT_CHAIN] : tb[NFTA_VERDICT_CHAIN_ID];
	const char *name = NULL;
	int error;

	if (!chain)
		return -EINVAL;
	if (!context->lookup_chain)
		return -ENOENT;
	error = context->lookup_chain(context->lookup_context, chain, &name, &expr->reference);
	if (error)
		return error;
	expr->reference_kind = NFT_EXPR_CHAIN;
	return name ? nft_expr_set_name(expr, name) : expr_name_from(expr, tb[NFTA_VERDICT_CHAIN]);
}

/* What older kernels let pass, for nobody: they refuse it when it is offloaded. */
static int check_odd_verdict(const struct kernel_behavior *kernel, uint32_t verdict)
{
	uint32_t code = kernel->verdict_parameters_refused ? verdict : verdict & NF_VERDICT_MASK;

	if (code == NF_QUEUE)
		return kernel->queue_verdict_refused ? -EINVAL : 0;
	return code == NF_ACCEPT || code == NF_DROP ? 0 : -EINVAL;
}

static int verdict_init(struct expr_init *init, struct nft_expr *expr, const struct nlattr *attr)
{
	const struct nlattr *tb[ATTR_TABLE_SIZE];
	int error = attr_parse_nested(tb, NFTA_VERDICT_MAX, attr, verdict_policy, NULL);

	if (error)
		return error;
	if (!tb[NFTA_VERDICT_CODE])
		return -EINVAL;
	expr->immediate.verdict = (int32_t)attr_be32(tb[NFTA_VERDICT_CODE]);
	switch (expr->immediate.verdict) {
	case NF_ACCEPT:
	case NF_DROP:
	case NFT_CONTINUE:
	case NFT_BREAK:
	case NFT_RETURN: return 0;
	case NFT_JUMP:
	case NFT_GOTO: return lookup_chain(init, expr, tb);
	default: return check_odd_verdict(init->context->kernel, (uint32_t)expr->immediate.verdict);
	}
}

static int data_init(struct expr_init *init, struct nft_expr *expr, const struct nlattr *attr)
{
	const struct nlattr *tb[ATTR_TABLE_SIZE];
	size_t length = 0;
	int error = attr_parse_nested(tb, NFTA_DATA_MAX, attr, data_policy, NULL);

	if (error)
		return error;
	if (tb[NFTA_DATA_VALUE] || !tb[NFTA_DATA_VERDICT]) {
		if (expr->immediate.is_verdict)
			return -EINVAL;
		error = data_value(attr, expr->immediate.data, &length);
		expr->immediate.length = (uint8_t)length;
		return error;
	}
	if (!expr->immediate.is_verdict)
		return -EINVAL;
	expr->immediate.length = NFT_DATA_SIZE;
	return verdict_init(init, expr, tb[NFTA_DATA_VERDICT]);
}

static int immediate_init(struct expr_init *init, struct nft_expr *expr,
			  const struct nlattr *const tb[])
{
	int error;

	if (!tb[NFTA_IMMEDIATE_DREG] || !tb[NFTA_IMMEDIATE_DATA])
		return -EINVAL;
	/* The kernel looks at the low byte here; registers over 255 fail below. */
	expr->immediate.is_verdict = (uint8_t)attr_be32(tb[NFTA_IMMEDIATE_DREG]) == NFT_REG_VERDICT;
	error = data_init(init, expr, tb[NFTA_IMMEDIATE_DATA]);
	if (error)
		return error;
	return register_store(init, tb[NFTA_IMMEDIATE_DREG], &expr->immediate.dreg,
			      expr->immediate.is_verdict, expr->immediate.length);
}

static void verdict_dump(struct attr_writer *writer, const struct nft_expr *expr)
{
	struct nlattr *data = attr_nest_start(writer, NFTA_IMMEDIATE_DATA);
	struct nlattr *verdict = attr_nest_start(writer, NFTA_DATA_VERDICT);

	attr_put_be32(writer, NFTA_VERDICT_CODE, (uint32_t)expr->immediate.verdict);
	if (expr->immediate.verdict == NFT_JUMP || expr->immediate.verdict == NFT_GOTO)
		attr_put_string(writer, NFTA_VERDICT_CHAIN, expr->name);
	attr_nest_end(writer, verdict);
	attr_nest_end(writer, data);
}

static void immediate_dump(struct attr_writer *writer, const struct nft_expr *expr)
{
	register_put(writer, NFTA_IMMEDIATE_DREG, expr->immediate.dreg);
	if (expr->immediate.is_verdict)
		verdict_dump(writer, expr);
	else
		data_value_put(writer, NFTA_IMMEDIATE_DATA, expr->immediate.data,
			       expr->immediate.length);
}

static int refuse_verdict(struct offload *o, int32_t verdict)
{
	static const struct {
		int32_t verdict;
		const char *word, *hint;
	} words[] = {
		{NFT_CONTINUE, "continue", "leave the rule out: it does nothing"},
		{NFT_RETURN, "return", "in a base chain `accept` ends the chain as well"},
		{NFT_BREAK, "break", NULL},
		{NFT_JUMP, "jump", "put the other chain's rules into this chain"},
		{NFT_GOTO, "goto", "put the other chain's rules into this chain"},
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (words[i].verdict != verdict)
			continue;
		offload_refuse(o, "verdict", "only accept and drop can be offloaded, not `%s`",
			       words[i].word);
		if (words[i].hint)
			offload_hint(o, "%s", words[i].hint);
		return -EOPNOTSUPP;
	}
	return offload_refuse(o, "verdict", "only accept and drop can be offloaded");
}

static int immediate_offload(struct offload *o, const struct nft_expr *expr)
{
	if (!expr->immediate.is_verdict) {
		memcpy(o->regs[expr->immediate.dreg].data, expr->immediate.data, NFT_DATA_SIZE);
		return 0;
	}
	switch (expr->immediate.verdict) {
	case NF_ACCEPT: offload_add_action(o, FLOW_ACTION_ACCEPT, 0); return 0;
	case NF_DROP: offload_add_action(o, FLOW_ACTION_DROP, 0); return 0;
	default: return refuse_verdict(o, expr->immediate.verdict);
	}
}

static bool immediate_is_action(const struct nft_expr *expr)
{
	return expr->immediate.is_verdict;
}

const struct nft_expr_type expr_type_immediate = {
	.name = "immediate",
	.policy = policy,
	.max_attr = NFTA_IMMEDIATE_MAX,
	.kernel_size = 24,
	.init = immediate_init,
	.dump = immediate_dump,
	.offload = immediate_offload,
	.is_action = immediate_is_action,
};
