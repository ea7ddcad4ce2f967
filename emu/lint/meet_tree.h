/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Entries of one port, arranged so that those which share packets with one of them are found
 * without comparing it with each.
 *
 * How: a node asks for one bit of the packed words. Entries that want it 0, that want it 1 and that
 * do not look at it are in three subtrees, so what wants it 0 never meets what is below the 1. The
 * bit is the one that keeps most pairs apart. Entries that no bit keeps apart lie in a leaf.
 *
 * Entries of different tables do not meet.
 *
 * Invariants: a leaf has its entries in the order in which they were given; a node knows the
 * smallest place below it. The tree is never deeper than DEPTH_MAX (meet_tree.c), so neither are
 * its functions.
 *
 * Threading: none.
 */
#ifndef NICEMU_LINT_MEET_TREE_H
#define NICEMU_LINT_MEET_TREE_H

#include "internal.h"

struct meet_tree {
	const struct lint *lint;
	const size_t *entries; /* the caller's, in the order in which they decide */
	size_t *places;        /* numbers of entries, in the order of the leaves */
	struct meet_node *nodes;
	size_t used, room;
	uint64_t looks; /* nodes and entries looked at so far; the caller may set it back */
};

/*
 * Of count entries; those that `leave_out` tells are not there. False: memory is out.
 * meet_tree_close is fine in any case.
 */
bool meet_tree_open(struct meet_tree *tree, const struct lint *lint, const size_t *entries,
		    size_t count, bool (*leave_out)(const struct lint_entry *entry));
void meet_tree_close(struct meet_tree *tree);

/* The smallest place before this one whose entry takes all packets of this one's, or SIZE_MAX. */
size_t meet_tree_cover(struct meet_tree *tree, size_t place);

/*
 * Tells each entry before this place whose bits leave it packets of this one's. In no order. It
 * ends when `visit` says false.
 */
void meet_tree_visit(struct meet_tree *tree, size_t place,
		     bool (*visit)(void *context, size_t entry), void *context);

#endif
