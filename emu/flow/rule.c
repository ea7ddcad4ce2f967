/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <nicemu/flow/rule.h>

#include <stdlib.h>
#include <string.h>

struct flow_rule *flow_rule_alloc(size_t num_actions)
{
	struct flow_rule *rule;

	if (num_actions > (SIZE_MAX - sizeof(*rule)) / sizeof(rule->actions[0]))
		return NULL;
	rule = calloc(1, sizeof(*rule) + num_actions * sizeof(rule->actions[0]));
	if (rule)
		rule->num_actions = num_actions;
	return rule;
}

struct flow_rule *flow_rule_copy(const struct flow_rule *rule)
{
	struct flow_rule *copy = flow_rule_alloc(rule->num_actions);

	if (copy)
		memcpy(copy, rule, sizeof(*rule) + rule->num_actions * sizeof(rule->actions[0]));
	return copy;
}

void flow_rule_free(struct flow_rule *rule)
{
	free(rule);
}

const char *flow_action_name(enum flow_action_id id)
{
	static const char *const names[] = {
		[FLOW_ACTION_ACCEPT] = "ACCEPT",
		[FLOW_ACTION_DROP] = "DROP",
		[FLOW_ACTION_REDIRECT] = "REDIRECT",
		[FLOW_ACTION_MIRRED] = "MIRRED",
	};

	return names[id];
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
	for (size_t i = 0; i < rule->num_actions; i++) {
		const struct flow_action_entry *a = &rule->actions[i];

		fprintf(out, "%saction %s", indent, flow_action_name(a->id));
		if (a->id == FLOW_ACTION_REDIRECT || a->id == FLOW_ACTION_MIRRED)
			fprintf(out, " ifindex %u", a->ifindex);
		fputc('\n', out);
	}
}
