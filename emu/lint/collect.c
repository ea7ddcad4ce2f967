/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The chains, their rules, and the rules' instances on ports, as the endpoint tells them. */
#include "internal.h"

#include <stdlib.h>
#include <string.h>

/* Out of memory leaves the element outside the table. */
#define HASH_NONFATAL_OOM 1
#include <uthash.h>

struct lint_command {
	uint64_t chain, cookie;
};

/* A rule of a real kernel. */
struct lint_known {
	struct lint_command key;
	size_t rule;
	UT_hash_handle hh;
};

bool lint_grow(struct lint *lint, void **array, size_t *room, size_t count, size_t size)
{
	size_t more = *room ? 2 * *room : 64;
	void *grown;

	if (lint->failed)
		return false;
	if (count < *room)
		return true;
	grown = reallocarray(*array, more, size);
	if (!grown) {
		lint->failed = true;
		return false;
	}
	*array = grown;
	*room = more;
	return true;
}

static bool is_chain(const struct lint_chain *chain, const char *family, const char *table,
		     const char *name)
{
	return strcmp(chain->family, family) == 0 && strcmp(chain->table, table) == 0 &&
	       strcmp(chain->name, name) == 0;
}

/* They come chain by chain; only of a real kernel do chains take turns. */
size_t lint_find_chain(struct lint *lint, const char *family, const char *table, const char *name)
{
	if (lint->last_chain < lint->num_chains &&
	    is_chain(&lint->chains[lint->last_chain], family, table, name))
		return lint->last_chain;
	for (size_t i = lint->num_chains; i-- > 0;)
		if (is_chain(&lint->chains[i], family, table, name))
			return lint->last_chain = i;
	return SIZE_MAX;
}

static size_t add_chain(struct lint *lint, const char *family, const char *table, const char *name)
{
	struct lint_chain *chain;

	if (!lint_grow(lint, (void **)&lint->chains, &lint->room_chains, lint->num_chains,
		       sizeof(*lint->chains)))
		return SIZE_MAX;
	chain = &lint->chains[lint->num_chains++];
	*chain = (struct lint_chain){
		.family = strdup(family), .table = strdup(table), .name = strdup(name)};
	if (!chain->family || !chain->table || !chain->name)
		lint->failed = true;
	return lint->failed ? SIZE_MAX : lint->num_chains - 1;
}

size_t lint_chain(struct lint *lint, const char *family, const char *table, const char *name)
{
	size_t found = lint->failed ? SIZE_MAX : lint_find_chain(lint, family, table, name);

	return found == SIZE_MAX && !lint->failed ? add_chain(lint, family, table, name) : found;
}

/* Rules of the endpoint come with all their ports; those of a real kernel in order of arrival. */
static bool is_rule(const struct lint_rule *known, size_t chain,
		    const struct nft_offload_rule *rule)
{
	return known->chain == chain && known->handle == rule->handle &&
	       known->rule.cookie == rule->cookie;
}

static size_t find_rule(const struct lint *lint, size_t chain, const struct nft_offload_rule *rule)
{
	const struct lint_known *known = NULL;
	const struct lint_command key = {chain, rule->cookie};

	if (lint->num_rules && is_rule(&lint->rules[lint->num_rules - 1], chain, rule))
		return lint->num_rules - 1;
	if (lint->emulator->kmod)
		HASH_FIND(hh, lint->known, &key, sizeof(key), known);
	return known ? known->rule : SIZE_MAX;
}

/* So that it is found on other ports; where memory is out they are rules of their own. */
static void remember_rule(struct lint *lint, size_t chain, uint64_t cookie)
{
	struct lint_known *known = calloc(1, sizeof(*known));

	if (!known)
		return;
	known->key = (struct lint_command){chain, cookie};
	known->rule = lint->num_rules - 1;
	HASH_ADD(hh, lint->known, key, sizeof(known->key), known);
	if (!known->hh.tbl)
		free(known);
}

static size_t add_rule(struct lint *lint, size_t chain, const struct nft_offload_rule *rule)
{
	size_t found = find_rule(lint, chain, rule);

	if (found != SIZE_MAX)
		return found;
	if (!lint_grow(lint, (void **)&lint->rules, &lint->room_rules, lint->num_rules,
		       sizeof(*lint->rules)))
		return SIZE_MAX;
	lint->rules[lint->num_rules++] =
		(struct lint_rule){.chain = chain, .handle = rule->handle, .rule = *rule};
	if (lint->emulator->kmod)
		remember_rule(lint, chain, rule->cookie);
	return lint->num_rules - 1;
}

static void add_instance(struct lint *lint, size_t rule, const struct nft_offload_rule *told)
{
	struct lint_rule *owner = &lint->rules[rule];

	if (!lint_grow(lint, (void **)&lint->instances, &lint->room_instances, lint->num_instances,
		       sizeof(*lint->instances)))
		return;
	owner->num_instances++;
	if (told->in_hw && !owner->in_hw)
		lint->chains[owner->chain].rules_in_hw++;
	owner->in_hw |= told->in_hw;
	lint->instances[lint->num_instances] = (struct lint_instance){.rule = rule,
								      .number = lint->num_instances,
								      .port = told->port,
								      .in_hw = told->in_hw,
								      .binding = told->binding,
								      .cookie = told->cookie,
								      .entry = SIZE_MAX};
	lint->num_instances++;
}

static void take(void *context, const struct nft_offload_rule *rule)
{
	struct lint *lint = context;
	size_t chain = lint_chain(lint, rule->family, rule->table, rule->chain);
	size_t index = chain == SIZE_MAX ? SIZE_MAX : add_rule(lint, chain, rule);

	if (index != SIZE_MAX)
		add_instance(lint, index, rule);
}

/* Chains without a rule, too: something may be said of them. */
static void take_device(void *context, const struct nft_offload_device *device)
{
	lint_chain(context, device->family, device->table, device->chain);
}

static int compare_instances(const void *first, const void *second)
{
	const struct lint_instance *a = first, *b = second;

	if (a->rule != b->rule)
		return a->rule < b->rule ? -1 : 1;
	return a->number < b->number ? -1 : a->number > b->number;
}

/* Those of a rule stand together. */
static void sort_instances(struct lint *lint)
{
	if (lint->num_instances)
		qsort(lint->instances, lint->num_instances, sizeof(*lint->instances),
		      compare_instances);
	for (size_t i = lint->num_instances; i-- > 0;)
		lint->rules[lint->instances[i].rule].first_instance = i;
}

static void forget_rules(struct lint *lint)
{
	struct lint_known *known, *next;

	HASH_ITER (hh, lint->known, known, next) {
		HASH_DEL(lint->known, known);
		free(known);
	}
}

void lint_collect(struct lint *lint)
{
	nft_visit_offload_devices(lint->emulator->nft, take_device, lint);
	emulator_visit_rules(lint->emulator, take, lint);
	forget_rules(lint);
	sort_instances(lint);
}

void lint_free(struct lint *lint)
{
	for (size_t i = 0; i < lint->num_chains; i++) {
		free(lint->chains[i].family);
		free(lint->chains[i].table);
		free(lint->chains[i].name);
	}
	for (size_t i = 0; i < lint->num_kept; i++) {
		free((char *)lint->kept[i].finding.text);
		free((char *)lint->kept[i].finding.hint);
	}
	free(lint->chains);
	free(lint->rules);
	free(lint->instances);
	free(lint->sorted);
	free(lint->entries);
	free(lint->packed);
	free(lint->kept);
}
