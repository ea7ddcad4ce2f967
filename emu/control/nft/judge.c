/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Judge mode: each message of a batch is put to the NIC at once, and in the end all is undone. */
#include "judge.h"

/* The port that refuses the rule tells which statement of it. */
static void blame(struct nft_call *call, const struct nft_trans_rule *t)
{
	struct nft_hook *hook;

	DL_FOREACH (t->chain->hooks, hook) {
		if (hook->binding && call->reason.expression < 0)
			nft_blame(call, t->chain, hook, t->rule, &call->reason);
	}
}

/*
 * A refused message leaves nothing behind, except that a
 * refused chain stays, so that its rules can be judged.
 */
int nft_judge_message(struct nft_call *call)
{
	struct nft *nft = call->nft;
	struct nft_trans *mark = nft_trans_mark(nft), *trans;
	int error = nft_handle_message(call);

	if (error) {
		nft_abort(nft, mark);
		return error;
	}
	for (trans = mark ? mark->next : nft->transactions; trans; trans = trans->next) {
		error = nft_offload_offer(call, trans);
		if (!error)
			continue;
		if (trans->type == &nft_trans_newrule)
			blame(call, (struct nft_trans_rule *)trans);
		nft_refuse(call, error, false);
		if (trans->type == &nft_trans_newchain)
			return error;
		break;
	}
	if (!error)
		return 0;
	while (trans->prev != mark && trans != nft->transactions) {
		trans = trans->prev;
		nft_offload_withdraw(nft, trans);
	}
	nft_abort(nft, mark);
	return error;
}

void nft_withdraw_all(struct nft *nft)
{
	struct nft_trans *trans = nft_trans_mark(nft);

	if ((!nft->judge && !nft->check) || !trans)
		return;
	for (;; trans = trans->prev) {
		nft_offload_withdraw(nft, trans);
		if (trans == nft->transactions)
			break;
	}
}
