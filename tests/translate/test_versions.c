/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Warnings, and what differs between kernel versions.
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

static struct kernel_behavior behavior(const char *version)
{
	struct kernel_behavior kernel;
	char message[256];

	cr_assert_eq(kernel_behavior_find(&kernel, version, message, sizeof(message)), 0, "%s",
		     message);
	return kernel;
}

static const uint8_t ip_1234[] = {1, 2, 3, 4};
static const uint8_t db8[16] = {0x20, 0x01, 0x0d, 0xb8};

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

struct warnings {
	size_t count, expression;
	char id[64], text[256];
};

static void remember(void *context, const char *id, size_t expression, const char *text)
{
	struct warnings *w = context;

	w->count++;
	w->expression = expression;
	snprintf(w->id, sizeof(w->id), "%s", id);
	snprintf(w->text, sizeof(w->text), "%s", text);
}

/* Translates on a kernel, which must accept, and collects the warnings. */
static struct warnings warnings_of(struct nftnl_rule *encoded, const char *version)
{
	const struct kernel_behavior kernel = behavior(version);
	struct warnings w = {0};
	const struct translate_context translation = {
		.kernel = &kernel, .warn = remember, .context = &w};
	struct nft_expr_context context;
	const struct nlattr *bad;
	struct flow_rule *rule;
	struct nft_expr *exprs;
	size_t count;

	world_context(&context, &kernel);
	cr_assert_eq(nft_exprs_parse(&exprs, &count, encode_list(encode_finish(encoded)), &context,
				     &bad, NULL),
		     0);
	cr_assert_eq(translate_nft_rule(&rule, exprs, count, &translation, NULL), 0);
	flow_rule_free(rule);
	nft_exprs_free(exprs, count);
	return w;
}

static struct nftnl_rule *encode_v6_prefix(uint32_t length)
{
	struct nftnl_rule *r = encode_start();

	encode_protocol(r, 0x86dd);
	encode_match(r, NH, 8, db8, length);
	encode_verdict(r, NF_DROP);
	return r;
}

Test(versions, warns_of_masks_that_a_kernel_builds_wrong)
{
	struct warnings w = warnings_of(encode_v6_prefix(8), "6.12.95");

	cr_expect_eq(w.count, 1);
	cr_expect_str_eq(w.id, "short-load-mask");
	cr_expect_eq(w.expression, 2);
	cr_expect(strstr(w.text, "ffffffffffffffffffffffffffffffff") != NULL, "%s", w.text);
	cr_expect_eq(warnings_of(encode_v6_prefix(15), "6.12.95").count, 0);
	cr_expect_eq(warnings_of(encode_v6_prefix(8), "6.12.103").count, 0);
}

Test(versions, warns_when_a_field_is_matched_twice)
{
	static const uint8_t two[] = {2, 2, 2, 2};
	struct nftnl_rule *r = encode_start();
	struct warnings w;

	encode_protocol(r, 0x0800);
	encode_match(r, NH, 12, ip_1234, 4);
	encode_protocol(r, 0x0800);
	encode_match(r, NH, 12, two, 4);
	encode_verdict(r, NF_DROP);
	w = warnings_of(r, "6.12");
	cr_expect_eq(w.count, 1, "the protocol is matched twice alike, which is harmless");
	cr_expect_str_eq(w.id, "field-matched-twice");
	cr_expect_eq(w.expression, 7);
}

Test(versions, warns_when_the_kernel_will_complain_of_a_comparison)
{
	static const uint8_t mac[6] = {2};
	struct nftnl_rule *r = encode_start();
	struct warnings w;

	encode_payload(r, LL, 12, 2);
	encode_payload(r, LL, 0, 6);
	encode_cmp(r, NFT_CMP_EQ, mac, sizeof(mac));
	encode_verdict(r, NF_DROP);
	w = warnings_of(r, "6.12");
	cr_expect_eq(w.count, 1);
	cr_expect_str_eq(w.id, "mistaken-for-protocol");
	cr_expect_eq(w.expression, 2);
	r = encode_start();
	encode_payload(r, LL, 12, 2);
	encode_payload(r, LL, 14, 2);
	encode_cmp(r, NFT_CMP_EQ, mac, 2);
	encode_verdict(r, NF_DROP);
	cr_expect_eq(warnings_of(r, "6.12").count, 0, "mistaken as well, but of the same size");
}

/* One flag of the behaviour table changed; 0 or the positive errno and the reason. */
static int translate_without(bool *flag, struct kernel_behavior *kernel, struct nftnl_rule *encoded,
			     struct flow_rule **rule, struct reason *reason)
{
	const struct translate_context translation = {.kernel = kernel,
						      .ifindex_exists = world_ifindex_exists};
	struct nft_expr_context context;
	const struct nlattr *bad;
	struct nft_expr *exprs;
	size_t count;
	int error;

	*flag = false;
	world_context(&context, kernel);
	error = nft_exprs_parse(&exprs, &count, encode_list(encode_finish(encoded)), &context, &bad,
				NULL);
	if (!error)
		error = translate_nft_rule(rule, exprs, count, &translation, reason);
	nft_exprs_free(exprs, count);
	*flag = true;
	return -error;
}

Test(versions, older_kernels_refuse_what_they_did_not_have_yet)
{
	struct kernel_behavior kernel = behavior("ideal");
	struct flow_rule *rule;
	struct reason reason = {0};
	struct nftnl_rule *r = encode_start();

	cr_expect_eq(translate_without(&kernel.short_loads, &kernel, encode_v6_prefix(4), &rule,
				       &reason),
		     EOPNOTSUPP);
	cr_expect_str_eq(reason.id, "load-shorter-than-field");
	encode_counter(r, 0, 0);
	encode_verdict(r, NF_DROP);
	cr_expect_eq(translate_without(&kernel.counter_offload, &kernel, r, &rule, &reason),
		     EOPNOTSUPP);
	cr_expect_str_eq(reason.id, "counter");
	r = encode_start();
	encode_to_device(r, "dup", 1);
	cr_expect_eq(translate_without(&kernel.fwd_dup_offload, &kernel, r, &rule, &reason),
		     EOPNOTSUPP);
	cr_expect_str_eq(reason.id, "forward-or-copy");
	r = encode_start();
	encode_be16(r, LL, 14, 5);
	encode_verdict(r, NF_DROP);
	cr_expect_eq(translate_without(&kernel.vlan_offload, &kernel, r, &rule, &reason),
		     EOPNOTSUPP);
	cr_expect_str_eq(reason.id, "payload-offset");
	r = encode_start();
	encode_cmp(r, NFT_CMP_EQ, ip_1234, 4);
	encode_verdict(r, NF_DROP);
	cr_expect_eq(translate_without(&kernel.register_tracking, &kernel, r, &rule, &reason),
		     EOPNOTSUPP);
	cr_expect_str_eq(reason.id, "register-without-field");
}

Test(versions, older_kernels_hand_over_what_they_got_wrong)
{
	struct kernel_behavior kernel = behavior("ideal");
	struct flow_rule *rule;
	struct reason reason = {0};
	struct nftnl_rule *r = encode_start();

	cr_assert_eq(translate_without(&kernel.no_action_refused, &kernel, r, &rule, &reason), 0);
	cr_expect_eq(rule->num_actions, 0);
	flow_rule_free(rule);
	r = encode_start();
	encode_vlan(r, 0x8100, 10);
	encode_verdict(r, NF_DROP);
	cr_assert_eq(translate_without(&kernel.vlan_tci_host_order, &kernel, r, &rule, &reason), 0);
	cr_expect_eq(flow_key_get(&rule->match.key, FLOW_VLAN_TCI), 0x0a00);
	flow_rule_free(rule);
	r = encode_start();
	encode_vlan(r, 0x8100, 10);
	encode_verdict(r, NF_DROP);
	cr_assert_eq(translate_without(&kernel.vlan_key_fixup, &kernel, r, &rule, &reason), 0);
	cr_expect_eq(flow_key_get(&rule->match.key, FLOW_BASIC_N_PROTO), 0x8100);
	flow_rule_free(rule);
	cr_assert_eq(translate_without(&kernel.control_addr_type, &kernel, encode_v6_prefix(16),
				       &rule, &reason),
		     0);
	cr_expect_eq(rule->match.used_keys & FLOW_PRESENT(CONTROL), 0);
	flow_rule_free(rule);
}
