/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * About rules that have packets in common: one that never gets any, two whose order the NIC leaves
 * open, or has otherwise than software.
 *
 * Each entry is compared with those that the NIC has before it, among the entries of one port of
 * one chain. A general rule behind special ones is how rule sets are written, so where the order is
 * known only a rule that gets no packet at all is told.
 *
 * Ports of a chain whose entries are alike are looked at once.
 */
#include "cover_index.h"

#include <stdio.h>
#include <string.h>

enum {
	UNION_MAX = 64,    /* entries of which it is asked whether they cover another together */
	STEPS_MAX = 20000, /* for one such question */
};

/* Pairs that are compared, tables that the index asks, steps: about a second's work each. */
static const uint64_t PAIRS_MAX = UINT64_C(400) << 20, ASKED_MAX = UINT64_C(20) << 20,
		      STEPS_ALL = UINT64_C(10) << 20;

/* The whole check, and what it may still do. */
struct order {
	struct lint *lint;
	uint64_t pairs, steps; /* compared; left */
	size_t not_asked;      /* questions that took too many steps */
};

/* Entries first … end - 1 of lint->entries: one port of one chain. */
struct span {
	size_t first, end;
	bool reordered; /* the NIC has some of them in another order than software */
};

/* What the entries before one have to do with it; SIZE_MAX: none. */
struct relation {
	size_t cover;              /* takes all its packets */
	size_t undefined, differs; /* the first one with which there is a conflict */
	size_t num_undefined, num_differs;
	size_t overlaps[UNION_MAX]; /* those that share packets with it */
	size_t num_overlaps;        /* may be more */
};

static size_t rule_of(const struct lint *lint, size_t entry)
{
	return lint->instances[lint->entries[entry].instance].rule;
}

static uint64_t handle_of(const struct lint *lint, size_t entry)
{
	return lint->rules[rule_of(lint, entry)].handle;
}

/* Chains have no ranges; and where no packet is, there is no order. */
static bool is_left_out(const struct lint_entry *entry)
{
	return entry->has_ranges || entry->matches_nothing;
}

/* --- pairs --- */

/* No packet has addresses of both versions, whatever the two rules leave open. */
static bool is_possible(const struct lint *lint, size_t i, size_t k)
{
	const uint64_t both = FLOW_PRESENT(IPV4_ADDRS) | FLOW_PRESENT(IPV6_ADDRS);

	if (lint->num_words == 0 || lint->words[0] != 0)
		return true;
	return ((lint_value(lint, i)[0] | lint_value(lint, k)[0]) & both) != both;
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

static bool leaves_order_open(const struct lint_entry *a, const struct lint_entry *b)
{
	return a->table && a->priority == b->priority &&
	       (a->table->order == MODEL_ORDER_PRIORITY_UNDEFINED ||
		a->table->order == MODEL_ORDER_UNKNOWN);
}

static void relate(const struct lint *lint, const struct span *span, size_t before, size_t entry,
		   struct relation *relation)
{
	const struct lint_entry *a = &lint->entries[before], *b = &lint->entries[entry];
	bool conflict = !lint_same_fate(a, b);

	if (conflict && leaves_order_open(a, b)) {
		if (relation->num_undefined++ == 0)
			relation->undefined = before;
	} else if (conflict && span->reordered && rule_of(lint, before) > rule_of(lint, entry)) {
		if (relation->num_differs++ == 0)
			relation->differs = before;
	} else if (relation->cover == SIZE_MAX && covers(lint, before, entry)) {
		relation->cover = before;
	}
	if (relation->num_overlaps < UNION_MAX)
		relation->overlaps[relation->num_overlaps] = before;
	relation->num_overlaps++;
}

/* Once a cover is known, is there anything else to look for? */
static bool is_settled(const struct span *span, const struct lint_entry *entry,
		       const struct relation *relation)
{
	return relation->cover != SIZE_MAX && !span->reordered && !leaves_order_open(entry, entry);
}

/* Returns how many pairs were compared. */
static size_t relate_all(const struct lint *lint, const struct span *span, size_t entry,
			 struct relation *relation)
{
	const struct lint_entry *own = &lint->entries[entry];
	size_t i = span->first;

	relation->cover = relation->undefined = relation->differs = SIZE_MAX;
	relation->num_undefined = relation->num_differs = relation->num_overlaps = 0;
	for (; i < entry && !is_settled(span, own, relation); i++)
		if (!is_left_out(&lint->entries[i]) && lint->entries[i].table == own->table &&
		    meet(lint, i, entry))
			relate(lint, span, i, entry, relation);
	return i - span->first;
}

/* --- what is said about them --- */

static struct lint_place place_of(const struct lint *lint, const struct span *span, size_t entry,
				  size_t other)
{
	struct lint_place place = lint_at_rule(lint, rule_of(lint, entry));
	const struct lint_chain *chain = &lint->chains[place.chain];

	place.other = other == SIZE_MAX ? 0 : handle_of(lint, other);
	/* The first port speaks for those that are like it. */
	if (span->first != chain->first_entry)
		place.port = lint->instances[lint->entries[entry].instance].port;
	return place;
}

/* The packets of both, in nft's words. */
static void print_common(const struct lint *lint, size_t i, size_t k, char *text, size_t size)
{
	struct flow_key value = {0}, mask = {0};

	for (size_t w = 0; w < lint->num_words; w++) {
		mask.word[lint->words[w]] = lint_mask(lint, i)[w] | lint_mask(lint, k)[w];
		value.word[lint->words[w]] = lint_value(lint, i)[w] | lint_value(lint, k)[w];
	}
	lint_print_match(text, size, &value, &mask);
}

static void say_conflict(struct lint *lint, const struct span *span, size_t entry, size_t other,
			 size_t count, enum lint_number id)
{
	char common[192], match[192], own[64], others[64], more[64] = "";
	const struct model_table *table = lint->entries[entry].table;

	print_common(lint, other, entry, common, sizeof(common));
	print_common(lint, other, other, match, sizeof(match));
	lint_print_fate(own, sizeof(own), lint, &lint->entries[entry]);
	lint_print_fate(others, sizeof(others), lint, &lint->entries[other]);
	if (count > 1)
		snprintf(more, sizeof(more), ", and so with %zu more rule%s", count - 1,
			 count == 2 ? "" : "s");
	if (id == LINT_ORDER_DIFFERS)
		lint_add(lint, id, place_of(lint, span, entry, other),
			 "delete the chain and load it again",
			 "packets with `%s` match this rule (%s) and the one with handle %llu "
			 "(`%s`, %s): software asks this one first, the NIC the other one%s",
			 common, own, (unsigned long long)handle_of(lint, other), match, others,
			 more);
	else
		lint_add(lint, id, place_of(lint, span, entry, other),
			 "write the two so that no packet matches both",
			 "packets with `%s` match this rule (%s) and the one with handle %llu "
			 "(`%s`, %s), of the same priority: %s%s",
			 common, own, (unsigned long long)handle_of(lint, other), match, others,
			 table->order == MODEL_ORDER_UNKNOWN
				 ? "it is not known which of them the NIC asks first"
				 : "the NIC leaves open which of them it asks first",
			 more);
}

static void say_covered(struct lint *lint, const struct span *span, size_t entry, size_t cover)
{
	const struct lint_entry *outer = &lint->entries[cover];
	unsigned long long handle = handle_of(lint, cover);
	bool by_nic = rule_of(lint, cover) > rule_of(lint, entry);
	char match[256], fate[64];

	print_common(lint, cover, cover, match, sizeof(match));
	lint_print_fate(fate, sizeof(fate), lint, outer);
	lint_add(lint, LINT_NEVER_HIT, place_of(lint, span, entry, cover),
		 "delete it, or put it before the other one",
		 "the rule with handle %llu (`%s`, %s), which %s first, takes all packets of this "
		 "one",
		 handle, match, fate, by_nic ? "the NIC asks" : "is asked");
}

static void say_union(struct lint *lint, const struct span *span, size_t entry,
		      const struct relation *relation)
{
	char list[128] = "";
	size_t used = 0, shown = 0;

	for (; shown < relation->num_overlaps && shown < 4; shown++)
		used += (size_t)snprintf(
			list + used, sizeof(list) - used, "%s%llu", shown ? ", " : "",
			(unsigned long long)handle_of(lint, relation->overlaps[shown]));
	lint_add(lint, LINT_NEVER_HIT, place_of(lint, span, entry, SIZE_MAX),
		 "delete it, or put it before the others",
		 "rules that are asked first (handles %s%s) take all packets of this one together",
		 list, shown < relation->num_overlaps ? ", …" : "");
}

/* Of a few rules it takes few steps; where it takes too many, it is said that nobody knows. */
static bool is_covered_together(struct order *order, size_t entry, const struct relation *relation)
{
	const struct lint *lint = order->lint;
	uint64_t steps = order->steps < STEPS_MAX ? order->steps : STEPS_MAX, had = steps;
	struct region_cover list[UNION_MAX];
	bool covered;

	if (relation->num_overlaps < 2 || relation->num_overlaps > UNION_MAX)
		return false;
	for (size_t i = 0; i < relation->num_overlaps; i++)
		list[i] = (struct region_cover){lint_value(lint, relation->overlaps[i]),
						lint_mask(lint, relation->overlaps[i])};
	covered = region_union_covers(list, relation->num_overlaps, lint_value(lint, entry),
				      lint_mask(lint, entry), lint->num_words, &steps);
	order->steps -= had - steps;
	order->not_asked += steps == 0;
	return covered;
}

static void say(struct order *order, const struct span *span, size_t entry,
		const struct relation *relation)
{
	struct lint *lint = order->lint;

	if (relation->undefined != SIZE_MAX)
		say_conflict(lint, span, entry, relation->undefined, relation->num_undefined,
			     LINT_ORDER_UNDEFINED);
	if (relation->differs != SIZE_MAX)
		say_conflict(lint, span, entry, relation->differs, relation->num_differs,
			     LINT_ORDER_DIFFERS);
	if (relation->cover != SIZE_MAX)
		say_covered(lint, span, entry, relation->cover);
	else if (relation->undefined == SIZE_MAX && relation->differs == SIZE_MAX &&
		 is_covered_together(order, entry, relation))
		say_union(lint, span, entry, relation);
}

/* --- spans --- */

static struct span span_at(const struct lint *lint, size_t first, size_t end)
{
	const struct lint_instance *own = &lint->instances[lint->entries[first].instance];
	struct span span = {.first = first, .end = first + 1};

	while (span.end < end &&
	       lint->instances[lint->entries[span.end].instance].port == own->port) {
		span.reordered |= rule_of(lint, span.end) < rule_of(lint, span.end - 1);
		span.end++;
	}
	return span;
}

/* The same rules with the same matches and fates in the same order, on another port. */
static bool is_like(const struct lint *lint, const struct span *a, const struct span *b)
{
	size_t bytes = lint->num_words * sizeof(uint64_t);

	if (a->end - a->first != b->end - b->first)
		return false;
	for (size_t i = 0; i < a->end - a->first; i++) {
		size_t x = a->first + i, y = b->first + i;
		size_t skip = lint->words[0] == 0; /* it has the port */

		if (rule_of(lint, x) != rule_of(lint, y) ||
		    !lint_same_fate(&lint->entries[x], &lint->entries[y]) ||
		    memcmp(lint_value(lint, x) + skip, lint_value(lint, y) + skip,
			   bytes - skip * sizeof(uint64_t)) != 0 ||
		    memcmp(lint_mask(lint, x), lint_mask(lint, y), bytes) != 0)
			return false;
	}
	return true;
}

static void say_enough(struct lint *lint, const struct span *span, size_t pairs, size_t covers)
{
	const struct lint_instance *instance =
		&lint->instances[lint->entries[span->first].instance];
	size_t count = span->end - span->first;
	char rest[128] = "";

	if (covers < count)
		snprintf(rest, sizeof(rest), ", and nothing of those behind number %zu", covers);
	lint_add(lint, LINT_NOT_ALL_LOOKED_AT, lint_at_chain(lint->rules[instance->rule].chain), "",
		 "%zu rules on %s: only the first %zu were compared with each other; of the others "
		 "it was only asked whether one rule takes all packets of another%s",
		 count, lint_port_name(lint, instance->port), pairs, rest);
}

/* Two rules whose order is open are not for the index to judge. */
static void say_found(struct lint *lint, const struct span *span, size_t entry, size_t found)
{
	const struct lint_entry *a, *b = &lint->entries[entry];

	if (found == SIZE_MAX)
		return;
	a = &lint->entries[found];
	if (a->table == b->table && (lint_same_fate(a, b) || !leaves_order_open(a, b)))
		say_covered(lint, span, entry, found);
}

/*
 * The entries from `next` on, which are too many to compare each with each. Returns where it had to
 * stop.
 */
static size_t look_at_rest(struct lint *lint, const struct span *span, size_t next)
{
	struct cover_index index;
	size_t i = span->first;

	lint->failed |= !cover_index_open(&index, lint, span->end - span->first);
	for (; i < span->end && !lint->failed && index.asked < ASKED_MAX; i++) {
		if (is_left_out(&lint->entries[i]))
			continue;
		if (i >= next)
			say_found(lint, span, i, cover_index_find(&index, i));
		lint->failed |= !cover_index_add(&index, i);
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
		if (is_left_out(&lint->entries[i]))
			continue;
		order->pairs += relate_all(lint, span, i, &relation);
		say(order, span, i, &relation);
	}
	if (i == span->end || lint->failed)
		return;
	end = look_at_rest(lint, span, i);
	say_enough(lint, span, i - span->first, end - span->first);
}

static void look_at_chain(struct order *order, const struct lint_chain *chain)
{
	const struct lint *lint = order->lint;
	size_t end = chain->first_entry + chain->num_entries;
	struct span first = span_at(lint, chain->first_entry, end);

	look_at_span(order, &first);
	for (size_t at = first.end; at < end && !lint->failed;) {
		struct span span = span_at(lint, at, end);

		if (!is_like(lint, &first, &span))
			look_at_span(order, &span);
		at = span.end;
	}
}

void check_order(struct lint *lint)
{
	struct order order = {.lint = lint, .steps = STEPS_ALL};

	for (size_t i = 0; i < lint->num_chains && !lint->failed; i++)
		if (lint->chains[i].num_entries && lint->num_words)
			look_at_chain(&order, &lint->chains[i]);
	if (order.not_asked)
		lint_add(lint, LINT_NOT_ALL_LOOKED_AT, lint_at_chain(SIZE_MAX), "",
			 "of %zu rules it was not found out whether others take all their packets "
			 "together",
			 order.not_asked);
}
