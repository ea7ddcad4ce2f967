/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "faults.h"

#include "fail_alloc.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

static void add(struct faults *faults, uint64_t batch, enum replay_fault kind, const char *text)
{
	faults_add(faults, batch,
		   &(struct replay_error){
			   .fault = kind, .error = -EINVAL, .name = "file", .text = text});
}

Test(faults, they_come_in_the_order_of_batches_and_reading_before_writing)
{
	static const char *const expected[] = {"a", "b", "c", "d", "e"};
	struct replay_error error;
	struct faults faults;

	faults_init(&faults);
	add(&faults, 7, REPLAY_OUTPUT_FAULT, "c");
	add(&faults, FAULTS_AT_END, REPLAY_OUTPUT_FAULT, "e");
	add(&faults, 7, REPLAY_INPUT_FAULT, "b");
	add(&faults, 8, REPLAY_INPUT_FAULT, "d");
	add(&faults, FAULTS_AT_BEGIN, REPLAY_OUTPUT_FAULT, "a");
	for (size_t i = 0; i < 5; i++) {
		cr_assert(faults_get(&faults, i, &error));
		cr_expect_str_eq(error.text, expected[i]);
	}
	cr_expect_not(faults_get(&faults, 5, &error));
	faults_clear(&faults);
}

/* Else the exit status would be 0. */
Test(faults, one_that_there_is_no_memory_for_is_still_a_fault)
{
	static const enum replay_fault kinds[] = {REPLAY_INPUT_FAULT, REPLAY_OUTPUT_FAULT};
	struct replay_error error;

	for (size_t k = 0; k < 2; k++) {
		for (size_t nth = 1; nth <= 3; nth++) {
			struct faults faults;

			faults_init(&faults);
			add(&faults, 1, REPLAY_INPUT_FAULT, "told");
			fail_alloc_at(nth);
			add(&faults, 1, kinds[k], "not told");
			cr_assert(fail_alloc_happened(), "allocation %zu", nth);
			fail_alloc_at(0);
			cr_assert(faults_get(&faults, 0, &error));
			cr_expect_str_eq(error.text, "told");
			cr_assert(faults_get(&faults, 1, &error), "allocation %zu", nth);
			cr_expect_eq(error.fault, kinds[k]);
			cr_expect_eq(error.error, -ENOMEM);
			cr_expect_not(faults_get(&faults, 2, &error));
			/* What comes later is told, in front of it; of an output it stays. */
			add(&faults, 2, REPLAY_OUTPUT_FAULT, "later");
			cr_assert(faults_get(&faults, 1, &error));
			cr_expect_str_eq(error.text, "later");
			cr_assert(faults_get(&faults, 2, &error));
			cr_expect_eq(error.fault, kinds[k]);
			faults_clear(&faults);
		}
	}
}
