/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Entries: what the ASIC made of a flow rule, and where they lie.
 *
 * What: an entry begins with a cache line that has all that a packet needs of it: what it counted,
 * and the head of the decision. Mirrors, which few rules have, spill into the next line; what only
 * the table and the commands look at is behind them.
 *
 * Entries lie in segments, so that each has a small index (dense: freed indexes are used again)
 * under which a worker can count in memory of its own, and never move.
 *
 * Ownership: an entry is the pool's; whoever takes one gives it back. A segment of which nothing is
 * used any more is freed.
 *
 * Threading: one owner, while no worker is at work.
 */
#ifndef NICEMU_ASIC_ENTRY_H
#define NICEMU_ASIC_ENTRY_H

#include <nicemu/asic/asic.h>

#include <assert.h>
#include <stddef.h>

/* uthash reports that memory is out by leaving the element outside the table. */
#ifndef HASH_NONFATAL_OOM
#define HASH_NONFATAL_OOM 1
#endif
#include <uthash.h>

enum { ENTRY_SEGMENT_SHIFT = 8, ENTRY_SEGMENT = 1 << ENTRY_SEGMENT_SHIFT };

struct room;

/* One admitted rule. */
struct entry {
	/* While one worker is alive what it counts; else what those that are gone have left. */
	_Alignas(64) struct offload_stats totals;
	uint32_t index;
	uint32_t number; /* asic_entry_number's, while the table is as it was numbered; asic_copy's
			  */
	struct asic_decision decision;
	struct tcam_entry tcam;
	struct room *room; /* room.h; NULL: nothing */
	UT_hash_handle hh; /* by decision.cookie */
};

static_assert(offsetof(struct entry, decision.mirrors) < 64, "a packet touches one line");

static inline struct entry *entry_of_tcam(struct tcam_entry *tcam)
{
	return (struct entry *)((uintptr_t)tcam - offsetof(struct entry, tcam));
}

/*
 * A packet is about to be counted there. Without a match the address is no entry's, which a
 * prefetch does not mind.
 */
static inline void entry_prefetch(struct tcam_entry *tcam)
{
	__builtin_prefetch(entry_of_tcam(tcam), 1);
}

static inline void entries_prefetch(struct tcam_entry *const *tcam, size_t count)
{
	for (size_t i = 0; i < count; i++)
		entry_prefetch(tcam[i]);
}

static inline const struct entry *entry_of_decision(const struct asic_decision *decision)
{
	return (const struct entry *)((const char *)decision - offsetof(struct entry, decision));
}

static inline size_t entry_segment(const struct entry *entry)
{
	return entry->index >> ENTRY_SEGMENT_SHIFT;
}

struct entry_segment;

struct entry_pool {
	struct entry_segment **segments; /* by index; NULL: none */
	size_t room;                     /* places in that array */
	size_t count;                    /* segments that are there */
	struct entry_segment *open;      /* those with free entries */
};

/* An entry with nothing set but its index; NULL when memory is out. */
struct entry *entry_pool_take(struct entry_pool *pool);
/* True where the entry's segment is gone with it. */
bool entry_pool_give(struct entry_pool *pool, struct entry *entry);
/* No entry is used any more. */
void entry_pool_clear(struct entry_pool *pool);
size_t entry_pool_bytes(const struct entry_pool *pool);

#endif
