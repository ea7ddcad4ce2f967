/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What NEWSET says: attributes, their checks in the kernel's order. */
#include "set.h"

#include <errno.h>

enum {
	KNOWN_FLAGS = NFT_SET_ANONYMOUS | NFT_SET_CONSTANT | NFT_SET_INTERVAL | NFT_SET_MAP |
		      NFT_SET_TIMEOUT | NFT_SET_EVAL | NFT_SET_OBJECT | NFT_SET_CONCAT |
		      NFT_SET_EXPR,
};

const struct nft_policy nft_set_expr_policy[NFTA_EXPR_MAX + 1] = {
	[NFTA_EXPR_NAME] = {.kind = NFT_ATTR_STRING, .length = NICEMU_TYPE_NAME_MAX},
	[NFTA_EXPR_DATA] = {.kind = NFT_ATTR_NESTED},
};

const struct nft_policy nft_set_policy[NICEMU_SET_MAX + 1] = {
	[NFTA_SET_TABLE] = {.kind = NFT_ATTR_STRING, .length = NFT_TABLE_MAXNAMELEN - 1},
	[NFTA_SET_NAME] = {.kind = NFT_ATTR_STRING, .length = NFT_SET_MAXNAMELEN - 1},
	[NFTA_SET_FLAGS] = {.kind = NFT_ATTR_MASK32,
			    .length = KNOWN_FLAGS,
			    .needs = KERNEL_NEEDS(reserved_flags_refused)},
	[NFTA_SET_KEY_TYPE] = {.kind = NFT_ATTR_U32},
	[NFTA_SET_KEY_LEN] = {.kind = NFT_ATTR_U32},
	[NFTA_SET_DATA_TYPE] = {.kind = NFT_ATTR_U32},
	[NFTA_SET_DATA_LEN] = {.kind = NFT_ATTR_U32},
	[NFTA_SET_POLICY] = {.kind = NFT_ATTR_U32},
	[NFTA_SET_DESC] = {.kind = NFT_ATTR_NESTED},
	[NFTA_SET_ID] = {.kind = NFT_ATTR_U32},
	[NFTA_SET_TIMEOUT] = {.kind = NFT_ATTR_U64},
	[NFTA_SET_GC_INTERVAL] = {.kind = NFT_ATTR_U32},
	[NFTA_SET_USERDATA] = {.kind = NFT_ATTR_BINARY, .length = NICEMU_USERDATA_MAX},
	[NFTA_SET_OBJ_TYPE] = {.kind = NFT_ATTR_U32},
	[NFTA_SET_HANDLE] = {.kind = NFT_ATTR_U64},
	[NFTA_SET_EXPR] = {.kind = NFT_ATTR_NESTED},
	[NFTA_SET_EXPRESSIONS] = {.kind = NFT_ATTR_ARRAY,
				  .nested = nft_set_expr_policy,
				  .nested_max = NFTA_EXPR_MAX,
				  .needs = KERNEL_NEEDS(expression_list_policy),
				  .since = KERNEL_NEEDS(expression_lists)},
	[NICEMU_SET_TYPE] = {.kind = NFT_ATTR_REJECT, .since = KERNEL_NEEDS(set_backend_dump)},
	[NICEMU_SET_COUNT] = {.kind = NFT_ATTR_REJECT, .since = KERNEL_NEEDS(set_backend_dump)},
};

static const struct nft_policy field_policy[NFTA_SET_FIELD_MAX + 1] = {
	[NFTA_SET_FIELD_LEN] = {.kind = NFT_ATTR_U32},
};

static const struct nft_policy desc_policy[NFTA_SET_DESC_MAX + 1] = {
	[NFTA_SET_DESC_SIZE] = {.kind = NFT_ATTR_U32},
	[NFTA_SET_DESC_CONCAT] = {.kind = NFT_ATTR_ARRAY,
				  .nested = field_policy,
				  .nested_max = NFTA_SET_FIELD_MAX,
				  .needs = KERNEL_NEEDS(expression_list_policy)},
};

/* Combinations that no kernel has: flags & mask must not be value. */
static const struct {
	uint32_t mask, value;
} impossible[] = {
	{NFT_SET_MAP | NFT_SET_OBJECT, NFT_SET_MAP | NFT_SET_OBJECT},
	{NFT_SET_EVAL | NFT_SET_OBJECT, NFT_SET_EVAL | NFT_SET_OBJECT},
	{NFT_SET_ANONYMOUS | NFT_SET_TIMEOUT | NFT_SET_EVAL, NFT_SET_ANONYMOUS | NFT_SET_TIMEOUT},
	{NFT_SET_CONSTANT | NFT_SET_TIMEOUT, NFT_SET_CONSTANT | NFT_SET_TIMEOUT},
};

static int parse_flags(struct nft_call *call, struct nft_set_desc *desc)
{
	const struct nlattr *attr = call->attrs[NFTA_SET_FLAGS];

	if (!attr)
		return 0;
	desc->flags = nft_attr_be32(attr);
	if (desc->flags & ~(uint32_t)KNOWN_FLAGS)
		return -EOPNOTSUPP;
	for (size_t i = 0; i < sizeof(impossible) / sizeof(*impossible); i++) {
		if ((desc->flags & impossible[i].mask) == impossible[i].value)
			return -EOPNOTSUPP;
	}
	return 0;
}

static bool is_value_type(uint32_t type)
{
	return (type & NFT_DATA_RESERVED_MASK) != NFT_DATA_RESERVED_MASK;
}

static int parse_key(struct nft_call *call, struct nft_set_desc *desc)
{
	if (call->attrs[NFTA_SET_KEY_TYPE]) {
		desc->key_type = nft_attr_be32(call->attrs[NFTA_SET_KEY_TYPE]);
		if (!is_value_type(desc->key_type))
			return -EINVAL;
	}
	desc->key_length = nft_attr_be32(call->attrs[NFTA_SET_KEY_LEN]);
	return desc->key_length && desc->key_length <= NFT_DATA_VALUE_MAXLEN ? 0 : -EINVAL;
}

static int parse_data(struct nft_call *call, struct nft_set_desc *desc)
{
	bool is_map = desc->flags & NFT_SET_MAP;

	if (!call->attrs[NFTA_SET_DATA_TYPE])
		return is_map ? -EINVAL : 0;
	if (!is_map)
		return -EINVAL;
	desc->data_type = nft_attr_be32(call->attrs[NFTA_SET_DATA_TYPE]);
	if (desc->data_type == NFT_DATA_VERDICT) {
		desc->data_length = NICEMU_VERDICT_SIZE;
		return 0;
	}
	if (!is_value_type(desc->data_type) || !call->attrs[NFTA_SET_DATA_LEN])
		return -EINVAL;
	desc->data_length = nft_attr_be32(call->attrs[NFTA_SET_DATA_LEN]);
	return desc->data_length && desc->data_length <= NFT_DATA_VALUE_MAXLEN ? 0 : -EINVAL;
}

static int parse_object_type(struct nft_call *call, struct nft_set_desc *desc)
{
	bool is_object_map = desc->flags & NFT_SET_OBJECT;

	if (!call->attrs[NFTA_SET_OBJ_TYPE])
		return is_object_map ? -EINVAL : 0;
	if (!is_object_map)
		return -EINVAL;
	desc->object_type = nft_attr_be32(call->attrs[NFTA_SET_OBJ_TYPE]);
	if (!desc->object_type || desc->object_type > NFT_OBJECT_MAX)
		return -EOPNOTSUPP;
	return 0;
}

/* May the set have an attribute about time? */
static int check_timed(const struct nft_set_desc *desc)
{
	if (!(desc->flags & NFT_SET_TIMEOUT))
		return -EINVAL;
	return desc->flags & NFT_SET_ANONYMOUS ? -EOPNOTSUPP : 0;
}

static int parse_timeouts(struct nft_call *call, struct nft_set_desc *desc)
{
	const struct nlattr *timeout = call->attrs[NFTA_SET_TIMEOUT];
	const struct nlattr *interval = call->attrs[NFTA_SET_GC_INTERVAL];
	int error = timeout || interval ? check_timed(desc) : 0;

	if (error)
		return error;
	if (timeout) {
		desc->timeout_ms = nft_attr_be64(timeout);
		if (desc->timeout_ms >= UINT64_MAX / 1000000)
			return -ERANGE;
		desc->timeout_ms = nft_whole_ticks(desc->timeout_ms);
	}
	if (interval)
		desc->gc_interval = nft_attr_be32(interval);
	return 0;
}

static int parse_field(const struct nlattr *attr, struct nft_set_desc *desc)
{
	const struct nlattr *table[NFTA_SET_FIELD_MAX + 1];
	uint32_t length;
	int error;

	if (desc->num_fields == NICEMU_SET_FIELDS_MAX)
		return -E2BIG;
	error = nft_attrs_parse_nested(table, NFTA_SET_FIELD_MAX, attr, field_policy, NULL, NULL);
	if (error)
		return error;
	if (!table[NFTA_SET_FIELD_LEN])
		return -EINVAL;
	length = nft_attr_be32(table[NFTA_SET_FIELD_LEN]);
	if (!length || length > UINT8_MAX)
		return -EINVAL;
	desc->fields[desc->num_fields++] = (uint8_t)length;
	return 0;
}

static int parse_concatenation(const struct nlattr *nest, struct nft_set_desc *desc)
{
	const struct nlattr *attr;
	uint32_t sum = 0;
	size_t left;
	int error;

	nft_attr_for_each_nested (attr, nest, left) {
		if (nft_attr_type(attr) != NFTA_LIST_ELEM)
			return -EINVAL;
		error = parse_field(attr, desc);
		if (error)
			return error;
	}
	for (unsigned int i = 0; i < desc->num_fields; i++)
		sum += (desc->fields[i] + 3U) & ~3U;
	return sum == desc->key_length ? 0 : -EINVAL;
}

static int parse_description(struct nft_call *call, struct nft_set_desc *desc)
{
	const struct nlattr *nest = call->attrs[NFTA_SET_DESC], *table[NFTA_SET_DESC_MAX + 1];
	bool is_concatenation = desc->flags & NFT_SET_CONCAT;
	int error;

	if (!nest)
		return is_concatenation ? -EINVAL : 0;
	error = nft_attrs_parse_nested(table, NFTA_SET_DESC_MAX, nest, desc_policy,
				       call->nft->env.kernel, NULL);
	if (error)
		return error;
	if (table[NFTA_SET_DESC_SIZE])
		desc->size = nft_attr_be32(table[NFTA_SET_DESC_SIZE]);
	if (table[NFTA_SET_DESC_CONCAT]) {
		error = parse_concatenation(table[NFTA_SET_DESC_CONCAT], desc);
		if (error)
			return error;
	}
	return (desc->num_fields > 1) == is_concatenation ? 0 : -EINVAL;
}

static int parse_policy(struct nft_call *call, struct nft_set_desc *desc)
{
	if (call->attrs[NFTA_SET_POLICY])
		desc->policy = nft_attr_be32(call->attrs[NFTA_SET_POLICY]);
	return desc->policy <= NFT_SET_POL_MEMORY ? 0 : -EOPNOTSUPP;
}

int nft_set_desc_parse(struct nft_call *call, struct nft_set_desc *desc)
{
	int error;

	*desc = (struct nft_set_desc){.key_type = NFT_DATA_VALUE};
	if (!call->attrs[NFTA_SET_TABLE] || !call->attrs[NFTA_SET_NAME] ||
	    !call->attrs[NFTA_SET_KEY_LEN] || !call->attrs[NFTA_SET_ID])
		return -EINVAL;
	error = parse_key(call, desc);
	if (!error)
		error = parse_flags(call, desc);
	if (!error)
		error = parse_data(call, desc);
	if (!error)
		error = parse_object_type(call, desc);
	if (!error)
		error = parse_timeouts(call, desc);
	if (!error)
		error = parse_policy(call, desc);
	if (!error)
		error = parse_description(call, desc);
	desc->has_exprs = call->attrs[NFTA_SET_EXPR] || call->attrs[NFTA_SET_EXPRESSIONS];
	return error;
}

static int parse_expr_list(const struct nlattr *nest, const struct nft_expr_context *context,
			   struct nft_expr *exprs, uint8_t *num)
{
	const struct nlattr *attr;
	size_t left;
	int error;

	nft_attr_for_each_nested (attr, nest, left) {
		if (*num == NICEMU_SET_EXPRS_MAX)
			return -E2BIG;
		if (nft_attr_type(attr) != NFTA_LIST_ELEM)
			return -EINVAL;
		error = nft_expr_parse_stateful(&exprs[(*num)++], attr, context);
		if (error)
			return error;
	}
	return 0;
}

int nft_set_exprs_parse(struct nft_call *call, struct nft_table *table,
			const struct nft_set_desc *desc, struct nft_expr *exprs, uint8_t *num)
{
	struct nft_reference_context references = {.call = call, .table = table};
	struct nft_expr_context context = nft_reference_context(&references);
	int error = 0;

	*num = 0;
	if (call->attrs[NFTA_SET_EXPR])
		error = nft_expr_parse_stateful(&exprs[(*num)++], call->attrs[NFTA_SET_EXPR],
						&context);
	else if (call->attrs[NFTA_SET_EXPRESSIONS] && !(desc->flags & NFT_SET_EXPR))
		error = -EINVAL;
	else if (call->attrs[NFTA_SET_EXPRESSIONS])
		error = parse_expr_list(call->attrs[NFTA_SET_EXPRESSIONS], &context, exprs, num);
	if (error) {
		while (*num)
			nft_expr_clear(&exprs[--*num]);
	}
	return error;
}
