/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a model lets in, why it refuses, and what it makes of a match. */
#include "admission.h"
#include "toy.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

static uint32_t binding;
static struct reason reason;

static void setup(void)
{
	toy_reset();
	toy_board();
	binding = board_bind(1);
}

TestSuite(admission, .init = setup, .fini = board_teardown);

static struct flow_rule *drop(void)
{
	struct flow_rule *rule = board_rule(1);

	rule->actions[0] = board_action(FLOW_ACTION_DROP, 0);
	return rule;
}

static int replace(const struct flow_rule *rule)
{
	reason = (struct reason){0};
	return board_replace(binding, 1, 10, rule, &reason);
}

/* The rule is put in anew; does it take that packet on its port? */
static bool hits(const struct flow_rule *rule, const struct flow_key *key)
{
	cr_assert_eq(replace(rule), 0, "%s", reason.clause);
	return board_send(1, key).matched;
}

/* --- clauses --- */

Test(admission, a_clause_that_does_not_hold_refuses_with_all_it_has_to_say)
{
	struct flow_rule *rule = drop();

	toy.model.num_clauses = 1;
	toy.clause.require = toy_if(
		(struct model_condition){.kind = MODEL_IF_KEYS_ONLY, .keys = FLOW_PRESENT(BASIC)});
	cr_assert_eq(replace(rule), 0);
	board_match(rule, FLOW_PORTS_DST, 80, 0xffff);
	toy.clause.text = "Unsupported key";
	toy.clause.hint = "say less";
	cr_assert_eq(replace(rule), -EINVAL);
	cr_assert_str_eq(reason.id, "toy:c");
	cr_assert_eq(reason.layer, REASON_MODEL);
	cr_assert_eq(reason.error, EINVAL);
	cr_assert_str_eq(reason.clause, "the toy does not want it (PORTS); the driver says "
					"\"Unsupported key\"");
	cr_assert_str_eq(reason.hint, "say less");
	cr_assert_eq(asic_entries(board.asic), 1, "the rule that was there stays");
}

Test(admission, a_clause_without_requirements_refuses_what_it_applies_to)
{
	struct flow_rule *rule = drop();

	toy.model.num_clauses = 1;
	toy.clause.when = toy_if(
		(struct model_condition){.kind = MODEL_IF_KEYS_ANY, .keys = FLOW_PRESENT(PORTS)});
	cr_assert_eq(replace(rule), 0);
	board_match(rule, FLOW_PORTS_DST, 80, 0xffff);
	cr_assert_eq(replace(rule), -EINVAL);
	cr_assert_str_eq(reason.clause, "the toy does not want it");
	cr_assert_str_eq(reason.hint, "");
}

Test(admission, the_first_clause_that_refuses_decides)
{
	struct model_clause clauses[2] = {toy.clause, toy.clause};

	clauses[1].reason_id = "toy:second";
	toy.model.clauses = clauses;
	toy.model.num_clauses = 2;
	cr_assert_eq(replace(drop()), -EINVAL);
	cr_assert_str_eq(reason.id, "toy:c");
	clauses[0].binding = true; /* not of rules */
	cr_assert_eq(replace(drop()), -EINVAL);
	cr_assert_str_eq(reason.id, "toy:second");
}

Test(admission, clauses_come_before_what_nicemu_cannot_do)
{
	struct flow_rule *rule = board_rule(1);

	rule->actions[0] = board_action(FLOW_ACTION_VLAN_POP, 0);
	cr_assert_eq(replace(rule), -EOPNOTSUPP);
	cr_assert_str_eq(reason.id, "not-emulated");
	cr_assert_str_eq(
		reason.clause,
		"the driver takes the rule, but nicemu can't carry out the action VLAN_POP");
	toy.model.num_clauses = 1;
	cr_assert_eq(replace(rule), -EINVAL);
	cr_assert_str_eq(reason.id, "toy:c");
}

Test(admission, fields_and_keys_that_are_in_no_flow_key_are_not_emulated)
{
	struct flow_extra extra = {.id = FLOW_EXTRA_CT_STATE, .mask = {0, 1}};
	struct flow_rule *rule = drop();

	rule->match.used_keys = FLOW_PRESENT(CT);
	cr_assert_eq(replace(rule), -EOPNOTSUPP);
	cr_assert_str_eq(reason.id, "not-emulated");
	rule->match.used_keys = FLOW_PRESENT(ICMP);
	extra.id = FLOW_EXTRA_ICMP_ID;
	rule->match.extras = &extra;
	rule->match.num_extras = 1;
	cr_assert_eq(replace(rule), -EOPNOTSUPP);
	cr_assert(strstr(reason.clause, "icmp.id"), "%s", reason.clause);
	toy.model.match.ignored_keys = FLOW_PRESENT(ICMP);
	cr_assert_eq(replace(rule), 0, "what is not looked at needs no emulation");
}

Test(admission, what_nicemu_cannot_tell_apart_comes_first)
{
	struct flow_rule *rule = drop();

	toy.model.num_clauses = 1;
	rule->match.unknown_keys = 1;
	cr_assert_eq(replace(rule), -EOPNOTSUPP);
	cr_assert_str_eq(reason.id, "unknown-key");
	rule->match.unknown_keys = 0;
	rule->lost_actions = 2;
	cr_assert_eq(replace(rule), -EOPNOTSUPP);
	cr_assert_str_eq(reason.id, "too-many-actions");
	rule->lost_actions = 0;
	rule->actions[0].id = FLOW_ACTION_COUNT;
	cr_assert_eq(replace(rule), -EOPNOTSUPP);
	cr_assert_str_eq(reason.id, "unsupported-action");
}

Test(admission, actions_that_the_driver_takes_and_forgets_do_nothing)
{
	struct flow_rule *rule = board_rule(1);
	struct flow_key key = board_udp(53);

	rule->actions[0] = board_action(FLOW_ACTION_REDIRECT, 4);
	toy.model.match.ignored_actions = 1u << FLOW_ACTION_REDIRECT;
	cr_assert(hits(rule, &key));
	cr_assert_eq(board_send(1, &key).fate, ASIC_HOST);
}

Test(admission, some_rules_only_lose_actions)
{
	struct flow_rule *rule = board_rule(2);
	struct flow_key key = board_udp(53);

	rule->actions[0] = board_action(FLOW_ACTION_REDIRECT, 4);
	rule->actions[1] = board_action(FLOW_ACTION_ACCEPT, 0);
	toy.model.match.num_ignoring = 1;
	toy.ignoring.actions = 1u << FLOW_ACTION_REDIRECT;
	toy.ignoring.when = toy_if((struct model_condition){.kind = MODEL_IF_ACTIONS_LAST,
							    .actions = 1u << FLOW_ACTION_ACCEPT});
	cr_assert(hits(rule, &key));
	cr_assert_eq(board_send(1, &key).fate, ASIC_HOST);
	rule->actions[1] = board_action(FLOW_ACTION_MIRRED, 5);
	cr_assert(hits(rule, &key));
	cr_assert_eq(board_send(1, &key).fate, ASIC_REDIRECT, "it is not about this rule");
	toy.ignoring.when.count = 0;
	toy.ignoring.unless = toy_if((struct model_condition){.kind = MODEL_IF_ACTIONS_LAST,
							      .actions = 1u << FLOW_ACTION_MIRRED});
	cr_assert(hits(rule, &key));
	cr_assert_eq(board_send(1, &key).fate, ASIC_REDIRECT, "nor is it with unless");
}

Test(admission, a_mirror_can_take_the_packet)
{
	struct flow_rule *rule = board_rule(2);
	struct flow_key key = board_udp(53);
	struct asic_decision decision;

	rule->actions[0] = board_action(FLOW_ACTION_MIRRED, 4);
	rule->actions[1] = board_action(FLOW_ACTION_MIRRED, 5);
	toy.model.match.num_ignoring = 1;
	toy.ignoring.mirror_takes = true;
	cr_assert(hits(rule, &key));
	decision = board_send(1, &key);
	cr_assert_eq(decision.fate, ASIC_REDIRECT);
	cr_assert_eq(decision.port, 3, "interface 5");
	cr_assert_eq(decision.num_mirrors, 1);
	cr_assert_eq(decision.mirrors[0], 2, "interface 4");
	rule->actions[1] = board_action(FLOW_ACTION_DROP, 0);
	cr_assert(hits(rule, &key));
	decision = board_send(1, &key);
	cr_assert_eq(decision.fate, ASIC_DROP, "there is a verdict");
	cr_assert_eq(decision.num_mirrors, 1);
	rule->actions[0] = board_action(FLOW_ACTION_ACCEPT, 0);
	rule->num_actions = 1;
	cr_assert(hits(rule, &key));
	cr_assert_eq(board_send(1, &key).fate, ASIC_HOST, "there is no mirror");
}

/* --- matches --- */

Test(admission, ignored_keys_and_fields_are_not_looked_at)
{
	struct model_field ignored[] = {toy_field("ports.src"), toy_field("vlan.vlan_priority")};
	struct flow_rule *rule = drop();
	struct flow_key key = board_udp(53);

	board_match(rule, FLOW_IPV4_SRC, 0x01020304, UINT32_MAX);
	board_match(rule, FLOW_PORTS_SRC, 7, 0xffff);
	board_match(rule, FLOW_PORTS_DST, 53, 0xffff);
	cr_assert_not(hits(rule, &key));
	toy.model.match.ignored_keys = FLOW_PRESENT(IPV4_ADDRS);
	cr_assert_not(hits(rule, &key));
	toy.model.match.ignored = ignored;
	toy.model.match.num_ignored = 2;
	cr_assert(hits(rule, &key));
	flow_key_set(&key, FLOW_PORTS_DST, 64);
	cr_assert_not(hits(rule, &key));
}

Test(admission, a_part_of_a_field_can_be_ignored)
{
	struct model_field ignored = toy_field("vlan.vlan_priority");
	struct flow_rule *rule = drop();
	struct flow_key key = board_udp(53);

	board_match(rule, FLOW_VLAN_TCI, 0xe005, 0xefff);
	key.word[0] |= FLOW_PRESENT(VLAN);
	flow_key_set(&key, FLOW_VLAN_TCI, 0x0005);
	cr_assert_not(hits(rule, &key));
	toy.model.match.ignored = &ignored;
	toy.model.match.num_ignored = 1;
	cr_assert(hits(rule, &key));
	flow_key_set(&key, FLOW_VLAN_TCI, 0x0008);
	cr_assert_not(hits(rule, &key));
}

Test(admission, a_field_that_is_ignored_need_not_be_there)
{
	struct model_field ignored = toy_field("icmp.type");
	struct flow_rule *rule = drop();
	struct flow_key key = board_udp(53);

	board_match(rule, FLOW_ICMP_TYPE, 8, 0xff);
	cr_assert_not(hits(rule, &key));
	toy.model.match.ignored = &ignored;
	toy.model.match.num_ignored = 1;
	cr_assert(hits(rule, &key));
}

Test(admission, some_rules_only_lose_fields)
{
	struct model_field port = toy_field("ports.dst");
	struct flow_rule *rule = drop();
	struct flow_key key = board_udp(53);

	board_match(rule, FLOW_PORTS_DST, 80, 0xffff);
	board_match(rule, FLOW_BASIC_IP_PROTO, 17, 0xff);
	toy.ignoring = (struct model_ignoring){.fields = &port, .num_fields = 1};
	toy.model.match.num_ignoring = 1;
	toy.ignoring.unless = toy_if(
		(struct model_condition){.kind = MODEL_IF_VALUE,
					 .fields = &(struct model_field){.id = FLOW_BASIC_IP_PROTO},
					 .num_fields = 1,
					 .ranges = &(struct model_range){17, 17},
					 .num_ranges = 1});
	cr_assert_not(hits(rule, &key), "a UDP rule keeps its port");
	toy.ignoring.unless.count = 0;
	cr_assert(hits(rule, &key));
	toy.ignoring.when = toy_if(
		(struct model_condition){.kind = MODEL_IF_KEYS_ANY, .keys = FLOW_PRESENT(VLAN)});
	cr_assert_not(hits(rule, &key), "it is not about this rule");
}

Test(admission, exact_fields_have_no_mask)
{
	struct model_field exact = toy_field("ipv4_addrs.src");
	struct flow_rule *rule = drop();
	struct flow_key key = board_udp(53); /* from 10.0.0.1 */

	board_match(rule, FLOW_IPV4_SRC, 0x0a0000ff, 0xff000000);
	cr_assert(hits(rule, &key));
	toy.model.match.exact = &exact;
	toy.model.match.num_exact = 1;
	cr_assert_not(hits(rule, &key));
	key.word[flow_positions[FLOW_IPV4_SRC].word] &= 0xffffffff;
	flow_key_set(&key, FLOW_IPV4_SRC, 0x0a000000); /* value & mask */
	cr_assert(hits(rule, &key));
	rule = drop(); /* not matched at all: nothing is asked */
	board_match(rule, FLOW_IPV4_DST, 0x0a000002, UINT32_MAX);
	cr_assert(hits(rule, &key));
}

Test(admission, zero_can_mean_any)
{
	struct model_field any = toy_field("ports.dst");
	struct flow_rule *rule = drop();
	struct flow_key key = board_udp(53);

	board_match(rule, FLOW_PORTS_DST, 0, 0xffff);
	cr_assert_not(hits(rule, &key));
	toy.model.match.zero_is_any = &any;
	toy.model.match.num_zero_is_any = 1;
	cr_assert(hits(rule, &key));
	board_match(rule, FLOW_PORTS_DST, 1, 0);
	cr_assert_not(hits(rule, &key));
}

Test(admission, a_driver_can_ask_for_packets_without_a_tag)
{
	struct flow_rule *rule = drop();
	struct flow_key plain = board_udp(53), tagged = plain;

	tagged.word[0] |= FLOW_PRESENT(VLAN);
	board_match(rule, FLOW_BASIC_N_PROTO, 0x0800, 0xffff);
	cr_assert(hits(rule, &tagged));
	toy.model.match.num_implicits = 1;
	toy.implicit = (struct model_implicit){.absent_keys = FLOW_PRESENT(VLAN)};
	toy.implicit.when = toy_if(
		(struct model_condition){.kind = MODEL_IF_FIELDS_ANY,
					 .fields = &(struct model_field){.id = FLOW_BASIC_N_PROTO},
					 .num_fields = 1});
	cr_assert(hits(rule, &plain));
	cr_assert_not(hits(rule, &tagged));
	rule = drop(); /* without the ethertype: no such thing */
	board_match(rule, FLOW_PORTS_DST, 53, 0xffff);
	cr_assert(hits(rule, &tagged));
}

Test(admission, a_driver_can_add_a_value)
{
	struct flow_rule *rule = drop();
	struct flow_key key = board_udp(53);

	toy.model.match.num_implicits = 1;
	toy.implicit = (struct model_implicit){
		.has_field = true, .field = toy_field("basic.ip_proto"), .value = 6};
	cr_assert_not(hits(rule, &key));
	toy.implicit.value = 17;
	cr_assert(hits(rule, &key));
	key.word[0] &= ~FLOW_PRESENT_IP_PROTO;
	cr_assert_not(hits(rule, &key), "the field must be there");
	toy.implicit.field = toy_field("ct.ct_state");
	cr_assert_eq(replace(rule), -EOPNOTSUPP);
	cr_assert_str_eq(reason.id, "not-emulated");
}

Test(admission, a_part_of_a_field_is_added_where_it_lies)
{
	struct flow_rule *rule = drop();
	struct flow_key key = board_udp(53);

	board_match(rule, FLOW_VLAN_TCI, 5, 0x0fff);
	toy.model.match.num_implicits = 1;
	toy.implicit = (struct model_implicit){
		.has_field = true, .field = toy_field("vlan.vlan_priority"), .value = 3};
	key.word[0] |= FLOW_PRESENT(VLAN);
	flow_key_set(&key, FLOW_VLAN_TCI, 0x6005);
	cr_assert(hits(rule, &key));
	flow_key_set(&key, FLOW_VLAN_TCI, 0x8000);
	cr_assert_not(hits(rule, &key));
}

/* --- bindings --- */

static int bind(struct offload_binding bound)
{
	reason = (struct reason){0};
	return offload_bind(board.offload, &bound, &reason);
}

Test(admission, front_ends_that_the_model_does_not_take_are_refused_as_it_says)
{
	toy.model.fronts[MODEL_FLOWTABLE] =
		(struct model_front){.error = EINVAL, .text = "no flowtables here"};
	toy.model.fronts[MODEL_FLOWER] = (struct model_front){.text = ""};
	cr_assert_eq(bind((struct offload_binding){.port = 2, .binder = OFFLOAD_FLOWTABLE}),
		     -EINVAL);
	cr_assert_str_eq(reason.id, "flowtable-unsupported");
	cr_assert_str_eq(reason.clause, "no flowtables here");
	cr_assert_eq(bind((struct offload_binding){.port = 2, .binder = OFFLOAD_TC}), -EOPNOTSUPP);
	cr_assert_str_eq(reason.id, "flower-unsupported");
	cr_assert_str_eq(reason.clause, "the NIC takes no tc filters");
	toy.model.fronts[MODEL_CHAIN].taken = false;
	cr_assert_eq(bind((struct offload_binding){.port = 2}), -EOPNOTSUPP);
	cr_assert_str_eq(reason.id, "chain-unsupported");
}

Test(admission, a_port_has_one_block_of_each_front_end)
{
	cr_assert_eq(bind((struct offload_binding){.port = 2}), 0);
	cr_assert_eq(bind((struct offload_binding){.port = 2, .binder = OFFLOAD_FLOWTABLE}), 0);
	cr_assert_eq(bind((struct offload_binding){.port = 2, .binder = OFFLOAD_TC}), 0);
	cr_assert_eq(bind((struct offload_binding){.port = 2, .binder = OFFLOAD_TC}), -EBUSY);
	cr_assert_str_eq(reason.id, "port-has-a-block");
}

Test(admission, clauses_of_bindings_are_asked_at_bind_only)
{
	toy.clause.binding = true;
	toy.clause.require = toy_if((struct model_condition){.kind = MODEL_IF_PORT_KINDS,
							     .set = 1u << NIC_PORT_REPRESENTOR});
	toy.model.num_clauses = 1;
	cr_assert_eq(replace(drop()), 0);
	cr_assert_eq(bind((struct offload_binding){.port = 2}), -EINVAL);
	cr_assert_str_eq(reason.id, "toy:c");
	board.nic.ports[2].kind = NIC_PORT_REPRESENTOR;
	cr_assert_eq(bind((struct offload_binding){.port = 2}), 0);
}

Test(admission, with_offload_off_bind_or_rules_are_refused_as_the_model_says)
{
	board.nic.ports[1].hw_tc_offload_off = board.nic.ports[2].hw_tc_offload_off = true;
	cr_assert_eq(replace(drop()), 0, "the model does not mind");
	toy.model.off_replace_error = EOPNOTSUPP;
	toy.model.off_text = "it is off";
	cr_assert_eq(replace(drop()), -EOPNOTSUPP);
	cr_assert_str_eq(reason.id, "hw-tc-offload-off");
	cr_assert(strstr(reason.clause, "eth1; the driver says \"it is off\""), "%s",
		  reason.clause);
	cr_assert_eq(bind((struct offload_binding){.port = 2}), 0);
	board.nic.ports[3].hw_tc_offload_off = true;
	toy.model.off_bind_error = EINVAL;
	cr_assert_eq(bind((struct offload_binding){.port = 3}), -EINVAL);
	cr_assert_str_eq(reason.id, "hw-tc-offload-off");
	cr_assert_eq(bind((struct offload_binding){.port = 4}), 0, "the other ports are on");
}

/* --- cookies --- */

Test(admission, a_known_cookie_can_be_refused)
{
	struct flow_key key = board_udp(53);

	cr_assert_eq(replace(drop()), 0);
	toy.model.cookies.duplicate = EEXIST;
	cr_assert_eq(replace(board_rule(0)), -EEXIST);
	cr_assert_str_eq(reason.id, "cookie-known");
	cr_assert_eq(board_send(1, &key).fate, ASIC_DROP, "the old rule stays");
}

Test(admission, an_unknown_cookie_gets_the_errno_of_the_driver)
{
	const struct offload_command command = {.binding = binding, .cookie = 77};
	struct offload_stats delta;

	toy.model.cookies.unknown_destroy = EINVAL;
	toy.model.cookies.unknown_stats = 0;
	cr_assert_eq(board_destroy(binding, 77), -EINVAL);
	cr_assert_eq(offload_stats(board.offload, &command, &delta), 0);
	cr_assert_eq(delta.packets, 0);
	toy.model.cookies.unknown_destroy = 0;
	toy.model.cookies.unknown_stats = ENOENT;
	cr_assert_eq(board_destroy(binding, 77), 0);
	cr_assert_eq(offload_stats(board.offload, &command, &delta), -ENOENT);
}

/* --- asking without putting in --- */

Test(admission, asking_says_where_a_rule_would_go_and_changes_nothing)
{
	const struct offload_binding bound = {.port = 3, .binder = OFFLOAD_TC};
	struct offload_command command = {.rule = drop(), .prio = 4, .cookie = 9};
	struct asic_admitted admitted;

	toy.table.slices = 4;
	toy.table.num_costs = 2;
	toy.costs[0].when = toy_if((struct model_condition){.kind = MODEL_IF_KEYS_ANY,
							    .keys = FLOW_PRESENT(IPV6_ADDRS)});
	toy.costs[0].entries = 2;
	toy.costs[1].slices = 1;
	toy.costs[1].entries = 1;
	cr_assert_eq(board_admit(&bound, &command, &admitted, &reason), 0);
	cr_assert_eq(admitted.table, &toy.table);
	cr_assert_eq(admitted.cost, &toy.costs[1]);
	cr_assert_eq(admitted.entries, 1);
	cr_assert_eq(admitted.slices, 1);
	cr_assert_eq(admitted.decision.fate, ASIC_DROP);
	cr_assert_eq(admitted.rule.priority, 4);
	cr_assert_eq(admitted.rule.value.word[0] >> FLOW_PORT_SHIFT, 3);
	command.rule = board_rule(0);
	((struct flow_rule *)command.rule)->match.used_keys = FLOW_PRESENT(IPV6_ADDRS);
	cr_assert_eq(board_admit(&bound, &command, &admitted, &reason), 0);
	cr_assert_eq(admitted.cost, &toy.costs[0]);
	cr_assert_eq(admitted.entries, 2);
	cr_assert_eq(admitted.slices, 4, "whole entries");
	toy.table.front_ends = 1u << MODEL_CHAIN;
	cr_assert_eq(board_admit(&bound, &command, &admitted, &reason), -EOPNOTSUPP);
	cr_assert_str_eq(reason.id, "no-table");
	cr_assert_eq(asic_entries(board.asic), 0);
}
