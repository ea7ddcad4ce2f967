/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <nicemu/flow/view.h>

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

static void write_field(void *context, const struct flow_view_field *field)
{
	fprintf(context, "%s %s %s/%s%s\n", flow_dissector_key_name(field->key), field->name,
		field->value, field->mask, field->flagged ? "" : " unflagged");
}

static char *view_of(const struct flow_match *match)
{
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	flow_view_match(match, write_field, out);
	fclose(out);
	return text;
}

Test(flow_view, values_and_masks_have_the_form_of_their_field)
{
	struct flow_match m = {.used_keys = FLOW_PRESENT(BASIC) | FLOW_PRESENT(PORTS) |
					    FLOW_PRESENT(IPV4_ADDRS) | FLOW_PRESENT(ETH_ADDRS)};
	char *text;

	flow_key_set(&m.key, FLOW_BASIC_N_PROTO, 0x0800);
	flow_key_set(&m.mask, FLOW_BASIC_N_PROTO, 0xffff);
	flow_key_set(&m.key, FLOW_ETH_DST, 0x020000000009);
	flow_key_set(&m.mask, FLOW_ETH_DST, 0xffffff000000);
	flow_key_set(&m.key, FLOW_IPV4_SRC, 0x0a000001);
	flow_key_set(&m.mask, FLOW_IPV4_SRC, 0xff0000ff);
	flow_key_set_128(&m.key, FLOW_IPV6_DST, UINT64_C(0x20010db8) << 32, 1);
	flow_key_set(&m.key, FLOW_PORTS_DST, 80);
	flow_key_set(&m.mask, FLOW_PORTS_DST, 0xfff0);
	text = view_of(&m);
	cr_assert_str_eq(text, "BASIC n_proto 0x0800/0xffff\n"
			       "ETH_ADDRS dst 02:00:00:00:00:09/ff:ff:ff:00:00:00\n"
			       "IPV4_ADDRS src 10.0.0.1/255.0.0.255\n"
			       "IPV6_ADDRS dst 2001:db8::1/:: unflagged\n"
			       "PORTS dst 80/0xfff0\n");
	free(text);
}

Test(flow_view, a_tag_is_told_in_its_bit_fields_and_no_bit_is_lost)
{
	struct flow_match m = {.used_keys = FLOW_PRESENT(VLAN)};
	char *text;

	flow_key_set(&m.key, FLOW_VLAN_TCI, 0xb00a); /* 5, 1, 10 */
	flow_key_set(&m.mask, FLOW_VLAN_TCI, 0xe0ff);
	flow_key_set(&m.mask, FLOW_CVLAN_TCI, 0x1000);
	text = view_of(&m);
	cr_assert_str_eq(text, "VLAN vlan_id 10/0xff\n"
			       "VLAN vlan_dei 1/0x0\n"
			       "VLAN vlan_priority 5/0x7\n"
			       "CVLAN vlan_dei 0/0x1 unflagged\n");
	free(text);
}

Test(flow_view, counting_modes_have_the_kernels_names)
{
	cr_assert_str_eq(flow_hw_stats_name(FLOW_ACTION_HW_STATS_DONT_CARE), "DONT_CARE");
	cr_assert_str_eq(flow_hw_stats_name(0), "NONE");
	cr_assert_str_eq(flow_hw_stats_name(FLOW_ACTION_HW_STATS_DISABLED), "DISABLED");
	cr_assert_str_eq(
		flow_hw_stats_name(FLOW_ACTION_HW_STATS_IMMEDIATE | FLOW_ACTION_HW_STATS_DELAYED),
		"IMMEDIATE|DELAYED");
}

Test(flow_view, arguments_of_actions_are_found_by_name)
{
	struct flow_action_entry push = {.id = FLOW_ACTION_VLAN_PUSH, .argument = {5, 0x8100, 3}};
	struct flow_action_entry police = {.id = FLOW_ACTION_POLICE, .argument = {1, 2, 3}};
	struct flow_action_entry eth = {.id = FLOW_ACTION_VLAN_PUSH_ETH,
					.argument = {0x02000000, 0x0001, 0x02000000, 0x0002}};
	struct flow_action_entry encap = {.id = FLOW_ACTION_TUNNEL_ENCAP, .argument = {7, 4, 9}};
	uint64_t number = 0;

	cr_assert(flow_action_number(&push, "ethertype", &number));
	cr_assert_eq(number, 0x8100);
	cr_assert(flow_action_number(&push, "priority", &number));
	cr_assert_eq(number, 3);
	cr_assert(flow_action_number(&police, "rate_bytes", &number));
	cr_assert_eq(number, UINT64_C(2) << 32 | 1);
	cr_assert(flow_action_number(&police, "burst_bytes", &number), "behind one of two words");
	cr_assert_eq(number, 3);
	cr_assert(flow_action_number(&eth, "src", &number));
	cr_assert_eq(number, UINT64_C(0x020000000002));
	cr_assert_not(flow_action_number(&push, "mark", &number));
	cr_assert_not(flow_action_number(&encap, "remote", &number), "an address is no number");
	push.id = FLOW_ACTION_COUNT;
	cr_assert_not(flow_action_number(&push, "vid", &number));
}
