/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "explain_internal.h"

#include <stdlib.h>

struct wanted {
	uint32_t binding;
	uint64_t cookie;
	json_t *record; /* NULL: not found */
	struct flow_rule *rule;
};

struct explain_rules {
	size_t count;
	struct wanted wanted[]; /* by binding and cookie */
};

static int compare(const void *left, const void *right)
{
	const struct wanted *a = left, *b = right;

	if (a->binding != b->binding)
		return a->binding < b->binding ? -1 : 1;
	return (a->cookie > b->cookie) - (a->cookie < b->cookie);
}

static struct wanted *find(const struct explain_rules *rules, uint32_t binding, uint64_t cookie)
{
	const struct wanted key = {.binding = binding, .cookie = cookie};

	return bsearch(&key, rules->wanted, rules->count, sizeof(key), compare);
}

static void note_rule(void *context, const struct nft_offload_rule *rule)
{
	struct wanted *wanted = rule->in_hw ? find(context, rule->binding, rule->cookie) : NULL;

	if (!wanted || wanted->record)
		return;
	wanted->record = json_object();
	json_object_set_new(wanted->record, "family", text_json(rule->family));
	json_object_set_new(wanted->record, "table", text_json(rule->table));
	json_object_set_new(wanted->record, "chain", text_json(rule->chain));
	json_object_set_new(wanted->record, "handle", json_integer((json_int_t)rule->handle));
	json_object_set_new(wanted->record, "priority", json_integer(rule->priority));
	json_object_set_new(wanted->record, "rule", text_json(rule->text));
	json_object_set_new(wanted->record, "comment", text_json(rule->comment));
	json_object_set_new(wanted->record, "file", json_null());
	if (rule->flow_rule)
		wanted->rule = flow_rule_hold(rule->flow_rule);
}

struct explain_rules *explain_rules_create(const struct emulator *emulator,
					   const struct explanation *e)
{
	size_t count = e->num_candidates + e->num_others, n = 0;
	struct explain_rules *rules = calloc(1, sizeof(*rules) + count * sizeof(rules->wanted[0]));

	if (!rules)
		return NULL;
	rules->count = count;
	for (size_t i = 0; i < e->num_candidates; i++)
		rules->wanted[n++] = (struct wanted){.binding = e->candidates[i].binding,
						     .cookie = e->candidates[i].cookie};
	for (size_t i = 0; i < e->num_others; i++)
		rules->wanted[n++] = (struct wanted){.binding = e->others[i].binding,
						     .cookie = e->others[i].cookie};
	qsort(rules->wanted, count, sizeof(rules->wanted[0]), compare);
	if (count)
		emulator_visit_rules(emulator, note_rule, rules);
	return rules;
}

void explain_rules_destroy(struct explain_rules *rules)
{
	for (size_t i = 0; rules && i < rules->count; i++) {
		json_decref(rules->wanted[i].record);
		flow_rule_free(rules->wanted[i].rule);
	}
	free(rules);
}

json_t *explain_rule_json(const struct explain_rules *rules, uint32_t binding, uint64_t cookie)
{
	const struct wanted *wanted = find(rules, binding, cookie);

	return wanted && wanted->record ? json_deep_copy(wanted->record) : json_null();
}

const struct flow_rule *explain_flow_rule(const struct explain_rules *rules, uint32_t binding,
					  uint64_t cookie)
{
	const struct wanted *wanted = find(rules, binding, cookie);

	return wanted ? wanted->rule : NULL;
}

struct host_rule explain_rule_name(const struct explain_rules *rules, uint32_t binding,
				   uint64_t cookie)
{
	const struct wanted *wanted = find(rules, binding, cookie);
	const json_t *record = wanted ? wanted->record : NULL;

	return (struct host_rule){
		.family = json_string_value(json_object_get(record, "family")),
		.table = json_string_value(json_object_get(record, "table")),
		.chain = json_string_value(json_object_get(record, "chain")),
		.handle = (uint64_t)json_integer_value(json_object_get(record, "handle")),
	};
}
