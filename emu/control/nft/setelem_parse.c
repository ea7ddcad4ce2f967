/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What NEWSETELEM, DELSETELEM and GETSETELEM say of one element, checked in the kernel's order. */
#include "set.h"

#include <errno.h>
#include <stdlib.h>

static const struct nft_policy elem_policy[NFTA_SET_ELEM_MAX + 1] = {
	[NFTA_SET_ELEM_KEY] = {.kind = NFT_ATTR_NESTED},
	[NFTA_SET_ELEM_DATA] = {.kind = NFT_ATTR_NESTED},
	[NFTA_SET_ELEM_FLAGS] = {.kind = NFT_ATTR_MASK32,
				 .length = 3,
				 .needs = KERNEL_NEEDS(reserved_flags_refused)},
	[NFTA_SET_ELEM_TIMEOUT] = {.kind = NFT_ATTR_U64},
	[NFTA_SET_ELEM_EXPIRATION] = {.kind = NFT_ATTR_U64},
	[NFTA_SET_ELEM_USERDATA] = {.kind = NFT_ATTR_BINARY, .length = NICEMU_USERDATA_MAX},
	[NFTA_SET_ELEM_EXPR] = {.kind = NFT_ATTR_NESTED},
	[NFTA_SET_ELEM_OBJREF] = {.kind = NFT_ATTR_STRING, .length = NFT_OBJ_MAXNAMELEN - 1},
	[NFTA_SET_ELEM_KEY_END] = {.kind = NFT_ATTR_NESTED},
	[NFTA_SET_ELEM_EXPRESSIONS] = {.kind = NFT_ATTR_ARRAY,
				       .nested = nft_set_expr_policy,
				       .nested_max = NFTA_EXPR_MAX,
				       .needs = KERNEL_NEEDS(expression_list_policy),
				       .since = KERNEL_NEEDS(expression_lists)},
};

const struct nft_policy nft_setelem_list_policy[NFTA_SET_ELEM_LIST_MAX + 1] = {
	[NFTA_SET_ELEM_LIST_TABLE] = {.kind = NFT_ATTR_STRING, .length = NFT_TABLE_MAXNAMELEN - 1},
	[NFTA_SET_ELEM_LIST_SET] = {.kind = NFT_ATTR_STRING, .length = NFT_SET_MAXNAMELEN - 1},
	[NFTA_SET_ELEM_LIST_ELEMENTS] = {.kind = NFT_ATTR_ARRAY,
					 .nested = elem_policy,
					 .nested_max = NFTA_SET_ELEM_MAX,
					 .needs = KERNEL_NEEDS(expression_list_policy)},
	[NFTA_SET_ELEM_LIST_SET_ID] = {.kind = NFT_ATTR_U32},
};

static const struct nft_policy data_policy[NFTA_DATA_MAX + 1] = {
	[NFTA_DATA_VALUE] = {.kind = NFT_ATTR_BINARY},
	[NFTA_DATA_VERDICT] = {.kind = NFT_ATTR_NESTED},
};

static const struct nft_policy verdict_policy[NFTA_VERDICT_MAX + 1] = {
	[NFTA_VERDICT_CODE] = {.kind = NFT_ATTR_U32},
	[NFTA_VERDICT_CHAIN] = {.kind = NFT_ATTR_STRING, .length = NFT_CHAIN_MAXNAMELEN - 1},
	[NFTA_VERDICT_CHAIN_ID] = {.kind = NFT_ATTR_U32},
};

/* ---- values ---- */

/* A value of exactly length bytes. */
static int parse_value(const struct nlattr *nest, uint8_t *value, uint32_t length)
{
	const struct nlattr *table[NFTA_DATA_MAX + 1], *attr;
	int error;

	error = nft_attrs_parse_nested(table, NFTA_DATA_MAX, nest, data_policy, NULL, NULL);
	if (error)
		return error;
	attr = table[NFTA_DATA_VALUE];
	if (!attr || !nft_attr_size(attr))
		return -EINVAL;
	if (nft_attr_size(attr) > NFT_DATA_VALUE_MAXLEN)
		return -EOVERFLOW;
	if (nft_attr_size(attr) != length)
		return -EINVAL;
	memcpy(value, nft_attr_data(attr), length);
	return 0;
}

static int parse_jump(struct nft_call *call, struct nft_set *set, const struct nlattr *const *table,
		      struct nft_setelem *elem)
{
	const struct nlattr *attr = table[NFTA_VERDICT_CHAIN];

	if (!attr)
		attr = table[NFTA_VERDICT_CHAIN_ID];
	return attr ? nft_chain_use(call->nft, set->table, NULL, attr, &elem->chain) : -EINVAL;
}

static int parse_verdict(struct nft_call *call, struct nft_set *set, const struct nlattr *nest,
			 struct nft_setelem *elem)
{
	const struct nlattr *table[NFTA_DATA_MAX + 1], *parts[NFTA_VERDICT_MAX + 1];
	int error;

	error = nft_attrs_parse_nested(table, NFTA_DATA_MAX, nest, data_policy, NULL, NULL);
	if (error)
		return error;
	if (table[NFTA_DATA_VALUE] || !table[NFTA_DATA_VERDICT])
		return -EINVAL;
	error = nft_attrs_parse_nested(parts, NFTA_VERDICT_MAX, table[NFTA_DATA_VERDICT],
				       verdict_policy, NULL, NULL);
	if (error)
		return error;
	if (!parts[NFTA_VERDICT_CODE])
		return -EINVAL;
	elem->verdict = (int32_t)nft_attr_be32(parts[NFTA_VERDICT_CODE]);
	switch (elem->verdict) {
	case NF_ACCEPT:
	case NF_DROP:
	case NFT_CONTINUE:
	case NFT_BREAK:
	case NFT_RETURN: return 0;
	case NFT_JUMP:
	case NFT_GOTO: return parse_jump(call, set, parts, elem);
	default: return -EINVAL;
	}
}

/* ---- checks before anything is made ---- */

static int parse_flags(const struct nft_set *set, const struct nlattr *attr, uint32_t *flags)
{
	*flags = attr ? nft_attr_be32(attr) : 0;
	if (*flags & ~(uint32_t)(NFT_SET_ELEM_INTERVAL_END | NFT_SET_ELEM_CATCHALL))
		return -EOPNOTSUPP;
	if (*flags & NFT_SET_ELEM_INTERVAL_END &&
	    (!(set->desc.flags & NFT_SET_INTERVAL) || *flags & NFT_SET_ELEM_CATCHALL))
		return -EINVAL;
	return 0;
}

/* A range has its end in the key's own attribute only where keys are concatenations. */
static bool key_end_is_valid(const struct nft_set *set, const struct nlattr *const *attrs,
			     uint32_t flags)
{
	uint32_t ranges = NFT_SET_CONCAT | NFT_SET_INTERVAL;

	if ((set->desc.flags & ranges) != ranges)
		return !attrs[NFTA_SET_ELEM_KEY_END];
	if (flags & NFT_SET_ELEM_INTERVAL_END)
		return false;
	return !(attrs[NFTA_SET_ELEM_KEY_END] && flags & NFT_SET_ELEM_CATCHALL);
}

/* The end of an interval is a key and nothing else. */
static bool end_is_bare(const struct nlattr *const *attrs)
{
	static const uint16_t others[] = {
		NFTA_SET_ELEM_DATA,       NFTA_SET_ELEM_OBJREF,      NFTA_SET_ELEM_TIMEOUT,
		NFTA_SET_ELEM_EXPIRATION, NFTA_SET_ELEM_USERDATA,    NFTA_SET_ELEM_EXPR,
		NFTA_SET_ELEM_KEY_END,    NFTA_SET_ELEM_EXPRESSIONS,
	};

	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++) {
		if (attrs[others[i]])
			return false;
	}
	return true;
}

/* An attribute that sets of this kind must have (interval ends apart), and others must not. */
static bool fits_kind(const struct nft_set *set, uint32_t kind, const struct nlattr *attr,
		      uint32_t flags)
{
	if (!(set->desc.flags & kind))
		return !attr;
	return attr || flags & NFT_SET_ELEM_INTERVAL_END;
}

/* What would have to expire is refused: nothing here lets time pass. */
static int check_timeout(struct nft_call *call, const struct nft_set *set,
			 const struct nlattr *const *attrs, uint32_t flags)
{
	const struct nlattr *timeout = attrs[NFTA_SET_ELEM_TIMEOUT];
	const struct nlattr *expiration = attrs[NFTA_SET_ELEM_EXPIRATION];
	bool inherits = set->desc.timeout_ms && !(flags & NFT_SET_ELEM_INTERVAL_END);

	if (!timeout && !expiration && !inherits)
		return 0;
	if (!(set->desc.flags & NFT_SET_TIMEOUT))
		return -EINVAL;
	if (timeout && nft_attr_be64(timeout) >= UINT64_MAX / 1000000)
		return -ERANGE;
	nft_unsupported(call, "element-timeout",
			"elements with a timeout are not there yet: they would have to expire");
	reason_hint(&call->reason, "leave out the timeout of the %s", timeout ? "element" : "set");
	return -EOPNOTSUPP;
}

static int check_attrs(struct nft_call *call, const struct nft_set *set,
		       const struct nlattr *const *attrs, uint32_t flags)
{
	bool is_catchall = flags & NFT_SET_ELEM_CATCHALL;

	if (is_catchall == (attrs[NFTA_SET_ELEM_KEY] != NULL) ||
	    !fits_kind(set, NFT_SET_MAP, attrs[NFTA_SET_ELEM_DATA], flags) ||
	    !fits_kind(set, NFT_SET_OBJECT, attrs[NFTA_SET_ELEM_OBJREF], flags) ||
	    !key_end_is_valid(set, attrs, flags) ||
	    (flags & NFT_SET_ELEM_INTERVAL_END && !end_is_bare(attrs)))
		return -EINVAL;
	return check_timeout(call, set, attrs, flags);
}

/* ---- expressions ---- */

static int parse_one_expr(struct nft_set *set, const struct nlattr *attr,
			  const struct nft_expr_context *context, struct nft_setelem *elem)
{
	struct nft_expr *expr = &elem->exprs[elem->num_exprs++];
	int error = nft_expr_parse_stateful(expr, attr, context);

	if (error)
		return error;
	if (set->num_exprs && set->exprs[elem->num_exprs - 1].type != expr->type)
		return -EOPNOTSUPP;
	return 0;
}

static int parse_expr_list(struct nft_set *set, const struct nlattr *nest,
			   const struct nft_expr_context *context, struct nft_setelem *elem)
{
	const struct nlattr *attr;
	size_t left;
	int error;

	nft_attr_for_each_nested (attr, nest, left) {
		if (elem->num_exprs == NICEMU_SET_EXPRS_MAX ||
		    (set->num_exprs && set->num_exprs == elem->num_exprs))
			return -E2BIG;
		if (nft_attr_type(attr) != NFTA_LIST_ELEM)
			return -EINVAL;
		error = parse_one_expr(set, attr, context, elem);
		if (error)
			return error;
	}
	return set->num_exprs && set->num_exprs != elem->num_exprs ? -EOPNOTSUPP : 0;
}

static int clone_exprs(const struct nft_set *set, struct nft_setelem *elem)
{
	for (unsigned int i = 0; i < set->num_exprs; i++) {
		int error = nft_expr_copy(&elem->exprs[i], &set->exprs[i]);

		if (error)
			return error;
		elem->num_exprs++;
	}
	return 0;
}

static int parse_exprs(struct nft_call *call, struct nft_set *set,
		       const struct nlattr *const *attrs, struct nft_setelem *elem)
{
	struct nft_reference_context references = {.call = call, .table = set->table};
	struct nft_expr_context context = nft_reference_context(&references);
	const struct nlattr *one = attrs[NFTA_SET_ELEM_EXPR];
	const struct nlattr *list = attrs[NFTA_SET_ELEM_EXPRESSIONS];

	if (!one && !list && (!set->num_exprs || nft_setelem_is_end(elem)))
		return 0;
	if (one && set->num_exprs > 1)
		return -EOPNOTSUPP;
	elem->exprs = calloc(NICEMU_SET_EXPRS_MAX, sizeof(*elem->exprs));
	if (!elem->exprs)
		return -ENOMEM;
	if (one)
		return parse_one_expr(set, one, &context, elem);
	return list ? parse_expr_list(set, list, &context, elem) : clone_exprs(set, elem);
}

/* ---- elements ---- */

void nft_setelem_hold(struct nft_setelem *elem)
{
	if (elem->object)
		nft_object_use(elem->object, 1);
	if (elem->chain)
		elem->chain->use++;
}

void nft_setelem_release(struct nft_setelem *elem)
{
	if (elem->object)
		nft_object_use(elem->object, -1);
	if (elem->chain)
		nft_chain_unuse(elem->chain);
}

void nft_setelem_free(struct nft_setelem *elem)
{
	if (!elem)
		return;
	nft_exprs_free(elem->exprs, elem->num_exprs);
	free(elem->userdata);
	free(elem);
}

static int parse_keys(const struct nft_set *set, const struct nlattr *const *attrs,
		      struct nft_setelem *elem)
{
	uint32_t length = set->desc.key_length;
	int error = 0;

	if (attrs[NFTA_SET_ELEM_KEY])
		error = parse_value(attrs[NFTA_SET_ELEM_KEY], elem->bytes, length);
	if (error || !attrs[NFTA_SET_ELEM_KEY_END])
		return error;
	elem->has_key_end = true;
	return parse_value(attrs[NFTA_SET_ELEM_KEY_END], elem->bytes + length, length);
}

static int parse_data(struct nft_call *call, struct nft_set *set, const struct nlattr *const *attrs,
		      struct nft_setelem *elem)
{
	const struct nlattr *attr = attrs[NFTA_SET_ELEM_OBJREF];
	int error;

	if (attr) {
		error = nft_object_attach(call, set->table, attr, set->desc.object_type,
					  &elem->object);
		if (error)
			return error;
	}
	attr = attrs[NFTA_SET_ELEM_DATA];
	if (!attr)
		return 0;
	elem->has_data = true;
	if (set->desc.data_type == NFT_DATA_VERDICT)
		return parse_verdict(call, set, attr, elem);
	return parse_value(attr, nft_setelem_data(set, elem), set->desc.data_length);
}

/* A kernel keeps the size in 8 bits: 256 bytes are none. */
static int parse_userdata(const struct nlattr *attr, struct nft_setelem *elem)
{
	uint8_t size = attr ? (uint8_t)nft_attr_size(attr) : 0;

	if (!size)
		return 0;
	elem->userdata = nft_attr_memdup(attr);
	elem->userdata_size = size;
	return elem->userdata ? 0 : -ENOMEM;
}

int nft_setelem_parse(struct nft_call *call, struct nft_set *set, const struct nlattr *attr,
		      struct nft_setelem **result)
{
	const struct nlattr *attrs[NFTA_SET_ELEM_MAX + 1];
	struct nft_setelem *elem;
	uint32_t flags;
	int error;

	error = nft_attrs_parse_nested(attrs, NFTA_SET_ELEM_MAX, attr, elem_policy,
				       call->nft->env.kernel, NULL);
	if (!error)
		error = parse_flags(set, attrs[NFTA_SET_ELEM_FLAGS], &flags);
	if (!error)
		error = check_attrs(call, set, attrs, flags);
	if (error)
		return error;
	elem = calloc(1, sizeof(*elem) + 2 * (size_t)set->desc.key_length + set->desc.data_length);
	if (!elem)
		return -ENOMEM;
	elem->flags = flags;
	error = parse_exprs(call, set, attrs, elem);
	if (!error)
		error = parse_keys(set, attrs, elem);
	if (!error)
		error = parse_data(call, set, attrs, elem);
	if (!error)
		error = parse_userdata(attrs[NFTA_SET_ELEM_USERDATA], elem);
	if (error) {
		nft_setelem_release(elem);
		nft_setelem_free(elem);
		return error;
	}
	*result = elem;
	return 0;
}

int nft_setelem_key_parse(struct nft_call *call, const struct nft_set *set,
			  const struct nlattr *attr, bool check_end, struct nft_setelem_key *key)
{
	const struct nlattr *attrs[NFTA_SET_ELEM_MAX + 1];
	int error;

	error = nft_attrs_parse_nested(attrs, NFTA_SET_ELEM_MAX, attr, elem_policy,
				       call->nft->env.kernel, NULL);
	if (!error)
		error = parse_flags(set, attrs[NFTA_SET_ELEM_FLAGS], &key->flags);
	if (error)
		return error;
	if ((!attrs[NFTA_SET_ELEM_KEY] && !(key->flags & NFT_SET_ELEM_CATCHALL)) ||
	    (check_end && !key_end_is_valid(set, attrs, key->flags)))
		return -EINVAL;
	if (attrs[NFTA_SET_ELEM_KEY])
		error = parse_value(attrs[NFTA_SET_ELEM_KEY], key->key, set->desc.key_length);
	if (!error && attrs[NFTA_SET_ELEM_KEY_END])
		error = parse_value(attrs[NFTA_SET_ELEM_KEY_END], key->key_end,
				    set->desc.key_length);
	return error;
}
