/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The slots of a flow cache: where a key's are, whether they have it, and which one gives way. How
 * they lie is told in flow_cache.h.
 *
 * Threading: memory of one cache.
 */
#ifndef NICEMU_ASIC_FLOW_SLOTS_H
#define NICEMU_ASIC_FLOW_SLOTS_H

#include "flow_pack.h"

#include <nicemu/asic/tcam.h>

enum {
	FLOW_WAYS = 2, /* slots of a set */
	/* Words of a slot, the last one of which is the answer. */
	FLOW_SLOT_SHORT = 4,
	FLOW_SLOT_MIDDLE = 8,
	FLOW_SLOT_LONG = 24,
	FLOW_STRIDE_SHORT = (FLOW_SLOT_SHORT - 1) * 8 + FLOW_PACK_SLACK,
	FLOW_ROWS_BYTES = FLOW_BATCH * ((FLOW_SLOT_LONG - 1) * 8 + FLOW_PACK_SLACK),

	FLOW_EPOCHS = 1 << 16,
};

struct flow_slots {
	uint64_t *sets;
	uint64_t num_sets;
	size_t words;   /* of a slot */
	uint64_t epoch; /* slots of another one are empty */

	/* The batch at hand: packed keys, and the sets in which they can be. */
	_Alignas(64) uint8_t rows[FLOW_ROWS_BYTES];
	uint64_t *set[FLOW_BATCH];
	uint8_t missed[FLOW_BATCH]; /* indexes of packets, ascending */
};

/* Bytes from one packed key in rows to the next. */
static inline size_t flow_slots_stride(const struct flow_slots *slots)
{
	return (slots->words - 1) * 8 + FLOW_PACK_SLACK;
}

/* The sets of count packed keys, which are on their way to the first-level cache then. */
void flow_slots_find(struct flow_slots *slots, size_t count);

/*
 * Fill results of the packets whose keys have a slot, and `missed` with the others: how many. The
 * results of these are not to be used.
 */
typedef size_t flow_probe_function(struct flow_slots *slots, struct tcam_entry **results,
				   size_t count);
flow_probe_function flow_probe_plain;
/* The best one for this processor; with slots of FLOW_SLOT_SHORT words only. */
flow_probe_function *flow_probe_best_short(void);

/*
 * The answers for the packets that missed (entries or NULL), in the order of `missed`. Room is made
 * for them or not.
 */
void flow_slots_put(struct flow_slots *slots, struct tcam_entry *const *answers, size_t count);

#endif
