/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Chains and rules as reports, commands and who runs them see them. */
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
				       .exprs = rule->exprs,
				       .num_exprs = rule->num_exprs,
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

void nft_describe_rule(const struct nft *nft, const struct nft_offload_rule *rule, size_t index,
		       char *text, size_t size)
{
	struct describe_names names = nft_describe_names(nft);

	describe_statement(text, size, rule->exprs, rule->num_exprs, index, &names);
}

static void visit_device(const struct nft *nft, const struct nft_chain *chain,
			 const struct nft_hook *hook,
			 void (*visit)(void *context, const struct nft_offload_device *device),
			 void *context)
{
	struct nft_offload_device device = {
		.family = nft_family_name(chain->table->family),
		.table = chain->table->name,
		.chain = chain->name,
		.drops = chain->policy == NF_DROP,
		.port = -1,
	};

	if (hook) {
		device.name = hook->device;
		device.is_prefix = hook->is_prefix;
		device.bound = hook->binding;
		device.port =
			hook->binding ? hook->port : nic_port_by_name(nft->env.nic, hook->device);
	}
	visit(context, &device);
}

static void visit_devices(const struct nft *nft, const struct nft_chain *chain,
			  void (*visit)(void *context, const struct nft_offload_device *device),
			  void *context)
{
	const struct nft_hook *hook;

	if (!chain->hooks)
		visit_device(nft, chain, NULL, visit, context);
	DL_FOREACH (chain->hooks, hook)
		visit_device(nft, chain, hook, visit, context);
}

void nft_visit_offload_devices(const struct nft *nft,
			       void (*visit)(void *context,
					     const struct nft_offload_device *device),
			       void *context)
{
	const struct nft_table *table;
	const struct nft_chain *chain;

	DL_FOREACH (nft->tables, table) {
		if (table->family != NFPROTO_NETDEV)
			continue;
		DL_FOREACH (table->chains, chain) {
			if (nft_chain_is_offload(chain))
				visit_devices(nft, chain, visit, context);
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

/* ---- what is kept ---- */

const struct kernel_behavior *nft_kernel(const struct nft *nft)
{
	return nft->env.kernel;
}

void nft_chain_look(const struct nft_chain *chain, struct nft_chain_view *view)
{
	*view = (struct nft_chain_view){
		.family = nft_family_name(chain->table->family),
		.table = chain->table->name,
		.name = chain->name,
		.nfproto = chain->table->family,
		.is_base = nft_chain_is_base(chain),
		.is_offload = nft_chain_is_offload(chain),
		.is_dormant = chain->table->flags & NFT_TABLE_F_DORMANT,
		.drops = nft_chain_is_base(chain) && chain->policy == NF_DROP,
		.hooknum = chain->hooknum,
		.priority = chain->priority,
	};
}

void nft_rule_look(const struct nft_rule *rule, struct nft_rule_view *view)
{
	*view = (struct nft_rule_view){
		.handle = rule->handle,
		.comment = comment_of(rule),
		.exprs = rule->exprs,
		.num_exprs = rule->num_exprs,
	};
}

const struct nft_chain *nft_next_chain(const struct nft *nft, const struct nft_chain *chain)
{
	const struct nft_table *table;

	if (chain && chain->next)
		return chain->next;
	for (table = chain ? chain->table->next : nft->tables; table; table = table->next) {
		if (table->chains)
			return table->chains;
	}
	return NULL;
}

const struct nft_rule *nft_next_rule(const struct nft_chain *chain, const struct nft_rule *rule)
{
	return rule ? rule->next : chain->rules;
}

/* The port that the hook is on, if it is there: bound to it, or with its name. */
static bool hook_is_on(const struct nft *nft, const struct nft_hook *hook, size_t port)
{
	const struct nic_port *p = &nft->env.nic->ports[port];

	if (p->gone)
		return false;
	return hook->binding ? hook->port == (int)port : nft_hook_names(hook, p->name);
}

void nft_visit_chain_ports(const struct nft *nft, const struct nft_chain *chain,
			   void (*visit)(void *context, uint16_t port), void *context)
{
	const struct nft_hook *hook;

	DL_FOREACH (chain->hooks, hook) {
		for (size_t port = 0; port < nft->env.nic->num_ports; port++) {
			if (hook_is_on(nft, hook, port))
				visit(context, (uint16_t)port);
		}
	}
}

/* Its hook on the port, for chains that packets meet at ingress; NULL. */
static const struct nft_hook *ingress_hook(const struct nft *nft, const struct nft_chain *chain,
					   uint16_t port)
{
	uint8_t family = chain->table->family;
	const struct nft_hook *hook;

	if (!nft_chain_is_base(chain) || chain->table->flags & NFT_TABLE_F_DORMANT ||
	    !nft_chain_has_devices(family, chain->hooknum) ||
	    (family == NFPROTO_NETDEV && chain->hooknum != NF_NETDEV_INGRESS))
		return NULL;
	DL_FOREACH (chain->hooks, hook) {
		if (hook_is_on(nft, hook, port))
			return hook;
	}
	return NULL;
}

struct hooked {
	const struct nft_chain *chain; /* NULL: none */
	uint64_t number;
};

static bool runs_before(const struct hooked *a, const struct hooked *b)
{
	if (a->chain->priority != b->chain->priority)
		return a->chain->priority < b->chain->priority;
	return a->number > b->number;
}

const struct nft_chain *nft_next_ingress_chain(const struct nft *nft, uint16_t port,
					       const struct nft_chain *chain)
{
	const struct nft_hook *hook = chain ? ingress_hook(nft, chain, port) : NULL;
	struct hooked last = {hook ? chain : NULL, hook ? hook->number : 0}, best = {NULL, 0};
	const struct nft_chain *next = NULL;

	if (port >= nft->env.nic->num_ports)
		return NULL;
	while ((next = nft_next_chain(nft, next))) {
		struct hooked h = {next, 0};

		hook = ingress_hook(nft, next, port);
		if (!hook)
			continue;
		h.number = hook->number;
		if ((!last.chain || runs_before(&last, &h)) &&
		    (!best.chain || runs_before(&h, &best)))
			best = h;
	}
	return best.chain;
}

const struct nft_chain *nft_jump_target(const struct nft_expr *expr)
{
	return expr->reference_kind == NFT_EXPR_CHAIN ? expr->reference : NULL;
}
