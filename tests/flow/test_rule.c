/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <nicemu/flow/rule.h>

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
