/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The table of expression types, and what is done with lists of expressions.
 */
#include "refusal.h"
#include "type.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const struct nft_expr_type *const single_types[] = {
	&expr_type_payload, &expr_type_cmp,        &expr_type_meta,   &expr_type_immediate,
	&expr_type_bitwise, &expr_type_counter,    &expr_type_lookup, &expr_type_objref,
	&expr_type_fwd,     &expr_type_dup_netdev, &expr_type_dynset,
};

enum {
	NAME_MAX_LENGTH = 42,   /* what is left of a module's name after "nft-expr-255-" */
	RULE_SIZE_LIMIT = 4096, /* the kernel's 12 bits for a rule's expressions */
	KERNEL_HEADER = 8,      /* struct nft_expr: the pointer to its operations */
};

static const struct attr_policy expr_policy[NFTA_EXPR_MAX + 1] = {
	[NFTA_EXPR_NAME] = {.kind = ATTR_STRING, NAME_MAX_LENGTH},
	[NFTA_EXPR_DATA] = {.kind = ATTR_NESTED, 0},
};

static bool type_matches(const struct nft_expr_type *type, const struct nlattr *name,
			 const struct nft_expr_context *context)
{
	uint8_t family = context->family;

	return (!type->families || (family < 16 && type->families >> family & 1)) &&
	       kernel_meets(context->kernel, type->needs) && attr_is_string(name, type->name);
}

static const struct nft_expr_type *find_type(const struct nlattr *name,
					     const struct nft_expr_context *context)
{
	static const struct nft_expr_type *const lists[] = {expr_types_read, expr_types_act,
							    expr_types_track};

	for (size_t i = 0; i < sizeof(single_types) / sizeof(single_types[0]); i++)
		if (type_matches(single_types[i], name, context))
			return single_types[i];
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		for (const struct nft_expr_type *type = lists[i]; type->name; type++)
			if (type_matches(type, name, context))
				return type;
	return NULL;
}

/* What the first pass finds out about an expression. */
struct head {
	const struct nft_expr_type *type;
	const struct nlattr *nest; /* NFTA_EXPR_DATA, or NULL */
	size_t kernel_size;        /* of the kernel's private data */
};

/* The type's attributes. */
static int parse_data(const struct nft_expr_context *context, const struct head *head,
		      const struct nlattr *data[ATTR_TABLE_SIZE])
{
	const struct nft_expr_type *type = head->type;

	if (head->nest)
		return attr_parse_nested(data, type->max_attr, head->nest, type->policy,
					 context->kernel);
	memset(data, 0, ATTR_TABLE_SIZE * sizeof(data[0]));
	return 0;
}

/* nf_tables_expr_parse(): name, policy, variant. data[] are the type's attributes. */
static int parse_head(const struct nft_expr_context *context, const struct nlattr *attr,
		      struct head *head, const struct nlattr *data[ATTR_TABLE_SIZE])
{
	const struct nlattr *tb[ATTR_TABLE_SIZE];
	int error = attr_parse_nested(tb, NFTA_EXPR_MAX, attr, expr_policy, context->kernel);

	*head = (struct head){0};
	if (error)
		return error;
	if (!tb[NFTA_EXPR_NAME])
		return -EINVAL;
	head->type = find_type(tb[NFTA_EXPR_NAME], context);
	if (!head->type)
		return -ENOENT;
	head->nest = tb[NFTA_EXPR_DATA];
	error = parse_data(context, head, data);
	head->kernel_size = head->type->kernel_size;
	if (!error && head->type->select)
		error = head->type->select(context, data, &head->kernel_size);
	return error;
}

/* Keeps the bytes, for types whose dump is what came in. */
static int keep_attributes(struct nft_expr *expr, const struct nlattr *nest)
{
	size_t size = nest ? mnl_attr_get_payload_len(nest) : 0;

	if ((expr->type->dump && !expr->type->keeps_bytes) || size == 0)
		return 0;
	expr->attributes = malloc(size);
	if (!expr->attributes)
		return -ENOMEM;
	memcpy(expr->attributes, mnl_attr_get_payload(nest), size);
	attr_clear_nested_flags(expr->attributes, size);
	expr->size = (uint16_t)size; /* an attribute's length has 16 bits */
	return 0;
}

/* The head is right, data[] are its attributes. */
static int make_one(struct expr_init *init, struct nft_expr *expr, const struct nlattr *attr,
		    const struct head *head, const struct nlattr *const data[])
{
	const struct nft_expr_context *context = init->context;
	int error;

	expr->type = head->type;
	error = keep_attributes(expr, head->nest);
	if (!error)
		error = expr->type->init(init, expr, data);
	if (context->message)
		expr->offset =
			(uint32_t)((const uint8_t *)attr - (const uint8_t *)context->message);
	return error;
}

/*
 * Newer kernels' policy for the list itself, which is checked before anything in it is looked at:
 * each element's name and data. *bad is then the attribute inside the element.
 */
static int check_list(const struct nlattr *list, const struct nlattr **bad)
{
	const struct nlattr *elem, *attr, *tb[ATTR_TABLE_SIZE];
	int error = 0;

	mnl_attr_for_each_nested (elem, list) {
		*bad = elem;
		if (mnl_attr_get_payload_len(elem) == 0)
			continue;
		if (mnl_attr_get_payload_len(elem) < MNL_ATTR_HDRLEN)
			return -ERANGE;
		mnl_attr_for_each_nested (attr, elem) {
			*bad = attr;
			error = attr_parse(tb, NFTA_EXPR_MAX, attr, attr->nla_len, expr_policy,
					   NULL);
			if (error)
				return error;
		}
	}
	*bad = NULL;
	return 0;
}

/* First pass: every head is right, and how many there are. */
static int check_heads(const struct nlattr *list, const struct nft_expr_context *context,
		       struct head heads[NFT_EXPR_MAXEXPRS], size_t *count,
		       const struct nlattr **bad)
{
	const struct nlattr *attr, *data[ATTR_TABLE_SIZE];
	size_t total = 0;
	int error;

	mnl_attr_for_each_nested (attr, list) {
		if (mnl_attr_get_type(attr) != NFTA_LIST_ELEM || *count == NFT_EXPR_MAXEXPRS)
			return -EINVAL;
		error = parse_head(context, attr, &heads[*count], data);
		if (error) {
			*bad = attr;
			refusal_at_parse(context->reason, error, heads[*count].type, attr,
					 context->message);
			return error;
		}
		total += KERNEL_HEADER + (heads[*count].kernel_size + 7) / 8 * 8;
		(*count)++;
	}
	return total >= RULE_SIZE_LIMIT ? -EFBIG : 0;
}

static void undo(struct nft_expr *exprs, size_t count, const struct nft_expr_context *context)
{
	for (size_t i = count; i-- > 0;)
		if (exprs[i].reference_kind != NFT_EXPR_NO_REFERENCE && context->release)
			context->release(context->lookup_context, exprs[i].reference_kind,
					 exprs[i].reference);
	nft_exprs_free(exprs, count);
}

int nft_exprs_parse(struct nft_expr **exprs, size_t *num_exprs, const struct nlattr *list,
		    const struct nft_expr_context *context, const struct nlattr **bad, int *failed)
{
	struct expr_init init = {.context = context};
	struct head heads[NFT_EXPR_MAXEXPRS];
	const struct nlattr *attr, *data[ATTR_TABLE_SIZE];
	struct nft_expr *array;
	size_t count = 0, done = 0;
	int error = 0, ignored;

	failed = failed ? failed : &ignored;
	*exprs = NULL;
	*num_exprs = 0;
	*bad = NULL;
	*failed = -1;
	if (!list)
		return 0;
	if (context->kernel->expression_list_policy)
		error = check_list(list, bad);
	if (error) {
		refusal_at_parse(context->reason, error, NULL, *bad, context->message);
		if (!context->kernel->batch_policy_extack)
			*bad = NULL;
		return error;
	}
	error = check_heads(list, context, heads, &count, bad);
	if (error && *bad) {
		*failed = (int)count;
		if (context->reason)
			context->reason->expression = *failed;
	} else if (error) {
		refusal_of_list(context->reason, error);
	}
	if (error || count == 0)
		return error;
	array = calloc(count, sizeof(*array));
	if (!array)
		return -ENOMEM;
	mnl_attr_for_each_nested (attr, list) {
		error = parse_data(context, &heads[done], data);
		if (!error)
			error = make_one(&init, &array[done], attr, &heads[done], data);
		done++;
		if (error)
			break;
	}
	if (error) {
		*bad = attr;
		*failed = (int)done - 1;
		refusal_at_parse(context->reason, error, array[done - 1].type, attr,
				 context->message);
		if (context->reason)
			context->reason->expression = *failed;
		undo(array, count, context);
		return error;
	}
	*exprs = array;
	*num_exprs = count;
	return 0;
}

int nft_expr_parse_stateful(struct nft_expr *expr, const struct nlattr *attr,
			    const struct nft_expr_context *context)
{
	struct expr_init init = {.context = context};
	const struct nlattr *data[ATTR_TABLE_SIZE];
	struct head head;
	int error;

	memset(expr, 0, sizeof(*expr));
	error = parse_head(context, attr, &head, data);
	expr->type = head.type;
	if (!error && !head.type->stateful)
		error = -EOPNOTSUPP;
	return error ? error : make_one(&init, expr, attr, &head, data);
}

int nft_expr_set_name(struct nft_expr *expr, const char *name)
{
	char *copy = strdup(name);

	if (!copy)
		return -ENOMEM;
	free(expr->name);
	expr->name = copy;
	return 0;
}

void nft_expr_clear(struct nft_expr *expr)
{
	free(expr->attributes);
	free(expr->name);
	memset(expr, 0, sizeof(*expr));
}

void nft_exprs_free(struct nft_expr *exprs, size_t num_exprs)
{
	for (size_t i = 0; exprs && i < num_exprs; i++)
		nft_expr_clear(&exprs[i]);
	free(exprs);
}

int nft_expr_copy(struct nft_expr *copy, const struct nft_expr *expr)
{
	*copy = *expr;
	copy->attributes = expr->size ? malloc(expr->size) : NULL;
	copy->name = expr->name ? strdup(expr->name) : NULL;
	if ((expr->size && !copy->attributes) || (expr->name && !copy->name)) {
		nft_expr_clear(copy);
		return -ENOMEM;
	}
	if (expr->size)
		memcpy(copy->attributes, expr->attributes, expr->size);
	return 0;
}

bool nft_expr_dump(struct nlmsghdr *nlh, size_t size, const struct nft_expr *expr)
{
	struct attr_writer writer = {.nlh = nlh, .size = size};
	uint32_t before = nlh->nlmsg_len;
	struct nlattr *data;

	attr_put_string(&writer, NFTA_EXPR_NAME, expr->type->name);
	if (expr->type->dump) {
		data = attr_nest_start(&writer, NFTA_EXPR_DATA);
		expr->type->dump(&writer, expr);
		attr_nest_end(&writer, data);
	} else if (expr->type->max_attr > 0) {
		attr_put(&writer, NFTA_EXPR_DATA, expr->attributes, expr->size);
	}
	if (writer.failed)
		nlh->nlmsg_len = before;
	return !writer.failed;
}

const char *nft_expr_name(const struct nft_expr *expr)
{
	return expr->type->name;
}

bool nft_expr_is_counter(const struct nft_expr *expr)
{
	return expr->type == &expr_type_counter;
}

bool nft_expr_updates_set(const struct nft_expr *expr)
{
	return expr->type == &expr_type_dynset;
}

void nft_expr_reset(struct nft_expr *expr)
{
	if (expr->type->reset)
		expr->type->reset(expr);
}

int validate_hooks(uint32_t hooknum, uint32_t hooks)
{
	return hooknum < 32 && hooks >> hooknum & 1 ? 0 : -EOPNOTSUPP;
}

int nft_expr_validate(const struct nft_expr *expr, const struct kernel_behavior *kernel,
		      uint8_t family, const char *type, uint32_t hooknum)
{
	return expr->type->validate ? expr->type->validate(expr, kernel, family, type, hooknum) : 0;
}
