/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "admission.h"
#include "board.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

TestSuite(keys, .init = board_setup, .fini = board_teardown);

static uint32_t binding;

static bool hits(const struct flow_rule *rule, const struct flow_key *key)
{
	bool matched;

	if (!binding)
		binding = board_bind(0);
	cr_assert_eq(board_replace(binding, 1, 10, rule, NULL), 0);
	matched = board_send(0, key).matched;
	cr_assert_eq(board_destroy(binding, 1), 0);
	return matched;
}

/* What a field of a key would be with its presence, in a packet that has nothing else. */
static struct flow_key only(enum flow_field_id id)
{
	struct flow_key key = {.word = {flow_field_presence(id) | FLOW_PRESENT(CONTROL)}};
	uint8_t bytes[16] = {0};

	memset(bytes, 0x5a, flow_fields[id].struct_size);
	flow_key_store(&key, id, bytes);
	return key;
}

Test(keys, every_field_can_be_matched_bit_by_bit)
{
	for (int id = 0; id < FLOW_FIELD_COUNT; id++) {
		struct flow_key key = only(id);

		if (flow_fields[id].key == FLOW_DISSECTOR_KEY_META)
			continue; /* made up by the ASIC */
		for (size_t bit = 0; bit < flow_fields[id].width; bit++) {
			struct flow_rule *rule = board_rule(0);
			uint8_t mask[16] = {0}, value[16];

			mask[bit / 8] = (uint8_t)(1 << bit % 8);
			memset(value, 0x5a, sizeof(value));
			rule->match.used_keys = UINT64_C(1) << flow_fields[id].key;
			flow_key_store(&rule->match.mask, id, mask);
			flow_key_store(&rule->match.key, id, value);
			cr_assert(hits(rule, &key), "%s bit %zu", flow_fields[id].name, bit);
			value[bit / 8] ^= mask[bit / 8];
			flow_key_store(&rule->match.key, id, value);
			cr_assert_not(hits(rule, &key), "%s bit %zu", flow_fields[id].name, bit);
		}
	}
}

Test(keys, a_zero_value_does_not_match_a_packet_without_the_field)
{
	for (int id = 0; id < FLOW_FIELD_COUNT; id++) {
		struct flow_rule *rule = board_rule(0);
		struct flow_key none = {.word = {FLOW_PRESENT(CONTROL)}}, zero = only(id);
		uint8_t ones[16], zeros[16] = {0};
		bool always = flow_fields[id].key == FLOW_DISSECTOR_KEY_CONTROL;

		if (flow_fields[id].key == FLOW_DISSECTOR_KEY_META)
			continue;
		memset(ones, 0xff, sizeof(ones));
		flow_key_store(&zero, id, zeros);
		rule->match.used_keys = UINT64_C(1) << flow_fields[id].key;
		flow_key_store(&rule->match.mask, id, ones);
		cr_assert(hits(rule, &zero), "%s", flow_fields[id].name);
		cr_assert_eq(hits(rule, &none), always, "%s", flow_fields[id].name);
	}
}

Test(keys, ip_proto_is_asked_of_ip_packets_only)
{
	struct flow_rule *rule = board_rule(0);
	struct flow_key arp = {.word = {FLOW_PRESENT(CONTROL) | FLOW_PRESENT(BASIC)}};
	struct flow_key hop = arp;

	hop.word[0] |= FLOW_PRESENT_IP_PROTO;
	board_match(rule, FLOW_BASIC_IP_PROTO, 0, 0xff);
	cr_assert_not(hits(rule, &arp));
	cr_assert(hits(rule, &hop));
}

Test(keys, unflagged_keys_and_zero_masks_are_not_looked_at)
{
	struct flow_rule *rule = board_rule(0);
	struct flow_key key = board_udp(53);

	board_match(rule, FLOW_PORTS_DST, 53, 0xffff);
	flow_key_set(&rule->match.key, FLOW_VLAN_TCI, 10);
	flow_key_set(&rule->match.mask, FLOW_VLAN_TCI, 0xfff);
	board_match(rule, FLOW_ARP_SIP, 0x01020304, 0);
	cr_assert(hits(rule, &key));
}

Test(keys, value_bits_outside_the_mask_do_not_count)
{
	struct flow_rule *rule = board_rule(0);
	struct flow_key key = board_udp(53);

	board_match(rule, FLOW_IPV4_SRC, 0x0affffff, 0xff000000);
	cr_assert(hits(rule, &key));
}

Test(keys, entries_hold_no_value_bits_outside_their_mask)
{
	struct flow_rule *rule = board_rule(0);
	const struct offload_command command = {.prio = 7, .rule = rule};
	const struct offload_binding bound = {.port = 3};
	struct asic_admitted admitted;
	const struct tcam_rule *entry = &admitted.rule;

	for (int w = 0; w < FLOW_KEY_WORDS; w++) {
		rule->match.key.word[w] = ~UINT64_C(0);
		rule->match.mask.word[w] = UINT64_C(0x00ff00ff0ff00ff0);
	}
	rule->match.used_keys = FLOW_PRESENT(BASIC) | FLOW_PRESENT(IPV6_ADDRS);
	cr_assert_eq(board_admit(&bound, &command, &admitted, NULL), 0);
	cr_assert_eq(entry->priority, 7);
	for (int w = 0; w < FLOW_KEY_WORDS; w++)
		cr_assert_eq(entry->value.word[w] & ~entry->mask.word[w], 0, "word %d", w);
	cr_assert_eq(entry->value.word[0] >> FLOW_PORT_SHIFT, 3);
}

Test(keys, word_0_of_a_rule_is_not_looked_at)
{
	struct flow_rule *rule = board_rule(0);
	struct flow_key key = board_udp(53);

	rule->match.key.word[0] = ~UINT64_C(0);
	rule->match.mask.word[0] = ~UINT64_C(0);
	cr_assert(hits(rule, &key));
}

Test(keys, meta_is_the_port_s_interface)
{
	struct flow_key key = board_udp(53);

	for (uint32_t ifindex = 1; ifindex < 6; ifindex++) {
		struct flow_rule *rule = board_rule(0);

		board_match(rule, FLOW_META_INGRESS_IFINDEX, ifindex, UINT32_MAX);
		cr_assert_eq(hits(rule, &key), ifindex == 2, "ifindex %u", ifindex);
	}
	for (uint64_t type = 0; type < 3; type++) {
		struct flow_rule *rule = board_rule(0);

		board_match(rule, FLOW_META_INGRESS_IFTYPE, type, 0xffff);
		cr_assert_eq(hits(rule, &key), type == 1, "iftype %lu", (unsigned long)type);
	}
}

Test(keys, process_writes_port_and_meta_over_what_was_there)
{
	const struct packet packet = {.length = 60, .port = 6};
	struct flow_key key, clean = board_udp(53);
	struct flow_rule *rule = board_rule(0);
	struct asic_decision result;

	board_match(rule, FLOW_META_INGRESS_IFINDEX, 1, 1);
	cr_assert_eq(board_replace(board_bind(0), 1, 10, rule, NULL), 0);
	key = clean;
	key.word[0] |= FLOW_PORT_MASK;
	flow_key_set(&key, FLOW_META_INGRESS_IFINDEX, UINT32_MAX);
	flow_key_set(&key, FLOW_META_INGRESS_IFTYPE, UINT16_MAX);
	board_process(&packet, &key, &result, 1);
	board_process(&packet, &clean, &result, 1);
	cr_assert_arr_eq(&key, &clean, sizeof(key));
	cr_assert_eq(flow_key_get(&key, FLOW_META_INGRESS_IFINDEX), 8);
	cr_assert_eq(key.word[0] >> FLOW_PORT_SHIFT, 6);
	cr_assert(key.word[0] & FLOW_PRESENT(META));
	cr_assert_eq(flow_key_get(&key, FLOW_PORTS_DST), 53);
}

Test(keys, keys_without_fields_and_other_chains_are_refused)
{
	static const int unknown[] = {8, 11, 24, 32, 33, 63};
	struct flow_rule *rule = board_rule(0);
	struct offload_command command = {.cookie = 1, .chain_index = 1, .rule = rule};
	struct reason reason;

	command.binding = board_bind(0);
	cr_assert_eq(offload_replace(board.offload, &command, &reason), -EOPNOTSUPP);
	cr_assert_str_eq(reason.id, "chain-index-not-zero");
	for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++) {
		rule->match.used_keys = UINT64_C(1) << unknown[i];
		cr_assert_eq(board_replace(command.binding, 1, 10, rule, &reason), -EOPNOTSUPP,
			     "key %d", unknown[i]);
		cr_assert_str_eq(reason.id, "unsupported-key");
	}
	cr_assert_eq(asic_entries(board.asic), 0);
}

Test(keys, what_no_place_in_the_flow_key_has_is_refused_where_it_is_matched)
{
	uint32_t bound = board_bind(0);
	struct flow_rule *rule = flow_rule_alloc_extras(0, 1);
	struct reason reason;

	rule->match.extras[0] = (struct flow_extra){.id = FLOW_EXTRA_VLAN_ETH_TYPE};
	rule->match.used_keys = FLOW_PRESENT(VLAN);
	cr_assert_eq(board_replace(bound, 1, 10, rule, &reason), 0, "nothing is asked of it");
	rule->match.extras[0].mask[1] = 1;
	cr_assert_eq(board_replace(bound, 2, 10, rule, &reason), -EOPNOTSUPP);
	cr_assert_str_eq(reason.id, "unsupported-field");
	cr_assert_str_eq(reason.clause, "the NIC can't match vlan.vlan_eth_type");
	rule->match.used_keys = 0;
	cr_assert_eq(board_replace(bound, 2, 10, rule, &reason), 0, "it is not flagged");
	rule->match.unknown_keys = 0x10;
	cr_assert_eq(board_replace(bound, 3, 10, rule, &reason), -EOPNOTSUPP);
	cr_assert_str_eq(reason.id, "unknown-key");
	rule->match.unknown_keys = 0;
	rule->lost_actions = 2;
	cr_assert_eq(board_replace(bound, 3, 10, rule, &reason), -EOPNOTSUPP);
	cr_assert_str_eq(reason.id, "too-many-actions");
	flow_rule_free(rule);
}

Test(keys, large_batches_are_answered_packet_by_packet)
{
	enum { COUNT = 1000 };
	static struct packet packets[COUNT];
	static struct flow_key keys[COUNT];
	static struct asic_decision results[COUNT];
	uint32_t id = board_bind(0);

	for (uint64_t port = 0; port < 10; port++) {
		struct flow_rule *rule = board_rule(0);

		board_match(rule, FLOW_PORTS_DST, port, 0xffff);
		cr_assert_eq(board_replace(id, port, 10, rule, NULL), 0);
	}
	for (size_t i = 0; i < COUNT; i++) {
		packets[i].length = 60;
		keys[i] = board_udp((uint16_t)(i % 13));
	}
	board_process(packets, keys, results, COUNT);
	for (size_t i = 0; i < COUNT; i++) {
		cr_assert_eq(results[i].matched, i % 13 < 10, "packet %zu", i);
		if (results[i].matched)
			cr_assert_eq(results[i].cookie, i % 13, "packet %zu", i);
	}
	board_process(packets, keys, results, 0);
}
