/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <nicemu/offload/router.h>

#include <errno.h>
#include <stdlib.h>

/* uthash reports that memory is out by leaving the element outside the table. */
#define HASH_NONFATAL_OOM 1
#include <uthash.h>

struct side {
	const struct offload_driver *driver;
	void *context;
};

/* Bindings of the store; all others are the NIC's, which so costs nothing. */
struct stored {
	uint32_t id;
	uint16_t port;
	UT_hash_handle hh;
};

struct router {
	struct side nic, store;
	struct stored *stored;
};

struct router *router_create(const struct offload_driver *nic, void *nic_context,
			     const struct offload_driver *store, void *store_context)
{
	struct router *router = calloc(1, sizeof(*router));

	if (router) {
		router->nic = (struct side){nic, nic_context};
		router->store = (struct side){store, store_context};
	}
	return router;
}

static void forget(struct router *router, struct stored *stored)
{
	HASH_DEL(router->stored, stored);
	free(stored);
}

void router_destroy(struct router *router)
{
	if (!router)
		return;
	while (router->stored)
		forget(router, router->stored);
	free(router);
}

bool router_recorded_only(const struct offload_binding *binding)
{
	return binding->binder != OFFLOAD_BLOCK || binding->direction != OFFLOAD_INGRESS;
}

static struct stored *find_stored(const struct router *router, uint32_t id)
{
	struct stored *stored = NULL;

	if (router->stored)
		HASH_FIND(hh, router->stored, &id, sizeof(id), stored);
	return stored;
}

static const struct side *side_of(const struct router *router, uint32_t id)
{
	return find_stored(router, id) ? &router->store : &router->nic;
}

static int bind_stored(struct router *router, const struct offload_binding *binding,
		       struct reason *reason)
{
	struct stored *stored = calloc(1, sizeof(*stored));
	int error;

	if (stored) {
		stored->id = binding->id;
		stored->port = binding->port;
		HASH_ADD(hh, router->stored, id, sizeof(stored->id), stored);
	}
	if (!stored || !stored->hh.tbl) {
		free(stored);
		return reason_no_memory(reason);
	}
	error = router->store.driver->bind(router->store.context, binding, reason);
	if (error)
		forget(router, stored);
	return error;
}

static int router_bind(void *driver, const struct offload_binding *binding, struct reason *reason)
{
	struct router *router = driver;

	if (router_recorded_only(binding))
		return bind_stored(router, binding, reason);
	return router->nic.driver->bind(router->nic.context, binding, reason);
}

static void router_unbind(void *driver, const struct offload_binding *binding)
{
	const struct side *side = side_of(driver, binding->id);

	side->driver->unbind(side->context, binding);
}

static void router_release(void *driver, const struct offload_binding *binding)
{
	struct stored *stored = find_stored(driver, binding->id);
	const struct side *side = side_of(driver, binding->id);

	side->driver->release(side->context, binding);
	if (stored)
		forget(driver, stored);
}

static void router_port_gone(void *driver, uint16_t port)
{
	struct router *router = driver;
	struct stored *stored, *next;

	router->nic.driver->port_gone(router->nic.context, port);
	router->store.driver->port_gone(router->store.context, port);
	HASH_ITER (hh, router->stored, stored, next)
		if (stored->port == port)
			forget(router, stored);
}

static int router_replace(void *driver, const struct offload_command *command,
			  struct reason *reason)
{
	const struct side *side = side_of(driver, command->binding);

	return side->driver->replace(side->context, command, reason);
}

static int router_remove(void *driver, const struct offload_command *command, struct reason *reason)
{
	const struct side *side = side_of(driver, command->binding);

	return side->driver->destroy(side->context, command, reason);
}

static int router_totals(void *driver, const struct offload_command *command,
			 struct offload_stats *totals)
{
	const struct side *side = side_of(driver, command->binding);

	return side->driver->totals(side->context, command, totals);
}

static int router_counted(void *driver, const struct offload_command *command,
			  const struct offload_stats *reported, struct offload_stats *totals)
{
	const struct side *side = side_of(driver, command->binding);

	if (!side->driver->counted)
		return side->driver->totals(side->context, command, totals);
	return side->driver->counted(side->context, command, reported, totals);
}

static int router_unknown(void *driver, uint32_t binding, enum offload_verb verb)
{
	const struct side *side = side_of(driver, binding);

	return side->driver->unknown ? side->driver->unknown(side->context, binding, verb)
				     : -ENOENT;
}

const struct offload_driver router_driver = {
	.bind = router_bind,
	.unbind = router_unbind,
	.release = router_release,
	.port_gone = router_port_gone,
	.replace = router_replace,
	.destroy = router_remove,
	.totals = router_totals,
	.counted = router_counted,
	.unknown = router_unknown,
};
