/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <nicemu/asic/asic.h>

#include "admission.h"
#include "internal.h"

#include <errno.h>
#include <stdlib.h>

/* --- life --- */

struct asic *asic_create(const struct nic *nic, const struct tcam_ops *engine)
{
	struct asic *asic = calloc(1, sizeof(*asic));

	if (!asic)
		return NULL;
	asic->nic = nic;
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

void asic_forget_entry(struct asic *asic, struct block *block, struct entry *entry)
{
	HASH_DEL(block->entries, entry);
	give_entry(asic, entry);
}

static void remove_entry(struct asic *asic, struct block *block, struct entry *entry)
{
	entry_retire(asic, entry);
	asic->ops->remove(asic->tcam, &entry->tcam);
	asic->ops->commit(asic->tcam);
	asic_forget_entry(asic, block, entry);
}

/* Newest first: a table that keeps its entries in order then moves the fewest. */
static void remove_block(struct asic *asic, struct block *block)
{
	while (block->entries)
		remove_entry(asic, block,
			     ELMT_FROM_HH(block->entries->hh.tbl, block->entries->hh.tbl->tail));
	HASH_DEL(asic->blocks, block);
	free(block);
}

void asic_destroy(struct asic *asic)
{
	struct block *block, *next;

	if (!asic)
		return;
	asic->ops->destroy(asic->tcam); /* it forgets the entries */
	HASH_ITER (hh, asic->blocks, block, next) {
		HASH_CLEAR(hh, block->entries);
		HASH_DEL(asic->blocks, block);
		free(block);
	}
	entry_pool_clear(&asic->pool);
	free(asic);
}

/* --- the driver's side of offload/ --- */

static struct block *find_block(const struct asic *asic, uint32_t binding)
{
	struct block *block;

	HASH_FIND(hh, asic->blocks, &binding, sizeof(binding), block);
	return block;
}

static struct entry *find_entry(const struct block *block, uint64_t cookie)
{
	struct entry *entry = NULL;

	if (block)
		HASH_FIND(hh, block->entries, &cookie, sizeof(cookie), entry);
	return entry;
}

static int admit_binding(const struct asic *asic, const struct offload_binding *binding,
			 struct reason *reason)
{
	if (binding->port >= asic->nic->num_ports || asic->nic->ports[binding->port].gone)
		return reason_set(reason, "no-such-port", ENODEV, REASON_MODEL,
				  "the NIC has no port number %u", binding->port);
	if (binding->binder != OFFLOAD_BLOCK)
		return reason_set(reason, "flowtable-unsupported", EOPNOTSUPP, REASON_MODEL,
				  "the NIC takes no flowtables");
	if (binding->direction != OFFLOAD_INGRESS)
		return reason_set(reason, "egress-unsupported", EOPNOTSUPP, REASON_MODEL,
				  "the NIC looks up packets on ingress only");
	if (asic->has_block[binding->port]) {
		reason_set(reason, "port-has-a-block", EBUSY, REASON_MODEL,
			   "port %s has an offload chain already, and the NIC takes one a port",
			   asic->nic->ports[binding->port].name);
		reason_hint(reason, "put the rules of both chains into one");
		return -EBUSY;
	}
	return 0;
}

struct block *asic_add_block(struct asic *asic, uint32_t binding, uint16_t port)
{
	struct block *block = calloc(1, sizeof(*block));

	if (!block)
		return NULL;
	block->binding = binding;
	block->port = port;
	HASH_ADD(hh, asic->blocks, binding, sizeof(block->binding), block);
	if (!block->hh.tbl) {
		free(block);
		return NULL;
	}
	asic->has_block[port] = true;
	return block;
}

static int asic_bind(void *driver, const struct offload_binding *binding, struct reason *reason)
{
	struct asic *asic = driver;
	int error = admit_binding(asic, binding, reason);

	if (error)
		return error;
	return asic_add_block(asic, binding->id, binding->port) ? 0 : reason_no_memory(reason);
}

static void asic_unbind(void *driver, const struct offload_binding *binding)
{
	struct asic *asic = driver;
	struct block *block = find_block(asic, binding->id);

	if (block)
		asic->has_block[block->port] = false;
}

static void asic_release(void *driver, const struct offload_binding *binding)
{
	struct asic *asic = driver;
	struct block *block = find_block(asic, binding->id);

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
	struct block *block, *next;
	struct entry *entry, *after;

	asic->has_block[port] = false;
	HASH_ITER (hh, asic->blocks, block, next) {
		if (block->port == port) {
			remove_block(asic, block);
			continue;
		}
		HASH_ITER (hh, block->entries, entry, after)
			forget_target(entry, port);
	}
}

/* Totals and place stay; when the table has no memory for it, the entry is as before. */
static int update_entry(struct asic *asic, struct entry *entry, const struct tcam_entry *to,
			const struct asic_decision *decision, struct reason *reason)
{
	if (asic->ops->update(asic->tcam, &entry->tcam, to))
		return reason_no_memory(reason);
	asic->ops->commit(asic->tcam);
	entry->decision = *decision;
	return 0;
}

static int new_entry(struct asic *asic, struct block *block, const struct tcam_entry *tcam,
		     const struct asic_decision *decision, struct reason *reason)
{
	struct entry *entry;

	if (asic_entries(asic) >= asic->nic->entries) {
		reason_set(reason, "tcam-full", ENOSPC, REASON_CAPACITY,
			   "all %llu entries of the NIC's table are taken",
			   (unsigned long long)asic->nic->entries);
		reason_hint(reason, "remove rules, or give the NIC file more `entries`");
		return -ENOSPC;
	}
	entry = asic_add_entry(asic, block, decision);
	if (!entry)
		return reason_no_memory(reason);
	entry->tcam = *tcam;
	entry->tcam.owner = entry;
	if (asic->ops->insert(asic->tcam, &entry->tcam)) {
		asic_forget_entry(asic, block, entry);
		return reason_no_memory(reason);
	}
	asic->ops->commit(asic->tcam);
	return 0;
}

static int no_such_binding(struct reason *reason, const struct offload_command *command)
{
	return reason_set(reason, "no-such-binding", ENOENT, REASON_MODEL,
			  "no binding has the number %u", command->binding);
}

static int asic_replace(void *driver, const struct offload_command *command, struct reason *reason)
{
	struct asic *asic = driver;
	struct block *block = find_block(asic, command->binding);
	struct entry *old = find_entry(block, command->cookie);
	struct asic_decision decision;
	struct tcam_entry tcam;
	int error;

	if (!block)
		return no_such_binding(reason, command);
	error = admit(asic->nic, block->port, command, &tcam, &decision, reason);
	if (error)
		return error;
	decision.matched = true;
	decision.binding = command->binding;
	decision.cookie = command->cookie;
	return old ? update_entry(asic, old, &tcam, &decision, reason)
		   : new_entry(asic, block, &tcam, &decision, reason);
}

static int asic_destroy_rule(void *driver, const struct offload_command *command,
			     struct reason *reason)
{
	struct asic *asic = driver;
	struct block *block = find_block(asic, command->binding);
	struct entry *entry = find_entry(block, command->cookie);

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
	const struct entry *entry = find_entry(find_block(asic, command->binding), command->cookie);

	if (!entry)
		return -ENOENT;
	*totals = entry_totals(asic, entry);
	return 0;
}

const struct offload_driver asic_driver = {
	.bind = asic_bind,
	.unbind = asic_unbind,
	.release = asic_release,
	.port_gone = asic_port_gone,
	.replace = asic_replace,
	.destroy = asic_destroy_rule,
	.totals = asic_totals,
};

void asic_prepare(struct asic *asic)
{
	asic->ops->optimize(asic->tcam);
}

size_t asic_entries(const struct asic *asic)
{
	return asic->ops->count(asic->tcam);
}

uint64_t asic_capacity(const struct asic *asic)
{
	return asic->nic->entries;
}
