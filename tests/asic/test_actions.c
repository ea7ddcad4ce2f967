/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "board.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

TestSuite(actions, .init = board_setup, .fini = board_teardown);

/* Interface indexes: port n of the default NIC has n + 2. */
#define ACCEPT                                          \
	{                                               \
		.id = FLOW_ACTION_ACCEPT, .hw_stats = 7 \
	}
#define DROP                                          \
	{                                             \
		.id = FLOW_ACTION_DROP, .hw_stats = 7 \
	}
#define TO(PORT)                                                                 \
	{                                                                        \
		.id = FLOW_ACTION_REDIRECT, .hw_stats = 7, .ifindex = (PORT) + 2 \
	}
#define DUP(PORT)                                                              \
	{                                                                      \
		.id = FLOW_ACTION_MIRRED, .hw_stats = 7, .ifindex = (PORT) + 2 \
	}

static const struct {
	const char *name;
	size_t count;
	struct flow_action_entry actions[4];
	enum asic_fate fate;
	uint16_t port;
	uint8_t num_mirrors;
	uint16_t mirrors[4];
} rows[] = {
	{"none", 0, {ACCEPT}, ASIC_HOST, 0, 0, {0}},
	{"accept", 1, {ACCEPT}, ASIC_HOST, 0, 0, {0}},
	{"drop", 1, {DROP}, ASIC_DROP, 0, 0, {0}},
	{"fwd", 1, {TO(3)}, ASIC_REDIRECT, 3, 0, {0}},
	{"fwd to where it came from", 1, {TO(0)}, ASIC_REDIRECT, 0, 0, {0}},
	{"dup", 1, {DUP(3)}, ASIC_HOST, 0, 1, {3}},
	{"dup accept", 2, {DUP(3), ACCEPT}, ASIC_HOST, 0, 1, {3}},
	{"dup drop", 2, {DUP(3), DROP}, ASIC_DROP, 0, 1, {3}},
	{"dup fwd", 2, {DUP(3), TO(4)}, ASIC_REDIRECT, 4, 1, {3}},
	{"fwd dup", 2, {TO(4), DUP(3)}, ASIC_REDIRECT, 4, 1, {3}},
	{"dup dup same", 3, {DUP(3), DUP(5), DUP(3)}, ASIC_HOST, 0, 3, {3, 5, 3}},
	{"accept drop", 2, {ACCEPT, DROP}, ASIC_DROP, 0, 0, {0}},
	{"drop accept", 2, {DROP, ACCEPT}, ASIC_DROP, 0, 0, {0}},
	{"fwd drop", 2, {TO(4), DROP}, ASIC_DROP, 0, 0, {0}},
	{"drop fwd", 2, {DROP, TO(4)}, ASIC_DROP, 0, 0, {0}},
	{"accept fwd", 2, {ACCEPT, TO(4)}, ASIC_REDIRECT, 4, 0, {0}},
	{"fwd accept", 2, {TO(4), ACCEPT}, ASIC_REDIRECT, 4, 0, {0}},
	{"fwd fwd", 2, {TO(4), TO(5)}, ASIC_REDIRECT, 4, 0, {0}},
	{"all", 4, {ACCEPT, DUP(1), TO(4), DROP}, ASIC_DROP, 0, 1, {1}},
};

Test(actions, each_combination_has_its_fate)
{
	uint32_t binding = board_bind(0);
	struct flow_key key = board_udp(53);

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct flow_rule *rule = board_rule(rows[i].count);
		struct asic_decision result;

		memcpy(rule->actions, rows[i].actions, rows[i].count * sizeof(rule->actions[0]));
		cr_assert_eq(board_replace(binding, i, 10, rule, NULL), 0, "%s", rows[i].name);
		result = board_send(0, &key);
		cr_assert(result.matched);
		cr_assert_eq(result.binding, binding);
		cr_assert_eq(result.cookie, i);
		cr_assert_eq(result.fate, rows[i].fate, "%s", rows[i].name);
		if (result.fate == ASIC_REDIRECT)
			cr_assert_eq(result.port, rows[i].port, "%s", rows[i].name);
		cr_assert_eq(result.num_mirrors, rows[i].num_mirrors, "%s", rows[i].name);
		cr_assert_arr_eq(result.mirrors, rows[i].mirrors,
				 rows[i].num_mirrors * sizeof(uint16_t), "%s", rows[i].name);
		cr_assert_eq(board_destroy(binding, i), 0);
	}
}

Test(actions, without_a_match_the_host_gets_the_packet)
{
	struct flow_key key = board_udp(53);
	struct asic_decision result = board_send(0, &key);

	cr_assert_not(result.matched);
	cr_assert_eq(result.fate, ASIC_HOST);
	cr_assert_eq(result.num_mirrors, 0);
	cr_assert_eq(asic_unmatched(board.asic).packets, 1);
	cr_assert_eq(asic_unmatched(board.asic).bytes, 100);
}

Test(actions, targets_must_be_ports_of_the_nic)
{
	static const uint32_t foreign[] = {0, 1, 10, 4711, UINT32_MAX};
	uint32_t binding = board_bind(0);
	struct reason reason;

	for (size_t i = 0; i < sizeof(foreign) / sizeof(foreign[0]); i++) {
		struct flow_rule *rule = board_rule(1);

		rule->actions[0] = board_action(FLOW_ACTION_REDIRECT, foreign[i]);
		cr_assert_eq(board_replace(binding, 1, 10, rule, &reason), -EOPNOTSUPP);
		cr_assert_str_eq(reason.id, "redirect-target-not-a-port");
		cr_assert_eq(reason.layer, REASON_MODEL);
		rule->actions[0] = board_action(FLOW_ACTION_MIRRED, foreign[i]);
		cr_assert_eq(board_replace(binding, 1, 10, rule, &reason), -EOPNOTSUPP);
		cr_assert_str_eq(reason.id, "mirror-target-not-a-port");
	}
	cr_assert_eq(asic_entries(board.asic), 0);
}

Test(actions, a_port_that_was_added_later_can_be_a_target)
{
	uint32_t binding = board_bind(0);
	struct flow_rule *rule = board_rule(1);
	struct flow_key key = board_udp(53);

	rule->actions[0] = board_action(FLOW_ACTION_REDIRECT, 10);
	cr_assert_eq(board_replace(binding, 1, 10, rule, NULL), -EOPNOTSUPP);
	cr_assert_eq(nic_add_port(&board.nic, "eth8"), 8);
	cr_assert_eq(board_replace(binding, 1, 10, rule, NULL), 0);
	cr_assert_eq(board_send(0, &key).port, 8);
}

Test(actions, a_target_is_checked_also_where_drop_makes_it_idle)
{
	uint32_t binding = board_bind(0);
	struct flow_rule *rule = board_rule(2);

	rule->actions[0] = board_action(FLOW_ACTION_DROP, 0);
	rule->actions[1] = board_action(FLOW_ACTION_REDIRECT, 4711);
	cr_assert_eq(board_replace(binding, 1, 10, rule, NULL), -EOPNOTSUPP);
}

Test(actions, too_many_mirrors_and_unknown_actions_are_refused)
{
	uint32_t binding = board_bind(0);
	struct flow_rule *rule = board_rule(ASIC_MIRRORS_MAX + 1);
	struct flow_key key = board_udp(53);
	struct reason reason;

	for (size_t i = 0; i < rule->num_actions; i++)
		rule->actions[i] = board_action(FLOW_ACTION_MIRRED, 3);
	cr_assert_eq(board_replace(binding, 1, 10, rule, &reason), -EOPNOTSUPP);
	cr_assert_str_eq(reason.id, "too-many-mirrors");
	rule->num_actions = ASIC_MIRRORS_MAX;
	cr_assert_eq(board_replace(binding, 1, 10, rule, &reason), 0);
	cr_assert_eq(board_send(0, &key).num_mirrors, ASIC_MIRRORS_MAX);
	rule->actions[0].id = (enum flow_action_id)99;
	cr_assert_eq(board_replace(binding, 1, 10, rule, &reason), -EOPNOTSUPP);
	cr_assert_str_eq(reason.id, "unsupported-action");
}

Test(actions, each_that_the_nic_has_not_is_refused_by_name)
{
	uint32_t binding = board_bind(0);
	struct flow_rule *rule = board_rule(1);
	struct reason reason;
	char clause[64];

	for (int id = FLOW_ACTION_MIRRED + 1; id < FLOW_ACTION_COUNT; id++) {
		rule->actions[0] = board_action((enum flow_action_id)id, 3);
		cr_assert_eq(board_replace(binding, 1, 10, rule, &reason), -EOPNOTSUPP, "%s",
			     flow_action_name((enum flow_action_id)id));
		cr_assert_str_eq(reason.id, "unsupported-action");
		snprintf(clause, sizeof(clause), "the NIC can't carry out the action %s",
			 flow_action_name((enum flow_action_id)id));
		cr_assert_str_eq(reason.clause, clause);
	}
}
