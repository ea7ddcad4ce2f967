/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the entries before one have to do with it. They come in no order, so of each kind the one
 * with the smallest place is kept.
 */
#include "order.h"

#include <linux/if_ether.h>
#include <stdlib.h>

/* --- packets of both --- */

/* The type of the payload where the two ask for a whole one together; 0: they leave it open. */
static uint16_t type_of_both(const struct lint *lint, size_t i, size_t k)
{
	const struct flow_position at = flow_positions[FLOW_BASIC_N_PROTO];
	size_t w = 0;

	while (w < lint->num_words && lint->words[w] != at.word)
		w++;
	if (w == lint->num_words ||
	    (uint16_t)((lint_mask(lint, i)[w] | lint_mask(lint, k)[w]) >> at.shift) != UINT16_MAX)
		return 0;
	return (uint16_t)((lint_value(lint, i)[w] | lint_value(lint, k)[w]) >> at.shift);
}

/*
 * No packet has addresses of both versions, and none has a protocol of L4 without being IP,
 * whatever the two rules leave open.
 */
static bool is_possible(const struct lint *lint, size_t i, size_t k)
{
	const uint64_t versions = FLOW_PRESENT(IPV4_ADDRS) | FLOW_PRESENT(IPV6_ADDRS);
	uint64_t present;
	uint16_t type;

	if (lint->num_words == 0 || lint->words[0] != 0)
		return true;
	present = lint_value(lint, i)[0] | lint_value(lint, k)[0];
	if ((present & versions) == versions)
		return false;
	type = present & FLOW_PRESENT_IP_PROTO ? type_of_both(lint, i, k) : 0;
	return type == 0 || type == ETH_P_IP || type == ETH_P_IPV6;
}

static bool covers(const struct lint *lint, size_t outer, size_t inner)
{
	return region_covers(lint_value(lint, outer), lint_mask(lint, outer),
			     lint_value(lint, inner), lint_mask(lint, inner), lint->num_words);
}

/* --- one entry and those before it --- */

struct relating {
	const struct order *order;
	const struct span *span;
	size_t entry;
	struct relation *relation;
	bool ordered; /* fates do not matter: overlaps are for say_union only */
};

static void keep_first(const struct lint *lint, size_t *first, size_t entry)
{
	if (*first == SIZE_MAX || lint->entries[entry].place < lint->entries[*first].place)
		*first = entry;
}

static void note(const struct lint *lint, size_t *first, size_t *count, size_t entry)
{
	keep_first(lint, first, entry);
	(*count)++;
}

static void relate(const struct relating *relating, size_t before)
{
	const struct order *order = relating->order;
	const struct lint *lint = order->lint;
	const struct span *span = relating->span;
	struct relation *relation = relating->relation;
	size_t entry = relating->entry;
	const struct lint_entry *a = &lint->entries[before], *b = &lint->entries[entry];
	bool conflict = !lint_same_fate(a, b);

	if (conflict && order_is_open(a, b))
		note(lint, &relation->undefined, &relation->num_undefined, before);
	else if (conflict && span->reordered && order->rank[before] > order->rank[entry])
		note(lint, &relation->differs, &relation->num_differs, before);
	else if (conflict && a->fate == ASIC_HOST && span->several &&
		 order_chain(lint, before) != order_chain(lint, entry))
		note(lint, &relation->accepts, &relation->num_accepts, before);
	else if (covers(lint, before, entry))
		keep_first(lint, &relation->cover, before);
	if (relation->num_overlaps < UNION_MAX)
		relation->overlaps[relation->num_overlaps] = before;
	relation->num_overlaps++;
}

static bool take(void *context, size_t before)
{
	struct relating *relating = context;

	if (is_possible(relating->order->lint, before, relating->entry))
		relate(relating, before);
	return !relating->ordered || relating->relation->num_overlaps <= UNION_MAX;
}

static int compare_places(const void *first, const void *second, void *context)
{
	const struct lint *lint = context;
	size_t a = lint->entries[*(const size_t *)first].place;
	size_t b = lint->entries[*(const size_t *)second].place;

	return a < b ? -1 : a > b;
}

/* The NIC asks rules in the order in which they are written, whatever they do. */
static bool is_ordered(const struct span *span, const struct lint_entry *entry)
{
	return !span->reordered && !span->several && !order_is_open(entry, entry);
}

/* What covers it asks for less, so the packets of both are its own. */
size_t relate_to_cover(const struct order *order, const struct span *span, struct meet_tree *tree,
		       size_t place)
{
	size_t entry = order->list[place], found;

	if (!is_possible(order->lint, entry, entry))
		return SIZE_MAX;
	found = meet_tree_cover(tree, place - span->first);
	return found == SIZE_MAX ? SIZE_MAX : order->list[span->first + found];
}

void relate_to_earlier(const struct order *order, const struct span *span, struct meet_tree *tree,
		       size_t place, struct relation *relation)
{
	struct lint *lint = order->lint;
	size_t entry = order->list[place], kept;
	struct relating relating = {order, span, entry, relation,
				    is_ordered(span, &lint->entries[entry])};

	*relation = (struct relation){
		.cover = SIZE_MAX, .undefined = SIZE_MAX, .differs = SIZE_MAX, .accepts = SIZE_MAX};
	/* With a cover, there is nothing else to look for. */
	if (relating.ordered)
		relation->cover = relate_to_cover(order, span, tree, place);
	if (relation->cover != SIZE_MAX)
		return;
	meet_tree_visit(tree, place - span->first, take, &relating);
	kept = relation->num_overlaps < UNION_MAX ? relation->num_overlaps : UNION_MAX;
	qsort_r(relation->overlaps, kept, sizeof(relation->overlaps[0]), compare_places, lint);
}
