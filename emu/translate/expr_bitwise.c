/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bitwise: mask-and-xor, shifts, and (newer kernels) and/or/xor with a register or a constant.
 *
 * Variants of the kernel: four bytes with mask-and-xor is the fast one, everything else generic.
 */
#include "offload.h"

#include <errno.h>
#include <string.h>

static const struct attr_policy policy[NICEMU_NFTA_BITWISE_MAX + 1] = {
	[NFTA_BITWISE_SREG] = {.kind = ATTR_REGISTER, 0},
	[NICEMU_NFTA_BITWISE_SREG2] = {.kind = ATTR_REGISTER, 0},
	[NFTA_BITWISE_DREG] = {.kind = ATTR_REGISTER, 0},
	[NFTA_BITWISE_LEN] = {.kind = ATTR_U32, 0},
	[NFTA_BITWISE_MASK] = {.kind = ATTR_NESTED, 0},
	[NFTA_BITWISE_XOR] = {.kind = ATTR_NESTED, 0},
	[NFTA_BITWISE_OP] = {.kind = ATTR_U32, UINT8_MAX, .needs = KERNEL_NEEDS(ranges_by_policy)},
	[NFTA_BITWISE_DATA] = {.kind = ATTR_NESTED, 0},
};

enum { FAST_SIZE = 4, SIZE_FAST = 12, SIZE_GENERIC = 56 };

/* Attributes that the kernel does not know are nothing to it. */
static void forget_unknown(const struct kernel_behavior *kernel, const struct nlattr *known[],
			   const struct nlattr *const tb[])
{
	memcpy(known, tb, (NICEMU_NFTA_BITWISE_MAX + 1) * sizeof(tb[0]));
	if (!kernel->bitwise_shift)
		known[NFTA_BITWISE_OP] = known[NFTA_BITWISE_DATA] = NULL;
	if (!kernel->bitwise_registers)
		known[NICEMU_NFTA_BITWISE_SREG2] = NULL;
}

static uint32_t operation(const struct nlattr *const tb[])
{
	return tb[NFTA_BITWISE_OP] ? attr_be32(tb[NFTA_BITWISE_OP]) : NFT_BITWISE_BOOL;
}

static int bitwise_select(const struct nft_expr_context *context, const struct nlattr *const tb[],
			  size_t *size)
{
	uint32_t length;
	int error;

	if (!tb[NFTA_BITWISE_LEN] || !tb[NFTA_BITWISE_SREG] || !tb[NFTA_BITWISE_DREG])
		return -EINVAL;
	error = attr_be32_max(tb[NFTA_BITWISE_LEN], UINT8_MAX, &length);
	if (error)
		return error;
	if (length == FAST_SIZE &&
	    (!context->kernel->bitwise_shift || operation(tb) == NFT_BITWISE_BOOL))
		*size = SIZE_FAST;
	return 0;
}

static int mask_xor_init(struct nft_expr *expr, const struct nlattr *const tb[])
{
	size_t size = expr->bitwise.length;
	int error;

	if (tb[NFTA_BITWISE_DATA] || tb[NICEMU_NFTA_BITWISE_SREG2])
		return -EINVAL;
	if (!tb[NFTA_BITWISE_MASK] || !tb[NFTA_BITWISE_XOR])
		return -EINVAL;
	error = data_value(tb[NFTA_BITWISE_MASK], expr->bitwise.mask, &size);
	return error ? error : data_value(tb[NFTA_BITWISE_XOR], expr->bitwise.xor_, &size);
}

static int shift_init(struct nft_expr *expr, const struct nlattr *const tb[])
{
	size_t size = sizeof(uint32_t);
	uint32_t shift;
	int error;

	if (tb[NFTA_BITWISE_MASK] || tb[NFTA_BITWISE_XOR] || tb[NICEMU_NFTA_BITWISE_SREG2])
		return -EINVAL;
	if (!tb[NFTA_BITWISE_DATA])
		return -EINVAL;
	error = data_value(tb[NFTA_BITWISE_DATA], expr->bitwise.mask, &size);
	if (error)
		return error;
	memcpy(&shift, expr->bitwise.mask, sizeof(shift));
	return shift == 0 || shift >= 32 ? -EINVAL : 0;
}

static int logic_init(struct expr_init *init, struct nft_expr *expr,
		      const struct nlattr *const tb[])
{
	const struct nlattr *sreg2 = tb[NICEMU_NFTA_BITWISE_SREG2];
	size_t size = expr->bitwise.length;
	int error;

	if (tb[NFTA_BITWISE_MASK] || tb[NFTA_BITWISE_XOR])
		return -EINVAL;
	if (!tb[NFTA_BITWISE_DATA] == !sreg2)
		return -EINVAL;
	if (tb[NFTA_BITWISE_DATA])
		return data_value(tb[NFTA_BITWISE_DATA], expr->bitwise.mask, &size);
	expr->bitwise.has_sreg2 = true;
	error = register_load(init, sreg2, &expr->bitwise.sreg2, size);
	return error ? error
		     : register_check_overlap(init, expr->bitwise.sreg2, expr->bitwise.dreg, size);
}

static int bitwise_init(struct expr_init *init, struct nft_expr *expr,
			const struct nlattr *const all[])
{
	const struct kernel_behavior *kernel = init->context->kernel;
	const struct nlattr *tb[NICEMU_NFTA_BITWISE_MAX + 1];
	uint32_t length;
	int error;

	forget_unknown(kernel, tb, all);
	error = attr_be32_max(tb[NFTA_BITWISE_LEN], UINT8_MAX, &length);
	if (error)
		return error;
	expr->bitwise.length = (uint8_t)length;
	error = register_load(init, tb[NFTA_BITWISE_SREG], &expr->bitwise.sreg, length);
	if (error)
		return error;
	error = register_store(init, tb[NFTA_BITWISE_DREG], &expr->bitwise.dreg, false, length);
	if (error)
		return error;
	error = register_check_overlap(init, expr->bitwise.sreg, expr->bitwise.dreg, length);
	if (error)
		return error;
	expr->bitwise.op = (uint8_t)operation(tb);
	switch (expr->bitwise.op) {
	case NFT_BITWISE_BOOL: return mask_xor_init(expr, tb);
	case NFT_BITWISE_LSHIFT:
	case NFT_BITWISE_RSHIFT: return shift_init(expr, tb);
	case NICEMU_NFT_BITWISE_AND:
	case NICEMU_NFT_BITWISE_OR:
	case NICEMU_NFT_BITWISE_XOR:
		return kernel->bitwise_registers ? logic_init(init, expr, tb) : -EOPNOTSUPP;
	default: return -EOPNOTSUPP;
	}
}

static void bitwise_dump(struct attr_writer *writer, const struct nft_expr *expr)
{
	register_put(writer, NFTA_BITWISE_SREG, expr->bitwise.sreg);
	register_put(writer, NFTA_BITWISE_DREG, expr->bitwise.dreg);
	attr_put_be32(writer, NFTA_BITWISE_LEN, expr->bitwise.length);
	attr_put_be32(writer, NFTA_BITWISE_OP, expr->bitwise.op);
	if (expr->bitwise.op == NFT_BITWISE_BOOL) {
		data_value_put(writer, NFTA_BITWISE_MASK, expr->bitwise.mask, expr->bitwise.length);
		data_value_put(writer, NFTA_BITWISE_XOR, expr->bitwise.xor_, expr->bitwise.length);
	} else if (expr->bitwise.has_sreg2) {
		register_put(writer, NICEMU_NFTA_BITWISE_SREG2, expr->bitwise.sreg2);
	} else {
		/* Four bytes whatever the length is, as the kernel dumps it. */
		data_value_put(writer, NFTA_BITWISE_DATA, expr->bitwise.mask, sizeof(uint32_t));
	}
}

static int bitwise_offload(struct offload *o, const struct nft_expr *expr)
{
	static const uint8_t zero[NFT_DATA_SIZE];
	struct offload_register *reg = &o->regs[expr->bitwise.dreg];

	if (expr->bitwise.op != NFT_BITWISE_BOOL)
		return offload_refuse(
			o, "bitwise-operation",
			"only a mask (FIELD & MASK) can be offloaded; the rule shifts, "
			"or combines two registers");
	if (memcmp(expr->bitwise.xor_, zero, sizeof(zero)) != 0)
		return offload_refuse(o, "bitwise-xor",
				      "only a mask (FIELD & MASK) can be offloaded; the rule also "
				      "sets or flips bits");
	if (expr->bitwise.sreg != expr->bitwise.dreg)
		return offload_refuse(o, "bitwise-register",
				      "the mask must stay in the register that holds the field");
	if (reg->length == 0)
		return offload_refuse(o, "register-without-field",
				      "the mask is for a register that holds no field which can be "
				      "offloaded");
	if (expr->bitwise.length != reg->length) {
		offload_refuse(o, "bitwise-length",
			       "a mask of %u bytes is used on %s, which has %u",
			       expr->bitwise.length, flow_fields[reg->field].name, reg->length);
		if (reg->field == FLOW_VLAN_TCI || reg->field == FLOW_CVLAN_TCI)
			offload_hint(o, "of the tag only `vlan id` can be offloaded as nft writes "
					"it; priority alone: `@ll,112,16 & 0xe000 == 0x6000`");
		return -EOPNOTSUPP;
	}
	memcpy(reg->mask, expr->bitwise.mask, sizeof(reg->mask));
	return 0;
}

const struct nft_expr_type expr_type_bitwise = {
	.name = "bitwise",
	.policy = policy,
	.max_attr = NICEMU_NFTA_BITWISE_MAX,
	.kernel_size = SIZE_GENERIC,
	.select = bitwise_select,
	.init = bitwise_init,
	.dump = bitwise_dump,
	.offload = bitwise_offload,
};
