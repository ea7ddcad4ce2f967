/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The ASIC from inside: asic.c is its life and the driver's side of offload/, worker.c the packet
 * path, totals.c what was counted, counted.c what the NIC's counters make of it, copy.c copies,
 * numbers and memory, visit.c those who look on. What a rule becomes is admission.h, which tables
 * it takes room in place.h, which rules can't stand beside it conflict.h, both together room.h.
 *
 * Where totals are. While one worker is alive it counts in the entries themselves, in the line that
 * has the decision: a packet then touches one line. From the second worker on each has an array of
 * its own, by the entries' indexes, and the entries' lines are only read: a line that one core
 * writes and another one reads costs more than the look-up. When a worker goes, what it counted is
 * added to the entries; when one is left alone, its array is added too, and it goes on in the
 * entries.
 *
 * Threading: as in asic.h.
 */
#ifndef NICEMU_ASIC_INTERNAL_H
#define NICEMU_ASIC_INTERNAL_H

#include "conflict.h"
#include "entry.h"
#include "place.h"

struct block {
	uint32_t id;                    /* of the binding */
	struct offload_binding binding; /* without its names */
	bool bound;                     /* false: it waits for its release */
	struct unit *unit;     /* where its rules go; NULL: the model has no table for them */
	struct entry *entries; /* by cookie, in the order of arrival */
	UT_hash_handle hh;
};

struct asic {
	const struct nic *nic;
	const struct tcam_ops *ops;
	struct tcam *tcam;
	struct entry_pool pool;
	struct block *blocks; /* by id */
	struct tables tables;
	struct conflicts conflicts;
	uint64_t visits;                                 /* asic_visit's so far */
	uint32_t bound[MODEL_FRONT_ENDS][NIC_PORTS_MAX]; /* blocks */
	struct asic_worker *workers;
	/* Of workers that are gone. */
	struct asic_counters retired, unmatched;
	uint64_t numbered; /* version of the table in which entries have their numbers; 0: none */
	struct tcam_rule *copied; /* of a copy that is not built: by the entries' numbers */
};

/* What a worker counted at an entry, two of them a line, none on two. */
struct count {
	_Alignas(32) struct offload_stats stats;
};

struct asic_worker {
	_Alignas(64) struct asic *asic; /* workers do not share a line */
	struct count **counts;          /* by segment; NULL: it counts in the entries */
	size_t room;                    /* places in counts */
	struct entry nobody;      /* decides where no entry does: its totals are the unmatched's */
	struct flow_cache *cache; /* NULL: none */
	struct tcam_view view;
	struct asic_worker *prev, *next;
};

/* --- totals.c --- */

struct offload_stats entry_totals(const struct asic *asic, const struct entry *entry);
/* The entry is being removed: what all workers counted at it goes to `retired`. */
void entry_retire(struct asic *asic, const struct entry *entry);

/* A new entry can be counted by every worker: 0 or -ENOMEM. Again when there is room: 0. */
int counts_add_segment(struct asic *asic, size_t segment);
void counts_drop_segment(struct asic *asic, size_t segment);

/* The worker comes to the others, or goes from them: 0 or -ENOMEM. */
int counts_add_worker(struct asic *asic, struct asic_worker *worker);
void counts_remove_worker(struct asic *asic, struct asic_worker *worker);

/* Memory of the workers' arrays. */
size_t counts_bytes(const struct asic *asic);

/* --- copy.c --- */

/* All entries in (priority, arrival) order; NULL when memory is out. The caller frees the array. */
struct entry **asic_in_order(const struct asic *asic, size_t *count);

/* --- asic.c --- */

/* An entry in the block, not yet in the table; NULL when memory is out. */
struct entry *asic_add_entry(struct asic *asic, struct block *block,
			     const struct asic_decision *decision);
/* NULL when memory is out. */
struct block *asic_add_block(struct asic *asic, const struct offload_binding *binding);
/* NULL: there is none; block may be NULL. */
struct block *asic_find_block(const struct asic *asic, uint32_t binding);
struct entry *asic_find_entry(const struct block *block, uint64_t cookie);

/* --- counted.c --- */

/* offload_driver.counted */
int asic_counted(void *driver, const struct offload_command *command,
		 const struct offload_stats *reported, struct offload_stats *totals);

#endif
