/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Finding, linking and freeing tables, chains, rules and hooks. */
#include "internal.h"

#include <errno.h>
#include <stdlib.h>

static struct nft_table *owned_by(struct nft_table *table, uint32_t portid, int *error)
{
	*error = 0;
	if (table && table->flags & NFT_TABLE_F_OWNER && portid && table->owner != portid) {
		*error = -EPERM;
		return NULL;
	}
	if (!table)
		*error = -ENOENT;
	return table;
}

struct nft_table *nft_table_find(struct nft *nft, const struct nlattr *name, uint8_t family,
				 uint32_t portid, int *error)
{
	struct nft_table *table;

	if (!name) {
		*error = -EINVAL;
		return NULL;
	}
	DL_FOREACH (nft->tables, table) {
		if (!table->dead && table->family == family && nft_attr_equals(name, table->name))
			break;
	}
	return owned_by(table, portid, error);
}

struct nft_table *nft_table_find_handle(struct nft *nft, const struct nlattr *handle,
					uint8_t family, uint32_t portid, int *error)
{
	struct nft_table *table;

	DL_FOREACH (nft->tables, table) {
		if (!table->dead && table->family == family &&
		    table->handle == nft_attr_be64(handle))
			break;
	}
	return owned_by(table, portid, error);
}

struct nft_chain *nft_chain_find(struct nft_table *table, const struct nlattr *name, int *error)
{
	char text[NFT_NAME_MAXLEN + 1];
	struct nft_chain *chain;

	*error = -EINVAL;
	if (!name)
		return NULL;
	nft_attr_strcpy(text, sizeof(text), name);
	HASH_FIND(by_name, table->chain_names, text, strlen(text), chain);
	*error = chain ? 0 : -ENOENT;
	return chain;
}

struct nft_chain *nft_chain_find_handle(struct nft_table *table, uint64_t handle)
{
	struct nft_chain *chain;

	HASH_FIND(by_handle, table->chain_handles, &handle, sizeof(handle), chain);
	return chain;
}

struct nft_chain *nft_chain_find_id(struct nft *nft, struct nft_table *table,
				    const struct nlattr *id)
{
	struct nft_chain *chain = nft_id_find(nft, NFT_ID_CHAIN, table, nft_attr_be32(id));

	return chain && !chain->dead ? chain : NULL;
}

struct nft_rule *nft_rule_find_handle(struct nft_chain *chain, uint64_t handle)
{
	struct nft_rule *rule;

	HASH_FIND(by_handle, chain->table->rule_handles, &handle, sizeof(handle), rule);
	return rule && rule->chain == chain ? rule : NULL;
}

void nft_chain_rehash(struct nft_chain *chain)
{
	struct nft_table *table = chain->table;

	HASH_ADD_KEYPTR(by_name, table->chain_names, chain->name, strlen(chain->name), chain);
	HASH_ADD(by_handle, table->chain_handles, handle, sizeof(chain->handle), chain);
}

void nft_chain_unhash(struct nft_chain *chain)
{
	struct nft_table *table = chain->table;

	if (chain->by_name.tbl)
		HASH_DELETE(by_name, table->chain_names, chain);
	if (chain->by_handle.tbl)
		HASH_DELETE(by_handle, table->chain_handles, chain);
	chain->by_name.tbl = chain->by_handle.tbl = NULL;
}

void nft_chain_link(struct nft_chain *chain)
{
	DL_APPEND(chain->table->chains, chain);
	nft_chain_rehash(chain);
}

void nft_chain_unlink(struct nft_chain *chain)
{
	nft_chain_unhash(chain);
	DL_DELETE(chain->table->chains, chain);
}

void nft_rule_hash(struct nft_rule *rule)
{
	HASH_ADD(by_handle, rule->chain->table->rule_handles, handle, sizeof(rule->handle), rule);
	rule->hashed = rule->by_handle.tbl;
}

void nft_rule_unhash(struct nft_rule *rule)
{
	if (rule->hashed)
		HASH_DELETE(by_handle, rule->chain->table->rule_handles, rule);
	rule->hashed = false;
}

void nft_rule_unlink(struct nft_rule *rule)
{
	nft_rule_unhash(rule);
	DL_DELETE(rule->chain->rules, rule);
}

void nft_table_free(struct nft_table *table)
{
	if (!table)
		return;
	free(table->userdata);
	free(table->name);
	free(table);
}

void nft_hooks_free(struct nft_hook *hooks)
{
	struct nft_hook *hook, *next;

	DL_FOREACH_SAFE (hooks, hook, next)
		free(hook);
}

void nft_chain_free(struct nft_chain *chain)
{
	if (!chain)
		return;
	nft_hooks_free(chain->hooks);
	free(chain->userdata);
	free(chain->name);
	free(chain);
}

void nft_rule_free(struct nft_rule *rule)
{
	if (!rule)
		return;
	nft_exprs_free(rule->exprs, rule->num_exprs);
	flow_rule_free(rule->flow);
	nft_rule_forget_warnings(rule);
	free(rule->userdata);
	free(rule);
}

/* Names are compared as far as the shorter one goes, its NUL included unless it is a prefix. */
static size_t compared_length(const struct nft_hook *hook)
{
	return strlen(hook->device) + !hook->is_prefix;
}

void nft_hooks_register(struct nft *nft, struct nft_table *table)
{
	struct nft_chain *chain;
	struct nft_hook *hook;

	DL_FOREACH (table->chains, chain) {
		DL_FOREACH (chain->hooks, hook)
			hook->number = ++nft->hook_number;
	}
}

struct nft_hook *nft_hook_find(struct nft_hook *hooks, const struct nft_hook *like)
{
	struct nft_hook *hook;

	DL_FOREACH (hooks, hook) {
		size_t a = compared_length(hook), b = compared_length(like);

		if (!hook->dead && !strncmp(hook->device, like->device, a < b ? a : b))
			return hook;
	}
	return NULL;
}
