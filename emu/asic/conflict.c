/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "conflict.h"

#include "admission.h"
#include "match_field.h"

#include <errno.h>
#include <stdlib.h>

/* uthash reports that memory is out by leaving the element outside the table. */
#define HASH_NONFATAL_OOM 1
#include <uthash.h>
#include <utlist.h>

/* What the conflict's relations want to be the same; 0 where they do not ask. */
struct list_key {
	const struct model_conflict *conflict;
	uint64_t match; /* a hash */
	uint64_t cookie;
	uint32_t port, priority;
};

struct member {
	struct conflict_list *list;
	struct conflict_rule *rule;
	struct member *prev, *next;
};

struct conflict_list {
	struct list_key key;
	struct member *members;
	UT_hash_handle hh;
};

struct conflict_rule {
	struct flow_rule *rule; /* held */
	uint64_t block, cookie;
	uint32_t prio;
	uint16_t port;
	size_t count;
	struct member members[];
};

/* --- the same match --- */

static bool is_flagged(const struct flow_match *match, struct model_field field)
{
	return match->used_keys >> model_field_key(field) & 1;
}

static uint64_t mix(uint64_t hash, uint64_t word)
{
	hash = (hash ^ word) * UINT64_C(0xff51afd7ed558ccd);
	return hash ^ hash >> 32;
}

static uint64_t hash_match(const struct flow_match *match)
{
	uint64_t hash = mix(0, match->used_keys);

	for (uint16_t id = 0; id < FLOW_FIELD_COUNT + FLOW_EXTRA_COUNT; id++) {
		struct match_field field;

		if (!is_flagged(match, (struct model_field){.id = id}))
			continue;
		field = match_field_read(match, (struct model_field){.id = id});
		hash = mix(mix(hash, field.mask.high), field.mask.low);
		hash = mix(mix(hash, field.value.high), field.value.low);
	}
	return hash;
}

static bool is_same_number(struct wide_number a, struct wide_number b)
{
	return a.high == b.high && a.low == b.low;
}

static bool is_same_match(const struct flow_match *a, const struct flow_match *b)
{
	for (uint16_t id = 0; id < FLOW_FIELD_COUNT + FLOW_EXTRA_COUNT; id++) {
		struct match_field x = match_field_read(a, (struct model_field){.id = id});
		struct match_field y = match_field_read(b, (struct model_field){.id = id});

		if (!is_same_number(x.mask, y.mask) || !is_same_number(x.value, y.value))
			return false;
	}
	return a->used_keys == b->used_keys;
}

/* Two actions of one kind go to different ports. */
static bool has_other_target(const struct flow_rule *a, const struct flow_rule *b)
{
	for (size_t i = 0; i < a->num_actions; i++)
		for (size_t j = 0; j < b->num_actions; j++) {
			const struct flow_action_entry *x = &a->actions[i], *y = &b->actions[j];

			if (x->id == y->id && flow_action_has_target(x->id) &&
			    (x->ifindex != y->ifindex || x->netns != y->netns))
				return true;
		}
	return false;
}

/* --- lists --- */

static struct list_key make_key(const struct model_conflict *conflict,
				const struct question *question)
{
	const struct offload_command *command = question->command;
	struct list_key key;

	memset(&key, 0, sizeof(key)); /* it is hashed as bytes */
	key.conflict = conflict;
	if (conflict->relations & MODEL_SAME_PORT)
		key.port = question->binding->port;
	if (conflict->relations & MODEL_SAME_PRIORITY)
		key.priority = command->prio;
	if (conflict->relations & MODEL_SAME_MATCH)
		key.match = hash_match(&command->rule->match);
	if (conflict->relations & MODEL_SAME_RULE)
		key.cookie = command->cookie;
	return key;
}

static struct conflict_list *find_list(const struct conflicts *conflicts,
				       const struct list_key *key)
{
	struct conflict_list *list = NULL;

	if (conflicts->lists)
		HASH_FIND(hh, conflicts->lists, key, sizeof(*key), list);
	return list;
}

static struct conflict_list *make_list(struct conflicts *conflicts, const struct list_key *key)
{
	struct conflict_list *list = find_list(conflicts, key);

	if (list)
		return list;
	list = calloc(1, sizeof(*list));
	if (!list)
		return NULL;
	memcpy(&list->key, key, sizeof(*key));
	HASH_ADD(hh, conflicts->lists, key, sizeof(list->key), list);
	if (list->hh.tbl)
		return list;
	free(list);
	return NULL;
}

static void leave(struct conflicts *conflicts, struct member *member)
{
	struct conflict_list *list = member->list;

	DL_DELETE(list->members, member);
	if (list->members)
		return;
	HASH_DEL(conflicts->lists, list);
	free(list);
}

/* --- asking --- */

static bool hold_beside(const struct model_conditions *conditions,
			const struct model_conditions *unless, const struct question *question)
{
	return conditions_hold(conditions, question) &&
	       (!unless->count || !conditions_hold(unless, question));
}

static bool is_against(const struct model_conflict *conflict, const struct question *question,
		       const struct conflict_rule *other)
{
	const struct offload_command *command = question->command;
	bool is_same_rule =
		other->cookie == command->cookie && other->block == question->binding->block;

	if (is_same_rule != !!(conflict->relations & MODEL_SAME_RULE) ||
	    (is_same_rule && other->port == question->binding->port))
		return false;
	if (conflict->relations & MODEL_SAME_MATCH &&
	    !is_same_match(&other->rule->match, &command->rule->match))
		return false;
	if (conflict->relations & MODEL_EARLIER_PRIORITY && command->prio >= other->prio)
		return false;
	return !(conflict->relations & MODEL_OTHER_TARGET) ||
	       has_other_target(other->rule, command->rule);
}

static bool has_other(const struct conflicts *conflicts, const struct model_conflict *conflict,
		      const struct question *question)
{
	const struct list_key key = make_key(conflict, question);
	const struct conflict_list *list = find_list(conflicts, &key);
	const struct member *member;

	if (list)
		DL_FOREACH (list->members, member)
			if (is_against(conflict, question, member->rule))
				return true;
	return false;
}

int conflicts_ask(const struct conflicts *conflicts, const struct question *question,
		  struct reason *reason)
{
	const struct model *model = question->nic->profile;

	for (size_t i = 0; i < model->num_conflicts; i++) {
		const struct model_conflict *conflict = &model->conflicts[i];

		if (hold_beside(&conflict->when, &conflict->unless, question) &&
		    has_other(conflicts, conflict, question))
			return refuse_by_model(reason, conflict->reason_id, conflict->error,
					       conflict->clause, "", conflict->text,
					       conflict->hint);
	}
	return 0;
}

/* --- rules come and go --- */

static int join(struct conflicts *conflicts, const struct model_conflict *conflict,
		const struct question *question, struct conflict_rule *rule)
{
	const struct list_key key = make_key(conflict, question);
	struct member *member = &rule->members[rule->count];

	member->list = make_list(conflicts, &key);
	if (!member->list)
		return -ENOMEM;
	member->rule = rule;
	DL_APPEND(member->list->members, member);
	rule->count++;
	return 0;
}

static bool is_other_of_any(const struct question *question)
{
	const struct model *model = question->nic->profile;

	for (size_t i = 0; i < model->num_conflicts; i++)
		if (hold_beside(&model->conflicts[i].others, &model->conflicts[i].others_unless,
				question))
			return true;
	return false;
}

static struct conflict_rule *make_rule(const struct question *question)
{
	size_t most = question->nic->profile->num_conflicts;
	struct conflict_rule *rule = calloc(1, sizeof(*rule) + most * sizeof(rule->members[0]));

	if (!rule)
		return NULL;
	rule->rule = flow_rule_hold(question->command->rule);
	if (!rule->rule) {
		free(rule);
		return NULL;
	}
	rule->block = question->binding->block;
	rule->cookie = question->command->cookie;
	rule->prio = question->command->prio;
	rule->port = question->binding->port;
	return rule;
}

int conflicts_add(struct conflicts *conflicts, const struct question *question,
		  struct conflict_rule **out)
{
	const struct model *model = question->nic->profile;
	struct conflict_rule *rule;
	int error = 0;

	*out = NULL;
	if (!is_other_of_any(question))
		return 0;
	rule = make_rule(question);
	if (!rule)
		return -ENOMEM;
	for (size_t i = 0; !error && i < model->num_conflicts; i++) {
		const struct model_conflict *conflict = &model->conflicts[i];

		if (hold_beside(&conflict->others, &conflict->others_unless, question))
			error = join(conflicts, conflict, question, rule);
	}
	if (error) {
		conflicts_remove(conflicts, rule);
		return error;
	}
	*out = rule;
	return 0;
}

void conflicts_remove(struct conflicts *conflicts, struct conflict_rule *rule)
{
	if (!rule)
		return;
	while (rule->count > 0)
		leave(conflicts, &rule->members[--rule->count]);
	flow_rule_free(rule->rule);
	free(rule);
}
