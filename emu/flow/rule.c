/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <nicemu/flow/rule.h>
#include <nicemu/flow/view.h>

#include <stdlib.h>
#include <string.h>

const struct flow_extra_field flow_extra_fields[FLOW_EXTRA_COUNT] = {
#define X(ID, KEY, NAME, SIZE, FORMAT) \
	[FLOW_EXTRA_##ID] = {NAME, FLOW_DISSECTOR_KEY_##KEY, SIZE, FLOW_FORMAT_##FORMAT},
	FLOW_EXTRA_FIELDS(X)
#undef X
};

struct flow_rule *flow_rule_alloc_extras(size_t num_actions, size_t num_extras)
{
	enum { LIMIT = 1 << 20 }; /* far above any sender's; sizes below can't overflow */
	struct flow_rule *rule = NULL;

	if (num_actions > LIMIT || num_extras > LIMIT)
		return NULL;
	rule = calloc(1, sizeof(*rule) + num_actions * sizeof(rule->actions[0]) +
				 num_extras * sizeof(rule->match.extras[0]));
	if (!rule)
		return NULL;
	rule->holders = 1;
	rule->num_actions = num_actions;
	rule->match.num_extras = num_extras;
	if (num_extras)
		rule->match.extras = (struct flow_extra *)&rule->actions[num_actions];
	return rule;
}

struct flow_rule *flow_rule_alloc(size_t num_actions)
{
	return flow_rule_alloc_extras(num_actions, 0);
}

struct flow_rule *flow_rule_copy(const struct flow_rule *rule)
{
	size_t num_extras = rule->match.num_extras;
	struct flow_rule *copy = flow_rule_alloc_extras(rule->num_actions, num_extras);
	struct flow_extra *extras;

	if (!copy)
		return NULL;
	extras = copy->match.extras;
	memcpy(copy, rule, sizeof(*rule) + rule->num_actions * sizeof(rule->actions[0]));
	copy->match.extras = extras;
	copy->holders = 1;
	if (num_extras)
		memcpy(extras, rule->match.extras, num_extras * sizeof(*extras));
	return copy;
}

struct flow_rule *flow_rule_hold(const struct flow_rule *rule)
{
	struct flow_rule *held = (struct flow_rule *)rule;

	if (!held->holders)
		return flow_rule_copy(rule);
	held->holders++;
	return held;
}

void flow_rule_free(struct flow_rule *rule)
{
	if (rule && --rule->holders == 0)
		free(rule);
}

const char *flow_action_name(enum flow_action_id id)
{
	static const char *const names[FLOW_ACTION_COUNT] = {
#define X(ID, ...) [FLOW_ACTION_##ID] = #ID,
		FLOW_ACTIONS(X)
#undef X
	};

	return (unsigned int)id < FLOW_ACTION_COUNT ? names[id] : "?";
}

bool flow_action_has_target(enum flow_action_id id)
{
	return id == FLOW_ACTION_REDIRECT || id == FLOW_ACTION_MIRRED ||
	       id == FLOW_ACTION_REDIRECT_INGRESS || id == FLOW_ACTION_MIRRED_INGRESS;
}

const char *flow_hw_stats_name(uint8_t hw_stats)
{
	static const char *const names[] = {
		"NONE",     "IMMEDIATE",          "DELAYED",          "IMMEDIATE|DELAYED",
		"DISABLED", "IMMEDIATE|DISABLED", "DELAYED|DISABLED", "DONT_CARE",
	};

	return names[hw_stats & FLOW_ACTION_HW_STATS_DONT_CARE];
}

static void print_used_keys(FILE *out, uint64_t used_keys, const char *indent)
{
	const char *separator = " ";

	fprintf(out, "%sused_keys", indent);
	for (int id = 0; id < 64; id++) {
		const char *name = flow_dissector_key_name(id);

		if (!(used_keys >> id & 1))
			continue;
		if (name)
			fprintf(out, "%s%s", separator, name);
		else
			fprintf(out, "%s%d", separator, id);
		separator = "|";
	}
	fprintf(out, "%s\n", used_keys ? "" : " none");
}

static void print_extra(FILE *out, const struct flow_match *match, const struct flow_extra *extra,
			const char *indent)
{
	const struct flow_extra_field *f = &flow_extra_fields[extra->id];
	char value[FLOW_TEXT_SIZE], mask[FLOW_TEXT_SIZE];

	flow_bytes_print(f->format, extra->value, f->size, value, sizeof(value));
	flow_bytes_print(f->format, extra->mask, f->size, mask, sizeof(mask));
	fprintf(out, "%s%s %s/%s%s\n", indent, f->name, value, mask,
		match->used_keys >> f->key & 1 ? "" : " (key not flagged)");
}

static void print_argument(void *context, const struct flow_view_argument *argument)
{
	fprintf(context, " %s %s", argument->name, argument->text);
}

void flow_rule_print(FILE *out, const struct flow_rule *rule, const char *indent)
{
	const struct flow_match *m = &rule->match;
	char value[64], mask[64];

	fprintf(out, "%sprotocol 0x%04x\n", indent, rule->protocol);
	print_used_keys(out, m->used_keys, indent);
	for (int id = 0; id < FLOW_FIELD_COUNT; id++) {
		if (flow_field_is_zero(&m->key, id) && flow_field_is_zero(&m->mask, id))
			continue;
		flow_field_print(&m->key, id, value, sizeof(value));
		flow_field_print(&m->mask, id, mask, sizeof(mask));
		fprintf(out, "%s%s %s/%s%s\n", indent, flow_fields[id].name, value, mask,
			m->used_keys >> flow_fields[id].key & 1 ? "" : " (key not flagged)");
	}
	for (size_t i = 0; i < m->num_extras; i++)
		print_extra(out, m, &m->extras[i], indent);
	for (size_t i = 0; i < rule->num_actions; i++) {
		const struct flow_action_entry *a = &rule->actions[i];

		fprintf(out, "%saction %s", indent, flow_action_name(a->id));
		if (flow_action_has_target(a->id))
			fprintf(out, " ifindex %u", a->ifindex);
		flow_view_action(a, print_argument, out);
		fputc('\n', out);
	}
}
