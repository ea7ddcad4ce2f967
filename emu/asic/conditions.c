/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "conditions.h"
#include "match_field.h"

#include <nicemu/flow/view.h>

#include <stdio.h>

enum model_front_end front_end_of(const struct offload_binding *binding)
{
	static const enum model_front_end front_ends[] = {
		[OFFLOAD_BLOCK] = MODEL_CHAIN,
		[OFFLOAD_FLOWTABLE] = MODEL_FLOWTABLE,
		[OFFLOAD_TC] = MODEL_FLOWER,
	};

	return front_ends[binding->binder];
}

static bool in(const struct model_range *ranges, size_t count, uint64_t number)
{
	for (size_t i = 0; i < count; i++)
		if (number >= ranges[i].min && number <= ranges[i].max)
			return true;
	return false;
}

static bool in_ranges(const struct model_condition *c, uint64_t number)
{
	return in(c->ranges, c->num_ranges, number);
}

static const struct flow_match *match_of(const struct question *q)
{
	return &q->command->rule->match;
}

static const struct nic_port *port_of(const struct question *q)
{
	return &q->nic->ports[q->binding->port];
}

/* --- keys --- */

static bool keys_only(const struct model_condition *c, const struct question *q)
{
	return !(match_of(q)->used_keys & ~c->keys);
}

static bool keys_all(const struct model_condition *c, const struct question *q)
{
	return !(c->keys & ~match_of(q)->used_keys);
}

static bool keys_any(const struct model_condition *c, const struct question *q)
{
	return match_of(q)->used_keys & c->keys;
}

/* --- fields --- */

static bool is_matched(const struct question *q, struct model_field field)
{
	return !wide_is_zero(match_field_read(match_of(q), field).mask);
}

static uint64_t keys_of_fields(const struct model_condition *c)
{
	uint64_t keys = 0;

	for (size_t i = 0; i < c->num_fields; i++)
		keys |= UINT64_C(1) << model_field_key(c->fields[i]);
	return keys;
}

/* All bits of its mask are in listed fields. */
static bool is_listed(const struct model_condition *c, const struct question *q, uint16_t id)
{
	struct model_field field = {.id = id};
	uint64_t left = match_field_read(match_of(q), field).mask.low;
	bool some = false;

	for (size_t i = 0; i < c->num_fields; i++) {
		if (c->fields[i].id != id)
			continue;
		if (!c->fields[i].bits)
			return true;
		some = true;
		left &= ~(uint64_t)c->fields[i].bits;
	}
	return some && !left;
}

/* The first field that is matched and not listed, or -1. */
static int field_not_listed(const struct model_condition *c, const struct question *q)
{
	uint64_t keys = keys_of_fields(c) & match_of(q)->used_keys;

	for (uint16_t id = 0; keys && id < FLOW_FIELD_COUNT + FLOW_EXTRA_COUNT; id++) {
		struct model_field field = {.id = id};

		if (keys >> model_field_key(field) & 1 && is_matched(q, field) &&
		    !is_listed(c, q, id))
			return id;
	}
	return -1;
}

static bool fields_only(const struct model_condition *c, const struct question *q)
{
	return field_not_listed(c, q) < 0;
}

static bool fields_any(const struct model_condition *c, const struct question *q)
{
	for (size_t i = 0; i < c->num_fields; i++)
		if (is_matched(q, c->fields[i]))
			return true;
	return false;
}

static bool fields_all(const struct model_condition *c, const struct question *q)
{
	for (size_t i = 0; i < c->num_fields; i++)
		if (!is_matched(q, c->fields[i]))
			return false;
	return true;
}

/* --- masks and values --- */

static bool is_full(const struct match_field *field)
{
	struct wide_number ones = wide_ones(field->width);

	return field->mask.high == ones.high && field->mask.low == ones.low;
}

/* Its zeros are all below its ones: the zeros plus one is a power of two. */
static bool is_prefix(const struct match_field *field)
{
	struct wide_number ones = wide_ones(field->width);
	uint64_t high = ones.high & ~field->mask.high, low = ones.low & ~field->mask.low;

	if (high)
		return !field->mask.low && !(high & (high + 1));
	return !(low & (low + 1));
}

static bool has_form(const struct match_field *field, enum model_mask form)
{
	bool none = wide_is_zero(field->mask);

	switch (form) {
	case MODEL_MASK_NONE: return none;
	case MODEL_MASK_FULL: return is_full(field);
	case MODEL_MASK_FULL_OR_NONE: return none || is_full(field);
	case MODEL_MASK_PREFIX: return is_prefix(field);
	}
	return false;
}

/* How one field is asked by the kinds below. */
static bool mask_is_right(const struct model_condition *c, const struct match_field *field)
{
	return has_form(field, c->mask);
}

static bool mask_bits_are_right(const struct model_condition *c, const struct match_field *field)
{
	return !field->mask.high && c->num_ranges && !(field->mask.low & ~c->ranges[0].max);
}

static bool value_is_right(const struct model_condition *c, const struct match_field *field)
{
	return !wide_is_zero(field->mask) && !field->value.high && in_ranges(c, field->value.low);
}

typedef bool field_test(const struct model_condition *c, const struct match_field *field);

/* The number in the list of the first field that fails, or -1. */
static int field_that_fails(const struct model_condition *c, const struct question *q,
			    field_test *test)
{
	for (size_t i = 0; i < c->num_fields; i++) {
		struct match_field field = match_field_read(match_of(q), c->fields[i]);

		if (!test(c, &field))
			return (int)i;
	}
	return -1;
}

static bool mask(const struct model_condition *c, const struct question *q)
{
	return field_that_fails(c, q, mask_is_right) < 0;
}

static bool mask_bits(const struct model_condition *c, const struct question *q)
{
	return field_that_fails(c, q, mask_bits_are_right) < 0;
}

static bool value(const struct model_condition *c, const struct question *q)
{
	return field_that_fails(c, q, value_is_right) < 0;
}

/* --- actions --- */

static bool is_listed_action(const struct model_condition *c, const struct flow_action_entry *a)
{
	return (unsigned int)a->id < 64 && c->actions >> a->id & 1;
}

/* Where none is listed all are meant. */
static bool is_meant(const struct model_condition *c, const struct flow_action_entry *a)
{
	return !c->actions || is_listed_action(c, a);
}

static const struct flow_action_entry *action_not_listed(const struct model_condition *c,
							 const struct question *q)
{
	const struct flow_rule *rule = q->command->rule;

	for (size_t i = 0; i < rule->num_actions; i++)
		if (!is_listed_action(c, &rule->actions[i]))
			return &rule->actions[i];
	return NULL;
}

static bool actions_only(const struct model_condition *c, const struct question *q)
{
	return !action_not_listed(c, q);
}

static bool actions_any(const struct model_condition *c, const struct question *q)
{
	const struct flow_rule *rule = q->command->rule;

	for (size_t i = 0; i < rule->num_actions; i++)
		if (is_listed_action(c, &rule->actions[i]))
			return true;
	return false;
}

static bool actions_last(const struct model_condition *c, const struct question *q)
{
	const struct flow_rule *rule = q->command->rule;

	return rule->num_actions && is_listed_action(c, &rule->actions[rule->num_actions - 1]);
}

static bool actions_count(const struct model_condition *c, const struct question *q)
{
	const struct flow_rule *rule = q->command->rule;
	uint64_t count = 0;

	for (size_t i = 0; i < rule->num_actions; i++)
		count += is_meant(c, &rule->actions[i]);
	return in_ranges(c, count);
}

static bool actions_once(const struct model_condition *c, const struct question *q)
{
	const struct flow_rule *rule = q->command->rule;
	uint64_t seen = 0;

	for (size_t i = 0; i < rule->num_actions; i++) {
		uint64_t bit = UINT64_C(1) << (rule->actions[i].id & 63);

		if (!is_meant(c, &rule->actions[i]))
			continue;
		if (seen & bit)
			return false;
		seen |= bit;
	}
	return true;
}

/* Its place in the order from `from` on; -1: before it only; -2: it has none. */
static int place_in_order(const struct model_condition *c, size_t from, enum flow_action_id id)
{
	int before = -2;

	for (size_t i = 0; i < c->num_order; i++) {
		if (c->order[i] != id)
			continue;
		if (i >= from)
			return (int)i;
		before = -1;
	}
	return before;
}

static bool actions_order(const struct model_condition *c, const struct question *q)
{
	const struct flow_rule *rule = q->command->rule;
	size_t at = 0;

	for (size_t i = 0; i < rule->num_actions; i++) {
		int place = place_in_order(c, at, rule->actions[i].id);

		if (place == -1)
			return false;
		if (place >= 0)
			at = (size_t)place;
	}
	return true;
}

static bool is_argument_in(const struct flow_action_entry *action, const char *name,
			   const struct model_range *ranges, size_t num_ranges)
{
	uint64_t number;

	return flow_action_number(action, name, &number) && in(ranges, num_ranges, number);
}

/* An action of which the argument is asked. */
static bool is_asked(const struct model_condition *c, const struct flow_action_entry *action)
{
	return is_listed_action(c, action) &&
	       (!c->with || is_argument_in(action, c->with, c->with_ranges, c->num_with_ranges));
}

static bool argument(const struct model_condition *c, const struct question *q)
{
	const struct flow_rule *rule = q->command->rule;

	for (size_t i = 0; i < rule->num_actions; i++)
		if (is_asked(c, &rule->actions[i]) &&
		    !is_argument_in(&rule->actions[i], c->argument, c->ranges, c->num_ranges))
			return false;
	return true;
}

static bool hw_stats(const struct model_condition *c, const struct question *q)
{
	const struct flow_rule *rule = q->command->rule;

	for (size_t i = 0; i < rule->num_actions; i++)
		if (!(rule->actions[i].hw_stats & c->set))
			return false;
	return true;
}

static const struct flow_action_entry *target_of_other_kind(const struct model_condition *c,
							    const struct question *q)
{
	const struct flow_rule *rule = q->command->rule;

	for (size_t i = 0; i < rule->num_actions; i++) {
		const struct flow_action_entry *action = &rule->actions[i];
		int port;

		if (!flow_action_has_target(action->id))
			continue;
		port = nic_port_in_netns(q->nic, action->netns, action->ifindex);
		if (port < 0 || !(c->set >> q->nic->ports[port].kind & 1))
			return action;
	}
	return NULL;
}

static bool target_kinds(const struct model_condition *c, const struct question *q)
{
	return !target_of_other_kind(c, q);
}

static bool is_target(const struct flow_action_entry *action, uint32_t netns, uint32_t ifindex)
{
	return flow_action_has_target(action->id) && action->netns == netns &&
	       action->ifindex == ifindex;
}

static bool targets_differ(const struct model_condition *c, const struct question *q)
{
	const struct flow_rule *rule = q->command->rule;

	for (size_t i = 0; i < rule->num_actions; i++) {
		const struct flow_action_entry *action = &rule->actions[i];

		if (!flow_action_has_target(action->id))
			continue;
		for (size_t j = i + 1; j < rule->num_actions; j++)
			if (is_target(&rule->actions[j], action->netns, action->ifindex))
				return false;
	}
	return true;
}

static bool targets_not_port(const struct model_condition *c, const struct question *q)
{
	const struct flow_rule *rule = q->command->rule;

	for (size_t i = 0; i < rule->num_actions; i++)
		if (is_target(&rule->actions[i], port_of(q)->netns, port_of(q)->ifindex))
			return false;
	return true;
}

static bool hw_stats_same(const struct model_condition *c, const struct question *q)
{
	const struct flow_rule *rule = q->command->rule;

	for (size_t i = 1; i < rule->num_actions; i++)
		if (rule->actions[i].hw_stats != rule->actions[0].hw_stats)
			return false;
	return true;
}

/* --- binding and command --- */

static bool front_ends(const struct model_condition *c, const struct question *q)
{
	return c->set >> front_end_of(q->binding) & 1;
}

static bool port_kinds(const struct model_condition *c, const struct question *q)
{
	return c->set >> port_of(q)->kind & 1;
}

static bool priority(const struct model_condition *c, const struct question *q)
{
	return in_ranges(c, q->command->prio);
}

static bool chain_index(const struct model_condition *c, const struct question *q)
{
	return in_ranges(c, q->command->chain_index);
}

static bool protocol(const struct model_condition *c, const struct question *q)
{
	return in_ranges(c, q->command->protocol);
}

static bool ifindex_is_port(const struct model_condition *c, const struct question *q)
{
	struct match_field index = match_field_read(
		match_of(q), (struct model_field){.id = FLOW_META_INGRESS_IFINDEX});

	return wide_is_zero(index.mask) || index.value.low == port_of(q)->ifindex;
}

static bool ifindex_is_of_nic(const struct model_condition *c, const struct question *q)
{
	struct match_field index = match_field_read(
		match_of(q), (struct model_field){.id = FLOW_META_INGRESS_IFINDEX});

	return wide_is_zero(index.mask) ||
	       nic_port_in_netns(q->nic, port_of(q)->netns, (uint32_t)index.value.low) >= 0;
}

/* --- who is to blame --- */

typedef void blame_fn(const struct model_condition *c, const struct question *q, FILE *out);

static void blame_keys(uint64_t keys, FILE *out)
{
	const char *between = "";

	for (int id = 0; id < 64; id++) {
		const char *name = flow_dissector_key_name((enum flow_dissector_key_id)id);

		if (!(keys >> id & 1))
			continue;
		if (name)
			fprintf(out, "%s%s", between, name);
		else
			fprintf(out, "%skey %d", between, id);
		between = ", ";
	}
}

static void blame_other_keys(const struct model_condition *c, const struct question *q, FILE *out)
{
	blame_keys(match_of(q)->used_keys & ~c->keys, out);
}

static void blame_missing_keys(const struct model_condition *c, const struct question *q, FILE *out)
{
	fputs("no ", out);
	blame_keys(c->keys & ~match_of(q)->used_keys, out);
}

static void blame_other_field(const struct model_condition *c, const struct question *q, FILE *out)
{
	int id = field_not_listed(c, q);

	if (id >= 0)
		fputs(model_field_name((struct model_field){.id = (uint16_t)id}), out);
}

static void blame_field(const struct model_condition *c, const struct question *q, FILE *out,
			field_test *test)
{
	int i = field_that_fails(c, q, test);

	if (i >= 0)
		fputs(model_field_name(c->fields[i]), out);
}

static void blame_mask(const struct model_condition *c, const struct question *q, FILE *out)
{
	blame_field(c, q, out, mask_is_right);
}

static void blame_mask_bits(const struct model_condition *c, const struct question *q, FILE *out)
{
	blame_field(c, q, out, mask_bits_are_right);
}

static void blame_value(const struct model_condition *c, const struct question *q, FILE *out)
{
	blame_field(c, q, out, value_is_right);
}

static void blame_action(const struct model_condition *c, const struct question *q, FILE *out)
{
	const struct flow_action_entry *action = action_not_listed(c, q);

	if (action)
		fputs(flow_action_name(action->id), out);
}

static void blame_target(const struct model_condition *c, const struct question *q, FILE *out)
{
	const struct flow_action_entry *action = target_of_other_kind(c, q);
	int port = action ? nic_port_in_netns(q->nic, action->netns, action->ifindex) : -1;

	if (port >= 0)
		fprintf(out, "%s is a port of kind %s", q->nic->ports[port].name,
			nic_port_kind_name(q->nic->ports[port].kind));
	else if (action)
		fprintf(out, "interface %u is not a port of this NIC", action->ifindex);
}

/* --- all kinds --- */

static const struct kind {
	bool (*holds)(const struct model_condition *c, const struct question *q);
	blame_fn *blame; /* NULL: the sentence of the clause says all */
	bool of_binding; /* can be asked without a command */
} kinds[MODEL_IF_COUNT] = {
	[MODEL_IF_KEYS_ONLY] = {.holds = keys_only, .blame = blame_other_keys},
	[MODEL_IF_KEYS_ALL] = {.holds = keys_all, .blame = blame_missing_keys},
	[MODEL_IF_KEYS_ANY] = {.holds = keys_any},
	[MODEL_IF_FIELDS_ONLY] = {.holds = fields_only, .blame = blame_other_field},
	[MODEL_IF_FIELDS_ANY] = {.holds = fields_any},
	[MODEL_IF_FIELDS_ALL] = {.holds = fields_all},
	[MODEL_IF_MASK] = {.holds = mask, .blame = blame_mask},
	[MODEL_IF_MASK_BITS] = {.holds = mask_bits, .blame = blame_mask_bits},
	[MODEL_IF_VALUE] = {.holds = value, .blame = blame_value},
	[MODEL_IF_ACTIONS_ONLY] = {.holds = actions_only, .blame = blame_action},
	[MODEL_IF_ACTIONS_ANY] = {.holds = actions_any},
	[MODEL_IF_ACTIONS_LAST] = {.holds = actions_last},
	[MODEL_IF_ACTIONS_COUNT] = {.holds = actions_count},
	[MODEL_IF_ACTIONS_ONCE] = {.holds = actions_once},
	[MODEL_IF_ACTIONS_ORDER] = {.holds = actions_order},
	[MODEL_IF_ARGUMENT] = {.holds = argument},
	[MODEL_IF_HW_STATS] = {.holds = hw_stats},
	[MODEL_IF_TARGET_KINDS] = {.holds = target_kinds, .blame = blame_target},
	[MODEL_IF_FRONT_ENDS] = {.holds = front_ends, .of_binding = true},
	[MODEL_IF_PORT_KINDS] = {.holds = port_kinds, .of_binding = true},
	[MODEL_IF_PRIORITY] = {.holds = priority},
	[MODEL_IF_CHAIN_INDEX] = {.holds = chain_index},
	[MODEL_IF_PROTOCOL] = {.holds = protocol},
	[MODEL_IF_IFINDEX_IS_PORT] = {.holds = ifindex_is_port},
	[MODEL_IF_IFINDEX_IS_OF_NIC] = {.holds = ifindex_is_of_nic},
	[MODEL_IF_TARGETS_DIFFER] = {.holds = targets_differ},
	[MODEL_IF_TARGETS_NOT_PORT] = {.holds = targets_not_port},
	[MODEL_IF_HW_STATS_SAME] = {.holds = hw_stats_same},
};

const struct model_condition *condition_that_fails(const struct model_conditions *conditions,
						   const struct question *question)
{
	for (size_t i = 0; i < conditions->count; i++) {
		const struct model_condition *condition = &conditions->list[i];
		const struct kind *kind = &kinds[condition->kind];

		if ((!question->command && !kind->of_binding) || !kind->holds(condition, question))
			return condition;
	}
	return NULL;
}

bool conditions_hold(const struct model_conditions *conditions, const struct question *question)
{
	return !condition_that_fails(conditions, question);
}

bool ignoring_applies(const struct model_ignoring *ignoring, const struct question *question)
{
	return conditions_hold(&ignoring->when, question) &&
	       !(ignoring->unless.count && conditions_hold(&ignoring->unless, question));
}

bool clause_applies(const struct model_clause *clause, const struct question *question)
{
	return conditions_hold(&clause->when, question) &&
	       (!clause->unless.count || !conditions_hold(&clause->unless, question));
}

void condition_blame(const struct model_condition *condition, const struct question *question,
		     char *text, size_t size)
{
	const struct kind *kind = &kinds[condition->kind];
	FILE *out;

	*text = '\0';
	if (!kind->blame || (!question->command && !kind->of_binding))
		return;
	out = fmemopen(text, size, "w"); /* what is too long is cut */
	if (!out) {
		*text = '\0'; /* as without anything to say */
		return;
	}
	kind->blame(condition, question, out);
	fclose(out);
	text[size - 1] = '\0';
}
