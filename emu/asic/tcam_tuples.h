/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The fast ternary table: merged tuples.
 *
 * What: rules lie in at most 64 hash tables. A table has a mask; each of its rules has all bits of
 * that mask in its own. A packet is masked and hashed once for each table; a slot (32 bits) holds
 * the first record of a list, ordered by (priority, arrival), and 8 bits of a filter, so that
 * hardly any record is touched for nothing. No keys are stored: whatever shares a slot shares its
 * list, and the full comparison of the record decides. Ranges are compared there too and never
 * expanded. Tables stand in the order of their best records, so a packet leaves when no later table
 * can have a better one than it has found.
 *
 * The masks are chosen by clustering (tuples_plan.c): few tables with short lists. A batch goes
 * through the tables together (tuples_walk.h), so that the misses of its packets overlap. The table
 * whose mask is empty, all there is up to some ten rules, is one list for every packet: it is
 * passed in blocks of records (tuples_scan.h).
 *
 * Why not
 * - a table for each mask (tuple space search, as Open vSwitch has it): 0.1 to 1.6 M look-ups a
 *   second on the rule sets below, less under masks made to hurt (CVE-2019-25076): 1,000 to 2,000
 *   masks are usual at 100,000 rules;
 * - a linear search, eight rules a step: 9 to 15 M at 1,000 rules, 1 M at 10,000;
 * - a trie over bytes as rte_acl has it: 23 / 6.2 / 2.6 M at 1,000 / 10,000 / 100,000 rules of an
 *   access list, but each change is a build of 1 s / 9 s (10,000 / 100,000), and 110 to 280 MB at
 *   100,000. This table takes a rule at a time and about 170 bytes for each.
 *
 * Versions: each record has stamps, the commits that brought and removed it (tuples_record.h). A
 * change is linked at once and not seen before its commit has made the version grow. So a view is a
 * version and a set of tables; it sees whole commits, and no reader ever tries again. What was
 * removed is unlinked when no view is left that sees it, and used again when no reader can stand on
 * it: two passes of reclaim(), each after one synchronize_rcu(), each for thousands of changes.
 *
 * A new plan makes new lists through the records' other link while readers walk the old ones, and
 * publishes both tables and version by one pointer. The set before lives until its readers are
 * gone. When: the table has grown by a quarter (a large one to twice its size), or shrunk to a
 * quarter; or lists or tables that came since make it slow, each time after twice as many changes
 * as the time before; or packets follow (tcam_ops.optimize) and much has changed, or the last plan
 * was made while rules came, with less care. So plans cost a change O(1). Rules that come in
 * between go to the table that suits best, or to a new one.
 *
 * Bounds, whatever the rules: a look-up asks at most 64 tables and compares each record at most
 * once (tcam_measure: longest, the sum over the tables of their longest lists). Of equal rules only
 * those that some view may need are in a list (tuples_group.c). A change costs O(log n), besides
 * plans: a list of more than 64 has an index (tuples_index.c). Memory is for 16,777,215 lines of 64
 * bytes, a line a rule, one more for its ranges and for each further chunk of its mask; then
 * -ENOSPC.
 *
 * Memory is reserved as addresses (4.5 GiB of them, not of memory) when a table is made.
 *
 * Threading: as tcam.h says. What readers read while it changes is loaded and stored with the
 * atomic built-ins: state, its version, used and num_tables, floors, slots,
 * guards, next, aside, stamps.
 */
#ifndef NICEMU_ASIC_TCAM_TUPLES_H
#define NICEMU_ASIC_TCAM_TUPLES_H

#include "tuples_index.h"
#include "tuples_names.h"
#include "tuples_record.h"

enum {
	TUPLES_TABLES = 64,       /* at most */
	TUPLES_LIST_CROWDED = 8,  /* a list that is longer costs something */
	TUPLES_LIST_LONG = 64,    /* a list that is longer gets an index */
	TUPLES_LENGTH_LOST = 254, /* in lengths[]: too long to be counted */
	TUPLES_LENGTH_INDEXED = 255,
	TUPLES_GUARD = 4,      /* bits a slot; a power of two */
	TUPLES_RECLAIM = 4096, /* changes between two waits for readers */
};

/*
 * What a look-up reads of a table. Most packets find nothing in most tables. Where the slots are
 * too many for the nearer caches, the guard tells so for an eighth of the memory: TUPLES_GUARD bits
 * a slot, one of them for each hash.
 */
struct tuples_table {
	uint64_t mask[FLOW_CHUNK_WORDS]; /* chunk 0 */
	uint32_t *slots;                 /* 8 bits of a filter, number of the first record */
	uint32_t *guard;                 /* bits: where one is 0, so is the slot; or NULL */
	uint32_t slot_mask;              /* number of slots - 1 */
	uint32_t further;                /* chunks, besides chunk 0, that its mask looks at */
	uint64_t floor_high;             /* no record here or in a later table is before this */
	uint64_t floor_low;
};

/* What changes need besides. */
struct tuples_place {
	uint8_t *lengths; /* of the list in each slot */
	size_t count;     /* records */
	uint32_t weight;  /* how well its mask tells packets apart */
	void *late;       /* slots and lengths of a table that came after the plan */
	size_t late_bytes;
};

/* The bits that any rule looks at. With TCAM_SHARED one never changes once it is published. */
struct tuples_used {
	struct flow_key bits;
	unsigned int chunks;
	struct tuples_used *next; /* older ones that may have readers */
};

/*
 * A set of tables. version and used change while it is current; a set that was replaced stays as it
 * was at that moment, for its last readers.
 */
struct tuples_state {
	uint64_t version;
	struct tuples_used *used;
	uint32_t which;          /* of the records' next */
	uint32_t id;             /* of this plan, in the masks' data */
	uint32_t num_tables;     /* may grow */
	uint32_t planned_tables; /* that many at first */
	struct tuples_table table[TUPLES_TABLES];
	struct flow_key mask[TUPLES_TABLES]; /* the whole masks */
	struct tuples_place place[TUPLES_TABLES];
	void *block; /* slots and lengths */
	size_t block_bytes;
};

enum tuples_cold_flags {
	TUPLES_TAKEN = 1u << 0,    /* the first line of a record */
	TUPLES_LINKED = 1u << 1,   /* in a list of the current state */
	TUPLES_QUEUED = 1u << 2,   /* waits for readers of older views */
	TUPLES_DEAD = 1u << 3,     /* removed */
	TUPLES_UNLINKED = 1u << 4, /* removed, and in no list that a new reader can find */
};

/* What only changes look at, by the number of a record. */
struct tuples_cold {
	uint32_t group; /* of records with the same value, mask and ranges */
	uint8_t table, flags;
	uint64_t stamps; /* readers look here, too, where the record says so */
};

/* What differs between the vector code and its portable twin. */
struct tuples_kind {
	uint32_t (*hash)(const struct tuples_state *state, uint32_t table,
			 const uint64_t *const chunk[FLOW_CHUNKS]);
	void (*lookup)(const struct tcam *tcam, const struct tuples_state *state, uint32_t version,
		       const struct flow_batch *batch, struct tcam_entry **results, size_t count);
};

struct tcam {
	/* Never change once it is made: readers use them. */
	const struct tuples_kind *kind;
	unsigned int flags;
	const struct tuples_record *records; /* bases of the arenas */
	const struct flow_chunk *masks;
	struct tcam_entry **entries;

	struct tuples_state *state; /* current */

	/* The changing thread's. */
	struct tuples_arena record_arena, entry_arena, mask_arena, whole_mask_arena, cold_arena;
	struct tuples_arena queue_arena;
	struct flow_key *whole_masks; /* by number */
	struct tuples_cold *colds;
	uint32_t top_line, free_lines[FLOW_CHUNKS + 2]; /* by number of lines, linked by next[0] */
	struct tuples_names mask_names;                 /* uses: records; data: plan and table */
	struct tuples_names groups;                     /* uses: members; data: one of them */
	struct tuples_index group_index, list_index;
	struct tuples_state *old;     /* the state before, where it may have readers */
	struct tuples_used *used;     /* of the current state */
	struct tuples_used *old_used; /* older ones that may have readers */
	uint64_t arrivals;
	size_t count;    /* entries */
	size_t hidden;   /* of them: in no list, because an equal one decides */
	uint32_t *queue; /* records that wait for readers, each once: there is a place for all */
	size_t waiting;  /* there */
	size_t queued;   /* of them: not yet out of their lists */
	bool uncommitted;
	/* When to plan anew. */
	uint32_t plans;
	size_t planned;  /* entries at the last plan */
	size_t changes;  /* since then */
	size_t debt;     /* records passed in long lists since then */
	size_t patience; /* with long lists, for so many changes */
	bool rough;      /* the last plan was made while rules came, with less care */
};

extern const struct tuples_kind tuples_portable, tuples_avx2;
/* This CPU can run tuples_avx2. */
bool tuples_avx2_here(void);

static inline struct tuples_record *tuples_record(const struct tcam *tcam, uint32_t number)
{
	return (struct tuples_record *)tcam->records + number;
}

static inline struct tuples_more *tuples_more(const struct tcam *tcam, uint32_t number)
{
	return (struct tuples_more *)tcam->records + number + 1;
}

/* The name of a record's mask. */
static inline struct tuples_name *tuples_mask_name(const struct tcam *tcam, uint32_t number)
{
	return tuples_name(&tcam->mask_names, tuples_record(tcam, number)->mask & TUPLES_NUMBER);
}

static inline uint32_t tuples_next_version(uint64_t *version)
{
	(*version)++;
	if (!(uint32_t)*version) /* 0 has a meaning in stamps */
		(*version)++;
	return (uint32_t)*version;
}

/* A hash of some words, for the changing thread's own dictionaries. */
uint32_t tuples_hash_words(const uint64_t *words, size_t count, uint32_t seed);

/* --- tuples_store.c: records --- */

/*
 * A record with what the rule asks for, in the order (priority of the rule, arrival), for entry; in
 * no list and no group. 0, -ENOMEM, -ENOSPC.
 */
int tuples_store_add(struct tcam *tcam, const struct tcam_rule *rule, uint64_t arrival,
		     struct tcam_entry *entry, uint32_t *number);
/* Nobody may look at it any more. */
void tuples_store_drop(struct tcam *tcam, uint32_t number);
/* The record of an entry; 0 where the entry is not in the table. */
uint32_t tuples_store_find(const struct tcam *tcam, const struct tcam_entry *entry);
struct flow_key tuples_store_value(const struct tcam *tcam, uint32_t number);
struct tcam_rule tuples_store_rule(const struct tcam *tcam, uint32_t number);
/* The first record from that line on; 0: none. */
uint32_t tuples_store_from(const struct tcam *tcam, uint32_t line);

/* --- tuples_list.c: the lists in the slots of the tables --- */

/* The table where a record belongs. */
uint32_t tuples_list_choose(const struct tcam *tcam, const struct tuples_state *state,
			    uint32_t number);
/* Into the list where it belongs. Can't fail. */
void tuples_list_link(struct tcam *tcam, struct tuples_state *state, uint32_t number);
/* It is to be linked into, or unlinked from, that table soon: what this needs comes nearer. */
void tuples_list_fetch(const struct tcam *tcam, uint32_t table, uint32_t number);
/* Out of its list in the current state. */
void tuples_list_unlink(struct tcam *tcam, uint32_t number);

/* --- tuples_group.c: equal rules --- */

/* So that the next tuples_group_enter can't fail. 0, -ENOMEM, -ENOSPC. */
int tuples_group_reserve(struct tcam *tcam);
/* A new record finds its group; it is linked unless an equal one decides before it. */
void tuples_group_enter(struct tcam *tcam, uint32_t number);
/* A record that dies makes room: those after it that decide now are linked. */
void tuples_group_die(struct tcam *tcam, uint32_t number);
void tuples_group_leave(struct tcam *tcam, uint32_t number);
/* Before a new state is made: finds the first record of each group that all views see. */
void tuples_group_find_first(struct tcam *tcam);
/* Does a new state need this one in its lists? Right until the next change. */
bool tuples_group_decides(const struct tcam *tcam, uint32_t number);

/* --- tuples_build.c, tuples_plan.c: sets of tables --- */

/* An empty table. NULL when memory is out. */
struct tuples_state *tuples_state_empty(void);
void tuples_state_free(struct tuples_state *state);
/*
 * A further table in the current state, for masks such as this one. False where there can't be one.
 */
bool tuples_state_add(struct tcam *tcam, const struct flow_key *mask);
/* A new plan, where it is time for one. What can't be had stays as it was. */
void tuples_build_when_due(struct tcam *tcam);
/* A new plan, unless hardly anything has changed since the last. */
void tuples_build_for_use(struct tcam *tcam);
/*
 * The masks of the tables for the rules as they are. Returns their number, or -ENOMEM. Puts into
 * the masks' data which table they belong in (id << 8 | table). The last table's mask is empty
 * where no other's is.
 */
int tuples_plan(struct tcam *tcam, uint32_t id, struct flow_key masks[TUPLES_TABLES],
		uint32_t weights[TUPLES_TABLES]);

#endif
