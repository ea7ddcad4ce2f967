/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "explain_internal.h"

/* Bits of the field that a mask has and another one does not. */
static bool has_more(const struct flow_key *mask, const struct flow_key *other,
		     enum flow_field_id id)
{
	uint8_t bits[16], others[16];

	flow_key_load(mask, id, bits);
	flow_key_load(other, id, others);
	for (size_t i = 0; i < flow_fields[id].struct_size; i++)
		if (bits[i] & ~others[i])
			return true;
	return false;
}

static bool is_flagged(const struct flow_rule *told, enum flow_field_id id)
{
	/* addr_type says nothing that the presence of addresses does not. */
	return told->match.used_keys >> flow_fields[id].key & 1 && id != FLOW_CONTROL_ADDR_TYPE;
}

json_t *explain_not_asked_json(const struct flow_rule *told, const struct tcam_rule *entry)
{
	json_t *names = json_array();

	for (int id = 0; told && id < FLOW_FIELD_COUNT; id++)
		if (is_flagged(told, id) && has_more(&told->match.mask, &entry->mask, id))
			json_array_append_new(names, json_string(flow_fields[id].name));
	return names;
}

/* The rule has no word 0: keys that must be absent are the model's. */
json_t *explain_besides_json(const struct flow_rule *told, const struct tcam_rule *entry)
{
	uint64_t absent = entry->mask.word[0] & ~entry->value.word[0] & ~FLOW_PORT_MASK;
	json_t *names = json_array();

	for (int id = 0; told && id < FLOW_FIELD_COUNT; id++)
		if (has_more(&entry->mask, &told->match.mask, id))
			json_array_append_new(names, json_string(flow_fields[id].name));
	for (int id = 0; told && id < FLOW_DISSECTOR_KEY_COUNT; id++)
		if (absent >> id & 1)
			json_array_append_new(names,
					      json_sprintf("no %s", flow_dissector_key_name(id)));
	return names;
}

struct tcam_rule explain_rule_as_told(const struct flow_rule *told)
{
	struct tcam_rule rule = {0};

	for (int id = 0; id < FLOW_FIELD_COUNT; id++) {
		uint8_t value[16], mask[16];

		if (!(told->match.used_keys >> flow_fields[id].key & 1) ||
		    flow_field_is_zero(&told->match.mask, id))
			continue;
		flow_key_load(&told->match.key, id, value);
		flow_key_load(&told->match.mask, id, mask);
		flow_key_store(&rule.value, id, value);
		flow_key_store(&rule.mask, id, mask);
		rule.mask.word[0] |= flow_field_presence(id);
	}
	rule.value.word[0] = rule.mask.word[0];
	return rule;
}
