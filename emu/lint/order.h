/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Inside check_order.c, relate.c and say_order.c: entries of one port, in the order in which they
 * decide, and what is found out about two of them. Threading: as internal.h.
 */
#ifndef NICEMU_LINT_ORDER_H
#define NICEMU_LINT_ORDER_H

#include "meet_tree.h"

enum {
	UNION_MAX = 64,    /* entries of which it is asked whether they cover another together */
	STEPS_MAX = 20000, /* for one such question */
};

/* What the check may do; where it meets one it says what it did not look at. */
struct order_limits {
	uint64_t looks;       /* at entries, for those that share packets with another */
	uint64_t cover_looks; /* from there on: for one that takes all packets of another */
	uint64_t steps;       /* whether several take all packets of another together */
};

/* The whole check, and what it has done. */
struct order {
	struct lint *lint;
	const struct order_limits *limits;
	size_t *list;         /* entries by port and place */
	uint64_t *rank;       /* of each entry: its place in software, comparable on one port */
	uint64_t *chain_rank; /* of each chain, scratch */
	struct span *spans;
	size_t num_spans;
	uint64_t looks, cover_looks;
	uint64_t steps;   /* left */
	size_t not_asked; /* questions that took too many steps */
};

/* Places first … end - 1 of order->list: one port. */
struct span {
	size_t first, end;
	size_t alike;   /* ports with the same, this one included; 0: another span stands for it */
	bool reordered; /* the NIC has some of them in another order than software */
	bool several;   /* chains */
};

/* What the entries before one have to do with it; SIZE_MAX: none. All are entries. */
struct relation {
	size_t cover;              /* takes all its packets */
	size_t undefined, differs; /* the first one with which there is a conflict */
	size_t accepts;            /* of an earlier chain: the NIC stops there, software does not */
	size_t num_undefined, num_differs, num_accepts;
	size_t overlaps[UNION_MAX]; /* those that share packets with it */
	size_t num_overlaps;        /* may be more */
};

/* check_order with other bounds. */
void check_order_within(struct lint *lint, const struct order_limits *limits);

/* What the entries before the one at a place of order->list have to do with it. */
void relate_to_earlier(const struct order *order, const struct span *span, struct meet_tree *tree,
		       size_t place, struct relation *relation);
/* The first one before it that takes all its packets, whatever becomes of them; or SIZE_MAX. */
size_t relate_to_cover(const struct order *order, const struct span *span, struct meet_tree *tree,
		       size_t place);

static inline size_t order_rule(const struct lint *lint, size_t entry)
{
	return lint->instances[lint->entries[entry].instance].rule;
}

static inline size_t order_chain(const struct lint *lint, size_t entry)
{
	return lint->rules[order_rule(lint, entry)].chain;
}

/* Nobody knows, or the NIC leaves open, which of two entries of one port is asked first. */
static inline bool order_is_open(const struct lint_entry *a, const struct lint_entry *b)
{
	return a->table &&
	       (a->table->order == MODEL_ORDER_UNKNOWN ||
		(a->table->order == MODEL_ORDER_PRIORITY_UNDEFINED && a->priority == b->priority));
}

void say_relation(struct order *order, const struct span *span, size_t entry,
		  const struct relation *relation);
void say_covered(struct order *order, const struct span *span, size_t entry, size_t cover);
/* Only the first `pairs` were compared with each other; `covers` were asked of the index. */
void say_enough(struct order *order, const struct span *span, size_t pairs, size_t covers);
void say_not_asked(struct order *order);

#endif
