/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The look-up itself, once for each kind of code: a file that includes this defines before
 *
 *   WALK_TARGET        attributes of the functions (__attribute__((target("…"))) or nothing)
 *   WALK_HASH          the type of a table's prepared mask, with walk_prepare() and
 *                      walk_hash_chunks(); the further chunks are told apart from it
 *   walk_differs()     does a chunk of a packet differ from a value within a mask?
 *   walk_matches()     which records of a block match? (tuples_scan.h)
 *
 * and gets walk_lookup() and walk_hash_record(), the two functions of a struct tuples_kind.
 *
 * A batch goes through the tables together, in stages without branches that depend on the packets:
 * the slots of all packets in some tables; then all records found there, in rounds, until no list
 * goes on; then packets are left out for which no later table can have anything better. So the
 * misses of many packets overlap.
 */
#ifndef NICEMU_ASIC_TUPLES_WALK_H
#define NICEMU_ASIC_TUPLES_WALK_H

#include "tuples_words.h"

#include <string.h>

enum {
	WALK_GROUP = 4,  /* tables that are asked before records are compared */
	WALK_LATER = 24, /* with fewer records to compare it is better to ask more tables first */
};

/* The order of a record; low also has its number. */
struct walk_order {
	uint64_t low, high;
};

/* A packet that found the guard of a slot up. */
struct walk_call {
	uint32_t hash, packet;
};

struct walk {
	const struct tuples_record *records;
	const struct flow_chunk *masks;
	const struct tuples_cold *colds;
	const struct flow_batch *batch;
	uint32_t which, version;
	struct walk_order best[FLOW_BATCH];
	struct walk_call calls[WALK_GROUP][FLOW_BATCH];
	uint32_t active[FLOW_BATCH];                          /* packets that go on */
	uint32_t items[WALK_GROUP * FLOW_BATCH + WALK_LATER]; /* packet << 24 | record */
	uint32_t doubts[WALK_GROUP * FLOW_BATCH +
			WALK_LATER]; /* the same: chunk 0 matches, more is to see */
};

/* Two instructions: a subtraction with borrow. */
static inline bool walk_before(uint64_t high, uint64_t low, const struct walk_order *than)
{
	return ((unsigned __int128)high << 64 | low) <
	       ((unsigned __int128)than->high << 64 | than->low);
}

static inline bool walk_in_ranges(const struct tcam_ranges *ranges, uint64_t ports)
{
	uint16_t src = (uint16_t)(ports >> 48), dst = (uint16_t)(ports >> 32);

	return (src >= ranges->src_min) & (src <= ranges->src_max) & (dst >= ranges->dst_min) &
	       (dst <= ranges->dst_max);
}
_Static_assert(FLOW_CHUNK_WORDS == 4, "the ports are in word 3 of chunk 0");

/* What the lines behind a record ask for. */
static inline WALK_TARGET bool
walk_more_matches(const struct walk *walk, const struct tuples_record *record, uint32_t packet)
{
	const struct tuples_more *more = (const struct tuples_more *)(record + 1);
	const struct flow_batch *batch = walk->batch;
	bool differs = false;

	if (record->mask & TUPLES_RANGED) {
		if (!walk_in_ranges(&more->ranges, batch->chunk[0][packet].word[3]))
			return false;
		more++;
	}
	for (unsigned int c = 1, further = tuples_further(record) >> 1; further;
	     c++, further >>= 1) {
		if (!(further & 1))
			continue;
		differs |= walk_differs(&batch->chunk[c][packet], more->value, more->mask);
		more++;
	}
	return !differs;
}

/* A record of which chunk 0 matches and that is before the packet's best. */
static inline WALK_TARGET uint32_t walk_doubt(struct walk *walk, uint32_t item)
{
	uint32_t number = item & TUPLES_NUMBER, packet = item >> TUPLES_NUMBER_BITS;
	const struct tuples_record *record = &walk->records[number];
	struct walk_order *best = &walk->best[packet];
	uint64_t stamps = 0;

	if (!walk_before(record->order_high, record->order_low, best))
		return 0;
	if (__atomic_load_n(&record->aside, __ATOMIC_ACQUIRE) & TUPLES_STAMPED)
		stamps = __atomic_load_n(&walk->colds[number].stamps, __ATOMIC_RELAXED);
	if (!tuples_visible(stamps, walk->version) || !walk_more_matches(walk, record, packet))
		return __atomic_load_n(&record->next[walk->which], __ATOMIC_ACQUIRE);
	*best = (struct walk_order){record->order_low, record->order_high};
	return 0;
}

/* All ones where true, else 0; without a branch, which would be wrong half of the time. */
static inline uint64_t walk_all_ones(bool condition)
{
	uint64_t ones = -(uint64_t)condition;

	__asm__("" : "+r"(ones)); /* a compiler that knows where it came from would branch */
	return ones;
}

#include "tuples_scan.h"

/* What is in a slot joins the items where the slot's filter has the hash. */
static inline WALK_TARGET uint32_t walk_take(struct walk *walk, const struct tuples_table *table,
					     uint32_t hash, uint32_t packet, uint32_t num_items)
{
	uint32_t slot = __atomic_load_n(&table->slots[hash & table->slot_mask], __ATOMIC_ACQUIRE);

	walk->items[num_items] = (slot & TUPLES_NUMBER) | packet << TUPLES_NUMBER_BITS;
	return num_items + (slot >> TUPLES_NUMBER_BITS >> (hash >> 29) & 1);
}

static inline WALK_TARGET uint32_t walk_hash(const WALK_HASH *prepared, uint32_t further,
					     const struct flow_batch *batch, uint32_t packet)
{
	const uint64_t *const chunk[FLOW_CHUNKS] = {
		batch->chunk[0][packet].word,
		batch->chunk[1][packet].word,
		batch->chunk[2][packet].word,
		batch->chunk[3][packet].word,
	};

	return walk_hash_chunks(prepared, further, chunk);
}

/* The slots of all active packets in a table. */
static inline __attribute__((always_inline)) WALK_TARGET uint32_t
walk_slots(struct walk *walk, const struct tuples_table *table, const WALK_HASH *prepared,
	   uint32_t further, uint32_t num_active, uint32_t num_items)
{
	for (uint32_t i = 0; i < num_active; i++) {
		uint32_t packet = walk->active[i];

		num_items =
			walk_take(walk, table, walk_hash(prepared, further, walk->batch, packet),
				  packet, num_items);
	}
	return num_items;
}

/* Of a table with a guard, the slots that are not empty: they are fetched meanwhile. */
static inline __attribute__((always_inline)) WALK_TARGET uint32_t
walk_guard(struct walk *walk, const struct tuples_table *table, const WALK_HASH *prepared,
	   uint32_t further, uint32_t num_active, struct walk_call *calls)
{
	uint32_t mask = TUPLES_GUARD * (table->slot_mask + 1) - 1, num_calls = 0;
	const uint32_t *guard = table->guard;

	for (uint32_t i = 0; i < num_active; i++) {
		uint32_t packet = walk->active[i];
		uint32_t hash = walk_hash(prepared, further, walk->batch, packet);
		uint32_t bit = hash & mask;

		calls[num_calls] = (struct walk_call){hash, packet};
		num_calls += __atomic_load_n(&guard[bit / 32], __ATOMIC_RELAXED) >> bit % 32 & 1;
	}
	for (uint32_t i = 0; i < num_calls; i++)
		__builtin_prefetch(&table->slots[calls[i].hash & table->slot_mask]);
	return num_calls;
}

/* Asks some tables: what they have for the active packets joins the items. */
static inline WALK_TARGET uint32_t walk_ask(struct walk *walk, const struct tuples_state *state,
					    uint32_t from, uint32_t to, uint32_t num_active,
					    uint32_t num_items)
{
	uint32_t before = num_items, num_calls[WALK_GROUP] = {0};

	for (uint32_t t = from; t < to; t++) {
		const struct tuples_table *table = &state->table[t];
		WALK_HASH prepared;

		if (!table->slot_mask) {
			walk_scan(walk, table, num_active);
			continue;
		}
		prepared = walk_prepare(state, t);
		/* Most tables look at chunk 0 only, and then the compiler knows. */
		if (table->guard)
			num_calls[t - from] =
				table->further ? walk_guard(walk, table, &prepared, table->further,
							    num_active, walk->calls[t - from])
					       : walk_guard(walk, table, &prepared, 0, num_active,
							    walk->calls[t - from]);
		else
			num_items = table->further
					    ? walk_slots(walk, table, &prepared, table->further,
							 num_active, num_items)
					    : walk_slots(walk, table, &prepared, 0, num_active,
							 num_items);
	}
	for (uint32_t t = from; t < to; t++)
		for (uint32_t i = 0; i < num_calls[t - from]; i++) {
			const struct walk_call *call = &walk->calls[t - from][i];

			num_items = walk_take(walk, &state->table[t], call->hash, call->packet,
					      num_items);
		}
	for (uint32_t i = before; i < num_items; i++)
		__builtin_prefetch(&walk->records[walk->items[i] & TUPLES_NUMBER]);
	return num_items;
}

/* Compares one record for each item; the items that are left are the next ones in their lists. */
static inline WALK_TARGET uint32_t walk_compare(struct walk *walk, uint32_t num_items)
{
	const struct tuples_record *records = walk->records;
	const struct flow_chunk *masks = walk->masks;
	uint32_t left = 0, num_doubts = 0, which = walk->which;

	for (uint32_t i = 0; i < num_items; i++) {
		uint32_t item = walk->items[i], packet = item >> TUPLES_NUMBER_BITS;
		const struct tuples_record *record = &records[item & TUPLES_NUMBER];
		uint32_t next = __atomic_load_n(&record->next[which], __ATOMIC_ACQUIRE);
		uint64_t high = record->order_high, low = record->order_low;
		struct walk_order *best = &walk->best[packet];
		const struct flow_chunk *chunk = &walk->batch->chunk[0][packet];
		bool differs = walk_differs(chunk, record->value,
					    masks[record->mask & TUPLES_NUMBER].word);
		bool earlier = walk_before(high, low, best);
		bool simple = !__atomic_load_n(&record->aside, __ATOMIC_RELAXED);
		bool doubt = !differs & earlier & !simple;
		uint64_t takes = walk_all_ones(!differs & earlier & simple);

		__builtin_prefetch(&records[next]);
		best->high ^= (best->high ^ high) & takes;
		best->low ^= (best->low ^ low) & takes;
		walk->doubts[num_doubts] = item;
		num_doubts += doubt;
		walk->items[left] = next | packet << TUPLES_NUMBER_BITS;
		left += differs & earlier & !!next;
	}
	for (uint32_t i = 0; i < num_doubts; i++) {
		uint32_t next = walk_doubt(walk, walk->doubts[i]);

		walk->items[left] = next | (walk->doubts[i] & ~(uint32_t)TUPLES_NUMBER);
		left += !!next;
	}
	return left;
}

/* Only packets go on that a later table may have something better for. */
static inline WALK_TARGET uint32_t walk_leave(struct walk *walk, const struct tuples_table *table,
					      uint32_t num_active)
{
	uint64_t low = __atomic_load_n(&table->floor_low, __ATOMIC_ACQUIRE);
	uint64_t high = __atomic_load_n(&table->floor_high, __ATOMIC_ACQUIRE);
	uint32_t left = 0;

	for (uint32_t i = 0; i < num_active; i++) {
		uint32_t packet = walk->active[i];

		walk->active[left] = packet;
		left += walk_before(high, low, &walk->best[packet]);
	}
	return left;
}

static WALK_TARGET void walk_lookup(const struct tcam *tcam, const struct tuples_state *state,
				    uint32_t version, const struct flow_batch *batch,
				    struct tcam_entry **results, size_t count)
{
	uint32_t num_tables = __atomic_load_n(&state->num_tables, __ATOMIC_ACQUIRE);
	uint32_t num_active = (uint32_t)count, num_items = 0;
	struct walk walk;

	walk.records = tcam->records;
	walk.masks = tcam->masks;
	walk.colds = tcam->colds;
	walk.batch = batch;
	walk.which = state->which;
	walk.version = version;
	for (uint32_t i = 0; i < count; i++) {
		__builtin_prefetch(&batch->chunk[0][i]);
		walk.best[i] = (struct walk_order){UINT64_MAX & ~(uint64_t)UINT32_MAX, UINT64_MAX};
		walk.active[i] = i;
	}
	for (uint32_t t = 0; t < num_tables && num_active; t += WALK_GROUP) {
		uint32_t end = t + WALK_GROUP < num_tables ? t + WALK_GROUP : num_tables;

		num_items = walk_ask(&walk, state, t, end, num_active, num_items);
		while (num_items > WALK_LATER)
			num_items = walk_compare(&walk, num_items);
		if (end < num_tables)
			num_active = walk_leave(&walk, &state->table[end], num_active);
	}
	while (num_items)
		num_items = walk_compare(&walk, num_items);
	for (uint32_t i = 0; i < count; i++)
		results[i] = tcam->entries[(uint32_t)walk.best[i].low];
}

/* The same hash for a key that is not in a batch. */
static WALK_TARGET uint32_t walk_hash_record(const struct tuples_state *state, uint32_t table,
					     const uint64_t *const chunk[FLOW_CHUNKS])
{
	WALK_HASH prepared = walk_prepare(state, table);

	return walk_hash_chunks(&prepared, state->table[table].further, chunk);
}

#endif
