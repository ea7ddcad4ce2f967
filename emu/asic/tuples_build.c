/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sets of tables: when a new one is due, and making it while readers use the old one. */
#include "tuples_plan.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <urcu.h>

enum {
	SLOTS_PER_RECORD = 3, /* between 3 and 6 at first; at least half when it has doubled */
	GUARDED = 8192,       /* slots from which on a table has a guard: 32 KiB */
	LATE = 6,             /* tables after a plan that are reason for another */
	FEW = 16,             /* no plan below */
	PATIENCE = 64,        /* changes before a plan because of long lists; then twice that */
	MEDIUM = 1024,        /* up to here a plan at a quarter more is cheap */
};

void tuples_state_free(struct tuples_state *state)
{
	if (!state)
		return;
	for (uint32_t t = 0; t < state->num_tables; t++)
		tuples_block_put(state->place[t].late, state->place[t].late_bytes);
	tuples_block_put(state->block, state->block_bytes);
	free(state);
}

static void set_mask(struct tuples_state *state, uint32_t table, const struct flow_key *mask)
{
	struct tuples_table *to = &state->table[table];

	state->mask[table] = *mask;
	memcpy(to->mask, mask->word, sizeof(to->mask));
	to->further = flow_key_chunks(mask) & ~1u;
	to->floor_high = UINT64_MAX;
	to->floor_low = UINT64_MAX;
}

/* A table whose mask is empty has one slot. */
static size_t slots_for(const struct tuples_state *state, uint32_t table)
{
	size_t slots = 8, records = state->place[table].count;

	if (!flow_key_chunks(&state->mask[table]))
		return 1;
	while (slots < SLOTS_PER_RECORD * records)
		slots *= 2;
	return slots;
}

/* Of a table with so many slots. */
static size_t guard_words(size_t slots)
{
	return slots < GUARDED ? 0 : slots * TUPLES_GUARD / 32;
}

/* One block for the slots of all tables, behind them the guards, and behind them the lengths. */
static int make_slots(struct tuples_state *state)
{
	size_t slots = 0, guards = 0;
	uint32_t *at, *guard;
	uint8_t *length;

	for (uint32_t t = 0; t < state->num_tables; t++) {
		slots += (slots_for(state, t) + 15) & ~(size_t)15;
		guards += guard_words(slots_for(state, t));
	}
	state->block_bytes = slots * (sizeof(uint32_t) + sizeof(uint8_t)) + guards * sizeof(*guard);
	state->block = tuples_block_get(state->block_bytes);
	if (!state->block)
		return -ENOMEM;
	at = state->block;
	guard = at + slots;
	length = (uint8_t *)(guard + guards);
	for (uint32_t t = 0; t < state->num_tables; t++) {
		size_t own = slots_for(state, t), step = (own + 15) & ~(size_t)15;

		state->table[t].slots = at;
		state->table[t].guard = guard_words(own) ? guard : NULL;
		state->table[t].slot_mask = (uint32_t)own - 1;
		state->place[t].lengths = length;
		state->place[t].count = 0;
		at += step;
		guard += guard_words(own);
		length += step;
	}
	return 0;
}

struct tuples_state *tuples_state_empty(void)
{
	struct tuples_state *state = calloc(1, sizeof(*state));

	if (!state)
		return NULL;
	state->num_tables = state->planned_tables = 1;
	state->version = 1;
	set_mask(state, 0, &(struct flow_key){0});
	if (make_slots(state)) {
		free(state);
		return NULL;
	}
	return state;
}

/* Prefixes rounded down, so that more masks than this one find room there. */
static struct flow_key rounded_down(const struct flow_key *mask)
{
	const uint64_t ones = UINT64_C(0x0101010101010101);
	struct flow_key to;

	for (unsigned int w = 0; w < FLOW_KEY_WORDS; w++) {
		uint64_t word = mask->word[w];

		word &= word >> 1;
		word &= word >> 2;
		word &= word >> 4;
		to.word[w] = (word & ones) * 0xff;
	}
	return to;
}

bool tuples_state_add(struct tcam *tcam, const struct flow_key *mask)
{
	struct tuples_state *state = tcam->state;
	uint32_t t = state->num_tables;
	struct tuples_place *place = &state->place[t];
	struct flow_key rounded = rounded_down(mask);
	size_t slots = 64;

	if (t == TUPLES_TABLES || !flow_key_chunks(&rounded))
		return false;
	while (slots < tcam->count / 32)
		slots *= 2;
	*place = (struct tuples_place){.late_bytes = slots * (sizeof(uint32_t) + 1)};
	place->late = tuples_block_get(place->late_bytes);
	if (!place->late)
		return false;
	place->lengths = (uint8_t *)place->late + slots * sizeof(uint32_t);
	set_mask(state, t, &rounded);
	state->table[t].slots = place->late;
	state->table[t].slot_mask = (uint32_t)slots - 1;
	/* More specific than any where it could have gone. */
	place->weight = UINT32_MAX;
	__atomic_store_n(&state->num_tables, t + 1, __ATOMIC_RELEASE);
	return true;
}

/* --- making one of the records --- */

static bool gone(const struct tcam *tcam, uint32_t number)
{
	return tcam->colds[number].flags & TUPLES_DEAD &&
	       !tuples_visible(tcam->colds[number].stamps, (uint32_t)tcam->state->version);
}

/* In any list of the new state? */
static bool wanted(const struct tcam *tcam, uint32_t number)
{
	return !gone(tcam, number) && tcam->colds[number].group &&
	       tuples_group_decides(tcam, number);
}

static void count_tables(const struct tcam *tcam, struct tuples_state *state,
			 uint32_t first[TUPLES_TABLES])
{
	for (uint32_t n = tuples_store_from(tcam, 1); n; n = tuples_store_from(tcam, n + 1)) {
		uint32_t t;

		if (!wanted(tcam, n))
			continue;
		t = tuples_list_choose(tcam, state, n);
		if (!state->place[t].count++ ||
		    tuples_before(tuples_record(tcam, n), tuples_record(tcam, first[t])))
			first[t] = n;
	}
}

/* Tables in the order of their first records; those without any come last. */
static void order_tables(struct tcam *tcam, struct tuples_state *state,
			 const uint32_t first[TUPLES_TABLES])
{
	uint32_t order[TUPLES_TABLES], place[TUPLES_TABLES];
	struct tuples_state *old = state;
	struct flow_key masks[TUPLES_TABLES];
	struct tuples_place places[TUPLES_TABLES];

	for (uint32_t t = 0; t < old->num_tables; t++) {
		uint32_t at = t;

		for (; at && state->place[t].count &&
		       (!state->place[order[at - 1]].count ||
			tuples_before(tuples_record(tcam, first[t]),
				      tuples_record(tcam, first[order[at - 1]])));
		     at--)
			order[at] = order[at - 1];
		order[at] = t;
	}
	memcpy(masks, state->mask, sizeof(masks));
	memcpy(places, state->place, sizeof(places));
	for (uint32_t at = 0; at < state->num_tables; at++) {
		place[order[at]] = at;
		state->place[at] = places[order[at]];
		set_mask(state, at, &masks[order[at]]);
	}
	for (uint32_t m = 1; m < tcam->mask_names.top; m++) {
		struct tuples_name *name = tuples_name(&tcam->mask_names, m);

		if (name->uses && name->data >> 8 == state->id)
			name->data = state->id << 8 | place[name->data & 0xff];
	}
}

static struct tuples_state *new_state(struct tcam *tcam)
{
	struct tuples_state *state = calloc(1, sizeof(*state));
	uint32_t first[TUPLES_TABLES] = {0}, weights[TUPLES_TABLES];
	struct flow_key masks[TUPLES_TABLES];
	int tables;

	if (!state)
		return NULL;
	state->id = (tcam->plans + 1) % (1u << 24);
	if (!state->id)
		state->id = 1;
	tables = tuples_plan(tcam, state->id, masks, weights);
	if (tables < 0)
		goto failed;
	state->num_tables = state->planned_tables = (uint32_t)tables;
	for (int t = 0; t < tables; t++) {
		set_mask(state, (uint32_t)t, &masks[t]);
		state->place[t].weight = weights[t];
	}
	count_tables(tcam, state, first);
	order_tables(tcam, state, first);
	if (make_slots(state))
		goto failed;
	state->version = tcam->state->version;
	state->which = !tcam->state->which;
	return state;
failed:
	tuples_state_free(state);
	return NULL;
}

static struct tuples_used *used_by(const struct tcam *tcam)
{
	struct tuples_used *used = calloc(1, sizeof(*used));
	struct tcam_rule ranged = {.has_ranges = true};
	struct flow_key ports = tcam_rule_bits(&ranged);

	if (!used)
		return NULL;
	for (uint32_t m = 1; m < tcam->mask_names.top; m++)
		for (unsigned int w = 0; w < FLOW_KEY_WORDS; w++)
			used->bits.word[w] |= tuples_name(&tcam->mask_names, m)->uses
						      ? tcam->whole_masks[m].word[w]
						      : 0;
	for (uint32_t n = tuples_store_from(tcam, 1); n; n = tuples_store_from(tcam, n + 1)) {
		if (!(tuples_record(tcam, n)->mask & TUPLES_RANGED))
			continue;
		for (unsigned int w = 0; w < FLOW_KEY_WORDS; w++)
			used->bits.word[w] |= ports.word[w];
		break;
	}
	used->chunks = flow_key_chunks(&used->bits) | 1;
	return used;
}

/* All records into the new lists. Records that are gone are in no list any more. */
static void link_all(struct tcam *tcam, struct tuples_state *state)
{
	for (uint32_t n = tuples_store_from(tcam, 1); n; n = tuples_store_from(tcam, n + 1))
		tcam->colds[n].flags &= (uint8_t)~TUPLES_LINKED;
	tuples_index_close(&tcam->list_index);
	tcam->hidden = 0;
	for (uint32_t n = tuples_store_from(tcam, 1); n; n = tuples_store_from(tcam, n + 1)) {
		if (gone(tcam, n)) {
			if (tcam->colds[n].group)
				tuples_group_leave(tcam, n);
			tcam->colds[n].flags |= TUPLES_UNLINKED;
		} else if (wanted(tcam, n)) {
			tuples_list_link(tcam, state, n);
		} else if (tcam->colds[n].group) {
			tcam->hidden++;
		}
	}
}

static void publish(struct tcam *tcam, struct tuples_state *state, struct tuples_used *used)
{
	struct tuples_state *old = tcam->state;

	if (tcam->flags & TCAM_SHARED) {
		tcam->used->next = tcam->old_used;
		tcam->old_used = tcam->used;
		tcam->used = used;
		tcam->old = old;
	} else {
		*tcam->used = *used;
		free(used);
	}
	state->used = tcam->used;
	__atomic_store_n(&tcam->state, state, __ATOMIC_RELEASE);
	if (!(tcam->flags & TCAM_SHARED))
		tuples_state_free(old);
}

/* The records' other links are free again when nobody is in the state before. */
static void free_old_state(struct tcam *tcam)
{
	if (!tcam->old)
		return;
	synchronize_rcu();
	tuples_state_free(tcam->old);
	tcam->old = NULL;
}

static void build(struct tcam *tcam)
{
	struct tuples_used *used;
	struct tuples_state *state;

	free_old_state(tcam);
	tuples_group_find_first(tcam);
	used = used_by(tcam);
	state = used ? new_state(tcam) : NULL;
	if (!state) {
		free(used);
		return;
	}
	tcam->plans++;
	link_all(tcam, state);
	publish(tcam, state, used);
}

static bool is_late(const struct tcam *tcam)
{
	return tcam->state->num_tables >= tcam->state->planned_tables + LATE;
}

/* Where it fails the next try waits for as many changes as after a plan. */
static void build_now(struct tcam *tcam, size_t patience, bool rough)
{
	tcam->rough = rough && tcam->count < MANY; /* with more there is one way only */
	build(tcam);
	tcam->planned = tcam->count;
	tcam->patience = patience;
	tcam->changes = 0;
	tcam->debt = 0;
}

void tuples_build_when_due(struct tcam *tcam)
{
	size_t n = tcam->count, more = n < MEDIUM ? tcam->planned / 4 : tcam->planned;
	bool grown = n > FEW && n >= tcam->planned + more, shrunk = n < tcam->planned / 4;
	bool slow = (is_late(tcam) && tcam->changes > tcam->patience / 4) ||
		    (tcam->debt > 2 * n && tcam->changes > tcam->patience);

	/* In a table that keeps its size plans become rarer and rarer. */
	if (grown || shrunk)
		build_now(tcam, n / 2 + PATIENCE, true);
	else if (slow)
		build_now(tcam, 2 * tcam->patience, true);
}

void tuples_build_for_use(struct tcam *tcam)
{
	size_t n = tcam->count;

	if (n > FEW && (tcam->rough || tcam->changes > n / 32 || (tcam->changes && is_late(tcam))))
		build_now(tcam, n / 2 + PATIENCE, false);
}
