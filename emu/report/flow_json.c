/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A flow rule as JSON: used_keys, keys, keys_not_flagged, actions. */
#include "internal.h"

#include <nicemu/flow/view.h>

/* NULL for a value that is not whole: its memory is out. Takes the reference. */
static json_t *whole(json_t *value, bool failed)
{
	if (!failed)
		return value;
	json_decref(value);
	return NULL;
}

static json_t *used_keys_json(uint64_t used_keys)
{
	json_t *names = json_array();
	bool failed = false;

	for (int id = 0; id < 64; id++) {
		const char *name = flow_dissector_key_name(id);

		if (used_keys >> id & 1)
			failed |= json_array_append_new(names, name ? json_string(name)
								    : json_sprintf("%d", id));
	}
	return whole(names, failed);
}

struct fields {
	json_t *flagged, *unflagged;
	bool failed;
};

static void add_field(void *context, const struct flow_view_field *field)
{
	struct fields *fields = context;
	json_t *keys = field->flagged ? fields->flagged : fields->unflagged;
	const char *name = flow_dissector_key_name(field->key);
	json_t *key = json_object_get(keys, name);

	if (!key) {
		key = json_object();
		/* Then it has taken the key with it. */
		if (json_object_set_new(keys, name, key)) {
			fields->failed = true;
			return;
		}
	}
	fields->failed |= json_object_set_new(
		key, field->name,
		json_pack("{s:s, s:s}", "value", field->value, "mask", field->mask));
}

struct arguments {
	json_t *record;
	bool failed;
};

static void add_argument(void *context, const struct flow_view_argument *argument)
{
	struct arguments *to = context;

	to->failed |=
		json_object_set_new(to->record, argument->name,
				    argument->is_number ? json_integer((json_int_t)argument->number)
							: json_string(argument->text));
}

static json_t *action_json(const struct nic *nic, const struct flow_action_entry *action)
{
	struct arguments to = {json_object(), false};
	json_t *record = to.record;
	int port;

	to.failed |= json_object_set_new(record, "id", json_string(flow_action_name(action->id)));
	if (flow_action_has_target(action->id)) {
		port = nic_port_in_netns(nic, action->netns, action->ifindex);
		to.failed |= json_object_set_new(record, "ifindex", json_integer(action->ifindex));
		to.failed |= json_object_set_new(
			record, "port", port < 0 ? json_null() : text_json(nic->ports[port].name));
	}
	flow_view_action(action, add_argument, &to);
	to.failed |= json_object_set_new(record, "hw_stats",
					 json_string(flow_hw_stats_name(action->hw_stats)));
	return whole(record, to.failed);
}

bool add_flow_rule(json_t *record, const struct nic *nic, const struct flow_rule *rule)
{
	struct fields fields = {json_object(), json_object(), false};
	json_t *actions = json_array();
	bool failed = false;

	flow_view_match(&rule->match, add_field, &fields);
	for (size_t i = 0; i < rule->num_actions; i++)
		failed |= json_array_append_new(actions, action_json(nic, &rule->actions[i]));
	failed |= json_object_set_new(record, "used_keys", used_keys_json(rule->match.used_keys));
	if (rule->match.unknown_keys)
		failed |= json_object_set_new(
			record, "unknown_keys",
			json_sprintf("0x%llx", (unsigned long long)rule->match.unknown_keys));
	failed |= json_object_set_new(record, "keys", fields.flagged);
	failed |= json_object_set_new(record, "keys_not_flagged", fields.unflagged);
	failed |= json_object_set_new(record, "actions", actions);
	if (rule->lost_actions)
		failed |= json_object_set_new(record, "lost_actions",
					      json_integer(rule->lost_actions));
	return !failed && !fields.failed;
}
