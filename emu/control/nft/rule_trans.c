/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What becomes of added and deleted rules at the end of a batch. */
#include "internal.h"

#include <errno.h>

static struct nft_trans_rule *rule_trans(struct nft_trans *trans)
{
	return (struct nft_trans_rule *)trans;
}

static void notify(struct nft *nft, const struct nft_trans *trans, uint8_t event)
{
	struct nft_rule *rule = ((const struct nft_trans_rule *)trans)->rule;
	struct nft_chain *chain = rule->chain;
	uint16_t flags = trans->flags & (NLM_F_APPEND | NLM_F_REPLACE) ? NLM_F_APPEND : 0;
	struct nft_writer *w = nft_notify_begin(nft, trans, event, flags);
	uint64_t position = 0;

	if (!w)
		return;
	/* A rule in the middle tells what it follows; NULL next: the last one. */
	if (event == NFT_MSG_NEWRULE && rule != chain->rules && rule->next &&
	    nft->env.kernel->event_flags)
		position = rule->prev->handle;
	nft_rule_fill(nft, w, chain, rule, event, position);
	nft_notify_end(nft, trans);
}

/* ---- a new rule ---- */

static void commit_new(struct nft *nft, struct nft_trans *trans)
{
	notify(nft, trans, NFT_MSG_NEWRULE);
}

static void abort_new(struct nft *nft, struct nft_trans *trans)
{
	struct nft_trans_rule *t = rule_trans(trans);

	/* The rule of a bound chain ends with the rule that jumps there. */
	t->skip = t->chain->owned;
	if (t->skip)
		return;
	t->chain->use--;
	nft_rule_unlink(t->rule);
	nft_references_abort(nft, trans->table, t->rule);
}

static void release_new(struct nft *nft, struct nft_trans *trans, bool committed)
{
	struct nft_trans_rule *t = rule_trans(trans);

	if (committed || t->skip)
		return;
	nft_references_free(nft, t->rule);
	nft_rule_free(t->rule);
}

const struct nft_trans_type nft_trans_newrule = {
	.name = "add rule",
	.commit = commit_new,
	.abort = abort_new,
	.release = release_new,
	.size = sizeof(struct nft_trans_rule),
};

/* ---- deleting ---- */

static void commit_del(struct nft *nft, struct nft_trans *trans)
{
	struct nft_rule *rule = rule_trans(trans)->rule;

	/* Told before it leaves its list: unlike a new one it says nothing of its place. */
	notify(nft, trans, NFT_MSG_DELRULE);
	nft_rule_unlink(rule);
	nft_references_commit(nft, trans, rule);
}

static void abort_del(struct nft *nft, struct nft_trans *trans)
{
	struct nft_trans_rule *t = rule_trans(trans);

	t->chain->use++;
	t->rule->dead = false;
	/* The rule that replaced it has given the handle back. */
	if (!t->rule->hashed)
		nft_rule_hash(t->rule);
	nft_references_restore(nft, trans->table, t->rule);
}

static void release_del(struct nft *nft, struct nft_trans *trans, bool committed)
{
	struct nft_rule *rule = rule_trans(trans)->rule;

	if (!committed)
		return;
	nft_references_free(nft, rule);
	nft_rule_free(rule);
}

const struct nft_trans_type nft_trans_delrule = {
	.name = "delete rule",
	.commit = commit_del,
	.abort = abort_del,
	.release = release_del,
	.size = sizeof(struct nft_trans_rule),
};

int nft_rule_delete(struct nft_call *call, struct nft_chain *chain, struct nft_rule *rule)
{
	struct nft_trans_rule *t;
	int error = 0;

	/* To have it for a rollback; and the kernel's errno when it has become impossible. */
	if (nft_chain_is_offload(chain))
		error = nft_offload_translate(call, rule);
	if (error)
		return error;
	if (rule->dead)
		return -ENOENT;
	t = nft_trans_add(call, &nft_trans_delrule, chain->table);
	if (!t)
		return -ENOMEM;
	t->chain = chain;
	t->rule = rule;
	rule->dead = true;
	chain->use--;
	nft_references_prepare(call->nft, chain->table, rule);
	return 0;
}

int nft_rules_delete(struct nft_call *call, struct nft_chain *chain)
{
	struct nft_rule *rule;
	int error = 0;

	DL_FOREACH (chain->rules, rule) {
		if (rule->dead)
			continue;
		error = nft_rule_delete(call, chain, rule);
		if (error)
			break;
	}
	return error;
}
