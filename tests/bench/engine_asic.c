/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The modelled NIC: rules come through offload/, packets through a worker, which counts. */
#include "acl.h"
#include "commands.h"
#include "engine.h"

#include <nicemu/asic/asic.h>
#include <stdlib.h>

struct engine {
	struct nic nic;
	struct asic *asic;
	struct offload *offload;
	struct asic_worker *worker;
	uint32_t binding;
	size_t count;
};

/* What is behind the argument of engine_ops. */
struct variant {
	const struct tcam_ops *tcam; /* NULL: the usual one */
	size_t cache_bytes;
};

static void nic_destroy(struct engine *engine)
{
	if (!engine)
		return;
	asic_worker_destroy(engine->worker);
	offload_destroy(engine->offload);
	asic_destroy(engine->asic);
	nic_clear(&engine->nic);
	free(engine);
}

static int load_rules(struct engine *engine, const struct ruleset *set)
{
	struct offload_command command = {.binding = engine->binding, .prio = 1};

	for (size_t i = 0; i < set->count; i++) {
		struct flow_rule *rule = rule_flow_rule(&set->rules[i], set->form);
		struct reason reason;
		int error;

		if (!rule)
			return -1;
		command.cookie = i + 1;
		command.protocol = rule->protocol;
		command.rule = rule;
		error = offload_replace(engine->offload, &command, &reason);
		flow_rule_free(rule);
		if (error) {
			fprintf(stderr, "rule %zu is refused: %s\n", i, reason.clause);
			return error;
		}
	}
	asic_prepare(engine->asic);
	return 0;
}

static struct engine *nic_create(const struct engine_ops *ops, const struct workload *workload)
{
	const struct variant *variant = ops->argument;
	struct offload_binding binding = {.port = 0, .block = 1};
	struct engine *engine = calloc(1, sizeof(*engine));

	if (!engine || nic_default(&engine->nic))
		goto fail;
	engine->count = workload->set.count;
	if (engine->nic.entries < engine->count)
		engine->nic.entries = engine->count;
	engine->asic = asic_create(&engine->nic, variant->tcam);
	engine->offload = offload_create(&asic_driver, engine->asic);
	if (!engine->asic || !engine->offload)
		goto fail;
	if (offload_bind(engine->offload, &binding, NULL))
		goto fail;
	engine->binding = binding.id;
	if (load_rules(engine, &workload->set))
		goto fail;
	engine->worker = asic_worker_create(engine->asic, variant->cache_bytes);
	if (!engine->worker)
		goto fail;
	/* The first look at the table is part of building it, where it is built late. */
	asic_begin(engine->worker);
	return engine;
fail:
	nic_destroy(engine);
	return NULL;
}

static void nic_pass(struct engine *engine, const struct workload *workload, uint32_t *deciding)
{
	const struct asic_decision *results[FLOW_BATCH];

	for (size_t first = 0, n; first < workload->trace.count; first += n) {
		n = workload_batch(workload, first);
		asic_begin(engine->worker);
		asic_process(engine->worker, &workload->packets[first],
			     &workload->batches[first / FLOW_BATCH], results, n);
		for (size_t i = 0; deciding && i < n; i++)
			deciding[first + i] =
				results[i]->matched ? (uint32_t)results[i]->cookie : 0;
	}
}

static struct engine_memory nic_memory(const struct engine *engine)
{
	struct asic_memory memory = asic_memory(engine->asic);

	return (struct engine_memory){memory.tcam_bytes, memory.entry_bytes};
}

static void nic_counted(const struct engine *engine, size_t number, uint64_t *packets,
			uint64_t *bytes)
{
	struct offload_stats stats;

	offload_totals(engine->offload, engine->binding, number, &stats);
	*packets = stats.packets;
	*bytes = stats.bytes;
}

static const struct variant plain = {NULL, ASIC_NO_CACHE};
static const struct variant cached = {NULL, ASIC_CACHE_DEFAULT};
static const struct variant acl_cached = {&tcam_acl, ASIC_CACHE_DEFAULT};

const struct engine_ops engine_asic = {"nicemu",    "the modelled NIC without its flow cache",
				       nic_create,  nic_destroy,
				       nic_pass,    nic_memory,
				       nic_counted, &plain};
const struct engine_ops engine_asic_cache = {"nicemu-cache", "the modelled NIC with its flow cache",
					     nic_create,     nic_destroy,
					     nic_pass,       nic_memory,
					     nic_counted,    &cached};
const struct engine_ops engine_acl_cache = {"rte_acl-cache", "rte_acl behind nicemu's flow cache",
					    nic_create,      nic_destroy,
					    nic_pass,        nic_memory,
					    nic_counted,     &acl_cached};
