/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The look-up itself, once for each kind of code: a file that includes this defines before
 *
 *   WALK_TARGET        attributes of the functions (__attribute__((target("…"))) or nothing)
 *   walk_lanes()       packets come into the lanes, where they are hashed together (tuples_words.h)
 *   walk_hashes()      the hashes of all lanes in a table
 *   walk_filter()      what is in slots becomes items where a slot's filter has the hash
 *   walk_raised()      the lanes whose guard is up become calls
 *   walk_differs()     does a chunk of a packet differ from a value within a mask?
 *   walk_matches()     which records of a block match? (tuples_scan.h)
 *
 * and gets walk_lookup(), one of the two functions of a struct tuples_kind.
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
	WALK_STALE = 6, /* lanes are filled anew when one of so many is of a packet that has left */
	WALK_ITEMS = WALK_GROUP * FLOW_BATCH + WALK_LATER,
};

/* The order of a record; low also has its number. */
struct walk_order {
	uint64_t low, high;
};

struct walk {
	const struct tuples_record *records;
	const struct flow_chunk *masks;
	const struct tuples_cold *colds;
	const struct flow_batch *batch;
	uint32_t which, version;
	struct walk_order best[FLOW_BATCH];
	struct walk_lanes lanes;
	struct walk_calls calls[WALK_GROUP];
	uint32_t active[FLOW_BATCH];             /* packets that go on */
	uint32_t items[WALK_ITEMS];              /* packet << 24 | record */
	_Alignas(32) uint32_t found[FLOW_BATCH]; /* slots, or words of a guard */
	uint32_t doubts[WALK_ITEMS];             /* the same: chunk 0 matches, more is to see */
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

/* What is in the slots of these hashes joins the items where a slot's filter has the hash. */
static inline WALK_TARGET uint32_t walk_take(struct walk *walk, const struct tuples_table *table,
					     const uint32_t *hashes, const uint32_t *packets,
					     uint32_t count, uint32_t num_items)
{
	const uint32_t *slots = table->slots;
	uint32_t mask = table->slot_mask;

	for (uint32_t i = 0; i < count; i++)
		walk->found[i] = __atomic_load_n(&slots[hashes[i] & mask], __ATOMIC_ACQUIRE);
	return num_items +
	       walk_filter(walk->found, hashes, packets, count, &walk->items[num_items]);
}

/* Of a table with a guard, the slots that are not empty: they are fetched meanwhile. */
static inline WALK_TARGET void walk_guard(struct walk *walk, const struct tuples_table *table,
					  struct walk_calls *calls)
{
	uint32_t mask = TUPLES_GUARD * (table->slot_mask + 1) - 1;
	const struct walk_lanes *lanes = &walk->lanes;
	const uint32_t *guard = table->guard;

	for (uint32_t i = 0; i < lanes->count; i++)
		walk->found[i] =
			__atomic_load_n(&guard[(lanes->hash[i] & mask) / 32], __ATOMIC_RELAXED);
	walk_raised(walk->found, mask, lanes, calls);
	for (uint32_t i = 0; i < calls->count; i++)
		__builtin_prefetch(&table->slots[calls->hash[i] & table->slot_mask]);
}

/* Asks some tables: what they have for the packets in the lanes joins the items. */
static inline WALK_TARGET uint32_t walk_ask(struct walk *walk, const struct tuples_state *state,
					    uint32_t from, uint32_t to, uint32_t num_active,
					    uint32_t num_items)
{
	struct walk_lanes *lanes = &walk->lanes;
	uint32_t before = num_items;

	for (uint32_t t = from; t < to; t++) {
		const struct tuples_table *table = &state->table[t];

		walk->calls[t - from].count = 0;
		if (!table->slot_mask) {
			walk_scan(walk, table, num_active);
			continue;
		}
		if (!lanes->count || lanes->count > num_active + num_active / WALK_STALE)
			walk_lanes(lanes, walk->batch, walk->active, num_active);
		walk_hashes(lanes, walk->batch, state, t);
		if (table->guard)
			walk_guard(walk, table, &walk->calls[t - from]);
		else
			num_items = walk_take(walk, table, lanes->hash, lanes->packet, lanes->count,
					      num_items);
	}
	for (uint32_t t = from; t < to; t++) {
		const struct walk_calls *calls = &walk->calls[t - from];

		num_items = walk_take(walk, &state->table[t], calls->hash, calls->packet,
				      calls->count, num_items);
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
	walk.lanes.count = 0;
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

#endif
