/* SPDX-License-Identifier: GPL-2.0-or-later */
/* About chains at the same hook that stay in software: the NIC is before all of them. */
#include "internal.h"

#include <linux/netfilter.h>
#include <string.h>

static size_t rules_of(const struct nft_chain *chain)
{
	const struct nft_rule *rule = NULL;
	size_t count = 0;

	while ((rule = nft_next_rule(chain, rule)))
		count++;
	return count;
}

/* --- what the NIC takes away --- */

static bool is_own(const struct lint_chain *chain, const struct nft_chain_view *view)
{
	return strcmp(chain->name, view->name) == 0 && strcmp(chain->table, view->table) == 0 &&
	       strcmp(chain->family, view->family) == 0;
}

/* The first chain with rules that software runs before this one; false where there is none. */
static bool find_earlier(const struct lint *lint, const struct lint_chain *own, uint16_t port,
			 struct nft_chain_view *view)
{
	const struct nft *nft = lint->emulator->nft;
	const struct nft_chain *chain = NULL;

	while ((chain = nft_next_ingress_chain(nft, port, chain))) {
		nft_chain_look(chain, view);
		if (is_own(own, view))
			return false;
		if (!view->is_offload && rules_of(chain))
			return true;
	}
	return false;
}

/* The first rule that does not pass its packets on to the host. */
static const struct lint_entry *first_that_takes(const struct lint *lint,
						 const struct lint_chain *chain)
{
	for (size_t i = 0; i < chain->num_entries; i++) {
		const struct lint_entry *entry = &lint->entries[chain->first_entry + i];

		if (entry->fate != ASIC_HOST && !entry->matches_nothing)
			return entry;
	}
	return NULL;
}

static void look_at_earlier(struct lint *lint, const struct lint_chain *chain)
{
	const struct lint_entry *entry = first_that_takes(lint, chain);
	struct nft_chain_view view;
	struct lint_place place;
	char fate[64];

	if (!entry)
		return;
	place = lint_at_rule(lint, lint->instances[entry->instance].rule);
	if (!find_earlier(lint, chain, lint->instances[entry->instance].port, &view))
		return;
	lint_print_fate(fate, sizeof(fate), lint, entry);
	lint_add(lint, LINT_EARLIER_CHAIN_SKIPPED, place,
		 "put the rules of that chain before the ones here, or give it a larger priority "
		 "number",
		 "software runs the chain %s %s %s (priority %d) before this one; what the NIC "
		 "takes (%s) does not get there",
		 view.family, view.table, view.name, view.priority, fate);
}

/* --- what it knows nothing of --- */

static void count_port(void *context, uint16_t port)
{
	++*(size_t *)context;
}

static void look_at_chain(struct lint *lint, const struct nft_chain *chain)
{
	struct nft_chain_view view;
	size_t ports = 0, rules, index;

	nft_chain_look(chain, &view);
	if (!view.is_base || view.is_offload || view.nfproto != NFPROTO_NETDEV ||
	    view.hooknum != NF_NETDEV_INGRESS)
		return;
	nft_visit_chain_ports(lint->emulator->nft, chain, count_port, &ports);
	rules = rules_of(chain);
	if (!ports || !rules)
		return;
	index = lint_chain(lint, view.family, view.table, view.name);
	if (index != SIZE_MAX)
		lint_add(lint, LINT_NOT_OFFLOADED, lint_at_chain(index), "`flags offload;`",
			 "chain %s has no `flags offload`: the NIC knows nothing of its %zu "
			 "rule%s",
			 view.name, rules, rules == 1 ? "" : "s");
}

void check_software_chains(struct lint *lint)
{
	const struct nft_chain *chain = NULL;

	for (size_t i = 0; i < lint->num_chains; i++)
		if (lint->chains[i].num_entries)
			look_at_earlier(lint, &lint->chains[i]);
	while ((chain = nft_next_chain(lint->emulator->nft, chain)))
		look_at_chain(lint, chain);
}
