/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What becomes of a chain's changes at the end of a batch. */
#include "internal.h"

#include <errno.h>
#include <stdlib.h>

static struct nft_trans_chain *chain_trans(struct nft_trans *trans)
{
	return (struct nft_trans_chain *)trans;
}

static void notify(struct nft *nft, const struct nft_trans *trans, uint8_t event,
		   const struct nft_chain_update *update)
{
	struct nft_writer *w = nft_notify_begin(nft, trans, event, 0);

	if (!w)
		return;
	nft_chain_fill(nft, w, ((const struct nft_trans_chain *)trans)->chain, event, update);
	nft_notify_end(nft, trans);
}

/* ---- a new chain ---- */

static int check_new(struct nft *nft, struct nft_trans *trans)
{
	struct nft_chain *chain = chain_trans(trans)->chain;

	/* Check mode may have left out the rule that jumps there: then the chain is gone, too. */
	return chain->flags & NFT_CHAIN_BINDING && !chain->bound && !nft->check ? -EINVAL : 0;
}

static void commit_new(struct nft *nft, struct nft_trans *trans)
{
	struct nft_trans_chain *t = chain_trans(trans);

	if (t->has_policy)
		t->chain->policy = t->policy;
	notify(nft, trans, NFT_MSG_NEWCHAIN, NULL);
}

static void abort_new(struct nft *nft, struct nft_trans *trans)
{
	struct nft_chain *chain = chain_trans(trans)->chain;

	/* Owned by the rule that jumps to it: that rule's end frees it, perhaps before us. */
	chain_trans(trans)->skip = chain->owned;
	if (chain_trans(trans)->skip)
		return;
	trans->table->use--;
	nft_chain_unlink(chain);
	/* Kernels that don't roll back leave the port bound to freed memory; here it is let go. */
	nft_offload_let_go(nft, chain);
}

static void release_new(struct nft *nft, struct nft_trans *trans, bool committed)
{
	if (!committed && !chain_trans(trans)->skip)
		nft_chain_free(chain_trans(trans)->chain);
}

const struct nft_trans_type nft_trans_newchain = {
	.name = "add chain",
	.check = check_new,
	.commit = commit_new,
	.abort = abort_new,
	.release = release_new,
	.size = sizeof(struct nft_trans_chain),
};

/* ---- an update: name, policy, counters, more devices ---- */

static void rename_chain(struct nft_chain *chain, struct nft_trans_chain *t)
{
	char *old = chain->name;

	nft_chain_unhash(chain);
	chain->name = t->name;
	t->name = old;
	/* A later message of the batch may have deleted it already. */
	if (!chain->dead)
		nft_chain_rehash(chain);
}

static void commit_update(struct nft *nft, struct nft_trans *trans)
{
	struct nft_trans_chain *t = chain_trans(trans);
	struct nft_chain *chain = t->chain;

	if (t->name)
		rename_chain(chain, t);
	if (t->has_counters) {
		chain->has_counters = true;
		chain->packets = t->packets;
		chain->bytes = t->bytes;
	}
	if (t->has_policy)
		chain->policy = t->policy;
	notify(nft, trans, NFT_MSG_NEWCHAIN, &(struct nft_chain_update){.added = t->hooks});
	/* In front, as the kernel's list. */
	DL_CONCAT(t->hooks, chain->hooks);
	chain->hooks = t->hooks;
	t->hooks = NULL;
}

static void abort_update(struct nft *nft, struct nft_trans *trans)
{
}

static void release_update(struct nft *nft, struct nft_trans *trans, bool committed)
{
	nft_hooks_free(chain_trans(trans)->hooks);
	free(chain_trans(trans)->name);
}

const struct nft_trans_type nft_trans_updchain = {
	.name = "change chain",
	.commit = commit_update,
	.abort = abort_update,
	.release = release_update,
	.size = sizeof(struct nft_trans_chain),
};

/* ---- deleting ---- */

static void commit_del(struct nft *nft, struct nft_trans *trans)
{
	struct nft_chain *chain = chain_trans(trans)->chain;

	DL_DELETE(trans->table->chains, chain);
	notify(nft, trans, NFT_MSG_DELCHAIN, NULL);
}

static void abort_del(struct nft *nft, struct nft_trans *trans)
{
	struct nft_chain *chain = chain_trans(trans)->chain;

	trans->table->use++;
	chain->dead = false;
	nft_chain_rehash(chain);
}

static void release_del(struct nft *nft, struct nft_trans *trans, bool committed)
{
	if (committed)
		nft_chain_free(chain_trans(trans)->chain);
}

const struct nft_trans_type nft_trans_delchain = {
	.name = "delete chain",
	.commit = commit_del,
	.abort = abort_del,
	.release = release_del,
	.size = sizeof(struct nft_trans_chain),
};

int nft_chain_delete(struct nft_call *call, struct nft_chain *chain)
{
	struct nft_trans_chain *t = nft_trans_add(call, &nft_trans_delchain, chain->table);

	if (!t)
		return -ENOMEM;
	t->chain = chain;
	chain->table->use--;
	chain->dead = true;
	nft_chain_unhash(chain);
	return 0;
}

int nft_chains_delete_unbound(struct nft_call *call)
{
	struct nft_trans *trans;
	int error = 0;

	DL_FOREACH (call->nft->transactions, trans) {
		struct nft_chain *chain;

		if (trans->type != &nft_trans_newchain || trans->table->dead)
			continue;
		chain = chain_trans(trans)->chain;
		if (!(chain->flags & NFT_CHAIN_BINDING) || chain->bound || chain->dead)
			continue;
		error = nft_rules_delete(call, chain);
		if (!error)
			error = nft_chain_delete(call, chain);
		if (error)
			break;
	}
	return error;
}

/* ---- taking devices off; t->hooks names them, the chain's own ones are marked dead ---- */

static void commit_delhooks(struct nft *nft, struct nft_trans *trans)
{
	struct nft_trans_chain *t = chain_trans(trans);
	struct nft_hook *hook, *next;

	notify(nft, trans, NFT_MSG_DELCHAIN, &(struct nft_chain_update){0});
	DL_FOREACH_SAFE (t->chain->hooks, hook, next) {
		if (!hook->dead)
			continue;
		DL_DELETE(t->chain->hooks, hook);
		free(hook);
	}
}

/* The names that this transaction gave are those that it marked: live again. */
static void abort_delhooks(struct nft *nft, struct nft_trans *trans)
{
	struct nft_trans_chain *t = chain_trans(trans);
	struct nft_hook *hook, *given;

	DL_FOREACH (t->hooks, given) {
		DL_FOREACH (t->chain->hooks, hook) {
			if (!strcmp(hook->device, given->device))
				hook->dead = false;
		}
	}
}

const struct nft_trans_type nft_trans_delhooks = {
	.name = "delete chain devices",
	.commit = commit_delhooks,
	.abort = abort_delhooks,
	.release = release_update,
	.size = sizeof(struct nft_trans_chain),
};

bool nft_chain_update_pending(const struct nft *nft, const struct nft_table *table)
{
	const struct nft_trans *trans;

	DL_FOREACH (nft->transactions, trans) {
		const struct nft_trans_chain *t = (const struct nft_trans_chain *)trans;

		if (trans->table != table)
			continue;
		if (trans->type == &nft_trans_updchain || trans->type == &nft_trans_delhooks ||
		    (trans->type == &nft_trans_delchain && nft_chain_is_base(t->chain)))
			return true;
	}
	return false;
}
