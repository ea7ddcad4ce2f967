/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Why the NIC and software part: a table of what is known to set them apart, each with a condition
 * that is checked on this packet and these rules. Where none holds, nobody guesses.
 *
 * Suspects: the keys on which the NIC's entry of the rule that decides in software failed, and
 * those that the NIC's rule looks at, where software did not take it.
 */
#include "explain_software.h"

#include <string.h>

struct differ {
	const struct emulator *emulator;
	const struct explanation *e;
	const struct explain_hardware *hardware;
	const struct explain_software *software;
	bool fate_differs, rule_differs, copies_differ;
	/* The rule that decides in software, as the NIC has it. */
	bool found, offloaded, asked_behind;
	uint32_t binding;
	uint64_t cookie;
	const struct flow_rule *told[2]; /* NIC's rule, software's */
	bool has_nic_entry;
	bool has_software_entry, software_entry_matches;
	bool matches_as_told[2];
	uint64_t keys; /* suspects */
	bool ip_proto, n_proto;
	json_t *reasons;
};

enum { NIC_SIDE, SOFTWARE_SIDE };

/* --- the suspects --- */

static bool names_rule(const struct host_rule *rule, const struct nft_offload_rule *other)
{
	return rule->handle && rule->handle == other->handle &&
	       strcmp(rule->table, other->table) == 0 && strcmp(rule->family, other->family) == 0;
}

static void note_rule(void *context, const struct nft_offload_rule *rule)
{
	struct differ *d = context;

	if (rule->port != d->e->key.word[0] >> FLOW_PORT_SHIFT)
		return;
	if (names_rule(&d->hardware->rule, rule))
		d->told[NIC_SIDE] = rule->flow_rule;
	if (!names_rule(&d->software->result.rule, rule))
		return;
	d->found = true;
	d->offloaded = rule->in_hw;
	d->binding = rule->binding;
	d->cookie = rule->cookie;
	d->told[SOFTWARE_SIDE] = rule->flow_rule;
}

static int note_entry(void *context, const struct asic_entry *entry)
{
	struct differ *d = context;

	if (d->hardware->rule.handle && entry->decision->binding == d->hardware->binding &&
	    entry->decision->cookie == d->hardware->cookie)
		d->has_nic_entry = true;
	if (!d->offloaded || entry->decision->binding != d->binding ||
	    entry->decision->cookie != d->cookie)
		return 0;
	d->has_software_entry = true;
	d->software_entry_matches = tcam_rule_matches(entry->rule, &d->e->key);
	d->asked_behind = d->has_nic_entry && d->rule_differs && d->software_entry_matches;
	return 0;
}

static void suspect_miss(void *context, const struct explain_miss *miss)
{
	struct differ *d = context;

	d->keys |= UINT64_C(1) << miss->key;
	d->ip_proto |= strcmp(miss->field, "basic.ip_proto") == 0;
	d->n_proto |= strcmp(miss->field, "basic.n_proto") == 0;
}

static void suspect_rule(struct differ *d, const struct flow_rule *rule)
{
	for (int id = 0; id < FLOW_FIELD_COUNT; id++)
		if (!flow_field_is_zero(&rule->match.mask, id))
			d->keys |= rule->match.used_keys & UINT64_C(1) << flow_fields[id].key;
	d->ip_proto |= !flow_field_is_zero(&rule->match.mask, FLOW_BASIC_IP_PROTO);
	d->n_proto |= !flow_field_is_zero(&rule->match.mask, FLOW_BASIC_N_PROTO);
}

static void find_suspects(struct differ *d)
{
	emulator_visit_rules(d->emulator, note_rule, d);
	asic_visit(d->emulator->asic, note_entry, d);
	for (int side = NIC_SIDE; side <= SOFTWARE_SIDE; side++) {
		struct tcam_rule told;

		if (!d->told[side])
			continue;
		told = explain_rule_as_told(d->told[side]);
		d->matches_as_told[side] =
			!explain_misses(&told, &d->e->key, &d->emulator->nic,
					side == SOFTWARE_SIDE ? suspect_miss : NULL, d, NULL);
	}
	if (d->matches_as_told[NIC_SIDE] && d->software->met && !d->software->own.matched)
		suspect_rule(d, d->told[NIC_SIDE]);
}

/* --- what is known to set them apart --- */

static bool has(const struct differ *d, uint64_t keys)
{
	return (d->keys & keys) != 0;
}

/* No chain is asked. */
static bool is_dropped_at_once(const struct differ *d)
{
	const struct host_result *result = &d->software->result;

	return result->verdict == HOST_DROP && !result->by_policy && !result->rule.chain;
}

/* A chain is, and none of its rules. */
static bool is_dropped_for_its_header(const struct differ *d)
{
	const struct host_result *result = &d->software->result;

	return result->verdict == HOST_DROP && !result->by_policy && result->rule.chain &&
	       !result->rule.handle;
}

static bool is_not_offloaded(const struct differ *d)
{
	return d->software->result.rule.handle && !d->offloaded;
}

static bool is_later_fragment(const struct differ *d)
{
	return d->e->trace.result.flags & DISSECT_LATER_FRAGMENT &&
	       has(d, FLOW_PRESENT(PORTS) | FLOW_PRESENT(PORTS_RANGE) | FLOW_PRESENT(TCP) |
			      FLOW_PRESENT(ICMP));
}

static bool has_two_tags(const struct differ *d)
{
	return d->e->trace.result.vlan_tags >= 2 && has(d, ~UINT64_C(0));
}

static bool has_tag_and_type(const struct differ *d)
{
	return d->e->trace.result.vlan_tags == 1 &&
	       (d->n_proto || has(d, FLOW_PRESENT(VLAN) | FLOW_PRESENT(CVLAN)));
}

static bool is_802_3(const struct differ *d)
{
	return d->n_proto && flow_key_get(&d->e->key, FLOW_BASIC_N_PROTO) < 0x0600;
}

static bool is_pppoe(const struct differ *d)
{
	enum { SESSION = 0x8864 };
	uint64_t type = flow_key_get(&d->e->key, FLOW_BASIC_N_PROTO);
	bool read = d->e->key.word[0] & FLOW_PRESENT(PPPOE);

	read |= d->emulator->kernel.inner_ip_found && type == SESSION;
	return read && has(d, ~FLOW_PRESENT(PPPOE));
}

static bool has_extension(const struct differ *d)
{
	return d->e->trace.result.flags & DISSECT_IPV6_EXTENSION &&
	       (d->ip_proto || has(d, FLOW_PRESENT(PORTS) | FLOW_PRESENT(PORTS_RANGE) |
					      FLOW_PRESENT(TCP) | FLOW_PRESENT(ICMP)));
}

static bool is_malformed(const struct differ *d)
{
	return d->e->trace.result.flags & DISSECT_MALFORMED && has(d, ~UINT64_C(0));
}

static bool is_short(const struct differ *d)
{
	return d->e->trace.result.flags & DISSECT_SHORT && has(d, ~UINT64_C(0));
}

static bool copies_only(const struct differ *d)
{
	return d->software->met && d->software->own.matched && d->e->decision.num_mirrors &&
	       d->e->decision.fate == ASIC_HOST && d->rule_differs;
}

static bool other_chain_decides(const struct differ *d)
{
	const struct host_rule *rule = &d->software->result.rule;

	return d->software->met && d->software->own.matched && d->e->decision.fate == ASIC_HOST &&
	       !d->e->decision.num_mirrors && rule->chain && d->rule_differs &&
	       (strcmp(rule->chain, d->hardware->rule.chain) != 0 ||
		strcmp(rule->table, d->hardware->rule.table) != 0);
}

/* Software would have come to the NIC's rule later, or not at all. */
static bool is_asked_later(const struct differ *d)
{
	return d->asked_behind && !d->software->met;
}

/* It took a packet that does not have all that the rule asks for. */
static bool model_ignores(const struct differ *d)
{
	return d->told[NIC_SIDE] && !d->matches_as_told[NIC_SIDE];
}

/* It did not take a packet that has all that the rule asks for. */
static bool model_adds(const struct differ *d)
{
	return d->matches_as_told[SOFTWARE_SIDE] && d->has_software_entry &&
	       !d->software_entry_matches;
}

/* The NIC does something else than the actions of its rule say. */
static bool model_acts_otherwise(const struct differ *d)
{
	const struct flow_rule *rule = d->told[NIC_SIDE];
	const struct asic_decision *decision = &d->e->decision;
	enum asic_fate fate = ASIC_HOST;
	size_t mirrors = 0;

	if (!rule || !(d->fate_differs || d->copies_differ))
		return false;
	for (size_t i = 0; i < rule->num_actions; i++) {
		if (rule->actions[i].id == FLOW_ACTION_DROP)
			fate = ASIC_DROP;
		if (rule->actions[i].id == FLOW_ACTION_REDIRECT && fate == ASIC_HOST)
			fate = ASIC_REDIRECT;
		mirrors += rule->actions[i].id == FLOW_ACTION_MIRRED;
	}
	return fate != decision->fate || mirrors != decision->num_mirrors;
}

static bool policy_drops(const struct differ *d)
{
	return d->software->result.by_policy && d->software->result.verdict == HOST_DROP;
}

static const struct {
	const char *id;
	bool (*holds)(const struct differ *differ);
	const char *text;
} explanations[] = {
	{"link-layer", is_dropped_at_once,
	 "the frame ends inside of its Ethernet header or its tag: a kernel drops it and asks no "
	 "chain"},
	{"inet-header", is_dropped_for_its_header,
	 "a chain of the family inet drops an IP packet whose header or lengths are wrong before "
	 "its first rule"},
	{"not-offloaded", is_not_offloaded,
	 "the rule that decides in software is not in the NIC on this port"},
	{"policy-drop", policy_drops,
	 "the policy `drop` is software's alone; a NIC passes what no "
	 "rule takes to the host"},
	{"later-fragment", is_later_fragment,
	 "a later fragment has no ports for the NIC; software takes the bytes that stand there, or "
	 "in the IPv6 header, for them"},
	{"two-tags", has_two_tags,
	 "behind two tags the NIC reads on; software sees the second tag as the protocol, and "
	 "nothing of L3 or L4 matches; from 7.1 on it finds IP behind the second tag, once a rule "
	 "has asked for a protocol"},
	{"tag-and-type", has_tag_and_type,
	 "of a tagged frame the NIC matches the type behind the tag; software's `ether type` loads "
	 "the tag's own"},
	{"ieee-802-3", is_802_3,
	 "in an IEEE 802.3 frame the NIC matches the length field as type; software's `meta "
	 "protocol` "
	 "is 4"},
	{"pppoe", is_pppoe,
	 "the NIC reads on inside of a PPPoE session, if its header is in order; for software its "
	 "type stays 0x8864 and no address or port matches; from 7.1 on it finds IP inside, once a "
	 "rule has asked for a protocol"},
	{"extension-headers", has_extension,
	 "the NIC's protocol is the one behind all IPv6 extension headers; software's `ip6 "
	 "nexthdr` "
	 "is the first next-header byte, and `meta l4proto` stops at AH"},
	{"malformed", is_malformed,
	 "the frame's lengths contradict each other: the NIC's parser and software's loads stop at "
	 "other places"},
	{"cut-header", is_short,
	 "the captured bytes end inside of a header: the NIC has none of it, a load of software "
	 "takes "
	 "what is there"},
	{"copy-decides", copies_only,
	 "in the NIC a rule that copies ends the look-up and the packet goes to the host; in "
	 "software "
	 "the rules after it still decide"},
	{"accept-ends-one-chain", other_chain_decides,
	 "`accept` ends the look-up in the NIC; in software it ends one chain, and the next one "
	 "runs"},
	{"order", is_asked_later,
	 "the entry of the rule that decides in software matches, too, but the NIC asks another "
	 "one "
	 "first"},
	{"model-ignores", model_ignores,
	 "the model does not look at all bits that the rule asks for, so its entry matches more"},
	{"model-adds", model_adds,
	 "the model's entry asks for more than the rule does, so it matches less"},
	{"model-actions", model_acts_otherwise,
	 "the model does something else than the actions of the rule say"},
};

/* What was warned of when the rule was loaded has its own words. */
static void add_warning(void *context, const struct nft_warning *warning)
{
	struct differ *d = context;
	const struct host_rule *rules[] = {&d->hardware->rule, &d->software->result.rule};

	for (size_t i = 0; i < 2; i++)
		if (rules[i]->handle && rules[i]->handle == warning->handle &&
		    strcmp(rules[i]->table, warning->table) == 0 &&
		    strcmp(rules[i]->family, warning->family) == 0) {
			json_array_append_new(d->reasons,
					      json_pack("{s:s, s:o}", "id", warning->id, "text",
							text_json(warning->text)));
			return;
		}
}

/* --- the comparison --- */

/* Both ways what is sent to a representor is delivered to what it stands for. */
static int leaves_by(const struct differ *d, uint32_t ifindex)
{
	int port = nic_port_by_ifindex(&d->emulator->nic, ifindex);

	return port < 0 ? port : nic_exit_port(&d->emulator->nic, (uint16_t)port);
}

static bool same_fate(const struct differ *d)
{
	const struct asic_decision *nic = &d->e->decision;
	const struct host_result *software = &d->software->result;

	switch (nic->fate) {
	case ASIC_DROP: return software->verdict == HOST_DROP;
	case ASIC_HOST: return software->verdict == HOST_ACCEPT;
	default:
		return software->verdict == HOST_FORWARD &&
		       leaves_by(d, software->ifindex) == nic->port;
	}
}

/* The same ports, as often each. */
static bool same_copies(const struct differ *d)
{
	const struct asic_decision *nic = &d->e->decision;
	const struct host_result *software = &d->software->result;
	bool seen[HOST_COPIES_MAX] = {false};
	int found = 0;

	for (int i = 0; i < nic->num_mirrors; i++)
		for (size_t k = 0; k < software->num_copies; k++)
			if (!seen[k] && leaves_by(d, software->copies[k]) == nic->mirrors[i]) {
				seen[k] = true;
				found++;
				break;
			}
	return found == nic->num_mirrors && software->num_copies == nic->num_mirrors;
}

static bool same_decider(const struct differ *d)
{
	const struct host_rule *nic = &d->hardware->rule, *software = &d->software->result.rule;

	if (!nic->handle || !software->handle)
		return nic->handle == software->handle;
	return nic->handle == software->handle && strcmp(nic->table, software->table) == 0 &&
	       strcmp(nic->family, software->family) == 0;
}

/*
 * Does the packet end elsewhere than without the NIC? What is passed to the host ends as software
 * says, but copies have been made by then, and are made again.
 */
static bool ends_otherwise(const struct differ *d)
{
	if (d->e->decision.fate == ASIC_HOST)
		return d->e->decision.num_mirrors != 0;
	return d->fate_differs || d->copies_differ;
}

json_t *explain_difference_json(const struct emulator *emulator, const struct explanation *e,
				const struct explain_hardware *hardware,
				const struct explain_software *software)
{
	struct differ d = {
		.emulator = emulator, .e = e, .hardware = hardware, .software = software};

	if (!software->known || software->result.verdict == HOST_NOT_INTERPRETED)
		return json_null();
	d.fate_differs = !same_fate(&d);
	d.rule_differs = !same_decider(&d);
	d.copies_differ = !same_copies(&d);
	if (!d.fate_differs && !d.rule_differs && !d.copies_differ)
		return json_null();
	find_suspects(&d);
	d.reasons = json_array();
	for (size_t i = 0; i < sizeof(explanations) / sizeof(explanations[0]); i++)
		if (explanations[i].holds(&d))
			json_array_append_new(d.reasons,
					      json_pack("{s:s, s:s}", "id", explanations[i].id,
							"text", explanations[i].text));
	nft_visit_rule_warnings(emulator->nft, add_warning, &d);
	return json_pack("{s:b, s:b, s:b, s:b, s:o}", "fate", d.fate_differs, "rule",
			 d.rule_differs, "copies", d.copies_differ, "outcome", ends_otherwise(&d),
			 "reasons", d.reasons);
}
