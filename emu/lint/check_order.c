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
#include "cover_index.h"
#include "order.h"

#include <linux/if_ether.h>
#include <stdlib.h>
#include <string.h>

/* Pairs that are compared, tables that the index asks, steps: about a second's work each. */
static const uint64_t PAIRS_MAX = UINT64_C(400) << 20, ASKED_MAX = UINT64_C(20) << 20,
		      STEPS_ALL = UINT64_C(10) << 20;

/* Chains have no ranges; and where no packet is, there is no order. */
static bool is_left_out(const struct lint_entry *entry)
{
	return entry->has_ranges || entry->matches_nothing;
}

/* --- pairs --- */

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

static bool meet(const struct lint *lint, size_t i, size_t k)
{
	return region_meet(lint_value(lint, i), lint_mask(lint, i), lint_value(lint, k),
			   lint_mask(lint, k), lint->num_words) &&
	       is_possible(lint, i, k);
}

static bool covers(const struct lint *lint, size_t outer, size_t inner)
{
	return region_covers(lint_value(lint, outer), lint_mask(lint, outer),
			     lint_value(lint, inner), lint_mask(lint, inner), lint->num_words);
}

static void note(size_t *first, size_t *count, size_t entry)
{
	if ((*count)++ == 0)
		*first = entry;
}

static void relate(const struct order *order, const struct span *span, size_t before, size_t entry,
		   struct relation *relation)
{
	const struct lint *lint = order->lint;
	const struct lint_entry *a = &lint->entries[before], *b = &lint->entries[entry];
	bool conflict = !lint_same_fate(a, b);

	if (conflict && order_is_open(a, b))
		note(&relation->undefined, &relation->num_undefined, before);
	else if (conflict && span->reordered && order->rank[before] > order->rank[entry])
		note(&relation->differs, &relation->num_differs, before);
	else if (conflict && a->fate == ASIC_HOST && span->several &&
		 order_chain(lint, before) != order_chain(lint, entry))
		note(&relation->accepts, &relation->num_accepts, before);
	else if (relation->cover == SIZE_MAX && covers(lint, before, entry))
		relation->cover = before;
	if (relation->num_overlaps < UNION_MAX)
		relation->overlaps[relation->num_overlaps] = before;
	relation->num_overlaps++;
}

/* Once a cover is known, is there anything else to look for? */
static bool is_settled(const struct span *span, const struct lint_entry *entry,
		       const struct relation *relation)
{
	return relation->cover != SIZE_MAX && !span->reordered && !span->several &&
	       !order_is_open(entry, entry);
}

/* Of the entry at a place of the list. Returns how many pairs were compared. */
static size_t relate_all(const struct order *order, const struct span *span, size_t place,
			 struct relation *relation)
{
	const struct lint *lint = order->lint;
	size_t entry = order->list[place], i = span->first;
	const struct lint_entry *own = &lint->entries[entry];

	*relation = (struct relation){
		.cover = SIZE_MAX, .undefined = SIZE_MAX, .differs = SIZE_MAX, .accepts = SIZE_MAX};
	for (; i < place && !is_settled(span, own, relation); i++) {
		size_t before = order->list[i];

		if (!is_left_out(&lint->entries[before]) &&
		    lint->entries[before].table == own->table && meet(lint, before, entry))
			relate(order, span, before, entry, relation);
	}
	return i - span->first;
}

/* --- one port --- */

/* Two rules whose order matters otherwise are not for the index to judge. */
static void say_found(struct order *order, const struct span *span, size_t entry, size_t found)
{
	const struct lint *lint = order->lint;
	const struct lint_entry *a = &lint->entries[found], *b = &lint->entries[entry];

	if (a->table == b->table &&
	    (lint_same_fate(a, b) || (!order_is_open(a, b) && !span->several)))
		say_covered(order, span, entry, found);
}

/* From a place on they are too many to compare each with each. Returns where it had to stop. */
static size_t look_at_rest(struct order *order, const struct span *span, size_t next)
{
	struct lint *lint = order->lint;
	struct cover_index index;
	size_t i = span->first;

	lint->failed |= !cover_index_open(&index, lint, span->end - span->first);
	for (; i < span->end && !lint->failed && index.asked < ASKED_MAX; i++) {
		size_t entry = order->list[i], found;

		if (is_left_out(&lint->entries[entry]))
			continue;
		found = i < next ? SIZE_MAX : cover_index_find(&index, entry);
		if (found != SIZE_MAX)
			say_found(order, span, entry, order->list[found]);
		lint->failed |= !cover_index_add(&index, entry, i);
	}
	cover_index_close(&index);
	return i;
}

static void look_at_span(struct order *order, const struct span *span)
{
	struct lint *lint = order->lint;
	struct relation relation;
	size_t i = span->first, end;

	for (; i < span->end && !lint->failed && order->pairs <= PAIRS_MAX; i++) {
		if (is_left_out(&lint->entries[order->list[i]]))
			continue;
		order->pairs += relate_all(order, span, i, &relation);
		say_relation(order, span, order->list[i], &relation);
	}
	if (i == span->end || lint->failed)
		return;
	end = look_at_rest(order, span, i);
	say_enough(order, span, i - span->first, end - span->first);
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

static bool order_open(struct order *order, struct lint *lint)
{
	size_t count = lint->num_entries;

	*order = (struct order){.lint = lint, .steps = STEPS_ALL};
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
	struct order order;

	if (!lint->num_entries || !lint->num_words)
		return;
	lint->failed |= !order_open(&order, lint);
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
