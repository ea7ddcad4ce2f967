/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The plain store: a driver that accepts every rule, keeps nothing of it but what it counts, and
 * forwards no packet. For commands that the ASIC does not model: flowtables, tc filters, egress.
 *
 * Counts are 0, or move by a script: so many packets and bytes a second for every rule, so that a
 * kernel takes its flows for alive. A flow counts on the port by which its packets come in only
 * (meta.ingress_ifindex), although it is on all ports of its flowtable. Time is what store_tick
 * says.
 *
 * Invariant: totals only grow. Threading: the emulator's event loop.
 */
#ifndef NICEMU_OFFLOAD_STORE_H
#define NICEMU_OFFLOAD_STORE_H

#include <nicemu/config/nic.h>
#include <nicemu/offload/offload.h>

struct store;

/* nic is borrowed and outlives the store. NULL when memory is out; store_destroy accepts NULL. */
struct store *store_create(const struct nic *nic);
void store_destroy(struct store *store);

extern const struct offload_driver store_driver; /* its context is the store */

/* From now on every rule counts this a second. */
void store_set_rate(struct store *store, uint64_t packets, uint64_t bytes);
bool store_counts(const struct store *store);

/* A second has passed; now_ns: when, for last_used. */
void store_tick(struct store *store, uint64_t now_ns);

/* How many rules of this kind it holds. */
size_t store_rules(const struct store *store, enum offload_binder binder);

#endif
