/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <nicemu/asic/asic.h>

#include "admission.h"
#include "internal.h"
#include "room.h"

#include <errno.h>
#include <stdlib.h>

/* --- life --- */

struct asic *asic_create(const struct nic *nic, const struct tcam_ops *engine)
{
	struct asic *asic = calloc(1, sizeof(*asic));

	if (!asic)
		return NULL;
	asic->nic = asic->tables.nic = nic;
	asic->ops = engine ? engine : tcam_engines[0];
	asic->tcam = asic->ops->create(0);
	if (!asic->tcam) {
		free(asic);
		return NULL;
	}
	return asic;
}

static void give_entry(struct asic *asic, struct entry *entry)
{
	size_t segment = entry_segment(entry);

	if (entry_pool_give(&asic->pool, entry))
		counts_drop_segment(asic, segment);
}

struct entry *asic_add_entry(struct asic *asic, struct block *block,
			     const struct asic_decision *decision)
{
	struct entry *entry = entry_pool_take(&asic->pool);

	if (!entry)
		return NULL;
	entry->decision = *decision;
	if (counts_add_segment(asic, entry_segment(entry)))
		goto give;
	HASH_ADD(hh, block->entries, decision.cookie, sizeof(entry->decision.cookie), entry);
	if (entry->hh.tbl)
		return entry;
give:
	give_entry(asic, entry);
	return NULL;
}

/* Of an entry that is in no table (any more). */
static void forget_entry(struct asic *asic, struct block *block, struct entry *entry)
{
	HASH_DEL(block->entries, entry);
	give_entry(asic, entry);
}

static void remove_entry(struct asic *asic, struct block *block, struct entry *entry)
{
	entry_retire(asic, entry);
	asic->ops->remove(asic->tcam, &entry->tcam);
	asic->ops->commit(asic->tcam);
	room_give(asic, block, entry->room);
	forget_entry(asic, block, entry);
}

/* Newest first: a table that keeps its entries in order then moves the fewest. */
static void unbind_block(struct asic *asic, struct block *block)
{
	if (block->bound)
		asic->bound[front_end_of(&block->binding)][block->binding.port]--;
	block->bound = false;
}

static void remove_block(struct asic *asic, struct block *block)
{
	unbind_block(asic, block);
	while (block->entries)
		remove_entry(asic, block,
			     ELMT_FROM_HH(block->entries->hh.tbl, block->entries->hh.tbl->tail));
	HASH_DEL(asic->blocks, block);
	free(block);
}

/* Of the entries in the pool only what lies elsewhere is given back. */
static void drop_entries(struct asic *asic, struct block *block)
{
	for (struct entry *entry = block->entries; entry; entry = entry->hh.next)
		if (entry->room)
			room_give(asic, block, entry->room);
	HASH_CLEAR(hh, block->entries);
}

void asic_destroy(struct asic *asic)
{
	struct block *block, *next;

	if (!asic)
		return;
	asic->ops->destroy(asic->tcam); /* it forgets the entries */
	HASH_ITER (hh, asic->blocks, block, next) {
		drop_entries(asic, block);
		HASH_DEL(asic->blocks, block);
		free(block);
	}
	place_clear(&asic->tables);
	entry_pool_clear(&asic->pool);
	free(asic->copied);
	free(asic);
}

/* --- the driver's side of offload/ --- */

struct block *asic_find_block(const struct asic *asic, uint32_t binding)
{
	struct block *block;

	HASH_FIND(hh, asic->blocks, &binding, sizeof(binding), block);
	return block;
}

struct entry *asic_find_entry(const struct block *block, uint64_t cookie)
{
	struct entry *entry = NULL;

	if (block)
		HASH_FIND(hh, block->entries, &cookie, sizeof(cookie), entry);
	return entry;
}

static int port_is_taken(const struct asic *asic, const struct offload_binding *binding,
			 struct reason *reason)
{
	enum model_front_end front_end = front_end_of(binding);

	if (!asic->bound[front_end][binding->port] ||
	    asic->nic->profile->fronts[front_end].many_blocks)
		return 0;
	reason_set(reason, "port-has-a-block", EBUSY, REASON_MODEL,
		   "port %s has an offload %s already, and the NIC takes one a port",
		   asic->nic->ports[binding->port].name, model_front_end_name(front_end));
	reason_hint(reason, "put the rules of both chains into one");
	return -EBUSY;
}

struct block *asic_add_block(struct asic *asic, const struct offload_binding *binding)
{
	enum model_front_end front_end = front_end_of(binding);
	const struct model_table *table = admission_table(asic->nic->profile, front_end);
	struct block *block = calloc(1, sizeof(*block));

	if (!block)
		return NULL;
	block->id = binding->id;
	block->binding = *binding;
	block->binding.table = block->binding.chain = NULL; /* they are the caller's */
	if (table)
		block->unit = place_unit(&asic->tables, table, binding->port);
	if (!table || block->unit)
		HASH_ADD(hh, asic->blocks, id, sizeof(block->id), block);
	if (!block->hh.tbl) {
		free(block);
		return NULL;
	}
	block->bound = true;
	asic->bound[front_end][binding->port]++;
	return block;
}

static int asic_bind(void *driver, const struct offload_binding *binding, struct reason *reason)
{
	struct asic *asic = driver;
	int error = admit_binding(asic->nic, binding, reason);

	if (!error)
		error = port_is_taken(asic, binding, reason);
	if (error)
		return error;
	return asic_add_block(asic, binding) ? 0 : reason_no_memory(reason);
}

static void asic_unbind(void *driver, const struct offload_binding *binding)
{
	struct asic *asic = driver;
	struct block *block = asic_find_block(asic, binding->id);

	if (block)
		unbind_block(asic, block);
}

static void asic_release(void *driver, const struct offload_binding *binding)
{
	struct asic *asic = driver;
	struct block *block = asic_find_block(asic, binding->id);

	if (block)
		remove_block(asic, block);
}

/* Nothing leaves by that port any more: what was forwarded there is lost, what was copied is not.
 */
static void forget_target(struct entry *entry, uint16_t port)
{
	struct asic_decision *decision = &entry->decision;
	uint8_t kept = 0;

	if (decision->fate == ASIC_REDIRECT && decision->port == port)
		decision->fate = ASIC_DROP;
	for (uint8_t i = 0; i < decision->num_mirrors; i++)
		if (decision->mirrors[i] != port)
			decision->mirrors[kept++] = decision->mirrors[i];
	decision->num_mirrors = kept;
}

static void asic_port_gone(void *driver, uint16_t port)
{
	struct asic *asic = driver;
	uint16_t exit = nic_exit_port(asic->nic, port);
	struct block *block, *next;
	struct entry *entry, *after;

	HASH_ITER (hh, asic->blocks, block, next) {
		if (block->binding.port == port) {
			remove_block(asic, block);
			continue;
		}
		HASH_ITER (hh, block->entries, entry, after)
			forget_target(entry, exit);
	}
	place_forget_port(&asic->tables, port);
}

/* Totals and place stay; when the table has no memory for it, the entry is as before. */
static int update_entry(struct asic *asic, struct block *block, struct entry *entry,
			const struct asic_admitted *admitted, struct room *room,
			struct reason *reason)
{
	if (asic->ops->update(asic->tcam, &entry->tcam, &admitted->rule)) {
		room_exchange(asic, block, room, entry->room);
		return reason_no_memory(reason);
	}
	asic->ops->commit(asic->tcam);
	room_exchange(asic, block, entry->room, room);
	entry->room = room;
	entry->decision = admitted->decision;
	return 0;
}

static int new_entry(struct asic *asic, struct block *block, const struct asic_admitted *admitted,
		     struct room *room, struct reason *reason)
{
	struct entry *entry = asic_add_entry(asic, block, &admitted->decision);

	if (!entry)
		goto give;
	entry->room = room;
	if (asic->ops->insert(asic->tcam, &entry->tcam, &admitted->rule))
		goto forget;
	asic->ops->commit(asic->tcam);
	return 0;
forget:
	forget_entry(asic, block, entry);
give:
	room_give(asic, block, room);
	return reason_no_memory(reason);
}

static int no_such_binding(struct reason *reason, const struct offload_command *command)
{
	return reason_set(reason, "no-such-binding", ENOENT, REASON_MODEL,
			  "no binding has the number %u", command->binding);
}

static int refuse_duplicate(const struct asic *asic, const struct offload_command *command,
			    struct reason *reason)
{
	int error = asic->nic->profile->cookies.duplicate;

	if (!error)
		return 0;
	return reason_set(reason, "cookie-known", error, REASON_MODEL,
			  "the driver has a rule with the cookie 0x%llx already, and updates none",
			  (unsigned long long)command->cookie);
}

static int asic_replace(void *driver, const struct offload_command *command, struct reason *reason)
{
	struct asic *asic = driver;
	struct block *block = asic_find_block(asic, command->binding);
	struct entry *old = asic_find_entry(block, command->cookie);
	struct question question = {.nic = asic->nic, .command = command};
	struct asic_admitted admitted;
	struct room *room;
	int error;

	if (!block)
		return no_such_binding(reason, command);
	question.binding = &block->binding;
	error = old ? refuse_duplicate(asic, command, reason) : 0;
	if (!error)
		error = admit_rule(&question, &admitted, reason);
	if (!error)
		error = room_find(asic, block, &question, &admitted, old, &room,
				  &admitted.rule.priority, reason);
	if (error)
		return error;
	return old ? update_entry(asic, block, old, &admitted, room, reason)
		   : new_entry(asic, block, &admitted, room, reason);
}

static int asic_destroy_rule(void *driver, const struct offload_command *command,
			     struct reason *reason)
{
	struct asic *asic = driver;
	struct block *block = asic_find_block(asic, command->binding);
	struct entry *entry = asic_find_entry(block, command->cookie);

	if (!block)
		return no_such_binding(reason, command);
	if (!entry)
		return reason_set(reason, "no-such-cookie", ENOENT, REASON_MODEL,
				  "binding %u has no entry with the cookie 0x%llx",
				  command->binding, (unsigned long long)command->cookie);
	remove_entry(asic, block, entry);
	return 0;
}

static int asic_totals(void *driver, const struct offload_command *command,
		       struct offload_stats *totals)
{
	const struct asic *asic = driver;
	const struct entry *entry =
		asic_find_entry(asic_find_block(asic, command->binding), command->cookie);

	if (!entry)
		return -ENOENT;
	*totals = entry_totals(asic, entry);
	return 0;
}

static int asic_unknown(void *driver, uint32_t binding, enum offload_verb verb)
{
	const struct asic *asic = driver;
	const struct model_cookies *cookies = &asic->nic->profile->cookies;

	return verb == OFFLOAD_STATS ? -cookies->unknown_stats : -cookies->unknown_destroy;
}

const struct offload_driver asic_driver = {
	.bind = asic_bind,
	.unbind = asic_unbind,
	.release = asic_release,
	.port_gone = asic_port_gone,
	.replace = asic_replace,
	.destroy = asic_destroy_rule,
	.totals = asic_totals,
	.counted = asic_counted,
	.unknown = asic_unknown,
};

void asic_prepare(struct asic *asic)
{
	asic->ops->optimize(asic->tcam);
}

size_t asic_entries(const struct asic *asic)
{
	return asic->ops->count(asic->tcam);
}

/* Of the table that offload chains go to; of all ports where each has one. */
uint64_t asic_capacity(const struct asic *asic)
{
	const struct model_table *table = admission_table(asic->nic->profile, MODEL_CHAIN);
	uint64_t entries = table ? place_table_entries(asic->nic, table) : 0, ports = 0;

	if (!table || table->scope != MODEL_PER_PORT)
		return entries;
	for (size_t i = 0; i < asic->nic->num_ports; i++)
		ports += !asic->nic->ports[i].gone;
	return entries * ports;
}
