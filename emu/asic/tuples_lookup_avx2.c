/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The look-up for x86-64 with AVX2 and AES: chunks in one register, hashed by rounds of AES. */
#include "tuples_words.h"

#ifdef __x86_64__

#include <immintrin.h>

#define WALK_TARGET __attribute__((target("avx2,aes,bmi2")))
#define WALK_HASH   struct avx2_mask

struct avx2_mask {
	__m256i mask[FLOW_CHUNKS];
};

static inline WALK_TARGET __m128i hash_chunk(__m128i state, const uint64_t *chunk, __m256i mask)
{
	__m256i key = _mm256_and_si256(_mm256_loadu_si256((const __m256i *)chunk), mask);
	__m128i low = _mm_xor_si128(_mm256_castsi256_si128(key), state);

	return _mm_aesenc_si128(_mm_aesenc_si128(low, _mm256_extracti128_si256(key, 1)), state);
}

static inline WALK_TARGET uint32_t walk_hash_chunks(const struct avx2_mask *prepared,
						    uint32_t further,
						    const uint64_t *const chunk[FLOW_CHUNKS])
{
	const __m128i seed = _mm_set1_epi64x(INT64_C(0x243f6a8885a308d3));
	__m128i hash = hash_chunk(seed, chunk[0], prepared->mask[0]);

	for (unsigned int c = 1; c < FLOW_CHUNKS; c++)
		if (further >> c & 1)
			hash = hash_chunk(hash, chunk[c], prepared->mask[c]);
	return (uint32_t)_mm_cvtsi128_si32(_mm_aesenc_si128(hash, seed));
}

static inline WALK_TARGET struct avx2_mask walk_prepare(const struct tuples_state *state,
							uint32_t table)
{
	struct avx2_mask prepared;

	for (unsigned int c = 0; c < FLOW_CHUNKS; c++)
		prepared.mask[c] = _mm256_loadu_si256(
			(const __m256i *)&state->mask[table].word[c * FLOW_CHUNK_WORDS]);
	return prepared;
}

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

const struct tuples_kind tuples_avx2 = {.hash = walk_hash_record, .lookup = walk_lookup};

bool tuples_avx2_here(void)
{
	return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("aes") &&
	       __builtin_cpu_supports("bmi2");
}

#else

bool tuples_avx2_here(void)
{
	return false;
}

const struct tuples_kind tuples_avx2;

#endif
