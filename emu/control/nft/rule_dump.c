/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Messages that describe a rule, GETRULE and GETRULE_RESET. */
#include "internal.h"

#include <errno.h>

/* A jump tells its chain's name of today: it may have been renamed since the rule was made. */
static bool refresh_chain_name(struct nft_expr *expr)
{
	const struct nft_chain *chain = expr->reference;

	if (!chain || expr->reference_kind != NFT_EXPR_CHAIN || !strcmp(expr->name, chain->name))
		return true;
	return nft_expr_set_name(expr, chain->name) == 0;
}

void nft_rule_fill(struct nft *nft, struct nft_writer *w, const struct nft_chain *chain,
		   struct nft_rule *rule, uint8_t event, uint64_t position)
{
	size_t list, element;

	nft_put_string(w, NFTA_RULE_TABLE, chain->table->name);
	nft_put_string(w, NFTA_RULE_CHAIN, chain->name);
	nft_put_be64(w, NFTA_RULE_HANDLE, rule->handle);
	if (event == NFT_MSG_NEWRULE && position)
		nft_put_be64(w, NFTA_RULE_POSITION, position);
	if (nft_chain_is_offload(chain))
		nft_offload_update_counters(nft, chain, rule);
	list = nft_nest_begin(w, NFTA_RULE_EXPRESSIONS);
	for (size_t i = 0; i < rule->num_exprs && !w->failed; i++) {
		element = nft_nest_begin(w, NFTA_LIST_ELEM);
		if (!refresh_chain_name(&rule->exprs[i]) ||
		    !nft_expr_dump(nft_writer_header(w), sizeof(w->bytes), &rule->exprs[i]))
			w->failed = true;
		nft_nest_end(w, element);
	}
	nft_nest_end(w, list);
	if (rule->userdata)
		nft_put(w, NFTA_RULE_USERDATA, rule->userdata, rule->userdata_size);
}

static void reset_rule(struct nft_rule *rule)
{
	for (size_t i = 0; i < rule->num_exprs; i++)
		nft_expr_reset(&rule->exprs[i]);
}

static void dump_chain(struct nft_dump *dump, struct nft_chain *chain)
{
	bool reset = dump->call->message == NICEMU_MSG_GETRULE_RESET;
	struct nft *nft = dump->call->nft;
	struct nft_rule *rule;
	uint64_t position = 0;

	DL_FOREACH (chain->rules, rule) {
		struct nft_writer *w =
			nft_dump_message(dump, NFT_MSG_NEWRULE, NLM_F_APPEND, chain->table->family);

		nft_rule_fill(nft, w, chain, rule, NFT_MSG_NEWRULE, position);
		nft_dump_add(dump);
		if (reset)
			reset_rule(rule);
		position = rule->handle;
	}
}

static int dump_rules(struct nft_call *call)
{
	const struct nlattr *table_name = call->attrs[NFTA_RULE_TABLE];
	const struct nlattr *chain_name = call->attrs[NFTA_RULE_CHAIN];
	struct nft_table *table;
	struct nft_chain *chain;
	struct nft_dump dump;
	int error;

	nft_dump_begin(&dump, call);
	DL_FOREACH (call->nft->tables, table) {
		if (call->family && call->family != table->family)
			continue;
		if (table_name && !nft_attr_equals(table_name, table->name))
			continue;
		if (table_name && chain_name) {
			chain = nft_chain_find(table, chain_name, &error);
			if (chain)
				dump_chain(&dump, chain);
			break;
		}
		DL_FOREACH (table->chains, chain)
			dump_chain(&dump, chain);
		if (table_name)
			break;
	}
	return nft_dump_end(&dump);
}

int nft_handle_getrule(struct nft_call *call)
{
	const struct nlattr *const *attrs = call->attrs;
	const struct nlattr *handle = attrs[NFTA_RULE_HANDLE];
	struct nft_table *table;
	struct nft_chain *chain;
	struct nft_rule *rule;
	int error;

	if (call->message == NICEMU_MSG_GETRULE_RESET && !call->nft->env.kernel->rule_reset)
		return -EINVAL;
	if (call->flags & NLM_F_DUMP)
		return dump_rules(call);
	table = nft_table_find(call->nft, attrs[NFTA_RULE_TABLE], call->family, 0, &error);
	if (!table)
		return nft_bad(call, attrs[NFTA_RULE_TABLE], error);
	chain = nft_chain_find(table, attrs[NFTA_RULE_CHAIN], &error);
	if (!chain)
		return nft_bad(call, attrs[NFTA_RULE_CHAIN], error);
	if (!handle)
		return -EINVAL;
	rule = nft_rule_find_handle(chain, nft_attr_be64(handle));
	if (!rule)
		return nft_bad(call, handle, -ENOENT);
	nft_rule_fill(call->nft, nft_reply_begin(call, NFT_MSG_NEWRULE, 0, call->family), chain,
		      rule, NFT_MSG_NEWRULE, 0);
	if (call->message == NICEMU_MSG_GETRULE_RESET)
		reset_rule(rule);
	return nft_reply_send(call);
}
