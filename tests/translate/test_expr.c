/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "attr.h"
#include "encode.h"
#include "world.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <netinet/in.h>

#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <string.h>

static struct kernel_behavior kernel;

static struct nft_expr_context make_context(void)
{
	struct nft_expr_context context;
	char message[256];

	cr_assert_eq(kernel_behavior_find(&kernel, "6.18", message, sizeof(message)), 0);
	world_context(&context, &kernel);
	return context;
}

static uint32_t storage[4096];

/* A message with an open list, for attributes by hand. */
static struct nlattr *open_list(struct nlmsghdr **nlh)
{
	memset(storage, 0, sizeof(storage));
	*nlh = mnl_nlmsg_put_header(storage);
	mnl_nlmsg_put_extra_header(*nlh, 4);
	return mnl_attr_nest_start(*nlh, NFTA_RULE_EXPRESSIONS);
}

static int parse(struct nlattr *list, struct nft_expr_context *context, const struct nlattr **bad,
		 int *failed)
{
	struct nft_expr *exprs;
	size_t count;
	int error = nft_exprs_parse(&exprs, &count, list, context, bad, failed);

	nft_exprs_free(exprs, count);
	return -error;
}

static void put_drop(struct nlmsghdr *nlh)
{
	struct nlattr *elem = mnl_attr_nest_start(nlh, NFTA_LIST_ELEM), *data, *imm, *verdict;

	mnl_attr_put_strz(nlh, NFTA_EXPR_NAME, "immediate");
	data = mnl_attr_nest_start(nlh, NFTA_EXPR_DATA);
	mnl_attr_put_u32(nlh, NFTA_IMMEDIATE_DREG, htonl(NFT_REG_VERDICT));
	imm = mnl_attr_nest_start(nlh, NFTA_IMMEDIATE_DATA);
	verdict = mnl_attr_nest_start(nlh, NFTA_DATA_VERDICT);
	mnl_attr_put_u32(nlh, NFTA_VERDICT_CODE, htonl(NF_DROP));
	mnl_attr_nest_end(nlh, verdict);
	mnl_attr_nest_end(nlh, imm);
	mnl_attr_nest_end(nlh, data);
	mnl_attr_nest_end(nlh, elem);
}

static void put_named(struct nlmsghdr *nlh, const char *name)
{
	struct nlattr *elem = mnl_attr_nest_start(nlh, NFTA_LIST_ELEM);

	mnl_attr_put_strz(nlh, NFTA_EXPR_NAME, name);
	mnl_attr_nest_end(nlh, elem);
}

/* Dumps, and lets libnftnl read it: the text must be that of the original. */
static void expect_same_text(struct nftnl_rule *rule)
{
	static uint32_t out[4096];
	struct nft_expr_context context = make_context();
	char before[2048], after[2048];
	struct nftnl_rule *read = nftnl_rule_alloc();
	const struct nlattr *bad;
	struct nlattr *list, *elem;
	struct nft_expr *exprs;
	struct nlmsghdr *nlh;
	size_t count;

	nftnl_rule_snprintf(before, sizeof(before), rule, NFTNL_OUTPUT_DEFAULT, 0);
	nlh = encode_finish(rule);
	cr_assert_eq(nft_exprs_parse(&exprs, &count, encode_list(nlh), &context, &bad, NULL), 0);
	nlh = mnl_nlmsg_put_header(out);
	nlh->nlmsg_type = NFT_MSG_NEWRULE;
	((uint8_t *)mnl_nlmsg_put_extra_header(nlh, 4))[0] = NFPROTO_NETDEV;
	mnl_attr_put_strz(nlh, NFTA_RULE_TABLE, "t");
	mnl_attr_put_strz(nlh, NFTA_RULE_CHAIN, "c");
	list = mnl_attr_nest_start(nlh, NFTA_RULE_EXPRESSIONS);
	for (size_t i = 0; i < count; i++) {
		elem = mnl_attr_nest_start(nlh, NFTA_LIST_ELEM);
		cr_assert(nft_expr_dump(nlh, sizeof(out), &exprs[i]));
		mnl_attr_nest_end(nlh, elem);
	}
	mnl_attr_nest_end(nlh, list);
	cr_assert_eq(nftnl_rule_nlmsg_parse(nlh, read), 0);
	nftnl_rule_snprintf(after, sizeof(after), read, NFTNL_OUTPUT_DEFAULT, 0);
	cr_expect_str_eq(after, before, "sent   %s\ndumped %s", before, after);
	nftnl_rule_free(read);
	nft_exprs_free(exprs, count);
}

Test(expr, dump_reads_as_what_was_sent)
{
	static const uint8_t address[] = {1, 2, 3, 4}, mask[] = {255, 240, 0, 0};
	struct nftnl_rule *r = encode_start();

	encode_protocol(r, 0x0800);
	encode_payload(r, NFT_PAYLOAD_NETWORK_HEADER, 12, 4);
	encode_mask(r, mask, 4);
	encode_cmp(r, NFT_CMP_NEQ, address, 4);
	encode_counter(r, 7, 700);
	encode_to_device(r, "dup", 3);
	encode_to_device(r, "fwd", 1);
	encode_verdict(r, NF_ACCEPT);
	expect_same_text(r);
}

Test(expr, nothing_is_a_list_without_expressions)
{
	struct nft_expr_context context = make_context();
	const struct nlattr *bad;
	struct nlmsghdr *nlh;
	struct nlattr *list = open_list(&nlh);

	mnl_attr_nest_end(nlh, list);
	cr_expect_eq(parse(NULL, &context, &bad, NULL), 0);
	cr_expect_eq(parse(list, &context, &bad, NULL), 0);
}

Test(expr, unknown_name_is_enoent_at_its_element)
{
	struct nft_expr_context context = make_context();
	struct reason reason = {0};
	const struct nlattr *bad;
	struct nlmsghdr *nlh;
	struct nlattr *list = open_list(&nlh);
	int failed;

	context.message = nlh;
	context.reason = &reason;
	put_drop(nlh);
	put_named(nlh, "nonesuch");
	mnl_attr_nest_end(nlh, list);
	cr_expect_eq(parse(list, &context, &bad, &failed), ENOENT);
	cr_expect_eq(failed, 1);
	cr_expect_str_eq(reason.id, "unknown-expression");
	cr_expect_eq(reason.expression, 1);
	cr_expect_eq(reason.offset, (uint32_t)((const uint8_t *)bad - (const uint8_t *)nlh));
	cr_expect_gt(reason.offset, 0);
}

Test(expr, types_belong_to_families)
{
	static const struct {
		const char *name;
		uint8_t family;
		int error;
	} cases[] = {
		{"fwd", NFPROTO_NETDEV, EOPNOTSUPP}, {"fwd", NFPROTO_IPV4, ENOENT},
		{"dup", NFPROTO_NETDEV, EINVAL},     {"dup", NFPROTO_IPV6, EINVAL},
		{"dup", NFPROTO_BRIDGE, ENOENT},     {"masq", NFPROTO_NETDEV, ENOENT},
		{"masq", NFPROTO_INET, 0},           {"ct", NFPROTO_NETDEV, EINVAL},
		{"notrack", NFPROTO_NETDEV, 0},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct nft_expr_context context = make_context();
		const struct nlattr *bad;
		struct nlmsghdr *nlh;
		struct nlattr *list = open_list(&nlh);
		int error;

		context.family = cases[i].family;
		put_named(nlh, cases[i].name);
		mnl_attr_nest_end(nlh, list);
		error = parse(list, &context, &bad, NULL);
		cr_expect_eq(error, cases[i].error, "%s in family %u: %s", cases[i].name,
			     cases[i].family, errno_name(error));
	}
}

static int count_of(size_t expressions)
{
	struct nft_expr_context context = make_context();
	const struct nlattr *bad;
	struct nlmsghdr *nlh;
	struct nlattr *list = open_list(&nlh);

	for (size_t i = 0; i < expressions; i++)
		put_named(nlh, "counter");
	mnl_attr_nest_end(nlh, list);
	return parse(list, &context, &bad, NULL);
}

Test(expr, a_rule_has_at_most_128_expressions)
{
	cr_expect_eq(count_of(128), 0);
	cr_expect_eq(count_of(129), EINVAL);
}

Test(expr, a_rule_is_smaller_than_4096_bytes_in_the_kernel)
{
	struct nft_expr_context context = make_context();

	for (size_t n = 127; n <= 128; n++) {
		const struct nlattr *bad;
		struct nlmsghdr *nlh;
		struct nlattr *list = open_list(&nlh);

		for (size_t i = 0; i < n; i++)
			put_drop(nlh);
		mnl_attr_nest_end(nlh, list);
		cr_expect_eq(parse(list, &context, &bad, NULL), n == 128 ? EFBIG : 0, "%zu", n);
	}
}

struct look_ups {
	int sets, chains, released;
	enum nft_expr_reference last;
};

static int count_set(void *context, const struct nlattr *name, const struct nlattr *id,
		     struct nft_expr_set *set)
{
	struct look_ups *l = context;

	l->sets++;
	set->key_length = 4;
	set->name = "__set7";
	set->reference = l;
	return 0;
}

static int count_chain(void *context, const struct nlattr *chain, const char **name,
		       void **reference)
{
	struct look_ups *l = context;

	l->chains++;
	*name = "__chain1";
	*reference = l;
	return 0;
}

static void count_release(void *context, enum nft_expr_reference kind, void *reference)
{
	struct look_ups *l = context;

	l->released++;
	l->last = kind;
	cr_expect_eq(reference, context);
}

/* A load, a lookup, a jump by id; then "nonesuch" if wrong. */
static struct nlattr *references(struct nlmsghdr **nlh, bool wrong)
{
	struct nlattr *list = open_list(nlh), *elem, *data, *imm, *verdict;

	elem = mnl_attr_nest_start(*nlh, NFTA_LIST_ELEM);
	mnl_attr_put_strz(*nlh, NFTA_EXPR_NAME, "meta");
	data = mnl_attr_nest_start(*nlh, NFTA_EXPR_DATA);
	mnl_attr_put_u32(*nlh, NFTA_META_KEY, htonl(NFT_META_MARK));
	mnl_attr_put_u32(*nlh, NFTA_META_DREG, htonl(NFT_REG_1));
	mnl_attr_nest_end(*nlh, data);
	mnl_attr_nest_end(*nlh, elem);
	elem = mnl_attr_nest_start(*nlh, NFTA_LIST_ELEM);
	mnl_attr_put_strz(*nlh, NFTA_EXPR_NAME, "lookup");
	data = mnl_attr_nest_start(*nlh, NFTA_EXPR_DATA);
	mnl_attr_put_strz(*nlh, NFTA_LOOKUP_SET, "__set%d");
	mnl_attr_put_u32(*nlh, NFTA_LOOKUP_SET_ID, htonl(1));
	mnl_attr_put_u32(*nlh, NFTA_LOOKUP_SREG, htonl(NFT_REG_1));
	mnl_attr_nest_end(*nlh, data);
	mnl_attr_nest_end(*nlh, elem);
	elem = mnl_attr_nest_start(*nlh, NFTA_LIST_ELEM);
	mnl_attr_put_strz(*nlh, NFTA_EXPR_NAME, "immediate");
	data = mnl_attr_nest_start(*nlh, NFTA_EXPR_DATA);
	mnl_attr_put_u32(*nlh, NFTA_IMMEDIATE_DREG, htonl(NFT_REG_VERDICT));
	imm = mnl_attr_nest_start(*nlh, NFTA_IMMEDIATE_DATA);
	verdict = mnl_attr_nest_start(*nlh, NFTA_DATA_VERDICT);
	mnl_attr_put_u32(*nlh, NFTA_VERDICT_CODE, htonl((uint32_t)NFT_JUMP));
	mnl_attr_put_u32(*nlh, NFTA_VERDICT_CHAIN_ID, htonl(5));
	mnl_attr_nest_end(*nlh, verdict);
	mnl_attr_nest_end(*nlh, imm);
	mnl_attr_nest_end(*nlh, data);
	mnl_attr_nest_end(*nlh, elem);
	if (wrong) {
		elem = mnl_attr_nest_start(*nlh, NFTA_LIST_ELEM);
		mnl_attr_put_strz(*nlh, NFTA_EXPR_NAME, "quota");
		mnl_attr_nest_end(*nlh, elem);
	}
	mnl_attr_nest_end(*nlh, list);
	return list;
}

Test(expr, references_are_released_when_a_later_expression_is_refused)
{
	struct nft_expr_context context = make_context();
	struct look_ups l = {0};
	const struct nlattr *bad;
	struct nlmsghdr *nlh;

	context.lookup_set = count_set;
	context.lookup_chain = count_chain;
	context.release = count_release;
	context.lookup_context = &l;
	cr_expect_eq(parse(references(&nlh, true), &context, &bad, NULL), EINVAL);
	cr_expect_eq(l.sets, 1);
	cr_expect_eq(l.chains, 1);
	cr_expect_eq(l.released, 2);
	cr_expect_eq(l.last, NFT_EXPR_SET, "in reverse order");
}

Test(expr, references_and_real_names_stay_with_the_expression)
{
	struct nft_expr_context context = make_context();
	struct look_ups l = {0};
	const struct nlattr *bad;
	struct nft_expr *exprs, copy;
	struct nlmsghdr *nlh;
	size_t count;

	context.lookup_set = count_set;
	context.lookup_chain = count_chain;
	context.release = count_release;
	context.lookup_context = &l;
	cr_assert_eq(nft_exprs_parse(&exprs, &count, references(&nlh, false), &context, &bad, NULL),
		     0);
	cr_assert_eq(count, 3);
	cr_expect_eq(exprs[0].reference_kind, NFT_EXPR_NO_REFERENCE);
	cr_expect_eq(exprs[1].reference_kind, NFT_EXPR_SET);
	cr_expect_eq(exprs[1].reference, &l);
	cr_expect_str_eq(exprs[1].name, "__set7");
	cr_expect_eq(exprs[2].reference_kind, NFT_EXPR_CHAIN);
	cr_expect_str_eq(exprs[2].name, "__chain1");
	cr_expect_str_eq(nft_expr_name(&exprs[2]), "immediate");
	cr_assert_eq(nft_expr_copy(&copy, &exprs[1]), 0);
	cr_expect_str_eq(copy.name, "__set7");
	nft_expr_clear(&copy);
	nft_exprs_free(exprs, count);
	cr_expect_eq(l.released, 0, "the endpoint drops references itself");
}

Test(expr, counters_keep_values_and_can_be_reset)
{
	struct nft_expr_context context = make_context();
	const struct nlattr *bad;
	struct nft_expr *exprs;
	struct nftnl_rule *r = encode_start();
	size_t count;

	encode_counter(r, 5, 500);
	cr_assert_eq(nft_exprs_parse(&exprs, &count, encode_list(encode_finish(r)), &context, &bad,
				     NULL),
		     0);
	cr_assert(nft_expr_is_counter(&exprs[0]));
	cr_expect_eq(exprs[0].counter.packets, 5);
	cr_expect_eq(exprs[0].counter.bytes, 500);
	nft_expr_reset(&exprs[0]);
	cr_expect_eq(exprs[0].counter.packets, 0);
	cr_expect_eq(exprs[0].counter.bytes, 0);
	nft_exprs_free(exprs, count);
}

Test(expr, a_dump_that_does_not_fit_leaves_the_message_as_it_was)
{
	struct nft_expr_context context = make_context();
	static uint32_t out[256];
	const struct nlattr *bad;
	struct nft_expr *exprs;
	struct nlmsghdr *nlh;
	struct nftnl_rule *r = encode_start();
	size_t count, needed;
	uint32_t before;

	encode_counter(r, 1, 1);
	cr_assert_eq(nft_exprs_parse(&exprs, &count, encode_list(encode_finish(r)), &context, &bad,
				     NULL),
		     0);
	nlh = mnl_nlmsg_put_header(out);
	before = nlh->nlmsg_len;
	cr_assert(nft_expr_dump(nlh, sizeof(out), &exprs[0]));
	needed = nlh->nlmsg_len;
	for (size_t size = before; size < needed; size++) {
		nlh = mnl_nlmsg_put_header(out);
		cr_assert_not(nft_expr_dump(nlh, size, &exprs[0]), "%zu of %zu bytes", size,
			      needed);
		cr_assert_eq(nlh->nlmsg_len, before);
	}
	nlh = mnl_nlmsg_put_header(out);
	cr_expect(nft_expr_dump(nlh, needed, &exprs[0]));
	nft_exprs_free(exprs, count);
}

Test(expr, only_stateful_types_stand_alone)
{
	struct nft_expr_context context = make_context();
	struct nft_expr expr;
	struct nlmsghdr *nlh;
	struct nlattr *list = open_list(&nlh);

	put_named(nlh, "counter");
	put_named(nlh, "notrack");
	mnl_attr_nest_end(nlh, list);
	cr_expect_eq(nft_expr_parse_stateful(&expr, mnl_attr_get_payload(list), &context), 0);
	cr_expect(nft_expr_is_counter(&expr));
	nft_expr_clear(&expr);
	cr_expect_eq(
		nft_expr_parse_stateful(&expr, mnl_attr_next(mnl_attr_get_payload(list)), &context),
		-EOPNOTSUPP);
	nft_expr_clear(&expr);
}

Test(expr, hooks_limit_where_an_expression_may_be_used)
{
	struct nft_expr_context context = make_context();
	const struct nlattr *bad;
	struct nft_expr *exprs;
	struct nftnl_rule *r = encode_start();
	size_t count;

	encode_to_device(r, "fwd", 1);
	cr_assert_eq(nft_exprs_parse(&exprs, &count, encode_list(encode_finish(r)), &context, &bad,
				     NULL),
		     0);
	cr_expect_eq(nft_expr_validate(&exprs[1], &kernel, NFPROTO_NETDEV, "filter", 0), 0);
	cr_expect_eq(nft_expr_validate(&exprs[1], &kernel, NFPROTO_NETDEV, "filter", 1), 0);
	cr_expect_eq(nft_expr_validate(&exprs[1], &kernel, NFPROTO_NETDEV, "filter", 2),
		     -EOPNOTSUPP);
	cr_expect_eq(nft_expr_validate(&exprs[0], &kernel, NFPROTO_NETDEV, "filter", 9), 0);
	nft_exprs_free(exprs, count);
}

Test(attr, the_kernels_liberal_rules_for_lengths)
{
	static const struct attr_policy policy[5] = {
		[1] = {.kind = ATTR_U32, 9},
		[2] = {.kind = ATTR_STRING, 3},
		[3] = {.kind = ATTR_NESTED, 0},
		[4] = {.kind = ATTR_MASK32, 3},
	};
	static const struct {
		uint16_t type;
		const char *bytes;
		size_t size;
		int error;
	} cases[] = {
		{1, "\0\0\0\x9", 4, 0},
		{1, "\0\0\0\xa", 4, -ERANGE},
		{1, "\0\0\0", 3, -ERANGE},
		{1, "\0\0\0\x9zz", 6, 0},
		{2, "", 0, -ERANGE},
		{2, "abc", 3, 0},
		{2, "abc", 4, 0},
		{2, "abcd", 4, -ERANGE},
		{3, "", 0, 0},
		{3, "abc", 3, -ERANGE},
		{4, "\0\0\0\x3", 4, 0},
		{4, "\0\0\0\x4", 4, -EINVAL},
		{9, "whatever it is", 14, 0},
	};
	const struct nlattr *tb[ATTR_TABLE_SIZE];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct nlmsghdr *nlh = mnl_nlmsg_put_header(storage);

		mnl_attr_put(nlh, cases[i].type, cases[i].size, cases[i].bytes);
		cr_expect_eq(attr_parse(tb, 4, mnl_nlmsg_get_payload(nlh),
					mnl_nlmsg_get_payload_len(nlh), policy, NULL),
			     cases[i].error, "case %zu", i);
	}
}
