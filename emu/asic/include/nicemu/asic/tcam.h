/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Ternary lookup: the entry that decides, among many with masks and ranges.
 *
 * What: this header is the interface; tcam_engines[] lists what is behind it. tcam_reference is the
 * slow, obvious table: an array in (priority, arrival) order, walked from the front. tcam_tuples is
 * the fast one (tcam_tuples.h says how).
 *
 * Why an interface: every engine must give the reference's answers, and is run in lockstep with it.
 *
 * A rule matches a key when ((key ^ value) & mask) is 0 in every word, and, where it has ranges,
 * each port of the key (0 in a packet without ports; rules ask for presence in their mask) lies
 * within bounds; value bits outside the mask are ignored. An entry is a rule's place in a table.
 * The first whose rule matches, in (priority, arrival) order, decides: lower priority number first,
 * then the entry that was inserted first. A rule whose mask is all zero matches everything.
 *
 * Ownership: entries belong to the caller; while they are in a table they must stay where they are
 * and only the table may change them. A table never reads or writes entry->owner. Rules are the
 * caller's, too, and only read: a table keeps what it needs of them, in a form of its own (value
 * and mask are 256 bytes), and makes a rule of it again where somebody asks (tcam_ops.rule).
 *
 * Updates and readers. One thread changes a table. Its changes are complete with commit: a look-up
 * that begins after commit has returned sees all of them. Without TCAM_SHARED look-ups come from
 * the same thread (or are otherwise kept apart), and may see changes before their commit. With
 * TCAM_SHARED, look-ups may run in other threads at any time and never wait: a view sees all
 * changes of a commit or none of them. What a reader does with a view and its results lies between
 * rcu_read_lock() and rcu_read_unlock() (liburcu, the default flavour; the thread is registered).
 * An entry that was removed may be used again or freed when the removal is committed and
 * tcam_ops.settle has returned; an engine may call synchronize_rcu() in insert, remove, update,
 * optimize and commit, too, so the changing thread is never inside a read section.
 *
 * Errors leave table and entry as they were before the call.
 */
#ifndef NICEMU_ASIC_TCAM_H
#define NICEMU_ASIC_TCAM_H

#include <nicemu/flow/batch.h>

/* Bounds of both ports, each inclusive; {0, 65535} leaves a port alone. */
struct tcam_ranges {
	uint16_t src_min, src_max, dst_min, dst_max;
};

/* What is asked for, and how soon. */
struct tcam_rule {
	struct flow_key value, mask;
	struct tcam_ranges ranges; /* only with has_ranges */
	bool has_ranges;
	uint32_t priority;
};

struct tcam_entry {
	uint64_t arrival;  /* set by the table's insert; unique, growing */
	uint64_t location; /* the engine's own */
	void *owner;
	uint32_t priority; /* set by the table: the rule's */
};

enum tcam_flags { TCAM_SHARED = 1u << 0 /* look-ups in other threads while it changes */ };

struct tcam;

/*
 * A table as it was after some commit. Two views of one table with the same version give the same
 * answer to every key.
 */
struct tcam_view {
	uint64_t version; /* of the last commit that it sees; from 1 */
	/*
	 * All bits that any entry looks at (ports that have ranges included), perhaps some more:
	 * keys that agree in these bits get the same answer. Borrowed from the table: with
	 * TCAM_SHARED until rcu_read_unlock.
	 */
	const struct flow_key *used;
	unsigned int chunks; /* those of `used`, and chunk 0: what a batch must hold */
	const void *state;   /* the engine's own */
};

/* How large a table is, and what bounds the cost of a look-up. */
struct tcam_measure {
	size_t entries;
	size_t tables;  /* places that every look-up asks at worst */
	size_t longest; /* entries that a look-up compares at worst, in all places together */
	size_t bytes;   /* memory, without the callers' entries */
};

struct tcam_ops {
	const char *name;
	/* flags: enum tcam_flags. NULL when memory is out. */
	struct tcam *(*create)(unsigned int flags);
	/* Accepts NULL. Entries that are left are forgotten. No reader may be left. */
	void (*destroy)(struct tcam *tcam);
	/* 0, -ENOMEM, or -ENOSPC when the engine can't hold more. */
	int (*insert)(struct tcam *tcam, struct tcam_entry *entry, const struct tcam_rule *rule);
	/* 0, or -ENOENT where the entry (this object, not an equal one) is not in the table. */
	int (*remove)(struct tcam *tcam, struct tcam_entry *entry);
	/*
	 * The entry gets another rule, and keeps its arrival and owner. A view sees either the old
	 * or the new one. 0, -ENOENT as above or as insert.
	 */
	int (*update)(struct tcam *tcam, struct tcam_entry *entry, const struct tcam_rule *to);
	/*
	 * The rule of an entry that is in the table, as of the changes so far, written as
	 * tcam_rule_plain does. For the thread that changes the table.
	 */
	struct tcam_rule (*rule)(const struct tcam *tcam, const struct tcam_entry *entry);
	/* Make the changes since the last commit visible, together. Never fails. */
	void (*commit)(struct tcam *tcam);
	/* Wait until no reader can still see an entry whose removal was committed. */
	void (*settle)(struct tcam *tcam);
	/*
	 * Many look-ups follow: an engine may spend some time now (of the order of a microsecond an
	 * entry) that makes them faster. Answers stay as they are.
	 */
	void (*optimize)(struct tcam *tcam);
	/* The table as of now. */
	void (*view)(const struct tcam *tcam, struct tcam_view *view);
	/*
	 * results[i] = the entry that decides packet i of the batch, or NULL; count <= FLOW_BATCH.
	 * The batch has the view's chunks. Allocates nothing, takes no lock, makes no system call.
	 */
	void (*lookup)(const struct tcam *tcam, const struct tcam_view *view,
		       const struct flow_batch *batch, struct tcam_entry **results, size_t count);
	/* Entries, as of the changes so far. */
	size_t (*count)(const struct tcam *tcam);
	void (*measure)(const struct tcam *tcam, struct tcam_measure *measure);
};

extern const struct tcam_ops tcam_reference, tcam_tuples;
/* The same without vector code: what tcam_tuples is on other CPUs. */
extern const struct tcam_ops tcam_tuples_portable;

/* NULL-terminated; the first is the one that is used where nobody asks for another. */
extern const struct tcam_ops *const tcam_engines[];
/* NULL where no engine has that name. */
const struct tcam_ops *tcam_engine(const char *name);

/* What a rule looks at: its mask, and both ports where it has ranges. */
struct flow_key tcam_rule_bits(const struct tcam_rule *rule);

/* The definition of a match, for whoever needs it for one key. */
bool tcam_rule_matches(const struct tcam_rule *rule, const struct flow_key *key);

/* Ranges that leave out some port: others need not be compared. */
bool tcam_rule_bounds_ports(const struct tcam_rule *rule);

/*
 * The same rule, written in the one way that all engines give it back: no value outside the mask,
 * no ranges but such that leave out some port.
 */
struct tcam_rule tcam_rule_plain(const struct tcam_rule *rule);

#endif
