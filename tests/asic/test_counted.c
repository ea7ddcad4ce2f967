/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What STATS tells of what was counted; totals tell all, always. */
#include "toy.h"

#include <criterion/criterion.h>
#include <errno.h>

static uint32_t binding;

static void setup(void)
{
	toy_reset();
	toy_board();
	binding = board_bind(1);
}

TestSuite(counted, .init = setup, .fini = board_teardown);

static void put(uint64_t cookie, uint8_t hw_stats)
{
	struct flow_rule *rule = board_rule(1);
	struct reason reason;

	rule->actions[0] = board_action(FLOW_ACTION_DROP, 0);
	rule->actions[0].hw_stats = hw_stats;
	cr_assert_eq(board_replace(binding, cookie, (uint32_t)cookie, rule, &reason), 0, "%s",
		     reason.clause);
}

/* 100 bytes each, at 5 ns. */
static void send(int packets)
{
	struct flow_key key = board_udp(53);

	while (packets-- > 0)
		cr_assert(board_send(1, &key).matched);
}

static int stats(uint64_t cookie, struct offload_stats *delta)
{
	const struct offload_command command = {.binding = binding, .cookie = cookie};

	return offload_stats(board.offload, &command, delta);
}

static void expect(uint64_t packets, uint64_t bytes, uint64_t last_used_ns)
{
	struct offload_stats delta;

	cr_assert_eq(stats(1, &delta), 0);
	cr_assert_eq(delta.packets, packets, "%lu", delta.packets);
	cr_assert_eq(delta.bytes, bytes, "%lu", delta.bytes);
	cr_assert_eq(delta.last_used_ns, last_used_ns, "%lu", delta.last_used_ns);
}

Test(counted, as_the_frames_are)
{
	put(1, FLOW_ACTION_HW_STATS_DONT_CARE);
	send(3);
	expect(3, 300, 5);
	send(1);
	expect(1, 100, 5);
	toy.model.counters.bytes = MODEL_BYTES_UNKNOWN;
	send(1);
	expect(1, 100, 5);
}

Test(counted, bytes_can_have_the_check_sequence_in_them)
{
	toy.model.counters.bytes = MODEL_BYTES_L2_FCS;
	put(1, FLOW_ACTION_HW_STATS_DONT_CARE);
	send(3);
	expect(3, 312, 5);
	send(2);
	expect(2, 208, 5);
}

Test(counted, what_is_not_counted_is_zero)
{
	put(1, FLOW_ACTION_HW_STATS_DONT_CARE);
	send(2);
	toy.model.counters.bytes = MODEL_BYTES_NONE;
	expect(2, 0, 5);
	toy.model.counters.last_used = false;
	send(1);
	expect(1, 0, 0);
	cr_assert_eq(board_totals(binding, 1).packets, 3);
	cr_assert_eq(board_totals(binding, 1).bytes, 300, "totals tell all");
}

Test(counted, a_nic_without_counters_answers_zeros_or_an_errno)
{
	struct offload_stats delta;

	toy.model.counters.packets = toy.model.counters.last_used = false;
	toy.model.counters.bytes = MODEL_BYTES_NONE;
	put(1, FLOW_ACTION_HW_STATS_DONT_CARE);
	send(2);
	expect(0, 0, 0);
	toy.model.counters.unsupported_error = EOPNOTSUPP;
	cr_assert_eq(stats(1, &delta), -EOPNOTSUPP);
	cr_assert_eq(delta.packets, 0);
	cr_assert_eq(board_totals(binding, 1).packets, 2);
}

Test(counted, a_narrow_counter_loses_what_wraps_between_two_readings)
{
	toy.model.counters.width = 8;
	put(1, FLOW_ACTION_HW_STATS_DONT_CARE);
	send(2);
	expect(2, 200, 5);
	send(1); /* 300 - 256 = 44, which is less than 200: the counter has wrapped once */
	expect(1, 100, 5);
	send(3);
	expect(3, 300 - 256, 5);
	toy.model.counters.width = 64;
	send(1);
	expect(1, 100 + 256, 5); /* the totals are as they were */
}

Test(counted, a_narrow_counter_that_is_polled_loses_nothing)
{
	toy.model.counters.width = 8;
	toy.model.counters.reading = MODEL_READ_POLLED;
	put(1, FLOW_ACTION_HW_STATS_DONT_CARE);
	send(30);
	expect(30, 3000, 5);
}

Test(counted, only_rules_that_ask_have_a_counter)
{
	toy.model.counters.if_asked = true;
	board_teardown(); /* a table with such counters remembers who has one */
	toy_board();
	binding = board_bind(1);
	put(1, FLOW_ACTION_HW_STATS_DONT_CARE);
	send(2);
	expect(0, 0, 0);
	cr_assert_eq(board_destroy(binding, 1), 0);
	put(1, FLOW_ACTION_HW_STATS_DELAYED);
	send(2);
	expect(2, 200, 5);
}

Test(counted, a_pool_of_counters_can_be_used_up)
{
	struct flow_rule *rule = board_rule(0);
	struct offload_stats delta;
	struct reason reason;

	toy.model.counters.pool = 2;
	toy.model.counters.pool_error = ENOSPC;
	board_teardown();
	toy_board();
	binding = board_bind(1);
	rule = board_rule(0);
	cr_assert_eq(board_replace(binding, 1, 1, rule, &reason), 0);
	cr_assert_eq(board_replace(binding, 2, 2, rule, &reason), 0);
	cr_assert_eq(board_replace(binding, 3, 3, rule, &reason), -ENOSPC);
	cr_assert_str_eq(reason.id, "no-counter");
	cr_assert_eq(reason.layer, REASON_CAPACITY);
	cr_assert_eq(board_replace(binding, 1, 1, rule, &reason), 0, "an update needs none");
	cr_assert_eq(board_destroy(binding, 2), 0);
	cr_assert_eq(board_replace(binding, 3, 3, rule, &reason), 0);
	toy.model.counters.pool_error = 0; /* then rules go without */
	cr_assert_eq(board_replace(binding, 4, 0, rule, &reason), 0);
	send(1);
	cr_assert_eq(stats(4, &delta), 0);
	cr_assert_eq(delta.packets, 0);
	cr_assert_eq(board_totals(binding, 4).packets, 1);
}
