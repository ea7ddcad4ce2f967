/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Placement: the tables that the model says the NIC has, and what each rule takes of them.
 *
 * Why apart from the TCAM: look-ups have one table that is fast; which rules would fit into the
 * NIC's own tables, and what each costs there, is bookkeeping beside it.
 *
 * What is counted, and how:
 * - entries: a rule takes those of its cost; the driver's own (`reserved`) are gone from the start.
 * - slices: a rule that takes fewer than an entry has shares the entry with others; it goes into
 *   the one with the fewest free slices that still suffice. In which order rules lie in one entry
 *   is not looked at; nor are entries packed again when rules are removed.
 * - ways of an exact table: the bucket is chosen by a hash of the entry's value and mask, which is
 *   nicemu's, not the NIC's: how full buckets get is alike, not which one is full.
 * - INDEX: the priority p is place p - 1 where that is free and there is one, else the first free
 *   one; several entries of a rule lie side by side. The place decides the order.
 * - port mask: a rule (block and cookie) that comes again for another port is in the entry that it
 *   has; an update of it keeps that entry, its cost and its priority.
 * - moves in a table that shifts: the entries with a higher priority number, which the new one goes
 *   before, or all the others where those in front of it move; a rule in a part of an entry counts
 *   as one.
 * - counters of a finite pool: one a rule, in the order of arrival.
 *
 * Invariants: errors leave everything as it was. A rule of a plain table (each rule takes one entry
 * and nothing else is to be remembered) has no struct place.
 *
 * Threading: one owner.
 */
#ifndef NICEMU_ASIC_PLACE_H
#define NICEMU_ASIC_PLACE_H

#include "conditions.h"
#include "shift_count.h"
#include "slots.h"

#include <nicemu/asic/asic.h>

/* uthash reports that memory is out by leaving the element outside the table. */
#ifndef HASH_NONFATAL_OOM
#define HASH_NONFATAL_OOM 1
#endif
#include <uthash.h>

struct asic_admitted; /* admission.h */
struct row;           /* an entry that is cut into slices */

/* A table of the NIC, or of one of its ports. */
struct unit {
	const struct model_table *table;
	int32_t port;                   /* -1: of all */
	bool plain;                     /* see above */
	uint64_t used, slices_used;     /* by rules */
	uint64_t rules;                 /* (binding, cookie) pairs */
	uint64_t moves;                 /* since the start */
	struct shift_count behind;      /* of a table that shifts */
	struct slots slots;             /* INDEX */
	uint64_t *buckets, num_buckets; /* entries taken of each; NULL: no rule came yet */
	struct row **open;              /* by free slices; NULL: no rule came yet */
	struct place *shared;           /* with a port mask: by key */
	struct unit *prev, *next;
};

struct tables {
	const struct nic *nic;
	struct unit *units;
	uint64_t counters; /* of the pool, taken */
};

/* What a rule has of a table. */
struct place {
	const struct model_cost *cost; /* NULL: one entry */
	struct row *row;               /* NULL: whole entries */
	uint64_t entries;
	uint64_t at; /* INDEX: the first entry; of an exact table: the bucket */
	uint64_t moves;
	uint32_t priority; /* in the TCAM */
	uint32_t slices;
	bool counted; /* it has a counter */
	/* With a port mask: the ports of one rule hold one place. */
	struct place_key {
		uint64_t block, cookie;
	} key;
	uint32_t holders;
	uint64_t visit; /* the last one that came to it */
	UT_hash_handle hh;
};

/* Of that port where each has one. Made when it is first asked for; NULL when memory is out. */
struct unit *place_unit(struct tables *tables, const struct model_table *table, uint16_t port);

/*
 * Room for a new rule: 0, or a negative errno with reason. *place: of the rule, NULL in a plain
 * table. *priority: the one with which it goes into the TCAM.
 */
int place_take(struct tables *tables, struct unit *unit, const struct question *question,
	       const struct asic_admitted *admitted, struct place **place, uint32_t *priority,
	       struct reason *reason);

/*
 * For a rule that is there and becomes another one: the same place (0 and *fresh is `place`), or a
 * second one, which is taken before the old one is given back. Errors as above.
 */
int place_take_again(struct tables *tables, struct unit *unit, const struct question *question,
		     const struct asic_admitted *admitted, struct place *place,
		     struct place **fresh, uint32_t *priority, struct reason *reason);

/* place as place_take gave it; it is freed. */
void place_give(struct tables *tables, struct unit *unit, struct place *place);

/* The port is gone and has no rules. */
void place_forget_port(struct tables *tables, uint16_t port);
void place_clear(struct tables *tables);

/* Entries of a table, with those that the driver has; unknown ones are as the NIC file says. */
uint64_t place_table_entries(const struct nic *nic, const struct model_table *table);
uint64_t place_table_reserved(const struct model_table *table);

/* asic_table_room; unit NULL: no rule has come to the table yet. */
uint64_t place_room(const struct nic *nic, const struct model_table *table, const struct unit *unit,
		    const struct model_cost *cost, bool *at_most);

/* Entries and slices of a rule with that cost; NULL: of one without. */
struct place_size {
	uint64_t entries, slices;
} place_size(const struct model_table *table, const struct model_cost *cost);

/* For those who show entries: true for the first of its holders in that visit (from 1). */
bool place_is_first(struct place *place, uint64_t visit);

#endif
