/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From the wire's fields and actions to a flow rule. */
#include "internal.h"

#include <errno.h>
#include <string.h>

/* Where a field of the wire has its place. */
struct place {
	bool known, extra;
	uint8_t size;
	int id; /* enum flow_field_id, or with extra enum flow_extra_id */
};

enum { FIELD_LIMIT = 128 }; /* above every number of KMOD_FIELDS */

static struct place find_place(const char *name, uint8_t size)
{
	for (int id = 0; id < FLOW_FIELD_COUNT; id++)
		if (strcmp(flow_fields[id].name, name) == 0)
			return (struct place){.known = true, .size = size, .id = id};
	for (int id = 0; id < FLOW_EXTRA_COUNT; id++)
		if (strcmp(flow_extra_fields[id].name, name) == 0)
			return (struct place){.known = true, .extra = true, .size = size, .id = id};
	return (struct place){0};
}

/* Both sides call a field by the kernel's name, so that no third table says which is which. */
static const struct place *place_of(uint16_t number)
{
	static struct place places[FIELD_LIMIT];
	static bool filled;

	if (!filled) {
#define X(ID, NUMBER, KEY, SIZE, NAME) places[NUMBER] = find_place(NAME, SIZE);
		KMOD_FIELDS(X)
#undef X
		filled = true;
	}
	return number < FIELD_LIMIT && places[number].known ? &places[number] : NULL;
}

static const uint8_t action_ids[] = {
#define ROW(ID) [KMOD_ACTION_##ID] = FLOW_ACTION_##ID
	ROW(UNKNOWN),
	ROW(ACCEPT),
	ROW(DROP),
	ROW(TRAP),
	ROW(GOTO),
	ROW(REDIRECT),
	ROW(MIRRED),
	ROW(REDIRECT_INGRESS),
	ROW(MIRRED_INGRESS),
	ROW(VLAN_PUSH),
	ROW(VLAN_POP),
	ROW(VLAN_MANGLE),
	ROW(TUNNEL_ENCAP),
	ROW(TUNNEL_DECAP),
	ROW(MANGLE),
	ROW(ADD),
	ROW(CSUM),
	ROW(MARK),
	ROW(PTYPE),
	ROW(PRIORITY),
	ROW(RX_QUEUE_MAPPING),
	ROW(WAKE),
	ROW(QUEUE),
	ROW(SAMPLE),
	ROW(POLICE),
	ROW(CT),
	ROW(CT_METADATA),
	ROW(MPLS_PUSH),
	ROW(MPLS_POP),
	ROW(MPLS_MANGLE),
	ROW(GATE),
	ROW(PPPOE_PUSH),
	ROW(JUMP),
	ROW(PIPE),
	ROW(VLAN_PUSH_ETH),
	ROW(VLAN_POP_ETH),
	ROW(CONTINUE),
#undef ROW
};

enum { NUM_ACTION_IDS = sizeof(action_ids) / sizeof(action_ids[0]) };

static enum flow_action_id action_id(uint32_t id)
{
	return id < NUM_ACTION_IDS ? (enum flow_action_id)action_ids[id] : FLOW_ACTION_UNKNOWN;
}

static bool read_field(struct flow_rule *rule, uint64_t seen[2], struct cursor *rest)
{
	const uint8_t *bytes = cursor_bytes(rest, sizeof(struct kmod_field));
	const struct place *place;
	struct kmod_field field;
	struct flow_extra *extra;

	if (!bytes)
		return false;
	memcpy(&field, bytes, sizeof(field));
	place = place_of(field.id);
	if (!place || field.size != place->size || seen[field.id / 64] >> field.id % 64 & 1)
		return false;
	seen[field.id / 64] |= UINT64_C(1) << field.id % 64;
	if (!place->extra) {
		flow_key_store(&rule->match.key, place->id, field.key);
		flow_key_store(&rule->match.mask, place->id, field.mask);
		return true;
	}
	extra = &rule->match.extras[rule->match.num_extras++];
	extra->id = (uint8_t)place->id;
	memcpy(extra->value, field.key, field.size);
	memcpy(extra->mask, field.mask, field.size);
	return true;
}

/* The words of a POLICE that name actions have the wire's numbers. */
static void translate_arguments(struct flow_action_entry *entry)
{
	enum { EXCEED = 8, NOT_EXCEED = 9 };

	if (entry->id != FLOW_ACTION_POLICE)
		return;
	entry->argument[EXCEED] = action_id(entry->argument[EXCEED]);
	entry->argument[NOT_EXCEED] = action_id(entry->argument[NOT_EXCEED]);
}

static bool read_action(struct flow_action_entry *entry, struct cursor *rest)
{
	const uint8_t *bytes = cursor_bytes(rest, sizeof(struct kmod_action));
	struct kmod_action action;

	if (!bytes)
		return false;
	memcpy(&action, bytes, sizeof(action));
	entry->id = action_id(action.id);
	entry->hw_stats = (uint8_t)(action.hw_stats & FLOW_ACTION_HW_STATS_DONT_CARE);
	memcpy(entry->argument, action.argument, sizeof(entry->argument));
	if (flow_action_has_target(entry->id)) {
		entry->ifindex = action.argument[0];
		entry->netns = action.argument[1];
		memset(entry->argument, 0, sizeof(entry->argument));
	}
	if (entry->id == FLOW_ACTION_UNKNOWN)
		entry->argument[0] = action.kernel_id;
	translate_arguments(entry);
	return true;
}

int kmod_read_rule(struct flow_rule **result, const struct kmod_replace *replace,
		   struct cursor *rest, const char **what)
{
	struct flow_rule *rule;
	uint64_t seen[2] = {0};

	*result = NULL;
	*what = "its numbers of fields and actions are too large";
	if (replace->num_fields > KMOD_FIELDS_MAX || replace->num_actions > KMOD_ACTIONS_MAX)
		return -EBADMSG;
	rule = flow_rule_alloc_extras(replace->num_actions, replace->num_fields);
	if (!rule)
		return -ENOMEM;
	rule->match.used_keys = replace->used_keys;
	rule->match.unknown_keys = replace->unknown_keys;
	rule->match.num_extras = 0; /* as many as there are */
	rule->protocol = replace->command.protocol;
	rule->lost_actions = replace->lost_actions;
	*what = "a field is unknown, has a wrong size, or comes twice";
	for (uint16_t i = 0; i < replace->num_fields; i++)
		if (!read_field(rule, seen, rest))
			goto bad;
	*what = "its length does not fit its actions";
	for (uint16_t i = 0; i < replace->num_actions; i++)
		if (!read_action(&rule->actions[i], rest))
			goto bad;
	if (cursor_left(rest))
		goto bad;
	*result = rule;
	return 0;
bad:
	flow_rule_free(rule);
	return -EBADMSG;
}
