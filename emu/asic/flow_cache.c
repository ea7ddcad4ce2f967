/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flow_cache.h"

#include "entry.h"
#include "flow_short.h"

#include <nicemu/base/random.h>

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum {
	LINE = 64,
	LARGE_PAGE = 2 << 20,

	WINDOW = 16384, /* packets after which hits are judged */
	TRIAL = 2048,   /* the same, just come back */
	/*
	 * Aside, one packet in so many is a sample, more or less: not a run of packets, nor always
	 * the same ones, since traffic with a period would then hit where it was sampled before.
	 */
	SAMPLE_MIN = 16,
	SAMPLE_SPREAD = 32,

	/* Rates of hits, in 1024ths. It stays with this one, and comes back with it. */
	RATE_ONE = 1024,
	RATE_TO_STAY = RATE_ONE / 4,
};

struct flow_cache {
	void *memory; /* in which the sets are aligned */
	size_t bytes; /* of the sets */

	/* What slots of this epoch are about. */
	uint64_t version;
	struct flow_key used;
	struct flow_pack plan;
	flow_pack_function *pack;
	struct flow_short way;
	bool is_short; /* by the short way */
	flow_probe_function *probe;

	uint32_t window;     /* packets after which it is judged */
	uint32_t seen, hits; /* since it was judged */
	bool aside;
	uint32_t to_next_sample; /* packets */
	struct random random;    /* where samples are: the same each time */
	uint64_t sampled_epoch;  /* of those that wait */
	size_t sampled;          /* in misses and answers, until they are a batch */
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

/*
 * Slots get longer only, so that their answers lie where there were answers before, of other
 * epochs, and never where there was a key.
 */
static void new_plan(struct flow_cache *cache, const struct flow_key *used)
{
	size_t words;

	cache->used = *used;
	flow_pack_plan(&cache->plan, used);
	memset(cache->slots.rows, 0, sizeof(cache->slots.rows));
	words = words_for(cache->plan.bytes);
	if (words > cache->slots.words)
		set_slot_words(cache, words);
	cache->is_short =
		cache->slots.words == FLOW_SLOT_SHORT && flow_short_plan(&cache->way, &cache->plan);
}

static_assert(FLOW_SLOT_MIDDLE % FLOW_SLOT_SHORT == 0 && FLOW_SLOT_LONG % FLOW_SLOT_MIDDLE == 0,
	      "the last word of a slot was one before");

static void follow(struct flow_cache *cache, const struct tcam_view *view)
{
	bool other_bits = memcmp(&cache->used, view->used, sizeof(cache->used)) != 0;

	if (cache->slots.epoch && cache->version == view->version && !other_bits)
		return;
	cache->version = view->version;
	if (other_bits)
		new_plan(cache, view->used);
	if (++cache->slots.epoch < FLOW_EPOCHS)
		return;
	memset(cache->slots.sets, 0, cache->bytes);
	cache->slots.epoch = 1;
}

/* --- is it worth asking? --- */

static void judge(struct flow_cache *cache, size_t count, size_t missed)
{
	bool good;

	cache->counters.hits += count - missed;
	cache->counters.misses += missed;
	cache->seen += (uint32_t)count;
	cache->hits += (uint32_t)(count - missed);
	if (cache->seen < cache->window)
		return;
	good = cache->hits * RATE_ONE / cache->seen >= RATE_TO_STAY;
	if (good)
		cache->window = cache->aside ? TRIAL : WINDOW;
	else
		cache->window = FLOW_BATCH;
	cache->aside = !good;
	cache->seen = cache->hits = 0;
	cache->sampled = 0;
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
	entries_prefetch(cache->answers, missed);
	for (size_t m = 0; m < missed; m++)
		results[index[m]] = cache->answers[m];
	flow_slots_put(&cache->slots, cache->answers, missed);
}

/* Find the keys of the batch: how many are missing. */
static size_t ask(struct flow_cache *cache, const struct flow_batch *batch,
		  struct tcam_entry **results, size_t count)
{
	struct flow_slots *slots = &cache->slots;

	if (cache->is_short) {
		flow_short_find(&cache->way, batch, count, slots);
	} else {
		cache->pack(&cache->plan, batch, count, slots->rows, flow_slots_stride(slots));
		flow_slots_find(slots, count);
	}
	return cache->probe(slots, results, count);
}

/* --- aside --- */

/* The packet and its answer wait until there is a batch of them. */
static void add_sample(struct flow_cache *cache, unsigned int chunks,
		       const struct flow_batch *batch, struct tcam_entry *answer, size_t i)
{
	for (unsigned int c = 0; c < FLOW_CHUNKS; c++)
		if (chunks >> c & 1)
			cache->misses.chunk[c][cache->sampled] = batch->chunk[c][i];
	cache->answers[cache->sampled++] = answer;
}

static uint32_t draw_distance(struct flow_cache *cache)
{
	return SAMPLE_MIN + (uint32_t)random_below(&cache->random, SAMPLE_SPREAD);
}

static void ask_samples(struct flow_cache *cache)
{
	struct tcam_entry *known[FLOW_BATCH];
	size_t missed = ask(cache, &cache->misses, known, FLOW_BATCH);

	for (size_t m = 0; m < missed; m++) /* in place: indexes ascend */
		cache->answers[m] = cache->answers[cache->slots.missed[m]];
	flow_slots_put(&cache->slots, cache->answers, missed);
	cache->sampled = 0;
	judge(cache, FLOW_BATCH, missed);
}

static void take_samples(struct flow_cache *cache, const struct tcam_view *view,
			 const struct flow_batch *batch, struct tcam_entry *const *results,
			 size_t count)
{
	size_t i;

	follow(cache, view);
	if (cache->sampled_epoch != cache->slots.epoch)
		cache->sampled = 0; /* answers of another version */
	cache->sampled_epoch = cache->slots.epoch;
	for (i = cache->to_next_sample; i < count && cache->aside; i += draw_distance(cache)) {
		add_sample(cache, view->chunks, batch, results[i], i);
		if (cache->sampled == FLOW_BATCH)
			ask_samples(cache);
	}
	cache->to_next_sample = i < count ? 0 : (uint32_t)(i - count);
	cache->counters.bypassed += count;
}

void flow_cache_lookup(struct flow_cache *cache, const struct tcam_ops *ops,
		       const struct tcam *tcam, const struct tcam_view *view,
		       const struct flow_batch *batch, struct tcam_entry **results, size_t count)
{
	size_t missed;

	if (cache->aside) {
		ops->lookup(tcam, view, batch, results, count);
		entries_prefetch(results, count);
		take_samples(cache, view, batch, results, count);
		return;
	}
	follow(cache, view);
	missed = ask(cache, batch, results, count);
	if (missed)
		look_up_missed(cache, ops, tcam, view, batch, results, missed);
	judge(cache, count, missed);
}
