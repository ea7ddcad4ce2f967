/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "encode_handed.h"

#include <string.h>

static size_t encode_field(struct kmod_field *field, const struct flow_match *match,
			   unsigned int number, unsigned int key, unsigned int size)
{
	enum flow_field_id id = handed_field(number);
	bool flagged = match->used_keys >> key & 1;

	if (!flagged && (id == FLOW_FIELD_COUNT || (flow_field_is_zero(&match->key, id) &&
						    flow_field_is_zero(&match->mask, id))))
		return 0;
	field->id = (uint16_t)number;
	field->size = (uint8_t)size;
	field->flags = flagged ? KMOD_FIELD_FLAGGED : 0;
	if (id != FLOW_FIELD_COUNT) {
		flow_key_load(&match->key, id, field->key);
		flow_key_load(&match->mask, id, field->mask);
	}
	return 1;
}

static void encode_action(struct kmod_action *action, const struct flow_action_entry *entry,
			  uint32_t netns)
{
	static const uint16_t ids[] = {
		[FLOW_ACTION_ACCEPT] = KMOD_ACTION_ACCEPT,
		[FLOW_ACTION_DROP] = KMOD_ACTION_DROP,
		[FLOW_ACTION_REDIRECT] = KMOD_ACTION_REDIRECT,
		[FLOW_ACTION_MIRRED] = KMOD_ACTION_MIRRED,
	};

	action->id = ids[entry->id];
	action->hw_stats = entry->hw_stats;
	action->argument[0] = entry->ifindex;
	action->argument[1] = entry->ifindex ? netns : 0;
}

size_t encode_handed(uint8_t *bytes, const struct handed_expected *expected)
{
	const struct flow_rule *rule = expected->rule;
	struct kmod_replace head = {.used_keys = rule->match.used_keys};
	struct kmod_field fields[KMOD_FIELDS_MAX] = {0};
	struct kmod_action actions[KMOD_ACTIONS_MAX] = {0};
	size_t count = 0, size, num_actions = rule->num_actions;

#define X(ID, NUMBER, KEY, SIZE, NAME) \
	count += encode_field(&fields[count], &rule->match, NUMBER, KEY, SIZE);
	KMOD_FIELDS(X)
#undef X
	if (num_actions > KMOD_ACTIONS_MAX)
		num_actions = KMOD_ACTIONS_MAX;
	for (size_t i = 0; i < num_actions; i++)
		encode_action(&actions[i], &rule->actions[i], expected->netns);
	head.num_fields = (uint16_t)count;
	head.num_actions = (uint16_t)num_actions;
	head.lost_actions = (uint32_t)(rule->num_actions - num_actions);
	size = sizeof(head) + count * sizeof(fields[0]) + num_actions * sizeof(actions[0]);
	head.command.header = (struct kmod_header){.length = (uint32_t)size, .type = KMOD_REPLACE};
	head.command.protocol = rule->protocol;
	head.command.prio = expected->prio;
	memcpy(bytes, &head, sizeof(head));
	memcpy(bytes + sizeof(head), fields, count * sizeof(fields[0]));
	memcpy(bytes + sizeof(head) + count * sizeof(fields[0]), actions,
	       num_actions * sizeof(actions[0]));
	return size;
}
