/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "board.h"
#include "fail_alloc.h"

#include <criterion/criterion.h>
#include <errno.h>

TestSuite(memory, .init = board_setup, .fini = board_teardown);

enum { RULES = 200 };

Test(memory, create_survives_each_allocation_failing)
{
	size_t failures = 0;

	for (size_t nth = 1;; nth++) {
		struct asic *asic;

		fail_alloc_at(nth);
		asic = asic_create(&board.nic, NULL);
		cr_assert_eq(asic == NULL, fail_alloc_happened());
		asic_destroy(asic);
		if (!fail_alloc_happened())
			break;
		failures++;
	}
	fail_alloc_at(0);
	cr_assert_geq(failures, 2);
}

/*
 * The whole life of a chain with the nth allocation failing: one command says so, none is half
 * done. Or the table gets along without what it did not get, and all goes well. False where there
 * are not that many allocations; *refused counts commands that said so.
 */
static bool live_with_failure(size_t nth, size_t *refused)
{
	struct flow_rule *rule = board_rule(1);
	struct offload_binding binding = {.port = 0};
	struct flow_key key = board_udp(53);
	struct reason reason;
	size_t failures = 0;
	bool happened;

	fail_alloc_at(nth);
	if (offload_bind(board.offload, &binding, &reason)) {
		failures++;
		cr_assert_eq(reason.error, ENOMEM);
		cr_assert_eq(offload_bind(board.offload, &binding, &reason), 0, "allocation %zu",
			     nth);
	}
	for (uint64_t cookie = 0; cookie < RULES; cookie++) {
		if (!board_replace(binding.id, cookie, (uint32_t)(RULES - cookie), rule, &reason))
			continue;
		failures++;
		cr_assert_eq(reason.error, ENOMEM);
		cr_assert_eq(asic_entries(board.asic), cookie, "allocation %zu", nth);
		cr_assert_eq(board_destroy(binding.id, cookie), -ENOENT);
		if (cookie)
			cr_assert_eq(board_send(0, &key).cookie, cookie - 1);
		cr_assert_eq(board_replace(binding.id, cookie, (uint32_t)(RULES - cookie), rule,
					   &reason),
			     0, "allocation %zu", nth);
	}
	/* An update that gets none (offload keeps what it handed over) leaves the rule as it was.
	 */
	if (board_replace(binding.id, 3, 7, rule, &reason)) {
		failures++;
		cr_assert_eq(reason.error, ENOMEM);
		cr_assert_eq(board_send(0, &key).cookie, RULES - 1);
		cr_assert_eq(board_replace(binding.id, 3, 7, rule, &reason), 0);
	}
	happened = fail_alloc_happened();
	fail_alloc_at(0);
	cr_assert_leq(failures, happened, "allocation %zu", nth);
	cr_assert_eq(board_send(0, &key).cookie, RULES - 1);
	cr_assert_eq(asic_entries(board.asic), RULES);
	cr_assert_eq(offload_unbind(board.offload, binding.id), 0);
	offload_release(board.offload, binding.id);
	cr_assert_eq(asic_entries(board.asic), 0);
	*refused += failures;
	return happened;
}

Test(memory, a_command_that_gets_no_memory_leaves_everything_as_before)
{
	size_t nth = 1, refused = 0;

	while (live_with_failure(nth, &refused)) {
		board_teardown();
		board_setup();
		nth++;
	}
	cr_assert_gt(nth, RULES, "only %zu allocations", nth);
	cr_assert_gt(refused, RULES, "only %zu commands were refused", refused);
}

Test(memory, processing_allocates_nothing)
{
	uint32_t binding = board_bind(0);
	struct flow_key key = board_udp(53);

	cr_assert_eq(board_replace(binding, 1, 1, board_rule(0), NULL), 0);
	fail_alloc_at(1);
	cr_assert(board_send(0, &key).matched);
	cr_assert_not(fail_alloc_happened());
	fail_alloc_at(0);
}
