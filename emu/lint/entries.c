/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the NIC made of the rules: its entries, joined with the instances by (binding, cookie), in
 * groups of one port of one chain, in the order in which they decide. Of their 16 words only those
 * are kept that some entry looks at, so that pairs compare fast.
 */
#include "internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int compare_commands(const struct lint_instance *a, const struct lint_instance *b)
{
	if (a->binding != b->binding)
		return a->binding < b->binding ? -1 : 1;
	return (a->cookie > b->cookie) - (a->cookie < b->cookie);
}

/* Keys that the dissector finds in every frame. */
static const uint64_t every_packet =
	FLOW_PRESENT(CONTROL) | FLOW_PRESENT(META) | FLOW_PRESENT(BASIC);

struct lookup {
	struct lint *lint;
	struct flow_key used;
	size_t seen;
};

static int compare_sorted(const void *a, const void *b)
{
	return compare_commands(*(const struct lint_instance *const *)a,
				*(const struct lint_instance *const *)b);
}

static bool sort_instances(struct lint *lint)
{
	lint->sorted = calloc(lint->num_instances + 1, sizeof(const struct lint_instance *));
	if (!lint->sorted) {
		lint->failed = true;
		return false;
	}
	for (size_t i = 0; i < lint->num_instances; i++)
		if (lint->instances[i].in_hw)
			lint->sorted[lint->num_sorted++] = &lint->instances[i];
	qsort(lint->sorted, lint->num_sorted, sizeof(*lint->sorted), compare_sorted);
	return true;
}

const struct lint_instance *lint_instance_of(const struct lint *lint, uint32_t binding,
					     uint64_t cookie)
{
	struct lint_instance like = {.binding = binding, .cookie = cookie};
	const struct lint_instance *key = &like;
	const struct lint_instance *const *found = bsearch(&key, lint->sorted, lint->num_sorted,
							   sizeof(*lint->sorted), compare_sorted);

	return found ? *found : NULL;
}

static struct lint_instance *find(struct lint *lint, const struct asic_entry *entry)
{
	const struct lint_instance *found =
		lint_instance_of(lint, entry->decision->binding, entry->decision->cookie);

	return found ? &lint->instances[found - lint->instances] : NULL;
}

/* Presence bits that the entry asks to be 0. */
static uint64_t absent_keys(const struct tcam_rule *rule)
{
	return rule->mask.word[0] & ~rule->value.word[0] & ~FLOW_PORT_MASK;
}

/* The entry asks for other bits of the field than the rule does. */
static bool field_differs(const struct tcam_rule *rule, const struct flow_rule *flow,
			  enum flow_field_id id)
{
	uint8_t own[16], asked[16];

	flow_key_load(&rule->mask, id, own);
	flow_key_load(&flow->match.mask, id, asked);
	if (memcmp(own, asked, flow_fields[id].struct_size) != 0)
		return true;
	flow_key_load(&rule->value, id, own);
	flow_key_load(&flow->match.key, id, asked);
	return memcmp(own, asked, flow_fields[id].struct_size) != 0;
}

/* All that the driver adds is there, and the rule did not have it. */
static bool has_implicit(const struct tcam_rule *rule, const struct flow_rule *flow,
			 const struct model_implicit *implicit)
{
	if (implicit->absent_keys & ~absent_keys(rule))
		return false;
	if (!implicit->has_field)
		return implicit->absent_keys;
	return implicit->field.id < FLOW_FIELD_COUNT && flow &&
	       !flow_field_is_zero(&rule->mask, implicit->field.id) &&
	       field_differs(rule, flow, implicit->field.id);
}

static uint32_t implicits_of(const struct model *model, const struct tcam_rule *rule,
			     const struct flow_rule *flow)
{
	uint32_t bits = 0;

	for (size_t i = 0; model && i < model->match.num_implicits && i < 32; i++)
		if (has_implicit(rule, flow, &model->match.implicits[i]))
			bits |= UINT32_C(1) << i;
	return bits;
}

static int take(void *context, const struct asic_entry *entry)
{
	struct lookup *lookup = context;
	struct lint *lint = lookup->lint;
	const struct asic_decision *decision = entry->decision;
	struct lint_instance *instance = find(lint, entry);
	size_t place = lookup->seen++;

	if (!instance)
		return 0;
	if (!lint_grow(lint, (void **)&lint->entries, &lint->room_entries, lint->num_entries,
		       sizeof(*lint->entries)))
		return -ENOMEM;
	lint->entries[lint->num_entries] = (struct lint_entry){
		.instance = (size_t)(instance - lint->instances),
		.place = place,
		.priority = entry->tcam->priority,
		.fate = decision->fate,
		.port = decision->port,
		.num_mirrors = decision->num_mirrors,
		.has_ranges = entry->rule->has_ranges,
		.implicits = implicits_of(lint->model, entry->rule,
					  lint->rules[instance->rule].rule.flow_rule),
		.matches_nothing = absent_keys(entry->rule) & every_packet,
		.table = entry->table,
		.entries = entry->entries,
	};
	memcpy(lint->entries[lint->num_entries].mirrors, decision->mirrors,
	       decision->num_mirrors * sizeof(decision->mirrors[0]));
	instance->entry = lint->num_entries++;
	for (int w = 0; w < FLOW_KEY_WORDS; w++)
		lookup->used.word[w] |= entry->rule->mask.word[w];
	return 0;
}

static int pack(void *context, const struct asic_entry *entry)
{
	struct lookup *lookup = context;
	struct lint *lint = lookup->lint;
	const struct lint_instance *instance = find(lint, entry);
	uint64_t *value;

	if (!instance || instance->entry == SIZE_MAX)
		return 0;
	value = lint->packed + instance->entry * 2 * lint->num_words;
	for (size_t i = 0; i < lint->num_words; i++) {
		uint64_t mask = entry->rule->mask.word[lint->words[i]];

		value[i] = entry->rule->value.word[lint->words[i]] & mask;
		value[lint->num_words + i] = mask;
	}
	return 0;
}

static int compare_entries(const void *first, const void *second, void *context)
{
	const struct lint *lint = context;
	const struct lint_entry *a = first, *b = second;
	const struct lint_instance *x = &lint->instances[a->instance];
	const struct lint_instance *y = &lint->instances[b->instance];
	size_t chain = lint->rules[x->rule].chain, other = lint->rules[y->rule].chain;

	if (chain != other)
		return chain < other ? -1 : 1;
	if (x->port != y->port)
		return x->port < y->port ? -1 : 1;
	return a->place < b->place ? -1 : a->place > b->place;
}

static const struct lint_instance *instance_before(const struct lint *lint, size_t entry)
{
	return &lint->instances[lint->entries[entry - 1].instance];
}

static void group(struct lint *lint)
{
	if (lint->num_entries == 0)
		return;
	qsort_r(lint->entries, lint->num_entries, sizeof(*lint->entries), compare_entries, lint);
	for (size_t i = 0; i < lint->num_entries; i++) {
		struct lint_instance *instance = &lint->instances[lint->entries[i].instance];
		struct lint_chain *chain = &lint->chains[lint->rules[instance->rule].chain];

		instance->entry = i;
		if (chain->num_entries++ == 0)
			chain->first_entry = i;
		if (chain->first_entry == i || instance->port != instance_before(lint, i)->port)
			chain->ports++;
	}
}

void lint_collect_entries(struct lint *lint)
{
	struct lookup lookup = {.lint = lint};
	const struct asic *asic = lint->emulator->asic;

	if (lint->failed || !sort_instances(lint))
		return;
	if (asic_visit(asic, take, &lookup) != 0)
		lint->failed = true;
	group(lint);
	for (int w = 0; w < FLOW_KEY_WORDS; w++)
		if (lookup.used.word[w])
			lint->words[lint->num_words++] = (uint8_t)w;
	if (!lint->failed && lint->num_entries) {
		lint->packed = calloc(lint->num_entries, 2 * lint->num_words * sizeof(uint64_t));
		if (!lint->packed || asic_visit(asic, pack, &lookup) != 0)
			lint->failed = true;
	}
}

size_t lint_entry_of(const struct lint *lint, size_t rule)
{
	const struct lint_rule *r = &lint->rules[rule];

	for (size_t i = 0; i < r->num_instances; i++)
		if (lint->instances[r->first_instance + i].entry != SIZE_MAX)
			return lint->instances[r->first_instance + i].entry;
	return SIZE_MAX;
}

void lint_unpack(const struct lint *lint, size_t entry, struct flow_key *value,
		 struct flow_key *mask)
{
	*value = *mask = (struct flow_key){0};
	for (size_t i = 0; i < lint->num_words; i++) {
		value->word[lint->words[i]] = lint_value(lint, entry)[i];
		mask->word[lint->words[i]] = lint_mask(lint, entry)[i];
	}
}

bool lint_same_fate(const struct lint_entry *a, const struct lint_entry *b)
{
	return a->fate == b->fate && (a->fate != ASIC_REDIRECT || a->port == b->port) &&
	       a->num_mirrors == b->num_mirrors &&
	       memcmp(a->mirrors, b->mirrors, a->num_mirrors * sizeof(a->mirrors[0])) == 0;
}
