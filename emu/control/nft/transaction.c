/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The log of an open batch: every change that a message has made, in order, and how to finish or
 * undo it. The order of commit is the kernel's: checks, validation of jumps, offload, then each
 * transaction, then notifications, then the new generation is announced, then memory is freed.
 */
#include "internal.h"
#include "judge.h"

#include <errno.h>
#include <stdlib.h>

void *nft_trans_add(struct nft_call *call, const struct nft_trans_type *type,
		    struct nft_table *table)
{
	struct nft_trans *trans = calloc(1, type->size);

	if (!trans)
		return NULL;
	trans->type = type;
	trans->table = table;
	trans->client = call->client;
	trans->portid = call->portid;
	trans->sequence = call->sequence;
	trans->flags = call->flags;
	trans->family = table->family;
	DL_APPEND(call->nft->transactions, trans);
	return trans;
}

struct nft_trans *nft_trans_mark(const struct nft *nft)
{
	return nft->transactions ? nft->transactions->prev : NULL;
}

/* Take the transactions after mark off the log. */
static struct nft_trans *cut_after(struct nft *nft, struct nft_trans *mark)
{
	struct nft_trans *head = mark ? mark->next : nft->transactions;

	if (!head)
		return NULL;
	head->prev = nft->transactions->prev;
	if (mark) {
		nft->transactions->prev = mark;
		mark->next = NULL;
	} else {
		nft->transactions = NULL;
	}
	return head;
}

/*
 * The chain or set that a rule brought along (`jump { … }`) was made by a message before it, whose
 * transaction is still there: it stays, as if the rule had never referred to it.
 */
static void keep_what_is_referred_to(struct nft *nft, struct nft_trans *trans)
{
	if (trans->type == &nft_trans_newrule)
		nft_references_undo(nft, ((struct nft_trans_rule *)trans)->rule);
}

void nft_abort(struct nft *nft, struct nft_trans *mark)
{
	struct nft_trans *head = cut_after(nft, mark), *trans, *before;

	if (!head)
		return;
	for (trans = head->prev;; trans = trans->prev) {
		if (mark)
			keep_what_is_referred_to(nft, trans);
		trans->type->abort(nft, trans);
		if (trans == head)
			break;
	}
	for (trans = head->prev; trans; trans = before) {
		before = trans == head ? NULL : trans->prev;
		if (trans->type->release)
			trans->type->release(nft, trans, false);
		free(trans);
	}
}

/* Jumps, and where expressions stand: errors appear at their own message when the batch is redone.
 */
static int validate_tables(struct nft *nft)
{
	struct nft_table *table;

	DL_FOREACH (nft->tables, table) {
		if (table->validate_state == NFT_VALIDATE_SKIP)
			continue;
		table->validate_state = NFT_VALIDATE_DO;
		if (nft_table_validate(nft, table) < 0)
			return -EAGAIN;
	}
	DL_FOREACH (nft->tables, table)
		table->validate_state = NFT_VALIDATE_SKIP;
	return 0;
}

int nft_validate(struct nft *nft)
{
	int error = validate_tables(nft);

	if (error)
		nft->validate_all = true;
	return error;
}

/* Makes all changes final. Cannot fail. The transactions are the caller's to free. */
static struct nft_trans *commit_all(struct nft *nft)
{
	struct nft_trans *head = nft->transactions, *trans;

	nft->transactions = NULL;
	DL_FOREACH (head, trans)
		trans->type->commit(nft, trans);
	return head;
}

static void release_all(struct nft *nft, struct nft_trans *trans)
{
	struct nft_trans *next;

	for (; trans; trans = next) {
		next = trans->next;
		if (trans->type->release)
			trans->type->release(nft, trans, true);
		free(trans);
	}
}

void nft_commit_silently(struct nft_call *call)
{
	struct nft *nft = call->nft;

	/* What is deleted is unbound whatever the NIC says. */
	nft_offload_commit(call);
	nft->silent = true;
	release_all(nft, commit_all(nft));
	nft->silent = false;
}

int nft_commit(struct nft_call *call)
{
	struct nft *nft = call->nft;
	struct nft_trans *trans;
	int error = 0;

	if (!nft->transactions)
		return 0;
	if (nft->check)
		error = nft_check_drop_unbound(call);
	if (error)
		return error;
	DL_FOREACH (nft->transactions, trans) {
		error = trans->type->check ? trans->type->check(nft, trans) : 0;
		if (error)
			return error;
	}
	error = nft_validate(nft);
	/* Check mode has asked at each message. */
	if (!error && !nft->check)
		error = nft_offload_commit(call);
	if (error)
		return error;
	nft_check_commit(nft);
	nft_collect_warnings(nft);
	nft->generation += nft->generation == UINT32_MAX ? 2 : 1;
	trans = commit_all(nft);
	nft_notify_flush(nft, call->client);
	nft_notify_generation(call);
	nft->validate_all = false;
	release_all(nft, trans);
	return 0;
}
