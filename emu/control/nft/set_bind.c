/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rules that look a set up, through the phases of a rule's life. */
#include "set.h"

#include <errno.h>

int nft_set_attach(struct nft_call *call, struct nft_table *table, const struct nlattr *name,
		   const struct nlattr *id, struct nft_chain *chain, struct nft_expr_set *info)
{
	struct nft_set *set;
	int error;

	set = nft_set_find_or_id(call->nft, table, name, id, &error);
	if (!set)
		return error;
	if (set->bindings && nft_set_is_anonymous(set))
		return -EBUSY;
	*info = (struct nft_expr_set){
		.flags = set->desc.flags,
		.key_length = set->desc.key_length,
		.data_length = set->desc.data_length,
		.data_type = set->desc.data_type,
		.object_type = set->desc.object_type,
		.exprs = set->exprs,
		.num_exprs = set->num_exprs,
		.is_fixed = set->backend != NFT_SET_RHASH,
		.name = set->name,
		.reference = set,
	};
	set->use++;
	set->bindings++;
	set->is_bound = true;
	return 0;
}

/* What rules add to has a size: a kernel gives one to a set that has none, for good. */
void nft_set_limit(struct nft_set *set)
{
	enum { DEFAULT_SIZE = 65535 };

	set->is_updated = true;
	if (!set->desc.size)
		set->desc.size = DEFAULT_SIZE;
}

/* The rule is refused: so is the batch, and an anonymous set is seen no more in it. */
void nft_set_detach(struct nft *nft, struct nft_set *set)
{
	set->is_bound = false;
	set->use--;
	set->bindings--;
	if (nft_set_is_anonymous(set)) {
		set->dead = true;
		nft_set_unhash(set);
	}
}

void nft_set_prepare(struct nft *nft, struct nft_set *set)
{
	if (nft_set_is_anonymous(set)) {
		nft_set_release_data(set);
		set->dead = true;
		nft_set_unhash(set);
	}
	set->use--;
}

void nft_set_restore(struct nft *nft, struct nft_set *set)
{
	set->use++;
	if (nft_set_is_anonymous(set)) {
		set->dead = false;
		nft_set_rehash(set);
		nft_set_hold_data(set);
	}
}

static bool unbind(struct nft_set *set)
{
	set->bindings--;
	if (set->bindings || !nft_set_is_anonymous(set))
		return false;
	set->dead = true;
	nft_set_unlink(set);
	return true;
}

void nft_set_commit(struct nft *nft, const struct nft_trans *trans, struct nft_set *set)
{
	if (unbind(set))
		nft_set_notify(nft, trans, set, NFT_MSG_DELSET);
}

/* What its elements refer to is dropped by the elements' own transactions. */
void nft_set_abort(struct nft *nft, struct nft_set *set)
{
	set->use--;
	unbind(set);
}

void nft_set_free(struct nft *nft, struct nft_set *set)
{
	if (!set->bindings && nft_set_is_anonymous(set) && !set->is_new)
		nft_set_destroy(set);
}

int nft_set_visit_chains(struct nft_set *set, int (*visit)(void *context, struct nft_chain *chain),
			 void *context)
{
	struct nft_setelem *elem;
	int error = 0;

	if (set->desc.data_type != NFT_DATA_VERDICT)
		return 0;
	DL_FOREACH (set->elems, elem) {
		if (!elem->dead && elem->chain)
			error = visit(context, elem->chain);
		if (error)
			break;
	}
	return error;
}
