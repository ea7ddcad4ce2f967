/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The tree finds what comparing each pair finds, and with less work. */
#include "fail_alloc.h"
#include "meet_tree.h"

#include <nicemu/base/random.h>

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

enum { ENTRIES = 300, WORDS = 2, MANY = 16000 };

static uint64_t packed[MANY * 2 * WORDS];
static struct lint_entry entries[MANY];
static size_t list[MANY];
static struct lint lint = {.num_words = WORDS, .packed = packed, .entries = entries};
static const struct model_table tables[2];

/*
 * Few bits, so that many are equal, meet and cover each other. Every seventh is left out, every
 * fifth in another table. The order is not that of their numbers.
 */
static void draw(struct random *random)
{
	for (size_t i = 0; i < ENTRIES; i++) {
		uint64_t *value = &packed[i * 2 * WORDS];

		for (size_t w = 0; w < WORDS; w++) {
			value[WORDS + w] = random_below(random, 16) << (w ? 60 : 3);
			value[w] = (uint64_t)random_below(random, 16) << (w ? 60 : 3) &
				   value[WORDS + w];
		}
		entries[i] =
			(struct lint_entry){.table = &tables[i % 5 == 0], .has_ranges = i % 7 == 3};
		list[i] = ENTRIES - 1 - i;
	}
}

static bool is_left_out(const struct lint_entry *entry)
{
	return entry->has_ranges;
}

typedef bool relation(const uint64_t *value, const uint64_t *mask, const uint64_t *other_value,
		      const uint64_t *other_mask, size_t words);

/* place: before another one. */
static bool holds(relation *is, size_t place, size_t other)
{
	size_t a = list[place], b = list[other];

	return entries[a].table == entries[b].table && !is_left_out(&entries[a]) &&
	       is(lint_value(&lint, a), lint_mask(&lint, a), lint_value(&lint, b),
		  lint_mask(&lint, b), WORDS);
}

static size_t slow_cover(size_t place)
{
	for (size_t i = 0; i < place; i++)
		if (holds(region_covers, i, place))
			return i;
	return SIZE_MAX;
}

struct seen {
	unsigned int times[MANY];
	size_t count, enough;
};

static bool see(void *context, size_t entry)
{
	struct seen *seen = context;

	seen->times[entry]++;
	return ++seen->count < seen->enough;
}

Test(meet_tree, finds_the_first_entry_that_covers_another)
{
	struct random random = {.state = 31};
	struct meet_tree tree;
	int found = 0;

	for (int round = 0; round < 50; round++) {
		draw(&random);
		cr_assert(meet_tree_open(&tree, &lint, list, ENTRIES, is_left_out));
		for (size_t i = 0; i < ENTRIES; i++) {
			size_t expected = slow_cover(i), got = meet_tree_cover(&tree, i);

			cr_assert_eq(got, expected, "seed 31 round %d place %zu: %zu, not %zu",
				     round, i, got, expected);
			found += expected != SIZE_MAX;
		}
		meet_tree_close(&tree);
	}
	cr_assert_gt(found, 1000);
	cr_assert_lt(found, 50 * ENTRIES);
}

Test(meet_tree, tells_each_entry_before_that_meets_another_once)
{
	struct random random = {.state = 33};
	static struct seen seen;
	struct meet_tree tree;
	size_t all = 0;

	for (int round = 0; round < 20; round++) {
		draw(&random);
		cr_assert(meet_tree_open(&tree, &lint, list, ENTRIES, is_left_out));
		for (size_t i = 0; i < ENTRIES; i++) {
			seen = (struct seen){.enough = SIZE_MAX};
			meet_tree_visit(&tree, i, see, &seen);
			for (size_t k = 0; k < ENTRIES; k++)
				cr_assert_eq(seen.times[list[k]], k < i && holds(region_meet, k, i),
					     "seed 33 round %d places %zu, %zu: told %u times",
					     round, k, i, seen.times[list[k]]);
			all += seen.count;
		}
		meet_tree_close(&tree);
	}
	cr_assert_gt(all, 1000);
}

Test(meet_tree, ends_when_the_visitor_has_enough)
{
	static struct seen seen;
	struct meet_tree tree;

	memset(packed, 0, sizeof(packed));
	for (size_t i = 0; i < ENTRIES; i++)
		list[i] = i;
	cr_assert(meet_tree_open(&tree, &lint, list, ENTRIES, is_left_out));
	seen.enough = 5;
	meet_tree_visit(&tree, ENTRIES - 1, see, &seen);
	cr_assert_eq(seen.count, 5);
	meet_tree_close(&tree);
}

/* An access list: prefixes of two addresses, a port of a few. */
static void draw_list(struct random *random, size_t count)
{
	static const unsigned int lengths[] = {8, 16, 20, 24, 28, 32};

	for (size_t i = 0; i < count; i++) {
		uint64_t *value = &packed[i * 2 * WORDS];

		value[WORDS] = value[WORDS + 1] = 0;
		for (int shift = 0; shift < 64; shift += 32)
			value[WORDS] |=
				(uint64_t)(UINT32_MAX << (32 - lengths[random_below(random, 6)]))
				<< shift;
		if (random_below(random, 4))
			value[WORDS + 1] = 0xffff;
		for (size_t w = 0; w < WORDS; w++)
			value[w] = random_u64(random) & value[WORDS + w];
		list[i] = i;
	}
}

/* Looks for count entries of an access list, for what meets and what covers each. */
static uint64_t looks_of(size_t count)
{
	struct random random = {.state = 34};
	static struct seen seen;
	struct meet_tree tree;
	uint64_t looks;

	draw_list(&random, count);
	cr_assert(meet_tree_open(&tree, &lint, list, count, is_left_out));
	for (size_t i = 0; i < count; i++) {
		seen = (struct seen){.enough = SIZE_MAX};
		meet_tree_visit(&tree, i, see, &seen);
		meet_tree_cover(&tree, i);
	}
	looks = tree.looks;
	meet_tree_close(&tree);
	return looks;
}

Test(meet_tree, many_rules_of_an_access_list_are_not_compared_each_with_each)
{
	uint64_t few = looks_of(MANY / 4), many = looks_of(MANY);

	cr_log_info("looks: %llu of %d, %llu of %d", (unsigned long long)few, MANY / 4,
		    (unsigned long long)many, MANY);
	/* Each with each: 128 million, and 16 times as many as of a quarter of them. */
	cr_assert_lt(many, UINT64_C(60) * MANY, "%llu looks", (unsigned long long)many);
	cr_assert_lt(many, 6 * few, "%llu of a quarter, %llu of all", (unsigned long long)few,
		     (unsigned long long)many);
}

Test(meet_tree, many_equal_rules_are_one_look_each)
{
	struct meet_tree tree;

	for (size_t i = 0; i < MANY; i++)
		list[i] = i;
	memset(packed, 0xff, sizeof(packed));
	cr_assert(meet_tree_open(&tree, &lint, list, MANY, is_left_out));
	for (size_t i = 1; i < MANY; i++)
		cr_assert_eq(meet_tree_cover(&tree, i), 0);
	cr_assert_leq(tree.looks, 2 * MANY);
	meet_tree_close(&tree);
}

Test(meet_tree, of_no_entries_there_is_nothing_to_tell)
{
	struct meet_tree tree;

	list[0] = 0;
	entries[0].has_ranges = true;
	cr_assert(meet_tree_open(&tree, &lint, list, 1, is_left_out));
	cr_assert_eq(meet_tree_cover(&tree, 0), SIZE_MAX);
	meet_tree_close(&tree);
}

Test(meet_tree, without_memory_nothing_is_lost)
{
	struct random random = {.state = 32};
	struct meet_tree tree;
	size_t failures = 0;

	draw(&random);
	for (size_t nth = 1;; nth++) {
		bool good;

		fail_alloc_at(nth);
		good = meet_tree_open(&tree, &lint, list, ENTRIES, is_left_out);
		meet_tree_close(&tree);
		if (!fail_alloc_happened())
			break;
		cr_assert_not(good, "allocation %zu", nth);
		failures++;
	}
	fail_alloc_at(0);
	cr_assert_geq(failures, 3);
}
