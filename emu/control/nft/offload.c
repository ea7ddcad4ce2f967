/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What nf_tables tells a NIC about its offload chains, and when: checks at NEWCHAIN, translation at
 * NEWRULE, commands in the order of the batch's messages at commit, undone backwards on a refusal,
 * statistics when somebody lists rules.
 *
 * A chain that is not bound (its device is no port, or came later) gets no commands. Only the
 * netdev family reaches hardware; chains of other families may carry the flag and are only
 * translated.
 */
#include "internal.h"
#include "judge.h"
#include "offload_log.h"

#include <nicemu/config/model.h>

#include <errno.h>
#include <stdlib.h>

/* ETH_P_ALL as the kernel stores it in DESTROY and STATS: not swapped, so a driver reads 0x0300. */
enum { PROTOCOL_ALL = 0x0300 };

/* ---- checks ---- */

/* A NIC whose model takes nothing has no ndo_setup_tc, and neither has lo. */
static bool can_setup_tc(const struct nft *nft, const char *device)
{
	const struct model *model = nft->env.nic->profile;

	if (!strcmp(device, "lo"))
		return false;
	for (int i = 0; model && i < MODEL_FRONT_ENDS; i++)
		if (model->fronts[i].taken)
			return true;
	return !model;
}

static int refuse_device(struct reason *reason, const char *device)
{
	return reason_set(reason, "device-without-offload", EOPNOTSUPP, REASON_KERNEL,
			  "device %s has no hardware offload", device);
}

int nft_offload_chain_check(struct nft_call *call, const struct nft_chain *chain)
{
	const struct nft_hook *hook;
	bool ingress = call->family == NFPROTO_NETDEV && chain->hooknum == NF_NETDEV_INGRESS;

	if (chain->priority <= 0 || chain->priority > UINT16_MAX) {
		reason_set(&call->reason, "chain-priority", EOPNOTSUPP, REASON_KERNEL,
			   "priority %d: an offload chain needs a priority from 1 to 65535",
			   chain->priority);
		reason_hint(&call->reason, "type filter hook ingress device … priority 1");
		return -EOPNOTSUPP;
	}
	if (!call->nft->env.kernel->early_hook_check)
		return 0;
	DL_FOREACH (chain->hooks, hook) {
		if (!strcmp(hook->device, "lo") ||
		    nic_port_by_name(call->nft->env.nic, hook->device) >= 0) {
			if (!ingress)
				return reason_set(&call->reason, "chain-hook", EOPNOTSUPP,
						  REASON_KERNEL,
						  "only the ingress hook of the netdev family can "
						  "be offloaded");
			if (!can_setup_tc(call->nft, hook->device))
				return refuse_device(&call->reason, hook->device);
		}
	}
	return 0;
}

/* What the translation's look-ups and warnings need. */
struct translation {
	const struct nft *nft;
	struct nft_rule *rule;
};

static bool ifindex_exists(void *context, uint32_t ifindex)
{
	const struct nft *nft = ((const struct translation *)context)->nft;

	return ifindex == 1 || nic_port_by_ifindex(nft->env.nic, ifindex) >= 0;
}

static void warn(void *context, const char *id, size_t expression, const char *text)
{
	nft_rule_warn(((struct translation *)context)->rule, id, text);
}

/* The rule is translated once more: it has been warned of. */
static void warn_no_more(void *context, const char *id, size_t expression, const char *text)
{
}

static struct translate_context translate_context(struct translation *translation,
						  const struct describe_names *names)
{
	const struct nft_rule *rule = translation->rule;

	return (struct translate_context){
		.kernel = translation->nft->env.kernel,
		.ifindex_exists = ifindex_exists,
		.warn = !rule || rule->flow ? warn_no_more : warn,
		.names = names,
		.context = translation,
	};
}

int nft_offload_translate(struct nft_call *call, struct nft_rule *rule)
{
	struct translation translation = {.nft = call->nft, .rule = rule};
	const struct describe_names names = nft_describe_names(call->nft);
	const struct translate_context context = translate_context(&translation, &names);
	struct flow_rule *flow = NULL;
	int error, index;

	/* A rule stays what it is while no port that it names can have gone. */
	if ((rule->flow && !call->nft->devices_changed) || rule->refused)
		return 0;
	error = translate_nft_rule(&flow, rule->exprs, rule->num_exprs, &context, &call->reason);
	if (!error) {
		flow_rule_free(rule->flow);
		rule->flow = flow;
		return 0;
	}
	index = call->reason.expression;
	if (index < 0 || (size_t)index >= rule->num_exprs)
		return error;
	describe_statement(call->expression, sizeof(call->expression), rule->exprs, rule->num_exprs,
			   (size_t)index, &names);
	call->reason.offset = rule->exprs[index].offset;
	/* A kernel points at nothing here; a judge is asked to. */
	if ((call->nft->judge || call->nft->check) && call->reason.offset)
		call->extack.attr =
			(const struct nlattr *)((const uint8_t *)call->nlh + call->reason.offset);
	return error;
}

/* ---- commands ---- */

/* A device that is bound, but by a new name no more of the chain (device.c). */
static bool has_left(const struct nft *nft, const struct nft_hook *hook)
{
	return hook->binding && !nft_hook_names(hook, nft->env.nic->ports[hook->port].name);
}

static int bind_hook(struct nft *nft, struct nft_chain *chain, struct nft_hook *hook,
		     struct reason *reason)
{
	struct offload_binding binding = {
		.binder = OFFLOAD_BLOCK,
		.direction = OFFLOAD_INGRESS,
		.block = chain->table->handle << 32 | chain->handle,
		.table = chain->table->name,
		.chain = chain->name,
	};
	int error = 0;

	if (has_left(nft, hook))
		return 0;
	hook->port = nic_port_by_name(nft->env.nic, hook->device);
	if (strcmp(hook->device, "lo") && hook->port < 0)
		return 0;
	if (!can_setup_tc(nft, hook->device))
		error = refuse_device(reason, hook->device);
	binding.port = (uint16_t)hook->port;
	if (!error)
		error = offload_bind(nft->env.offload, &binding, reason);
	if (!error)
		hook->binding = binding.id;
	nft_log_command(nft, &(struct nft_logged_command){.verb = OFFLOAD_BIND,
							  .chain = chain,
							  .hook = hook,
							  .error = error,
							  .reason = reason});
	return error;
}

static int bind_chain(struct nft *nft, struct nft_chain *chain, uint8_t policy,
		      struct reason *reason)
{
	struct nft_hook *hook;
	int error = 0;

	if (policy == NF_DROP) {
		reason_set(reason, "policy-drop", EOPNOTSUPP, REASON_KERNEL,
			   "an offload chain can't have policy drop");
		reason_hint(reason, "end the chain with a rule that drops");
		return -EOPNOTSUPP;
	}
	DL_FOREACH (chain->hooks, hook) {
		error = bind_hook(nft, chain, hook, reason);
		if (error)
			break;
	}
	if (error) {
		DL_FOREACH (chain->hooks, hook)
			nft_offload_unbind(nft, chain, hook);
	}
	return error;
}

static struct offload_command make_command(const struct nft_chain *chain,
					   const struct nft_hook *hook, const struct nft_rule *rule)
{
	return (struct offload_command){
		.binding = hook->binding,
		.cookie = rule->cookie,
		.prio = (uint32_t)chain->priority,
		.protocol = PROTOCOL_ALL,
		.handle = rule->handle,
	};
}

static void log_rule(struct nft *nft, enum offload_verb verb, const struct nft_chain *chain,
		     const struct nft_hook *hook, const struct nft_rule *rule,
		     const struct offload_command *command, int error, const struct reason *reason)
{
	nft_log_command(nft, &(struct nft_logged_command){.verb = verb,
							  .chain = chain,
							  .hook = hook,
							  .rule = rule,
							  .command = command,
							  .error = error,
							  .reason = reason});
}

/*
 * A chain's devices are bound in the order of its list, but each bound one comes first in the list
 * of callbacks: commands go to the last device first. NULL after the first of the list.
 */
static struct nft_hook *last_bound(const struct nft_chain *chain)
{
	return chain->hooks ? chain->hooks->prev : NULL;
}

static struct nft_hook *bound_before(const struct nft_chain *chain, const struct nft_hook *hook)
{
	return hook == chain->hooks ? NULL : hook->prev;
}

/* REPLACE or DESTROY to each port of the chain, until one refuses. */
static int send_rule(struct nft *nft, enum offload_verb verb, struct nft_chain *chain,
		     struct nft_rule *rule, struct reason *reason)
{
	int error = 0;

	if (rule->refused)
		return 0;
	for (struct nft_hook *hook = last_bound(chain); hook; hook = bound_before(chain, hook)) {
		struct offload_command command = make_command(chain, hook, rule);

		if (!hook->binding)
			continue;
		if (verb == OFFLOAD_REPLACE) {
			command.rule = rule->flow;
			command.protocol = rule->flow->protocol;
			error = offload_replace(nft->env.offload, &command, reason);
		} else {
			error = offload_destroy_rule(nft->env.offload, &command, reason);
		}
		log_rule(nft, verb, chain, hook, rule, &command, error, reason);
		if (error)
			break;
	}
	return error;
}

static int replace_rule(struct nft *nft, struct nft_chain *chain, struct nft_rule *rule,
			struct reason *reason)
{
	return send_rule(nft, OFFLOAD_REPLACE, chain, rule, reason);
}

static int destroy_rule(struct nft *nft, struct nft_chain *chain, struct nft_rule *rule,
			struct reason *reason)
{
	return send_rule(nft, OFFLOAD_DESTROY, chain, rule, reason);
}

/*
 * A kernel then sends DESTROY for every rule that is still in the chain's list, whether or not it
 * was ever programmed or has been destroyed a moment ago, and looks at no answer.
 */
void nft_offload_unbind(struct nft *nft, struct nft_chain *chain, struct nft_hook *hook)
{
	struct reason reason = {0};
	struct nft_rule *rule;
	int error;

	if (!hook->binding || has_left(nft, hook))
		return;
	error = offload_unbind(nft->env.offload, hook->binding);
	nft_log_command(
		nft, &(struct nft_logged_command){
			     .verb = OFFLOAD_UNBIND, .chain = chain, .hook = hook, .error = error});
	DL_FOREACH (chain->rules, rule) {
		struct offload_command command = make_command(chain, hook, rule);

		if (!nft->env.kernel->unbind_destroys)
			break;
		error = offload_destroy_rule(nft->env.offload, &command, &reason);
		log_rule(nft, OFFLOAD_DESTROY, chain, hook, rule, &command, error, &reason);
	}
	offload_release(nft->env.offload, hook->binding);
	hook->binding = 0;
}

static void unbind_chain(struct nft *nft, struct nft_chain *chain)
{
	struct nft_hook *hook;

	DL_FOREACH (chain->hooks, hook)
		nft_offload_unbind(nft, chain, hook);
}

void nft_offload_clean(struct nft *nft, struct nft_chain *chain)
{
	struct reason reason = {0};
	struct nft_rule *rule;

	DL_FOREACH (chain->rules, rule)
		destroy_rule(nft, chain, rule, &reason);
	unbind_chain(nft, chain);
}

/* ---- the commit walk ---- */

static struct nft_chain *chain_of(struct nft_trans *trans)
{
	if (trans->type == &nft_trans_newchain || trans->type == &nft_trans_delchain)
		return ((struct nft_trans_chain *)trans)->chain;
	if (trans->type == &nft_trans_newrule || trans->type == &nft_trans_delrule)
		return ((struct nft_trans_rule *)trans)->chain;
	return NULL;
}

static bool reaches_hardware(struct nft_trans *trans)
{
	struct nft_chain *chain = chain_of(trans);

	return chain && nft_chain_is_offload(chain) && trans->table->family == NFPROTO_NETDEV;
}

static int apply_newrule(struct nft *nft, struct nft_trans_rule *t, struct reason *reason)
{
	uint16_t flags = t->trans.flags;

	if (!(flags & NLM_F_REPLACE) && flags & NLM_F_APPEND)
		return replace_rule(nft, t->chain, t->rule, reason);
	reason_set(reason, flags & NLM_F_REPLACE ? "replace-rule" : "insert-rule", EOPNOTSUPP,
		   REASON_KERNEL, "an offload chain takes rules only at its end");
	reason_hint(reason, "add rule …");
	return -EOPNOTSUPP;
}

static int apply(struct nft *nft, struct nft_trans *trans, struct reason *reason)
{
	struct nft_trans_chain *chain = (struct nft_trans_chain *)trans;
	struct nft_trans_rule *rule = (struct nft_trans_rule *)trans;

	if (!reaches_hardware(trans))
		return 0;
	if (trans->type == &nft_trans_newchain)
		return bind_chain(nft, chain->chain, chain->policy, reason);
	if (trans->type == &nft_trans_newrule)
		return apply_newrule(nft, rule, reason);
	if (trans->type == &nft_trans_delrule)
		return destroy_rule(nft, rule->chain, rule->rule, reason);
	unbind_chain(nft, chain->chain);
	return 0;
}

static int undo(struct nft *nft, struct nft_trans *trans)
{
	struct nft_trans_chain *chain = (struct nft_trans_chain *)trans;
	struct nft_trans_rule *rule = (struct nft_trans_rule *)trans;
	struct reason reason = {0};

	if (!reaches_hardware(trans))
		return 0;
	if (trans->type == &nft_trans_delchain)
		return bind_chain(nft, chain->chain, chain->chain->policy, &reason);
	if (trans->type == &nft_trans_newrule)
		return destroy_rule(nft, rule->chain, rule->rule, &reason);
	if (trans->type == &nft_trans_delrule)
		return replace_rule(nft, rule->chain, rule->rule, &reason);
	unbind_chain(nft, chain->chain);
	return 0;
}

/* Backwards from the one before the failed; a kernel stops with a warning when that fails too. */
static void roll_back(struct nft *nft, struct nft_trans *failed)
{
	struct nft_trans *trans;

	if (!nft->env.kernel->commit_rollback)
		return;
	for (trans = failed; trans != nft->transactions;) {
		trans = trans->prev;
		if (undo(nft, trans)) {
			log_add(nft->env.log, LOG_ERROR, nft->env.clock->now_ns,
				"rolling back stopped: %s can't be undone", trans->type->name);
			return;
		}
	}
}

/* The client gets an errno at the first message; the record names the one that is refused. */
static void record(struct nft_call *call, struct nft_trans *trans, int error)
{
	struct nft_call offender = *call;

	offender.sequence = trans->sequence;
	offender.table = trans->table;
	offender.chain = chain_of(trans);
	nft_refuse(&offender, error, true);
	call->refused = true;
}

int nft_offload_commit(struct nft_call *call)
{
	struct nft *nft = call->nft;
	struct nft_trans *trans;
	int error = 0;

	DL_FOREACH (nft->transactions, trans) {
		error = apply(nft, trans, &call->reason);
		if (!error)
			continue;
		if (error != -EAGAIN) /* which is told only when it stays so */
			record(call, trans, error);
		roll_back(nft, trans);
		nft_warn_of_rollback(nft, trans);
		break;
	}
	return error;
}

int nft_offload_offer(struct nft_call *call, struct nft_trans *trans)
{
	call->table = trans->table;
	call->chain = chain_of(trans);
	return apply(call->nft, trans, &call->reason);
}

void nft_offload_withdraw(struct nft *nft, struct nft_trans *trans)
{
	undo(nft, trans);
}

bool nft_offload_concerns(struct nft_trans *trans)
{
	return reaches_hardware(trans);
}

static int replace_on(struct nft *nft, struct nft_chain *chain, struct nft_hook *hook,
		      struct nft_rule *rule, struct reason *reason)
{
	struct offload_command command = make_command(chain, hook, rule);
	int error;

	command.rule = rule->flow;
	command.protocol = rule->flow->protocol;
	error = offload_replace(nft->env.offload, &command, reason);
	log_rule(nft, OFFLOAD_REPLACE, chain, hook, rule, &command, error, reason);
	return error;
}

int nft_offload_try(struct nft_call *call, const struct nft_chain *chain,
		    const struct nft_hook *hook, const struct nft_expr *exprs, size_t num_exprs,
		    struct reason *reason)
{
	struct translation translation = {.nft = call->nft};
	const struct describe_names names = nft_describe_names(call->nft);
	const struct translate_context context = translate_context(&translation, &names);
	const struct nft_rule rule = {.cookie = UINT64_MAX};
	struct offload_command command = make_command(chain, hook, &rule);
	struct flow_rule *flow;
	int error = translate_nft_rule(&flow, exprs, num_exprs, &context, reason);

	if (error)
		return error;
	command.rule = flow;
	command.protocol = flow->protocol;
	error = offload_replace(call->nft->env.offload, &command, reason);
	if (!error)
		offload_destroy_rule(call->nft->env.offload, &command, NULL);
	flow_rule_free(flow);
	return error;
}

bool nft_offload_offer_each(struct nft_call *call, struct nft_trans *trans,
			    nft_offload_answer answer)
{
	struct nft_trans_rule *t = (struct nft_trans_rule *)trans;
	struct nft_rule *rule = t->rule;
	struct nft *nft = call->nft;
	bool all = true;

	for (struct nft_hook *hook = t->chain->hooks; hook; hook = hook->next) {
		struct reason reason = {.expression = -1};
		int error = call->translation;

		if (!hook->binding)
			continue;
		if (error)
			reason = call->reason;
		else if (trans->flags & NLM_F_REPLACE || !(trans->flags & NLM_F_APPEND))
			error = apply_newrule(nft, t, &reason);
		else
			error = replace_on(nft, t->chain, hook, rule, &reason);
		if (error && !call->translation)
			nft_blame(call, t->chain, hook, rule, &reason);
		answer(call, rule, hook->port, error, &reason);
		all &= !error;
	}
	if (all)
		return true;
	for (struct nft_hook *hook = t->chain->hooks; hook && rule->flow; hook = hook->next) {
		struct offload_command command = make_command(t->chain, hook, rule);

		if (hook->binding && !offload_totals(nft->env.offload, hook->binding, rule->cookie,
						     &(struct offload_stats){0}))
			offload_destroy_rule(nft->env.offload, &command, NULL);
	}
	rule->refused = true;
	return false;
}

/* ---- statistics ---- */

void nft_offload_update_counters(struct nft *nft, const struct nft_chain *chain,
				 struct nft_rule *rule)
{
	struct offload_stats sum = {0}, delta;

	if (rule->refused)
		return;
	for (const struct nft_hook *hook = last_bound(chain); hook;
	     hook = bound_before(chain, hook)) {
		struct offload_command command = make_command(chain, hook, rule);
		int error;

		if (!hook->binding)
			continue;
		error = offload_stats(nft->env.offload, &command, &delta);
		nft_log_command(nft, &(struct nft_logged_command){.verb = OFFLOAD_STATS,
								  .chain = chain,
								  .hook = hook,
								  .rule = rule,
								  .command = &command,
								  .stats = &delta,
								  .error = error});
		if (error)
			continue;
		sum.packets += delta.packets;
		sum.bytes += delta.bytes;
	}
	for (size_t i = 0; i < rule->num_exprs; i++) {
		if (!nft_expr_is_counter(&rule->exprs[i]))
			continue;
		rule->exprs[i].counter.packets += sum.packets;
		rule->exprs[i].counter.bytes += sum.bytes;
	}
}

void nft_offload_let_go(struct nft *nft, struct nft_chain *chain)
{
	struct nft_hook *hook;

	DL_FOREACH (chain->hooks, hook) {
		if (hook->binding) {
			offload_unbind(nft->env.offload, hook->binding);
			offload_release(nft->env.offload, hook->binding);
		}
		hook->binding = 0;
	}
}

void nft_offload_unbind_all(struct nft *nft)
{
	struct nft_table *table;
	struct nft_chain *chain;

	DL_FOREACH (nft->tables, table) {
		DL_FOREACH (table->chains, chain)
			nft_offload_let_go(nft, chain);
	}
}
