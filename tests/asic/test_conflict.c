/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rules that cannot stand beside others. */
#include "toy.h"

#include <criterion/criterion.h>
#include <errno.h>

static uint32_t first, second; /* ports 1 and 2, one chain */
static struct reason reason;

static void setup(void)
{
	toy_reset();
	toy.model.num_conflicts = 1;
	toy_board();
	first = board_bind(1);
	second = board_bind(2);
}

TestSuite(conflicts, .init = setup, .fini = board_teardown);

static struct model_conditions with_key(uint64_t key)
{
	return toy_if((struct model_condition){.kind = MODEL_IF_KEYS_ANY, .keys = key});
}

static int put(uint32_t binding, uint64_t cookie, uint32_t prio, enum flow_field_id field,
	       uint64_t value)
{
	struct flow_rule *rule = board_rule(1);

	rule->actions[0] = board_action(FLOW_ACTION_DROP, 0);
	board_match(rule, field, value, 0xffff);
	return board_replace(binding, cookie, prio, rule, &reason);
}

static int mirror(uint32_t binding, uint64_t cookie, uint32_t ifindex)
{
	struct flow_rule *rule = board_rule(1);

	rule->actions[0] = board_action(FLOW_ACTION_MIRRED, ifindex);
	return board_replace(binding, cookie, 10, rule, &reason);
}

Test(conflicts, between_kinds_of_rules_on_one_port)
{
	toy.conflict.when = with_key(FLOW_PRESENT(ETH_ADDRS));
	toy.conflict.others = with_key(FLOW_PRESENT(PORTS));
	toy.conflict.relations = MODEL_SAME_PORT;
	toy.conflict.text = "not both";
	toy.conflict.hint = "choose";
	cr_assert_eq(put(first, 1, 10, FLOW_PORTS_DST, 80), 0);
	cr_assert_eq(put(first, 2, 10, FLOW_ETH_DST, 1), -EBUSY);
	cr_assert_str_eq(reason.id, "toy:k");
	cr_assert_str_eq(reason.clause, "the toy has another one; the driver says \"not both\"");
	cr_assert_str_eq(reason.hint, "choose");
	cr_assert_eq(put(second, 3, 10, FLOW_ETH_DST, 1), 0, "another port");
	cr_assert_eq(put(first, 4, 10, FLOW_PORTS_DST, 81), 0, "the same kind");
	cr_assert_eq(board_destroy(first, 1), 0);
	cr_assert_eq(put(first, 2, 10, FLOW_ETH_DST, 1), -EBUSY, "there is one more");
	cr_assert_eq(board_destroy(first, 4), 0);
	cr_assert_eq(put(first, 2, 10, FLOW_ETH_DST, 1), 0);
}

Test(conflicts, unless_takes_rules_out)
{
	toy.conflict.when = with_key(FLOW_PRESENT(ETH_ADDRS));
	toy.conflict.others = with_key(FLOW_PRESENT(PORTS));
	toy.conflict.others_unless = toy_if((struct model_condition){
		.kind = MODEL_IF_PRIORITY, .ranges = &(struct model_range){5, 5}, .num_ranges = 1});
	toy.conflict.unless = toy_if((struct model_condition){
		.kind = MODEL_IF_PRIORITY, .ranges = &(struct model_range){6, 6}, .num_ranges = 1});
	cr_assert_eq(put(first, 1, 5, FLOW_PORTS_DST, 80), 0);
	cr_assert_eq(put(first, 2, 10, FLOW_ETH_DST, 1), 0, "the other one does not count");
	cr_assert_eq(put(first, 3, 10, FLOW_PORTS_DST, 80), 0);
	cr_assert_eq(put(first, 4, 6, FLOW_ETH_DST, 1), 0, "this one is taken out");
	cr_assert_eq(put(first, 5, 10, FLOW_ETH_DST, 1), -EBUSY);
}

Test(conflicts, of_priorities_and_matches)
{
	toy.conflict.relations = MODEL_SAME_PRIORITY;
	cr_assert_eq(put(first, 1, 10, FLOW_PORTS_DST, 80), 0);
	cr_assert_eq(put(second, 2, 10, FLOW_PORTS_DST, 81), -EBUSY);
	cr_assert_eq(put(second, 2, 11, FLOW_PORTS_DST, 81), 0);
	cr_assert_eq(put(first, 1, 10, FLOW_PORTS_DST, 82), 0, "a rule is no conflict to itself");
	cr_assert_eq(put(second, 1, 10, FLOW_PORTS_DST, 82), 0, "nor on another port of its chain");
}

Test(conflicts, of_the_same_match)
{
	toy.conflict.relations = MODEL_SAME_MATCH;
	cr_assert_eq(put(first, 1, 10, FLOW_PORTS_DST, 80), 0);
	cr_assert_eq(put(second, 2, 11, FLOW_PORTS_DST, 80), -EBUSY);
	cr_assert_eq(put(second, 2, 11, FLOW_PORTS_SRC, 80), 0);
	cr_assert_eq(put(first, 1, 10, FLOW_PORTS_DST, 81), 0, "an update matches something else");
	cr_assert_eq(put(second, 3, 11, FLOW_PORTS_DST, 80), 0, "and is no longer in the way");
	cr_assert_eq(put(second, 4, 11, FLOW_PORTS_DST, 81), -EBUSY);
}

Test(conflicts, of_targets)
{
	toy.conflict.relations = MODEL_OTHER_TARGET;
	cr_assert_eq(mirror(first, 1, 4), 0);
	cr_assert_eq(mirror(first, 2, 4), 0);
	cr_assert_eq(mirror(first, 3, 5), -EBUSY);
	cr_assert_eq(put(first, 4, 10, FLOW_PORTS_DST, 80), 0, "it has no target");
	cr_assert_eq(board_destroy(first, 1), 0);
	cr_assert_eq(mirror(first, 2, 5), 0, "the only one is updated");
	cr_assert_eq(mirror(first, 3, 4), -EBUSY);
	cr_assert_eq(mirror(first, 3, 5), 0);
}

Test(conflicts, of_rules_that_would_stand_before_others)
{
	toy.conflict.relations = MODEL_EARLIER_PRIORITY;
	cr_assert_eq(put(first, 1, 10, FLOW_PORTS_DST, 80), 0);
	cr_assert_eq(put(first, 2, 10, FLOW_PORTS_DST, 80), 0);
	cr_assert_eq(put(first, 3, 11, FLOW_PORTS_DST, 80), 0);
	cr_assert_eq(put(first, 4, 9, FLOW_PORTS_DST, 80), -EBUSY);
	cr_assert_eq(put(first, 4, 10, FLOW_PORTS_DST, 80), -EBUSY, "rule 3 is behind it");
	cr_assert_eq(board_destroy(first, 3), 0);
	cr_assert_eq(put(first, 4, 10, FLOW_PORTS_DST, 80), 0);
}

Test(conflicts, of_a_rule_on_another_port_of_its_chain)
{
	toy.conflict.relations = MODEL_SAME_RULE;
	cr_assert_eq(put(first, 1, 10, FLOW_PORTS_DST, 80), 0);
	cr_assert_eq(put(first, 2, 10, FLOW_PORTS_DST, 80), 0, "another rule");
	cr_assert_eq(put(first, 1, 10, FLOW_PORTS_DST, 81), 0, "an update");
	cr_assert_eq(put(second, 1, 10, FLOW_PORTS_DST, 81), -EBUSY);
	cr_assert_eq(put(second, 3, 10, FLOW_PORTS_DST, 81), 0, "another rule");
	cr_assert_eq(board_destroy(first, 1), 0);
	cr_assert_eq(put(second, 1, 10, FLOW_PORTS_DST, 81), 0, "it is gone from the first port");
}

Test(conflicts, a_refused_rule_leaves_nothing_behind)
{
	toy.conflict.relations = MODEL_SAME_MATCH;
	toy.table.entries = 1;
	cr_assert_eq(put(first, 1, 10, FLOW_PORTS_DST, 80), 0);
	cr_assert_eq(put(first, 2, 10, FLOW_PORTS_DST, 81), -ENOSPC);
	cr_assert_eq(board_destroy(first, 1), 0);
	cr_assert_eq(put(first, 3, 10, FLOW_PORTS_DST, 81), 0);
}

Test(conflicts, the_rules_of_a_binding_go_with_it)
{
	toy.conflict.relations = MODEL_SAME_MATCH;
	cr_assert_eq(put(first, 1, 10, FLOW_PORTS_DST, 80), 0);
	cr_assert_eq(offload_unbind(board.offload, first), 0);
	offload_release(board.offload, first);
	cr_assert_eq(put(second, 2, 10, FLOW_PORTS_DST, 80), 0);
}
