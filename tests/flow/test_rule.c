/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <nicemu/flow/rule.h>
#include <nicemu/flow/view.h>

#include <criterion/criterion.h>
#include <stdlib.h>

Test(flow_rule, prints_flagged_and_unflagged_keys)
{
	struct flow_rule *rule = flow_rule_alloc(2), *copy;
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	rule->protocol = 0x0800;
	rule->match.used_keys = FLOW_PRESENT(BASIC);
	flow_key_set(&rule->match.key, FLOW_BASIC_N_PROTO, 0x0800);
	flow_key_set(&rule->match.mask, FLOW_BASIC_N_PROTO, 0xffff);
	flow_key_set(&rule->match.key, FLOW_VLAN_TCI, 10);
	rule->actions[0] = (struct flow_action_entry){.id = FLOW_ACTION_MIRRED, .ifindex = 3};
	rule->actions[1].id = FLOW_ACTION_DROP;
	copy = flow_rule_copy(rule);
	flow_rule_free(rule);
	flow_rule_print(out, copy, "  ");
	fclose(out);
	cr_assert_str_eq(text, "  protocol 0x0800\n"
			       "  used_keys BASIC\n"
			       "  basic.n_proto 0x0800/0xffff\n"
			       "  vlan.vlan_tci 0x000a/0x0000 (key not flagged)\n"
			       "  action MIRRED ifindex 3\n"
			       "  action DROP\n");
	free(text);
	flow_rule_free(copy);
}

Test(flow_rule, is_held_by_several_owners_and_goes_with_the_last)
{
	struct flow_rule *rule = flow_rule_alloc(1), *second = flow_rule_hold(rule);

	cr_assert_eq(second, rule, "no copy");
	rule->match.used_keys = 5;
	flow_rule_free(rule);
	cr_expect_eq(second->match.used_keys, 5);
	flow_rule_free(second); /* what is freed once too often or never, the sanitizer sees */
}

Test(flow_rule, one_that_was_not_allocated_is_copied_for_a_second_owner)
{
	const struct flow_rule rule = {.protocol = 0x0800};
	struct flow_rule *held = flow_rule_hold(&rule);

	cr_assert_neq(held, &rule);
	cr_expect_eq(held->protocol, 0x0800);
	flow_rule_free(held);
}

Test(flow_rule, prints_a_flagged_key_without_a_name_as_its_number)
{
	struct flow_rule *rule = flow_rule_alloc(0);
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	rule->match.used_keys = FLOW_PRESENT(BASIC) | UINT64_C(1) << 40 | UINT64_C(1) << 63;
	flow_rule_print(out, rule, "");
	fclose(out);
	cr_assert_str_eq(text, "protocol 0x0000\n"
			       "used_keys BASIC|40|63\n");
	free(text);
	flow_rule_free(rule);
}

Test(flow_rule, prints_fields_without_a_place_in_the_flow_key_and_arguments)
{
	struct flow_rule *rule = flow_rule_alloc_extras(1, 2), *copy;
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	rule->match.extras[0] = (struct flow_extra){
		.id = FLOW_EXTRA_ENC_IPV4_DST, .value = {10, 0, 0, 1}, .mask = {255, 255, 255, 0}};
	rule->match.extras[1] =
		(struct flow_extra){.id = FLOW_EXTRA_CT_ZONE, .value = {0, 7}, .mask = {255, 255}};
	rule->match.used_keys = UINT64_C(1) << FLOW_DISSECTOR_KEY_CT;
	rule->actions[0] =
		(struct flow_action_entry){.id = FLOW_ACTION_VLAN_PUSH, .argument = {5, 0x8100, 3}};
	copy = flow_rule_copy(rule);
	flow_rule_free(rule);
	flow_rule_print(out, copy, "");
	fclose(out);
	cr_assert_str_eq(text, "protocol 0x0000\n"
			       "used_keys CT\n"
			       "enc_ipv4_addrs.dst 10.0.0.1/255.255.255.0 (key not flagged)\n"
			       "ct.ct_zone 7/65535\n"
			       "action VLAN_PUSH vid 5 ethertype 0x8100 priority 3\n");
	free(text);
	flow_rule_free(copy);
}

static void write_line(FILE *out, const struct flow_rule *rule)
{
	flow_view_line(out, rule, NULL, NULL);
}

Test(flow_rule, a_line_leaves_whole_masks_out)
{
	struct flow_rule *rule = flow_rule_alloc(2);
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	write_line(out, rule);
	flow_key_set(&rule->match.key, FLOW_PORTS_DST, 80);
	flow_key_set(&rule->match.mask, FLOW_PORTS_DST, 0xffff);
	flow_key_set(&rule->match.key, FLOW_VLAN_TCI, 0x600a);
	flow_key_set(&rule->match.mask, FLOW_VLAN_TCI, 0x6fff);
	rule->match.used_keys = FLOW_PRESENT(PORTS);
	rule->actions[0].id = FLOW_ACTION_VLAN_POP;
	rule->actions[1] = (struct flow_action_entry){.id = FLOW_ACTION_REDIRECT, .ifindex = 3};
	fputc('\n', out);
	write_line(out, rule);
	fclose(out);
	cr_assert_str_eq(text, "any ACCEPT, ACCEPT\n"
			       "vlan.vlan_id 10 (not flagged) "
			       "vlan.vlan_priority 3/0x3 (not flagged) ports.dst 80 "
			       "VLAN_POP, REDIRECT ifindex 3");
	free(text);
	flow_rule_free(rule);
}
