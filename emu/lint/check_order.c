/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * About rules that have packets in common: one that never gets any, two whose order the NIC leaves
 * open, or has otherwise than software; and chains that share a port.
 *
 * Each entry is compared with those that the NIC has before it on the same port. A general rule
 * behind special ones is how rule sets are written, so where the order is known only a rule that
 * gets no packet at all is told.
 *
 * Ports whose entries are alike are looked at once.
 */
#include "order.h"

#include <stdlib.h>
#include <string.h>

/* About a second's work each. */
static const struct order_limits usual_limits = {.looks = UINT64_C(400) << 20,
						 .cover_looks = UINT64_C(100) << 20,
						 .steps = UINT64_C(10) << 20};

/* Chains have no ranges; and where no packet is, there is no order. */
static bool is_left_out(const struct lint_entry *entry)
{
	return entry->has_ranges || entry->matches_nothing;
}

/* --- one port --- */

/* Two rules whose order matters otherwise are not to be judged without all others. */
static void say_found(struct order *order, const struct span *span, size_t entry, size_t found)
{
	const struct lint *lint = order->lint;
	const struct lint_entry *a = &lint->entries[found], *b = &lint->entries[entry];

	if (lint_same_fate(a, b) || (!order_is_open(a, b) && !span->several))
		say_covered(order, span, entry, found);
}

/* Each with those before it, as far as the bound allows. Returns where it had to stop. */
static size_t look_at_all(struct order *order, const struct span *span, struct meet_tree *tree)
{
	struct lint *lint = order->lint;
	struct relation relation;
	size_t i = span->first;

	for (; i < span->end && !lint->failed && order->looks < order->limits->looks; i++) {
		if (is_left_out(&lint->entries[order->list[i]]))
			continue;
		relate_to_earlier(order, span, tree, i, &relation);
		say_relation(order, span, order->list[i], &relation);
		order->looks += tree->looks;
		tree->looks = 0;
	}
	return i;
}

/* From a place on it is only asked whether one takes all packets of another: that is less work. */
static size_t look_at_rest(struct order *order, const struct span *span, struct meet_tree *tree,
			   size_t next)
{
	const struct lint *lint = order->lint;
	size_t i = next;

	for (; i < span->end && !lint->failed && order->cover_looks < order->limits->cover_looks;
	     i++) {
		size_t entry = order->list[i], found = SIZE_MAX;

		if (!is_left_out(&lint->entries[entry]))
			found = relate_to_cover(order, span, tree, i);
		if (found != SIZE_MAX)
			say_found(order, span, entry, found);
		order->cover_looks += tree->looks;
		tree->looks = 0;
	}
	return i;
}

static void look_at_span(struct order *order, const struct span *span)
{
	struct lint *lint = order->lint;
	struct meet_tree tree;
	size_t related, asked;

	lint->failed |= !meet_tree_open(&tree, lint, order->list + span->first,
					span->end - span->first, is_left_out);
	related = look_at_all(order, span, &tree);
	asked = look_at_rest(order, span, &tree, related);
	meet_tree_close(&tree);
	if (related < span->end && !lint->failed)
		say_enough(order, span, related - span->first, asked - span->first);
}

/* --- ports --- */

static uint16_t port_of(const struct order *order, size_t place)
{
	const struct lint *lint = order->lint;

	return lint->instances[lint->entries[order->list[place]].instance].port;
}

/* Chains of one port in the order in which software runs them. Of a real kernel: by priority. */
static void rank_chains(struct order *order, uint16_t port)
{
	const struct lint *lint = order->lint;
	const struct nft_chain *chain = NULL;
	struct nft_chain_view view;
	uint64_t rank = 0;

	while (!lint->emulator->kmod &&
	       (chain = nft_next_ingress_chain(lint->emulator->nft, port, chain))) {
		size_t index;

		nft_chain_look(chain, &view);
		index = lint_find_chain(order->lint, view.family, view.table, view.name);
		if (index != SIZE_MAX)
			order->chain_rank[index] = rank;
		rank++;
	}
}

static void rank_entries(struct order *order, const struct span *span)
{
	const struct lint *lint = order->lint;

	if (span->several)
		rank_chains(order, port_of(order, span->first));
	for (size_t i = span->first; i < span->end; i++) {
		size_t entry = order->list[i];
		uint64_t chain = lint->emulator->kmod ? lint->entries[entry].priority
						      : order->chain_rank[order_chain(lint, entry)];

		order->rank[entry] = (span->several ? chain : 0) << 32 | order_rule(lint, entry);
	}
}

static struct span span_at(struct order *order, size_t first)
{
	const struct lint *lint = order->lint;
	struct span span = {.first = first, .end = first + 1, .alike = 1};

	while (span.end < lint->num_entries && port_of(order, span.end) == port_of(order, first)) {
		span.several |= order_chain(lint, order->list[span.end]) !=
				order_chain(lint, order->list[first]);
		span.end++;
	}
	rank_entries(order, &span);
	for (size_t i = first + 1; i < span.end; i++)
		span.reordered |= order->rank[order->list[i]] < order->rank[order->list[i - 1]];
	return span;
}

/* The same rules with the same matches and fates in the same order, on another port. */
static bool is_like(const struct order *order, const struct span *a, const struct span *b)
{
	const struct lint *lint = order->lint;
	size_t bytes = lint->num_words * sizeof(uint64_t);
	size_t skip = lint->words[0] == 0; /* it has the port */

	if (a->end - a->first != b->end - b->first)
		return false;
	for (size_t i = 0; i < a->end - a->first; i++) {
		size_t x = order->list[a->first + i], y = order->list[b->first + i];

		if (order_rule(lint, x) != order_rule(lint, y) ||
		    !lint_same_fate(&lint->entries[x], &lint->entries[y]) ||
		    memcmp(lint_value(lint, x) + skip, lint_value(lint, y) + skip,
			   bytes - skip * sizeof(uint64_t)) != 0 ||
		    memcmp(lint_mask(lint, x), lint_mask(lint, y), bytes) != 0)
			return false;
	}
	return true;
}

static void add_span(struct order *order, struct span span)
{
	for (size_t i = 0; i < order->num_spans && span.alike; i++) {
		if (!order->spans[i].alike || !is_like(order, &order->spans[i], &span))
			continue;
		order->spans[i].alike++;
		span.alike = 0;
	}
	if (span.alike)
		order->spans[order->num_spans++] = span;
}

static int compare_places(const void *first, const void *second, void *context)
{
	const struct lint *lint = context;
	const struct lint_entry *a = &lint->entries[*(const size_t *)first];
	const struct lint_entry *b = &lint->entries[*(const size_t *)second];
	uint16_t port = lint->instances[a->instance].port;
	uint16_t other = lint->instances[b->instance].port;

	if (port != other)
		return port < other ? -1 : 1;
	return a->place < b->place ? -1 : a->place > b->place;
}

static bool order_open(struct order *order, struct lint *lint, const struct order_limits *limits)
{
	size_t count = lint->num_entries;

	*order = (struct order){.lint = lint, .limits = limits, .steps = limits->steps};
	order->list = calloc(count, sizeof(*order->list));
	order->rank = calloc(count, sizeof(*order->rank));
	order->chain_rank = calloc(lint->num_chains, sizeof(*order->chain_rank));
	order->spans = calloc(lint->emulator->nic.num_ports, sizeof(*order->spans));
	if (!order->list || !order->rank || !order->chain_rank || !order->spans)
		return false;
	for (size_t i = 0; i < count; i++)
		order->list[i] = i;
	qsort_r(order->list, count, sizeof(*order->list), compare_places, lint);
	return true;
}

static void order_close(struct order *order)
{
	free(order->list);
	free(order->rank);
	free(order->chain_rank);
	free(order->spans);
}

void check_order(struct lint *lint)
{
	check_order_within(lint, &usual_limits);
}

void check_order_within(struct lint *lint, const struct order_limits *limits)
{
	struct order order;

	if (!lint->num_entries || !lint->num_words)
		return;
	lint->failed |= !order_open(&order, lint, limits);
	for (size_t at = 0; at < lint->num_entries && !lint->failed;) {
		struct span span = span_at(&order, at);

		add_span(&order, span);
		at = span.end;
	}
	for (size_t i = 0; i < order.num_spans && !lint->failed; i++)
		look_at_span(&order, &order.spans[i]);
	say_not_asked(&order);
	order_close(&order);
}
