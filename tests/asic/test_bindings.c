/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "board.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

TestSuite(bindings, .init = board_setup, .fini = board_teardown);

static struct flow_rule *drop_all(void)
{
	struct flow_rule *rule = board_rule(1);

	rule->actions[0] = board_action(FLOW_ACTION_DROP, 0);
	return rule;
}

Test(bindings, a_second_block_on_a_port_is_busy)
{
	uint32_t first = board_bind(2);
	struct offload_binding second = {.port = 2, .block = 99};
	struct reason reason;

	cr_assert_eq(offload_bind(board.offload, &second, &reason), -EBUSY);
	cr_assert_str_eq(reason.id, "port-has-a-block");
	cr_assert(strstr(reason.clause, "eth2"), "%s", reason.clause);
	second.block = 1; /* the same block again is no better */
	cr_assert_eq(offload_bind(board.offload, &second, &reason), -EBUSY);
	board_bind(3);
	cr_assert_eq(offload_unbind(board.offload, first), 0);
	offload_release(board.offload, first);
	cr_assert_eq(offload_bind(board.offload, &second, &reason), 0);
}

Test(bindings, a_model_may_take_many_blocks_on_a_port)
{
	struct model *own = board.nic.profile;
	struct model many = *own;
	struct offload_binding third = {.port = 2, .block = 3};
	struct flow_key key = board_udp(53);
	struct reason reason;
	uint32_t first, second;

	many.fronts[MODEL_CHAIN].many_blocks = true;
	board.nic.profile = &many;
	first = board_bind_to(2, OFFLOAD_BLOCK, 1);
	second = board_bind_to(2, OFFLOAD_BLOCK, 2);
	cr_assert_eq(board_replace(second, 1, 10, drop_all(), NULL), 0);
	cr_assert(board_send(2, &key).matched);
	cr_assert_eq(offload_unbind(board.offload, first), 0);
	offload_release(board.offload, first);
	cr_assert(board_send(2, &key).matched);
	board.nic.profile = own;
	cr_assert_eq(offload_bind(board.offload, &third, &reason), -EBUSY, "the second is there");
	cr_assert_eq(offload_unbind(board.offload, second), 0);
	cr_assert_eq(offload_bind(board.offload, &third, &reason), 0, "it waits for its release");
	offload_release(board.offload, second);
	cr_assert_not(board_send(2, &key).matched);
}

Test(bindings, what_the_model_cannot_do_is_refused)
{
	static const struct {
		struct offload_binding binding;
		int error;
		const char *id;
	} rows[] = {
		{{.port = 8}, -ENODEV, "no-such-port"},
		{{.port = UINT16_MAX}, -ENODEV, "no-such-port"},
		{{.port = 1, .direction = OFFLOAD_EGRESS}, -EOPNOTSUPP, "egress-unsupported"},
		{{.port = 1, .binder = OFFLOAD_FLOWTABLE}, -EOPNOTSUPP, "flowtable-unsupported"},
	};
	struct reason reason;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct offload_binding binding = rows[i].binding;

		cr_assert_eq(offload_bind(board.offload, &binding, &reason), rows[i].error);
		cr_assert_str_eq(reason.id, rows[i].id);
	}
	board_bind(1);
}

Test(bindings, a_rule_sees_only_packets_of_its_port)
{
	uint32_t binding = board_bind(2);
	struct flow_key key = board_udp(53);

	cr_assert_eq(board_replace(binding, 1, 10, drop_all(), NULL), 0);
	for (uint16_t port = 0; port < 8; port++)
		cr_assert_eq(board_send(port, &key).matched, port == 2, "port %u", port);
}

Test(bindings, unbind_takes_all_entries_and_only_its_own)
{
	uint32_t a = board_bind(0), b = board_bind(1);
	struct flow_key key = board_udp(53);

	for (uint64_t cookie = 0; cookie < 50; cookie++) {
		cr_assert_eq(board_replace(a, cookie, 10, drop_all(), NULL), 0);
		cr_assert_eq(board_replace(b, cookie, 10, drop_all(), NULL), 0);
	}
	board_send(0, &key);
	cr_assert_eq(asic_retired(board.asic).packets, 0);
	cr_assert_eq(offload_unbind(board.offload, a), 0);
	offload_release(board.offload, a);
	cr_assert_eq(asic_entries(board.asic), 50);
	cr_assert_eq(asic_retired(board.asic).packets, 1);
	cr_assert_eq(asic_retired(board.asic).bytes, 100);
	cr_assert_not(board_send(0, &key).matched);
	cr_assert(board_send(1, &key).matched);
}

Test(bindings, the_table_takes_as_many_entries_as_it_has_and_then_says_it_is_full)
{
	uint32_t a, b;
	struct reason reason;

	board.nic.entries = 5;
	a = board_bind(0);
	b = board_bind(1);
	for (uint64_t cookie = 0; cookie < 5; cookie++)
		cr_assert_eq(board_replace(cookie % 2 ? a : b, cookie, 10, drop_all(), NULL), 0);
	cr_assert_eq(asic_entries(board.asic), asic_capacity(board.asic));
	cr_assert_eq(board_replace(a, 5, 10, drop_all(), &reason), -ENOSPC);
	cr_assert_str_eq(reason.id, "tcam-full");
	cr_assert_eq(reason.layer, REASON_CAPACITY);
	cr_assert(strstr(reason.clause, "5"));
	cr_assert_eq(board_replace(a, 1, 20, drop_all(), &reason), 0, "an update needs no room");
	cr_assert_eq(board_destroy(b, 0), 0);
	cr_assert_eq(board_replace(a, 5, 10, drop_all(), &reason), 0);
	cr_assert_eq(asic_entries(board.asic), 5);
}

Test(bindings, what_the_model_refuses_is_refused_also_when_full)
{
	uint32_t binding = board_bind(0);
	struct flow_rule *rule;
	struct reason reason;

	board.nic.entries = 1;
	cr_assert_eq(board_replace(binding, 0, 10, drop_all(), NULL), 0);
	rule = board_rule(1);
	rule->actions[0] = board_action(FLOW_ACTION_REDIRECT, 4711);
	cr_assert_eq(board_replace(binding, 1, 10, rule, &reason), -EOPNOTSUPP);
}

Test(bindings, lower_priority_numbers_decide_first_then_the_older_rule)
{
	uint32_t binding = board_bind(0);
	struct flow_key key = board_udp(53);

	cr_assert_eq(board_replace(binding, 1, 20, drop_all(), NULL), 0);
	cr_assert_eq(board_replace(binding, 2, 10, drop_all(), NULL), 0);
	cr_assert_eq(board_replace(binding, 3, 10, drop_all(), NULL), 0);
	cr_assert_eq(board_send(0, &key).cookie, 2);
	cr_assert_eq(board_destroy(binding, 2), 0);
	cr_assert_eq(board_send(0, &key).cookie, 3);
	cr_assert_eq(board_destroy(binding, 3), 0);
	cr_assert_eq(board_send(0, &key).cookie, 1);
}

Test(bindings, an_update_keeps_totals_and_place_and_changes_what_is_done)
{
	uint32_t binding = board_bind(0);
	struct flow_key key = board_udp(53);
	struct flow_rule *rule;
	struct offload_stats totals;

	cr_assert_eq(board_replace(binding, 1, 10, drop_all(), NULL), 0);
	cr_assert_eq(board_replace(binding, 2, 10, drop_all(), NULL), 0);
	board_send(0, &key);
	rule = board_rule(1);
	rule->actions[0] = board_action(FLOW_ACTION_REDIRECT, 5);
	cr_assert_eq(board_replace(binding, 1, 10, rule, NULL), 0);
	cr_assert_eq(board_send(0, &key).cookie, 1);
	cr_assert_eq(board_send(0, &key).port, 3);
	totals = board_totals(binding, 1);
	cr_assert_eq(totals.packets, 3);
	cr_assert_eq(totals.bytes, 300);
	cr_assert_eq(totals.last_used_ns, 5);
	cr_assert_eq(board_totals(binding, 2).packets, 0);
	cr_assert_eq(asic_retired(board.asic).packets, 0);
}

Test(bindings, a_refused_update_leaves_the_entry_as_it_was)
{
	uint32_t binding = board_bind(0);
	struct flow_key key = board_udp(53);
	struct flow_rule *rule;

	cr_assert_eq(board_replace(binding, 1, 10, drop_all(), NULL), 0);
	rule = board_rule(1);
	rule->actions[0] = board_action(FLOW_ACTION_REDIRECT, 4711);
	cr_assert_eq(board_replace(binding, 1, 10, rule, NULL), -EOPNOTSUPP);
	cr_assert_eq(board_send(0, &key).fate, ASIC_DROP);
}

Test(bindings, the_driver_itself_answers_enoent_for_what_it_does_not_know)
{
	struct flow_rule *rule = drop_all();
	struct offload_command c = {.binding = 5, .cookie = 1, .rule = rule};
	struct offload_stats totals;
	struct reason reason;

	cr_assert_eq(asic_driver.replace(board.asic, &c, &reason), -ENOENT);
	cr_assert_eq(asic_driver.destroy(board.asic, &c, &reason), -ENOENT);
	cr_assert_eq(asic_driver.totals(board.asic, &c, &totals), -ENOENT);
	c.binding = board_bind(0);
	cr_assert_eq(asic_driver.destroy(board.asic, &c, NULL), -ENOENT);
	cr_assert_eq(asic_driver.totals(board.asic, &c, &totals), -ENOENT);
	asic_driver.unbind(board.asic, &(struct offload_binding){.id = 77});
}

Test(bindings, last_used_never_goes_back)
{
	uint32_t binding = board_bind(0);
	struct packet packets[] = {{.length = 60, .time_ns = 9}, {.length = 60, .time_ns = 4}};
	struct flow_key keys[2] = {board_udp(1), board_udp(2)};
	struct asic_decision results[2];

	cr_assert_eq(board_replace(binding, 1, 10, drop_all(), NULL), 0);
	board_process(packets, keys, results, 2);
	cr_assert_eq(board_totals(binding, 1).last_used_ns, 9);
}
