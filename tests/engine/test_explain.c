/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Entries against keys field by field, which of them are shown, and that nothing is counted. */
#include "fail_alloc.h"
#include "small_emulator.h"

#include <nicemu/base/random.h>
#include <nicemu/engine/explain.h>

#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

/* --- one entry --- */

static struct nic nic;
static struct explain_miss last;
static size_t told;

static void keep(void *context, const struct explain_miss *miss)
{
	last = *miss;
	told++;
}

static size_t misses(const struct tcam_rule *rule, const struct flow_key *key, size_t *fields)
{
	told = 0;
	memset(&last, 0, sizeof(last));
	return explain_misses(rule, key, &nic, keep, NULL, fields);
}

/* An IPv4 UDP packet with a tag, on port 1. */
static struct flow_key packet_key(void)
{
	struct flow_key key = {0};

	key.word[0] = (uint64_t)1 << FLOW_PORT_SHIFT | FLOW_PRESENT(CONTROL) | FLOW_PRESENT(META) |
		      FLOW_PRESENT(BASIC) | FLOW_PRESENT_IP_PROTO | FLOW_PRESENT(IPV4_ADDRS) |
		      FLOW_PRESENT(PORTS) | FLOW_PRESENT(VLAN);
	flow_key_set(&key, FLOW_BASIC_N_PROTO, 0x0800);
	flow_key_set(&key, FLOW_BASIC_IP_PROTO, 17);
	flow_key_set(&key, FLOW_IPV4_SRC, 0x0a000001);
	flow_key_set(&key, FLOW_PORTS_DST, 53);
	flow_key_set(&key, FLOW_VLAN_TCI, 0x200a);
	return key;
}

static void ask_for(struct tcam_rule *rule, enum flow_field_id id, uint64_t value, uint64_t mask)
{
	uint64_t presence = flow_field_presence(id);

	flow_key_set(&rule->value, id, value);
	flow_key_set(&rule->mask, id, mask);
	rule->value.word[0] |= presence;
	rule->mask.word[0] |= presence;
}

static void expect_miss(const struct tcam_rule *rule, enum explain_miss_kind kind,
			const char *field, const char *value, const char *mask, const char *wanted)
{
	struct flow_key key = packet_key();

	cr_expect_eq(misses(rule, &key, NULL), 1, "%s: %zu", field, told);
	cr_expect_eq(told, 1);
	cr_expect_eq(last.kind, kind, "%s: %s", field, explain_miss_name(last.kind));
	cr_expect_str_eq(last.field, field);
	cr_expect_str_eq(last.value, value, "%s", field);
	cr_expect_str_eq(last.mask, mask, "%s", field);
	cr_expect_str_eq(last.wanted, wanted, "%s", field);
}

static void setup_nic(void)
{
	cr_assert_eq(nic_default(&nic), 0);
}

static void clear_nic(void)
{
	nic_clear(&nic);
}

TestSuite(explain_miss, .init = setup_nic, .fini = clear_nic);

Test(explain_miss, a_field_of_another_value_is_told_with_mask_and_wanted)
{
	struct tcam_rule address = {0}, port = {0}, tag = {0};

	ask_for(&address, FLOW_IPV4_SRC, 0xc0a80000, 0xffff0000);
	expect_miss(&address, EXPLAIN_VALUE, "ipv4_addrs.src", "10.0.0.1", "255.255.0.0",
		    "192.168.0.0");
	ask_for(&port, FLOW_PORTS_DST, 80, 0xffff);
	expect_miss(&port, EXPLAIN_VALUE, "ports.dst", "53", "0xffff", "80");
	ask_for(&tag, FLOW_VLAN_TCI, 0x200b, 0xefff);
	expect_miss(&tag, EXPLAIN_VALUE, "vlan.vlan_id", "10", "0xfff", "11");
}

Test(explain_miss, a_field_that_is_absent_or_a_key_that_must_be_is_told)
{
	struct tcam_rule absent = {0}, key = {0}, forbidden = {0};

	ask_for(&absent, FLOW_ICMP_TYPE, 8, 0xff);
	expect_miss(&absent, EXPLAIN_ABSENT, "icmp.type", "", "0xff", "8");
	key.value.word[0] = key.mask.word[0] = FLOW_PRESENT(ARP);
	expect_miss(&key, EXPLAIN_ABSENT, "ARP", "", "", "");
	forbidden.mask.word[0] = FLOW_PRESENT(VLAN);
	expect_miss(&forbidden, EXPLAIN_PRESENT, "VLAN", "", "", "");
}

Test(explain_miss, ranges_and_ports_of_the_nic_are_told)
{
	struct tcam_rule range = {.has_ranges = true, .ranges = {0, UINT16_MAX, 1, 50}};
	struct tcam_rule port = {0};

	expect_miss(&range, EXPLAIN_RANGE, "ports.dst", "53", "", "1-50");
	port.value.word[0] = (uint64_t)2 << FLOW_PORT_SHIFT;
	port.mask.word[0] = FLOW_PORT_MASK;
	expect_miss(&port, EXPLAIN_PORT, "ingress port", "eth1", "", "eth2");
}

Test(explain_miss, fields_are_counted_parts_of_a_tag_each)
{
	struct flow_key key = packet_key();
	struct tcam_rule rule = {0};
	size_t fields;

	ask_for(&rule, FLOW_VLAN_TCI, 0x000b, 0xefff);
	ask_for(&rule, FLOW_IPV4_SRC, 0x0a000002, 0xffffffff);
	ask_for(&rule, FLOW_PORTS_DST, 53, 0xffff);
	cr_expect_eq(misses(&rule, &key, &fields), 3);
	cr_expect_eq(fields, 4, "vlan_id, vlan_priority, src, dst: %zu", fields);
	cr_expect_eq(explain_misses(&rule, &key, &nic, NULL, NULL, NULL), 3);
}

/* Few values, so that entries match often enough. */
static void draw_key(struct random *random, struct flow_key *key)
{
	for (size_t w = 0; w < FLOW_KEY_WORDS; w++)
		key->word[w] = random_u64(random) & random_u64(random) & random_u64(random);
	key->word[0] &= FLOW_PRESENT_IP_PROTO | UINT64_C(0x3ffffffff) | FLOW_PORT_MASK;
}

static void draw_rule(struct random *random, const struct flow_key *key, struct tcam_rule *rule)
{
	*rule = (struct tcam_rule){0};
	for (int n = (int)random_below(random, 4); n > 0; n--) {
		int id = (int)random_below(random, FLOW_FIELD_COUNT);
		uint8_t value[16], mask[16];

		flow_key_load(key, id, value);
		for (int i = 0; i < 16; i++)
			mask[i] = (uint8_t)random_u64(random);
		value[random_below(random, 16)] ^= (uint8_t)random_u64(random);
		flow_key_store(&rule->value, id, value);
		flow_key_store(&rule->mask, id, mask);
		rule->mask.word[0] |= flow_field_presence(id);
	}
	rule->mask.word[0] |= random_u64(random) & random_u64(random) & key->word[0];
	rule->mask.word[0] &= FLOW_PRESENT_IP_PROTO | UINT64_C(0x1ffffffff) | FLOW_PORT_MASK;
	rule->value.word[0] = random_below(random, 4) ? key->word[0] : random_u64(random);
	rule->has_ranges = random_below(random, 3) == 0;
	rule->ranges = (struct tcam_ranges){0, (uint16_t)random_u64(random), 0, UINT16_MAX};
}

Test(explain_miss, there_is_none_if_and_only_if_the_entry_matches)
{
	const uint64_t seed = 20261121;
	struct random random = {seed};
	size_t matched = 0, rounds = 200000;

	for (size_t round = 0; round < rounds; round++) {
		struct tcam_rule rule;
		struct flow_key key;
		bool matches;

		draw_key(&random, &key);
		draw_rule(&random, &key, &rule);
		matches = tcam_rule_matches(&rule, &key);
		matched += matches;
		cr_assert_eq(misses(&rule, &key, NULL) == 0, matches,
			     "seed %llu round %zu: matches %d, %zu misses, the last one %s",
			     (unsigned long long)seed, round, matches, told, last.field);
	}
	cr_expect(matched > rounds / 20 && matched < rounds - rounds / 20, "%zu of %zu match",
		  matched, rounds);
}

/* --- bytes that changed --- */

static struct packet frame(const char *bytes)
{
	return (struct packet){.data = (const uint8_t *)bytes,
			       .captured = (uint32_t)strlen(bytes),
			       .length = (uint32_t)strlen(bytes)};
}

static void expect_changes(const char *before, const char *after, size_t count, uint32_t offset,
			   uint32_t removed, uint32_t added)
{
	struct packet from = frame(before), to = frame(after);
	struct explain_change last_change = {0}, changes[4];

	cr_expect_eq(explain_changes(&from, &to, changes, 4), count, "%s -> %s", before, after);
	if (count)
		last_change = changes[count - 1];
	cr_expect(last_change.offset == offset && last_change.before == removed &&
			  last_change.after == added,
		  "%s -> %s: at %u, %u bytes for %u", before, after, last_change.offset,
		  last_change.after, last_change.before);
}

Test(explain_changes, runs_of_bytes_that_differ_are_found)
{
	expect_changes("", "", 0, 0, 0, 0);
	expect_changes("abcdef", "abcdef", 0, 0, 0, 0);
	expect_changes("abcdef", "abXYef", 1, 2, 2, 2);
	expect_changes("abcdef", "XbcdeY", 2, 5, 1, 1);
	expect_changes("abc", "abcdef", 1, 3, 0, 3);
	expect_changes("abcdef", "Xbc", 2, 3, 3, 0);
}

Test(explain_changes, more_than_there_is_room_for_are_counted)
{
	struct packet from = frame("abababab"), to = frame("aXaXaXaX");
	struct explain_change changes[2];

	cr_expect_eq(explain_changes(&from, &to, changes, 2), 4);
	cr_expect_eq(changes[1].offset, 3);
}

/* --- the whole --- */

static char folder[] = SMALL_EMULATOR_FOLDER;
static struct emulator *emulator;
static uint32_t binding;

static void setup(void)
{
	struct offload_binding first = {
		.port = 0, .binder = OFFLOAD_BLOCK, .direction = OFFLOAD_INGRESS, .block = 1};

	emulator = small_emulator_create(folder);
	cr_assert_not_null(emulator);
	cr_assert_eq(offload_bind(emulator->offload, &first, NULL), 0);
	binding = first.id;
}

static void teardown(void)
{
	emulator_destroy(emulator);
	cr_expect_eq(rmdir(folder), 0, "the socket file is still there");
}

/* A rule on a destination port and, with source, one on it too. */
static void add_rule(uint64_t cookie, uint32_t prio, uint16_t destination, uint16_t source)
{
	struct flow_rule *rule = flow_rule_alloc(1);
	struct offload_command command = {.binding = binding,
					  .cookie = cookie,
					  .prio = prio,
					  .protocol = 0x0800,
					  .rule = rule};
	struct reason reason = {0};

	rule->match.used_keys = FLOW_PRESENT(PORTS);
	flow_key_set(&rule->match.key, FLOW_PORTS_DST, destination);
	flow_key_set(&rule->match.mask, FLOW_PORTS_DST, 0xffff);
	flow_key_set(&rule->match.key, FLOW_PORTS_SRC, source);
	flow_key_set(&rule->match.mask, FLOW_PORTS_SRC, source ? 0xffff : 0);
	rule->actions[0] = (struct flow_action_entry){.id = FLOW_ACTION_DROP,
						      .hw_stats = FLOW_ACTION_HW_STATS_DONT_CARE};
	rule->num_actions = 1;
	cr_assert_eq(offload_replace(emulator->offload, &command, &reason), 0, "%s", reason.clause);
	flow_rule_free(rule);
}

/* UDP from port 1000 to port 53. */
static const uint8_t udp[42] = {
	2, 0,  0,  0, 0, 1,  2, 0, 0, 0,  0, 2, 8, 0,    0x45, 0, 0,  28, 0, 0, 0,
	0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2, 0x03, 0xe8, 0, 53, 0,  8, 0, 0,
};

static int explain(size_t nearest, bool all, struct explanation *e)
{
	const struct packet packet = {
		.data = udp, .captured = sizeof(udp), .length = 60, .time_ns = 9};
	const struct explain_options options = {nearest, all};
	char message[256];

	return explain_packet(emulator, &packet, &options, e, message, sizeof(message));
}

TestSuite(explain, .init = setup, .fini = teardown);

Test(explain, the_winner_is_the_first_that_matches_and_others_are_told)
{
	struct explanation e;

	add_rule(1, 20, 53, 0);
	add_rule(2, 10, 80, 0);
	add_rule(3, 10, 53, 1000);
	add_rule(4, 30, 53, 0);
	cr_assert_eq(explain(10, false, &e), 0);
	cr_expect_eq(e.decision.cookie, 3);
	cr_expect_eq(e.winner, 2);
	cr_expect_eq(e.before, 1);
	cr_expect_eq(e.matching, 3);
	cr_expect_eq(e.num_others, 2);
	cr_expect_eq(e.others[0].cookie, 1);
	cr_assert_eq(e.num_candidates, 2);
	cr_expect_str_eq(e.candidates[0].first.field, "ports.dst");
	cr_expect(e.candidates[1].matches);
	explanation_clear(&e);
}

Test(explain, of_many_that_fail_those_that_fail_least_are_kept_in_order)
{
	struct explanation e;

	for (uint16_t i = 0; i < 20; i++)
		add_rule(1 + i, 10, (uint16_t)(i % 7 == 3 ? 53 : 100 + i), (uint16_t)(2000 + i));
	cr_assert_eq(explain(4, false, &e), 0);
	cr_expect_eq(e.winner, 0);
	cr_expect_eq(e.before, 20);
	cr_assert_eq(e.num_candidates, 4);
	cr_expect_eq(e.candidates[0].cookie, 1);
	cr_expect_eq(e.candidates[1].cookie, 4);
	cr_expect_eq(e.candidates[2].cookie, 11);
	cr_expect_eq(e.candidates[3].cookie, 18);
	explanation_clear(&e);
	cr_assert_eq(explain(0, true, &e), 0);
	cr_expect_eq(e.num_candidates, 20);
	explanation_clear(&e);
}

Test(explain, nothing_is_counted_and_no_clock_moves)
{
	struct offload_stats totals;
	struct explanation e;

	add_rule(1, 10, 53, 0);
	cr_assert_eq(explain(10, false, &e), 0);
	cr_expect(e.decision.matched);
	explanation_clear(&e);
	cr_assert_eq(offload_totals(emulator->offload, binding, 1, &totals), 0);
	cr_expect_eq(totals.packets, 0);
	cr_expect_eq(asic_unmatched(emulator->asic).packets, 0);
	cr_expect_eq(emulator->ports[0].rx_packets, 0);
	cr_expect_eq(emulator->clock.now_ns, 0);
}

Test(explain, the_frame_leaves_as_it_came)
{
	struct explain_change change;
	struct explanation e;
	const struct packet packet = {.data = udp, .captured = sizeof(udp)};

	cr_assert_eq(explain(10, false, &e), 0);
	cr_expect_eq(explain_changes(&packet, &e.leaves, &change, 1), 0);
	explanation_clear(&e);
}

static void find_nothing(const struct tcam *tcam, const struct tcam_view *view,
			 const struct flow_batch *batch, struct tcam_entry **results, size_t count)
{
	memset(results, 0, count * sizeof(results[0]));
}

Test(explain, a_table_that_does_not_answer_with_the_first_match_is_no_explanation)
{
	const struct packet packet = {.data = udp, .captured = sizeof(udp), .length = 60};
	const struct explain_options options = {10, false};
	struct asic *sound = emulator->asic;
	struct tcam_ops wrong = tcam_reference;
	struct explanation e;
	char message[256];

	add_rule(1, 10, 53, 0);
	wrong.lookup = find_nothing;
	emulator->asic = asic_copy(sound, &wrong);
	cr_assert_not_null(emulator->asic);
	cr_assert_eq(asic_build(emulator->asic), 0);
	cr_expect_eq(explain_packet(emulator, &packet, &options, &e, message, sizeof(message)),
		     -EILSEQ);
	cr_expect(strstr(message, "the table's answer is not the first entry that matches"), "%s",
		  message);
	explanation_clear(&e);
	asic_destroy(emulator->asic);
	emulator->asic = sound;
}

Test(explain, a_lack_of_memory_is_told_and_leaves_nothing)
{
	struct explanation e;
	size_t nth = 1;
	int error;

	for (uint16_t i = 0; i < 40; i++)
		add_rule(1 + i, 10, (uint16_t)(100 + i), 0);
	do {
		fail_alloc_at(nth);
		error = explain(30, false, &e);
		cr_expect_eq(error, fail_alloc_happened() ? -ENOMEM : 0, "allocation %zu", nth);
		explanation_clear(&e);
		nth++;
	} while (fail_alloc_happened());
	fail_alloc_at(0);
	cr_expect_geq(nth, 4);
}
