/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cmp: compare a register with a constant. The kernel has three variants that dump alike and
 * offload alike; they differ in size and in how many bytes of the constant they keep.
 */
#include "offload.h"

#include <errno.h>
#include <string.h>

static const struct attr_policy policy[NFTA_CMP_MAX + 1] = {
	[NFTA_CMP_SREG] = {.kind = ATTR_REGISTER, 0},
	[NFTA_CMP_OP] = {.kind = ATTR_U32, 0},
	[NFTA_CMP_DATA] = {.kind = ATTR_NESTED, 0},
};

enum { FAST_SIZE = 4, SIZE_FAST = 12, SIZE_16 = 40, SIZE_GENERIC = 24 };

/* True for the registers that the 16-byte variant takes. */
static bool is_wide(uint8_t reg)
{
	return (reg >= NFT_REG_1 && reg <= NFT_REG_4) ||
	       (reg >= NFT_REG32_00 && reg <= NFT_REG32_00 + 12 && reg % 2 == 0);
}

static int cmp_select(const struct nft_expr_context *context, const struct nlattr *const tb[],
		      size_t *size)
{
	uint8_t data[NFT_DATA_SIZE];
	size_t length = 0;
	uint32_t op;
	int error;

	if (!tb[NFTA_CMP_SREG] || !tb[NFTA_CMP_OP] || !tb[NFTA_CMP_DATA])
		return -EINVAL;
	op = attr_be32(tb[NFTA_CMP_OP]);
	if (op > NFT_CMP_GTE)
		return -EINVAL;
	error = data_value(tb[NFTA_CMP_DATA], data, &length);
	if (error)
		return error;
	if (op > NFT_CMP_NEQ)
		return 0;
	if (length <= FAST_SIZE)
		*size = SIZE_FAST;
	else if (is_wide((uint8_t)attr_be32(tb[NFTA_CMP_SREG])))
		*size = SIZE_16;
	return 0;
}

static int cmp_init(struct expr_init *init, struct nft_expr *expr, const struct nlattr *const tb[])
{
	size_t length = 0;
	int error = data_value(tb[NFTA_CMP_DATA], expr->cmp.data, &length);

	if (error)
		return error;
	expr->cmp.length = (uint8_t)length;
	expr->cmp.op = (uint8_t)attr_be32(tb[NFTA_CMP_OP]);
	return register_load(init, tb[NFTA_CMP_SREG], &expr->cmp.sreg, length);
}

static void cmp_dump(struct attr_writer *writer, const struct nft_expr *expr)
{
	register_put(writer, NFTA_CMP_SREG, expr->cmp.sreg);
	attr_put_be32(writer, NFTA_CMP_OP, expr->cmp.op);
	data_value_put(writer, NFTA_CMP_DATA, expr->cmp.data, expr->cmp.length);
}

static int check_operator(struct offload *o, const struct nft_expr *expr)
{
	static const char *const operators[] = {"==", "!=", "<", "<=", ">", ">="};

	if (expr->cmp.op == NFT_CMP_EQ)
		return 0;
	offload_refuse(o, "compare-operator",
		       "a field can only be compared with ==; the rule uses %s",
		       operators[expr->cmp.op]);
	if (expr->cmp.op == NFT_CMP_NEQ)
		offload_hint(o, "put a rule for the equal case, with its own verdict, before this "
				"one");
	else
		offload_hint(o, "write the range as prefixes or single values, one rule each");
	return -EOPNOTSUPP;
}

/* A field of another size is not the one that was waited for; the kernel complains and goes on. */
static void warn_mistaken(struct offload *o, const struct offload_register *reg, size_t size)
{
	if (reg->length == size)
		return;
	offload_warn(o, "mistaken-for-protocol",
		     "a protocol was loaded before %s and not compared yet: the kernel takes this "
		     "comparison for the protocol's, and writes a WARNING to its log for each such "
		     "rule (which stops a machine that has panic_on_warn)",
		     flow_fields[reg->field].name);
}

/* The next comparison after a load of a protocol field tells the protocol; masks don't count. */
static void learn_protocol(struct offload *o, const struct offload_register *reg,
			   const uint8_t *data)
{
	if (o->dependency != DEPENDENCY_NONE)
		warn_mistaken(o, reg,
			      o->dependency == DEPENDENCY_NETWORK ? sizeof(o->l3num)
								  : sizeof(o->protonum));
	if (o->dependency == DEPENDENCY_NETWORK)
		o->l3num = (uint16_t)(data[0] << 8 | data[1]);
	else if (o->dependency == DEPENDENCY_TRANSPORT)
		o->protonum = data[0];
	o->dependency = DEPENDENCY_NONE;
}

static int cmp_offload(struct offload *o, const struct nft_expr *expr)
{
	enum { ARPHRD_ETHER = 1 };
	const struct offload_register *reg = &o->regs[expr->cmp.sreg];
	uint16_t type;
	int error = check_operator(o, expr);

	if (error)
		return error;
	if (reg->length == 0)
		return offload_refuse(
			o, "register-without-field",
			"the comparison reads a register that holds no field which can "
			"be offloaded");
	if (expr->cmp.length > reg->length)
		return offload_refuse(o, "compare-longer-than-field",
				      "%u bytes are compared, but %s has only %u", expr->cmp.length,
				      flow_fields[reg->field].name, reg->length);
	offload_match(o, reg, expr->cmp.data);
	memcpy(&type, expr->cmp.data, sizeof(type));
	if (reg->field == FLOW_META_INGRESS_IFTYPE && type != ARPHRD_ETHER)
		return offload_refuse(o, "interface-type",
				      "`meta iiftype` can only be ether; the rule asks for type %u",
				      type);
	learn_protocol(o, reg, expr->cmp.data);
	return 0;
}

const struct nft_expr_type expr_type_cmp = {
	.name = "cmp",
	.policy = policy,
	.max_attr = NFTA_CMP_MAX,
	.kernel_size = SIZE_GENERIC,
	.select = cmp_select,
	.init = cmp_init,
	.dump = cmp_dump,
	.offload = cmp_offload,
};
