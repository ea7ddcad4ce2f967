/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The flow keys of a batch of packets, chunk by chunk.
 *
 * What: for each chunk of the flow key (key.h) one array over the packets. chunk[c][i] is words 4c
 * … 4c+3 of packet i's key.
 *
 * Why not an array of keys: most tables look at chunk 0 only. Then 32 bytes a packet are made, read
 * and kept in the first-level cache, one packet behind the other, and not 128 with gaps.
 *
 * Invariant: only the chunks that whoever fills the batch was asked for (a set of bits, bit c =
 * chunk c) hold anything; nobody may draw conclusions from the others. Chunk 0 is always made.
 *
 * Threading: plain memory; a batch belongs to the worker that fills it.
 */
#ifndef NICEMU_FLOW_BATCH_H
#define NICEMU_FLOW_BATCH_H

#include <nicemu/flow/key.h>

/* Packets in a batch, at most. */
enum { FLOW_BATCH = 128, FLOW_ALL_CHUNKS = (1 << FLOW_CHUNKS) - 1 };

struct flow_chunk {
	uint64_t word[FLOW_CHUNK_WORDS];
};

/* Static, on the stack or from aligned_alloc: the alignment matters. */
struct flow_batch {
	_Alignas(64) struct flow_chunk chunk[FLOW_CHUNKS][FLOW_BATCH];
};

/* Put the chunks of a whole key in; take one out (chunks that are not in the set become zero). */
static inline void flow_batch_set(struct flow_batch *batch, size_t i, const struct flow_key *key,
				  unsigned int chunks)
{
	for (size_t c = 0; c < FLOW_CHUNKS; c++)
		for (size_t w = 0; chunks >> c & 1 && w < FLOW_CHUNK_WORDS; w++)
			batch->chunk[c][i].word[w] = key->word[c * FLOW_CHUNK_WORDS + w];
}

static inline void flow_batch_get(const struct flow_batch *batch, size_t i, struct flow_key *key,
				  unsigned int chunks)
{
	for (size_t c = 0; c < FLOW_CHUNKS; c++)
		for (size_t w = 0; w < FLOW_CHUNK_WORDS; w++)
			key->word[c * FLOW_CHUNK_WORDS + w] =
				chunks >> c & 1 ? batch->chunk[c][i].word[w] : 0;
}

/* The chunks in which the key has a bit. */
static inline unsigned int flow_key_chunks(const struct flow_key *key)
{
	unsigned int chunks = 0;

	for (size_t w = 0; w < FLOW_KEY_WORDS; w++)
		chunks |= (unsigned int)(key->word[w] != 0) << (w / FLOW_CHUNK_WORDS);
	return chunks;
}

#endif
