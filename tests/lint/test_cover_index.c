/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The index finds what comparing each pair finds. */
#include "cover_index.h"
#include "fail_alloc.h"

#include <nicemu/base/random.h>

#include <criterion/criterion.h>

enum { ENTRIES = 300, WORDS = 2 };

static uint64_t packed[ENTRIES * 2 * WORDS];
static struct lint lint = {.num_words = WORDS, .packed = packed};

/* Few bits, so that many are equal and many cover each other. */
static void draw(struct random *random)
{
	for (size_t i = 0; i < ENTRIES; i++) {
		uint64_t *value = &packed[i * 2 * WORDS];

		for (size_t w = 0; w < WORDS; w++) {
			value[WORDS + w] = random_below(random, 16);
			value[w] = random_below(random, 16) & value[WORDS + w];
		}
	}
}

static size_t slowly(size_t entry)
{
	for (size_t i = 0; i < entry; i++)
		if (region_covers(lint_value(&lint, i), lint_mask(&lint, i),
				  lint_value(&lint, entry), lint_mask(&lint, entry), WORDS))
			return i;
	return SIZE_MAX;
}

Test(cover_index, finds_the_first_entry_that_covers_another)
{
	struct random random = {.state = 31};
	struct cover_index index;
	int found = 0;

	for (int round = 0; round < 50; round++) {
		draw(&random);
		cr_assert(cover_index_open(&index, &lint, ENTRIES));
		for (size_t i = 0; i < ENTRIES; i++) {
			size_t expected = slowly(i);

			cr_assert_eq(cover_index_find(&index, i), expected,
				     "seed 31 round %d entry %zu", round, i);
			found += expected != SIZE_MAX;
			cr_assert(cover_index_add(&index, i, i));
		}
		cover_index_close(&index);
	}
	cr_assert_gt(found, 1000);
	cr_assert_lt(found, 50 * ENTRIES);
}

Test(cover_index, without_memory_nothing_is_lost)
{
	struct random random = {.state = 32};
	struct cover_index index;

	draw(&random);
	for (size_t nth = 1;; nth++) {
		bool good;

		fail_alloc_at(nth);
		good = cover_index_open(&index, &lint, ENTRIES);
		for (size_t i = 0; i < ENTRIES && good; i++)
			good = cover_index_add(&index, i, i);
		cover_index_close(&index);
		if (!fail_alloc_happened())
			break;
	}
	fail_alloc_at(0);
}
