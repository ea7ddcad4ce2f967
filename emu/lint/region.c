/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sets of packets as value and mask, in words. Value bits outside the mask are 0. */
#include "internal.h"

#include <string.h>

bool region_meet(const uint64_t *value, const uint64_t *mask, const uint64_t *other_value,
		 const uint64_t *other_mask, size_t words)
{
	for (size_t i = 0; i < words; i++)
		if ((value[i] ^ other_value[i]) & mask[i] & other_mask[i])
			return false;
	return true;
}

bool region_covers(const uint64_t *outer_value, const uint64_t *outer_mask, const uint64_t *value,
		   const uint64_t *mask, size_t words)
{
	for (size_t i = 0; i < words; i++)
		if ((outer_mask[i] & ~mask[i]) | ((outer_value[i] ^ value[i]) & outer_mask[i]))
			return false;
	return true;
}

struct cover_walk {
	const struct region_cover *list;
	size_t count, words;
	uint64_t *steps;
};

static bool covered_from(struct cover_walk *walk, size_t next, uint64_t *value, uint64_t *mask);

/*
 * What is left of the region without the outer one: a piece for each bit that only the outer one
 * asks for, with that bit the other way and the bits before it its way.
 */
static bool rest_is_covered(struct cover_walk *walk, size_t next, const struct region_cover *outer,
			    const uint64_t *value, const uint64_t *mask)
{
	uint64_t piece_value[REGION_WORDS], piece_mask[REGION_WORDS];

	memcpy(piece_value, value, walk->words * sizeof(*value));
	memcpy(piece_mask, mask, walk->words * sizeof(*mask));
	for (size_t i = 0; i < walk->words; i++) {
		for (uint64_t left = outer->mask[i] & ~mask[i]; left; left &= left - 1) {
			uint64_t bit = left & -left;

			piece_mask[i] |= bit;
			piece_value[i] |= ~outer->value[i] & bit;
			if (!covered_from(walk, next, piece_value, piece_mask))
				return false;
			piece_value[i] ^= bit;
		}
	}
	return true;
}

static bool covered_from(struct cover_walk *walk, size_t next, uint64_t *value, uint64_t *mask)
{
	if (*walk->steps == 0)
		return false;
	--*walk->steps;
	while (next < walk->count && !region_meet(value, mask, walk->list[next].value,
						  walk->list[next].mask, walk->words))
		next++;
	return next < walk->count &&
	       rest_is_covered(walk, next + 1, &walk->list[next], value, mask);
}

bool region_union_covers(const struct region_cover *list, size_t count, const uint64_t *value,
			 const uint64_t *mask, size_t words, uint64_t *steps)
{
	struct cover_walk walk = {.list = list, .count = count, .words = words, .steps = steps};
	uint64_t own_value[REGION_WORDS], own_mask[REGION_WORDS];

	memcpy(own_value, value, words * sizeof(*value));
	memcpy(own_mask, mask, words * sizeof(*mask));
	return covered_from(&walk, 0, own_value, own_mask);
}
