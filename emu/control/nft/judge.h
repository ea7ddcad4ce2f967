/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Judge and check mode: the NIC is asked at each message of a batch, not at its commit.
 *
 * Why: a kernel tells at commit, and of one rule only. `replay` wants the refusal at its message
 * (judge.c), `check` a verdict on every rule, whatever becomes of the others (check.c); blame.c
 * finds the statement that is to blame. What they ask of the NIC is in offload.c.
 *
 * Threading: event loop.
 */
#ifndef NICEMU_CONTROL_NFT_JUDGE_H
#define NICEMU_CONTROL_NFT_JUDGE_H

#include "internal.h"

/* batch.c: parse a batch's message and have it handled. */
int nft_handle_message(struct nft_call *call);
/* Each is nft_handle_message and what the NIC says to it. */
int nft_judge_message(struct nft_call *call);
int nft_check_message(struct nft_call *call);
/* The NIC has been asked at each message: it takes all transactions back, the last one first. */
void nft_withdraw_all(struct nft *nft);
/*
 * blame.c: which statement of the rule the model refuses, if it is one: reason->expression and
 * offset, call->expression and extack.
 */
void nft_blame(struct nft_call *call, struct nft_chain *chain, struct nft_hook *hook,
	       const struct nft_rule *rule, struct reason *reason);
/* A batch begins, or begins anew. */
void nft_check_begin(struct nft *nft);
/* Before it is committed: what nft made for rules that check mode has left out goes, too. */
int nft_check_drop_unbound(struct nft_call *call);
/* It is committed. */
void nft_check_commit(struct nft *nft);
/* The handler has refused the message: before its attributes are forgotten. */
void nft_check_failed(struct nft_call *call, int error);

/* --- offload.c --- */

/* Judge mode: carry out one transaction at once; and take back what it did. */
int nft_offload_offer(struct nft_call *call, struct nft_trans *trans);
void nft_offload_withdraw(struct nft *nft, struct nft_trans *trans);
/*
 * Check mode: put a new rule to each port of its chain by itself and tell of each answer. Where one
 * refuses, it is taken out of the others again. Whether all have it.
 */
typedef void (*nft_offload_answer)(struct nft_call *call, const struct nft_rule *rule, int port,
				   int error, const struct reason *reason);
bool nft_offload_offer_each(struct nft_call *call, struct nft_trans *trans,
			    nft_offload_answer answer);
/* Would the hook's port take a rule of these expressions? It is taken out again. 0 or an errno. */
int nft_offload_try(struct nft_call *call, const struct nft_chain *chain,
		    const struct nft_hook *hook, const struct nft_expr *exprs, size_t num_exprs,
		    struct reason *reason);

#endif
