/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What check_order.c found, in words. */
#include "order.h"

#include <stdio.h>

/* "handle 5", or "handle 5 of the chain t c" where that is another one. */
static void print_rule(const struct lint *lint, size_t entry, size_t from, char *text, size_t size)
{
	const struct lint_chain *chain = &lint->chains[order_chain(lint, entry)];
	unsigned long long handle = lint->rules[order_rule(lint, entry)].handle;

	if (order_chain(lint, entry) == order_chain(lint, from))
		snprintf(text, size, "handle %llu", handle);
	else
		snprintf(text, size, "handle %llu of the chain %s %s", handle, chain->table,
			 chain->name);
}

static struct lint_place place_of(const struct lint *lint, const struct span *span, size_t entry,
				  size_t other)
{
	struct lint_place place = lint_at_rule(lint, order_rule(lint, entry));

	if (other != SIZE_MAX && order_chain(lint, other) == place.chain)
		place.other = lint->rules[order_rule(lint, other)].handle;
	if (span->alike < lint->chains[place.chain].ports)
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

static const char *why_of(enum lint_number id, const struct lint_entry *entry)
{
	if (id == LINT_ORDER_DIFFERS)
		return "software asks this one first, the NIC the other one";
	if (id == LINT_ACCEPT_ENDS_LOOKUP)
		return "the NIC passes them on to the host, and only software asks this rule then";
	return entry->table->order == MODEL_ORDER_UNKNOWN
		       ? "it is not known which of them the NIC asks first"
		       : "they have the same priority, and the NIC leaves open which of them it "
			 "asks first";
}

static void say_conflict(struct order *order, const struct span *span, size_t entry, size_t other,
			 size_t count, enum lint_number id)
{
	static const char *const hints[LINT_ID_COUNT] = {
		[LINT_ORDER_DIFFERS] = "delete the chain and load it again",
		[LINT_ORDER_UNDEFINED] = "write the two so that no packet matches both",
		[LINT_ACCEPT_ENDS_LOOKUP] = "put the rules of both chains into one",
	};
	char common[160], match[160], own[48], others[48], name[128], more[48] = "";
	struct lint *lint = order->lint;

	if (other == SIZE_MAX)
		return;
	print_common(lint, other, entry, common, sizeof(common));
	print_common(lint, other, other, match, sizeof(match));
	print_rule(lint, other, entry, name, sizeof(name));
	lint_print_fate(own, sizeof(own), lint, &lint->entries[entry]);
	lint_print_fate(others, sizeof(others), lint, &lint->entries[other]);
	if (count > 1)
		snprintf(more, sizeof(more), "; and so with %zu more rule%s", count - 1,
			 count == 2 ? "" : "s");
	lint_add(lint, id, place_of(lint, span, entry, other), hints[id],
		 "packets with `%s` match this rule (%s) and the one with %s (`%s`, %s): %s%s",
		 common, own, name, match, others, why_of(id, &lint->entries[entry]), more);
}

void say_covered(struct order *order, const struct span *span, size_t entry, size_t cover)
{
	struct lint *lint = order->lint;
	bool by_nic = order->rank[cover] > order->rank[entry];
	bool is_open = order_is_open(&lint->entries[cover], &lint->entries[entry]);
	char match[192], fate[64], name[128];

	print_common(lint, cover, cover, match, sizeof(match));
	print_rule(lint, cover, entry, name, sizeof(name));
	lint_print_fate(fate, sizeof(fate), lint, &lint->entries[cover]);
	lint_add(lint, LINT_NEVER_HIT, place_of(lint, span, entry, cover),
		 is_open ? "delete it" : "delete it, or put it before the other one",
		 "the rule with %s (`%s`, %s), which %s first, takes all packets of this one", name,
		 match, fate,
		 is_open  ? "may be asked"
		 : by_nic ? "the NIC asks"
			  : "is asked");
}

static void say_union(struct order *order, const struct span *span, size_t entry,
		      const struct relation *relation)
{
	struct lint *lint = order->lint;
	char list[128] = "";
	size_t used = 0, shown = 0;

	for (; shown < relation->num_overlaps && shown < 4; shown++)
		used += (size_t)snprintf(
			list + used, sizeof(list) - used, "%s%llu", shown ? ", " : "",
			(unsigned long long)lint->rules[order_rule(lint, relation->overlaps[shown])]
				.handle);
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

void say_relation(struct order *order, const struct span *span, size_t entry,
		  const struct relation *relation)
{
	say_conflict(order, span, entry, relation->undefined, relation->num_undefined,
		     LINT_ORDER_UNDEFINED);
	say_conflict(order, span, entry, relation->differs, relation->num_differs,
		     LINT_ORDER_DIFFERS);
	say_conflict(order, span, entry, relation->accepts, relation->num_accepts,
		     LINT_ACCEPT_ENDS_LOOKUP);
	if (relation->cover != SIZE_MAX)
		say_covered(order, span, entry, relation->cover);
	else if (relation->undefined == SIZE_MAX && relation->differs == SIZE_MAX &&
		 relation->accepts == SIZE_MAX && is_covered_together(order, entry, relation))
		say_union(order, span, entry, relation);
}

void say_enough(struct order *order, const struct span *span, size_t pairs, size_t covers)
{
	struct lint *lint = order->lint;
	size_t entry = order->list[span->first], count = span->end - span->first;
	uint16_t port = lint->instances[lint->entries[entry].instance].port;
	char rest[128] = "";

	if (covers < count)
		snprintf(rest, sizeof(rest), ", and nothing of those behind number %zu", covers);
	lint_add(lint, LINT_NOT_ALL_LOOKED_AT, lint_at_chain(order_chain(lint, entry)), "",
		 "%zu rules on %s: only the first %zu were compared with each other; of the others "
		 "it was only asked whether one rule takes all packets of another%s",
		 count, lint_port_name(lint, port), pairs, rest);
}

void say_not_asked(struct order *order)
{
	if (order->not_asked)
		lint_add(order->lint, LINT_NOT_ALL_LOOKED_AT, lint_at_chain(SIZE_MAX), "",
			 "of %zu rules it was not found out whether others take all their packets "
			 "together",
			 order->not_asked);
}
