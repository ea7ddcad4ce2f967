/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <nicemu/asic/asic.h>

#include "admission.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* uthash reports that memory is out by leaving the element outside the table. */
#define HASH_NONFATAL_OOM 1
#include <uthash.h>

enum { IFTYPE_ETHERNET = 1 };

/* One admitted rule. What it counted lives with it: the packet path touches both together. */
struct entry {
	struct tcam_entry tcam;
	struct offload_stats totals;
	struct asic_decision decision;
	uint64_t cookie; /* also in the decision; the hash table wants it here */
	UT_hash_handle hh;
};

struct block {
	uint32_t binding;
	uint16_t port;
	struct entry *entries; /* by cookie, in the order of arrival */
	UT_hash_handle hh;
};

struct asic {
	const struct nic *nic;
	const struct tcam_ops *ops;
	struct tcam *tcam;
	struct block *blocks;          /* by binding */
	bool has_block[NIC_PORTS_MAX]; /* by port */
	struct asic_counters retired, unmatched;
};

struct asic_worker {
	struct asic *asic;
	struct tcam_view view;
};

/* --- counting: the only places that know where totals are kept --- */

static void count_packet(struct entry *entry, const struct packet *packet)
{
	entry->totals.packets++;
	entry->totals.bytes += packet->length;
	if (packet->time_ns > entry->totals.last_used_ns)
		entry->totals.last_used_ns = packet->time_ns;
}

static struct offload_stats entry_totals(const struct entry *entry)
{
	return entry->totals;
}

static void retire(struct asic *asic, const struct entry *entry)
{
	struct offload_stats totals = entry_totals(entry);

	asic->retired.packets += totals.packets;
	asic->retired.bytes += totals.bytes;
}

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

static void remove_entry(struct asic *asic, struct block *block, struct entry *entry)
{
	retire(asic, entry);
	asic->ops->remove(asic->tcam, &entry->tcam);
	asic->ops->commit(asic->tcam);
	HASH_DEL(block->entries, entry);
	free(entry);
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
	if (!asic)
		return;
	while (asic->blocks)
		remove_block(asic, asic->blocks);
	asic->ops->destroy(asic->tcam);
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

static int asic_bind(void *driver, const struct offload_binding *binding, struct reason *reason)
{
	struct asic *asic = driver;
	struct block *block;
	int error = admit_binding(asic, binding, reason);

	if (error)
		return error;
	block = calloc(1, sizeof(*block));
	if (!block)
		return reason_no_memory(reason);
	block->binding = binding->id;
	block->port = binding->port;
	HASH_ADD(hh, asic->blocks, binding, sizeof(block->binding), block);
	if (!block->hh.tbl) {
		free(block);
		return reason_no_memory(reason);
	}
	asic->has_block[block->port] = true;
	return 0;
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

static int add_entry(struct asic *asic, struct block *block, struct entry *entry,
		     struct reason *reason)
{
	if (asic_entries(asic) >= asic->nic->entries) {
		reason_set(reason, "tcam-full", ENOSPC, REASON_CAPACITY,
			   "all %llu entries of the NIC's table are taken",
			   (unsigned long long)asic->nic->entries);
		reason_hint(reason, "remove rules, or give the NIC file more `entries`");
		return -ENOSPC;
	}
	HASH_ADD(hh, block->entries, cookie, sizeof(entry->cookie), entry);
	if (!entry->hh.tbl)
		return reason_no_memory(reason);
	if (asic->ops->insert(asic->tcam, &entry->tcam)) {
		HASH_DEL(block->entries, entry);
		return reason_no_memory(reason);
	}
	asic->ops->commit(asic->tcam);
	return 0;
}

/* Totals and place stay; when the table has no memory for it, the entry is as before. */
static int update_entry(struct asic *asic, struct entry *entry, const struct entry *to,
			struct reason *reason)
{
	if (asic->ops->update(asic->tcam, &entry->tcam, &to->tcam))
		return reason_no_memory(reason);
	asic->ops->commit(asic->tcam);
	entry->decision = to->decision;
	return 0;
}

static int new_entry(struct asic *asic, struct block *block, const struct entry *from,
		     struct reason *reason)
{
	struct entry *entry = malloc(sizeof(*entry));
	int error;

	if (!entry)
		return reason_no_memory(reason);
	*entry = *from;
	entry->tcam.owner = entry;
	error = add_entry(asic, block, entry, reason);
	if (error)
		free(entry);
	return error;
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
	struct entry wanted = {.cookie = command->cookie};
	int error;

	if (!block)
		return no_such_binding(reason, command);
	error = admit(asic->nic, block->port, command, &wanted.tcam, &wanted.decision, reason);
	if (error)
		return error;
	wanted.decision.matched = true;
	wanted.decision.binding = command->binding;
	wanted.decision.cookie = command->cookie;
	return old ? update_entry(asic, old, &wanted, reason)
		   : new_entry(asic, block, &wanted, reason);
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
	*totals = entry_totals(entry);
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

/* --- the packet path --- */

static const struct asic_decision no_match = {.fate = ASIC_HOST};

struct asic_worker *asic_worker_create(struct asic *asic, size_t cache_bytes)
{
	struct asic_worker *worker = calloc(1, sizeof(*worker));

	if (worker)
		worker->asic = asic;
	return worker;
}

void asic_worker_destroy(struct asic_worker *worker)
{
	free(worker);
}

unsigned int asic_begin(struct asic_worker *worker)
{
	worker->asic->ops->view(worker->asic->tcam, &worker->view);
	return worker->view.chunks;
}

static void set_field(struct flow_batch *batch, size_t i, enum flow_field_id id, uint64_t value)
{
	struct flow_position p = flow_positions[id];
	uint64_t *word =
		&batch->chunk[p.word / FLOW_CHUNK_WORDS][i].word[p.word % FLOW_CHUNK_WORDS];

	*word &= ~(((UINT64_C(1) << p.width) - 1) << p.shift);
	*word |= value << p.shift;
}

static void set_port(struct flow_batch *batch, size_t i, unsigned int chunks, const struct nic *nic,
		     uint16_t port)
{
	uint64_t *word = &batch->chunk[0][i].word[0];

	*word = (*word & ~FLOW_PORT_MASK) | (uint64_t)port << FLOW_PORT_SHIFT | FLOW_PRESENT(META);
	set_field(batch, i, FLOW_META_INGRESS_IFTYPE, IFTYPE_ETHERNET);
	if (chunks >> flow_positions[FLOW_META_INGRESS_IFINDEX].word / FLOW_CHUNK_WORDS & 1)
		set_field(batch, i, FLOW_META_INGRESS_IFINDEX, nic->ports[port].ifindex);
}

static const struct asic_decision *decide(struct asic *asic, struct tcam_entry *match,
					  const struct packet *packet)
{
	struct entry *entry;

	if (!match) {
		asic->unmatched.packets++;
		asic->unmatched.bytes += packet->length;
		return &no_match;
	}
	entry = match->owner;
	count_packet(entry, packet);
	return &entry->decision;
}

void asic_process(struct asic_worker *worker, const struct packet *packets,
		  struct flow_batch *batch, const struct asic_decision **results, size_t count)
{
	struct tcam_entry *matches[FLOW_BATCH];
	struct asic *asic = worker->asic;

	for (size_t i = 0; i < count; i++)
		set_port(batch, i, worker->view.chunks, asic->nic, packets[i].port);
	asic->ops->lookup(asic->tcam, &worker->view, batch, matches, count);
	for (size_t i = 0; i < count; i++)
		results[i] = decide(asic, matches[i], &packets[i]);
}

size_t asic_entries(const struct asic *asic)
{
	return asic->ops->count(asic->tcam);
}

uint64_t asic_capacity(const struct asic *asic)
{
	return asic->nic->entries;
}

struct asic_counters asic_retired(const struct asic *asic)
{
	return asic->retired;
}

struct asic_counters asic_unmatched(const struct asic *asic)
{
	return asic->unmatched;
}
