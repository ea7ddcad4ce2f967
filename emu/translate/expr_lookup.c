/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Expressions that name other things of their table: lookup (set or map), objref (stateful object,
 * directly or by a map), dynset (a set that rules fill). None can be offloaded.
 */
#include "type.h"

#include <errno.h>
#include <string.h>

static const struct attr_policy lookup_policy[NFTA_LOOKUP_MAX + 1] = {
	[NFTA_LOOKUP_SET] = {.kind = ATTR_STRING, NFT_SET_MAXNAMELEN - 1},
	[NFTA_LOOKUP_SET_ID] = {.kind = ATTR_U32, 0},
	[NFTA_LOOKUP_SREG] = {.kind = ATTR_REGISTER, 0},
	[NFTA_LOOKUP_DREG] = {.kind = ATTR_REGISTER, 0},
	[NFTA_LOOKUP_FLAGS] = {.kind = ATTR_MASK32,
			       NFT_LOOKUP_F_INV,
			       .needs = KERNEL_NEEDS(flag_masks)},
};

static const struct attr_policy objref_policy[NFTA_OBJREF_MAX + 1] = {
	[NFTA_OBJREF_IMM_NAME] = {.kind = ATTR_STRING, NFT_OBJ_MAXNAMELEN - 1},
	[NFTA_OBJREF_IMM_TYPE] = {.kind = ATTR_U32, 0},
	[NFTA_OBJREF_SET_SREG] = {.kind = ATTR_REGISTER, 0},
	[NFTA_OBJREF_SET_NAME] = {.kind = ATTR_STRING, NFT_SET_MAXNAMELEN - 1},
	[NFTA_OBJREF_SET_ID] = {.kind = ATTR_U32, 0},
};

enum { DYNSET_KNOWN_FLAGS = NFT_DYNSET_F_INV | 2 /* expressions */ };

static const struct attr_policy dynset_policy[NFTA_DYNSET_MAX + 1] = {
	[NFTA_DYNSET_SET_NAME] = {.kind = ATTR_STRING, NFT_SET_MAXNAMELEN - 1},
	[NFTA_DYNSET_SET_ID] = {.kind = ATTR_U32, 0},
	[NFTA_DYNSET_OP] = {.kind = ATTR_U32, UINT8_MAX, .needs = KERNEL_NEEDS(ranges_by_policy)},
	[NFTA_DYNSET_SREG_KEY] = {.kind = ATTR_U32, 0},
	[NFTA_DYNSET_SREG_DATA] = {.kind = ATTR_U32, 0},
	[NFTA_DYNSET_TIMEOUT] = {.kind = ATTR_U64, 0},
	[NFTA_DYNSET_EXPR] = {.kind = ATTR_NESTED, 0},
	[NFTA_DYNSET_FLAGS] = {.kind = ATTR_MASK32,
			       DYNSET_KNOWN_FLAGS,
			       .needs = KERNEL_NEEDS(reserved_flags_refused)},
	[NFTA_DYNSET_EXPRESSIONS] = {.kind = ATTR_NESTED, .since = KERNEL_NEEDS(expression_lists)},
};

int set_lookup(struct expr_init *init, struct nft_expr *expr, const struct nlattr *name,
	       const struct nlattr *id, struct nft_expr_set *set)
{
	const struct nft_expr_context *context = init->context;
	int error;

	memset(set, 0, sizeof(*set));
	if (!context->lookup_set)
		return -ENOENT;
	error = context->lookup_set(context->lookup_context, name, id, set);
	if (error)
		return error;
	expr->reference_kind = NFT_EXPR_SET;
	expr->reference = set->reference;
	return set->name ? nft_expr_set_name(expr, set->name) : expr_name_from(expr, name);
}

static int lookup_dreg(struct expr_init *init, struct nft_expr *expr, const struct nlattr *attr,
		       const struct nft_expr_set *set)
{
	bool verdict = set->data_type == NFT_DATA_VERDICT;

	if (!attr)
		return set->flags & NFT_SET_MAP && (set->flags & NFT_SET_ANONYMOUS ||
						    !init->context->kernel->lookup_map_keys)
			       ? -EINVAL
			       : 0;
	if (expr->lookup.flags & NFT_LOOKUP_F_INV || !(set->flags & NFT_SET_MAP))
		return -EINVAL;
	expr->lookup.has_dreg = true;
	return register_store(init, attr, &expr->lookup.dreg, verdict, set->data_length);
}

static int lookup_init(struct expr_init *init, struct nft_expr *expr,
		       const struct nlattr *const tb[])
{
	struct nft_expr_set set;
	int error;

	if (!tb[NFTA_LOOKUP_SET] || !tb[NFTA_LOOKUP_SREG])
		return -EINVAL;
	error = set_lookup(init, expr, tb[NFTA_LOOKUP_SET], tb[NFTA_LOOKUP_SET_ID], &set);
	if (error)
		return error;
	error = register_load(init, tb[NFTA_LOOKUP_SREG], &expr->lookup.sreg, set.key_length);
	if (error)
		return error;
	expr->lookup.has_sreg = true;
	if (tb[NFTA_LOOKUP_FLAGS])
		expr->lookup.flags = attr_be32(tb[NFTA_LOOKUP_FLAGS]);
	if (expr->lookup.flags & ~(uint32_t)NFT_LOOKUP_F_INV)
		return -EINVAL;
	return lookup_dreg(init, expr, tb[NFTA_LOOKUP_DREG], &set);
}

static void lookup_dump(struct attr_writer *writer, const struct nft_expr *expr)
{
	attr_put_string(writer, NFTA_LOOKUP_SET, expr->name);
	register_put(writer, NFTA_LOOKUP_SREG, expr->lookup.sreg);
	if (expr->lookup.has_dreg)
		register_put(writer, NFTA_LOOKUP_DREG, expr->lookup.dreg);
	attr_put_be32(writer, NFTA_LOOKUP_FLAGS, expr->lookup.flags);
}

static bool objref_by_map(const struct nlattr *const tb[])
{
	return tb[NFTA_OBJREF_SET_SREG] && (tb[NFTA_OBJREF_SET_NAME] || tb[NFTA_OBJREF_SET_ID]);
}

static int objref_select(const struct nft_expr_context *context, const struct nlattr *const tb[],
			 size_t *size)
{
	if (objref_by_map(tb)) {
		*size = 48;
		return 0;
	}
	return tb[NFTA_OBJREF_IMM_NAME] && tb[NFTA_OBJREF_IMM_TYPE] ? 0 : -EOPNOTSUPP;
}

static int objref_map_init(struct expr_init *init, struct nft_expr *expr,
			   const struct nlattr *const tb[])
{
	struct nft_expr_set set;
	int error;

	if (!tb[NFTA_OBJREF_SET_NAME])
		return -EINVAL; /* a look-up by name without a name */
	error = set_lookup(init, expr, tb[NFTA_OBJREF_SET_NAME], tb[NFTA_OBJREF_SET_ID], &set);
	if (error)
		return error;
	if (!(set.flags & NFT_SET_OBJECT))
		return -EINVAL;
	expr->lookup.has_sreg = true;
	expr->lookup.flags = set.object_type;
	return register_load(init, tb[NFTA_OBJREF_SET_SREG], &expr->lookup.sreg, set.key_length);
}

static int objref_init(struct expr_init *init, struct nft_expr *expr,
		       const struct nlattr *const tb[])
{
	const struct nft_expr_context *context = init->context;
	uint32_t type;
	int error;

	if (objref_by_map(tb))
		return objref_map_init(init, expr, tb);
	type = attr_be32(tb[NFTA_OBJREF_IMM_TYPE]);
	if (!context->lookup_object)
		return -ENOENT;
	error = context->lookup_object(context->lookup_context, tb[NFTA_OBJREF_IMM_NAME], type,
				       &expr->reference);
	if (error)
		return error;
	expr->reference_kind = NFT_EXPR_OBJECT;
	expr->lookup.flags = type;
	return expr_name_from(expr, tb[NFTA_OBJREF_IMM_NAME]);
}

static void objref_dump(struct attr_writer *writer, const struct nft_expr *expr)
{
	if (expr->lookup.has_sreg) {
		register_put(writer, NFTA_OBJREF_SET_SREG, expr->lookup.sreg);
		attr_put_string(writer, NFTA_OBJREF_SET_NAME, expr->name);
	} else {
		attr_put_string(writer, NFTA_OBJREF_IMM_NAME, expr->name);
		attr_put_be32(writer, NFTA_OBJREF_IMM_TYPE, expr->lookup.flags);
	}
}

static int objref_validate(const struct nft_expr *expr, const struct kernel_behavior *kernel,
			   uint8_t family, const char *chain_type, uint32_t hooknum)
{
	enum { OBJECT_SYNPROXY = 10 };

	if (expr->lookup.flags != OBJECT_SYNPROXY || !kernel->synproxy_object_hooks)
		return 0;
	if (family != NFPROTO_IPV4 && family != NFPROTO_IPV6 && family != NFPROTO_INET)
		return -EOPNOTSUPP;
	return validate_hooks(hooknum, 1u << NF_INET_LOCAL_IN | 1u << NF_INET_FORWARD);
}

/* The checks that do not need the set. */
static int dynset_check(const struct kernel_behavior *kernel, const struct nlattr *const tb[])
{
	uint32_t known = kernel->expression_lists ? DYNSET_KNOWN_FLAGS : NFT_DYNSET_F_INV;

	if (!tb[NFTA_DYNSET_SET_NAME] || !tb[NFTA_DYNSET_OP] || !tb[NFTA_DYNSET_SREG_KEY])
		return -EINVAL;
	if (tb[NFTA_DYNSET_FLAGS] && attr_be32(tb[NFTA_DYNSET_FLAGS]) & ~known)
		return -EOPNOTSUPP;
	return 0;
}

static int dynset_data(struct expr_init *init, struct nft_expr *expr, const struct nlattr *attr,
		       const struct nft_expr_set *set)
{
	if (!attr)
		return set->flags & NFT_SET_MAP ? -EINVAL : 0;
	if (!(set->flags & NFT_SET_MAP) || set->data_type == NFT_DATA_VERDICT)
		return -EOPNOTSUPP;
	expr->lookup.has_dreg = true;
	return register_load(init, attr, &expr->lookup.dreg, set->data_length);
}

static int dynset_timeout(struct nft_expr *expr, const struct nlattr *attr,
			  const struct nft_expr_set *set)
{
	if (!attr)
		return 0;
	if (!(set->flags & NFT_SET_TIMEOUT))
		return -EOPNOTSUPP;
	expr->lookup.timeout_ms = nft_whole_ticks(attr_be64(attr));
	return check_milliseconds(attr);
}

static int dynset_check_set(const struct nft_expr *expr, const struct nft_expr_set *set)
{
	enum { OP_DELETE = 2 };

	if (set->flags & NFT_SET_OBJECT || set->is_fixed)
		return -EOPNOTSUPP;
	if (set->flags & NFT_SET_CONSTANT)
		return -EBUSY;
	return expr->lookup.op > OP_DELETE ? -EOPNOTSUPP : 0;
}

/* The n-th expression for new elements: of the set's own type, where the set has some. */
static int dynset_expr(struct expr_init *init, const struct nlattr *attr,
		       const struct nft_expr_set *set, uint32_t n)
{
	struct nft_expr expr;
	int error = nft_expr_parse_stateful(&expr, attr, init->context);

	if (!error && set->num_exprs && n >= set->num_exprs)
		error = -EINVAL;
	else if (!error && set->num_exprs && expr.type != set->exprs[n].type)
		error = -EOPNOTSUPP;
	nft_expr_clear(&expr);
	return error;
}

static int dynset_expr_list(struct expr_init *init, const struct nlattr *list,
			    const struct nft_expr_set *set)
{
	enum { MAX_EXPRS = 2 };
	const struct nlattr *attr;
	uint32_t count = 0;

	mnl_attr_for_each_nested (attr, list) {
		int error;

		if (count == MAX_EXPRS)
			return -E2BIG;
		if (mnl_attr_get_type(attr) != NFTA_LIST_ELEM)
			return -EINVAL;
		error = dynset_expr(init, attr, set, count++);
		if (error)
			return error;
	}
	return set->num_exprs && set->num_exprs != count ? -EOPNOTSUPP : 0;
}

/* Expressions that each new element gets: checked here, their bytes are kept. */
static int dynset_exprs(struct expr_init *init, const struct nft_expr *expr,
			const struct nlattr *const tb[], const struct nft_expr_set *set)
{
	enum { F_EXPR = 2 };

	if (!tb[NFTA_DYNSET_EXPR] && !tb[NFTA_DYNSET_EXPRESSIONS])
		return 0;
	if (!(set->flags & NFT_SET_EVAL))
		return -EINVAL;
	if (tb[NFTA_DYNSET_EXPR])
		return set->num_exprs > 1 ? -EOPNOTSUPP
					  : dynset_expr(init, tb[NFTA_DYNSET_EXPR], set, 0);
	if (!(expr->lookup.flags & F_EXPR))
		return -EINVAL;
	return dynset_expr_list(init, tb[NFTA_DYNSET_EXPRESSIONS], set);
}

static int dynset_init(struct expr_init *init, struct nft_expr *expr,
		       const struct nlattr *const tb[])
{
	bool exprs = tb[NFTA_DYNSET_EXPR] || tb[NFTA_DYNSET_EXPRESSIONS];
	struct nft_expr_set set;
	int error = dynset_check(init->context->kernel, tb);

	if (!error)
		error = set_lookup(init, expr, tb[NFTA_DYNSET_SET_NAME], tb[NFTA_DYNSET_SET_ID],
				   &set);
	if (error)
		return error;
	expr->lookup.op = attr_be32_byte(tb[NFTA_DYNSET_OP]);
	expr->lookup.flags = tb[NFTA_DYNSET_FLAGS] ? attr_be32(tb[NFTA_DYNSET_FLAGS]) : 0;
	expr->lookup.has_exprs = exprs && set.num_exprs == 0;
	error = dynset_check_set(expr, &set);
	if (!error)
		error = dynset_timeout(expr, tb[NFTA_DYNSET_TIMEOUT], &set);
	if (!error)
		error = register_load(init, tb[NFTA_DYNSET_SREG_KEY], &expr->lookup.sreg,
				      set.key_length);
	if (!error)
		error = dynset_data(init, expr, tb[NFTA_DYNSET_SREG_DATA], &set);
	return error ? error : dynset_exprs(init, expr, tb, &set);
}

/* Its expressions are not interpreted: their bytes come from the kept attributes. */
static void dynset_put_exprs(struct attr_writer *writer, const struct nft_expr *expr)
{
	const struct nlattr *tb[ATTR_TABLE_SIZE];

	attr_parse(tb, NFTA_DYNSET_MAX, expr->attributes, expr->size, NULL, NULL);
	for (uint16_t type = NFTA_DYNSET_EXPR; type <= NFTA_DYNSET_MAX; type++)
		if ((type == NFTA_DYNSET_EXPR || type == NFTA_DYNSET_EXPRESSIONS) && tb[type])
			attr_put(writer, type, mnl_attr_get_payload(tb[type]),
				 mnl_attr_get_payload_len(tb[type]));
}

static void dynset_dump(struct attr_writer *writer, const struct nft_expr *expr)
{
	register_put(writer, NFTA_DYNSET_SREG_KEY, expr->lookup.sreg);
	if (expr->lookup.has_dreg)
		register_put(writer, NFTA_DYNSET_SREG_DATA, expr->lookup.dreg);
	attr_put_be32(writer, NFTA_DYNSET_OP, expr->lookup.op);
	attr_put_string(writer, NFTA_DYNSET_SET_NAME, expr->name);
	attr_put_be64(writer, NFTA_DYNSET_TIMEOUT, expr->lookup.timeout_ms);
	if (expr->lookup.has_exprs)
		dynset_put_exprs(writer, expr);
	attr_put_be32(writer, NFTA_DYNSET_FLAGS, expr->lookup.flags & NFT_DYNSET_F_INV);
}

const struct nft_expr_type expr_type_lookup = {
	.name = "lookup",
	.policy = lookup_policy,
	.max_attr = NFTA_LOOKUP_MAX,
	.kernel_size = 48,
	.init = lookup_init,
	.dump = lookup_dump,
};

const struct nft_expr_type expr_type_objref = {
	.name = "objref",
	.policy = objref_policy,
	.max_attr = NFTA_OBJREF_MAX,
	.kernel_size = 8,
	.select = objref_select,
	.init = objref_init,
	.dump = objref_dump,
	.validate = objref_validate,
};

const struct nft_expr_type expr_type_dynset = {
	.name = "dynset",
	.keeps_bytes = true,
	.policy = dynset_policy,
	.max_attr = NFTA_DYNSET_MAX,
	.kernel_size = 120,
	.init = dynset_init,
	.dump = dynset_dump,
};
