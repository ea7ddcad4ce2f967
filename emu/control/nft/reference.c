/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What rules refer to: sets, objects, chains, and how long these live.
 *
 * A chain with NFT_CHAIN_BINDING (`jump { … }`) belongs to the one rule that jumps to it: it is
 * deleted, restored and freed with that rule, its own rules and what they refer to included.
 */
#include "internal.h"

#include <errno.h>

/* ---- chains ---- */

int nft_chain_use(struct nft *nft, struct nft_table *table, struct nft_chain *user,
		  const struct nlattr *attr, struct nft_chain **result)
{
	struct nft_chain *chain;
	int error = -ENOENT;

	if (nft_attr_type(attr) == NFTA_VERDICT_CHAIN)
		chain = nft_chain_find(table, attr, &error);
	else
		chain = nft_chain_find_id(nft, table, attr);
	if (!chain)
		return error;
	if (nft_chain_is_base(chain))
		return -EOPNOTSUPP;
	if (chain->flags & NFT_CHAIN_BINDING) {
		if (chain->bound || !user)
			return -EINVAL;
		if (user->flags & NFT_CHAIN_BINDING)
			return -EOPNOTSUPP;
		chain->bound = true;
		chain->use++;
	}
	chain->use++;
	*result = chain;
	return 0;
}

void nft_chain_unuse(struct nft_chain *chain)
{
	if (chain->flags & NFT_CHAIN_BINDING && chain->bound) {
		chain->bound = false;
		chain->use--;
	}
	chain->use--;
}

static bool is_bound(const struct nft_chain *chain)
{
	return chain->flags & NFT_CHAIN_BINDING;
}

static void prepare_chain(struct nft *nft, struct nft_table *table, struct nft_chain *chain)
{
	struct nft_rule *rule;

	if (is_bound(chain)) {
		DL_FOREACH (chain->rules, rule)
			nft_references_prepare(nft, table, rule);
		chain->dead = true;
		nft_chain_unhash(chain);
	}
	chain->use--;
}

static void restore_chain(struct nft *nft, struct nft_table *table, struct nft_chain *chain)
{
	struct nft_rule *rule;

	chain->use++;
	if (!is_bound(chain))
		return;
	chain->dead = false;
	nft_chain_rehash(chain);
	DL_FOREACH (chain->rules, rule)
		nft_references_restore(nft, table, rule);
}

/* The chain leaves its table; its memory stays until its rule is freed. */
static void take_off_table(struct nft_table *table, struct nft_chain *chain)
{
	nft_chain_unlink(chain);
	chain->bound = false;
	chain->owned = true;
	table->use--;
}

static void commit_chain(struct nft *nft, const struct nft_trans *trans, struct nft_chain *chain)
{
	struct nft_rule *rule;

	if (!is_bound(chain))
		return;
	DL_FOREACH (chain->rules, rule)
		nft_references_commit(nft, trans, rule);
	take_off_table(trans->table, chain);
}

static void abort_chain(struct nft *nft, struct nft_table *table, struct nft_chain *chain)
{
	struct nft_rule *rule;

	if (is_bound(chain)) {
		DL_FOREACH (chain->rules, rule)
			nft_references_abort(nft, table, rule);
		take_off_table(table, chain);
	}
	chain->use--;
}

static void free_chain(struct nft *nft, struct nft_chain *chain)
{
	struct nft_rule *rule, *next;

	if (!is_bound(chain) || !chain->owned)
		return;
	DL_FOREACH_SAFE (chain->rules, rule, next) {
		nft_rule_unlink(rule);
		nft_references_free(nft, rule);
		nft_rule_free(rule);
	}
	nft_chain_free(chain);
}

/* ---- phases ---- */

/* The inner loop runs once, for an expression that refers to something. */
#define FOR_EACH_REFERENCE(rule, expr)                                                    \
	for (size_t i_ = 0; i_ < (rule)->num_exprs; i_++)                                 \
		for (struct nft_expr *expr = &(rule)->exprs[i_]; expr && expr->reference; \
		     expr = NULL)

void nft_references_prepare(struct nft *nft, struct nft_table *table, struct nft_rule *rule)
{
	FOR_EACH_REFERENCE (rule, expr) {
		if (expr->reference_kind == NFT_EXPR_CHAIN)
			prepare_chain(nft, table, expr->reference);
		else if (expr->reference_kind == NFT_EXPR_SET)
			nft_set_prepare(nft, expr->reference);
		else if (expr->reference_kind == NFT_EXPR_OBJECT)
			nft_object_use(expr->reference, -1);
	}
}

void nft_references_restore(struct nft *nft, struct nft_table *table, struct nft_rule *rule)
{
	FOR_EACH_REFERENCE (rule, expr) {
		if (expr->reference_kind == NFT_EXPR_CHAIN)
			restore_chain(nft, table, expr->reference);
		else if (expr->reference_kind == NFT_EXPR_SET)
			nft_set_restore(nft, expr->reference);
		else if (expr->reference_kind == NFT_EXPR_OBJECT)
			nft_object_use(expr->reference, 1);
	}
}

void nft_references_commit(struct nft *nft, const struct nft_trans *trans, struct nft_rule *rule)
{
	FOR_EACH_REFERENCE (rule, expr) {
		if (expr->reference_kind == NFT_EXPR_CHAIN)
			commit_chain(nft, trans, expr->reference);
		else if (expr->reference_kind == NFT_EXPR_SET)
			nft_set_commit(nft, trans, expr->reference);
	}
}

void nft_references_abort(struct nft *nft, struct nft_table *table, struct nft_rule *rule)
{
	FOR_EACH_REFERENCE (rule, expr) {
		if (expr->reference_kind == NFT_EXPR_CHAIN)
			abort_chain(nft, table, expr->reference);
		else if (expr->reference_kind == NFT_EXPR_SET)
			nft_set_abort(nft, expr->reference);
		else if (expr->reference_kind == NFT_EXPR_OBJECT)
			nft_object_use(expr->reference, -1);
	}
}

void nft_references_free(struct nft *nft, struct nft_rule *rule)
{
	FOR_EACH_REFERENCE (rule, expr) {
		if (expr->reference_kind == NFT_EXPR_CHAIN)
			free_chain(nft, expr->reference);
		else if (expr->reference_kind == NFT_EXPR_SET)
			nft_set_free(nft, expr->reference);
		expr->reference = NULL;
	}
}

static void undo(struct nft *nft, enum nft_expr_reference kind, void *reference)
{
	if (kind == NFT_EXPR_CHAIN)
		nft_chain_unuse(reference);
	else if (kind == NFT_EXPR_SET)
		nft_set_detach(nft, reference);
	else if (kind == NFT_EXPR_OBJECT)
		nft_object_use(reference, -1);
}

void nft_references_undo(struct nft *nft, struct nft_rule *rule)
{
	FOR_EACH_REFERENCE (rule, expr) {
		undo(nft, expr->reference_kind, expr->reference);
		expr->reference = NULL;
	}
}

/* ---- look-ups while parsing ---- */

static int lookup_set(void *context, const struct nlattr *name, const struct nlattr *id,
		      struct nft_expr_set *set)
{
	struct nft_reference_context *r = context;

	return nft_set_attach(r->call, r->table, name, id, r->chain, set);
}

static int lookup_object(void *context, const struct nlattr *name, uint32_t type, void **reference)
{
	struct nft_reference_context *r = context;
	struct nft_object *object;
	int error = nft_object_attach(r->call, r->table, name, type, &object);

	if (!error)
		*reference = object;
	return error;
}

static int lookup_chain(void *context, const struct nlattr *attr, const char **name,
			void **reference)
{
	struct nft_reference_context *r = context;
	struct nft_chain *chain;
	int error = nft_chain_use(r->call->nft, r->table, r->chain, attr, &chain);

	if (error)
		return error;
	*name = chain->name;
	*reference = chain;
	return 0;
}

static void release(void *context, enum nft_expr_reference kind, void *reference)
{
	struct nft_reference_context *r = context;

	undo(r->call->nft, kind, reference);
}

struct nft_expr_context nft_reference_context(struct nft_reference_context *references)
{
	return (struct nft_expr_context){
		.kernel = references->call->nft->env.kernel,
		.family = references->table->family,
		.message = references->call->nlh,
		.reason = &references->call->reason,
		.lookup_set = lookup_set,
		.lookup_object = lookup_object,
		.lookup_chain = lookup_chain,
		.release = release,
		.lookup_context = references,
	};
}
