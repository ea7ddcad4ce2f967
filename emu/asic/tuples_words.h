/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A block of records, word by word: what the scan of a list (tuples_scan.h) compares packets with.
 */
#ifndef NICEMU_ASIC_TUPLES_WORDS_H
#define NICEMU_ASIC_TUPLES_WORDS_H

#include "tcam_tuples.h"

enum {
	WALK_BLOCK = 32, /* records in a block, at most; fewer than 64 */
	WALK_LANES = 4,  /* that are compared at once, at most */
};

/* Chunk 0 of values and masks, at [word][record]. */
struct walk_words {
	_Alignas(32) uint64_t value[FLOW_CHUNK_WORDS][WALK_BLOCK];
	_Alignas(32) uint64_t mask[FLOW_CHUNK_WORDS][WALK_BLOCK];
};

#endif
