/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <nicemu/offload/store.h>

#include <errno.h>
#include <stdlib.h>

/* uthash reports that memory is out by leaving the element outside the table. */
#define HASH_NONFATAL_OOM 1
#include <uthash.h>

struct stored {
	uint64_t cookie;
	uint64_t born; /* store.seconds at that time */
	bool counts;
	UT_hash_handle hh;
};

struct stored_binding {
	uint32_t id;
	uint16_t port;
	enum offload_binder binder;
	struct stored *rules;
	UT_hash_handle hh;
};

struct store {
	const struct nic *nic;
	struct stored_binding *bindings;
	uint64_t seconds, last_tick_ns;
	uint64_t packets, bytes; /* a second */
	size_t count[OFFLOAD_TC + 1];
};

struct store *store_create(const struct nic *nic)
{
	struct store *store = calloc(1, sizeof(*store));

	if (store)
		store->nic = nic;
	return store;
}

static void remove_rule(struct store *store, struct stored_binding *binding, struct stored *rule)
{
	store->count[binding->binder]--;
	HASH_DEL(binding->rules, rule);
	free(rule);
}

static void remove_binding(struct store *store, struct stored_binding *binding)
{
	struct stored *rule, *next;

	HASH_ITER (hh, binding->rules, rule, next)
		remove_rule(store, binding, rule);
	HASH_DEL(store->bindings, binding);
	free(binding);
}

void store_destroy(struct store *store)
{
	if (!store)
		return;
	while (store->bindings)
		remove_binding(store, store->bindings);
	free(store);
}

void store_set_rate(struct store *store, uint64_t packets, uint64_t bytes)
{
	store->packets = packets;
	store->bytes = bytes;
}

bool store_counts(const struct store *store)
{
	return store->packets || store->bytes;
}

void store_tick(struct store *store, uint64_t now_ns)
{
	store->seconds++;
	store->last_tick_ns = now_ns;
}

size_t store_rules(const struct store *store, enum offload_binder binder)
{
	return store->count[binder];
}

/* ---- the driver ---- */

static struct stored_binding *find_binding(const struct store *store, uint32_t id)
{
	struct stored_binding *binding;

	HASH_FIND(hh, store->bindings, &id, sizeof(id), binding);
	return binding;
}

static struct stored *find_rule(const struct stored_binding *binding, uint64_t cookie)
{
	struct stored *rule = NULL;

	if (binding)
		HASH_FIND(hh, binding->rules, &cookie, sizeof(cookie), rule);
	return rule;
}

static int store_bind(void *driver, const struct offload_binding *from, struct reason *reason)
{
	struct store *store = driver;
	struct stored_binding *binding = calloc(1, sizeof(*binding));

	if (!binding)
		return reason_no_memory(reason);
	binding->id = from->id;
	binding->port = from->port;
	binding->binder = from->binder;
	HASH_ADD(hh, store->bindings, id, sizeof(binding->id), binding);
	if (binding->hh.tbl)
		return 0;
	free(binding);
	return reason_no_memory(reason);
}

static void store_unbind(void *driver, const struct offload_binding *binding)
{
}

static void store_release(void *driver, const struct offload_binding *from)
{
	struct store *store = driver;
	struct stored_binding *binding = find_binding(store, from->id);

	if (binding)
		remove_binding(store, binding);
}

static void store_port_gone(void *driver, uint16_t port)
{
	struct store *store = driver;
	struct stored_binding *binding, *next;

	HASH_ITER (hh, store->bindings, binding, next)
		if (binding->port == port)
			remove_binding(store, binding);
}

/*
 * A flow is offered to every port of its flowtable, and the kernel adds up what they report. A NIC
 * sees its packets on one of them, the port by which they come in.
 */
static bool sees_packets(const struct store *store, const struct stored_binding *binding,
			 const struct flow_rule *rule)
{
	uint64_t wanted, mask;

	if (!rule || binding->binder != OFFLOAD_FLOWTABLE || binding->port >= store->nic->num_ports)
		return true;
	wanted = flow_key_get(&rule->match.key, FLOW_META_INGRESS_IFINDEX);
	mask = flow_key_get(&rule->match.mask, FLOW_META_INGRESS_IFINDEX);
	return ((store->nic->ports[binding->port].ifindex ^ wanted) & mask) == 0;
}

static int store_replace(void *driver, const struct offload_command *command, struct reason *reason)
{
	struct store *store = driver;
	struct stored_binding *binding = find_binding(store, command->binding);
	struct stored *rule = find_rule(binding, command->cookie);

	if (!binding)
		return reason_set(reason, "no-such-binding", ENOENT, REASON_MODEL,
				  "no binding has the number %u", command->binding);
	if (rule)
		return 0; /* a flow that is told again comes in where it did */
	rule = calloc(1, sizeof(*rule));
	if (!rule)
		return reason_no_memory(reason);
	rule->cookie = command->cookie;
	rule->born = store->seconds;
	rule->counts = sees_packets(store, binding, command->rule);
	HASH_ADD(hh, binding->rules, cookie, sizeof(rule->cookie), rule);
	if (!rule->hh.tbl) {
		free(rule);
		return reason_no_memory(reason);
	}
	store->count[binding->binder]++;
	return 0;
}

static int store_remove(void *driver, const struct offload_command *command, struct reason *reason)
{
	struct store *store = driver;
	struct stored_binding *binding = find_binding(store, command->binding);
	struct stored *rule = find_rule(binding, command->cookie);

	if (!rule)
		return reason_set(reason, "no-such-cookie", ENOENT, REASON_MODEL,
				  "binding %u has no rule with the cookie 0x%llx", command->binding,
				  (unsigned long long)command->cookie);
	remove_rule(store, binding, rule);
	return 0;
}

static int store_totals(void *driver, const struct offload_command *command,
			struct offload_stats *totals)
{
	const struct store *store = driver;
	const struct stored *rule =
		find_rule(find_binding(store, command->binding), command->cookie);
	uint64_t age;

	if (!rule)
		return -ENOENT;
	age = rule->counts ? store->seconds - rule->born : 0;
	*totals = (struct offload_stats){
		.packets = age * store->packets,
		.bytes = age * store->bytes,
		.last_used_ns = age && store_counts(store) ? store->last_tick_ns : 0,
	};
	return 0;
}

const struct offload_driver store_driver = {
	.bind = store_bind,
	.unbind = store_unbind,
	.release = store_release,
	.port_gone = store_port_gone,
	.replace = store_replace,
	.destroy = store_remove,
	.totals = store_totals,
};
