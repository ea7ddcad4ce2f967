/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reasons that no rule in nft's words causes: expressions that nft does not write, or refuses
 * itself. tests/system/reason_cases.py names this file for them.
 */
#include "encode.h"
#include "world.h"

#include "refusal.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <libnftnl/expr.h>
#include <libnftnl/rule.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <string.h>

static struct nftnl_expr *add(struct nftnl_rule *rule, const char *name)
{
	struct nftnl_expr *expr = nftnl_expr_alloc(name);

	cr_assert(expr, "%s", name);
	nftnl_rule_add_expr(rule, expr);
	return expr;
}

/* What the rule is refused with. */
static struct reason reason_of(struct nftnl_rule *encoded)
{
	const struct nlmsghdr *nlh = encode_finish(encoded);
	struct translate_context translation = {.ifindex_exists = world_ifindex_exists};
	struct kernel_behavior kernel;
	struct nft_expr_context context;
	struct reason reason = {0};
	struct flow_rule *rule = NULL;
	const struct nlattr *bad;
	struct nft_expr *exprs;
	char message[256];
	size_t count;
	int error;

	cr_assert_eq(kernel_behavior_find(&kernel, "6.12", message, sizeof(message)), 0);
	translation.kernel = &kernel;
	world_context(&context, &kernel);
	context.message = nlh;
	context.reason = &reason;
	error = nft_exprs_parse(&exprs, &count, encode_list(nlh), &context, &bad, NULL);
	if (!error)
		error = translate_nft_rule(&rule, exprs, count, &translation, &reason);
	nft_exprs_free(exprs, count);
	flow_rule_free(rule);
	cr_assert_eq(-error, reason.error);
	cr_assert(error < 0);
	cr_expect(*reason.clause);
	return reason;
}

static void expect_id(struct nftnl_rule *rule, const char *id, int error)
{
	struct reason reason = reason_of(rule);

	cr_expect_str_eq(reason.id, id);
	cr_expect_eq(reason.error, error, "%s: %s", id, errno_name(reason.error));
}

static struct nftnl_rule *with_address(void)
{
	struct nftnl_rule *rule = encode_start();

	encode_protocol(rule, 0x0800);
	encode_payload(rule, NFT_PAYLOAD_NETWORK_HEADER, 12, 4);
	return rule;
}

Test(reasons, a_shift_is_no_mask)
{
	struct nftnl_rule *rule = with_address();
	struct nftnl_expr *shift = add(rule, "bitwise");
	uint32_t by = 8;

	nftnl_expr_set_u32(shift, NFTNL_EXPR_BITWISE_SREG, NFT_REG_1);
	nftnl_expr_set_u32(shift, NFTNL_EXPR_BITWISE_DREG, NFT_REG_1);
	nftnl_expr_set_u32(shift, NFTNL_EXPR_BITWISE_LEN, 4);
	nftnl_expr_set_u32(shift, NFTNL_EXPR_BITWISE_OP, NFT_BITWISE_LSHIFT);
	nftnl_expr_set(shift, NFTNL_EXPR_BITWISE_DATA, &by, sizeof(by));
	encode_verdict(rule, NF_DROP);
	expect_id(rule, "bitwise-operation", EOPNOTSUPP);
}

Test(reasons, a_mask_must_stay_in_its_register)
{
	static const uint8_t ones[4] = {255, 255, 255, 255}, zero[4];
	struct nftnl_rule *rule = with_address();
	struct nftnl_expr *mask = add(rule, "bitwise");

	nftnl_expr_set_u32(mask, NFTNL_EXPR_BITWISE_SREG, NFT_REG_1);
	nftnl_expr_set_u32(mask, NFTNL_EXPR_BITWISE_DREG, NFT_REG_2);
	nftnl_expr_set_u32(mask, NFTNL_EXPR_BITWISE_LEN, 4);
	nftnl_expr_set(mask, NFTNL_EXPR_BITWISE_MASK, ones, 4);
	nftnl_expr_set(mask, NFTNL_EXPR_BITWISE_XOR, zero, 4);
	encode_verdict(rule, NF_DROP);
	expect_id(rule, "bitwise-register", EOPNOTSUPP);
}

Test(reasons, more_is_compared_than_the_field_has)
{
	static const uint8_t value[4] = {1};
	struct nftnl_rule *rule = encode_start();

	/* The first load fills the register's four bytes, the second one makes it a field of one.
	 */
	encode_protocol(rule, 0x0800);
	encode_payload(rule, NFT_PAYLOAD_NETWORK_HEADER, 12, 4);
	encode_payload(rule, NFT_PAYLOAD_NETWORK_HEADER, 9, 1);
	encode_cmp(rule, NFT_CMP_EQ, value, 4);
	encode_verdict(rule, NF_DROP);
	expect_id(rule, "compare-longer-than-field", EOPNOTSUPP);
}

Test(reasons, a_set_that_is_not_there)
{
	struct nftnl_rule *rule = with_address();
	struct nftnl_expr *lookup = add(rule, "lookup");

	nftnl_expr_set_u32(lookup, NFTNL_EXPR_LOOKUP_SREG, NFT_REG_1);
	nftnl_expr_set_str(lookup, NFTNL_EXPR_LOOKUP_SET, "nowhere");
	encode_verdict(rule, NF_DROP);
	expect_id(rule, "unknown-set", ENOENT);
}

Test(reasons, an_extension_of_iptables)
{
	struct nftnl_rule *rule = encode_start();
	struct nftnl_expr *match = add(rule, "match");
	void *info = calloc(1, 8); /* libnftnl frees it */

	nftnl_expr_set_str(match, NFTNL_EXPR_MT_NAME, "u32");
	nftnl_expr_set_u32(match, NFTNL_EXPR_MT_REV, 0);
	nftnl_expr_set(match, NFTNL_EXPR_MT_INFO, info, 8);
	encode_verdict(rule, NF_DROP);
	expect_id(rule, "unknown-extension", ENOENT);
}

Test(reasons, types_that_a_nic_can_not_carry_out_are_called_by_their_names)
{
	static const struct {
		const char *type, *id;
	} types[] = {
		{"nat", "address-translation"},
		{"masq", "address-translation"},
		{"connlimit", "connection-limit"},
		{"xfrm", "ipsec"},
		{"inner", "inner-header"},
		{"last", "last-used"},
		{"socket", "socket"},
		{"tunnel", "tunnel"},
		{"something", "expression-not-offloadable"},
	};

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		struct reason reason;

		cr_expect_eq(refusal_of_type(&reason, types[i].type), -EOPNOTSUPP);
		cr_expect_str_eq(reason.id, types[i].id);
	}
}

Test(reasons, what_can_not_be_parsed_is_told_by_its_errno)
{
	static const struct {
		int error;
		const char *id;
	} errors[] = {{ERANGE, "expression-out-of-range"}, {ENOMEM, "out-of-memory"}};

	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		struct reason reason = {0};

		refusal_at_parse(&reason, -errors[i].error, NULL, NULL, NULL);
		cr_expect_str_eq(reason.id, errors[i].id);
	}
}

Test(reasons, a_rule_that_is_too_long_or_too_big)
{
	struct reason reason = {0};

	refusal_of_list(&reason, -EFBIG);
	cr_expect_str_eq(reason.id, "rule-too-big");
	refusal_of_list(&reason, -EINVAL);
	cr_expect_str_eq(reason.id, "expression-list");
}
