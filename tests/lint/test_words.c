/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Matches in nft's words. */
#include "internal.h"

#include <criterion/criterion.h>

struct part {
	enum flow_field_id id;
	uint64_t value, mask;
};

static void expect(const char *words, const struct part *parts, size_t count)
{
	struct flow_key value = {0}, mask = {0};
	char text[256];

	for (size_t i = 0; i < count; i++) {
		flow_key_set(&value, parts[i].id, parts[i].value);
		flow_key_set(&mask, parts[i].id, parts[i].mask);
	}
	lint_print_match(text, sizeof(text), &value, &mask);
	cr_expect_str_eq(text, words);
}

#define EXPECT(WORDS, ...)                                \
	expect(WORDS, (const struct part[]){__VA_ARGS__}, \
	       sizeof((const struct part[]){__VA_ARGS__}) / sizeof(struct part))

Test(words, a_match_reads_as_in_nft)
{
	EXPECT("ip saddr 10.0.0.0/8 tcp dport 80", {FLOW_BASIC_N_PROTO, 0x0800, 0xffff},
	       {FLOW_IPV4_SRC, 0x0a000000, 0xff000000}, {FLOW_BASIC_IP_PROTO, 6, 0xff},
	       {FLOW_PORTS_DST, 80, 0xffff});
	EXPECT("ip daddr & 255.0.0.255 == 10.0.0.1", {FLOW_IPV4_DST, 0x0a000001, 0xff0000ff});
	EXPECT("th sport & 0xff00 == 5120", {FLOW_PORTS_SRC, 0x1400, 0xff00});
	EXPECT("ether type arp", {FLOW_BASIC_N_PROTO, 0x0806, 0xffff});
	EXPECT("vlan tag 8021q vlan id 10", {FLOW_VLAN_TPID, 0x8100, 0xffff},
	       {FLOW_VLAN_TCI, 10, 0xfff});
	EXPECT("ether daddr & ff:ff:ff:00:00:00 == 33:33:00:00:00:00",
	       {FLOW_ETH_DST, UINT64_C(0x333300000000), UINT64_C(0xffffff000000)});
	EXPECT("meta l4proto udp", {FLOW_BASIC_IP_PROTO, 17, 0xff});
	EXPECT("any packet", {FLOW_META_INGRESS_IFINDEX, 2, 0xffffffff});
}

Test(words, what_is_too_long_is_cut)
{
	struct flow_key value = {0}, mask = {0};
	char text[16];

	flow_key_set(&value, FLOW_IPV4_SRC, 0x0a000001);
	flow_key_set(&mask, FLOW_IPV4_SRC, 0xffffffff);
	lint_print_match(text, sizeof(text), &value, &mask);
	cr_expect_str_eq(text, "ip saddr 10.0.0");
}
