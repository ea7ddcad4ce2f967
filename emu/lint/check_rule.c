/* SPDX-License-Identifier: GPL-2.0-or-later */
/* About one rule alone: what its expressions mean to software, and what the NIC made of them. */
#include "internal.h"

#include <linux/if_ether.h>
#include <linux/netfilter/nf_tables.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

static bool is(const struct nft_expr *expr, const char *name)
{
	return strcmp(nft_expr_name(expr), name) == 0;
}

static void describe(const struct lint *lint, const struct lint_rule *rule, size_t expr, char *text)
{
	nft_describe_rule(lint->emulator->nft, &rule->rule, expr, text, LINT_STATEMENT_SIZE);
}

/* --- what the translation has said already --- */

struct warning_walk {
	struct lint *lint;
	size_t rule; /* where the last one was found: they come in the order of the rules */
};

static bool is_about(const struct lint *lint, size_t index, const struct nft_warning *warning)
{
	const struct lint_rule *rule = &lint->rules[index];
	const struct lint_chain *chain = &lint->chains[rule->chain];

	return rule->handle == warning->handle && strcmp(chain->name, warning->chain) == 0 &&
	       strcmp(chain->table, warning->table) == 0;
}

static enum lint_level level_of(const char *id)
{
	for (size_t i = 0; lint_id(i); i++)
		if (strcmp(lint_id(i)->id, id) == 0)
			return lint_id(i)->level;
	return LINT_WARNING;
}

static void take_warning(void *context, const struct nft_warning *warning)
{
	struct warning_walk *walk = context;
	struct lint *lint = walk->lint;

	for (size_t i = walk->rule; i < lint->num_rules; i++) {
		if (!is_about(lint, i, warning))
			continue;
		walk->rule = i;
		if (lint->rules[i].in_hw)
			lint_add_text(lint, warning->id, level_of(warning->id),
				      lint_at_rule(lint, i), warning->text, "");
		return;
	}
}

void check_translation(struct lint *lint)
{
	struct warning_walk walk = {.lint = lint};

	nft_visit_rule_warnings(lint->emulator->nft, take_warning, &walk);
}

/* --- the counter's place --- */

static void look_at_counter(struct lint *lint, size_t index)
{
	const struct lint_rule *rule = &lint->rules[index];
	char match[LINT_STATEMENT_SIZE], hint[LINT_STATEMENT_SIZE + 32];
	size_t last = SIZE_MAX;
	bool counts = false;

	for (size_t i = 0; i < rule->rule.num_exprs; i++) {
		counts |= nft_expr_is_counter(&rule->rule.exprs[i]);
		if (counts && is(&rule->rule.exprs[i], "cmp"))
			last = i;
	}
	if (last == SIZE_MAX)
		return;
	describe(lint, rule, last, match);
	snprintf(hint, sizeof(hint), "write `%s counter`", match);
	lint_add(lint, LINT_COUNTER_BEFORE_MATCH, lint_at_rule(lint, index), hint,
		 "`%s` stands behind the counter: software counts all packets that get to the "
		 "counter, hardware those that the whole rule matches",
		 match);
}

void check_counter_place(struct lint *lint)
{
	for (size_t i = 0; i < lint->num_rules; i++)
		if (lint->rules[i].in_hw && lint->rules[i].rule.has_counter)
			look_at_counter(lint, i);
}

/* --- protocols --- */

/* The comparison of what was loaded into a register at `load`; num_exprs: there is none. */
static size_t comparison_of(const struct lint_rule *rule, size_t load, uint8_t reg)
{
	for (size_t i = load + 1; i < rule->rule.num_exprs; i++)
		if (is(&rule->rule.exprs[i], "cmp") && rule->rule.exprs[i].cmp.sreg == reg)
			return i;
	return rule->rule.num_exprs;
}

static void look_at_meta_protocol(struct lint *lint, size_t index, size_t at)
{
	const struct lint_rule *rule = &lint->rules[index];
	const struct nft_expr *load = &rule->rule.exprs[at];
	size_t cmp = comparison_of(rule, at, load->meta.reg);
	const uint8_t *type;

	if (cmp == rule->rule.num_exprs)
		return;
	type = rule->rule.exprs[cmp].cmp.data;
	if ((type[0] << 8 | type[1]) != ETH_P_8021Q && (type[0] << 8 | type[1]) != ETH_P_8021AD)
		return;
	lint_add(lint, LINT_META_PROTOCOL_VLAN, lint_at_rule(lint, index),
		 type[0] == 0x81 ? "`ether type vlan`" : "`ether type 8021ad`",
		 "the NIC matches tagged frames; in software `meta protocol` of a frame with one "
		 "tag is the type behind the tag, so the rule only matches frames with two");
}

/*
 * IPv6 packets whose protocol is an extension header. The NIC looks past those: only a frame that
 * ends in the header would have it.
 */
static bool asks_for_extension(const struct flow_rule *flow)
{
	static const uint8_t headers[] = {IPPROTO_HOPOPTS, IPPROTO_ROUTING, IPPROTO_FRAGMENT,
					  IPPROTO_AH, IPPROTO_DSTOPTS};

	if (!flow_field_is_ones(&flow->match.mask, FLOW_BASIC_N_PROTO) ||
	    !flow_field_is_ones(&flow->match.mask, FLOW_BASIC_IP_PROTO) ||
	    flow_key_get(&flow->match.key, FLOW_BASIC_N_PROTO) != ETH_P_IPV6)
		return false;
	return memchr(headers, (int)flow_key_get(&flow->match.key, FLOW_BASIC_IP_PROTO),
		      sizeof(headers)) != NULL;
}

static void look_at_extension(struct lint *lint, size_t index)
{
	const struct flow_rule *flow = lint->rules[index].rule.flow_rule;

	if (!flow || !asks_for_extension(flow))
		return;
	lint_add(lint, LINT_MATCHES_NOTHING, lint_at_rule(lint, index),
		 "no form of it can be offloaded: leave this rule to a chain without `flags "
		 "offload`",
		 "the NIC looks past the extension headers of IPv6, and %u is one of them: no "
		 "packet that has something behind it matches in the NIC",
		 (unsigned int)flow_key_get(&flow->match.key, FLOW_BASIC_IP_PROTO));
}

static void look_at_next_header(struct lint *lint, size_t index, size_t at)
{
	const struct lint_rule *rule = &lint->rules[index];
	const struct flow_rule *flow = rule->rule.flow_rule;
	char match[LINT_STATEMENT_SIZE], hint[LINT_STATEMENT_SIZE + 32];
	const char *value;

	if (!flow || flow_key_get(&flow->match.key, FLOW_BASIC_N_PROTO) != ETH_P_IPV6 ||
	    asks_for_extension(flow))
		return;
	describe(lint, rule, at, match);
	value = strrchr(match, ' ');
	snprintf(hint, sizeof(hint), "`meta protocol ip6 meta l4proto%s`", value ? value : "");
	lint_add(lint, LINT_NEXT_HEADER, lint_at_rule(lint, index), hint,
		 "`%s`: software compares the first next header, the NIC the last one: they differ "
		 "about packets with extension headers",
		 match);
}

static void look_at_loads(struct lint *lint, size_t index)
{
	const struct lint_rule *rule = &lint->rules[index];

	for (size_t i = 0; i < rule->rule.num_exprs; i++) {
		const struct nft_expr *expr = &rule->rule.exprs[i];

		if (is(expr, "meta") && !expr->meta.is_set && expr->meta.key == NFT_META_PROTOCOL)
			look_at_meta_protocol(lint, index, i);
		else if (is(expr, "payload") && !expr->payload.is_set &&
			 expr->payload.base == NFT_PAYLOAD_NETWORK_HEADER &&
			 expr->payload.offset == 6 && expr->payload.length == 1)
			look_at_next_header(lint, index, i);
	}
}

void check_protocols(struct lint *lint)
{
	for (size_t i = 0; i < lint->num_rules; i++)
		if (lint->rules[i].in_hw) {
			look_at_loads(lint, i);
			look_at_extension(lint, i);
		}
}

/* --- ports of fragments --- */

static bool matches_ports(const struct flow_rule *flow)
{
	return flow && flow->match.used_keys & FLOW_PRESENT(PORTS) &&
	       (!flow_field_is_zero(&flow->match.mask, FLOW_PORTS_SRC) ||
		!flow_field_is_zero(&flow->match.mask, FLOW_PORTS_DST));
}

/* Packets that go to the host in any case are looked at there. */
static bool cuts_datagrams(const struct lint *lint, size_t rule)
{
	size_t entry = lint_entry_of(lint, rule);

	return entry != SIZE_MAX && lint->entries[entry].fate != ASIC_HOST &&
	       matches_ports(lint->rules[rule].rule.flow_rule);
}

void check_fragments(struct lint *lint)
{
	for (size_t i = 0; i < lint->num_rules;) {
		size_t chain = lint->rules[i].chain;
		struct lint_tally tally = {0};

		for (; i < lint->num_rules && lint->rules[i].chain == chain; i++)
			if (cuts_datagrams(lint, i))
				lint_count(&tally, i);
		lint_add_tally(lint, LINT_PORTS_OF_FRAGMENTS, &tally,
			       "only a match without ports takes whole datagrams",
			       "of a datagram in fragments the NIC finds ports in the first one "
			       "only: the others don't match the rule and go on");
	}
}

/* --- interfaces --- */

static void look_at_iif(struct lint *lint, size_t index)
{
	const struct lint_rule *rule = &lint->rules[index];
	const struct flow_match *match = &rule->rule.flow_rule->match;
	const struct nic *nic = &lint->emulator->nic;
	uint32_t wanted = (uint32_t)flow_key_get(&match->key, FLOW_META_INGRESS_IFINDEX);
	uint32_t mask = (uint32_t)flow_key_get(&match->mask, FLOW_META_INGRESS_IFINDEX);
	int port = nic_port_by_ifindex(nic, wanted);

	if (!(match->used_keys & FLOW_PRESENT(META)) || mask == 0)
		return;
	for (size_t i = 0; i < rule->num_instances; i++) {
		uint16_t own = lint->instances[rule->first_instance + i].port;

		if (((nic->ports[own].ifindex ^ wanted) & mask) == 0)
			return;
	}
	lint_add(
		lint, LINT_IIF_ELSEWHERE, lint_at_rule(lint, index),
		"leave `iif` out: a chain has the packets of its own devices only",
		"the rule asks for packets from %s, and the chain is not on that device: no packet "
		"matches",
		port >= 0 ? nic->ports[port].name : "another interface");
}

static void look_at_target(struct lint *lint, const struct lint_entry *entry)
{
	const struct lint_instance *instance = &lint->instances[entry->instance];
	struct lint_place place = lint_at_rule(lint, instance->rule);
	const char *name = lint_port_name(lint, instance->port);
	/* Of a representor: its VF, which sent the packets. */
	uint16_t exit = nic_exit_port(&lint->emulator->nic, instance->port);
	bool copied = false;

	place.port = instance->port;
	for (size_t i = 0; i < entry->num_mirrors; i++)
		copied |= entry->mirrors[i] == exit;
	if (entry->fate == ASIC_REDIRECT && entry->port == exit)
		lint_add(lint, LINT_SENT_BACK, place,
			 "put the rule into a chain of the other ports",
			 "packets that come in on %s are sent out of %s again", name, name);
	else if (copied)
		lint_add(lint, LINT_SENT_BACK, place,
			 "put the rule into a chain of the other ports",
			 "packets that come in on %s are copied out of %s again", name, name);
}

void check_interfaces(struct lint *lint)
{
	for (size_t i = 0; i < lint->num_rules; i++)
		if (lint->rules[i].in_hw && lint->rules[i].rule.flow_rule && !lint->emulator->kmod)
			look_at_iif(lint, i);
	for (size_t i = 0; i < lint->num_entries; i++)
		look_at_target(lint, &lint->entries[i]);
}
