/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The packet path. */
#include "flow_cache.h"
#include "internal.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

enum { IFTYPE_ETHERNET = 1 };

#define NO_MATCH                  \
	{                         \
		.fate = ASIC_HOST \
	}

static const struct asic_decision no_match = NO_MATCH;

/* A cache of less than that is none. */
static int add_cache(struct asic_worker *worker, size_t bytes)
{
	if (bytes < FLOW_CACHE_MIN)
		return 0;
	worker->cache = flow_cache_create(bytes);
	return worker->cache ? 0 : -ENOMEM;
}

struct asic_worker *asic_worker_create(struct asic *asic, size_t cache_bytes)
{
	struct asic_worker *worker = aligned_alloc(_Alignof(struct asic_worker), sizeof(*worker));

	if (!worker)
		return NULL;
	*worker = (struct asic_worker){.asic = asic, .nobody.decision = NO_MATCH};
	if (add_cache(worker, cache_bytes) || counts_add_worker(asic, worker)) {
		flow_cache_destroy(worker->cache);
		free(worker);
		return NULL;
	}
	return worker;
}

void asic_worker_destroy(struct asic_worker *worker)
{
	if (!worker)
		return;
	counts_remove_worker(worker->asic, worker);
	flow_cache_destroy(worker->cache);
	free(worker);
}

size_t asic_worker_cache_bytes(const struct asic_worker *worker)
{
	return worker->cache ? flow_cache_bytes(worker->cache) : 0;
}

struct asic_cache_use asic_worker_cache_use(const struct asic_worker *worker)
{
	struct flow_cache_counters counters = {0};

	if (worker->cache)
		counters = flow_cache_counters(worker->cache);
	return (struct asic_cache_use){counters.hits, counters.misses, counters.bypassed};
}

unsigned int asic_begin(struct asic_worker *worker)
{
	worker->asic->ops->view(worker->asic->tcam, &worker->view);
	return worker->view.chunks;
}

/* Words 0 and 1 of a key at once: SSE2, NEON, or two registers. */
typedef uint64_t words __attribute__((vector_size(16), may_alias));

static_assert(FLOW_CHUNK_WORDS * sizeof(uint64_t) % sizeof(words) == 0, "chunks are aligned");

/* Port, presence and type of the port that the packets came in by; mostly it is one for all. */
static void set_ports(const struct packet *packets, struct flow_batch *batch, size_t count)
{
	const struct flow_position type = flow_positions[FLOW_META_INGRESS_IFTYPE];
	const words keep = {~FLOW_PORT_MASK, ~(UINT64_C(0xffff) << type.shift)};
	words set = {FLOW_PRESENT(META), (uint64_t)IFTYPE_ETHERNET << type.shift};
	uint16_t port = 0;

	for (size_t i = 0; i < count; i++) {
		words *key = (words *)batch->chunk[0][i].word;

		if (packets[i].port != port) {
			port = packets[i].port;
			set[0] = FLOW_PRESENT(META) | (uint64_t)port << FLOW_PORT_SHIFT;
		}
		*key = (*key & keep) | set;
	}
}

static void set_ifindex(const struct packet *packets, const struct nic *nic,
			struct flow_batch *batch, size_t count)
{
	const struct flow_position index = flow_positions[FLOW_META_INGRESS_IFINDEX];
	size_t chunk = index.word / FLOW_CHUNK_WORDS, at = index.word % FLOW_CHUNK_WORDS;

	for (size_t i = 0; i < count; i++) {
		uint64_t *word = &batch->chunk[chunk][i].word[at];

		*word = (*word & ~(UINT64_C(0xffffffff) << index.shift)) |
			(uint64_t)nic->ports[packets[i].port].ifindex << index.shift;
	}
}

static inline void count_packet(struct offload_stats *totals, const struct packet *packet)
{
	totals->packets++;
	totals->bytes += packet->length;
	if (packet->time_ns > totals->last_used_ns)
		totals->last_used_ns = packet->time_ns;
}

/*
 * Alone: what is counted lies with the decision. Nothing branches on whether an entry matched:
 * where some packets have none, nobody could guess which.
 */
static void count_in_entries(struct asic_worker *worker, const struct packet *packets,
			     struct tcam_entry **matches, const struct asic_decision **results,
			     size_t count)
{
	struct tcam_entry *nobody = &worker->nobody.tcam;

	for (size_t i = 0; i < count; i++) {
		struct entry *entry = entry_of_tcam(matches[i] ? matches[i] : nobody);

		count_packet(&entry->totals, &packets[i]);
		results[i] = &entry->decision;
	}
}

/* Not alone: entries are only read. */
static void count_apart(struct asic_worker *worker, const struct packet *packets,
			struct tcam_entry **matches, const struct asic_decision **results,
			size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct entry *entry = entry_of_tcam(matches[i]);
		struct offload_stats *totals = &worker->nobody.totals;

		results[i] = &no_match;
		if (matches[i]) {
			totals = &worker->counts[entry_segment(entry)][entry->index % ENTRY_SEGMENT]
					  .stats;
			results[i] = &entry->decision;
		}
		count_packet(totals, &packets[i]);
	}
}

/* The entries are on their way to the first-level cache then. */
static void look_up(struct asic_worker *worker, const struct flow_batch *batch,
		    struct tcam_entry **matches, size_t count)
{
	const struct asic *asic = worker->asic;

	if (worker->cache) {
		flow_cache_lookup(worker->cache, asic->ops, asic->tcam, &worker->view, batch,
				  matches, count);
		return;
	}
	asic->ops->lookup(asic->tcam, &worker->view, batch, matches, count);
	entries_prefetch(matches, count);
}

void asic_process(struct asic_worker *worker, const struct packet *packets,
		  struct flow_batch *batch, const struct asic_decision **results, size_t count)
{
	size_t meta_chunk = flow_positions[FLOW_META_INGRESS_IFINDEX].word / FLOW_CHUNK_WORDS;
	struct tcam_entry *matches[FLOW_BATCH];
	struct asic *asic = worker->asic;

	set_ports(packets, batch, count);
	if (worker->view.chunks >> meta_chunk & 1)
		set_ifindex(packets, asic->nic, batch, count);
	look_up(worker, batch, matches, count);
	if (worker->counts)
		count_apart(worker, packets, matches, results, count);
	else
		count_in_entries(worker, packets, matches, results, count);
}

const struct asic_decision *asic_look(const struct asic *asic, const struct packet *packet,
				      struct flow_batch *batch)
{
	struct tcam_entry *match;
	struct tcam_view view;

	set_ports(packet, batch, 1);
	set_ifindex(packet, asic->nic, batch, 1);
	asic->ops->view(asic->tcam, &view);
	asic->ops->lookup(asic->tcam, &view, batch, &match, 1);
	return match ? &entry_of_tcam(match)->decision : &no_match;
}
