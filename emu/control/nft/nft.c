/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The endpoint as a whole. */
#include "internal.h"
#include "receive.h"

#include <errno.h>
#include <stdlib.h>

/* A program that owns tables takes them along when it goes. */
static void client_closed(void *context, struct client *client)
{
	nft_tables_orphan(context, client);
}

struct nft *nft_create(const struct nft_environment *environment)
{
	struct nft *nft = calloc(1, sizeof(*nft));

	if (!nft)
		return NULL;
	nft->env = *environment;
	nft->generation = 1;
	nft->endpoint = (struct server_endpoint){
		.protocol = NETLINK_NETFILTER,
		.receive = nft_receive,
		.closed = client_closed,
		.context = nft,
	};
	server_register(nft->env.server, &nft->endpoint);
	nft_listen_to_devices(nft);
	return nft;
}

static void free_rules(struct nft_chain *chain)
{
	struct nft_rule *rule, *next;

	DL_FOREACH_SAFE (chain->rules, rule, next) {
		nft_rule_unlink(rule);
		nft_rule_free(rule);
	}
}

static void free_table(struct nft *nft, struct nft_table *table)
{
	struct nft_chain *chain, *next;

	DL_FOREACH (table->chains, chain)
		free_rules(chain);
	DL_FOREACH_SAFE (table->chains, chain, next) {
		nft_chain_unlink(chain);
		nft_chain_free(chain);
	}
	nft_sets_free(nft, table);
	nft_objects_free(nft, table);
	nft_table_free(table);
}

void nft_destroy(struct nft *nft)
{
	struct nft_table *table, *next;

	if (!nft)
		return;
	if (nft->env.rt)
		rt_listen(nft->env.rt, NULL);
	nft_offload_unbind_all(nft);
	DL_FOREACH_SAFE (nft->tables, table, next)
		free_table(nft, table);
	nft_clear_refusals(nft);
	nft_clear_warnings(nft);
	nft_set_check(nft, NFT_CHECK_OFF);
	buffer_clear(&nft->log_line);
	free(nft);
}

void nft_set_judge(struct nft *nft, bool on)
{
	nft->judge = on;
}
