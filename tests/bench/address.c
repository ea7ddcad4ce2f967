/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "address.h"

static uint64_t node_hash(const struct tree *tree, unsigned int level, struct address prefix)
{
	struct random random = {tree->seed ^ prefix.high};

	random.state = random_u64(&random) ^ prefix.low;
	random.state = random_u64(&random) ^ level;
	return random_u64(&random);
}

static const struct tree_level *level_row(const struct tree *tree, unsigned int level)
{
	size_t row = 0;

	while (row + 1 < tree->num_levels && tree->levels[row + 1].first <= level)
		row++;
	return &tree->levels[row];
}

/* The next bit below a node. */
static unsigned int draw_bit(const struct tree *tree, unsigned int level, struct address prefix,
			     struct random *random)
{
	const struct tree_level *row = level_row(tree, level);
	uint64_t hash = node_hash(tree, level, prefix);
	uint64_t one_child = row->one_child, skew = row->skew;
	unsigned int heavy = hash & 1;

	for (unsigned int step = 0; step < tree->widening; step++) {
		one_child = one_child * 9 / 10;
		skew = skew * 9 / 10;
	}
	if ((hash >> 8) % 1000 < one_child)
		return heavy;
	/* The lighter one is drawn (1000 - skew) times where the heavier one is 1000 times. */
	return random_below(random, 2000 - skew) < 1000 ? heavy : !heavy;
}

static void set_bit(struct address *address, unsigned int bits, unsigned int level)
{
	unsigned int place = bits - 1 - level;

	if (place >= 64)
		address->high |= UINT64_C(1) << (place - 64);
	else
		address->low |= UINT64_C(1) << place;
}

struct address tree_draw(const struct tree *tree, unsigned int length, struct random *random)
{
	struct address address = {0, 0};

	for (unsigned int level = 0; level < length; level++)
		if (draw_bit(tree, level, address, random))
			set_bit(&address, tree->bits, level);
	return address;
}

struct address prefix_mask(unsigned int bits, unsigned int length)
{
	struct address mask = {0, 0};

	for (unsigned int level = 0; level < length; level++)
		set_bit(&mask, bits, level);
	return mask;
}
