/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flow_short.h"

#if defined(__x86_64__)

#include <immintrin.h>
#include <string.h>

#define AVX2 __attribute__((target("avx2,sse4.2")))

enum { ROW = FLOW_SLOT_SHORT * 8, KEY = ROW - 8, FROM_NOWHERE = 0x80 };

static bool is_short(const struct flow_pack *plan)
{
	for (size_t n = 0; n < plan->halves; n++)
		if (plan->half[n].chunk)
			return false;
	return plan->bytes <= KEY;
}

bool flow_short_plan(struct flow_short *way, const struct flow_pack *plan)
{
	if (!is_short(plan) || !__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("sse4.2"))
		return false;
	memset(way->lower, FROM_NOWHERE, ROW);
	memset(way->upper, FROM_NOWHERE, ROW);
	memset(way->mask, 0, ROW);
	for (size_t n = 0; n < plan->halves; n++) {
		const struct flow_pack_half *half = &plan->half[n];
		uint8_t *from = half->offset ? way->upper : way->lower;

		for (size_t b = 0; b < half->bytes; b++) {
			from[half->to + b] = half->from[b];
			way->mask[half->to + b] = half->mask[half->from[b]];
		}
	}
	return true;
}

/* Both halves are in both lanes of a register, so that each byte can go anywhere. */
AVX2 void flow_short_find(const struct flow_short *way, const struct flow_batch *batch,
			  size_t count, struct flow_slots *slots)
{
	const __m256i lower = _mm256_load_si256((const void *)way->lower);
	const __m256i upper = _mm256_load_si256((const void *)way->upper);
	const __m256i mask = _mm256_load_si256((const void *)way->mask);
	uint64_t num_sets = slots->num_sets, *sets = slots->sets;

	for (size_t i = 0; i < count; i++) {
		const __m128i *chunk = (const __m128i *)&batch->chunk[0][i];
		uint64_t *row = (uint64_t *)&slots->rows[i * FLOW_STRIDE_SHORT];
		__m256i low = _mm256_broadcastsi128_si256(chunk[0]);
		__m256i high = _mm256_broadcastsi128_si256(chunk[1]);
		__m256i key = _mm256_or_si256(_mm256_shuffle_epi8(low, lower),
					      _mm256_shuffle_epi8(high, upper));
		uint64_t hash, *set;

		_mm256_storeu_si256((void *)row, _mm256_and_si256(key, mask));
		hash = _mm_crc32_u64(0, row[0]);
		hash = _mm_crc32_u64(hash, row[1]);
		hash = _mm_crc32_u64(hash, row[2]);
		hash = (uint32_t)hash * FLOW_SHORT_FACTOR;
		set = &sets[(hash * num_sets >> 32) * FLOW_WAYS * FLOW_SLOT_SHORT];
		slots->set[i] = set;
		__builtin_prefetch(set, 1);
	}
}

#else

bool flow_short_plan(struct flow_short *way, const struct flow_pack *plan)
{
	(void)way;
	(void)plan;
	return false;
}

void flow_short_find(const struct flow_short *way, const struct flow_batch *batch, size_t count,
		     struct flow_slots *slots)
{
	/* No plan is short here. */
	(void)way;
	(void)batch;
	(void)count;
	(void)slots;
}

#endif
