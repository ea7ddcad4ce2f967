/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The walk: chains of the port by priority, in each its rules in order, jumps and returns.
 *
 * `accept` ends one base chain and the next one still runs; so what decided is the last rule that
 * gave a verdict, or none and then the policy.
 */
#include "run.h"

#include <stdio.h>
#include <string.h>

enum {
	JUMPS_MAX = 16,      /* the kernel's */
	RULES_MAX = 1000000, /* of one packet: what validation lets pass can still be very long */
};

/* One base chain being walked. */
struct walk {
	struct run run;
	const struct nft_chain *chain;
	const struct nft_rule *rule; /* that is next; NULL at the chain's end */
	struct {
		const struct nft_chain *chain;
		const struct nft_rule *rule;
	} back[JUMPS_MAX];
	size_t depth;
	uint32_t num_rules;

	void (*visit)(void *context, const struct host_step *step);
	void *context;
};

const char *host_verdict_name(enum host_verdict verdict)
{
	static const char *const names[] = {
		[HOST_ACCEPT] = "accept",
		[HOST_DROP] = "drop",
		[HOST_FORWARD] = "forward",
		[HOST_NOT_INTERPRETED] = "not interpreted",
	};

	return (size_t)verdict < sizeof(names) / sizeof(names[0]) ? names[verdict] : "?";
}

static struct host_rule name_rule(const struct nft_chain *chain, const struct nft_rule *rule)
{
	struct nft_chain_view c;
	struct nft_rule_view r = {0};

	nft_chain_look(chain, &c);
	if (rule)
		nft_rule_look(rule, &r);
	return (struct host_rule){c.family, c.table, c.name, r.handle};
}

/* ---- one rule ---- */

static void tell_step(struct walk *walk, const struct nft_rule *rule, enum run_outcome outcome,
		      const struct nft_expr *failed, int index)
{
	struct host_step step = {
		.rule = name_rule(walk->chain, rule),
		.matched = outcome == RUN_ON || outcome == RUN_VERDICT,
		.expression = -1,
	};

	if (!walk->visit)
		return;
	if (!step.matched) {
		step.expression = index;
		step.name = nft_expr_name(failed);
		snprintf(step.text, sizeof(step.text), "%s", walk->run.text);
	}
	walk->visit(walk->context, &step);
}

static enum run_outcome run_rule(struct walk *walk, const struct nft_rule *rule)
{
	struct nft_rule_view view;
	enum run_outcome outcome = RUN_ON;
	size_t i;

	nft_rule_look(rule, &view);
	for (i = 0; i < view.num_exprs; i++) {
		outcome = run_expression(&walk->run, &view.exprs[i]);
		if (outcome != RUN_ON)
			break;
	}
	tell_step(walk, rule, outcome, i < view.num_exprs ? &view.exprs[i] : NULL, (int)i);
	if (outcome == RUN_STUCK)
		walk->run.result->not_interpreted = nft_expr_name(&view.exprs[i]);
	return outcome;
}

/* ---- one chain ---- */

static void enter(struct walk *walk, const struct nft_chain *chain)
{
	walk->chain = chain;
	walk->rule = nft_next_rule(chain, NULL);
}

/* Back to where the last jump came from; false: this was the base chain. */
static bool leave(struct walk *walk)
{
	if (!walk->depth)
		return false;
	walk->depth--;
	walk->chain = walk->back[walk->depth].chain;
	walk->rule = walk->back[walk->depth].rule;
	return true;
}

static void get_stuck(struct walk *walk, const struct nft_rule *rule, const char *what)
{
	walk->run.result->verdict = HOST_NOT_INTERPRETED;
	walk->run.result->rule = name_rule(walk->chain, rule);
	walk->run.result->by_policy = false;
	if (what)
		walk->run.result->not_interpreted = what;
}

/* What ends the walk: a verdict of a rule that is neither jump nor return. */
static void decide(struct walk *walk, const struct nft_rule *rule)
{
	struct host_result *result = walk->run.result;

	result->rule = name_rule(walk->chain, rule);
	result->by_policy = false;
	result->verdict = HOST_DROP;
	if (walk->run.verdict == NF_ACCEPT)
		result->verdict = HOST_ACCEPT;
	if (walk->run.verdict == NF_STOLEN && walk->run.ifindex) {
		result->verdict = HOST_FORWARD;
		result->ifindex = walk->run.ifindex;
	}
}

/* Follows a jump, goto or return. False: the walk has ended. */
static bool follow(struct walk *walk, const struct nft_rule *rule, bool *at_end)
{
	switch (walk->run.verdict) {
	case NFT_JUMP:
		if (walk->depth == JUMPS_MAX) {
			get_stuck(walk, rule, "immediate");
			return false;
		}
		walk->back[walk->depth].chain = walk->chain;
		walk->back[walk->depth].rule = walk->rule;
		walk->depth++;
		enter(walk, walk->run.target);
		return true;
	case NFT_GOTO: enter(walk, walk->run.target); return true;
	case NFT_RETURN: *at_end = !leave(walk); return !*at_end;
	default: decide(walk, rule); return false;
	}
}

/* True: no rule decided, so the policy does. */
static bool walk_chain(struct walk *walk)
{
	bool at_end = false;

	for (;;) {
		const struct nft_rule *rule = walk->rule;
		enum run_outcome outcome;

		if (!rule) {
			if (!leave(walk))
				return true;
			continue;
		}
		walk->rule = nft_next_rule(walk->chain, rule);
		if (++walk->num_rules > RULES_MAX) {
			get_stuck(walk, rule, "more rules than one packet may meet");
			return false;
		}
		outcome = run_rule(walk, rule);
		if (outcome == RUN_STUCK) {
			get_stuck(walk, rule, NULL);
			return false;
		}
		if (outcome == RUN_VERDICT && !follow(walk, rule, &at_end))
			return at_end;
	}
}

static void apply_policy(const struct nft_chain *chain, struct host_result *result)
{
	struct nft_chain_view view;

	nft_chain_look(chain, &view);
	/* A rule of an earlier chain that accepted says more than the policy `accept`. */
	if (!view.drops && result->rule.handle)
		return;
	result->verdict = view.drops ? HOST_DROP : HOST_ACCEPT;
	result->rule = name_rule(chain, NULL);
	result->by_policy = true;
}

/* ---- all chains ---- */

/*
 * A chain of the family inet gets only IP packets, believes that it is a chain of the IP version,
 * and never sees a packet whose header or lengths are wrong: the kernel drops it. False: the chain
 * is not run, and result has what happens instead, if anything.
 */
static bool meet(struct walk *walk, const struct nft_chain *chain)
{
	enum { TYPE_IP = 0x0800, TYPE_IPV6 = 0x86dd };
	struct host_result *result = walk->run.result;
	const struct frame *frame = walk->run.frame;
	struct nft_chain_view view;

	nft_chain_look(chain, &view);
	walk->run.nfproto = NFPROTO_NETDEV;
	if (view.nfproto != NFPROTO_INET)
		return true;
	if (frame->protocol != TYPE_IP && frame->protocol != TYPE_IPV6)
		return false;
	walk->run.nfproto = frame->protocol == TYPE_IP ? NFPROTO_IPV4 : NFPROTO_IPV6;
	if (frame->headers.has_transport)
		return true;
	walk->chain = chain;
	if (frame->headers.transport_cut) {
		get_stuck(walk, NULL, "network header");
	} else {
		result->rule = name_rule(chain, NULL);
		result->by_policy = false;
		result->verdict = HOST_DROP;
	}
	return false;
}

void host_ingress(const struct nft *nft, const struct nic *nic, const struct packet *packet,
		  uint16_t port, struct host_result *result,
		  void (*visit)(void *context, const struct host_step *step), void *context)
{
	const struct nft_chain *chain = NULL;
	struct walk walk = {.visit = visit, .context = context};
	struct frame_headers headers;
	struct frame frame;

	*result = (struct host_result){.verdict = HOST_NOT_INTERPRETED};
	if (port >= nic->num_ports) {
		result->not_interpreted = "port";
		return;
	}
	switch (frame_open(&frame, packet, &nic->ports[port])) {
	case FRAME_PAST_END: result->verdict = HOST_DROP; return;
	case FRAME_CUT: result->not_interpreted = "frame"; return;
	case FRAME_OK: break;
	}
	headers = frame.headers;
	result->verdict = HOST_ACCEPT;
	walk.run = (struct run){.kernel = nft_kernel(nft),
				.nic = nic,
				.port = port,
				.frame = &frame,
				.result = result};
	while (result->verdict == HOST_ACCEPT &&
	       (chain = nft_next_ingress_chain(nft, port, chain))) {
		frame.headers = headers;
		if (!meet(&walk, chain))
			continue;
		walk.run.written = 0;
		walk.depth = 0;
		enter(&walk, chain);
		if (walk_chain(&walk))
			apply_policy(chain, result);
	}
}
