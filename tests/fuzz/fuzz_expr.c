/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Expressions from hostile bytes: parsed, dumped, parsed and dumped again, copied, translated, as
 * each of several kernels does it.
 *
 * The first byte chooses: odd, the rest is NFTA_RULE_EXPRESSIONS as it stands; even, the rest is a
 * seed for the tests' generator, and pairs of (position, value) that damage what it made. Odd ones
 * are mutated by what knows attributes (attributes.h).
 */
#include "attributes.h"

#include "../translate/generator.h"
#include "../translate/world.h"

#include <linux/netfilter.h>
#include <stdlib.h>
#include <string.h>

enum { MESSAGE_SIZE = 1 << 16, INPUT_MAX = 32768 };

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);

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

/* A message that has room for some of the expression, or just not all of it, does not grow beyond.
 */
static void dump_in_little_room(const struct nft_expr *expr)
{
	static uint32_t storage[MESSAGE_SIZE / 4];
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(storage);
	size_t whole;

	if (!nft_expr_dump(nlh, MESSAGE_SIZE / 2, expr))
		return;
	whole = nlh->nlmsg_len;
	for (size_t room = MNL_NLMSG_HDRLEN; room < whole; room += 4) {
		mnl_nlmsg_put_header(storage);
		fail_if(nft_expr_dump(nlh, room, expr) || nlh->nlmsg_len != MNL_NLMSG_HDRLEN);
	}
	fail_if(!nft_expr_dump(nlh, whole, expr) || nlh->nlmsg_len != whole);
}

/* What a driver is handed: only fields that nf_tables has, masks only where something was written.
 */
static void check_rule(const struct flow_rule *rule, size_t num_exprs)
{
	static const uint64_t known = FLOW_PRESENT(CONTROL) | FLOW_PRESENT(BASIC) |
				      FLOW_PRESENT(IPV4_ADDRS) | FLOW_PRESENT(IPV6_ADDRS) |
				      FLOW_PRESENT(PORTS) | FLOW_PRESENT(ETH_ADDRS) |
				      FLOW_PRESENT(VLAN) | FLOW_PRESENT(CVLAN) | FLOW_PRESENT(META);
	const struct flow_match *m = &rule->match;

	fail_if(m->key.word[0] != 0 || m->mask.word[0] != 0);
	fail_if(m->used_keys & ~known);
	fail_if(rule->num_actions > num_exprs);
	for (size_t i = 0; i < rule->num_actions; i++) {
		const struct flow_action_entry *a = &rule->actions[i];
		bool to_device = a->id == FLOW_ACTION_REDIRECT || a->id == FLOW_ACTION_MIRRED;

		fail_if(a->id > FLOW_ACTION_MIRRED || (to_device ? a->ifindex != 1 : a->ifindex));
	}
	for (int id = 0; id < FLOW_FIELD_COUNT; id++)
		fail_if(!(known >> flow_fields[id].key & 1) &&
			(!flow_field_is_zero(&m->key, id) || !flow_field_is_zero(&m->mask, id)));
}

static void translate(const struct nft_expr *exprs, size_t count, const struct nlmsghdr *nlh,
		      const struct kernel_behavior *kernel)
{
	const struct translate_context context = {.kernel = kernel,
						  .ifindex_exists = world_ifindex_exists};
	struct reason reason = {0};
	struct flow_rule *rule;
	int error = translate_nft_rule(&rule, exprs, count, &context, &reason);

	fail_if((error == 0) != (rule != NULL));
	fail_if(error > 0 || (error != 0 && reason.id == NULL));
	if (error) {
		fail_if(reason.expression >= (int)count || reason.offset >= nlh->nlmsg_len);
		return;
	}
	check_rule(rule, count);
	flow_rule_free(rule);
}

static void check_each(const struct nft_expr *exprs, size_t count, uint8_t family,
		       const struct kernel_behavior *kernel)
{
	struct nft_expr copy;

	for (size_t i = 0; i < count; i++) {
		nft_expr_validate(&exprs[i], kernel, family, "filter", 0);
		dump_in_little_room(&exprs[i]);
		fail_if(nft_expr_copy(&copy, &exprs[i]));
		nft_expr_reset(&copy);
		nft_expr_clear(&copy);
	}
}

static bool inside(const void *attr, const struct nlmsghdr *nlh)
{
	return (const uint8_t *)attr >= (const uint8_t *)nlh &&
	       (const uint8_t *)attr + MNL_ATTR_HDRLEN <= (const uint8_t *)nlh + nlh->nlmsg_len;
}

/* list stands in the message nlh. thorough: also what does not depend on the kernel. */
static void check(struct nlmsghdr *nlh, struct nlattr *list, const struct kernel_behavior *kernel,
		  uint8_t family, bool thorough)
{
	struct nft_expr_context context;
	const struct nlattr *bad = NULL;
	struct reason reason = {0};
	struct nft_expr *exprs;
	int error, failed = -1;
	size_t count;

	world_context(&context, kernel);
	context.reason = &reason;
	context.message = nlh;
	context.family = family;
	error = nft_exprs_parse(&exprs, &count, list, &context, &bad, &failed);
	fail_if(error > 0 || (error && (exprs || count)));
	if (error) {
		fail_if((bad && !inside(bad, nlh)) || failed >= NFT_EXPR_MAXEXPRS + 1);
		return;
	}
	for (size_t i = 0; i < count; i++)
		fail_if(exprs[i].offset >= nlh->nlmsg_len);
	if (thorough) {
		dump_twice(exprs, count, &context);
		check_each(exprs, count, context.family, kernel);
	}
	translate(exprs, count, nlh, kernel);
	nft_exprs_free(exprs, count);
}

/* choice: three bits say which kernel is first, two more the family. */
static void check_kernels(struct nlmsghdr *nlh, struct nlattr *list, unsigned int choice)
{
	static const uint8_t families[] = {NFPROTO_NETDEV, NFPROTO_IPV4, NFPROTO_INET,
					   NFPROTO_BRIDGE};
	static const char *const versions[] = {"6.1", "6.12", "6.18",    "ideal",
					       "5.4", "5.15", "6.12.95", "7.2"};
	static struct kernel_behavior kernels[8];
	char message[256];

	for (unsigned int i = 0; i < 8 && kernels[7].version[0] == '\0'; i++)
		kernel_behavior_find(&kernels[i], versions[i], message, sizeof(message));
	for (unsigned int i = 0; i < 8; i++)
		check(nlh, list, &kernels[(choice + i) % 8], families[choice >> 3 & 3], i == 0);
}

static void from_generator(const uint8_t *data, size_t size, unsigned int choice)
{
	static uint32_t storage[MESSAGE_SIZE / 4];
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(storage);
	uint8_t *payload = mnl_nlmsg_get_payload(nlh);
	struct random random = {0};
	size_t room;

	memcpy(&random.state, data, size < 8 ? size : 8);
	generate_expressions(nlh, &random);
	room = nlh->nlmsg_len - MNL_NLMSG_HDRLEN - MNL_ATTR_HDRLEN;
	for (size_t i = 8; i + 3 <= size && room > 0; i += 3)
		payload[MNL_ATTR_HDRLEN + (size_t)(data[i] << 8 | data[i + 1]) % room] =
			data[i + 2];
	check_kernels(nlh, mnl_nlmsg_get_payload(nlh), choice);
}

/* A block of its own size, so that a read past the end is seen. */
static void from_bytes(const uint8_t *data, size_t size, unsigned int choice)
{
	size_t whole = MNL_NLMSG_HDRLEN + MNL_ATTR_HDRLEN + size;
	struct nlmsghdr *nlh = calloc(1, whole);
	struct nlattr *list;

	fail_if(!nlh);
	nlh->nlmsg_len = (uint32_t)whole;
	list = mnl_nlmsg_get_payload(nlh);
	list->nla_type = 4;
	list->nla_len = (uint16_t)(MNL_ATTR_HDRLEN + size);
	memcpy(mnl_attr_get_payload(list), data, size);
	check_kernels(nlh, list, choice);
	free(nlh);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 2 || size > INPUT_MAX)
		return -1;
	if (data[0] % 2 == 0)
		from_generator(data + 1, size - 1, data[0] >> 1);
	else
		from_bytes(data + 1, size - 1, data[0] >> 1);
	return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed)
{
	if (max_size < 2)
		return LLVMFuzzerMutate(data, size, max_size);
	if (size == 0 || (data[0] % 2 == 0 && seed % 2 == 0)) {
		/* From a generator's seed to attributes of their own. */
		data[0] = (uint8_t)(seed >> 8 | 1);
		size = 1;
	}
	if (data[0] % 2 == 0 || seed % 32 == 1)
		return LLVMFuzzerMutate(data, size, max_size);
	if (seed % 16 == 3)
		data[0] = (uint8_t)(seed >> 8 | 1);
	return 1 + attributes_mutate(data + 1, size - 1, max_size - 1, seed);
}

size_t LLVMFuzzerCustomCrossOver(const uint8_t *one, size_t one_size, const uint8_t *other,
				 size_t other_size, uint8_t *out, size_t room, unsigned int seed)
{
	if (one_size == 0 || other_size == 0 || one[0] % 2 == 0 || other[0] % 2 == 0 || room < 1)
		return 0;
	out[0] = one[0];
	return 1 + attributes_cross(one + 1, one_size - 1, other + 1, other_size - 1, out + 1,
				    room - 1, seed);
}
