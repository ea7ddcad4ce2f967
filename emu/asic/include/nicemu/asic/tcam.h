/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Ternary lookup: the entry that decides, among many with masks.
 *
 * This header is the interface; tcam_reference is the slow, obvious table behind it: an array in
 * (priority, arrival) order, walked from the front.
 *
 * Why an interface for one table: a faster one can take its place without its users, and be run in
 * lockstep with it.
 *
 * An entry matches a key when ((key ^ value) & mask) is 0 in every word; value bits outside the
 * mask are ignored. The first match in (priority, arrival) order decides: lower priority number
 * first, then the entry that was inserted first. An entry whose mask is all zero matches
 * everything.
 *
 * Ownership: entries belong to the caller; while they are in a table they must stay where they are
 * and only the table may change them. A table never reads or writes entry->owner.
 *
 * Threading: inserts and removals by one owner; look-ups in the same thread, between them.
 */
#ifndef NICEMU_ASIC_TCAM_H
#define NICEMU_ASIC_TCAM_H

#include <nicemu/flow/key.h>

struct tcam_entry {
	struct flow_key value, mask;
	uint32_t priority;
	uint64_t arrival; /* set by the table's insert; unique, growing */
	void *owner;
};

struct tcam;

struct tcam_ops {
	const char *name;
	/* NULL when memory is out. */
	struct tcam *(*create)(void);
	/* Accepts NULL. Entries that are left are forgotten. */
	void (*destroy)(struct tcam *tcam);
	/* 0 or -ENOMEM; the table is as before then. */
	int (*insert)(struct tcam *tcam, struct tcam_entry *entry);
	/* 0, or -ENOENT where the entry (this object, not an equal one) is not in the table. */
	int (*remove)(struct tcam *tcam, struct tcam_entry *entry);
	/*
	 * entry gets to's value, mask and priority, and keeps its arrival and owner. 0, -ENOENT as
	 * above or -ENOMEM; entry and table are as before then.
	 */
	int (*update)(struct tcam *tcam, struct tcam_entry *entry, const struct tcam_entry *to);
	/* results[i] = the entry that decides keys[i], or NULL. */
	void (*lookup)(const struct tcam *tcam, const struct flow_key *keys,
		       struct tcam_entry **results, size_t count);
	size_t (*count)(const struct tcam *tcam);
};

extern const struct tcam_ops tcam_reference;

#endif
