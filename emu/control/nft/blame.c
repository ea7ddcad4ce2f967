/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which statement of a rule a driver does not take. A driver sees keys and actions, not statements;
 * so it is asked again about the rule with fewer matches, until it no longer says the same. What is
 * offered for that is taken out at once. For judge and check mode: a kernel asks once.
 */
#include "judge.h"

#include <errno.h>

/* A rule with some of its matches: what it is asked with. */
struct trial {
	struct nft_call *call;
	struct nft_chain *chain;
	struct nft_hook *hook;
	const struct nft_rule *rule;
	const char *id; /* of the refusal that is to be explained */
	struct nft_expr exprs[NFT_EXPR_MAXEXPRS + 1];
};

static bool is_match(const struct nft_expr *expr)
{
	const char *name = nft_expr_name(expr);

	return !strcmp(name, "payload") || !strcmp(name, "meta") || !strcmp(name, "bitwise") ||
	       !strcmp(name, "cmp");
}

enum answer {
	TAKEN,
	REFUSED_ALIKE,     /* for the same reason */
	REFUSED_OTHERWISE, /* which hides what else would be said */
};

static enum answer ask(struct trial *trial, size_t count)
{
	struct reason reason = {0};

	if (!nft_offload_try(trial->call, trial->chain, trial->hook, trial->exprs, count, &reason))
		return TAKEN;
	return reason.id && !strcmp(reason.id, trial->id) ? REFUSED_ALIKE : REFUSED_OTHERWISE;
}

/* What of the rule with only the matches before end, and all actions? */
static enum answer ask_before(struct trial *trial, size_t end)
{
	const struct nft_rule *rule = trial->rule;
	size_t count = 0;

	for (size_t i = 0; i < rule->num_exprs && count < NFT_EXPR_MAXEXPRS; i++)
		if (i < end || !is_match(&rule->exprs[i]))
			trial->exprs[count++] = rule->exprs[i];
	return ask(trial, count);
}

static bool is_action(const struct nft_expr *expr)
{
	const char *name = nft_expr_name(expr);

	return !strcmp(name, "fwd") || !strcmp(name, "dup") ||
	       (!strcmp(name, "immediate") && expr->immediate.is_verdict);
}

static bool is_written_as(const struct nft_expr *expr, enum flow_action_id action)
{
	const char *name = nft_expr_name(expr);

	switch (action) {
	case FLOW_ACTION_REDIRECT: return !strcmp(name, "fwd");
	case FLOW_ACTION_MIRRED: return !strcmp(name, "dup");
	case FLOW_ACTION_ACCEPT:
	case FLOW_ACTION_DROP: return is_action(expr) && !strcmp(name, "immediate");
	default: return false;
	}
}

/* The statement of the only action that the reason's clause names in brackets, or -1. */
static int action_that_is_named(const struct nft_rule *rule, const struct reason *reason)
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

/* Fill the trial with the rule's matches and one verdict instead of its actions. */
static size_t take_other_verdict(struct trial *trial, int32_t verdict)
{
	const struct nft_rule *rule = trial->rule;
	const struct nft_expr *immediate = NULL;
	size_t count = 0;

	for (size_t i = 0; i < rule->num_exprs; i++)
		if (!strcmp(nft_expr_name(&rule->exprs[i]), "immediate"))
			immediate = &rule->exprs[i];
		else if (!is_action(&rule->exprs[i]))
			trial->exprs[count++] = rule->exprs[i];
	if (!immediate)
		return 0;
	trial->exprs[count] = (struct nft_expr){.type = immediate->type};
	trial->exprs[count].immediate.is_verdict = true;
	trial->exprs[count].immediate.verdict = verdict;
	return count + 1;
}

/* What of the rule with another verdict instead of all its actions? */
static enum answer ask_other_verdict(struct trial *trial)
{
	bool drops = trial->rule->flow->actions[0].id == FLOW_ACTION_DROP;
	size_t count = take_other_verdict(trial, drops ? NF_ACCEPT : NF_DROP);

	return count ? ask(trial, count) : REFUSED_ALIKE;
}

/*
 * The index of the first expression of the match to blame, or -1. A match that only takes another
 * refusal out of the way is not to blame where the actions are.
 */
static int match_to_blame(struct trial *trial)
{
	const struct nft_rule *rule = trial->rule;
	enum answer before = ask_before(trial, 0), now;
	size_t begin = 0;

	if (before == REFUSED_ALIKE)
		return -1;
	for (size_t i = 0; i < rule->num_exprs; i++) {
		if (!is_match(&rule->exprs[i])) {
			begin = i + 1;
		} else if (!strcmp(nft_expr_name(&rule->exprs[i]), "cmp")) {
			now = ask_before(trial, i + 1);
			if (now == REFUSED_ALIKE)
				return before == REFUSED_OTHERWISE &&
						       ask_other_verdict(trial) != REFUSED_ALIKE
					       ? -1
					       : (int)begin;
			before = now;
			begin = i + 1;
		}
	}
	return -1;
}

/*
 * A rule's only action, where it is to blame; or -1. That another one is refused otherwise says
 * nothing: many drivers know no `accept`.
 */
static int action_to_blame(struct trial *trial)
{
	const struct nft_rule *rule = trial->rule;
	int action = -1, actions = 0;

	for (size_t i = 0; i < rule->num_exprs; i++) {
		if (!is_action(&rule->exprs[i]))
			continue;
		action = (int)i;
		actions++;
	}
	return actions == 1 && ask_other_verdict(trial) == TAKEN ? action : -1;
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
	if (ask_before(&trial, rule->num_exprs) != REFUSED_ALIKE)
		return;
	reason->expression = action_that_is_named(rule, reason);
	if (reason->expression < 0)
		reason->expression = match_to_blame(&trial);
	if (reason->expression < 0)
		reason->expression = action_to_blame(&trial);
	if (reason->expression < 0)
		return;
	describe_statement(call->expression, sizeof(call->expression), rule->exprs, rule->num_exprs,
			   (size_t)reason->expression, &names);
	reason->offset = rule->exprs[reason->expression].offset;
	if (reason->offset)
		call->extack.attr =
			(const struct nlattr *)((const uint8_t *)call->nlh + reason->offset);
}
