/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * lookup and objref: sets, maps and stateful objects.
 */
#include "run.h"

#include <string.h>

/* Elements have expressions of their own; those that may refuse the packet are not interpreted. */
static bool only_counts(const struct nft_lookup *lookup)
{
	for (size_t i = 0; i < lookup->num_exprs; i++) {
		if (!nft_expr_is_counter(&lookup->exprs[i]) &&
		    strcmp(nft_expr_name(&lookup->exprs[i]), "last") != 0)
			return false;
	}
	return true;
}

/* RUN_ON with the answer, RUN_BREAK or RUN_STUCK. */
static enum run_outcome look_up(struct run *run, const struct nft_expr *expr, bool inverted,
				struct nft_lookup *lookup)
{
	const char *name = nft_lookup_set_name(expr);
	size_t length = nft_lookup_key_length(expr);
	const struct run_source *source = &run->sources[expr->lookup.sreg];
	char where[40], value[48];
	const uint8_t *key;

	if (!length || nft_lookup_is_dynamic(expr))
		return run_stuck(run,
				 "set %.60s: packets change its elements, so these are not known",
				 name);
	key = run_load(run, expr->lookup.sreg, length);
	if (!key)
		return RUN_STUCK;
	nft_look_up(expr, key, inverted, lookup);
	if (lookup->matches)
		return only_counts(lookup)
			       ? RUN_ON
			       : run_stuck(run, "set %.60s: an element has a limit or a quota",
					   name);
	run_print_source(where, sizeof(where), source);
	run_print(value, sizeof(value), source, key, length);
	return run_break(run, "%s: %s is %s set %.60s", where, value, inverted ? "in" : "not in",
			 name);
}

enum run_outcome run_lookup(struct run *run, const struct nft_expr *expr)
{
	struct nft_lookup lookup;
	enum run_outcome outcome =
		look_up(run, expr, expr->lookup.flags & NFT_LOOKUP_F_INV, &lookup);

	if (outcome != RUN_ON || !expr->lookup.has_dreg || !lookup.has_element)
		return outcome;
	if (lookup.is_verdict)
		return run_verdict(run, lookup.verdict, lookup.target);
	if (!lookup.data)
		return run_stuck(run, "map %.60s: an element without data",
				 nft_lookup_set_name(expr));
	run_store(run, expr->lookup.dreg, lookup.data, lookup.data_length,
		  (struct run_source){.what = "map"});
	return RUN_ON;
}

/* A counter lets all pass; other objects decide by what they have seen, or need more than a packet.
 */
enum run_outcome run_object(struct run *run, const struct nft_expr *expr)
{
	uint32_t type = expr->lookup.flags;
	struct nft_lookup lookup;

	if (expr->lookup.has_sreg) {
		enum run_outcome outcome = look_up(run, expr, false, &lookup);

		if (outcome != RUN_ON)
			return outcome;
		type = lookup.object_type;
	}
	if (type != NFT_OBJECT_COUNTER)
		return run_stuck(run, "this kind of object is not interpreted");
	return RUN_ON;
}
