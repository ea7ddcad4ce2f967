/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "variants.h"

#if defined(__x86_64__)

#include "fast.h"

#include <assert.h>
#include <immintrin.h>
#include <stddef.h>

static_assert(sizeof(struct fast_protocol) == 64 && offsetof(struct fast_protocol, present) == 32,
	      "a row is two vectors");

#define AVX2 __attribute__((target("avx2")))

/*
 * Chunk 0 of IPv4 in one register. The lower half is made of 16 bytes from the type on, the upper
 * half of 16 bytes from the addresses on, with the two bytes of the TCP flags put over four that no
 * field wants; one shuffle puts all bytes where they go (-1: 0).
 */
AVX2 FAST_INLINE void chunk0_of_ip4(const struct fast_frame *f, const struct fast_protocol *row,
				    struct flow_chunk *chunk)
{
	/* clang-format off */
	const __m256i places = _mm256_setr_epi8(
		-1, -1, -1, -1, -1, -1, -1, -1,   /* word 0 */
		1, 0, -1, -1, 3, 11, -1, -1,      /* word 1: type, tos, protocol */
		7, 6, 5, 4, 3, 2, 1, 0,           /* word 2: addresses */
		9, 8, 13, 12, 11, 10, 9, 8);      /* word 3: ICMP, TCP flags, ports */
	/* clang-format on */
	__m128i low = _mm_loadu_si128((const __m128i *)(f->ip - 2));
	__m128i high = _mm_loadu_si128((const __m128i *)(f->ip + 12));
	const __m256i *row_vectors = (const __m256i *)row; /* mask, and what is put in */
	uint16_t tcp_flags;
	__m256i key;

	memcpy(&tcp_flags, f->ip + FAST_IP4_SIZE + 12, sizeof(tcp_flags));
	high = _mm_insert_epi16(high, tcp_flags, 6);
	key = _mm256_inserti128_si256(_mm256_castsi128_si256(low), high, 1);
	key = _mm256_shuffle_epi8(key, places);
	key = _mm256_and_si256(key, _mm256_load_si256(row_vectors));
	key = _mm256_or_si256(key, _mm256_load_si256(row_vectors + 1));
	_mm256_store_si256((__m256i *)chunk, key);
	if (f->tagged)
		chunk->word[0] |= f->tagged;
}

bool dissect_avx2_usable(void)
{
	return __builtin_cpu_supports("avx2");
}

AVX2 void dissect_avx2_batch(const struct packet *packets, size_t count, unsigned int chunks,
			     struct flow_batch *batch, uint32_t *flags)
{
	fast_batch_of(packets, count, chunks, batch, flags, chunk0_of_ip4);
}
#endif
