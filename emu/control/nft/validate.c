/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Validation of a table: from each base chain along all jumps; no loop, not too deep, never into a
 * base chain, and every expression where it may stand.
 *
 * A chain that was found right at some depth is not walked again at a smaller one, so the walk is
 * bounded by chains times depth.
 */
#include "internal.h"

#include <errno.h>

struct walk {
	struct nft *nft;
	const struct nft_chain *base;
	unsigned int level;
};

static int validate_chain(struct walk *walk, struct nft_chain *chain);

static int follow(void *context, struct nft_chain *chain)
{
	struct walk *walk = context;
	int error;

	walk->level++;
	error = validate_chain(walk, chain);
	walk->level--;
	return error;
}

static int validate_expr(struct walk *walk, const struct nft_expr *expr)
{
	int error = 0;

	if (nft_chain_is_base(walk->base))
		error = nft_expr_validate(expr, walk->nft->env.kernel, walk->base->table->family,
					  walk->base->type->name, walk->base->hooknum);

	if (error || !expr->reference)
		return error;
	if (expr->reference_kind == NFT_EXPR_CHAIN)
		return follow(walk, expr->reference);
	if (expr->reference_kind == NFT_EXPR_SET)
		return nft_set_visit_chains(expr->reference, follow, walk);
	return 0;
}

static int validate_chain(struct walk *walk, struct nft_chain *chain)
{
	struct nft_rule *rule;
	int error;

	if (walk->level == NICEMU_JUMP_STACK)
		return -EMLINK;
	if (walk->level && nft_chain_is_base(chain))
		return -ELOOP;
	if (walk->level && chain->validated_walk == walk->nft->validate_walk &&
	    chain->validated_level >= walk->level)
		return 0;
	DL_FOREACH (chain->rules, rule) {
		for (size_t i = 0; !rule->dead && i < rule->num_exprs; i++) {
			error = validate_expr(walk, &rule->exprs[i]);
			if (error)
				return error;
		}
	}
	chain->validated_walk = walk->nft->validate_walk;
	chain->validated_level = walk->level;
	return 0;
}

int nft_table_validate(struct nft *nft, struct nft_table *table)
{
	struct nft_chain *chain;
	int error = 0;

	DL_FOREACH (table->chains, chain) {
		struct walk walk = {.nft = nft, .base = chain};

		if (!nft_chain_is_base(chain))
			continue;
		nft->validate_walk++;
		error = validate_chain(&walk, chain);
		if (error)
			break;
	}
	table->invalid = error;
	return error;
}

int nft_jumps_validate(struct nft *nft, const struct nft_rule *rule, size_t *failed)
{
	struct walk walk = {.nft = nft, .base = rule->chain};
	int error = 0;

	for (size_t i = 0; !error && i < rule->num_exprs; i++) {
		const struct nft_expr *expr = &rule->exprs[i];

		if (!expr->reference || expr->reference_kind != NFT_EXPR_CHAIN)
			continue;
		nft->validate_walk++;
		error = validate_chain(&walk, expr->reference);
		*failed = i;
	}
	return error;
}

/*
 * A kernel walks the whole table again. That says the same, and costs the square of the batch: a
 * rule that leads nowhere else, in a chain that nobody jumps to, is wrong by itself or not at all.
 */
int nft_rule_validate(struct nft *nft, struct nft_table *table, const struct nft_rule *rule)
{
	struct walk walk = {.nft = nft, .base = rule->chain};
	bool alone = nft_chain_is_base(rule->chain) && !table->invalid;
	int error = 0;

	for (size_t i = 0; i < rule->num_exprs; i++)
		alone = alone && !rule->exprs[i].reference;
	if (alone) {
		for (size_t i = 0; !error && i < rule->num_exprs; i++)
			error = validate_expr(&walk, &rule->exprs[i]);
		table->invalid = error;
		return error;
	}
	return nft_table_validate(nft, table);
}
