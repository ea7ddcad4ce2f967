/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flow_slots.h"

#include "entry.h"

#include <assert.h>

/* An answer: epoch on top, address of the entry, and in a bit that addresses have not: was hit. */
enum { EPOCH_SHIFT = 48, LINE_WORDS = 8 };
#define ANSWER_HIT     UINT64_C(1)
#define ANSWER_ADDRESS ((UINT64_C(1) << EPOCH_SHIFT) - 1 - ANSWER_HIT)

static_assert(_Alignof(struct tcam_entry) > ANSWER_HIT, "an address has the bit to spare");
static_assert((FLOW_SLOT_LONG - 1) * 8 >= FLOW_KEY_WORDS * 8, "every key fits the longest slot");

/* `words` is a constant wherever one of these is used, so that loops over it become none. */
#define INLINE static inline __attribute__((always_inline))

INLINE const uint64_t *row(const struct flow_slots *slots, size_t i, size_t words)
{
	return (const uint64_t *)&slots->rows[i * ((words - 1) * 8 + FLOW_PACK_SLACK)];
}

/* Products with odd numbers: their upper halves depend on every bit below. */
INLINE uint64_t hash_key(const uint64_t *key, size_t words)
{
	static const uint64_t odd[] = {UINT64_C(0x9e3779b97f4a7c15), UINT64_C(0xc2b2ae3d27d4eb4f),
				       UINT64_C(0xff51afd7ed558ccd), UINT64_C(0xd6e8feb86659fd93)};
	uint64_t hash = 0;

	for (size_t w = 0; w < words - 1; w++)
		hash += key[w] * (odd[w % 4] + 2 * (w / 4));
	return (hash ^ hash >> 29) * odd[3] >> 32;
}

INLINE void find(struct flow_slots *slots, size_t count, size_t words)
{
	for (size_t i = 0; i < count; i++) {
		uint64_t hash = hash_key(row(slots, i, words), words);
		uint64_t *set = &slots->sets[(hash * slots->num_sets >> 32) * FLOW_WAYS * words];

		slots->set[i] = set;
		for (size_t w = 0; w < FLOW_WAYS * words; w += LINE_WORDS)
			__builtin_prefetch(&set[w], 1);
	}
}

void flow_slots_find(struct flow_slots *slots, size_t count)
{
	if (slots->words == FLOW_SLOT_SHORT)
		find(slots, count, FLOW_SLOT_SHORT);
	else if (slots->words == FLOW_SLOT_MIDDLE)
		find(slots, count, FLOW_SLOT_MIDDLE);
	else
		find(slots, count, FLOW_SLOT_LONG);
}

/* 0 where the slot is about that key, now. */
INLINE uint64_t differs(const uint64_t *slot, const uint64_t *key, uint64_t epoch, size_t words)
{
	uint64_t bits = slot[words - 1] >> EPOCH_SHIFT ^ epoch;

	for (size_t w = 0; w < words - 1; w++)
		bits |= slot[w] ^ key[w];
	return bits;
}

/*
 * Of packet i, where the first or the second slot of its set is hit: 1 if none is. Which one it is
 * is anybody's guess, so nothing branches on it.
 */
INLINE size_t answer(uint64_t *set, bool first, bool second, struct tcam_entry **result,
		     size_t words)
{
	uint64_t *at = set + words - 1 + (first ? 0 : words);
	uint64_t word = *at;

	*result = (struct tcam_entry *)(uintptr_t)(word & ANSWER_ADDRESS);
	entry_prefetch(*result);
	if ((first | second) && !(word & ANSWER_HIT))
		*at = word | ANSWER_HIT;
	return !(first | second);
}

INLINE size_t probe(struct flow_slots *slots, struct tcam_entry **results, size_t count,
		    size_t words)
{
	uint64_t epoch = slots->epoch;
	size_t missed = 0;

	for (size_t i = 0; i < count; i++) {
		uint64_t *set = slots->set[i];
		const uint64_t *key = row(slots, i, words);
		bool first = !differs(set, key, epoch, words);
		bool second = !differs(set + words, key, epoch, words);

		slots->missed[missed] = (uint8_t)i;
		missed += answer(set, first, second, &results[i], words);
	}
	return missed;
}

size_t flow_probe_plain(struct flow_slots *slots, struct tcam_entry **results, size_t count)
{
	if (slots->words == FLOW_SLOT_SHORT)
		return probe(slots, results, count, FLOW_SLOT_SHORT);
	if (slots->words == FLOW_SLOT_MIDDLE)
		return probe(slots, results, count, FLOW_SLOT_MIDDLE);
	return probe(slots, results, count, FLOW_SLOT_LONG);
}

#if defined(__x86_64__)

#include <immintrin.h>

/* A slot is one register; so is a row: its slack is zero where the slot has the answer. */
__attribute__((target("avx2"))) static size_t
probe_short_avx2(struct flow_slots *slots, struct tcam_entry **results, size_t count)
{
	const __m256i epoch = _mm256_set_epi64x((long long)(slots->epoch << EPOCH_SHIFT), 0, 0, 0);
	const __m256i all = _mm256_set_epi64x((long long)(UINT64_MAX << EPOCH_SHIFT), -1, -1, -1);
	size_t missed = 0;

	for (size_t i = 0; i < count; i++) {
		const __m256i *set = (const __m256i *)slots->set[i];
		__m256i key = _mm256_loadu_si256((const void *)row(slots, i, FLOW_SLOT_SHORT));
		bool first, second;

		key = _mm256_xor_si256(key, epoch);
		first = _mm256_testz_si256(_mm256_xor_si256(_mm256_load_si256(set), key), all);
		second = _mm256_testz_si256(_mm256_xor_si256(_mm256_load_si256(set + 1), key), all);
		slots->missed[missed] = (uint8_t)i;
		missed += answer(slots->set[i], first, second, &results[i], FLOW_SLOT_SHORT);
	}
	return missed;
}

flow_probe_function *flow_probe_best_short(void)
{
	return __builtin_cpu_supports("avx2") ? probe_short_avx2 : flow_probe_plain;
}

#else

flow_probe_function *flow_probe_best_short(void)
{
	return flow_probe_plain;
}

#endif

/* The slot for a new key; NULL: none is given away this time. */
INLINE uint64_t *slot_to_give(uint64_t *set, uint64_t epoch, size_t words)
{
	uint64_t *first = &set[words - 1], *second = &set[2 * words - 1];

	if (*first >> EPOCH_SHIFT != epoch)
		return set;
	if (*second >> EPOCH_SHIFT != epoch)
		return set + words;
	if (*first & *second & ANSWER_HIT) {
		*first &= ~ANSWER_HIT;
		*second &= ~ANSWER_HIT;
		return NULL;
	}
	return *first & ANSWER_HIT ? set + words : set;
}

INLINE void put_one(uint64_t *set, const uint64_t *key, uint64_t epoch,
		    const struct tcam_entry *entry, size_t words)
{
	uint64_t *slot;

	/* The same flow may have missed twice in this batch. */
	for (size_t n = 0; n < FLOW_WAYS; n++)
		if (!differs(&set[n * words], key, epoch, words))
			return;
	slot = slot_to_give(set, epoch, words);
	if (!slot || (uintptr_t)entry & ~ANSWER_ADDRESS)
		return;
	for (size_t w = 0; w < words - 1; w++)
		slot[w] = key[w];
	slot[words - 1] = epoch << EPOCH_SHIFT | (uintptr_t)entry;
}

INLINE void put(struct flow_slots *slots, struct tcam_entry *const *answers, size_t count,
		size_t words)
{
	for (size_t m = 0; m < count; m++) {
		size_t i = slots->missed[m];

		put_one(slots->set[i], row(slots, i, words), slots->epoch, answers[m], words);
	}
}

void flow_slots_put(struct flow_slots *slots, struct tcam_entry *const *answers, size_t count)
{
	if (slots->words == FLOW_SLOT_SHORT)
		put(slots, answers, count, FLOW_SLOT_SHORT);
	else if (slots->words == FLOW_SLOT_MIDDLE)
		put(slots, answers, count, FLOW_SLOT_MIDDLE);
	else
		put(slots, answers, count, FLOW_SLOT_LONG);
}
