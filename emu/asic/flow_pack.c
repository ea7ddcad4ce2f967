/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flow_pack.h"

#include <string.h>

/* A byte of a shuffle's plan that makes a zero, on every machine. */
enum { FROM_NOWHERE = 0x80 };

static void plan_half(struct flow_pack *plan, const uint8_t *used, size_t half)
{
	struct flow_pack_half *h = &plan->half[plan->halves];

	*h = (struct flow_pack_half){
		.chunk = (uint8_t)(half / 2),
		.offset = (uint8_t)(half % 2 * FLOW_PACK_HALF),
		.to = (uint8_t)plan->bytes,
	};
	memcpy(h->mask, used, FLOW_PACK_HALF);
	memset(h->from, FROM_NOWHERE, sizeof(h->from));
	for (uint8_t i = 0; i < FLOW_PACK_HALF; i++)
		if (used[i])
			h->from[h->bytes++] = i;
	plan->halves += h->bytes != 0;
	plan->bytes += h->bytes;
}

void flow_pack_plan(struct flow_pack *plan, const struct flow_key *used)
{
	const uint8_t *bytes = (const uint8_t *)used->word;

	plan->halves = plan->bytes = 0;
	for (size_t half = 0; half < FLOW_PACK_HALVES; half++)
		plan_half(plan, &bytes[half * FLOW_PACK_HALF], half);
}

static const uint8_t *half_of(const struct flow_pack_half *half, const struct flow_batch *batch,
			      size_t i)
{
	return (const uint8_t *)&batch->chunk[half->chunk][i] + half->offset;
}

void flow_pack_plain(const struct flow_pack *plan, const struct flow_batch *batch, size_t count,
		     uint8_t *rows, size_t stride)
{
	for (size_t n = 0; n < plan->halves; n++) {
		const struct flow_pack_half *half = &plan->half[n];

		for (size_t i = 0; i < count; i++) {
			const uint8_t *from = half_of(half, batch, i);
			uint8_t *to = &rows[i * stride + half->to];

			for (size_t b = 0; b < half->bytes; b++)
				to[b] = from[half->from[b]] & half->mask[half->from[b]];
		}
	}
}

/* A store of 16 bytes also zeroes some behind the half's: those of the halves that follow, or of
 * the row's slack. */
#if defined(__x86_64__)

#include <tmmintrin.h>

__attribute__((target("ssse3"))) static void pack_ssse3(const struct flow_pack *plan,
							const struct flow_batch *batch,
							size_t count, uint8_t *rows, size_t stride)
{
	for (size_t n = 0; n < plan->halves; n++) {
		const struct flow_pack_half *half = &plan->half[n];
		__m128i mask = _mm_load_si128((const void *)half->mask);
		__m128i shuffle = _mm_load_si128((const void *)half->from);
		const uint8_t *from = half_of(half, batch, 0);
		uint8_t *to = &rows[half->to];

		for (size_t i = 0; i < count; i++) {
			__m128i bytes = _mm_load_si128((const void *)from);

			bytes = _mm_shuffle_epi8(_mm_and_si128(bytes, mask), shuffle);
			_mm_storeu_si128((void *)to, bytes);
			from += sizeof(struct flow_chunk);
			to += stride;
		}
	}
}

flow_pack_function *flow_pack_best(void)
{
	return __builtin_cpu_supports("ssse3") ? pack_ssse3 : flow_pack_plain;
}

#elif defined(__aarch64__)

#include <arm_neon.h>

static void pack_neon(const struct flow_pack *plan, const struct flow_batch *batch, size_t count,
		      uint8_t *rows, size_t stride)
{
	for (size_t n = 0; n < plan->halves; n++) {
		const struct flow_pack_half *half = &plan->half[n];
		uint8x16_t mask = vld1q_u8(half->mask), shuffle = vld1q_u8(half->from);

		for (size_t i = 0; i < count; i++) {
			uint8x16_t bytes = vld1q_u8(half_of(half, batch, i));

			vst1q_u8(&rows[i * stride + half->to],
				 vqtbl1q_u8(vandq_u8(bytes, mask), shuffle));
		}
	}
}

flow_pack_function *flow_pack_best(void)
{
	return pack_neon;
}

#else

flow_pack_function *flow_pack_best(void)
{
	return flow_pack_plain;
}

#endif
