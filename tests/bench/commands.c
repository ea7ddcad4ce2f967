/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "commands.h"

enum { IPV4_TYPE = 0x0800, IPV6_TYPE = 0x86dd, IPV4_ADDRESSES = 2, IPV6_ADDRESSES = 3 };

/* Value and mask of one match, and the dissector keys that it has. */
struct match {
	struct flow_key value, mask;
	uint64_t keys, present;
};

static void match_field(struct match *match, enum flow_field_id id, uint64_t value, uint64_t mask)
{
	if (!mask)
		return;
	flow_key_set(&match->value, id, value);
	flow_key_set(&match->mask, id, mask);
	match->keys |= UINT64_C(1) << flow_fields[id].key;
	match->present |= flow_field_presence(id);
}

static void match_address(struct match *match, const struct rule *rule, bool source)
{
	unsigned int bits = rule->ipv6 ? 128 : 32;
	struct address value = source ? rule->source : rule->destination;
	struct address mask =
		prefix_mask(bits, source ? rule->source_length : rule->destination_length);
	enum flow_field_id id = source ? FLOW_IPV6_SRC : FLOW_IPV6_DST;

	if (!(mask.high | mask.low))
		return;
	if (!rule->ipv6) {
		match_field(match, source ? FLOW_IPV4_SRC : FLOW_IPV4_DST, value.low, mask.low);
		return;
	}
	flow_key_set_128(&match->value, id, value.high, value.low);
	flow_key_set_128(&match->mask, id, mask.high, mask.low);
	match->keys |= FLOW_PRESENT(IPV6_ADDRS);
	match->present |= flow_field_presence(id);
}

/* A range is no value with a mask, unless it is one number. */
static bool is_range(struct port_match port, enum rule_form form)
{
	return form == FORM_RANGES && port.min != port.max && !port_is_any(port);
}

static void match_port(struct match *match, enum flow_field_id id, struct port_match port,
		       enum rule_form form)
{
	if (is_range(port, form))
		match->present |= flow_field_presence(id);
	else
		match_field(match, id, port.min, port_mask(port));
}

static struct match rule_match(const struct rule *rule, enum rule_form form)
{
	struct match match = {0};

	match_field(&match, FLOW_BASIC_N_PROTO, rule->ipv6 ? IPV6_TYPE : IPV4_TYPE, 0xffff);
	if (!rule->any_protocol)
		match_field(&match, FLOW_BASIC_IP_PROTO, rule->protocol, 0xff);
	if (rule->source_length || rule->destination_length)
		match_field(&match, FLOW_CONTROL_ADDR_TYPE,
			    rule->ipv6 ? IPV6_ADDRESSES : IPV4_ADDRESSES, 0xffff);
	match_address(&match, rule, true);
	match_address(&match, rule, false);
	match_port(&match, FLOW_PORTS_SRC, rule->source_port, form);
	match_port(&match, FLOW_PORTS_DST, rule->destination_port, form);
	return match;
}

static void add_extra(struct flow_match *match, enum flow_extra_id id, uint16_t value)
{
	match->extras[match->num_extras++] = (struct flow_extra){
		.id = id, .value = {(uint8_t)(value >> 8), (uint8_t)value}, .mask = {0xff, 0xff}};
}

/* Extras stand in the order of their ids: both minima, both maxima. */
static void add_ranges(struct flow_match *match, const struct rule *rule, enum rule_form form)
{
	bool source = is_range(rule->source_port, form);
	bool destination = is_range(rule->destination_port, form);

	if (source)
		add_extra(match, FLOW_EXTRA_PORTS_RANGE_MIN_SRC, rule->source_port.min);
	if (destination)
		add_extra(match, FLOW_EXTRA_PORTS_RANGE_MIN_DST, rule->destination_port.min);
	if (source)
		add_extra(match, FLOW_EXTRA_PORTS_RANGE_MAX_SRC, rule->source_port.max);
	if (destination)
		add_extra(match, FLOW_EXTRA_PORTS_RANGE_MAX_DST, rule->destination_port.max);
	if (source || destination)
		match->used_keys |= FLOW_PRESENT(PORTS_RANGE);
}

struct flow_rule *rule_flow_rule(const struct rule *rule, enum rule_form form)
{
	size_t extras = 2 * (size_t)(is_range(rule->source_port, form) +
				     is_range(rule->destination_port, form));
	struct flow_rule *flow = flow_rule_alloc_extras(1, extras);
	struct match match = rule_match(rule, form);

	if (!flow)
		return NULL;
	flow->match.key = match.value;
	flow->match.mask = match.mask;
	flow->match.used_keys = match.keys;
	flow->match.num_extras = 0;
	add_ranges(&flow->match, rule, form);
	flow->protocol = rule->ipv6 ? IPV6_TYPE : IPV4_TYPE;
	flow->actions[0] =
		(struct flow_action_entry){.id = rule->drop ? FLOW_ACTION_DROP : FLOW_ACTION_ACCEPT,
					   .hw_stats = FLOW_ACTION_HW_STATS_DONT_CARE};
	return flow;
}

void rule_tcam(const struct rule *rule, enum rule_form form, uint32_t number, struct tcam_rule *to)
{
	struct match match = rule_match(rule, form);

	*to = (struct tcam_rule){.value = match.value, .mask = match.mask, .priority = number};
	to->value.word[0] |= match.present;
	to->mask.word[0] |= match.present | FLOW_PORT_MASK;
	to->has_ranges =
		is_range(rule->source_port, form) || is_range(rule->destination_port, form);
	if (!to->has_ranges)
		return;
	to->ranges = (struct tcam_ranges){0, 0xffff, 0, 0xffff};
	if (is_range(rule->source_port, form)) {
		to->ranges.src_min = rule->source_port.min;
		to->ranges.src_max = rule->source_port.max;
	}
	if (is_range(rule->destination_port, form)) {
		to->ranges.dst_min = rule->destination_port.min;
		to->ranges.dst_max = rule->destination_port.max;
	}
}

static uint8_t prefix_length(uint64_t mask)
{
	return (uint8_t)__builtin_popcountll(mask);
}

static struct port_match entry_port(const struct tcam_rule *from, enum flow_field_id id)
{
	uint16_t value = (uint16_t)flow_key_get(&from->value, id);
	uint16_t mask = (uint16_t)flow_key_get(&from->mask, id);

	return (struct port_match){value & mask, (uint16_t)((value & mask) | ~mask)};
}

bool tcam_rule_back(const struct tcam_rule *from, struct rule *rule)
{
	struct tcam_rule again;

	*rule = (struct rule){
		.source.low = flow_key_get(&from->value, FLOW_IPV4_SRC),
		.destination.low = flow_key_get(&from->value, FLOW_IPV4_DST),
		.source_length = prefix_length(flow_key_get(&from->mask, FLOW_IPV4_SRC)),
		.destination_length = prefix_length(flow_key_get(&from->mask, FLOW_IPV4_DST)),
		.protocol = (uint8_t)flow_key_get(&from->value, FLOW_BASIC_IP_PROTO),
		.any_protocol = flow_key_get(&from->mask, FLOW_BASIC_IP_PROTO) == 0,
		.source_port = entry_port(from, FLOW_PORTS_SRC),
		.destination_port = entry_port(from, FLOW_PORTS_DST)};
	rule_tcam(rule, FORM_MASKED, 0, &again);
	/* What is always there may be asked for or not. */
	for (size_t w = 1; w < FLOW_KEY_WORDS; w++)
		if (from->mask.word[w] != again.mask.word[w] ||
		    ((from->value.word[w] ^ again.value.word[w]) & again.mask.word[w]))
			return false;
	return !from->has_ranges;
}
