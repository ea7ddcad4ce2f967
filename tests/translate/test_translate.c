/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a driver is handed for the rules that nft writes. Expectations are what real kernels handed
 * to a driver (6.1.192 and 6.12.95), or follow from the kernel's source where marked.
 */
#include "encode.h"
#include "world.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <netinet/in.h>

#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <string.h>

#define LL NFT_PAYLOAD_LL_HEADER
#define NH NFT_PAYLOAD_NETWORK_HEADER
#define TH NFT_PAYLOAD_TRANSPORT_HEADER

static struct kernel_behavior behavior(const char *version)
{
	struct kernel_behavior kernel;
	char message[256];

	cr_assert_eq(kernel_behavior_find(&kernel, version, message, sizeof(message)), 0, "%s",
		     message);
	return kernel;
}

/* Parses and translates; the errno is positive. The rule is freed by the caller. */
static int translate(struct nftnl_rule *encoded, const char *version, struct flow_rule **rule,
		     struct reason *reason)
{
	const struct kernel_behavior kernel = behavior(version);
	const struct translate_context translation = {.kernel = &kernel,
						      .ifindex_exists = world_ifindex_exists};
	const struct nlmsghdr *nlh = encode_finish(encoded);
	struct nft_expr_context context;
	const struct nlattr *bad;
	struct nft_expr *exprs;
	size_t count;
	int error;

	world_context(&context, &kernel);
	context.message = nlh;
	context.reason = reason;
	*rule = NULL;
	memset(reason, 0, sizeof(*reason));
	error = nft_exprs_parse(&exprs, &count, encode_list(nlh), &context, &bad, NULL);
	if (!error)
		error = translate_nft_rule(rule, exprs, count, &translation, reason);
	nft_exprs_free(exprs, count);
	return -error;
}

static void expect_on(const char *version, struct nftnl_rule *encoded, const char *expected)
{
	struct flow_rule *rule;
	struct reason reason;
	int error = translate(encoded, version, &rule, &reason);
	char *text;
	size_t size;
	FILE *out;

	cr_assert_eq(error, 0, "refused: %s: %s", errno_name(error), reason.clause);
	out = open_memstream(&text, &size);
	flow_rule_print(out, rule, "");
	fclose(out);
	flow_rule_free(rule);
	cr_expect_str_eq(text, expected, "kernel %s\nexpected\n%sgot\n%s", version, expected, text);
	free(text);
}

static void expect(struct nftnl_rule *encoded, const char *expected)
{
	expect_on("6.12", encoded, expected);
}

static void expect_refused(struct nftnl_rule *encoded, int error, const char *id, int expression)
{
	struct flow_rule *rule;
	struct reason reason;
	int got = translate(encoded, "6.12", &rule, &reason);

	cr_expect_eq(got, error, "expected %s, got %s", errno_name(error), errno_name(got));
	cr_expect_null(rule);
	if (got == 0)
		return;
	cr_expect_str_eq(reason.id, id);
	cr_expect_eq(reason.error, error);
	cr_expect_eq(reason.layer, REASON_KERNEL);
	cr_expect_eq(reason.expression, expression, "%s: expression %d", id, reason.expression);
	cr_expect(expression < 0 || reason.offset > 0, "%s: no offset", id);
	cr_expect(reason.clause[0] != '\0');
	cr_expect(strlen(reason.clause) < sizeof(reason.clause) - 1, "cut: %s", reason.clause);
	cr_expect(strlen(reason.hint) < sizeof(reason.hint) - 1, "cut: %s", reason.hint);
}

static const uint8_t ip_10[] = {10, 0, 0, 0}, ip_1234[] = {1, 2, 3, 4};
static const uint8_t db8[16] = {0x20, 0x01, 0x0d, 0xb8};
static const uint8_t mac[] = {2, 0, 0, 0, 0, 1};

Test(translate, ipv4_prefix_on_a_byte_boundary_is_a_short_load)
{
	struct nftnl_rule *r = encode_start();

	encode_protocol(r, 0x0800);
	encode_match(r, NH, 12, ip_10, 1);
	encode_verdict(r, NF_DROP);
	expect(r, "protocol 0x0800\n"
		  "used_keys CONTROL|BASIC|IPV4_ADDRS\n"
		  "basic.n_proto 0x0800/0xffff\n"
		  "control.addr_type 2/65535\n"
		  "ipv4_addrs.src 10.0.0.0/255.0.0.0\n"
		  "action DROP\n");
}

Test(translate, ipv4_prefix_between_bytes_is_a_mask)
{
	static const uint8_t value[] = {10, 16, 0, 0}, mask[] = {255, 240, 0, 0};
	struct nftnl_rule *r = encode_start();

	encode_protocol(r, 0x0800);
	encode_payload(r, NH, 16, 4);
	encode_mask(r, mask, 4);
	encode_cmp(r, NFT_CMP_EQ, value, 4);
	encode_verdict(r, NF_ACCEPT);
	expect(r, "protocol 0x0800\n"
		  "used_keys CONTROL|BASIC|IPV4_ADDRS\n"
		  "basic.n_proto 0x0800/0xffff\n"
		  "control.addr_type 2/65535\n"
		  "ipv4_addrs.dst 10.16.0.0/255.240.0.0\n"
		  "action ACCEPT\n");
}

Test(translate, tcp_port_has_no_control_key_and_no_protocol)
{
	struct nftnl_rule *r = encode_start();

	encode_l4proto(r, IPPROTO_TCP);
	encode_be16(r, TH, 2, 80);
	encode_counter(r, 0, 0);
	encode_verdict(r, NF_DROP);
	expect(r, "protocol 0x0000\n"
		  "used_keys BASIC|PORTS\n"
		  "basic.ip_proto 6/255\n"
		  "ports.dst 80/65535\n"
		  "action DROP\n");
}

Test(translate, interface_index_is_in_host_order)
{
	uint32_t ifindex = 0x01020304;
	struct nftnl_rule *r = encode_start();

	encode_meta(r, NFT_META_IIF);
	encode_cmp(r, NFT_CMP_EQ, &ifindex, sizeof(ifindex));
	encode_verdict(r, NF_DROP);
	expect(r, "protocol 0x0000\n"
		  "used_keys META\n"
		  "meta.ingress_ifindex 16909060/4294967295\n"
		  "action DROP\n");
}

Test(translate, mac_address_brings_the_interface_type)
{
	struct nftnl_rule *r = encode_start();

	encode_iiftype(r);
	encode_match(r, LL, 6, mac, 6);
	encode_verdict(r, NF_DROP);
	expect(r, "protocol 0x0000\n"
		  "used_keys ETH_ADDRS|META\n"
		  "meta.ingress_iftype 1/65535\n"
		  "eth_addrs.src 02:00:00:00:00:01/ff:ff:ff:ff:ff:ff\n"
		  "action DROP\n");
}

/* iiftype, ether type 8021q, TCI & 0x0fff == id */
static void encode_vlan(struct nftnl_rule *r, uint16_t type, uint16_t id)
{
	uint16_t mask = htons(0x0fff), tci = htons(id);

	encode_iiftype(r);
	encode_be16(r, LL, 12, type);
	encode_payload(r, LL, 14, 2);
	encode_mask(r, &mask, 2);
	encode_cmp(r, NFT_CMP_EQ, &tci, 2);
}

Test(translate, vlan_id_moves_the_tag_type_to_the_tag)
{
	struct nftnl_rule *r = encode_start();

	encode_vlan(r, 0x8100, 10);
	encode_verdict(r, NF_DROP);
	expect(r, "protocol 0x8100\n"
		  "used_keys BASIC|VLAN|META\n"
		  "meta.ingress_iftype 1/65535\n"
		  "vlan.vlan_tci 0x000a/0x0fff\n"
		  "vlan.vlan_tpid 0x8100/0xffff\n"
		  "action DROP\n");
}

Test(translate, inner_protocol_of_a_tag_becomes_the_packet_protocol)
{
	struct nftnl_rule *r = encode_start();

	encode_vlan(r, 0x8100, 10);
	encode_be16(r, LL, 16, 0x0800);
	encode_match(r, NH, 16, ip_1234, 4);
	encode_verdict(r, NF_DROP);
	expect(r, "protocol 0x0800\n"
		  "used_keys CONTROL|BASIC|IPV4_ADDRS|VLAN|META\n"
		  "meta.ingress_iftype 1/65535\n"
		  "basic.n_proto 0x0800/0xffff\n"
		  "control.addr_type 2/65535\n"
		  "vlan.vlan_tci 0x000a/0x0fff\n"
		  "vlan.vlan_tpid 0x8100/0xffff\n"
		  "ipv4_addrs.dst 1.2.3.4/255.255.255.255\n"
		  "action DROP\n");
}

Test(translate, double_tag_uses_the_inner_tag_key)
{
	uint16_t mask = htons(0x0fff), tci = htons(7);
	struct nftnl_rule *r = encode_start();

	encode_vlan(r, 0x88a8, 5);
	encode_be16(r, LL, 16, 0x8100);
	encode_payload(r, LL, 18, 2);
	encode_mask(r, &mask, 2);
	encode_cmp(r, NFT_CMP_EQ, &tci, 2);
	encode_verdict(r, NF_DROP);
	expect(r, "protocol 0x8100\n"
		  "used_keys BASIC|VLAN|CVLAN|META\n"
		  "meta.ingress_iftype 1/65535\n"
		  "vlan.vlan_tci 0x0005/0x0fff\n"
		  "vlan.vlan_tpid 0x88a8/0xffff\n"
		  "cvlan.vlan_tci 0x0007/0x0fff\n"
		  "cvlan.vlan_tpid 0x8100/0xffff\n"
		  "action DROP\n");
}

Test(translate, meta_protocol_vlan_is_a_tag_match)
{
	struct nftnl_rule *r = encode_start();

	encode_protocol(r, 0x8100);
	encode_verdict(r, NF_DROP);
	expect(r, "protocol 0x8100\n"
		  "used_keys BASIC|VLAN\n"
		  "vlan.vlan_tpid 0x8100/0xffff\n"
		  "action DROP\n");
}

Test(translate, the_same_field_twice_keeps_the_last)
{
	static const uint8_t one[] = {1, 1, 1, 1}, two[] = {2, 2, 2, 2};
	struct nftnl_rule *r = encode_start();

	encode_protocol(r, 0x0800);
	encode_match(r, NH, 12, one, 4);
	encode_match(r, NH, 12, two, 4);
	encode_verdict(r, NF_DROP);
	expect(r, "protocol 0x0800\n"
		  "used_keys CONTROL|BASIC|IPV4_ADDRS\n"
		  "basic.n_proto 0x0800/0xffff\n"
		  "control.addr_type 2/65535\n"
		  "ipv4_addrs.src 2.2.2.2/255.255.255.255\n"
		  "action DROP\n");
}

Test(translate, a_masked_protocol_teaches_the_protocol_as_if_it_had_no_mask)
{
	static const uint8_t mask = 0xf0, tcp = 6;
	struct nftnl_rule *r = encode_start();

	encode_protocol(r, 0x0800);
	encode_payload(r, NH, 9, 1);
	encode_mask(r, &mask, 1);
	encode_cmp(r, NFT_CMP_EQ, &tcp, 1);
	encode_be16(r, TH, 0, 80);
	encode_verdict(r, NF_DROP);
	/* The value keeps its bits outside the mask. */
	expect(r, "protocol 0x0800\n"
		  "used_keys BASIC|PORTS\n"
		  "basic.n_proto 0x0800/0xffff\n"
		  "basic.ip_proto 6/240\n"
		  "ports.src 80/65535\n"
		  "action DROP\n");
}

Test(translate, a_load_alone_flags_control_but_not_the_addresses)
{
	struct nftnl_rule *r = encode_start();

	/* By the kernel's source: the address type is set when the field is loaded. */
	encode_protocol(r, 0x0800);
	encode_payload(r, NH, 12, 4);
	encode_verdict(r, NF_DROP);
	expect(r, "protocol 0x0800\n"
		  "used_keys CONTROL|BASIC\n"
		  "basic.n_proto 0x0800/0xffff\n"
		  "control.addr_type 2/65535\n"
		  "action DROP\n");
}

Test(translate, addresses_of_both_families_share_their_memory)
{
	static const uint8_t v6[16] = {0x20, 0x01, 0x0d, 0xb8, 1, 2, 3, 4, 5};
	struct nftnl_rule *r = encode_start();

	/* By the kernel's source: one union, so the IPv6 source overwrites both IPv4 addresses. */
	encode_protocol(r, 0x0800);
	encode_match(r, NH, 12, ip_1234, 4);
	encode_protocol(r, 0x86dd);
	encode_match(r, NH, 8, v6, 16);
	encode_verdict(r, NF_DROP);
	expect(r, "protocol 0x86dd\n"
		  "used_keys CONTROL|BASIC|IPV4_ADDRS|IPV6_ADDRS\n"
		  "basic.n_proto 0x86dd/0xffff\n"
		  "control.addr_type 2/65535\n"
		  "ipv4_addrs.src 32.1.13.184/255.255.255.255\n"
		  "ipv4_addrs.dst 1.2.3.4/255.255.255.255\n"
		  "ipv6_addrs.src 2001:db8:102:304:500::/"
		  "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff\n"
		  "action DROP\n");
}

Test(translate, actions_come_in_the_order_of_the_expressions)
{
	struct nftnl_rule *r = encode_start();

	encode_to_device(r, "dup", 1);
	encode_verdict(r, NF_ACCEPT);
	encode_to_device(r, "fwd", 1);
	expect(r, "protocol 0x0000\nused_keys none\naction MIRRED ifindex 1\naction ACCEPT\n"
		  "action REDIRECT ifindex 1\n");
}

/* Masks of loads that are shorter than their field: right, and as kernels with the bug build them.
 */
static const struct mask_vector {
	uint32_t length;
	const char *fixed, *broken;
} ipv6_masks[] = {
	{1, "ff00::", "ff00:0:ffff:ffff:ffff:ffff:ffff:ffff"},
	{2, "ffff::", "ffff:0:ffff:ffff:ffff:ffff:ffff:ffff"},
	{3, "ffff:ff00::", "ffff:ff00:ffff:ffff:ffff:ffff:ffff:ffff"},
	{4, "ffff:ffff::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"},
	{5, "ffff:ffff:ff00::", "ffff:ffff:ff00:0:ffff:ffff:ffff:ffff"},
	{6, "ffff:ffff:ffff::", "ffff:ffff:ffff:0:ffff:ffff:ffff:ffff"},
	{7, "ffff:ffff:ffff:ff00::", "ffff:ffff:ffff:ff00:ffff:ffff:ffff:ffff"},
	{8, "ffff:ffff:ffff:ffff::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"},
	{9, "ffff:ffff:ffff:ffff:ff00::", "ffff:ffff:ffff:ffff:ff00:0:ffff:ffff"},
	{12, "ffff:ffff:ffff:ffff:ffff:ffff::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"},
	{13, "ffff:ffff:ffff:ffff:ffff:ffff:ff00:0", "ffff:ffff:ffff:ffff:ffff:ffff:ff00:0"},
	{14, "ffff:ffff:ffff:ffff:ffff:ffff:ffff:0", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:0"},
	{15, "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ff00", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ff00"},
};

static const struct mask_vector ipv4_masks[] = {
	{1, "255.0.0.0", "255.0.0.0"},
	{2, "255.255.0.0", "255.255.0.0"},
	{3, "255.255.255.0", "255.255.255.0"},
};

static const struct mask_vector mac_masks[] = {
	{1, "ff:00:00:00:00:00", "ff:ff:ff:00:ff:ff"},
	{2, "ff:ff:00:00:00:00", "ff:ff:ff:ff:ff:ff"},
	{3, "ff:ff:ff:00:00:00", "ff:00:00:00:ff:ff"},
	{4, "ff:ff:ff:ff:00:00", "ff:ff:ff:ff:ff:ff"},
	{5, "ff:ff:ff:ff:ff:00", "ff:ff:ff:ff:ff:ff"},
};

static const struct mask_vector port_masks[] = {{1, "65280", "65535"}};

static void check_masks(const struct mask_vector *vectors, size_t count, uint32_t base,
			uint32_t offset, enum flow_field_id field, uint16_t ethertype)
{
	static const char *const versions[] = {"6.1.192", "6.12.95", "6.12.103", "ideal"};
	struct flow_rule *rule;
	struct reason reason;
	char text[64];

	for (size_t v = 0; v < sizeof(versions) / sizeof(versions[0]); v++) {
		bool broken = strcmp(versions[v], "6.12.95") == 0;

		for (size_t i = 0; i < count; i++) {
			const char *expected = broken ? vectors[i].broken : vectors[i].fixed;
			struct nftnl_rule *r = encode_start();

			if (ethertype)
				encode_protocol(r, ethertype);
			if (base == TH)
				encode_l4proto(r, IPPROTO_TCP);
			encode_match(r, base, offset, db8, vectors[i].length);
			encode_verdict(r, NF_DROP);
			cr_assert_eq(translate(r, versions[v], &rule, &reason), 0);
			flow_field_print(&rule->match.mask, field, text, sizeof(text));
			cr_expect_str_eq(text, expected, "%s, %u bytes of %s: expected %s, got %s",
					 versions[v], vectors[i].length, flow_fields[field].name,
					 expected, text);
			flow_rule_free(rule);
		}
	}
}

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

Test(translate, short_load_masks_as_each_kernel_builds_them)
{
	check_masks(ipv6_masks, LENGTH(ipv6_masks), NH, 8, FLOW_IPV6_SRC, 0x86dd);
	check_masks(ipv6_masks, LENGTH(ipv6_masks), NH, 24, FLOW_IPV6_DST, 0x86dd);
	check_masks(ipv4_masks, LENGTH(ipv4_masks), NH, 12, FLOW_IPV4_SRC, 0x0800);
	check_masks(mac_masks, LENGTH(mac_masks), LL, 0, FLOW_ETH_DST, 0);
	check_masks(port_masks, LENGTH(port_masks), TH, 0, FLOW_PORTS_SRC, 0);
}

Test(translate, refuses_a_rule_without_action)
{
	struct nftnl_rule *r = encode_start();

	encode_counter(r, 0, 0);
	expect_refused(r, EOPNOTSUPP, "rule-without-action", -1);
	expect_refused(encode_start(), EOPNOTSUPP, "rule-without-action", -1);
}

Test(translate, refuses_verdicts_other_than_accept_and_drop)
{
	static const int verdicts[] = {NFT_CONTINUE, NFT_RETURN, NFT_BREAK};

	for (size_t i = 0; i < LENGTH(verdicts); i++) {
		struct nftnl_rule *r = encode_start();

		encode_verdict(r, verdicts[i]);
		expect_refused(r, EOPNOTSUPP, "verdict", 0);
	}
}

Test(translate, refuses_merged_loads)
{
	static const uint8_t ports[] = {0, 80, 0, 81}, macs[12] = {2, 0, 0, 0, 0, 1};
	struct nftnl_rule *r = encode_start();

	encode_l4proto(r, IPPROTO_TCP);
	encode_match(r, TH, 0, ports, 4);
	encode_verdict(r, NF_DROP);
	expect_refused(r, EOPNOTSUPP, "load-longer-than-field", 2);
	r = encode_start();
	encode_match(r, LL, 0, macs, 12);
	encode_verdict(r, NF_DROP);
	expect_refused(r, EOPNOTSUPP, "load-longer-than-field", 0);
}

Test(translate, refuses_fields_whose_protocol_is_not_known)
{
	struct nftnl_rule *r = encode_start();

	encode_match(r, NH, 12, ip_1234, 4);
	encode_verdict(r, NF_DROP);
	expect_refused(r, EOPNOTSUPP, "network-header-without-protocol", 0);
	r = encode_start();
	encode_protocol(r, 0x0806);
	encode_match(r, NH, 12, ip_1234, 4);
	encode_verdict(r, NF_DROP);
	expect_refused(r, EOPNOTSUPP, "network-header-without-protocol", 2);
	r = encode_start();
	encode_l4proto(r, IPPROTO_SCTP);
	encode_be16(r, TH, 2, 1);
	encode_verdict(r, NF_DROP);
	expect_refused(r, EOPNOTSUPP, "transport-header-without-protocol", 2);
}

Test(translate, refuses_a_dependency_that_another_comparison_has_used_up)
{
	uint32_t ifindex = 1;
	uint16_t type = htons(0x0800);
	struct nftnl_rule *r = encode_start();

	/* protocol loaded, then iif: the comparison with 1 becomes the "protocol". */
	encode_meta(r, NFT_META_PROTOCOL);
	encode_meta(r, NFT_META_IIF);
	encode_cmp(r, NFT_CMP_EQ, &ifindex, sizeof(ifindex));
	encode_meta(r, NFT_META_IIFTYPE);
	encode_cmp(r, NFT_CMP_EQ, (uint16_t[]){1}, 2);
	encode_match(r, NH, 12, ip_1234, 4);
	encode_verdict(r, NF_DROP);
	expect_refused(r, EOPNOTSUPP, "network-header-without-protocol", 5);
	r = encode_start();
	encode_meta(r, NFT_META_PROTOCOL);
	encode_cmp(r, NFT_CMP_EQ, &type, sizeof(type));
	encode_match(r, NH, 12, ip_1234, 4);
	encode_verdict(r, NF_DROP);
	expect(r, "protocol 0x0800\n"
		  "used_keys CONTROL|BASIC|IPV4_ADDRS\n"
		  "basic.n_proto 0x0800/0xffff\n"
		  "control.addr_type 2/65535\n"
		  "ipv4_addrs.src 1.2.3.4/255.255.255.255\n"
		  "action DROP\n");
}

Test(translate, refuses_other_offsets_and_headers)
{
	static const struct {
		uint32_t base, offset, length;
		const char *id;
	} loads[] = {
		{LL, 1, 1, "payload-offset"},
		{LL, 22, 2, "payload-offset"},
		{NH, 8, 1, "payload-offset"},
		{NH, 1, 1, "payload-offset"},
		{NH, 12, 8, "load-longer-than-field"},
		{TH, 4, 2, "payload-offset"},
		{TH, 13, 1, "payload-offset"},
		{NFT_PAYLOAD_INNER_HEADER, 0, 2, "payload-base"},
	};

	for (size_t i = 0; i < LENGTH(loads); i++) {
		struct nftnl_rule *r = encode_start();

		encode_protocol(r, 0x0800);
		encode_l4proto(r, IPPROTO_UDP);
		encode_payload(r, loads[i].base, loads[i].offset, loads[i].length);
		encode_verdict(r, NF_DROP);
		expect_refused(r, EOPNOTSUPP, loads[i].id, 4);
	}
}

Test(translate, refuses_comparisons_other_than_equal)
{
	for (uint32_t op = NFT_CMP_NEQ; op <= NFT_CMP_GTE; op++) {
		struct nftnl_rule *r = encode_start();

		encode_protocol(r, 0x0800);
		encode_payload(r, NH, 12, 4);
		encode_cmp(r, op, ip_1234, 4);
		encode_verdict(r, NF_DROP);
		expect_refused(r, EOPNOTSUPP, "compare-operator", 3);
	}
}

Test(translate, refuses_a_mask_that_is_shorter_than_the_field)
{
	static const uint8_t mask = 0xe0, value = 0x60;
	struct nftnl_rule *r = encode_start();

	/* `vlan pcp 3`: one byte of the TCI */
	encode_be16(r, LL, 12, 0x8100);
	encode_payload(r, LL, 14, 1);
	encode_mask(r, &mask, 1);
	encode_cmp(r, NFT_CMP_EQ, &value, 1);
	encode_verdict(r, NF_DROP);
	expect_refused(r, EOPNOTSUPP, "bitwise-length", 3);
}

Test(translate, the_hint_for_vlan_priority_works)
{
	uint16_t mask = htons(0xe000), value = htons(0x6000);
	struct nftnl_rule *r = encode_start();

	encode_payload(r, LL, 14, 2);
	encode_mask(r, &mask, 2);
	encode_cmp(r, NFT_CMP_EQ, &value, 2);
	encode_verdict(r, NF_DROP);
	expect(r, "protocol 0x0000\n"
		  "used_keys VLAN\n"
		  "vlan.vlan_tci 0x6000/0xe000\n"
		  "action DROP\n");
}

Test(translate, refuses_metadata_that_a_nic_does_not_have)
{
	static const uint32_t keys[] = {NFT_META_MARK, NFT_META_LEN, NFT_META_IIFNAME,
					NFT_META_OIF,  NFT_META_CPU, NFT_META_PKTTYPE};

	for (size_t i = 0; i < LENGTH(keys); i++) {
		struct nftnl_rule *r = encode_start();

		encode_meta(r, keys[i]);
		encode_verdict(r, NF_DROP);
		expect_refused(r, EOPNOTSUPP, "meta-key", 0);
	}
}

Test(translate, refuses_interface_types_other_than_ethernet)
{
	uint16_t loopback = 772;
	struct nftnl_rule *r = encode_start();

	encode_meta(r, NFT_META_IIFTYPE);
	encode_cmp(r, NFT_CMP_EQ, &loopback, sizeof(loopback));
	encode_verdict(r, NF_DROP);
	expect_refused(r, EOPNOTSUPP, "interface-type", 1);
}

Test(translate, refuses_an_unknown_target_interface)
{
	struct nftnl_rule *r = encode_start();

	encode_to_device(r, "fwd", 9);
	expect_refused(r, EOPNOTSUPP, "unknown-interface", 1);
	r = encode_start();
	encode_to_device(r, "dup", 0);
	expect_refused(r, EOPNOTSUPP, "unknown-interface", 1);
}

Test(translate, a_register_that_was_never_loaded_is_enodata_where_the_kernel_tracks_registers)
{
	struct nftnl_rule *r = encode_start();

	encode_cmp(r, NFT_CMP_EQ, ip_1234, 4);
	encode_verdict(r, NF_DROP);
	expect_refused(r, ENODATA, "register-not-loaded", 0);
}

Test(translate, refuses_types_without_offload_by_name)
{
	struct nftnl_rule *r = encode_start();

	encode_plain(r, "notrack");
	encode_verdict(r, NF_DROP);
	expect_refused(r, EOPNOTSUPP, "connection-tracking", 0);
}
