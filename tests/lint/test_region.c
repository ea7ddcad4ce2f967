/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Regions of packets, compared with all packets of one byte. */
#include "internal.h"

#include <nicemu/base/random.h>

#include <criterion/criterion.h>

enum { PACKETS = 256, LIST_MAX = 12 };

static void draw(struct random *random, uint64_t *value, uint64_t *mask)
{
	*mask = random_below(random, 256) & random_below(random, 256);
	*value = random_below(random, 256) & *mask;
}

static bool has(uint64_t value, uint64_t mask, unsigned int packet)
{
	return ((packet ^ value) & mask) == 0;
}

Test(region, pairs_meet_and_cover_as_their_packets_do)
{
	struct random random = {.state = 11};

	for (int round = 0; round < 20000; round++) {
		uint64_t value, mask, other, other_mask;
		bool meet = false, covers = true;

		draw(&random, &value, &mask);
		draw(&random, &other, &other_mask);
		for (unsigned int p = 0; p < PACKETS; p++) {
			meet |= has(value, mask, p) && has(other, other_mask, p);
			covers &= has(value, mask, p) || !has(other, other_mask, p);
		}
		cr_assert_eq(region_meet(&value, &mask, &other, &other_mask, 1), meet,
			     "seed 11 round %d", round);
		cr_assert_eq(region_covers(&value, &mask, &other, &other_mask, 1), covers,
			     "seed 11 round %d", round);
	}
}

Test(region, several_cover_one_together_as_their_packets_do)
{
	struct random random = {.state = 12};
	int covered = 0;

	for (int round = 0; round < 20000; round++) {
		uint64_t values[LIST_MAX], masks[LIST_MAX], value, mask;
		struct region_cover list[LIST_MAX];
		size_t count = random_below(&random, LIST_MAX + 1);
		uint64_t steps = 100000;
		bool expected = true;

		draw(&random, &value, &mask);
		for (size_t i = 0; i < count; i++) {
			draw(&random, &values[i], &masks[i]);
			list[i] = (struct region_cover){&values[i], &masks[i]};
		}
		for (unsigned int p = 0; p < PACKETS && expected; p++) {
			bool taken = !has(value, mask, p);

			for (size_t i = 0; i < count && !taken; i++)
				taken = has(values[i], masks[i], p);
			expected = taken;
		}
		covered += expected;
		cr_assert_eq(region_union_covers(list, count, &value, &mask, 1, &steps), expected,
			     "seed 12 round %d", round);
	}
	cr_assert_gt(covered, 1000);
}

Test(region, what_takes_too_many_steps_is_not_said_to_be_covered)
{
	/* Bit by bit, all values of three bits. */
	const uint64_t values[] = {0, 1, 3, 7}, masks[] = {1, 3, 7, 7};
	const uint64_t all = 0;
	struct region_cover list[4];
	uint64_t steps = 100;

	for (size_t i = 0; i < 4; i++)
		list[i] = (struct region_cover){&values[i], &masks[i]};
	cr_expect(region_union_covers(list, 4, &all, &all, 1, &steps));
	cr_expect_gt(steps, 0);
	steps = 100 - steps - 1;
	cr_expect_not(region_union_covers(list, 4, &all, &all, 1, &steps));
	cr_expect_eq(steps, 0);
}
