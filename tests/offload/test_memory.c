/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fail_alloc.h"
#include "fake_driver.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>

Test(offload_memory, create_survives_each_allocation_failing)
{
	struct offload *offload;

	fail_alloc_at(1);
	offload = offload_create(&fake_driver, NULL);
	cr_assert(fail_alloc_happened());
	cr_assert_null(offload);
	offload_destroy(offload);
}

/* Bind until one allocation fails: that one is ENOMEM, the driver was not asked, the rest works. */
Test(offload_memory, bind_without_memory_leaves_everything_as_before)
{
	struct fake_driver *driver = calloc(1, sizeof(*driver));
	size_t failures = 0;

	for (size_t nth = 1; nth < 2000; nth++) {
		struct offload *offload = offload_create(&fake_driver, driver);
		struct offload_binding binding = {0};
		uint32_t bound = 0;
		int error = 0;

		fail_alloc_at(nth);
		while (bound < 600 && !error) {
			size_t calls = driver->calls;

			error = offload_bind(offload, &binding, NULL);
			if (!error)
				bound++;
			else
				cr_assert_eq(driver->calls, calls, "allocation %zu", nth);
		}
		failures += error != 0;
		cr_assert(error == 0 || error == -ENOMEM);
		fail_alloc_at(0);
		cr_assert_eq(offload_bind(offload, &binding, NULL), 0);
		cr_assert_eq(binding.id, bound + 1);
		for (uint32_t id = 1; id <= bound + 1; id++) {
			cr_assert_eq(offload_unbind(offload, id), 0, "allocation %zu id %u", nth,
				     id);
			offload_release(offload, id);
		}
		offload_destroy(offload);
		if (!error)
			break; /* there are fewer allocations than that */
	}
	cr_assert_gt(failures, 600);
	free(driver);
}

Test(offload_memory, replace_without_memory_leaves_everything_as_before)
{
	struct fake_driver *driver = calloc(1, sizeof(*driver));

	/* 16 rules, twice for what is kept of each, and their hash take fewer. */
	for (size_t nth = 1; nth < 50; nth++) {
		static const struct flow_rule rule;
		struct offload *offload = offload_create(&fake_driver, driver);
		struct offload_binding binding = {0};
		struct offload_command c = {.rule = &rule};
		struct offload_stats stats;
		struct reason reason = {0};
		int failed = 0;

		cr_assert_eq(offload_bind(offload, &binding, NULL), 0);
		c.binding = binding.id;
		fail_alloc_at(nth);
		for (c.cookie = 0; c.cookie < FAKE_COOKIES; c.cookie++) {
			if (!offload_replace(offload, &c, &reason))
				continue;
			failed++;
			cr_assert_eq(reason.error, ENOMEM);
			cr_assert_not(driver->live[c.binding][c.cookie]);
			cr_assert_eq(offload_stats(offload, &c, &stats), -ENOENT);
			cr_assert_eq(offload_replace(offload, &c, &reason), 0);
		}
		cr_assert_eq(failed, fail_alloc_happened(), "allocation %zu", nth);
		fail_alloc_at(0);
		cr_assert_eq(offload_unbind(offload, binding.id), 0);
		offload_release(offload, binding.id);
		offload_destroy(offload);
	}
	free(driver);
}
