/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which statement of a rule a driver does not take. A driver sees keys and actions, not statements;
 * so it is asked again about the rule with fewer matches, until it no longer says the same. What is
 * offered for that is taken out at once. For check mode: a kernel asks once.
 */
#include "internal.h"

#include <errno.h>

/* A rule with some of its matches: what it is asked with. */
struct trial {
	struct nft_call *call;
	struct nft_chain *chain;
	struct nft_hook *hook;
	const struct nft_rule *rule;
	const char *id; /* of the refusal that is to be explained */
	struct nft_expr exprs[NFT_EXPR_MAXEXPRS];
};

static bool is_match(const struct nft_expr *expr)
{
	const char *name = nft_expr_name(expr);

	return !strcmp(name, "payload") || !strcmp(name, "meta") || !strcmp(name, "bitwise") ||
	       !strcmp(name, "cmp");
}

/* Is the rule refused for the same reason with only the matches before end, and all actions? */
static bool refused_alike(struct trial *trial, size_t end)
{
	const struct nft_rule *rule = trial->rule;
	struct reason reason = {0};
	size_t count = 0;

	for (size_t i = 0; i < rule->num_exprs && count < NFT_EXPR_MAXEXPRS; i++)
		if (i < end || !is_match(&rule->exprs[i]))
			trial->exprs[count++] = rule->exprs[i];
	return nft_offload_try(trial->call, trial->chain, trial->hook, trial->exprs, count,
			       &reason) &&
	       reason.id && !strcmp(reason.id, trial->id);
}

/* The index of the first expression of the match to blame, or -1. */
static int match_to_blame(struct trial *trial)
{
	const struct nft_rule *rule = trial->rule;
	size_t begin = 0;

	if (refused_alike(trial, 0))
		return -1;
	for (size_t i = 0; i < rule->num_exprs; i++) {
		if (!is_match(&rule->exprs[i])) {
			begin = i + 1;
		} else if (!strcmp(nft_expr_name(&rule->exprs[i]), "cmp")) {
			if (refused_alike(trial, i + 1))
				return (int)begin;
			begin = i + 1;
		}
	}
	return -1;
}

/* What a flow action was written as. */
static bool is_written_as(const struct nft_expr *expr, enum flow_action_id action)
{
	const char *name = nft_expr_name(expr);

	switch (action) {
	case FLOW_ACTION_ACCEPT:
	case FLOW_ACTION_DROP: return !strcmp(name, "immediate") && expr->immediate.is_verdict;
	case FLOW_ACTION_REDIRECT: return !strcmp(name, "fwd");
	case FLOW_ACTION_MIRRED: return !strcmp(name, "dup");
	default: return false;
	}
}

/* The statement of the only action that the reason's clause names in brackets, or -1. */
static int action_to_blame(const struct nft_rule *rule, const struct reason *reason)
{
	char name[64];

	for (size_t i = 0; i < rule->flow->num_actions; i++) {
		enum flow_action_id action = rule->flow->actions[i].id;

		snprintf(name, sizeof(name), "(%s)", flow_action_name(action));
		if (!strstr(reason->clause, name))
			continue;
		for (size_t j = 0; j < rule->num_exprs; j++)
			if (is_written_as(&rule->exprs[j], action))
				return (int)j;
	}
	return -1;
}

void nft_blame(struct nft_call *call, struct nft_chain *chain, struct nft_hook *hook,
	       const struct nft_rule *rule, struct reason *reason)
{
	struct trial trial = {.call = call, .chain = chain, .hook = hook, .rule = rule};
	const struct describe_names names = nft_describe_names(call->nft);

	call->expression[0] = '\0';
	if (!reason->id || reason->layer != REASON_MODEL || reason->expression >= 0 ||
	    rule->num_exprs > NFT_EXPR_MAXEXPRS)
		return;
	trial.id = reason->id;
	reason->expression = action_to_blame(rule, reason);
	if (reason->expression < 0)
		reason->expression = match_to_blame(&trial);
	if (reason->expression < 0)
		return;
	describe_statement(call->expression, sizeof(call->expression), rule->exprs, rule->num_exprs,
			   (size_t)reason->expression, &names);
	reason->offset = rule->exprs[reason->expression].offset;
	if (reason->offset)
		call->extack.attr =
			(const struct nlattr *)((const uint8_t *)call->nlh + reason->offset);
}
