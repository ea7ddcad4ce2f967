/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Hostile netlink to the nf_tables endpoint. An input is a row of datagrams, each after a 32-bit
 * length (host order; one that lies is cut), so that later ones meet what earlier ones left. The
 * first byte chooses kernel, judge mode, listeners and when the driver refuses.
 *
 * After each datagram the store must be whole: dumps of all kinds work and no batch is left open.
 */
#include "../control/nft_world.h"

#include <nft/internal.h>

#include <errno.h>

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct world world;

static void expect(bool what, const char *text)
{
	if (what)
		return;
	fprintf(stderr, "%s\n", text);
	abort();
}

static void dump_everything(struct world *w)
{
	static const uint8_t kinds[] = {
		NFT_MSG_GETTABLE, NFT_MSG_GETCHAIN, NFT_MSG_GETRULE,
		NFT_MSG_GETSET,   NFT_MSG_GETOBJ,   NFT_MSG_GETFLOWTABLE,
	};

	for (size_t i = 0; i < sizeof(kinds); i++) {
		struct nlmsghdr *nlh;

		w->batch_size = 0;
		nlh = batch_message(w, (uint16_t)(NFNL_SUBSYS_NFTABLES << 8 | kinds[i]), 0,
				    NLM_F_DUMP);
		world_send(w, nlh, nlh->nlmsg_len);
		expect(w->received.size >= 20, "a dump without an end");
	}
}

/* Lists and use counts agree. Dead marks belong to an open batch only. */
static void check_store(const struct nft *nft)
{
	const struct nft_table *table;
	const struct nft_chain *chain;
	const struct nft_rule *rule;

	expect(!nft->transactions && !nft->ids && !nft->notifications, "a batch is left open");
	DL_FOREACH (nft->tables, table) {
		unsigned int num_chains = 0;

		expect(!table->dead && !table->update_pending, "a table is left half changed");
		DL_FOREACH (table->chains, chain) {
			unsigned int num_rules = 0;

			num_chains++;
			expect(!chain->dead && !chain->owned, "a chain is left half deleted");
			DL_FOREACH (chain->rules, rule) {
				num_rules++;
				expect(!rule->dead && rule->hashed, "a rule is left half deleted");
			}
			expect(chain->use >= num_rules, "a chain's use count is too small");
		}
		expect(num_chains == HASH_CNT(by_name, table->chain_names), "names are lost");
		expect(table->use >= num_chains, "a table's use count is too small");
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const kernels[] = {"6.18", "6.12", "6.1", "ideal"};
	struct world *w = &world;
	uint8_t options = size ? data[0] : 0;

	world_open(w, kernels[options & 3]);
	nft_set_judge(w->nft, options & 4);
	w->listening = options & 8;
	w->refuse_verb = options & 16 ? OFFLOAD_BIND : OFFLOAD_REPLACE;
	w->refuse_after = options >> 5;
	w->refuse_error = ENOSPC;
	data += size ? 1 : 0;
	size -= size ? 1 : 0;
	while (size >= sizeof(uint32_t)) {
		uint32_t length;

		memcpy(&length, data, sizeof(length));
		data += sizeof(length);
		size -= sizeof(length);
		length = length < size ? length : (uint32_t)size;
		world_send(w, data, length);
		check_store(w->nft);
		dump_everything(w);
		check_store(w->nft);
		data += length;
		size -= length;
	}
	world_close(w);
	return 0;
}
