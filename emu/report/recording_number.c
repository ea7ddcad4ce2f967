/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "recording_number.h"

#include <stdlib.h>

/* uthash reports that memory is out by leaving the element outside the table. */
#define HASH_NONFATAL_OOM 1
#include <uthash.h>

/* How many that nothing uses are remembered, so that what is said of them later has their number.
 */
enum { IDLE_MAX = 65536 };

/* A cookie or a block: the number that it has now, and how many bindings it lives in. */
struct name {
	uint64_t value;
	uint64_t number;
	size_t users;
	bool ended;
	UT_hash_handle hh;
};

/* Those that have users, and those that have none, the oldest first, which are forgotten. */
struct names {
	struct name *used, *idle;
	uint64_t last;
};

/* A cookie in a binding. */
struct use {
	struct use_key {
		uint64_t binding, cookie;
	} key;
	UT_hash_handle hh;
};

struct numbers {
	struct names cookies, blocks;
	struct use *uses;
};

struct numbers *numbers_create(void)
{
	return calloc(1, sizeof(struct numbers));
}

static void free_table(struct name **table)
{
	struct name *name, *next;

	HASH_ITER (hh, *table, name, next) {
		HASH_DEL(*table, name);
		free(name);
	}
}

static void free_names(struct names *names)
{
	free_table(&names->used);
	free_table(&names->idle);
}

void numbers_destroy(struct numbers *numbers)
{
	struct use *use, *next;

	if (!numbers)
		return;
	HASH_ITER (hh, numbers->uses, use, next) {
		HASH_DEL(numbers->uses, use);
		free(use);
	}
	free_names(&numbers->cookies);
	free_names(&numbers->blocks);
	free(numbers);
}

static struct name *find_name(const struct names *names, uint64_t value)
{
	struct name *name;

	HASH_FIND(hh, names->used, &value, sizeof(value), name);
	if (!name)
		HASH_FIND(hh, names->idle, &value, sizeof(value), name);
	return name;
}

/* Into the table, or freed and false when memory is out. */
static bool put_name(struct name **table, struct name *name)
{
	HASH_ADD(hh, *table, value, sizeof(name->value), name);
	if (name->hh.tbl)
		return true;
	free(name);
	return false;
}

/* The oldest one, which stands first, makes room. */
static bool put_idle(struct names *names, struct name *name)
{
	struct name *oldest = names->idle;

	if (HASH_COUNT(names->idle) >= IDLE_MAX) {
		HASH_DEL(names->idle, oldest);
		free(oldest);
	}
	return put_name(&names->idle, name);
}

/* With a number; NULL when memory is out. renew: one that has ended gets a new number. */
static struct name *get_name(struct names *names, uint64_t value, bool renew)
{
	struct name *name = find_name(names, value);

	if (!name) {
		name = calloc(1, sizeof(*name));
		if (!name)
			return NULL;
		name->value = value;
		name->number = ++names->last;
		return put_idle(names, name) ? name : NULL;
	}
	if (renew && name->ended) {
		name->number = ++names->last;
		name->ended = false;
	}
	return name;
}

/* One more user; false when memory is out, and then the name is forgotten. */
static bool take_name(struct names *names, struct name *name)
{
	if (name->users++)
		return true;
	HASH_DEL(names->idle, name);
	return put_name(&names->used, name);
}

/* One user less; the name may be gone then. */
static void leave_name(struct names *names, struct name *name)
{
	if (--name->users)
		return;
	name->ended = true;
	HASH_DEL(names->used, name);
	put_idle(names, name);
}

static struct use *find_use(const struct numbers *numbers, uint32_t binding, uint64_t cookie)
{
	const struct use_key key = {binding, cookie};
	struct use *use;

	HASH_FIND(hh, numbers->uses, &key, sizeof(key), use);
	return use;
}

static void add_use(struct numbers *numbers, uint32_t binding, struct name *name)
{
	struct use *use = find_use(numbers, binding, name->value);

	if (use)
		return;
	use = calloc(1, sizeof(*use));
	if (!use)
		return;
	use->key = (struct use_key){binding, name->value};
	HASH_ADD(hh, numbers->uses, key, sizeof(use->key), use);
	if (!use->hh.tbl) {
		free(use);
	} else if (!take_name(&numbers->cookies, name)) {
		HASH_DEL(numbers->uses, use);
		free(use);
	}
}

static void drop_use(struct numbers *numbers, struct use *use)
{
	struct name *name = find_name(&numbers->cookies, use->key.cookie);

	if (name)
		leave_name(&numbers->cookies, name);
	HASH_DEL(numbers->uses, use);
	free(use);
}

uint64_t numbers_cookie(struct numbers *numbers, const struct offload_event *event)
{
	const struct offload_command *command = event->command;
	bool replace = event->verb == OFFLOAD_REPLACE;
	bool many = event->binding && event->binding->binder == OFFLOAD_FLOWTABLE;
	struct name *name = get_name(&numbers->cookies, command->cookie, replace);
	struct use *use = find_use(numbers, command->binding, command->cookie);
	uint64_t number = name ? name->number : 0;

	/* What is refused is forgotten; a flow is then offered to the flowtable's next device. */
	if (replace && name && event->error && !name->users && !many)
		name->ended = true;
	if (replace && name && !event->error)
		add_use(numbers, command->binding, name);
	else if (event->verb == OFFLOAD_DESTROY && use)
		drop_use(numbers, use);
	else if (event->verb == OFFLOAD_DESTROY && name && !name->users)
		name->ended = true;
	return number;
}

uint64_t numbers_block(struct numbers *numbers, const struct offload_event *event)
{
	struct name *name = get_name(&numbers->blocks, event->binding->block, true);
	uint64_t number = name ? name->number : 0;

	if (name && !event->error)
		take_name(&numbers->blocks, name);
	return number;
}

void numbers_release(struct numbers *numbers, const struct offload_binding *binding)
{
	struct name *block = find_name(&numbers->blocks, binding->block);
	struct use *use, *next;

	HASH_ITER (hh, numbers->uses, use, next) {
		if (use->key.binding == binding->id)
			drop_use(numbers, use);
	}
	if (block && block->users)
		leave_name(&numbers->blocks, block);
}
