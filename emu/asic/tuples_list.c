/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The lists of records in the slots of the tables. Readers walk them at any time: a record is
 * complete before it is linked, and one that is unlinked leads on to where it led.
 */
#include "tcam_tuples.h"

#include <string.h>

/* --- which table --- */

static bool within(const struct flow_key *a, const struct flow_key *b)
{
	uint64_t outside = 0;

	for (unsigned int w = 0; w < FLOW_KEY_WORDS; w++)
		outside |= a->word[w] & ~b->word[w];
	return !outside;
}

static uint32_t best_table(const struct tuples_state *state, const struct flow_key *mask)
{
	uint32_t best = TUPLES_TABLES;

	for (uint32_t t = 0; t < state->num_tables; t++)
		if (within(&state->mask[t], mask) &&
		    (best == TUPLES_TABLES || state->place[t].weight > state->place[best].weight))
			best = t;
	return best;
}

uint32_t tuples_list_choose(const struct tcam *tcam, const struct tuples_state *state,
			    uint32_t number)
{
	struct tuples_name *name = tuples_mask_name(tcam, number);
	uint32_t mask = tuples_record(tcam, number)->mask & TUPLES_NUMBER;

	if (name->data >> 8 != state->id)
		name->data = state->id << 8 | best_table(state, &tcam->whole_masks[mask]);
	return name->data & 0xff;
}

/*
 * A record that comes between two plans, with a mask that no table suits: when the list where it
 * would go is long already, it gets a new table, while there may be more.
 */
static uint32_t choose_late(struct tcam *tcam, struct tuples_state *state, uint32_t number)
{
	uint32_t table = tuples_list_choose(tcam, state, number);
	uint32_t mask = tuples_record(tcam, number)->mask & TUPLES_NUMBER;

	if (state != tcam->state || flow_key_chunks(&state->mask[table]) ||
	    state->place[table].count < TUPLES_LIST_CROWDED)
		return table;
	table = best_table(state, &tcam->whole_masks[mask]);
	if (!flow_key_chunks(&state->mask[table]) &&
	    tuples_state_add(tcam, &tcam->whole_masks[mask]))
		table = state->num_tables - 1;
	tuples_mask_name(tcam, number)->data = state->id << 8 | table;
	return table;
}

/* The hash of a record in a table. */
static uint32_t hash_of(const struct tcam *tcam, const struct tuples_state *state, uint32_t table,
			uint32_t number)
{
	const struct tuples_record *record = tuples_record(tcam, number);
	const struct tuples_more *more = tuples_more(tcam, number);
	const uint64_t *chunk[FLOW_CHUNKS] = {record->value};

	more += !!(record->mask & TUPLES_RANGED);
	for (unsigned int c = 1; c < FLOW_CHUNKS; c++)
		if (tuples_further(record) >> c & 1)
			chunk[c] = (more++)->value;
	return tcam->kind->hash(state, table, chunk);
}

/* --- lists --- */

struct spot {
	struct tuples_state *state;
	uint32_t table, hash, slot, filter, number;
};

static struct spot spot_of(const struct tcam *tcam, struct tuples_state *state, uint32_t table,
			   uint32_t number)
{
	uint32_t hash = hash_of(tcam, state, table, number);

	return (struct spot){
		.state = state,
		.table = table,
		.hash = hash,
		.slot = hash & state->table[table].slot_mask,
		.filter = UINT32_C(1) << (TUPLES_NUMBER_BITS + (hash >> 29)),
		.number = number,
	};
}

static uint32_t *slot_at(const struct spot *spot)
{
	return &spot->state->table[spot->table].slots[spot->slot];
}

static uint8_t *length_at(const struct spot *spot)
{
	return &spot->state->place[spot->table].lengths[spot->slot];
}

static uint64_t list_id(const struct spot *spot)
{
	return (uint64_t)spot->table << 32 | spot->slot;
}

/*
 * An entry that is updated has two records of the same order for a while: their numbers tell them
 * apart, here as in the index.
 */
static bool comes_before(const struct tuples_record *a, const struct tuples_record *b)
{
	return tuples_before(a, b) || (!tuples_before(b, a) && a < b);
}

/* The record after which this one belongs; 0: it comes first. */
static uint32_t place_in(const struct tcam *tcam, const struct spot *spot)
{
	const struct tuples_record *record = tuples_record(tcam, spot->number);
	uint32_t before = 0, at = *slot_at(spot) & TUPLES_NUMBER;

	if (*length_at(spot) == TUPLES_LENGTH_INDEXED)
		return tuples_index_before(&tcam->list_index, list_id(spot), spot->number);
	while (at && comes_before(tuples_record(tcam, at), record)) {
		before = at;
		at = tuples_record(tcam, at)->next[spot->state->which];
	}
	return before;
}

/* The record before this one, which is in the list. */
static uint32_t before_in(const struct tcam *tcam, const struct spot *spot)
{
	uint32_t before = 0, at = *slot_at(spot) & TUPLES_NUMBER;

	if (*length_at(spot) == TUPLES_LENGTH_INDEXED)
		return tuples_index_before(&tcam->list_index, list_id(spot), spot->number);
	while (at != spot->number) {
		before = at;
		at = tuples_record(tcam, at)->next[spot->state->which];
	}
	return before;
}

/* The list has become long: from now on the index knows its order. Without memory it is walked. */
static void begin_index(struct tcam *tcam, const struct spot *spot)
{
	uint32_t at = *slot_at(spot) & TUPLES_NUMBER;

	if (tuples_index_reserve(&tcam->list_index, tcam->count + tcam->queued + 2))
		return;
	for (; at; at = tuples_record(tcam, at)->next[spot->state->which])
		tuples_index_add(&tcam->list_index, list_id(spot), at);
	*length_at(spot) = TUPLES_LENGTH_INDEXED;
}

static void grow_length(struct tcam *tcam, const struct spot *spot)
{
	uint8_t *length = length_at(spot);

	if (*length == TUPLES_LENGTH_INDEXED)
		tuples_index_add(&tcam->list_index, list_id(spot), spot->number);
	else if (*length < TUPLES_LENGTH_LOST && ++*length > TUPLES_LIST_LONG)
		begin_index(tcam, spot);
}

/* Before the slot gets its first record with that hash. */
static void raise_guard(const struct spot *spot)
{
	const struct tuples_table *table = &spot->state->table[spot->table];
	uint32_t bit = spot->hash & (TUPLES_GUARD * (table->slot_mask + 1) - 1);

	if (table->guard)
		__atomic_store_n(&table->guard[bit / 32], table->guard[bit / 32] | 1u << bit % 32,
				 __ATOMIC_RELEASE);
}

/* The slot is empty. */
static void drop_guard(const struct spot *spot)
{
	const struct tuples_table *table = &spot->state->table[spot->table];

	for (uint32_t i = 0; table->guard && i < TUPLES_GUARD; i++) {
		uint32_t bit = spot->slot + i * (table->slot_mask + 1);

		__atomic_store_n(&table->guard[bit / 32],
				 table->guard[bit / 32] & ~(1u << bit % 32), __ATOMIC_RELEASE);
	}
}

/*
 * No record of this or a later table may come before the floor. A reader takes low first and then
 * high, so that whatever it sees of two stores is not above what it needs.
 */
static void lower_floors(struct tuples_state *state, uint32_t table,
			 const struct tuples_record *record)
{
	for (uint32_t t = 0; t <= table; t++) {
		struct tuples_table *to = &state->table[t];

		if (record->order_high > to->floor_high ||
		    (record->order_high == to->floor_high && record->order_low >= to->floor_low))
			continue;
		__atomic_store_n(&to->floor_high, record->order_high, __ATOMIC_RELEASE);
		__atomic_store_n(&to->floor_low, record->order_low, __ATOMIC_RELEASE);
	}
}

void tuples_list_fetch(const struct tcam *tcam, uint32_t table, uint32_t number)
{
	struct spot spot = spot_of(tcam, tcam->state, table, number);

	__builtin_prefetch(slot_at(&spot), 1);
	__builtin_prefetch(length_at(&spot), 1);
}

void tuples_list_link(struct tcam *tcam, struct tuples_state *state, uint32_t number)
{
	uint32_t table = choose_late(tcam, state, number);
	struct spot spot = spot_of(tcam, state, table, number);
	struct tuples_record *record = tuples_record(tcam, number);
	uint32_t *slot = slot_at(&spot), before = place_in(tcam, &spot);
	uint32_t *from = before ? &tuples_record(tcam, before)->next[state->which] : NULL;
	uint8_t length = *length_at(&spot);

	lower_floors(state, table, record);
	raise_guard(&spot);
	record->next[state->which] = from ? *from : *slot & TUPLES_NUMBER;
	if (from)
		__atomic_store_n(from, number, __ATOMIC_RELEASE);
	__atomic_store_n(slot,
			 (*slot & ~(uint32_t)TUPLES_NUMBER) | spot.filter |
				 (from ? *slot & TUPLES_NUMBER : number),
			 __ATOMIC_RELEASE);
	state->place[table].count++;
	grow_length(tcam, &spot);
	if (length > TUPLES_LIST_CROWDED)
		tcam->debt += length;
	tcam->colds[number].table = (uint8_t)table;
	tcam->colds[number].flags |= TUPLES_LINKED;
}

void tuples_list_unlink(struct tcam *tcam, uint32_t number)
{
	struct tuples_state *state = tcam->state;
	struct spot spot = spot_of(tcam, state, tcam->colds[number].table, number);
	uint32_t *slot = slot_at(&spot), before = before_in(tcam, &spot);
	uint32_t next = tuples_record(tcam, number)->next[state->which];
	uint8_t *length = length_at(&spot);

	if (before)
		__atomic_store_n(&tuples_record(tcam, before)->next[state->which], next,
				 __ATOMIC_RELEASE);
	else
		__atomic_store_n(slot, next ? (*slot & ~(uint32_t)TUPLES_NUMBER) | next : 0,
				 __ATOMIC_RELEASE);
	if (*length == TUPLES_LENGTH_INDEXED)
		tuples_index_remove(&tcam->list_index, list_id(&spot), number);
	else if (*length < TUPLES_LENGTH_LOST)
		--*length;
	if (!before && !next) {
		*length = 0;
		drop_guard(&spot);
	}
	state->place[spot.table].count--;
	tcam->colds[number].flags &= (uint8_t)~TUPLES_LINKED;
}
