/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "counts.h"

#include <errno.h>
#include <stdlib.h>

static int compare(const void *left, const void *right)
{
	const struct rule_total *a = left, *b = right;

	if (a->binding != b->binding)
		return a->binding < b->binding ? -1 : 1;
	return (a->cookie > b->cookie) - (a->cookie < b->cookie);
}

static void add_rule(void *context, const struct nft_offload_rule *rule)
{
	struct counts *counts = context;

	if (!rule->in_hw || counts->failed)
		return;
	if (counts->length == counts->capacity) {
		size_t capacity = counts->capacity ? 2 * counts->capacity : 64;
		struct rule_total *grown = realloc(counts->rule, capacity * sizeof(*grown));

		if (!grown) {
			counts->failed = true;
			return;
		}
		counts->rule = grown;
		counts->capacity = capacity;
	}
	counts->rule[counts->length++] =
		(struct rule_total){.binding = rule->binding, .cookie = rule->cookie};
}

int counts_take(struct counts *counts, struct emulator *emulator)
{
	*counts = (struct counts){0};
	emulator_visit_rules(emulator, add_rule, counts);
	if (counts->failed) {
		counts_clear(counts);
		return -ENOMEM;
	}
	for (size_t i = 0; i < counts->length; i++) {
		struct rule_total *rule = &counts->rule[i];

		offload_totals(emulator->offload, rule->binding, rule->cookie, &rule->totals);
	}
	if (counts->length)
		qsort(counts->rule, counts->length, sizeof(*counts->rule), compare);
	return 0;
}

void counts_clear(struct counts *counts)
{
	free(counts->rule);
	*counts = (struct counts){0};
}

struct offload_stats counts_of(const struct counts *counts, uint32_t binding, uint64_t cookie)
{
	const struct rule_total wanted = {.binding = binding, .cookie = cookie};
	const struct rule_total *found = NULL;

	if (counts->length)
		found = bsearch(&wanted, counts->rule, counts->length, sizeof(*counts->rule),
				compare);
	return found ? found->totals : (struct offload_stats){0};
}
