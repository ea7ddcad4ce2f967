/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The offloaded rules as reports and commands see them. */
#include "internal.h"

enum { UDATA_RULE_COMMENT = 0 }; /* NFTNL_UDATA_RULE_COMMENT: type, length, text with its NUL */

/* Not by libnftnl: it trusts the lengths, and these bytes are whatever a client sent. */
static const char *comment_of(const struct nft_rule *rule)
{
	const uint8_t *data = rule->userdata;
	size_t left = rule->userdata_size;

	while (left >= 2 && left - 2 >= data[1]) {
		if (data[0] == UDATA_RULE_COMMENT && data[1] && !data[1 + data[1]])
			return (const char *)data + 2;
		left -= 2u + data[1];
		data += 2u + data[1];
	}
	return NULL;
}

static bool has_counter(const struct nft_rule *rule)
{
	for (size_t i = 0; i < rule->num_exprs; i++) {
		if (nft_expr_is_counter(&rule->exprs[i]))
			return true;
	}
	return false;
}

static void visit_rule(const struct nft *nft, const struct nft_chain *chain,
		       const struct nft_rule *rule,
		       void (*visit)(void *context, const struct nft_offload_rule *rule),
		       void *context)
{
	struct offload_stats totals;
	const struct nft_hook *hook;

	DL_FOREACH (chain->hooks, hook) {
		/* A bound device may have changed its name. */
		int port =
			hook->binding ? hook->port : nic_port_by_name(nft->env.nic, hook->device);
		bool in_hw = hook->binding && !offload_totals(nft->env.offload, hook->binding,
							      rule->cookie, &totals);

		if (port < 0)
			continue;
		visit(context, &(struct nft_offload_rule){
				       .family = nft_family_name(chain->table->family),
				       .table = chain->table->name,
				       .chain = chain->name,
				       .handle = rule->handle,
				       .comment = comment_of(rule),
				       .port = (uint16_t)port,
				       .priority = chain->priority,
				       .has_counter = has_counter(rule),
				       .in_hw = in_hw,
				       .binding = hook->binding,
				       .cookie = rule->cookie,
				       .flow_rule = rule->flow,
			       });
	}
}

void nft_visit_offload_rules(const struct nft *nft,
			     void (*visit)(void *context, const struct nft_offload_rule *rule),
			     void *context)
{
	const struct nft_table *table;
	const struct nft_chain *chain;
	const struct nft_rule *rule;

	DL_FOREACH (nft->tables, table) {
		DL_FOREACH (table->chains, chain) {
			if (!nft_chain_is_offload(chain))
				continue;
			DL_FOREACH (chain->rules, rule)
				visit_rule(nft, chain, rule, visit, context);
		}
	}
}

int nft_first_offload_port(const struct nft *nft)
{
	const struct nft_table *table;
	const struct nft_chain *chain;
	const struct nft_hook *hook;

	DL_FOREACH (nft->tables, table) {
		DL_FOREACH (table->chains, chain) {
			if (!nft_chain_is_offload(chain))
				continue;
			DL_FOREACH (chain->hooks, hook) {
				int port = hook->binding
						   ? hook->port
						   : nic_port_by_name(nft->env.nic, hook->device);

				if (port >= 0)
					return port;
			}
		}
	}
	return -1;
}
