/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rules: NEWRULE DELRULE DESTROYRULE (GETRULE: rule_dump.c). */
#include "internal.h"

#include <errno.h>
#include <stdlib.h>

static const struct nft_policy expr_policy[NFTA_EXPR_MAX + 1] = {
	[NFTA_EXPR_NAME] = {.kind = NFT_ATTR_STRING, .length = NICEMU_TYPE_NAME_MAX},
	[NFTA_EXPR_DATA] = {.kind = NFT_ATTR_NESTED},
};

static const struct nft_policy policy[NFTA_RULE_MAX + 1] = {
	[NFTA_RULE_TABLE] = {.kind = NFT_ATTR_STRING, .length = NFT_TABLE_MAXNAMELEN - 1},
	[NFTA_RULE_CHAIN] = {.kind = NFT_ATTR_STRING, .length = NFT_CHAIN_MAXNAMELEN - 1},
	[NFTA_RULE_HANDLE] = {.kind = NFT_ATTR_U64},
	[NFTA_RULE_EXPRESSIONS] = {.kind = NFT_ATTR_ARRAY,
				   .nested = expr_policy,
				   .nested_max = NFTA_EXPR_MAX,
				   .needs = KERNEL_NEEDS(expression_list_policy)},
	[NFTA_RULE_COMPAT] = {.kind = NFT_ATTR_NESTED},
	[NFTA_RULE_POSITION] = {.kind = NFT_ATTR_U64},
	[NFTA_RULE_USERDATA] = {.kind = NFT_ATTR_BINARY, .length = NICEMU_USERDATA_MAX},
	[NFTA_RULE_ID] = {.kind = NFT_ATTR_U32},
	[NFTA_RULE_POSITION_ID] = {.kind = NFT_ATTR_U32},
	[NFTA_RULE_CHAIN_ID] = {.kind = NFT_ATTR_U32},
};

/* ---- NEWRULE ---- */

static int find_chain(struct nft_call *call, struct nft_table *table, struct nft_chain **chain)
{
	const struct nlattr *name = call->attrs[NFTA_RULE_CHAIN];
	const struct nlattr *id = call->attrs[NFTA_RULE_CHAIN_ID];
	int error = -EINVAL;

	*chain = NULL;
	if (name) {
		*chain = nft_chain_find(table, name, &error);
	} else if (id) {
		*chain = nft_chain_find_id(call->nft, table, id);
		error = -ENOENT;
	}
	if (!*chain)
		return nft_bad(call, name ? name : id, error);
	call->chain = *chain;
	return (*chain)->flags & NFT_CHAIN_BINDING && (*chain)->bound ? -EOPNOTSUPP : 0;
}

static struct nft_rule *find_rule_by_id(struct nft_call *call, struct nft_chain *chain,
					const struct nlattr *id)
{
	return nft_id_find(call->nft, NFT_ID_RULE, chain, nft_attr_be32(id));
}

/* The rule that is replaced, or next to which the new one goes; NULL: an end of the chain. */
static int find_place(struct nft_call *call, struct nft_chain *chain, struct nft_rule **place,
		      uint64_t *handle)
{
	const struct nlattr *const *attrs = call->attrs;
	const struct nlattr *attr = attrs[NFTA_RULE_HANDLE];

	*place = NULL;
	if (attr) {
		*handle = nft_attr_be64(attr);
		*place = nft_rule_find_handle(chain, *handle);
		if (!*place)
			return nft_bad(call, attr, -ENOENT);
		if (call->flags & NLM_F_EXCL)
			return nft_bad(call, attr, -EEXIST);
		return call->flags & NLM_F_REPLACE ? 0 : -EOPNOTSUPP;
	}
	if (!(call->flags & NLM_F_CREATE) || call->flags & NLM_F_REPLACE)
		return -EINVAL;
	*handle = nft_handle_alloc(chain->table);
	if (attrs[NFTA_RULE_POSITION]) {
		attr = attrs[NFTA_RULE_POSITION];
		*place = nft_rule_find_handle(chain, nft_attr_be64(attr));
	} else if (attrs[NFTA_RULE_POSITION_ID]) {
		attr = attrs[NFTA_RULE_POSITION_ID];
		*place = find_rule_by_id(call, chain, attr);
	}
	return attr && !*place ? nft_bad(call, attr, -ENOENT) : 0;
}

/* Expressions, checked as their own init functions do. References are counted on success. */
static int parse_expressions(struct nft_call *call, struct nft_chain *chain, struct nft_rule *rule)
{
	struct nft_reference_context references = {
		.call = call,
		.table = chain->table,
		.chain = chain,
	};
	struct nft_expr_context context = nft_reference_context(&references);
	const struct nlattr *bad = NULL;
	int error;

	error = nft_exprs_parse(&rule->exprs, &rule->num_exprs, call->attrs[NFTA_RULE_EXPRESSIONS],
				&context, &bad, NULL);
	if (error)
		return nft_bad(call, bad, error);
	for (size_t i = 0; i < rule->num_exprs; i++) {
		if (nft_expr_updates_set(&rule->exprs[i]))
			nft_set_limit(rule->exprs[i].reference);
	}
	if (rule->num_exprs)
		chain->table->validate_state = chain->table->validate_state == NFT_VALIDATE_DO
						       ? NFT_VALIDATE_DO
						       : NFT_VALIDATE_NEED;
	return 0;
}

static int check_jumps(struct nft_call *call, const struct nft_rule *rule)
{
	size_t failed = 0;
	int error;

	if (call->nft->env.kernel->jumps_checked_in_tables)
		return 0;
	error = nft_jumps_validate(call->nft, rule, &failed);
	if (!error)
		return 0;
	return nft_bad(
		call,
		(const struct nlattr *)((const uint8_t *)call->nlh + rule->exprs[failed].offset),
		error);
}

/* Check mode keeps a rule that has no translation, and remembers why. */
static int translate(struct nft_call *call, struct nft_rule *rule)
{
	int error = nft_offload_translate(call, rule);

	if (!error || !call->nft->check)
		return error;
	rule->refused = true;
	call->translation = error;
	return 0;
}

static int make_rule(struct nft_call *call, struct nft_chain *chain, uint64_t handle,
		     struct nft_rule **result)
{
	const struct nlattr *userdata = call->attrs[NFTA_RULE_USERDATA];
	struct nft_rule *rule = calloc(1, sizeof(*rule));
	int error = -ENOMEM;

	if (!rule)
		return -ENOMEM;
	rule->chain = chain;
	rule->handle = handle;
	rule->cookie = ++call->nft->cookie;
	if (userdata && nft_attr_size(userdata)) {
		rule->userdata = nft_attr_memdup(userdata);
		rule->userdata_size = (uint16_t)nft_attr_size(userdata);
		if (!rule->userdata)
			goto out;
	}
	error = parse_expressions(call, chain, rule);
	if (error)
		goto out;
	error = check_jumps(call, rule);
	if (!error && nft_chain_is_offload(chain))
		error = translate(call, rule);
	if (error)
		nft_references_undo(call->nft, rule);
out:
	if (error)
		nft_rule_free(rule);
	else
		*result = rule;
	return error;
}

static void link_rule(struct nft_call *call, struct nft_rule *rule, struct nft_rule *place)
{
	struct nft_chain *chain = rule->chain;

	if (call->flags & NLM_F_REPLACE)
		DL_PREPEND_ELEM(chain->rules, place, rule);
	else if (call->flags & NLM_F_APPEND && place)
		DL_APPEND_ELEM(chain->rules, place, rule);
	else if (call->flags & NLM_F_APPEND)
		DL_APPEND(chain->rules, rule);
	else if (place)
		DL_PREPEND_ELEM(chain->rules, place, rule);
	else
		DL_PREPEND(chain->rules, rule);
	nft_rule_hash(rule);
}

/* The transaction takes the rule over. */
static int register_rule(struct nft_call *call, struct nft_rule *rule, struct nft_rule *place)
{
	const struct nlattr *id = call->attrs[NFTA_RULE_ID];
	struct nft_chain *chain = rule->chain;
	struct nft_trans_rule *t;
	int error;

	if (call->flags & NLM_F_REPLACE) {
		if (chain->flags & NFT_CHAIN_BINDING)
			return -EOPNOTSUPP;
		error = nft_rule_delete(call, chain, place);
		if (error)
			return error;
		nft_rule_unhash(place);
	}
	if (id && nft_id_add(call->nft, NFT_ID_RULE, chain, nft_attr_be32(id), rule, false))
		return -ENOMEM;
	t = nft_trans_add(call, &nft_trans_newrule, chain->table);
	if (!t) {
		nft_id_forget(call->nft, rule);
		return -ENOMEM;
	}
	t->chain = chain;
	t->rule = rule;
	chain->use++;
	link_rule(call, rule, place);
	return 0;
}

static int handle_newrule(struct nft_call *call)
{
	const struct nlattr *name = call->attrs[NFTA_RULE_TABLE];
	struct nft_rule *rule, *place;
	struct nft_table *table;
	struct nft_chain *chain;
	uint64_t handle;
	int error;

	table = nft_table_find(call->nft, name, call->family, call->portid, &error);
	if (!table)
		return nft_bad(call, name, error);
	call->table = table;
	error = find_chain(call, table, &chain);
	if (!error)
		error = find_place(call, chain, &place, &handle);
	if (!error)
		error = make_rule(call, chain, handle, &rule);
	if (error)
		return error;
	error = register_rule(call, rule, place);
	if (error) {
		nft_references_undo(call->nft, rule);
		nft_rule_free(rule);
		return error;
	}
	return table->validate_state == NFT_VALIDATE_DO ? nft_rule_validate(call->nft, table, rule)
							: 0;
}

/* ---- DELRULE ---- */

static int delete_all(struct nft_call *call, struct nft_table *table)
{
	struct nft_chain *chain;
	int error = 0;

	DL_FOREACH (table->chains, chain) {
		if (chain->dead || chain->flags & NFT_CHAIN_BINDING)
			continue;
		error = nft_rules_delete(call, chain);
		if (error)
			break;
	}
	return error;
}

static int delete_one(struct nft_call *call, struct nft_chain *chain)
{
	const struct nlattr *handle = call->attrs[NFTA_RULE_HANDLE];
	const struct nlattr *id = call->attrs[NFTA_RULE_ID];
	struct nft_rule *rule;

	if (handle) {
		rule = nft_rule_find_handle(chain, nft_attr_be64(handle));
		if (!rule && call->message == NICEMU_MSG_DESTROYRULE)
			return 0;
	} else {
		rule = find_rule_by_id(call, chain, id);
	}
	if (!rule)
		return nft_bad(call, handle ? handle : id, -ENOENT);
	return nft_rule_delete(call, chain, rule);
}

static int handle_delrule(struct nft_call *call)
{
	const struct nlattr *const *attrs = call->attrs;
	const struct nlattr *name = attrs[NFTA_RULE_TABLE];
	struct nft_table *table;
	struct nft_chain *chain;
	int error;

	table = nft_table_find(call->nft, name, call->family, call->portid, &error);
	if (!table)
		return nft_bad(call, name, error);
	call->table = table;
	if (!attrs[NFTA_RULE_CHAIN])
		return delete_all(call, table);
	chain = nft_chain_find(table, attrs[NFTA_RULE_CHAIN], &error);
	if (!chain && error == -ENOENT && call->message == NICEMU_MSG_DESTROYRULE)
		return 0;
	if (!chain)
		return nft_bad(call, attrs[NFTA_RULE_CHAIN], error);
	call->chain = chain;
	if (chain->flags & NFT_CHAIN_BINDING)
		return -EOPNOTSUPP;
	if (attrs[NFTA_RULE_HANDLE] || attrs[NFTA_RULE_ID])
		return delete_one(call, chain);
	return nft_rules_delete(call, chain);
}

static const struct nft_message_type types[] = {
	{NFT_MSG_NEWRULE, true, NFTA_RULE_MAX, policy, handle_newrule},
	{NFT_MSG_GETRULE, false, NFTA_RULE_MAX, policy, nft_handle_getrule},
	{NFT_MSG_DELRULE, true, NFTA_RULE_MAX, policy, handle_delrule},
	{NICEMU_MSG_GETRULE_RESET, false, NFTA_RULE_MAX, policy, nft_handle_getrule},
	{NICEMU_MSG_DESTROYRULE, true, NFTA_RULE_MAX, policy, handle_delrule},
};

const struct nft_message_group nft_rule_messages = {types, sizeof(types) / sizeof(*types)};
