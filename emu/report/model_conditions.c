/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model_conditions.h"

#include <inttypes.h>
#include <stdio.h>

static const char *key_name(int number)
{
	return flow_dissector_key_name((enum flow_dissector_key_id)number);
}

static const char *action_name(int number)
{
	return flow_action_name((enum flow_action_id)number);
}

static const char *front_name(int number)
{
	return model_front_end_name((enum model_front_end)number);
}

static const char *kind_name(int number)
{
	return nic_port_kind_name((enum nic_port_kind)number);
}

static const char *hw_stats_name(int number)
{
	return flow_hw_stats_name((uint8_t)(1u << number));
}

static json_t *set_json(uint64_t set, const char *(*name)(int number))
{
	json_t *list = json_array();

	for (int i = 0; i < 64; i++)
		if (set >> i & 1)
			json_array_append_new(list, json_string(name(i)));
	return list;
}

json_t *model_keys_json(uint64_t keys)
{
	return set_json(keys, key_name);
}

json_t *model_actions_json(uint64_t actions)
{
	return set_json(actions, action_name);
}

json_t *model_fronts_json(uint64_t set)
{
	return set_json(set, front_name);
}

json_t *model_number_json(uint64_t number)
{
	return number == MODEL_UNKNOWN ? json_string("unknown") : json_integer((json_int_t)number);
}

json_t *model_fields_json(const struct model_field *fields, size_t count)
{
	json_t *list = json_array();

	for (size_t i = 0; i < count; i++)
		json_array_append_new(list, json_string(model_field_name(fields[i])));
	return list;
}

static json_t *ranges_json(const struct model_range *ranges, size_t count)
{
	json_t *list = json_array();

	for (size_t i = 0; i < count; i++) {
		const struct model_range *r = &ranges[i];

		json_array_append_new(list, r->min == r->max ? json_sprintf("%" PRIu64, r->min)
							     : json_sprintf("%" PRIu64 "-%" PRIu64,
									    r->min, r->max));
	}
	return list;
}

static json_t *own_ranges(const struct model_condition *c)
{
	return ranges_json(c->ranges, c->num_ranges);
}

static json_t *own_fields(const struct model_condition *c)
{
	return model_fields_json(c->fields, c->num_fields);
}

static json_t *order_json(const struct model_condition *c)
{
	json_t *list = json_array();

	for (size_t i = 0; i < c->num_order; i++)
		json_array_append_new(list, json_string(action_name(c->order[i])));
	return list;
}

static json_t *argument_json(const struct model_condition *c)
{
	json_t *test = json_pack("{s:o, s:s, s:o}", "actions", model_actions_json(c->actions),
				 "argument", c->argument, "in", own_ranges(c));

	if (c->with) {
		json_object_set_new(test, "with", json_string(c->with));
		json_object_set_new(test, "with-in",
				    ranges_json(c->with_ranges, c->num_with_ranges));
	}
	return test;
}

/* Conditions that are a list of tests in a file: one of these tests; NULL: it is not such a one. */
static json_t *test_json(const struct model_condition *c)
{
	switch (c->kind) {
	case MODEL_IF_MASK:
		return json_pack("{s:o, s:s}", "fields", own_fields(c), "is",
				 model_mask_name(c->mask));
	case MODEL_IF_MASK_BITS:
		return json_pack("{s:o, s:o}", "fields", own_fields(c), "bits",
				 json_sprintf("0x%" PRIx64, c->ranges[0].max));
	case MODEL_IF_VALUE:
		return json_pack("{s:o, s:o}", "fields", own_fields(c), "in", own_ranges(c));
	case MODEL_IF_ACTIONS_COUNT:
		return json_pack("{s:o, s:o}", "of", model_actions_json(c->actions), "in",
				 own_ranges(c));
	case MODEL_IF_ARGUMENT: return argument_json(c);
	default: return NULL;
	}
}

static json_t *condition_json(const struct model_condition *c)
{
	switch (c->kind) {
	case MODEL_IF_KEYS_ONLY:
	case MODEL_IF_KEYS_ALL:
	case MODEL_IF_KEYS_ANY: return model_keys_json(c->keys);
	case MODEL_IF_FIELDS_ONLY:
	case MODEL_IF_FIELDS_ANY:
	case MODEL_IF_FIELDS_ALL: return own_fields(c);
	case MODEL_IF_ACTIONS_ORDER: return order_json(c);
	case MODEL_IF_HW_STATS: return set_json(c->set, hw_stats_name);
	case MODEL_IF_TARGET_KINDS:
	case MODEL_IF_PORT_KINDS: return set_json(c->set, kind_name);
	case MODEL_IF_FRONT_ENDS: return model_fronts_json(c->set);
	case MODEL_IF_PRIORITY:
	case MODEL_IF_CHAIN_INDEX:
	case MODEL_IF_PROTOCOL: return own_ranges(c);
	case MODEL_IF_IFINDEX_IS_PORT:
	case MODEL_IF_IFINDEX_IS_OF_NIC:
	case MODEL_IF_TARGETS_DIFFER:
	case MODEL_IF_TARGETS_NOT_PORT:
	case MODEL_IF_HW_STATS_SAME: return json_string("yes");
	default: return model_actions_json(c->actions);
	}
}

json_t *model_conditions_json(const struct model_conditions *conditions)
{
	json_t *object = json_object();

	for (size_t i = 0; i < conditions->count; i++) {
		const struct model_condition *c = &conditions->list[i];
		const char *name = model_condition_name(c->kind);
		json_t *test = test_json(c);

		if (test && !json_object_get(object, name))
			json_object_set_new(object, name, json_array());
		if (test)
			json_array_append_new(json_object_get(object, name), test);
		else
			json_object_set_new(object, name, condition_json(c));
	}
	return object;
}
