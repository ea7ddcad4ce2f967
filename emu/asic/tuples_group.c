/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Groups of equal rules: the same value, mask and ranges. Only the first that a view sees can
 * decide, so the others are kept out of the lists ("hidden"), however many there are.
 *
 * Invariant: before every hidden record of a group stands one that every present and future view
 * sees until it is removed ("solid": committed and not removed).
 */
#include "tcam_tuples.h"

#include <errno.h>
#include <string.h>

static bool equal(const struct tcam *tcam, uint32_t a, uint32_t b)
{
	const struct tuples_record *ra = tuples_record(tcam, a), *rb = tuples_record(tcam, b);

	return ra->mask == rb->mask && !memcmp(ra->value, rb->value, sizeof(ra->value)) &&
	       !memcmp(tuples_more(tcam, a), tuples_more(tcam, b),
		       tuples_more_lines(ra) * sizeof(struct tuples_more));
}

static uint32_t hash_of(const struct tcam *tcam, uint32_t number)
{
	const struct tuples_record *record = tuples_record(tcam, number);
	uint32_t hash = tuples_hash_words(record->value, FLOW_CHUNK_WORDS, record->mask);

	return tuples_hash_words((const uint64_t *)tuples_more(tcam, number),
				 tuples_more_lines(record) * (TUPLES_LINE / sizeof(uint64_t)),
				 hash);
}

static bool linked(const struct tcam *tcam, uint32_t number)
{
	return tcam->colds[number].flags & TUPLES_LINKED;
}

static bool solid(const struct tcam *tcam, uint32_t number)
{
	return tuples_visible(tcam->colds[number].stamps, (uint32_t)tcam->state->version) &&
	       !(tcam->colds[number].flags & TUPLES_DEAD);
}

int tuples_group_reserve(struct tcam *tcam)
{
	int error = tuples_names_reserve(&tcam->groups);

	if (!error)
		error = tuples_index_reserve(&tcam->group_index, tcam->group_index.count + 2);
	if (!error && tcam->list_index.capacity)
		error = tuples_index_reserve(&tcam->list_index, tcam->count + tcam->queued + 2);
	return error;
}

static uint32_t find(const struct tcam *tcam, uint32_t number, uint32_t hash)
{
	uint32_t group = tuples_name_first(&tcam->groups, hash);

	while (group && !equal(tcam, tuples_name(&tcam->groups, group)->data, number))
		group = tuples_name_next(&tcam->groups, group);
	return group;
}

void tuples_group_enter(struct tcam *tcam, uint32_t number)
{
	uint32_t hash = hash_of(tcam, number), before, group;
	struct tuples_name *name;

	tuples_name_fetch(&tcam->groups, hash);
	tuples_list_fetch(tcam, tuples_list_choose(tcam, tcam->state, number), number);
	group = find(tcam, number, hash);
	if (!group) {
		group = tuples_name_add(&tcam->groups, hash);
		tuples_name(&tcam->groups, group)->data = number;
	}
	name = tuples_name(&tcam->groups, group);
	tcam->colds[number].group = group;
	if (name->uses == 1)
		tuples_index_add(&tcam->group_index, group, name->data);
	if (name->uses++)
		tuples_index_add(&tcam->group_index, group, number);
	before = name->uses > 1 ? tuples_index_before(&tcam->group_index, group, number) : 0;
	if (before && (solid(tcam, before) || !linked(tcam, before)))
		tcam->hidden++;
	else
		tuples_list_link(tcam, tcam->state, number);
}

void tuples_group_die(struct tcam *tcam, uint32_t number)
{
	uint32_t group = tcam->colds[number].group, at;

	if (tuples_name(&tcam->groups, group)->uses == 1)
		return;
	if (!linked(tcam, number)) {
		tcam->hidden--;
		tuples_group_leave(tcam, number);
		return;
	}
	at = tuples_index_before(&tcam->group_index, group, number);
	if (at && (solid(tcam, at) || !linked(tcam, at)))
		return;
	for (at = tuples_index_after(&tcam->group_index, group, number); at;
	     at = tuples_index_after(&tcam->group_index, group, at)) {
		if (!linked(tcam, at)) {
			tcam->hidden--;
			tuples_list_link(tcam, tcam->state, at);
		}
		if (solid(tcam, at))
			break;
	}
}

void tuples_group_leave(struct tcam *tcam, uint32_t number)
{
	uint32_t group = tcam->colds[number].group;
	struct tuples_name *name = tuples_name(&tcam->groups, group);

	tcam->colds[number].group = 0;
	if (!--name->uses) {
		tuples_name_drop(&tcam->groups, group);
		return;
	}
	tuples_index_remove(&tcam->group_index, group, number);
	name->data = tuples_index_first(&tcam->group_index, group);
	if (name->uses == 1)
		tuples_index_remove(&tcam->group_index, group, name->data);
}

void tuples_group_find_first(struct tcam *tcam)
{
	for (uint32_t n = tuples_store_from(tcam, 1); n; n = tuples_store_from(tcam, n + 1)) {
		struct tuples_name *name = tuples_name(&tcam->groups, tcam->colds[n].group);

		if (!tcam->colds[n].group || !solid(tcam, n))
			continue;
		if (!solid(tcam, name->data) ||
		    tuples_before(tuples_record(tcam, n), tuples_record(tcam, name->data)))
			name->data = n;
	}
}

bool tuples_group_decides(const struct tcam *tcam, uint32_t number)
{
	uint32_t first = tuples_name(&tcam->groups, tcam->colds[number].group)->data;

	return !solid(tcam, first) ||
	       !tuples_before(tuples_record(tcam, first), tuples_record(tcam, number));
}
