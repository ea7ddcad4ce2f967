/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Expressions from hostile bytes: parsed, dumped, parsed and dumped again, copied, translated.
 *
 * The first byte chooses: odd, the rest is NFTA_RULE_EXPRESSIONS as it stands; even, the rest is a
 * seed for the tests' generator, and pairs of (position, value) that damage what it made.
 */
#include "../translate/generator.h"
#include "../translate/world.h"

#include <stdlib.h>
#include <string.h>

enum { MESSAGE_SIZE = 1 << 16 };

static void fail_if(bool condition)
{
	if (condition)
		abort();
}

/* NFTA_RULE_EXPRESSIONS as dumped, in a message at storage; NULL when it does not fit. */
static struct nlattr *dump(uint32_t *storage, const struct nft_expr *exprs, size_t count)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(storage);
	struct nlattr *list = mnl_attr_nest_start(nlh, 4), *elem;

	for (size_t i = 0; i < count; i++) {
		elem = mnl_attr_nest_start(nlh, 1);
		if (!nft_expr_dump(nlh, MESSAGE_SIZE / 2, &exprs[i]))
			return NULL;
		mnl_attr_nest_end(nlh, elem);
	}
	mnl_attr_nest_end(nlh, list);
	return list;
}

/* What nicemu dumps, if a kernel takes it (some of a kernel's dumps it does not), dumps the same.
 */
static void dump_twice(const struct nft_expr *exprs, size_t count,
		       const struct nft_expr_context *context)
{
	static uint32_t first_bytes[MESSAGE_SIZE / 4], second_bytes[MESSAGE_SIZE / 4];
	struct nlattr *first = dump(first_bytes, exprs, count), *second;
	const struct nlattr *bad;
	struct nft_expr *again;
	size_t count_again;

	if (!first || nft_exprs_parse(&again, &count_again, first, context, &bad, NULL))
		return;
	second = dump(second_bytes, again, count_again);
	fail_if(count_again != count || !second || second->nla_len != first->nla_len ||
		memcmp(first, second, first->nla_len) != 0);
	nft_exprs_free(again, count_again);
}

static void translate(const struct nft_expr *exprs, size_t count,
		      const struct kernel_behavior *kernel)
{
	const struct translate_context context = {.kernel = kernel,
						  .ifindex_exists = world_ifindex_exists};
	struct reason reason = {0};
	struct flow_rule *rule;
	int error = translate_nft_rule(&rule, exprs, count, &context, &reason);

	fail_if((error == 0) != (rule != NULL));
	fail_if(error != 0 && reason.id == NULL);
	if (rule)
		fail_if(rule->match.key.word[0] != 0 || rule->match.mask.word[0] != 0);
	flow_rule_free(rule);
}

static void check(struct nlattr *list, const struct kernel_behavior *kernel)
{
	struct nft_expr_context context;
	struct reason reason = {0};
	const struct nlattr *bad;
	struct nft_expr *exprs, copy;
	size_t count;
	int error;

	world_context(&context, kernel);
	context.reason = &reason;
	error = nft_exprs_parse(&exprs, &count, list, &context, &bad, NULL);
	fail_if(error > 0 || (error && (exprs || count)));
	if (error)
		return;
	dump_twice(exprs, count, &context);
	for (size_t i = 0; i < count; i++) {
		nft_expr_validate(&exprs[i], context.family, "filter", 0);
		fail_if(nft_expr_copy(&copy, &exprs[i]));
		nft_expr_reset(&copy);
		nft_expr_clear(&copy);
	}
	translate(exprs, count, kernel);
	nft_exprs_free(exprs, count);
}

static void from_generator(const uint8_t *data, size_t size, const struct kernel_behavior *kernel)
{
	static uint32_t storage[MESSAGE_SIZE / 4];
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(storage);
	struct random random = {0};
	size_t room;

	memcpy(&random.state, data, size < 8 ? size : 8);
	generate_expressions(nlh, &random);
	room = nlh->nlmsg_len - MNL_NLMSG_HDRLEN - MNL_ATTR_HDRLEN;
	for (size_t i = 8; i + 3 <= size && room > 0; i += 3)
		((uint8_t *)mnl_nlmsg_get_payload(
			nlh))[MNL_ATTR_HDRLEN + (size_t)(data[i] << 8 | data[i + 1]) % room] =
			data[i + 2];
	check(mnl_nlmsg_get_payload(nlh), kernel);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const versions[] = {"6.1", "6.12", "6.18", "ideal"};
	struct kernel_behavior kernel;
	struct nlattr *list;
	char message[256];

	if (size < 2 || size > 32768)
		return -1;
	kernel_behavior_find(&kernel, versions[data[0] >> 1 & 3], message, sizeof(message));
	if (data[0] % 2 == 0) {
		from_generator(data + 1, size - 1, &kernel);
		return 0;
	}
	/* A block of its own size, so that a read past the end is seen. */
	list = malloc(MNL_ATTR_HDRLEN + size - 1);
	fail_if(!list);
	list->nla_type = 4;
	list->nla_len = (uint16_t)(MNL_ATTR_HDRLEN + size - 1);
	memcpy(mnl_attr_get_payload(list), data + 1, size - 1);
	check(list, &kernel);
	free(list);
	return 0;
}
