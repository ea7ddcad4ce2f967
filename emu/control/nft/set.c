/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sets are not there yet: every message that names one says so. */
#include "internal.h"

#include <errno.h>

const struct nft_message_group nft_set_messages = {0};

int nft_set_attach(struct nft_call *call, struct nft_table *table, const struct nlattr *name,
		   const struct nlattr *id, struct nft_chain *chain, struct nft_expr_set *info)
{
	return -ENOENT;
}

void nft_set_detach(struct nft *nft, struct nft_set *set)
{
}

void nft_set_prepare(struct nft *nft, struct nft_set *set)
{
}

void nft_set_restore(struct nft *nft, struct nft_set *set)
{
}

void nft_set_commit(struct nft *nft, const struct nft_trans *trans, struct nft_set *set)
{
}

void nft_set_abort(struct nft *nft, struct nft_set *set)
{
}

void nft_set_free(struct nft *nft, struct nft_set *set)
{
}

int nft_sets_delete(struct nft_call *call, struct nft_table *table)
{
	return 0;
}

void nft_sets_free(struct nft *nft, struct nft_table *table)
{
}

int nft_set_visit_chains(struct nft_set *set, int (*visit)(void *context, struct nft_chain *chain),
			 void *context)
{
	return 0;
}
