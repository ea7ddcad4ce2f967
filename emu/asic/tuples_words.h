/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a look-up (tuples_walk.h) has word by word, so that one instruction does it for several: the
 * packets that are hashed together, and a block of records for the scan of a list (tuples_scan.h).
 */
#ifndef NICEMU_ASIC_TUPLES_WORDS_H
#define NICEMU_ASIC_TUPLES_WORDS_H

#include "tcam_tuples.h"

enum {
	WALK_BLOCK = 32, /* records in a block, at most; fewer than 64 */
	WALK_LANES = 4,  /* that are compared at once, at most */
	WALK_STEP = 8,   /* packets that are hashed at once, at most */
	WALK_HALVES = 2 * FLOW_CHUNK_WORDS,
};

/* Packets that tables are asked for. Some may have left already: what is found for them is late. */
struct walk_lanes {
	_Alignas(32) uint32_t half[WALK_HALVES][FLOW_BATCH]; /* of chunk 0; not of every kind */
	_Alignas(32) uint32_t hash[FLOW_BATCH];              /* in one table */
	_Alignas(32) uint32_t packet[FLOW_BATCH];
	uint32_t count;
};

/* Packets that found the guard of a slot up. */
struct walk_calls {
	_Alignas(32) uint32_t hash[FLOW_BATCH];
	_Alignas(32) uint32_t packet[FLOW_BATCH];
	uint32_t count;
};

/* Chunk 0 of values and masks, at [word][record]. */
struct walk_words {
	_Alignas(32) uint64_t value[FLOW_CHUNK_WORDS][WALK_BLOCK];
	_Alignas(32) uint64_t mask[FLOW_CHUNK_WORDS][WALK_BLOCK];
};

#endif
