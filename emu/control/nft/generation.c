/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The generation id: GETGEN, and NEWGEN at the end of each commit. */
#include "internal.h"

static const struct nft_policy policy[NFTA_GEN_MAX + 1];

/* Who did it: a client's port id is its process id unless it has several sockets. */
static void put_process(struct nft_writer *w, uint32_t pid)
{
	char path[40], name[17] = "";
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%u/comm", pid);
	file = fopen(path, "re");
	if (file) {
		if (fgets(name, sizeof(name), file))
			name[strcspn(name, "\n")] = '\0';
		fclose(file);
	}
	nft_put_be32(w, NFTA_GEN_PROC_PID, pid);
	nft_put_string(w, NFTA_GEN_PROC_NAME, name);
}

void nft_generation_fill(struct nft_call *call)
{
	struct nft_writer *w = nft_reply_begin(call, NFT_MSG_NEWGEN, 0, NFPROTO_UNSPEC);

	nft_put_be32(w, NFTA_GEN_ID, call->nft->generation);
	put_process(w, call->portid);
}

static int handle_getgen(struct nft_call *call)
{
	nft_generation_fill(call);
	return nft_reply_send(call);
}

static const struct nft_message_type types[] = {
	{NFT_MSG_GETGEN, false, NFTA_GEN_MAX, policy, handle_getgen},
};

const struct nft_message_group nft_generation_messages = {types, sizeof(types) / sizeof(*types)};
