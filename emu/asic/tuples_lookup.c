/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The portable look-up. */
#include "tuples_words.h"

#define WALK_TARGET
#define WALK_HASH struct portable_mask

struct portable_mask {
	const struct flow_key *mask;
};

static inline uint64_t mix(uint64_t a, uint64_t b)
{
	__extension__ unsigned __int128 product = (unsigned __int128)a * b;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* A chunk within a mask, multiplied together (after wyhash by Wang Yi). */
static inline uint64_t hash_chunk(uint64_t seed, const uint64_t *chunk, const uint64_t *mask)
{
	uint64_t a = mix((chunk[0] & mask[0]) ^ UINT64_C(0xa0761d6478bd642f) ^ seed,
			 (chunk[1] & mask[1]) ^ UINT64_C(0xe7037ed1a0b428db));
	uint64_t b = mix((chunk[2] & mask[2]) ^ UINT64_C(0x8ebc6af09c88c6e3),
			 (chunk[3] & mask[3]) ^ UINT64_C(0x589965cc75374cc3));

	return mix(a ^ UINT64_C(0x1d8e4e27c47d124f), b ^ UINT64_C(0xeb44accab455d165));
}

static inline uint32_t walk_hash_chunks(const struct portable_mask *prepared, uint32_t further,
					const uint64_t *const chunk[FLOW_CHUNKS])
{
	const uint64_t *mask = prepared->mask->word;
	uint64_t hash = hash_chunk(0, chunk[0], mask);

	for (unsigned int c = 1; c < FLOW_CHUNKS; c++)
		if (further >> c & 1)
			hash = hash_chunk(hash, chunk[c], &mask[c * FLOW_CHUNK_WORDS]);
	return (uint32_t)hash;
}

static inline struct portable_mask walk_prepare(const struct tuples_state *state, uint32_t table)
{
	return (struct portable_mask){&state->mask[table]};
}

static inline bool walk_differs(const struct flow_chunk *chunk, const uint64_t *value,
				const uint64_t *mask)
{
	uint64_t differ = 0;

	for (unsigned int w = 0; w < FLOW_CHUNK_WORDS; w++)
		differ |= (chunk->word[w] ^ value[w]) & mask[w];
	return differ;
}

/* The bits of records beyond count are not to be used. */
static inline uint64_t walk_matches(const struct walk_words *words, uint32_t count,
				    const struct flow_chunk *chunk)
{
	uint64_t bits = 0;

	for (uint32_t at = 0; at < count; at++) {
		uint64_t differ = 0;

		for (unsigned int w = 0; w < FLOW_CHUNK_WORDS; w++)
			differ |= (chunk->word[w] & words->mask[w][at]) ^ words->value[w][at];
		bits |= (uint64_t)!differ << at;
	}
	return bits;
}

#include "tuples_walk.h"

const struct tuples_kind tuples_portable = {.hash = walk_hash_record, .lookup = walk_lookup};
