/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rte_acl on its own, packets and bytes counted a rule as everywhere. */
#include "acl.h"
#include "engine.h"

#include <stdlib.h>

/* What was built last: building takes long, and another algorithm looks up in the same. */
static struct built {
	const struct rule *rules;
	struct rte_acl_ctx *contexts[2]; /* IPv4, IPv6 */
	size_t bytes, users;
} built;

struct engine {
	struct rte_acl_ctx *contexts[2]; /* borrowed */
	enum rte_acl_classify_alg algorithm;
	const uint8_t **keys; /* by packet */
	struct acl_key4 *keys4;
	struct acl_key6 *keys6;
	struct counts *counts;
	bool is_user; /* of what was built */
};

static void release_built(void)
{
	if (--built.users)
		return;
	rte_acl_free(built.contexts[0]);
	rte_acl_free(built.contexts[1]);
	built = (struct built){0};
}

static bool has_version(const struct ruleset *set, bool ipv6)
{
	for (size_t i = 0; i < set->count; i++)
		if (set->rules[i].ipv6 == ipv6)
			return true;
	return false;
}

static bool share_built(const struct ruleset *set)
{
	size_t before = acl_memory();

	if (built.users && built.rules != set->rules)
		return false; /* one set at a time is all that is needed */
	if (built.users++)
		return true;
	built.rules = set->rules;
	for (int version = 0; version < 2; version++) {
		if (!has_version(set, version))
			continue;
		built.contexts[version] = acl_build(set->rules, set->count, version, set->form);
		if (!built.contexts[version]) {
			release_built();
			return false;
		}
	}
	built.bytes = acl_memory() - before;
	return true;
}

static void acl_destroy(struct engine *engine)
{
	if (!engine)
		return;
	if (engine->is_user)
		release_built();
	free(engine->keys);
	free(engine->keys4);
	free(engine->keys6);
	free(engine->counts);
	free(engine);
}

static bool make_keys(struct engine *engine, const struct trace *trace)
{
	size_t ipv6 = 0;

	for (size_t i = 0; i < trace->count; i++)
		ipv6 += trace->headers[i].ipv6;
	engine->keys = calloc(trace->count + 1, sizeof(*engine->keys));
	engine->keys4 = calloc(trace->count - ipv6 + 1, sizeof(*engine->keys4));
	engine->keys6 = calloc(ipv6 + 1, sizeof(*engine->keys6));
	if (!engine->keys || !engine->keys4 || !engine->keys6)
		return false;
	for (size_t i = 0, n4 = 0, n6 = 0; i < trace->count; i++) {
		const struct header *header = &trace->headers[i];

		if (header->ipv6) {
			engine->keys[i] = (const uint8_t *)&engine->keys6[n6];
			acl_key6_make(header, &engine->keys6[n6++]);
		} else {
			engine->keys[i] = (const uint8_t *)&engine->keys4[n4];
			acl_key4_make(header, &engine->keys4[n4++]);
		}
	}
	return true;
}

/* The processor has what the algorithm wants. */
static bool can_classify(const struct engine *engine)
{
	struct rte_acl_ctx *context =
		engine->contexts[0] ? engine->contexts[0] : engine->contexts[1];
	const struct acl_key6 key = {0};
	const uint8_t *data = (const uint8_t *)&key;
	uint32_t result;

	return rte_acl_classify_alg(context, &data, &result, 1, 1, engine->algorithm) == 0;
}

static struct engine *acl_create(const struct engine_ops *ops, const struct workload *workload)
{
	const enum rte_acl_classify_alg *algorithm = ops->argument; /* NULL: the usual one */
	const struct ruleset *set = &workload->set;
	struct engine *engine = calloc(1, sizeof(*engine));

	if (!engine)
		return NULL;
	engine->algorithm = algorithm ? *algorithm : acl_usual_algorithm();
	engine->counts = calloc(set->count + 1, sizeof(*engine->counts));
	if (!engine->counts || !make_keys(engine, &workload->trace))
		goto fail;
	engine->is_user = share_built(set);
	if (!engine->is_user)
		goto fail;
	engine->contexts[0] = built.contexts[0];
	engine->contexts[1] = built.contexts[1];
	if (!can_classify(engine))
		goto fail;
	return engine;
fail:
	acl_destroy(engine);
	return NULL;
}

/* Packets of one batch through the context of their IP version. */
static void classify(struct engine *engine, const struct header *headers, const uint8_t **keys,
		     uint32_t *results, size_t n)
{
	const uint8_t *sorted[2][FLOW_BATCH];
	uint32_t found[2][FLOW_BATCH] = {{0}};
	uint8_t place[FLOW_BATCH];
	uint32_t counts[2] = {0};

	for (size_t i = 0; i < n; i++) {
		bool version = headers[i].ipv6;

		place[i] = (uint8_t)counts[version];
		sorted[version][counts[version]++] = keys[i];
	}
	for (int version = 0; version < 2; version++)
		if (engine->contexts[version] && counts[version])
			rte_acl_classify_alg(engine->contexts[version], sorted[version],
					     found[version], counts[version], 1, engine->algorithm);
	for (size_t i = 0; i < n; i++)
		results[i] = found[headers[i].ipv6][place[i]];
}

static void acl_pass(struct engine *engine, const struct workload *workload, uint32_t *deciding)
{
	const struct header *headers = workload->trace.headers;
	struct rte_acl_ctx *only = engine->contexts[0] ? engine->contexts[0] : engine->contexts[1];
	bool both = engine->contexts[0] && engine->contexts[1];
	uint32_t results[FLOW_BATCH];

	for (size_t first = 0, n; first < workload->trace.count; first += n) {
		const struct packet *packets = &workload->packets[first];

		n = workload_batch(workload, first);
		if (both)
			classify(engine, &headers[first], &engine->keys[first], results, n);
		else
			rte_acl_classify_alg(only, &engine->keys[first], results, (uint32_t)n, 1,
					     engine->algorithm);
		for (size_t i = 0; i < n; i++) {
			engine->counts[results[i]].packets++;
			engine->counts[results[i]].bytes += packets[i].length;
			if (deciding)
				deciding[first + i] = results[i];
		}
	}
}

static struct engine_memory acl_engine_memory(const struct engine *engine)
{
	return (struct engine_memory){.table_bytes = built.bytes};
}

static void acl_counted(const struct engine *engine, size_t number, uint64_t *packets,
			uint64_t *bytes)
{
	*packets = engine->counts[number].packets;
	*bytes = engine->counts[number].bytes;
}

static const enum rte_acl_classify_alg avx512 = RTE_ACL_CLASSIFY_AVX512X32;

const struct engine_ops engine_acl = {"rte_acl",   "DPDK's rte_acl as it is by default: with AVX2",
				      acl_create,  acl_destroy,
				      acl_pass,    acl_engine_memory,
				      acl_counted, NULL};
const struct engine_ops engine_acl_512 = {
	"rte_acl-avx512", "DPDK's rte_acl with AVX-512, which it takes only when told so",
	acl_create,       acl_destroy,
	acl_pass,         acl_engine_memory,
	acl_counted,      &avx512};
