/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Messages that describe a chain, and GETCHAIN. */
#include "internal.h"

static void fill_devices(struct nft_writer *w, const struct nft_chain *chain, uint8_t event,
			 const struct nft_chain_update *update)
{
	const struct nft_hook *hooks =
		update && event == NFT_MSG_NEWCHAIN ? update->added : chain->hooks;
	const struct nft_hook *hook, *only = NULL;
	size_t nest = nft_nest_begin(w, NFTA_HOOK_DEVS);
	int number = 0;

	DL_FOREACH (hooks, hook) {
		if (hook->dead != (update && event != NFT_MSG_NEWCHAIN))
			continue;
		nft_put_string(w, hook->is_prefix ? NICEMU_DEVICE_PREFIX : NFTA_DEVICE_NAME,
			       hook->device);
		only = number++ ? NULL : hook;
	}
	nft_nest_end(w, nest);
	if (only && !only->is_prefix)
		nft_put_string(w, NFTA_HOOK_DEV, only->device);
}

static void fill_base(struct nft_writer *w, const struct nft_chain *chain, uint8_t event,
		      const struct nft_chain_update *update)
{
	size_t nest = nft_nest_begin(w, NFTA_CHAIN_HOOK);

	nft_put_be32(w, NFTA_HOOK_HOOKNUM, chain->hooknum);
	nft_put_be32(w, NFTA_HOOK_PRIORITY, (uint32_t)chain->priority);
	if (nft_chain_has_devices(chain->table->family, chain->hooknum))
		fill_devices(w, chain, event, update);
	nft_nest_end(w, nest);
	nft_put_be32(w, NFTA_CHAIN_POLICY, chain->policy);
	nft_put_string(w, NFTA_CHAIN_TYPE, chain->type->name);
	if (!chain->has_counters)
		return;
	nest = nft_nest_begin(w, NFTA_CHAIN_COUNTERS);
	nft_put_be64(w, NFTA_COUNTER_PACKETS, chain->packets);
	nft_put_be64(w, NFTA_COUNTER_BYTES, chain->bytes);
	nft_nest_end(w, nest);
}

void nft_chain_fill(const struct nft *nft, struct nft_writer *w, const struct nft_chain *chain,
		    uint8_t event, const struct nft_chain_update *update)
{
	const struct kernel_behavior *kernel = nft->env.kernel;

	nft_put_string(w, NFTA_CHAIN_TABLE, chain->table->name);
	if (!kernel->dump_names_first)
		nft_put_be64(w, NFTA_CHAIN_HANDLE, chain->handle);
	nft_put_string(w, NFTA_CHAIN_NAME, chain->name);
	if (kernel->dump_names_first)
		nft_put_be64(w, NFTA_CHAIN_HANDLE, chain->handle);
	if (!update && event != NFT_MSG_NEWCHAIN && kernel->short_delete_events)
		return;
	if (nft_chain_is_base(chain))
		fill_base(w, chain, event, update);
	if (chain->flags)
		nft_put_be32(w, NFTA_CHAIN_FLAGS, chain->flags);
	nft_put_be32(w, NFTA_CHAIN_USE, chain->use);
	if (chain->userdata)
		nft_put(w, NFTA_CHAIN_USERDATA, chain->userdata, chain->userdata_size);
}

static int dump_chains(struct nft_call *call)
{
	struct nft_table *table;
	struct nft_chain *chain;
	struct nft_dump dump;

	nft_dump_begin(&dump, call);
	DL_FOREACH (call->nft->tables, table) {
		if (call->family && call->family != table->family)
			continue;
		DL_FOREACH (table->chains, chain) {
			nft_chain_fill(call->nft,
				       nft_dump_message(&dump, NFT_MSG_NEWCHAIN, 0, table->family),
				       chain, NFT_MSG_NEWCHAIN, NULL);
			nft_dump_add(&dump);
		}
	}
	return nft_dump_end(&dump);
}

int nft_handle_getchain(struct nft_call *call)
{
	const struct nlattr *const *attrs = call->attrs;
	struct nft_table *table;
	struct nft_chain *chain;
	int error;

	if (call->flags & NLM_F_DUMP)
		return dump_chains(call);
	table = nft_table_find(call->nft, attrs[NFTA_CHAIN_TABLE], call->family, 0, &error);
	if (!table)
		return nft_bad(call, attrs[NFTA_CHAIN_TABLE], error);
	chain = nft_chain_find(table, attrs[NFTA_CHAIN_NAME], &error);
	if (!chain)
		return nft_bad(call, attrs[NFTA_CHAIN_NAME], error);
	nft_chain_fill(call->nft, nft_reply_begin(call, NFT_MSG_NEWCHAIN, 0, call->family), chain,
		       NFT_MSG_NEWCHAIN, NULL);
	return nft_reply_send(call);
}
