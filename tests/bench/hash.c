/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "hash.h"

#include "acl.h"
#include "measure.h"

#include <errno.h>
#include <inttypes.h>
#include <rte_errno.h>
#include <rte_hash.h>
#include <rte_hash_crc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HASH_BATCH = 64 }; /* as many as one bulk look-up takes */

/* What a flow has counted: one cache line holds two of them. */
struct flow_counts {
	_Alignas(32) uint64_t packets;
	uint64_t bytes, last_used;
};

struct hash_run {
	struct rte_hash *hash;
	struct acl_key4 *flows, *keys; /* keys: of the packets, in their order */
	struct flow_counts *counts;
	size_t num_flows, packets, missed;
};

/* Different for different i: a permutation of 64-bit numbers spread over addresses and ports. */
static struct acl_key4 flow_key_of(uint64_t i, uint64_t seed)
{
	struct random random = {seed + i};
	uint64_t spread = random_u64(&random);

	return (struct acl_key4){.protocol = 6,
				 .source = (uint32_t)(spread >> 32),
				 .destination = (uint32_t)spread,
				 .source_port = (uint16_t)(spread >> 24),
				 .destination_port = 443};
}

static int create(struct hash_run *run, size_t flows, size_t packets, uint64_t seed)
{
	struct rte_hash_parameters parameters = {.name = "flows",
						 .entries = (uint32_t)(flows + flows / 4 + 64),
						 .key_len = sizeof(struct acl_key4),
						 .hash_func = rte_hash_crc,
						 .extra_flag = RTE_HASH_EXTRA_FLAGS_EXT_TABLE};
	struct random random = {seed};

	*run = (struct hash_run){.num_flows = flows, .packets = packets};
	run->hash = rte_hash_create(&parameters);
	run->flows = calloc(flows, sizeof(*run->flows));
	run->keys = calloc(packets + HASH_BATCH, sizeof(*run->keys));
	run->counts = aligned_alloc(64, (parameters.entries + 64) * sizeof(*run->counts));
	if (!run->hash || !run->flows || !run->keys || !run->counts)
		return -ENOMEM;
	memset(run->counts, 0, (parameters.entries + 64) * sizeof(*run->counts));
	for (size_t i = 0; i < flows; i++)
		run->flows[i] = flow_key_of(i, seed);
	for (size_t i = 0; i < packets; i++)
		run->keys[i] = run->flows[random_below(&random, flows)];
	return 0;
}

static void destroy(struct hash_run *run)
{
	rte_hash_free(run->hash);
	free(run->flows);
	free(run->keys);
	free(run->counts);
}

static int insert_all(struct hash_run *run)
{
	for (size_t i = 0; i < run->num_flows; i++)
		if (rte_hash_add_key(run->hash, &run->flows[i]) < 0)
			return -ENOSPC;
	return 0;
}

static void pass(struct hash_run *run, bool counted)
{
	const void *keys[HASH_BATCH];
	int32_t places[HASH_BATCH];

	for (size_t first = 0, n; first < run->packets; first += n) {
		n = run->packets - first < HASH_BATCH ? run->packets - first : HASH_BATCH;
		for (size_t i = 0; i < n; i++)
			keys[i] = &run->keys[first + i];
		rte_hash_lookup_bulk(run->hash, keys, (uint32_t)n, places);
		for (size_t i = 0; i < n; i++)
			run->missed += places[i] < 0;
		if (!counted)
			continue;
		for (size_t i = 0; i < n; i++)
			__builtin_prefetch(&run->counts[places[i] < 0 ? 0 : places[i]], 1);
		for (size_t i = 0; i < n; i++) {
			struct flow_counts *counts = &run->counts[places[i] < 0 ? 0 : places[i]];

			counts->packets++;
			counts->bytes += 60;
			counts->last_used = first;
		}
	}
}

static void print(const struct hash_run *run, double insert, size_t bytes, struct spread *spreads,
		  size_t rounds, uint64_t seed)
{
	double packets = (double)run->packets;

	printf("{ \"engine\": \"rte_hash\", \"flows\": %zu, \"packets\": %zu, \"runs\": %zu, "
	       "\"seed\": %" PRIu64 ",\n  \"inserts_per_second\": %.0f, \"bytes\": %zu, "
	       "\"lookups_per_second\": %.0f, \"counted_per_second\": %.0f }\n",
	       run->num_flows, run->packets, rounds, seed, (double)run->num_flows / insert, bytes,
	       packets / spreads[0].median, packets / spreads[1].median);
}

int hash_measure(size_t flows, size_t packets, size_t rounds, uint64_t seed)
{
	double *seconds[2] = {calloc(rounds, sizeof(double)), calloc(rounds, sizeof(double))};
	struct spread spreads[2];
	struct hash_run run;
	size_t before = acl_memory(), bytes;
	double begin, insert;
	int error = create(&run, flows, packets, seed);

	bytes = acl_memory() - before;
	begin = thread_seconds();
	if (!error)
		error = seconds[0] && seconds[1] ? insert_all(&run) : -ENOMEM;
	insert = thread_seconds() - begin;
	for (size_t round = 0; !error && round < 2 * rounds; round++) {
		begin = thread_seconds();
		pass(&run, round % 2);
		seconds[round % 2][round / 2] = thread_seconds() - begin;
	}
	if (!error && run.missed)
		error = -ENOENT;
	if (error) {
		fprintf(stderr, "bench_peers: rte_hash: %s\n", strerror(-error));
	} else {
		for (size_t i = 0; i < 2; i++)
			spreads[i] = spread_of(seconds[i], rounds);
		print(&run, insert, bytes + flows * sizeof(*run.counts), spreads, rounds, seed);
	}
	destroy(&run);
	free(seconds[0]);
	free(seconds[1]);
	return error ? 4 : 0;
}
