/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The look-up in a table whose mask is empty: one list that every packet has to pass. Where there
 * are few rules it is all there is. Included by tuples_walk.h, once for each kind of code.
 *
 * What: records are taken from the list in blocks, word by word, so that a packet's word is
 * compared with that of several records in one instruction. A packet gets a set of bits, the
 * records that match; the first one is what it looks for. Packets that have found something leave,
 * and those that go on get the next block.
 *
 * Why not through the items, as in the other tables: there each packet has a record of its own, and
 * a comparison is 45 instructions; here it is 4 or 5.
 *
 * The includer has defined walk_matches(): the records of a block of which chunk 0 matches.
 */
#ifndef NICEMU_ASIC_TUPLES_SCAN_H
#define NICEMU_ASIC_TUPLES_SCAN_H

/* Records of the list that the view sees, in their order. */
struct walk_block {
	struct walk_words words;
	uint64_t doubts; /* the set of those that have lines behind the first */
	uint32_t count;
	uint32_t next; /* where the list goes on; 0: it ends */
	uint64_t next_high, next_low;
	/* One more than there are records: that of packets without a match. */
	uint64_t high[WALK_BLOCK + 1], low[WALK_BLOCK + 1];
};

static inline WALK_TARGET void walk_add_to_block(const struct walk *walk, struct walk_block *block,
						 uint32_t number, uint32_t aside)
{
	const struct tuples_record *record = &walk->records[number];
	const struct flow_chunk *mask = &walk->masks[record->mask & TUPLES_NUMBER];
	uint32_t at = block->count++;

	for (unsigned int w = 0; w < FLOW_CHUNK_WORDS; w++) {
		block->words.value[w][at] = record->value[w];
		block->words.mask[w][at] = mask->word[w];
	}
	block->high[at] = record->order_high;
	block->low[at] = record->order_low;
	block->doubts |= (uint32_t) !!(aside & TUPLES_MORE) << at;
}

/* The next records of the list, from the number block->next on. */
static inline WALK_TARGET void walk_fill_block(const struct walk *walk, struct walk_block *block)
{
	uint32_t number = block->next;

	block->count = block->doubts = 0;
	while (number && block->count < WALK_BLOCK) {
		const struct tuples_record *record = &walk->records[number];
		uint32_t aside = __atomic_load_n(&record->aside, __ATOMIC_ACQUIRE);
		uint64_t stamps = 0;

		if (aside & TUPLES_STAMPED)
			stamps = __atomic_load_n(&walk->colds[number].stamps, __ATOMIC_RELAXED);
		if (tuples_visible(stamps, walk->version))
			walk_add_to_block(walk, block, number, aside);
		number = __atomic_load_n(&record->next[walk->which], __ATOMIC_ACQUIRE);
	}
	block->next = number;
	block->next_high = walk->records[number].order_high;
	block->next_low = walk->records[number].order_low;
	block->high[block->count] = UINT64_MAX;
	block->low[block->count] = UINT64_MAX;
	/* What is compared beyond the last record does not count, but shall have been written. */
	for (uint32_t at = block->count; at % WALK_LANES; at++)
		for (unsigned int w = 0; w < FLOW_CHUNK_WORDS; w++)
			block->words.value[w][at] = block->words.mask[w][at] = 0;
}

/* The bits without those in front of the first record that matches in all its lines. */
static inline WALK_TARGET uint64_t walk_sure(const struct walk *walk,
					     const struct walk_block *block, uint64_t bits,
					     uint32_t packet)
{
	while (bits & -bits & block->doubts) {
		uint32_t number = (uint32_t)block->low[__builtin_ctzll(bits)] & TUPLES_NUMBER;

		if (walk_more_matches(walk, &walk->records[number], packet))
			break;
		bits &= bits - 1;
	}
	return bits;
}

/* One block; packets that go on, unless it is the last, are left in `packets`. */
static inline __attribute__((always_inline)) WALK_TARGET uint32_t
walk_scan_block(struct walk *walk, const struct walk_block *block, bool last, uint32_t *packets,
		uint32_t num_packets)
{
	uint64_t none = UINT64_C(1) << block->count;
	uint32_t left = 0;

	for (uint32_t i = 0; i < num_packets; i++) {
		uint32_t packet = packets[i];
		const struct flow_chunk *chunk = &walk->batch->chunk[0][packet];
		uint64_t bits = walk_matches(&block->words, block->count, chunk) & (none - 1);
		struct walk_order *best = &walk->best[packet];
		unsigned int at;
		uint64_t takes;

		if (bits & -bits & block->doubts)
			bits = walk_sure(walk, block, bits, packet);
		at = (unsigned int)__builtin_ctzll(bits | none);
		takes = walk_all_ones(walk_before(block->high[at], block->low[at], best));
		best->high ^= (best->high ^ block->high[at]) & takes;
		best->low ^= (best->low ^ block->low[at]) & takes;
		if (last)
			continue;
		packets[left] = packet;
		left += !bits & walk_before(block->next_high, block->next_low, best);
	}
	return left;
}

/* All active packets, in the list of a table whose mask is empty. */
static inline WALK_TARGET void walk_scan(struct walk *walk, const struct tuples_table *table,
					 uint32_t num_active)
{
	uint32_t packets[FLOW_BATCH];
	struct walk_block block;

	block.next = __atomic_load_n(&table->slots[0], __ATOMIC_ACQUIRE) & TUPLES_NUMBER;
	if (!block.next)
		return;
	memcpy(packets, walk->active, num_active * sizeof(packets[0]));
	for (walk_fill_block(walk, &block); block.next; walk_fill_block(walk, &block)) {
		num_active = walk_scan_block(walk, &block, false, packets, num_active);
		if (!num_active)
			return;
	}
	walk_scan_block(walk, &block, true, packets, num_active);
}

#endif
