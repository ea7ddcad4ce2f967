/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Finds the first entry that takes all packets of another, without comparing each pair.
 *
 * How: entries with the same mask are in one hash table by their value; an entry is covered by one
 * of a table if the table's mask asks for no bit that its own does not ask for, and the table has
 * its value, cut to that mask. Rule sets have few masks.
 *
 * Threading: none.
 */
#ifndef NICEMU_LINT_COVER_INDEX_H
#define NICEMU_LINT_COVER_INDEX_H

#include "internal.h"

struct cover_index {
	const struct lint *lint;
	struct cover_mask *masks;
	struct cover_node *nodes; /* one for each entry of the span */
	size_t used;
	uint64_t asked; /* tables so far */
};

/* Room for count entries. False: memory is out. cover_index_close is fine in any case. */
bool cover_index_open(struct cover_index *index, const struct lint *lint, size_t count);
void cover_index_close(struct cover_index *index);

/*
 * place: what cover_index_find tells of it. Of entries with equal masks and values the first one
 * counts. False: memory is out.
 */
bool cover_index_add(struct cover_index *index, size_t entry, size_t place);
/* The smallest place of those that were added and cover it, or SIZE_MAX. */
size_t cover_index_find(struct cover_index *index, size_t entry);

#endif
