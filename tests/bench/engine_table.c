/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A table of the TCAM alone, counted here. */
#include "commands.h"
#include "engine.h"

#include <stdlib.h>

struct engine {
	const struct tcam_ops *ops;
	struct tcam *tcam;
	struct tcam_entry *entries;
	struct counts *counts;
};

static void table_destroy(struct engine *engine)
{
	if (!engine)
		return;
	if (engine->tcam)
		engine->ops->destroy(engine->tcam);
	free(engine->entries);
	free(engine->counts);
	free(engine);
}

static struct engine *table_create(const struct engine_ops *ops, const struct workload *workload)
{
	const struct ruleset *set = &workload->set;
	struct engine *engine = calloc(1, sizeof(*engine));

	if (!engine)
		return NULL;
	engine->ops = ops->argument ? ops->argument : tcam_engines[0];
	engine->tcam = engine->ops->create(0);
	engine->entries = calloc(set->count, sizeof(*engine->entries));
	engine->counts = calloc(set->count + 1, sizeof(*engine->counts));
	if (!engine->tcam || !engine->entries || !engine->counts)
		goto fail;
	for (size_t i = 0; i < set->count; i++) {
		struct tcam_rule rule;

		rule_tcam(&set->rules[i], set->form, 1, &rule);
		if (engine->ops->insert(engine->tcam, &engine->entries[i], &rule))
			goto fail;
	}
	engine->ops->commit(engine->tcam);
	engine->ops->optimize(engine->tcam);
	return engine;
fail:
	table_destroy(engine);
	return NULL;
}

static void table_pass(struct engine *engine, const struct workload *workload, uint32_t *deciding)
{
	struct tcam_entry *results[FLOW_BATCH];
	struct tcam_view view;

	for (size_t first = 0, n; first < workload->trace.count; first += n) {
		const struct packet *packets = &workload->packets[first];

		n = workload_batch(workload, first);
		engine->ops->view(engine->tcam, &view);
		engine->ops->lookup(engine->tcam, &view, &workload->batches[first / FLOW_BATCH],
				    results, n);
		for (size_t i = 0; i < n; i++) {
			size_t number = results[i] ? (size_t)(results[i] - engine->entries) + 1 : 0;

			engine->counts[number].packets++;
			engine->counts[number].bytes += packets[i].length;
			if (deciding)
				deciding[first + i] = (uint32_t)number;
		}
	}
}

static struct engine_memory table_memory(const struct engine *engine)
{
	struct tcam_measure measure;

	engine->ops->measure(engine->tcam, &measure);
	return (struct engine_memory){measure.bytes, measure.entries * sizeof(struct tcam_entry)};
}

static void table_counted(const struct engine *engine, size_t number, uint64_t *packets,
			  uint64_t *bytes)
{
	*packets = engine->counts[number].packets;
	*bytes = engine->counts[number].bytes;
}

const struct engine_ops engine_table = {"nicemu-table", "the TCAM's table alone",
					table_create,   table_destroy,
					table_pass,     table_memory,
					table_counted,  NULL};
const struct engine_ops engine_reference = {"reference",   "the slow, obvious table",
					    table_create,  table_destroy,
					    table_pass,    table_memory,
					    table_counted, &tcam_reference};
