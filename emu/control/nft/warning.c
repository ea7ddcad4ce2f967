/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What was accepted and will surprise: kept with the rule, and for whoever asks; logged. */
#include "internal.h"

#include <stdlib.h>

enum { WARNINGS_MAX = 100000 };

/* ---- with the rule ---- */

void nft_rule_warn(struct nft_rule *rule, const char *id, const char *text)
{
	size_t size = strlen(text) + 1;
	struct nft_rule_warning *warning = malloc(sizeof(*warning) + size);

	if (!warning)
		return;
	warning->id = id;
	memcpy(warning->text, text, size);
	LL_APPEND(rule->warnings, warning);
}

void nft_rule_forget_warnings(struct nft_rule *rule)
{
	struct nft_rule_warning *warning, *next;

	LL_FOREACH_SAFE(rule->warnings, warning, next)
	free(warning);
	rule->warnings = NULL;
}

static void visit_rule(const struct nft_rule *rule,
		       void (*visit)(void *context, const struct nft_warning *warning),
		       void *context)
{
	const struct nft_chain *chain = rule->chain;
	const struct nft_rule_warning *warning;

	LL_FOREACH(rule->warnings, warning)
	{
		visit(context, &(struct nft_warning){
				       .family = nft_family_name(chain->table->family),
				       .table = chain->table->name,
				       .chain = chain->name,
				       .handle = rule->handle,
				       .id = warning->id,
				       .text = warning->text,
			       });
	}
}

void nft_visit_rule_warnings(const struct nft *nft,
			     void (*visit)(void *context, const struct nft_warning *warning),
			     void *context)
{
	const struct nft_table *table;
	const struct nft_chain *chain;
	const struct nft_rule *rule;

	DL_FOREACH (nft->tables, table) {
		DL_FOREACH (table->chains, chain) {
			DL_FOREACH (chain->rules, rule)
				visit_rule(rule, visit, context);
		}
	}
}

/* ---- for whoever asks ---- */

static bool make_room(struct nft *nft)
{
	size_t room = nft->room_warnings ? 2 * nft->room_warnings : 16;
	struct nft_warning *more;

	if (nft->num_warnings < nft->room_warnings)
		return true;
	if (nft->num_warnings >= WARNINGS_MAX)
		return false;
	more = reallocarray(nft->warnings, room, sizeof(*more));
	if (!more)
		return false;
	nft->warnings = more;
	nft->room_warnings = room;
	return true;
}

static void free_texts(const struct nft_warning *warning)
{
	free((char *)warning->table);
	free((char *)warning->chain);
	free((char *)warning->text);
}

static void keep(void *context, const struct nft_warning *warning)
{
	struct nft *nft = context;
	struct nft_warning copy = *warning;

	log_add(nft->env.log, LOG_WARNING, nft->env.clock->now_ns, "warning: %s %s %s%s%.0llu: %s",
		warning->family, warning->table, warning->chain, warning->handle ? " handle " : "",
		(unsigned long long)warning->handle, warning->text);
	copy.table = strdup(warning->table);
	copy.chain = strdup(warning->chain);
	copy.text = strdup(warning->text);
	if (copy.table && copy.chain && copy.text && make_room(nft))
		nft->warnings[nft->num_warnings++] = copy;
	else
		free_texts(&copy);
}

static void keep_absent(struct nft *nft, const struct nft_chain *chain,
			const struct nft_hook *hooks)
{
	const struct nft_hook *hook;
	char ports[256], text[512];

	DL_FOREACH (hooks, hook) {
		if (nft_device_exists(nft, hook))
			continue;
		nft_list_ports(nft->env.nic, ports, sizeof(ports));
		snprintf(text, sizeof(text),
			 "device %s is no port of this NIC: the chain is bound to nothing there; "
			 "the ports are %s",
			 hook->device, ports);
		keep(nft, &(struct nft_warning){
				  .family = nft_family_name(chain->table->family),
				  .table = chain->table->name,
				  .chain = chain->name,
				  .id = "device-not-a-port",
				  .text = text,
			  });
	}
}

static void keep_about(struct nft *nft, const struct nft_chain *chain, uint64_t handle,
		       const char *id, const char *text)
{
	keep(nft, &(struct nft_warning){
			  .family = nft_family_name(chain->table->family),
			  .table = chain->table->name,
			  .chain = chain->name,
			  .handle = handle,
			  .id = id,
			  .text = text,
		  });
}

void nft_warn_chain(struct nft *nft, const struct nft_chain *chain, const char *id,
		    const char *text)
{
	keep_about(nft, chain, 0, id, text);
}

static bool is_offloaded(const struct nft_chain *chain)
{
	return nft_chain_is_offload(chain) && chain->table->family == NFPROTO_NETDEV;
}

/* The commit walk passes over updates of a chain: the NIC hears nothing of them. */
static void keep_update(struct nft *nft, const struct nft_trans_chain *t)
{
	const struct nft_hook *hook;
	char text[160];

	keep_absent(nft, t->chain, t->hooks);
	if (!is_offloaded(t->chain))
		return;
	DL_FOREACH (t->hooks, hook) {
		snprintf(text, sizeof(text),
			 "device %s was added to a chain that exists: only software sees its "
			 "packets, the NIC has no rule for it",
			 hook->device);
		if (nft_device_exists(nft, hook))
			keep_about(nft, t->chain, 0, "device-not-bound", text);
	}
	if (t->has_policy && t->policy == NF_DROP && t->chain->policy != NF_DROP)
		keep_about(nft, t->chain, 0, "policy-software-only",
			   "the NIC is not told of a new policy: only software drops what no rule "
			   "takes");
}

/*
 * Which rules have one behind them that hardware got before them? Handles grow in order of arrival.
 * One walk from the end answers for all rules of a chain.
 */
static void find_order(struct nft_chain *chain)
{
	struct nft_rule *rule = chain->rules ? chain->rules->prev : NULL;
	uint64_t oldest = UINT64_MAX;

	while (rule) {
		rule->before_older = oldest < rule->handle;
		if (!rule->dead && rule->handle < oldest)
			oldest = rule->handle;
		rule = rule == chain->rules ? NULL : rule->prev;
	}
	chain->order_known = true;
}

static bool goes_last_in_hardware(const struct nft_trans_rule *t)
{
	if (!is_offloaded(t->chain))
		return false;
	if (!t->chain->order_known)
		find_order(t->chain);
	return t->rule->before_older;
}

static void keep_rule(struct nft *nft, const struct nft_trans *trans)
{
	const struct nft_trans_rule *t = (const struct nft_trans_rule *)trans;

	visit_rule(t->rule, keep, nft);
	if (goes_last_in_hardware(t))
		keep_about(nft, t->chain, t->rule->handle, "order-differs",
			   "stands in the middle of the chain, and the NIC has it last: rules "
			   "behind it decide first there");
}

void nft_collect_warnings(struct nft *nft)
{
	const struct nft_trans *trans;

	DL_FOREACH (nft->transactions, trans) {
		const struct nft_trans_chain *chain = (const struct nft_trans_chain *)trans;

		if (trans->type == &nft_trans_newrule)
			keep_rule(nft, trans);
		else if (trans->type == &nft_trans_newchain)
			keep_absent(nft, chain->chain, chain->chain->hooks);
		else if (trans->type == &nft_trans_updchain)
			keep_update(nft, chain);
	}
	DL_FOREACH (nft->transactions, trans)
		if (trans->type == &nft_trans_newrule)
			((const struct nft_trans_rule *)trans)->chain->order_known = false;
}

/* ---- after a rollback ---- */

static bool is_programmed(const struct nft *nft, const struct nft_chain *chain,
			  const struct nft_rule *rule)
{
	struct offload_stats totals;
	const struct nft_hook *hook;

	DL_FOREACH (chain->hooks, hook) {
		if (hook->binding &&
		    !offload_totals(nft->env.offload, hook->binding, rule->cookie, &totals))
			return true;
	}
	return false;
}

/* Rules that were taken out and put back are behind all others, the last one first. */
static bool came_back(const struct nft *nft, const struct nft_trans *trans)
{
	const struct nft_trans_rule *t = (const struct nft_trans_rule *)trans;

	return trans->type == &nft_trans_delrule && is_offloaded(t->chain) &&
	       (t->rule->next || t->rule->prev != t->rule) && is_programmed(nft, t->chain, t->rule);
}

void nft_warn_of_rollback(struct nft *nft, const struct nft_trans *failed)
{
	const struct nft_trans *trans;

	DL_FOREACH (nft->transactions, trans) {
		const struct nft_trans_rule *t = (const struct nft_trans_rule *)trans;

		if (trans->type == &nft_trans_newrule && is_offloaded(t->chain) &&
		    is_programmed(nft, t->chain, t->rule))
			keep_about(nft, t->chain, t->rule->handle, "stale-rule",
				   "was refused, and stays in a NIC that had accepted it: only "
				   "deleting the chain gets it out");
		else if (trans != failed && came_back(nft, trans))
			keep_about(nft, t->chain, t->rule->handle, "order-differs",
				   "was deleted and put back when the batch failed: the NIC has it "
				   "last");
		if (trans == failed)
			break;
	}
}

size_t nft_num_warnings(const struct nft *nft)
{
	return nft->num_warnings;
}

const struct nft_warning *nft_warning(const struct nft *nft, size_t index)
{
	return index < nft->num_warnings ? &nft->warnings[index] : NULL;
}

void nft_clear_warnings(struct nft *nft)
{
	for (size_t i = 0; i < nft->num_warnings; i++)
		free_texts(&nft->warnings[i]);
	free(nft->warnings);
	nft->warnings = NULL;
	nft->num_warnings = nft->room_warnings = 0;
}
