/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flow_cache.h"

#include "flow_slots.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum {
	LINE = 64,
	LARGE_PAGE = 2 << 20,

	WINDOW = 16384, /* packets after which hits are judged */
	TRIAL = 2048,   /* the same, just come back */
	SAMPLE = 128,   /* packets of a sample, at least */
	/*
	 * Packets that go by between two samples: 32 times a sample, more or less, so that traffic
	 * with a period is not seen at the same place each time; fewer after a sample with hits.
	 */
	BYPASS_MIN = 16 * SAMPLE,
	BYPASS_SPREAD = 32 * SAMPLE,
	BYPASS_SHORT = 4 * SAMPLE,

	/* Rates of hits, in 1024ths. */
	RATE_ONE = 1024,
	RATE_TO_STAY = RATE_ONE / 4,
	RATE_TO_RETURN = RATE_ONE / 3,
	RATE_PROMISING = RATE_ONE / 16,
};

struct flow_cache {
	void *memory; /* in which the sets are aligned */
	size_t bytes; /* of the sets */

	/* What slots of this epoch are about. */
	uint64_t version;
	struct flow_key used;
	struct flow_pack plan;
	flow_pack_function *pack;
	flow_probe_function *probe;

	bool aside;              /* all but samples go by */
	uint32_t left_to_bypass; /* packets until the next sample */
	uint32_t window;         /* packets after which it is judged */
	uint32_t seen, hits;     /* since it was judged */
	uint32_t rate; /* aside: hits of the last samples, RATE_ONE each, older ones less */
	uint64_t samples;
	struct flow_cache_counters counters;

	/* The batch at hand. */
	struct flow_slots slots;
	struct tcam_entry *answers[FLOW_BATCH];
	struct flow_batch misses;
};

/* --- life --- */

static void set_slot_words(struct flow_cache *cache, size_t words)
{
	cache->slots.words = words;
	cache->slots.num_sets = cache->bytes / (FLOW_WAYS * words * 8);
	cache->probe = words == FLOW_SLOT_SHORT ? flow_probe_best_short() : flow_probe_plain;
}

/* Zeroed memory is asked for, not zeroed: what is never used then takes none. */
static int allocate_sets(struct flow_cache *cache, size_t bytes)
{
	size_t alignment = bytes >= LARGE_PAGE ? LARGE_PAGE : LINE;

	cache->memory = calloc(1, bytes + alignment);
	if (!cache->memory)
		return -1;
	cache->bytes = bytes;
	cache->slots.sets = (uint64_t *)(((uintptr_t)cache->memory + alignment - 1) &
					 ~((uintptr_t)alignment - 1));
	/* Only makes it faster, so what it answers is all the same. */
	if (alignment == LARGE_PAGE)
		madvise(cache->slots.sets, bytes, MADV_HUGEPAGE);
	return 0;
}

struct flow_cache *flow_cache_create(size_t bytes)
{
	struct flow_cache *cache;

	if (bytes < FLOW_CACHE_MIN)
		return NULL;
	cache = aligned_alloc(_Alignof(struct flow_cache), sizeof(*cache));
	if (!cache)
		return NULL;
	memset(cache, 0, sizeof(*cache));
	if (allocate_sets(cache, bytes & ~(size_t)(LINE - 1))) {
		free(cache);
		return NULL;
	}
	cache->pack = flow_pack_best();
	cache->window = WINDOW;
	set_slot_words(cache, FLOW_SLOT_SHORT);
	return cache;
}

void flow_cache_destroy(struct flow_cache *cache)
{
	if (cache)
		free(cache->memory);
	free(cache);
}

size_t flow_cache_bytes(const struct flow_cache *cache)
{
	return cache->bytes;
}

struct flow_cache_counters flow_cache_counters(const struct flow_cache *cache)
{
	return cache->counters;
}

/* --- the table's versions --- */

static size_t words_for(size_t bytes)
{
	if (bytes <= (FLOW_SLOT_SHORT - 1) * 8)
		return FLOW_SLOT_SHORT;
	return bytes <= (FLOW_SLOT_MIDDLE - 1) * 8 ? FLOW_SLOT_MIDDLE : FLOW_SLOT_LONG;
}

/* True where the slots are others now. They get no shorter, so that rules that come and go don't
 * clear the cache each time. */
static bool new_plan(struct flow_cache *cache, const struct flow_key *used)
{
	size_t words;

	cache->used = *used;
	flow_pack_plan(&cache->plan, used);
	memset(cache->slots.rows, 0, sizeof(cache->slots.rows));
	words = words_for(cache->plan.bytes);
	if (words <= cache->slots.words)
		return false;
	set_slot_words(cache, words);
	return true;
}

static void follow(struct flow_cache *cache, const struct tcam_view *view)
{
	bool other_bits = memcmp(&cache->used, view->used, sizeof(cache->used)) != 0;
	bool other_slots = other_bits && new_plan(cache, view->used);

	if (cache->slots.epoch && cache->version == view->version && !other_bits)
		return;
	cache->version = view->version;
	if (++cache->slots.epoch < FLOW_EPOCHS && !other_slots)
		return;
	memset(cache->slots.sets, 0, cache->bytes);
	cache->slots.epoch = 1;
}

/* --- is it worth asking? --- */

static void stand_aside(struct flow_cache *cache, uint32_t rate)
{
	/* Multiples of a large odd number: as good as drawn, and the same each time. */
	uint32_t drawn = (uint32_t)(++cache->samples * UINT64_C(0x9e3779b97f4a7c15) >> 32);

	cache->window = SAMPLE;
	cache->left_to_bypass = cache->aside && rate >= RATE_PROMISING
					? BYPASS_SHORT
					: BYPASS_MIN + drawn % BYPASS_SPREAD;
	cache->aside = true;
}

static void come_back(struct flow_cache *cache)
{
	cache->aside = false;
	cache->window = TRIAL;
	cache->rate = 0;
}

static void judge(struct flow_cache *cache, size_t count, size_t missed)
{
	uint32_t rate;

	cache->counters.hits += count - missed;
	cache->counters.misses += missed;
	cache->seen += (uint32_t)count;
	cache->hits += (uint32_t)(count - missed);
	if (cache->seen < cache->window)
		return;
	rate = cache->hits * RATE_ONE / cache->seen;
	cache->seen = cache->hits = 0;
	if (cache->aside) {
		/* One sample may be of packets that happened to be sampled before. */
		cache->rate = (3 * cache->rate + rate) / 4;
		if (cache->rate >= RATE_TO_RETURN)
			come_back(cache);
		else
			stand_aside(cache, rate);
	} else if (rate < RATE_TO_STAY) {
		stand_aside(cache, rate);
	} else {
		cache->window = WINDOW;
	}
}

/* --- a batch --- */

/* What missed is looked up in the table, as a batch of its own. */
static void look_up_missed(struct flow_cache *cache, const struct tcam_ops *ops,
			   const struct tcam *tcam, const struct tcam_view *view,
			   const struct flow_batch *batch, struct tcam_entry **results,
			   size_t missed)
{
	const uint8_t *index = cache->slots.missed;

	for (unsigned int c = 0; c < FLOW_CHUNKS; c++)
		for (size_t m = 0; view->chunks >> c & 1 && m < missed; m++)
			cache->misses.chunk[c][m] = batch->chunk[c][index[m]];
	ops->lookup(tcam, view, &cache->misses, cache->answers, missed);
	for (size_t m = 0; m < missed; m++)
		results[index[m]] = cache->answers[m];
	flow_slots_put(&cache->slots, cache->answers, missed);
}

void flow_cache_lookup(struct flow_cache *cache, const struct tcam_ops *ops,
		       const struct tcam *tcam, const struct tcam_view *view,
		       const struct flow_batch *batch, struct tcam_entry **results, size_t count)
{
	struct flow_slots *slots = &cache->slots;
	size_t missed;

	if (cache->aside && cache->left_to_bypass) {
		ops->lookup(tcam, view, batch, results, count);
		cache->left_to_bypass -=
			count < cache->left_to_bypass ? (uint32_t)count : cache->left_to_bypass;
		cache->counters.bypassed += count;
		return;
	}
	follow(cache, view);
	cache->pack(&cache->plan, batch, count, slots->rows, flow_slots_stride(slots));
	flow_slots_find(slots, count);
	missed = cache->probe(slots, results, count);
	if (missed)
		look_up_missed(cache, ops, tcam, view, batch, results, missed);
	judge(cache, count, missed);
}
