/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One way to look up packets, as the measurements see it.
 *
 * A pass looks up every packet of the workload in order, batch by batch, and counts packets and
 * bytes a rule. With deciding it also writes the rule that decided each packet: its index from 1, 0
 * where none did.
 *
 * Threading: one thread.
 */
#ifndef NICEMU_TESTS_BENCH_ENGINE_H
#define NICEMU_TESTS_BENCH_ENGINE_H

#include "workload.h"

struct engine;

/*
 * Memory of what is looked up in, and of what is kept a rule besides (what it does, its counters).
 * rte_acl's rules are in the first.
 */
struct engine_memory {
	size_t table_bytes, rule_bytes;
};

struct engine_ops {
	const char *name;
	const char *what;
	/* Build what is looked up in. NULL: this engine can't do these rules, or has no memory. */
	struct engine *(*create)(const struct engine_ops *ops, const struct workload *workload);
	void (*destroy)(struct engine *engine);
	void (*pass)(struct engine *engine, const struct workload *workload, uint32_t *deciding);
	struct engine_memory (*memory)(const struct engine *engine);
	/* Packets and bytes that rule number (from 1) has counted, over all passes. */
	void (*counted)(const struct engine *engine, size_t number, uint64_t *packets,
			uint64_t *bytes);
	const void *argument; /* the engine's own */
};

/* Packets and bytes a rule, by its number; the first for what no rule decided. */
struct counts {
	uint64_t packets, bytes;
};

extern const struct engine_ops engine_table, engine_reference, engine_asic, engine_asic_cache;
extern const struct engine_ops engine_acl, engine_acl_512, engine_acl_cache;

#endif
