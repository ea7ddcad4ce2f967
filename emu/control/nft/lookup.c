/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sets as packets meet them. */
#include "set.h"

static const struct nft_set *set_of(const struct nft_expr *expr)
{
	return expr->reference_kind == NFT_EXPR_SET ? expr->reference : NULL;
}

size_t nft_lookup_key_length(const struct nft_expr *expr)
{
	const struct nft_set *set = set_of(expr);

	return set ? set->desc.key_length : 0;
}

const char *nft_lookup_set_name(const struct nft_expr *expr)
{
	const struct nft_set *set = set_of(expr);

	return set ? set->name : "";
}

bool nft_lookup_is_dynamic(const struct nft_expr *expr)
{
	const struct nft_set *set = set_of(expr);

	return set && (set->is_updated || set->desc.flags & NFT_SET_EVAL);
}

static void tell_element(const struct nft_set *set, struct nft_setelem *elem,
			 struct nft_lookup *lookup)
{
	lookup->has_element = true;
	lookup->exprs = elem->exprs;
	lookup->num_exprs = elem->num_exprs;
	if (elem->object)
		lookup->object_type = set->desc.object_type;
	if (!(set->desc.flags & NFT_SET_MAP))
		return;
	lookup->is_verdict = set->desc.data_type == NFT_DATA_VERDICT;
	if (lookup->is_verdict) {
		lookup->verdict = elem->verdict;
		lookup->target = elem->chain;
	} else if (elem->has_data) {
		lookup->data = nft_setelem_data(set, elem);
		lookup->data_length = set->desc.data_length;
	}
}

/* The catch-all element is asked whenever the look-up, as inverted, has failed. */
void nft_look_up(const struct nft_expr *expr, const uint8_t *key, bool inverted,
		 struct nft_lookup *lookup)
{
	const struct nft_set *set = set_of(expr);
	struct nft_setelem *elem;

	*lookup = (struct nft_lookup){0};
	if (!set)
		return;
	elem = nft_set_index_get(set, key, 0);
	lookup->matches = (elem != NULL) != inverted;
	if (!lookup->matches) {
		elem = set->catchall;
		lookup->matches = elem != NULL;
	}
	if (lookup->matches && elem)
		tell_element(set, elem, lookup);
}
