/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A driver that hands each command to one of two others: what belongs to an nf_tables chain on
 * ingress to the NIC, everything else to the store.
 *
 * Threading: the emulator's event loop.
 */
#ifndef NICEMU_OFFLOAD_ROUTER_H
#define NICEMU_OFFLOAD_ROUTER_H

#include <nicemu/offload/offload.h>

struct router;

/* Both drivers and their contexts are borrowed. NULL when memory is out. */
struct router *router_create(const struct offload_driver *nic, void *nic_context,
			     const struct offload_driver *store, void *store_context);
void router_destroy(struct router *router); /* NULL is fine */

extern const struct offload_driver router_driver; /* its context is the router */

/* Rules of this binding go to the store: they are recorded only. */
bool router_recorded_only(const struct offload_binding *binding);

#endif
