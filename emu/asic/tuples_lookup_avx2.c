/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The look-up for x86-64 with AVX2 and AES: chunk 0 of eight packets is hashed at once, half a word
 * after the other; what else a mask looks at, by rounds of AES.
 */
#include "tuples_words.h"

#ifdef __x86_64__

#include <immintrin.h>
#include <string.h>

#define WALK_TARGET __attribute__((target("avx2,aes,bmi2,popcnt")))

/* --- hashes --- */

static const uint32_t SEED = 0x243f6a88, FACTOR = 0x9e3779b1;
enum { SHIFT = 16, LAST_SHIFT = 13 };

/* Spreads each bit of eight hashes; then the same for one. */
static inline WALK_TARGET __m256i mix_eight(__m256i hash, int shift)
{
	hash = _mm256_mullo_epi32(hash, _mm256_set1_epi32((int)FACTOR));
	return _mm256_xor_si256(hash, _mm256_srli_epi32(hash, shift));
}

static inline uint32_t mix(uint32_t hash, int shift)
{
	hash *= FACTOR;
	return hash ^ hash >> shift;
}

/* Eight packets: from a chunk each to a half of a word of each. */
static inline WALK_TARGET void transpose(struct walk_lanes *lanes, uint32_t first,
					 const struct flow_chunk *chunks)
{
	__m256i row[WALK_STEP], pair[WALK_STEP];

	for (unsigned int i = 0; i < WALK_STEP; i++)
		row[i] = _mm256_loadu_si256((const __m256i *)&chunks[lanes->packet[first + i]]);
	for (unsigned int i = 0; i < WALK_STEP; i += 2) {
		pair[i] = _mm256_unpacklo_epi32(row[i], row[i + 1]);
		pair[i + 1] = _mm256_unpackhi_epi32(row[i], row[i + 1]);
	}
	for (unsigned int i = 0; i < WALK_STEP; i += 4) {
		row[i] = _mm256_unpacklo_epi64(pair[i], pair[i + 2]);
		row[i + 1] = _mm256_unpackhi_epi64(pair[i], pair[i + 2]);
		row[i + 2] = _mm256_unpacklo_epi64(pair[i + 1], pair[i + 3]);
		row[i + 3] = _mm256_unpackhi_epi64(pair[i + 1], pair[i + 3]);
	}
	for (unsigned int i = 0; i < 4; i++) {
		_mm256_store_si256((__m256i *)&lanes->half[i][first],
				   _mm256_permute2x128_si256(row[i], row[i + 4], 0x20));
		_mm256_store_si256((__m256i *)&lanes->half[i + 4][first],
				   _mm256_permute2x128_si256(row[i], row[i + 4], 0x31));
	}
}

static inline WALK_TARGET void walk_lanes(struct walk_lanes *lanes, const struct flow_batch *batch,
					  const uint32_t *packets, uint32_t count)
{
	memcpy(lanes->packet, packets, count * sizeof(packets[0]));
	for (uint32_t i = count; i % WALK_STEP; i++)
		lanes->packet[i] = 0; /* any */
	lanes->count = count;
	for (uint32_t i = 0; i < count; i += WALK_STEP)
		transpose(lanes, i, batch->chunk[0]);
}

static inline WALK_TARGET __m128i hash_chunk(__m128i state, const uint64_t *chunk,
					     const uint64_t *mask)
{
	__m256i key = _mm256_and_si256(_mm256_loadu_si256((const __m256i *)chunk),
				       _mm256_loadu_si256((const __m256i *)mask));
	__m128i low = _mm_xor_si128(_mm256_castsi256_si128(key), state);

	return _mm_aesenc_si128(_mm_aesenc_si128(low, _mm256_extracti128_si256(key, 1)), state);
}

/* What the chunks besides chunk 0 add. */
static inline WALK_TARGET uint32_t hash_further(const uint64_t *mask, uint32_t further,
						const uint64_t *const chunk[FLOW_CHUNKS])
{
	const __m128i seed = _mm_set1_epi64x(INT64_C(0x243f6a8885a308d3));
	__m128i hash = seed;

	for (unsigned int c = 1; c < FLOW_CHUNKS; c++)
		if (further >> c & 1)
			hash = hash_chunk(hash, chunk[c], &mask[c * FLOW_CHUNK_WORDS]);
	return (uint32_t)_mm_cvtsi128_si32(_mm_aesenc_si128(hash, seed));
}

static inline uint32_t half_of(const uint64_t *words, unsigned int half)
{
	return (uint32_t)(words[half / 2] >> half % 2 * 32);
}

static inline WALK_TARGET void walk_hashes(struct walk_lanes *lanes, const struct flow_batch *batch,
					   const struct tuples_state *state, uint32_t table)
{
	const uint64_t *mask = state->table[table].mask;
	const uint32_t *halves[WALK_HALVES];
	__m256i within[WALK_HALVES];
	uint32_t num_halves = 0, further = state->table[table].further;

	for (unsigned int h = 0; h < WALK_HALVES; h++) {
		halves[num_halves] = lanes->half[h];
		within[num_halves] = _mm256_set1_epi32((int)half_of(mask, h));
		num_halves += !!half_of(mask, h);
	}
	for (uint32_t i = 0; i < lanes->count; i += WALK_STEP) {
		__m256i hash = _mm256_set1_epi32((int)SEED);

		for (uint32_t h = 0; h < num_halves; h++) {
			__m256i half = _mm256_load_si256((const __m256i *)&halves[h][i]);

			hash = _mm256_xor_si256(hash, _mm256_and_si256(half, within[h]));
			hash = mix_eight(hash, SHIFT);
		}
		hash = mix_eight(mix_eight(hash, LAST_SHIFT), SHIFT);
		_mm256_store_si256((__m256i *)&lanes->hash[i], hash);
	}
	for (uint32_t i = 0; further && i < lanes->count; i++) {
		uint32_t packet = lanes->packet[i];
		const uint64_t *const chunk[FLOW_CHUNKS] = {
			NULL,
			batch->chunk[1][packet].word,
			batch->chunk[2][packet].word,
			batch->chunk[3][packet].word,
		};

		lanes->hash[i] ^= hash_further(state->mask[table].word, further, chunk);
	}
}

static WALK_TARGET uint32_t hash_record(const struct tuples_state *state, uint32_t table,
					const uint64_t *const chunk[FLOW_CHUNKS])
{
	const uint64_t *mask = state->mask[table].word;
	uint32_t hash = SEED, further = state->table[table].further;

	for (unsigned int h = 0; h < WALK_HALVES; h++)
		if (half_of(mask, h))
			hash = mix(hash ^ (half_of(chunk[0], h) & half_of(mask, h)), SHIFT);
	hash = mix(mix(hash, LAST_SHIFT), SHIFT);
	return further ? hash ^ hash_further(mask, further, chunk) : hash;
}

/* --- what was found --- */

/* For each set of eight lanes their numbers, a byte each. */
static uint64_t lanes_of_set[256];

__attribute__((constructor)) static void number_lanes(void)
{
	for (unsigned int set = 0; set < 256; set++)
		for (unsigned int lane = WALK_STEP; lane--;)
			if (set >> lane & 1)
				lanes_of_set[set] = lanes_of_set[set] << 8 | lane;
}

/* The lanes of the set, one behind the other. */
static inline WALK_TARGET __m256i in_front(__m256i lanes, uint32_t set)
{
	__m128i numbers = _mm_loadl_epi64((const __m128i *)&lanes_of_set[set]);

	return _mm256_permutevar8x32_epi32(lanes, _mm256_cvtepu8_epi32(numbers));
}

/* The set of those of eight lanes that have this bit, of the lanes from i on. */
static inline WALK_TARGET uint32_t with_bit(__m256i lanes, __m256i bit, uint32_t i, uint32_t count)
{
	__m256i tops = _mm256_sllv_epi32(lanes, _mm256_sub_epi32(_mm256_set1_epi32(31), bit));
	uint32_t set = (uint32_t)_mm256_movemask_ps(_mm256_castsi256_ps(tops));

	return count - i < WALK_STEP ? set & ((1u << (count - i)) - 1) : set;
}

static inline WALK_TARGET uint32_t walk_filter(const uint32_t *found, const uint32_t *hashes,
					       const uint32_t *packets, uint32_t count,
					       uint32_t *items)
{
	const __m256i number = _mm256_set1_epi32(TUPLES_NUMBER);
	const __m256i filter = _mm256_set1_epi32(TUPLES_NUMBER_BITS);
	uint32_t num_items = 0;

	for (uint32_t i = 0; i < count; i += WALK_STEP) {
		__m256i hash = _mm256_load_si256((const __m256i *)&hashes[i]);
		__m256i slot = _mm256_load_si256((const __m256i *)&found[i]);
		__m256i packet = _mm256_load_si256((const __m256i *)&packets[i]);
		__m256i bit = _mm256_add_epi32(_mm256_srli_epi32(hash, 29), filter);
		__m256i item = _mm256_or_si256(_mm256_and_si256(slot, number),
					       _mm256_slli_epi32(packet, TUPLES_NUMBER_BITS));
		uint32_t set = with_bit(slot, bit, i, count);

		_mm256_storeu_si256((__m256i *)&items[num_items], in_front(item, set));
		num_items += (uint32_t)__builtin_popcount(set);
	}
	return num_items;
}

static inline WALK_TARGET void walk_raised(const uint32_t *found, uint32_t mask,
					   const struct walk_lanes *lanes, struct walk_calls *calls)
{
	const __m256i low = _mm256_set1_epi32((int)(mask & 31));
	uint32_t num_calls = 0;

	for (uint32_t i = 0; i < lanes->count; i += WALK_STEP) {
		__m256i hash = _mm256_load_si256((const __m256i *)&lanes->hash[i]);
		__m256i packet = _mm256_load_si256((const __m256i *)&lanes->packet[i]);
		__m256i word = _mm256_load_si256((const __m256i *)&found[i]);
		uint32_t set = with_bit(word, _mm256_and_si256(hash, low), i, lanes->count);

		_mm256_storeu_si256((__m256i *)&calls->hash[num_calls], in_front(hash, set));
		_mm256_storeu_si256((__m256i *)&calls->packet[num_calls], in_front(packet, set));
		num_calls += (uint32_t)__builtin_popcount(set);
	}
	calls->count = num_calls;
}

/* --- comparisons --- */

static inline WALK_TARGET bool walk_differs(const struct flow_chunk *chunk, const uint64_t *value,
					    const uint64_t *mask)
{
	__m256i differ = _mm256_xor_si256(_mm256_loadu_si256((const __m256i *)chunk),
					  _mm256_loadu_si256((const __m256i *)value));

	return !_mm256_testz_si256(differ, _mm256_loadu_si256((const __m256i *)mask));
}

/* The bits of records beyond count are not to be used. */
static inline WALK_TARGET uint64_t walk_matches(const struct walk_words *words, uint32_t count,
						const struct flow_chunk *chunk)
{
	__m256i word[FLOW_CHUNK_WORDS];
	uint64_t bits = 0;

	for (unsigned int w = 0; w < FLOW_CHUNK_WORDS; w++)
		word[w] = _mm256_set1_epi64x((int64_t)chunk->word[w]);
	for (uint32_t at = 0; at < count; at += WALK_LANES) {
		__m256i same = _mm256_set1_epi64x(-1);

		for (unsigned int w = 0; w < FLOW_CHUNK_WORDS; w++) {
			const __m256i *value = (const __m256i *)&words->value[w][at];
			const __m256i *mask = (const __m256i *)&words->mask[w][at];
			__m256i within = _mm256_and_si256(word[w], _mm256_load_si256(mask));

			same = _mm256_and_si256(
				same, _mm256_cmpeq_epi64(within, _mm256_load_si256(value)));
		}
		bits |= (uint64_t)(uint32_t)_mm256_movemask_pd(_mm256_castsi256_pd(same)) << at;
	}
	return bits;
}

#include "tuples_walk.h"

const struct tuples_kind tuples_avx2 = {.hash = hash_record, .lookup = walk_lookup};

bool tuples_avx2_here(void)
{
	return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("aes") &&
	       __builtin_cpu_supports("bmi2") && __builtin_cpu_supports("popcnt");
}

#else

bool tuples_avx2_here(void)
{
	return false;
}

const struct tuples_kind tuples_avx2;

#endif
