/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Each kind of condition where it holds and where it does not. */
#include "conditions.h"
#include "toy.h"

#include <criterion/criterion.h>
#include <string.h>

static struct flow_rule *rule;
static struct flow_extra extras[2];
static struct offload_binding bound;
static struct offload_command command;
static struct question question;

static void setup(void)
{
	toy_reset();
	toy_board();
	rule = board_rule(4);
	rule->num_actions = 0;
	memset(extras, 0, sizeof(extras));
	bound = (struct offload_binding){.port = 1};
	command = (struct offload_command){.rule = rule, .prio = 10};
	question = (struct question){&board.nic, &bound, &command};
}

TestSuite(conditions, .init = setup, .fini = board_teardown);

#define HOLDS(...)                                                                           \
	conditions_hold(&(struct model_conditions){&(struct model_condition)__VA_ARGS__, 1}, \
			&question)
#define RANGES(...)                                    \
	.ranges = (struct model_range[]){__VA_ARGS__}, \
	.num_ranges = sizeof((struct model_range[]){__VA_ARGS__}) / sizeof(struct model_range)
#define FIELDS(...)                                    \
	.fields = (struct model_field[]){__VA_ARGS__}, \
	.num_fields = sizeof((struct model_field[]){__VA_ARGS__}) / sizeof(struct model_field)

static void add(enum flow_action_id id, uint32_t ifindex)
{
	rule->actions[rule->num_actions++] = board_action(id, ifindex);
}

static void match_extra(enum flow_extra_id id, uint8_t value, uint8_t mask)
{
	struct flow_extra *extra = &extras[rule->match.num_extras++];

	rule->match.extras = extras;
	rule->match.used_keys |= UINT64_C(1) << flow_extra_fields[id].key;
	extra->id = (uint8_t)id;
	extra->value[flow_extra_fields[id].size - 1] = value;
	extra->mask[flow_extra_fields[id].size - 1] = mask;
}

Test(conditions, no_conditions_hold)
{
	cr_assert(conditions_hold(&(struct model_conditions){0}, &question));
}

Test(conditions, keys)
{
	rule->match.used_keys = FLOW_PRESENT(BASIC) | FLOW_PRESENT(PORTS);
	cr_assert(HOLDS({.kind = MODEL_IF_KEYS_ONLY,
			 .keys = FLOW_PRESENT(BASIC) | FLOW_PRESENT(PORTS) | FLOW_PRESENT(IP)}));
	cr_assert_not(HOLDS({.kind = MODEL_IF_KEYS_ONLY, .keys = FLOW_PRESENT(BASIC)}));
	cr_assert(HOLDS({.kind = MODEL_IF_KEYS_ALL, .keys = FLOW_PRESENT(BASIC)}));
	cr_assert_not(
		HOLDS({.kind = MODEL_IF_KEYS_ALL, .keys = FLOW_PRESENT(BASIC) | FLOW_PRESENT(IP)}));
	cr_assert(
		HOLDS({.kind = MODEL_IF_KEYS_ANY, .keys = FLOW_PRESENT(BASIC) | FLOW_PRESENT(IP)}));
	cr_assert_not(HOLDS({.kind = MODEL_IF_KEYS_ANY, .keys = FLOW_PRESENT(IP)}));
}

Test(conditions, fields_only_counts_matched_fields_of_the_listed_keys)
{
	board_match(rule, FLOW_IPV4_SRC, 1, UINT32_MAX);
	board_match(rule, FLOW_PORTS_DST, 80, 0xffff);
	board_match(rule, FLOW_PORTS_SRC, 0, 0); /* not matched */
	cr_assert(HOLDS({.kind = MODEL_IF_FIELDS_ONLY, FIELDS(toy_field("ports.dst"))}));
	cr_assert_not(HOLDS({.kind = MODEL_IF_FIELDS_ONLY, FIELDS(toy_field("ports.src"))}));
	rule->match.used_keys &= ~FLOW_PRESENT(PORTS); /* written, not flagged */
	cr_assert(HOLDS({.kind = MODEL_IF_FIELDS_ONLY, FIELDS(toy_field("ports.src"))}));
}

Test(conditions, fields_only_knows_parts_halves_and_extras)
{
	board_match(rule, FLOW_VLAN_TCI, 0, 0x0fff);
	cr_assert(HOLDS({.kind = MODEL_IF_FIELDS_ONLY, FIELDS(toy_field("vlan.vlan_id"))}));
	cr_assert_not(
		HOLDS({.kind = MODEL_IF_FIELDS_ONLY, FIELDS(toy_field("vlan.vlan_priority"))}));
	flow_key_set(&rule->match.mask, FLOW_VLAN_TCI, 0x2000);
	cr_assert_not(HOLDS({.kind = MODEL_IF_FIELDS_ONLY, FIELDS(toy_field("vlan.vlan_id"))}));
	cr_assert(HOLDS({.kind = MODEL_IF_FIELDS_ONLY,
			 FIELDS(toy_field("vlan.vlan_id"), toy_field("vlan.vlan_priority"))}));
	match_extra(FLOW_EXTRA_VLAN_ETH_TYPE, 8, 0xff);
	cr_assert_not(HOLDS({.kind = MODEL_IF_FIELDS_ONLY, FIELDS(toy_field("vlan.vlan_tci"))}));
	/* Only the first half of an address. */
	rule->match.used_keys = FLOW_PRESENT(IPV6_ADDRS);
	flow_key_set_128(&rule->match.mask, FLOW_IPV6_SRC, UINT64_MAX, 0);
	cr_assert_not(HOLDS({.kind = MODEL_IF_FIELDS_ONLY, FIELDS(toy_field("ipv6_addrs.dst"))}));
}

Test(conditions, fields_any_and_all)
{
	board_match(rule, FLOW_PORTS_DST, 80, 0xffff);
	cr_assert(HOLDS({.kind = MODEL_IF_FIELDS_ANY,
			 FIELDS(toy_field("ports.src"), toy_field("ports.dst"))}));
	cr_assert_not(HOLDS({.kind = MODEL_IF_FIELDS_ALL,
			     FIELDS(toy_field("ports.src"), toy_field("ports.dst"))}));
	cr_assert_not(HOLDS({.kind = MODEL_IF_FIELDS_ANY, FIELDS(toy_field("ports.src"))}));
	cr_assert(HOLDS({.kind = MODEL_IF_FIELDS_ALL, FIELDS(toy_field("ports.dst"))}));
	match_extra(FLOW_EXTRA_CT_STATE, 2, 2);
	cr_assert(HOLDS({.kind = MODEL_IF_FIELDS_ALL, FIELDS(toy_field("ct.ct_state"))}));
}

static bool has_form(uint64_t bits, enum model_mask form)
{
	rule->match.used_keys = FLOW_PRESENT(IPV4_ADDRS);
	rule->match.mask = (struct flow_key){0};
	flow_key_set(&rule->match.mask, FLOW_IPV4_SRC, bits);
	return HOLDS({.kind = MODEL_IF_MASK, .mask = form, FIELDS(toy_field("ipv4_addrs.src"))});
}

Test(conditions, forms_of_masks)
{
	static const struct {
		uint64_t bits;
		bool none, full, full_or_none, prefix;
	} rows[] = {
		{0, true, false, true, true},
		{0xffffffff, false, true, true, true},
		{0xff000000, false, false, false, true},
		{0x80000000, false, false, false, true},
		{0xfffffffe, false, false, false, true},
		{0x000000ff, false, false, false, false},
		{0xff00ff00, false, false, false, false},
		{0x00000001, false, false, false, false},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		cr_assert_eq(has_form(rows[i].bits, MODEL_MASK_NONE), rows[i].none, "row %zu", i);
		cr_assert_eq(has_form(rows[i].bits, MODEL_MASK_FULL), rows[i].full, "row %zu", i);
		cr_assert_eq(has_form(rows[i].bits, MODEL_MASK_FULL_OR_NONE), rows[i].full_or_none,
			     "row %zu", i);
		cr_assert_eq(has_form(rows[i].bits, MODEL_MASK_PREFIX), rows[i].prefix, "row %zu",
			     i);
	}
}

Test(conditions, prefixes_of_wide_fields_and_of_parts)
{
	static const struct {
		uint64_t high, low;
		bool prefix;
	} rows[] = {
		{0, 0, true},
		{UINT64_MAX, 0, true},
		{UINT64_MAX, UINT64_MAX, true},
		{UINT64_MAX, UINT64_C(1) << 63, true},
		{UINT64_MAX << 32, 0, true},
		{UINT64_MAX << 32, 1, false},
		{0, UINT64_MAX, false},
		{UINT64_MAX, 1, false},
		{1, 0, false},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		rule->match.used_keys = FLOW_PRESENT(IPV6_ADDRS);
		flow_key_set_128(&rule->match.mask, FLOW_IPV6_DST, rows[i].high, rows[i].low);
		cr_assert_eq(HOLDS({.kind = MODEL_IF_MASK,
				    .mask = MODEL_MASK_PREFIX,
				    FIELDS(toy_field("ipv6_addrs.dst"))}),
			     rows[i].prefix, "row %zu", i);
	}
	board_match(rule, FLOW_VLAN_TCI, 0, 0xe000);
	cr_assert(HOLDS({.kind = MODEL_IF_MASK,
			 .mask = MODEL_MASK_FULL,
			 FIELDS(toy_field("vlan.vlan_priority"))}));
	cr_assert(HOLDS({.kind = MODEL_IF_MASK,
			 .mask = MODEL_MASK_NONE,
			 FIELDS(toy_field("vlan.vlan_id"))}));
	cr_assert_not(HOLDS({.kind = MODEL_IF_MASK,
			     .mask = MODEL_MASK_FULL,
			     FIELDS(toy_field("vlan.vlan_priority"), toy_field("vlan.vlan_id"))}));
}

Test(conditions, bits_of_masks)
{
	board_match(rule, FLOW_TCP_FLAGS, 2, 0x0003);
	cr_assert(HOLDS(
		{.kind = MODEL_IF_MASK_BITS, FIELDS(toy_field("tcp.flags")), RANGES({0, 0x2f})}));
	cr_assert_not(HOLDS(
		{.kind = MODEL_IF_MASK_BITS, FIELDS(toy_field("tcp.flags")), RANGES({0, 0x02})}));
	rule->match.used_keys = 0;
	cr_assert(HOLDS(
		{.kind = MODEL_IF_MASK_BITS, FIELDS(toy_field("tcp.flags")), RANGES({0, 0x02})}));
}

Test(conditions, values_are_those_within_the_mask)
{
	board_match(rule, FLOW_BASIC_IP_PROTO, 0x16, 0x0f);
	cr_assert(HOLDS({.kind = MODEL_IF_VALUE,
			 FIELDS(toy_field("basic.ip_proto")),
			 RANGES({17, 17}, {5, 6})}));
	cr_assert_not(HOLDS({.kind = MODEL_IF_VALUE,
			     FIELDS(toy_field("basic.ip_proto")),
			     RANGES({0x16, 0x16})}));
	cr_assert_not(HOLDS({.kind = MODEL_IF_VALUE,
			     FIELDS(toy_field("basic.n_proto")),
			     RANGES({0, UINT64_MAX})}),
		      "it is not matched");
	board_match(rule, FLOW_VLAN_TCI, 0xa005, 0xffff);
	cr_assert(HOLDS(
		{.kind = MODEL_IF_VALUE, FIELDS(toy_field("vlan.vlan_priority")), RANGES({5, 5})}));
	cr_assert(
		HOLDS({.kind = MODEL_IF_VALUE, FIELDS(toy_field("vlan.vlan_id")), RANGES({5, 5})}));
	match_extra(FLOW_EXTRA_CT_ZONE, 7, 0xff);
	cr_assert(HOLDS({.kind = MODEL_IF_VALUE, FIELDS(toy_field("ct.ct_zone")), RANGES({7, 7})}));
	rule->match.used_keys |= FLOW_PRESENT(IPV6_ADDRS);
	flow_key_set_128(&rule->match.mask, FLOW_IPV6_SRC, UINT64_MAX, UINT64_MAX);
	flow_key_set_128(&rule->match.key, FLOW_IPV6_SRC, 1, 0);
	cr_assert_not(HOLDS({.kind = MODEL_IF_VALUE,
			     FIELDS(toy_field("ipv6_addrs.src")),
			     RANGES({0, UINT64_MAX})}),
		      "it is beyond any range");
}

#define SET(ID) (UINT64_C(1) << FLOW_ACTION_##ID)

Test(conditions, which_actions)
{
	cr_assert(HOLDS({.kind = MODEL_IF_ACTIONS_ONLY, .actions = 0}), "a rule without any");
	cr_assert_not(HOLDS({.kind = MODEL_IF_ACTIONS_ANY, .actions = SET(DROP)}));
	cr_assert_not(HOLDS({.kind = MODEL_IF_ACTIONS_LAST, .actions = SET(DROP)}));
	add(FLOW_ACTION_MIRRED, 3);
	add(FLOW_ACTION_DROP, 0);
	cr_assert(HOLDS({.kind = MODEL_IF_ACTIONS_ONLY, .actions = SET(DROP) | SET(MIRRED)}));
	cr_assert_not(HOLDS({.kind = MODEL_IF_ACTIONS_ONLY, .actions = SET(DROP)}));
	cr_assert(HOLDS({.kind = MODEL_IF_ACTIONS_ANY, .actions = SET(DROP) | SET(TRAP)}));
	cr_assert_not(HOLDS({.kind = MODEL_IF_ACTIONS_ANY, .actions = SET(TRAP)}));
	cr_assert(HOLDS({.kind = MODEL_IF_ACTIONS_LAST, .actions = SET(DROP)}));
	cr_assert_not(HOLDS({.kind = MODEL_IF_ACTIONS_LAST, .actions = SET(MIRRED)}));
}

Test(conditions, how_many_actions)
{
	add(FLOW_ACTION_MIRRED, 3);
	add(FLOW_ACTION_MIRRED, 4);
	add(FLOW_ACTION_DROP, 0);
	cr_assert(HOLDS({.kind = MODEL_IF_ACTIONS_COUNT, RANGES({3, 3})}));
	cr_assert_not(HOLDS({.kind = MODEL_IF_ACTIONS_COUNT, RANGES({0, 2}, {4, 9})}));
	cr_assert(HOLDS({.kind = MODEL_IF_ACTIONS_COUNT, .actions = SET(DROP), RANGES({1, 1})}));
	cr_assert_not(
		HOLDS({.kind = MODEL_IF_ACTIONS_COUNT, .actions = SET(MIRRED), RANGES({1, 1})}));
	cr_assert(HOLDS({.kind = MODEL_IF_ACTIONS_COUNT, .actions = SET(TRAP), RANGES({0, 0})}));
	cr_assert(HOLDS({.kind = MODEL_IF_ACTIONS_ONCE, .actions = SET(DROP)}));
	cr_assert_not(HOLDS({.kind = MODEL_IF_ACTIONS_ONCE, .actions = SET(MIRRED)}));
	cr_assert_not(HOLDS({.kind = MODEL_IF_ACTIONS_ONCE, .actions = 0}), "all are meant");
}

Test(conditions, the_order_of_actions)
{
	uint8_t order[] = {FLOW_ACTION_VLAN_POP, FLOW_ACTION_VLAN_PUSH, FLOW_ACTION_REDIRECT};

	add(FLOW_ACTION_VLAN_POP, 0);
	add(FLOW_ACTION_CSUM, 0); /* not listed: stands anywhere */
	add(FLOW_ACTION_REDIRECT, 3);
	cr_assert(HOLDS({.kind = MODEL_IF_ACTIONS_ORDER, .order = order, .num_order = 3}));
	add(FLOW_ACTION_VLAN_PUSH, 0);
	cr_assert_not(HOLDS({.kind = MODEL_IF_ACTIONS_ORDER, .order = order, .num_order = 3}));
	rule->num_actions = 0;
	add(FLOW_ACTION_VLAN_POP, 0);
	add(FLOW_ACTION_VLAN_POP, 0);
	cr_assert(HOLDS({.kind = MODEL_IF_ACTIONS_ORDER, .order = order, .num_order = 3}),
		  "the same twice");
}

Test(conditions, arguments_of_actions)
{
	add(FLOW_ACTION_VLAN_PUSH, 0);
	rule->actions[0].argument[0] = 5;
	rule->actions[0].argument[1] = 0x8100;
	cr_assert(HOLDS({.kind = MODEL_IF_ARGUMENT,
			 .actions = SET(VLAN_PUSH),
			 .argument = "ethertype",
			 RANGES({0x8100, 0x8100})}));
	cr_assert_not(HOLDS({.kind = MODEL_IF_ARGUMENT,
			     .actions = SET(VLAN_PUSH),
			     .argument = "vid",
			     RANGES({6, 4095})}));
	cr_assert(HOLDS({.kind = MODEL_IF_ARGUMENT,
			 .actions = SET(VLAN_MANGLE),
			 .argument = "vid",
			 RANGES({6, 4095})}),
		  "there is no such action");
	cr_assert_not(HOLDS({.kind = MODEL_IF_ARGUMENT,
			     .actions = SET(VLAN_PUSH),
			     .argument = "mark",
			     RANGES({0, UINT64_MAX})}),
		      "it has no such argument");
}

Test(conditions, arguments_beside_others)
{
	struct model_range header = {3, 3}, offset = {8, 23};
	struct model_condition condition = {
		.kind = MODEL_IF_ARGUMENT,
		.actions = SET(MANGLE),
		.argument = "offset",
		.ranges = &offset,
		.num_ranges = 1,
		.with = "header",
		.with_ranges = &header,
		.num_with_ranges = 1,
	};

	add(FLOW_ACTION_MANGLE, 0);
	rule->actions[0].argument[0] = 2; /* of another header: not asked */
	rule->actions[0].argument[1] = 40;
	cr_assert(conditions_hold(&(struct model_conditions){&condition, 1}, &question));
	rule->actions[0].argument[0] = 3;
	cr_assert_not(conditions_hold(&(struct model_conditions){&condition, 1}, &question));
	rule->actions[0].argument[1] = 8;
	cr_assert(conditions_hold(&(struct model_conditions){&condition, 1}, &question));
}

Test(conditions, kinds_of_statistics)
{
	add(FLOW_ACTION_DROP, 0);
	cr_assert(HOLDS({.kind = MODEL_IF_HW_STATS, .set = FLOW_ACTION_HW_STATS_DELAYED}),
		  "do not care");
	rule->actions[0].hw_stats = FLOW_ACTION_HW_STATS_IMMEDIATE;
	cr_assert_not(HOLDS({.kind = MODEL_IF_HW_STATS, .set = FLOW_ACTION_HW_STATS_DELAYED}));
}

Test(conditions, all_actions_with_the_same_kind_of_statistics)
{
	cr_assert(HOLDS({.kind = MODEL_IF_HW_STATS_SAME}), "no actions");
	add(FLOW_ACTION_MIRRED, 2);
	add(FLOW_ACTION_ACCEPT, 0);
	add(FLOW_ACTION_DROP, 0);
	cr_assert(HOLDS({.kind = MODEL_IF_HW_STATS_SAME}));
	rule->actions[2].hw_stats = FLOW_ACTION_HW_STATS_DELAYED;
	cr_assert_not(HOLDS({.kind = MODEL_IF_HW_STATS_SAME}), "the last one");
}

Test(conditions, targets_that_are_not_the_same_port)
{
	cr_assert(HOLDS({.kind = MODEL_IF_TARGETS_DIFFER}), "no actions");
	add(FLOW_ACTION_MIRRED, 2);
	add(FLOW_ACTION_DROP, 0);
	add(FLOW_ACTION_DROP, 0);
	add(FLOW_ACTION_REDIRECT, 4);
	cr_assert(HOLDS({.kind = MODEL_IF_TARGETS_DIFFER}));
	rule->actions[3].ifindex = 2;
	cr_assert_not(HOLDS({.kind = MODEL_IF_TARGETS_DIFFER}));
	rule->actions[3].netns = 7;
	cr_assert(HOLDS({.kind = MODEL_IF_TARGETS_DIFFER}), "an interface of another namespace");
}

Test(conditions, targets_that_are_not_the_port_of_the_rule)
{
	add(FLOW_ACTION_DROP, 0);
	cr_assert(HOLDS({.kind = MODEL_IF_TARGETS_NOT_PORT}), "no targets");
	add(FLOW_ACTION_MIRRED, board.nic.ports[2].ifindex);
	cr_assert(HOLDS({.kind = MODEL_IF_TARGETS_NOT_PORT}));
	add(FLOW_ACTION_REDIRECT, board.nic.ports[1].ifindex);
	cr_assert_not(HOLDS({.kind = MODEL_IF_TARGETS_NOT_PORT}));
}

Test(conditions, kinds_of_targets)
{
	board.nic.ports[2].kind = NIC_PORT_REPRESENTOR;
	add(FLOW_ACTION_MIRRED, 2);
	add(FLOW_ACTION_DROP, 0);
	cr_assert(HOLDS({.kind = MODEL_IF_TARGET_KINDS, .set = 1u << NIC_PORT_UPLINK}));
	add(FLOW_ACTION_REDIRECT, board.nic.ports[2].ifindex);
	cr_assert_not(HOLDS({.kind = MODEL_IF_TARGET_KINDS, .set = 1u << NIC_PORT_UPLINK}));
	cr_assert(HOLDS({.kind = MODEL_IF_TARGET_KINDS,
			 .set = 1u << NIC_PORT_UPLINK | 1u << NIC_PORT_REPRESENTOR}));
	add(FLOW_ACTION_REDIRECT, 999);
	cr_assert_not(HOLDS({.kind = MODEL_IF_TARGET_KINDS, .set = UINT64_MAX}), "no port");
}

Test(conditions, the_binding)
{
	bound.binder = OFFLOAD_TC;
	cr_assert(HOLDS({.kind = MODEL_IF_FRONT_ENDS, .set = 1u << MODEL_FLOWER}));
	cr_assert_not(HOLDS(
		{.kind = MODEL_IF_FRONT_ENDS, .set = 1u << MODEL_CHAIN | 1u << MODEL_FLOWTABLE}));
	board.nic.ports[1].kind = NIC_PORT_VF;
	cr_assert(HOLDS({.kind = MODEL_IF_PORT_KINDS, .set = 1u << NIC_PORT_VF}));
	cr_assert_not(HOLDS({.kind = MODEL_IF_PORT_KINDS, .set = 1u << NIC_PORT_UPLINK}));
}

Test(conditions, the_command)
{
	command.chain_index = 2;
	command.protocol = 0x0800;
	cr_assert(HOLDS({.kind = MODEL_IF_PRIORITY, RANGES({1, 10})}));
	cr_assert_not(HOLDS({.kind = MODEL_IF_PRIORITY, RANGES({11, UINT64_MAX})}));
	cr_assert(HOLDS({.kind = MODEL_IF_CHAIN_INDEX, RANGES({2, 2})}));
	cr_assert_not(HOLDS({.kind = MODEL_IF_CHAIN_INDEX, RANGES({0, 1})}));
	cr_assert(HOLDS({.kind = MODEL_IF_PROTOCOL, RANGES({0x0800, 0x0800})}));
	cr_assert_not(HOLDS({.kind = MODEL_IF_PROTOCOL, RANGES({0x86dd, 0x86dd})}));
}

Test(conditions, the_ingress_interface)
{
	cr_assert(HOLDS({.kind = MODEL_IF_IFINDEX_IS_PORT}), "not matched");
	board_match(rule, FLOW_META_INGRESS_IFINDEX, board.nic.ports[1].ifindex, UINT32_MAX);
	cr_assert(HOLDS({.kind = MODEL_IF_IFINDEX_IS_PORT}));
	flow_key_set(&rule->match.key, FLOW_META_INGRESS_IFINDEX, 8);
	cr_assert_not(HOLDS({.kind = MODEL_IF_IFINDEX_IS_PORT}));
}

Test(conditions, an_interface_of_the_nic)
{
	cr_assert(HOLDS({.kind = MODEL_IF_IFINDEX_IS_OF_NIC}), "not matched");
	board_match(rule, FLOW_META_INGRESS_IFINDEX, board.nic.ports[3].ifindex, UINT32_MAX);
	cr_assert(HOLDS({.kind = MODEL_IF_IFINDEX_IS_OF_NIC}), "another port");
	flow_key_set(&rule->match.key, FLOW_META_INGRESS_IFINDEX, 999);
	cr_assert_not(HOLDS({.kind = MODEL_IF_IFINDEX_IS_OF_NIC}));
}

Test(conditions, of_a_binding_only_what_is_about_it_can_hold)
{
	question.command = NULL;
	for (int kind = 0; kind < MODEL_IF_COUNT; kind++) {
		struct model_condition condition = {.kind = (enum model_condition_kind)kind,
						    .set = UINT64_MAX,
						    .keys = UINT64_MAX};
		char text[64];

		cr_assert_eq(conditions_hold(&(struct model_conditions){&condition, 1}, &question),
			     kind == MODEL_IF_FRONT_ENDS || kind == MODEL_IF_PORT_KINDS, "kind %d",
			     kind);
		condition_blame(&condition, &question, text, sizeof(text));
		cr_assert_str_eq(text, "");
	}
}

static const char *blame(struct model_condition condition)
{
	static char text[64];

	condition_blame(&condition, &question, text, sizeof(text));
	return text;
}

Test(conditions, what_is_to_blame_is_named)
{
	rule->match.used_keys = FLOW_PRESENT(BASIC) | FLOW_PRESENT(ICMP) | FLOW_PRESENT(CT);
	cr_assert_str_eq(blame((struct model_condition){.kind = MODEL_IF_KEYS_ONLY,
							.keys = FLOW_PRESENT(BASIC)}),
			 "ICMP, CT");
	cr_assert_str_eq(blame((struct model_condition){.kind = MODEL_IF_KEYS_ALL,
							.keys = FLOW_PRESENT(META)}),
			 "no META");
	board_match(rule, FLOW_VLAN_TCI, 1, 0x0001);
	cr_assert_str_eq(blame((struct model_condition){.kind = MODEL_IF_MASK,
							.mask = MODEL_MASK_FULL_OR_NONE,
							FIELDS(toy_field("vlan.vlan_id"))}),
			 "vlan.vlan_id");
	cr_assert_str_eq(blame((struct model_condition){.kind = MODEL_IF_VALUE,
							FIELDS(toy_field("vlan.vlan_id")),
							RANGES({2, 3})}),
			 "vlan.vlan_id");
	cr_assert_str_eq(blame((struct model_condition){.kind = MODEL_IF_MASK_BITS,
							FIELDS(toy_field("vlan.vlan_tci")),
							RANGES({0, 2})}),
			 "vlan.vlan_tci");
	cr_assert_str_eq(blame((struct model_condition){.kind = MODEL_IF_FIELDS_ONLY,
							FIELDS(toy_field("vlan.vlan_tpid"))}),
			 "vlan.vlan_tci");
	add(FLOW_ACTION_DROP, 0);
	add(FLOW_ACTION_TRAP, 0);
	cr_assert_str_eq(blame((struct model_condition){.kind = MODEL_IF_ACTIONS_ONLY,
							.actions = SET(DROP)}),
			 "TRAP");
	add(FLOW_ACTION_REDIRECT, 3);
	cr_assert_str_eq(blame((struct model_condition){.kind = MODEL_IF_TARGET_KINDS,
							.set = 1u << NIC_PORT_VF}),
			 "eth1 is a port of kind uplink");
	rule->actions[2].ifindex = 77;
	cr_assert_str_eq(blame((struct model_condition){.kind = MODEL_IF_TARGET_KINDS,
							.set = 1u << NIC_PORT_VF}),
			 "interface 77 is not a port of this NIC");
	cr_assert_str_eq(blame((struct model_condition){.kind = MODEL_IF_ACTIONS_ONCE}), "");
}

Test(conditions, a_clause_applies_where_all_of_when_and_not_all_of_unless_holds)
{
	struct model_condition both[] = {{.kind = MODEL_IF_KEYS_ANY, .keys = FLOW_PRESENT(IP)},
					 {.kind = MODEL_IF_PRIORITY, RANGES({10, 10})}};

	rule->match.used_keys = FLOW_PRESENT(IP);
	cr_assert(clause_applies(&toy.clause, &question), "no conditions");
	toy.clause.when = (struct model_conditions){both, 2};
	cr_assert(clause_applies(&toy.clause, &question));
	command.prio = 11;
	cr_assert_not(clause_applies(&toy.clause, &question));
	toy.clause.when.count = 0;
	toy.clause.unless = (struct model_conditions){both, 2};
	cr_assert(clause_applies(&toy.clause, &question), "only one of them holds");
	command.prio = 10;
	cr_assert_not(clause_applies(&toy.clause, &question));
}
