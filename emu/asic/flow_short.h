/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The short way to a key's slots: flow_pack.h and flow_slots_find() in one go, where rules look at
 * chunk 0 only, and at so little of it that the packed key and the answer are one vector register.
 *
 * Why: these are nearly all rules; and a key that goes from one loop to the next through memory
 * costs more than what is done to it.
 *
 * Its rows are those of flow_pack. Its sets are others than flow_slots_find's, since there is an
 * instruction here that mixes a word of a key at once: a cache goes one way or the other as long as
 * its rules look at the same bits. That instruction's code alone would put flows of a regular shape
 * (a host's 65,536 ports) into few sets: so a factor comes behind it.
 *
 * Threading: values.
 */
#ifndef NICEMU_ASIC_FLOW_SHORT_H
#define NICEMU_ASIC_FLOW_SHORT_H

#include "flow_slots.h"

#define FLOW_SHORT_FACTOR UINT32_C(0x9e3779b1)

struct flow_short {
	/* Where each byte of a row comes from, in the lower and the upper half of chunk 0. */
	_Alignas(32) uint8_t lower[32];
	uint8_t upper[32];
	uint8_t mask[32]; /* of a row */
};

/* False: the keys of this plan, or this processor, have to go the other way. */
bool flow_short_plan(struct flow_short *way, const struct flow_pack *plan);

/* As the pack function and flow_slots_find() one after the other, with slots of FLOW_SLOT_SHORT. */
void flow_short_find(const struct flow_short *way, const struct flow_batch *batch, size_t count,
		     struct flow_slots *slots);

#endif
