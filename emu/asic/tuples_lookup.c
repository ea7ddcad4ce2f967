/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The portable look-up. */
#include "tuples_words.h"

#include <string.h>

#define WALK_TARGET

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

static inline uint32_t hash_chunks(const uint64_t *mask, uint32_t further,
				   const uint64_t *const chunk[FLOW_CHUNKS])
{
	uint64_t hash = hash_chunk(0, chunk[0], mask);

	for (unsigned int c = 1; c < FLOW_CHUNKS; c++)
		if (further >> c & 1)
			hash = hash_chunk(hash, chunk[c], &mask[c * FLOW_CHUNK_WORDS]);
	return (uint32_t)hash;
}

static uint32_t hash_record(const struct tuples_state *state, uint32_t table,
			    const uint64_t *const chunk[FLOW_CHUNKS])
{
	return hash_chunks(state->mask[table].word, state->table[table].further, chunk);
}

static inline void walk_lanes(struct walk_lanes *lanes, const struct flow_batch *batch,
			      const uint32_t *packets, uint32_t count)
{
	memcpy(lanes->packet, packets, count * sizeof(packets[0]));
	lanes->count = count;
}

static inline __attribute__((always_inline)) void hash_lanes(struct walk_lanes *lanes,
							     const struct flow_batch *batch,
							     const uint64_t *mask, uint32_t further)
{
	for (uint32_t i = 0; i < lanes->count; i++) {
		uint32_t packet = lanes->packet[i];
		const uint64_t *const chunk[FLOW_CHUNKS] = {
			batch->chunk[0][packet].word,
			batch->chunk[1][packet].word,
			batch->chunk[2][packet].word,
			batch->chunk[3][packet].word,
		};

		lanes->hash[i] = hash_chunks(mask, further, chunk);
	}
}

static inline void walk_hashes(struct walk_lanes *lanes, const struct flow_batch *batch,
			       const struct tuples_state *state, uint32_t table)
{
	const struct flow_key mask = state->mask[table]; /* nothing that is written is in here */
	uint32_t further = state->table[table].further;

	/* Most tables look at chunk 0 only, and then the compiler knows. */
	if (further)
		hash_lanes(lanes, batch, mask.word, further);
	else
		hash_lanes(lanes, batch, mask.word, 0);
}

static inline uint32_t walk_filter(const uint32_t *found, const uint32_t *hashes,
				   const uint32_t *packets, uint32_t count, uint32_t *items)
{
	uint32_t num_items = 0;

	for (uint32_t i = 0; i < count; i++) {
		items[num_items] = (found[i] & TUPLES_NUMBER) | packets[i] << TUPLES_NUMBER_BITS;
		num_items += found[i] >> TUPLES_NUMBER_BITS >> (hashes[i] >> 29) & 1;
	}
	return num_items;
}

static inline void walk_raised(const uint32_t *found, uint32_t mask, const struct walk_lanes *lanes,
			       struct walk_calls *calls)
{
	uint32_t num_calls = 0;

	for (uint32_t i = 0; i < lanes->count; i++) {
		calls->hash[num_calls] = lanes->hash[i];
		calls->packet[num_calls] = lanes->packet[i];
		num_calls += found[i] >> (lanes->hash[i] & mask & 31) & 1;
	}
	calls->count = num_calls;
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

const struct tuples_kind tuples_portable = {.hash = hash_record, .lookup = walk_lookup};
