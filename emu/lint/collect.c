/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The chains, their rules, and the rules' instances on ports, as the endpoint tells them. */
#include "internal.h"

#include <stdlib.h>
#include <string.h>

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

static bool is_chain(const struct lint_chain *chain, const struct nft_offload_rule *rule)
{
	return strcmp(chain->family, rule->family) == 0 && strcmp(chain->table, rule->table) == 0 &&
	       strcmp(chain->name, rule->chain) == 0;
}

/* They come chain by chain; only of a real kernel do chains take turns. */
static size_t find_chain(struct lint *lint, const struct nft_offload_rule *rule)
{
	if (lint->last_chain < lint->num_chains && is_chain(&lint->chains[lint->last_chain], rule))
		return lint->last_chain;
	for (size_t i = lint->num_chains; i-- > 0;)
		if (is_chain(&lint->chains[i], rule))
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

static bool is_last_rule(const struct lint *lint, size_t chain, const struct nft_offload_rule *rule)
{
	const struct lint_rule *last = lint->num_rules ? &lint->rules[lint->num_rules - 1] : NULL;

	return last && last->chain == chain && last->handle == rule->handle && rule->handle &&
	       last->rule.cookie == rule->cookie;
}

static bool add_rule(struct lint *lint, size_t chain, const struct nft_offload_rule *rule)
{
	if (is_last_rule(lint, chain, rule))
		return true;
	if (!lint_grow(lint, (void **)&lint->rules, &lint->room_rules, lint->num_rules,
		       sizeof(*lint->rules)))
		return false;
	lint->rules[lint->num_rules++] = (struct lint_rule){.chain = chain,
							    .handle = rule->handle,
							    .rule = *rule,
							    .first_instance = lint->num_instances};
	return true;
}

static void take(void *context, const struct nft_offload_rule *rule)
{
	struct lint *lint = context;
	size_t chain = find_chain(lint, rule);
	struct lint_rule *owner;

	if (chain == SIZE_MAX && !lint->failed)
		chain = add_chain(lint, rule->family, rule->table, rule->chain);
	if (lint->failed || !add_rule(lint, chain, rule) ||
	    !lint_grow(lint, (void **)&lint->instances, &lint->room_instances, lint->num_instances,
		       sizeof(*lint->instances)))
		return;
	owner = &lint->rules[lint->num_rules - 1];
	owner->num_instances++;
	if (rule->in_hw && !owner->in_hw)
		lint->chains[chain].rules_in_hw++;
	owner->in_hw |= rule->in_hw;
	lint->instances[lint->num_instances++] = (struct lint_instance){.rule = lint->num_rules - 1,
									.port = rule->port,
									.in_hw = rule->in_hw,
									.binding = rule->binding,
									.cookie = rule->cookie,
									.entry = SIZE_MAX};
}

/* Chains without a rule, too: something may be said of them. */
static void take_device(void *context, const struct nft_offload_device *device)
{
	struct lint *lint = context;
	struct nft_offload_rule like = {
		.family = device->family, .table = device->table, .chain = device->chain};

	if (find_chain(lint, &like) == SIZE_MAX && !lint->failed)
		add_chain(lint, device->family, device->table, device->chain);
}

void lint_collect(struct lint *lint)
{
	nft_visit_offload_devices(lint->emulator->nft, take_device, lint);
	emulator_visit_rules(lint->emulator, take, lint);
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
