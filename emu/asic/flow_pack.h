/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Flow keys squeezed to the bytes that some rule looks at.
 *
 * What: of each key of a batch the bytes in which `used` has a bit, masked by it, one behind the
 * other. Keys that agree in the used bits get the same packed bytes, others do not: nothing is
 * hashed, nothing is lost.
 *
 * Why: the usual rules look at some 20 bytes of 128. A flow cache holds twice as many flows when
 * two of them fit a cache line.
 *
 * On x86-64 with SSSE3 and on arm64 one instruction moves the bytes of half a chunk;
 * flow_pack_plain is the twin for the others.
 *
 * Threading: values; a plan is its owner's.
 */
#ifndef NICEMU_ASIC_FLOW_PACK_H
#define NICEMU_ASIC_FLOW_PACK_H

#include <nicemu/flow/batch.h>

enum {
	FLOW_PACK_HALF = 16,
	FLOW_PACK_HALVES = FLOW_KEY_WORDS * 8 / FLOW_PACK_HALF,
	FLOW_PACK_SLACK = FLOW_PACK_HALF, /* what a row must have behind the key */
};

struct flow_pack {
	/* The halves of chunks that have used bytes, and where these go in a row. */
	struct flow_pack_half {
		_Alignas(16) uint8_t mask[FLOW_PACK_HALF], from[FLOW_PACK_HALF];
		uint8_t chunk, offset, bytes, to;
	} half[FLOW_PACK_HALVES];
	size_t halves;
	size_t bytes; /* of a packed key */
};

void flow_pack_plan(struct flow_pack *plan, const struct flow_key *used);

/*
 * Row i of rows, each `stride` bytes, gets the packed key i of the batch; stride is at least
 * plan->bytes + FLOW_PACK_SLACK. What a row has behind the key must be zero before the first call
 * with this plan and stays zero.
 */
typedef void flow_pack_function(const struct flow_pack *plan, const struct flow_batch *batch,
				size_t count, uint8_t *rows, size_t stride);
flow_pack_function flow_pack_plain;
/* The best one for this processor. */
flow_pack_function *flow_pack_best(void);

#endif
