/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The comparison of the differential test itself: it must find every difference of one bit, in
 * either side, and none where there is none.
 */
#include "encode_handed.h"
#include "generator.h"
#include "kmod/internal.h"
#include "rules.h"
#include "world.h"

#include <criterion/criterion.h>
#include <linux/netfilter/nf_tables.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

enum { SEEDS = 300, PRIO = 10, NETNS = 0xf0000098, MESSAGE_SIZE = 1 << 16 };

static bool always(void *context, uint32_t ifindex)
{
	return ifindex > 0;
}

static struct flow_rule *draw(uint64_t seed, char *text, size_t size)
{
	static uint32_t buffer[MESSAGE_SIZE / 4];
	struct random random = {.state = seed};
	struct kernel_behavior kernel;
	struct translate_context translation = {.kernel = &kernel, .ifindex_exists = always};
	struct nft_expr_context context;
	const struct nlattr *bad;
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buffer);
	struct flow_rule *rule = NULL;
	struct nft_expr *exprs;
	size_t count;

	cr_assert_eq(kernel_behavior_find(&kernel, "6.12", NULL, 0), 0);
	generate_offload_rule(nlh, &random);
	world_context(&context, &kernel);
	snprintf(text, size, "seed %llu:%s", (unsigned long long)seed,
		 describe_expressions(mnl_nlmsg_get_payload(nlh)));
	if (nft_exprs_parse(&exprs, &count, mnl_nlmsg_get_payload(nlh), &context, &bad, NULL))
		return NULL;
	translate_nft_rule(&rule, exprs, count, &translation, NULL);
	nft_exprs_free(exprs, count);
	return rule;
}

static size_t differences(const uint8_t *bytes, size_t size, const struct handed_expected *expected)
{
	static struct handed handed;
	FILE *sink = fopen("/dev/null", "w");
	size_t found = !handed_read(&handed, bytes, size, sink);

	if (!found)
		found = handed_compare(&handed, expected, sink);
	fclose(sink);
	return found;
}

/* What the comparison has no expectation of. */
static bool is_bookkeeping(size_t offset, size_t size)
{
	static const struct {
		size_t offset, size;
	} parts[] = {
#define PART(MEMBER) \
	{offsetof(struct kmod_replace, MEMBER), sizeof(((const struct kmod_replace *)NULL)->MEMBER)}
		PART(command.header.flags),
		PART(command.header.sequence),
		PART(command.binding),
		PART(command.reserved),
		PART(command.cookie),
		PART(command.packets),
		PART(command.bytes),
		PART(command.idle_ms),
		PART(command.error),
		PART(handle),
		PART(previous),
#undef PART
	};
	size_t num_actions = 0;

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		if (offset >= parts[i].offset && offset < parts[i].offset + parts[i].size)
			return true;
	/* kernel_id of each action: the actions are at the end. */
	num_actions = (size - offset - 1) / sizeof(struct kmod_action);
	if (offset < sizeof(struct kmod_replace) || num_actions >= KMOD_ACTIONS_MAX)
		return false;
	offset = sizeof(struct kmod_action) - 1 - (size - offset - 1) % sizeof(struct kmod_action);
	return offset >= offsetof(struct kmod_action, kernel_id) &&
	       offset < offsetof(struct kmod_action, hw_index);
}

Test(handed, what_we_would_hand_over_compares_equal)
{
	uint8_t *bytes = malloc(KMOD_MESSAGE_MAX);
	char text[9000];
	size_t compared = 0;

	for (uint64_t seed = 0; seed < SEEDS; seed++) {
		struct flow_rule *rule = draw(seed, text, sizeof(text));
		struct handed_expected expected = {.rule = rule, .prio = PRIO, .netns = NETNS};

		if (!rule)
			continue;
		cr_assert_eq(differences(bytes, encode_handed(bytes, &expected), &expected), 0,
			     "%s", text);
		compared++;
		flow_rule_free(rule);
	}
	cr_assert_gt(compared, SEEDS / 2);
	free(bytes);
}

static size_t actions_at(const uint8_t *bytes, size_t size)
{
	struct kmod_replace head;

	memcpy(&head, bytes, sizeof(head));
	return size - head.num_actions * sizeof(struct kmod_action);
}

Test(handed, every_flipped_bit_of_a_message_is_a_difference)
{
	uint8_t *bytes = malloc(KMOD_MESSAGE_MAX);
	char text[9000];

	for (uint64_t seed = 0; seed < SEEDS; seed += 10) {
		struct flow_rule *rule = draw(seed, text, sizeof(text));
		struct handed_expected expected = {.rule = rule, .prio = PRIO, .netns = NETNS};
		size_t size = rule ? encode_handed(bytes, &expected) : 0;

		for (size_t bit = 0; bit < 8 * size; bit++) {
			size_t at = bit / 8;

			if (at < actions_at(bytes, size) ? is_bookkeeping(at, SIZE_MAX)
							 : is_bookkeeping(at, size))
				continue;
			bytes[at] ^= (uint8_t)(1 << bit % 8);
			cr_assert_neq(differences(bytes, size, &expected), 0,
				      "byte %zu bit %zu, %s", at, bit % 8, text);
			bytes[at] ^= (uint8_t)(1 << bit % 8);
		}
		flow_rule_free(rule);
	}
	free(bytes);
}

Test(handed, every_flipped_bit_of_our_rule_is_a_difference)
{
	uint8_t *bytes = malloc(KMOD_MESSAGE_MAX);
	char text[9000];

	for (uint64_t seed = 0; seed < SEEDS; seed += 10) {
		struct flow_rule *rule = draw(seed, text, sizeof(text));
		struct handed_expected expected = {.rule = rule, .prio = PRIO, .netns = NETNS};
		size_t size = rule ? encode_handed(bytes, &expected) : 0;
		size_t bits = rule ? handed_bits(rule) : 0;

		for (size_t bit = 0; bit < bits; bit++) {
			handed_flip(rule, bit);
			cr_assert_neq(differences(bytes, size, &expected), 0, "bit %zu, %s", bit,
				      text);
			handed_flip(rule, bit);
			cr_assert_eq(differences(bytes, size, &expected), 0, "bit %zu, %s", bit,
				     text);
		}
		flow_rule_free(rule);
	}
	free(bytes);
}

Test(handed, a_message_that_is_cut_or_longer_is_refused)
{
	uint8_t *bytes = calloc(1, KMOD_MESSAGE_MAX);
	char text[9000];
	struct flow_rule *rule = NULL;
	struct handed_expected expected = {.prio = PRIO, .netns = NETNS};
	size_t size;
	uint8_t *cut;

	for (uint64_t seed = 0; !rule; seed++)
		rule = draw(seed, text, sizeof(text));
	expected.rule = rule;
	size = encode_handed(bytes, &expected);
	for (size_t left = 0; left <= size + 1; left++) {
		cut = malloc(left ? left : 1);
		memcpy(cut, bytes, left);
		if (left >= sizeof(struct kmod_header))
			((struct kmod_header *)(void *)cut)->length = (uint32_t)left;
		cr_assert_eq(differences(cut, left, &expected), left != size, "%zu bytes", left);
		free(cut);
	}
	flow_rule_free(rule);
	free(bytes);
}

Test(handed, more_actions_than_a_message_has_room_for_are_counted)
{
	uint8_t *bytes = malloc(KMOD_MESSAGE_MAX);
	struct flow_rule *rule = flow_rule_alloc(KMOD_ACTIONS_MAX + 5);
	struct handed_expected expected = {.rule = rule, .prio = PRIO, .netns = NETNS};
	size_t size = encode_handed(bytes, &expected);

	cr_assert_eq(differences(bytes, size, &expected), 0);
	rule->num_actions--;
	cr_assert_eq(differences(bytes, size, &expected), 1);
	rule->num_actions++;
	rule->actions[KMOD_ACTIONS_MAX - 1].hw_stats = 7;
	cr_assert_eq(differences(bytes, size, &expected), 1);
	flow_rule_free(rule);
	free(bytes);
}

/* nicemu attach reads the same messages with code of its own. */
static void read_as_attach_does(const uint8_t *bytes, size_t size, const struct flow_rule *ours,
				const char *text)
{
	struct cursor rest = cursor_over(bytes + sizeof(struct kmod_replace),
					 size - sizeof(struct kmod_replace));
	static const uint8_t zeros[KMOD_FIELD_VALUE_SIZE];
	struct flow_rule *theirs = NULL;
	struct kmod_replace head;
	const char *what = "";

	memcpy(&head, bytes, sizeof(head));
	cr_assert_eq(kmod_read_rule(&theirs, &head, &rest, &what), 0, "%s: %s", what, text);
	for (size_t i = 0; i < theirs->num_actions; i++) {
		cr_assert_eq(theirs->actions[i].netns, theirs->actions[i].ifindex ? NETNS : 0);
		theirs->actions[i].netns = 0;
	}
	cr_assert(rules_equal(theirs, ours), "%s", text);
	for (size_t i = 0; i < theirs->match.num_extras; i++) {
		cr_assert_arr_eq(theirs->match.extras[i].value, zeros, sizeof(zeros));
		cr_assert_arr_eq(theirs->match.extras[i].mask, zeros, sizeof(zeros));
	}
	flow_rule_free(theirs);
}

Test(handed, attach_reads_the_same_rule_from_a_message)
{
	uint8_t *bytes = malloc(KMOD_MESSAGE_MAX);
	char text[9000];

	for (uint64_t seed = 0; seed < SEEDS; seed++) {
		struct flow_rule *rule = draw(seed, text, sizeof(text));
		struct handed_expected expected = {.rule = rule, .prio = PRIO, .netns = NETNS};

		if (rule)
			read_as_attach_does(bytes, encode_handed(bytes, &expected), rule, text);
		flow_rule_free(rule);
	}
	free(bytes);
}

Test(handed, the_sweep_has_every_rule_once_and_ends)
{
	static uint32_t buffer[MESSAGE_SIZE / 4];
	size_t position = 0, rules = 0, last = 0;

	for (;;) {
		struct nlmsghdr *nlh = mnl_nlmsg_put_header(buffer);

		if (!generate_sweep(nlh, &position)) {
			cr_assert_eq(nlh->nlmsg_len, MNL_NLMSG_HDRLEN);
			break;
		}
		cr_assert_gt(position, last);
		last = position;
		rules++;
	}
	cr_assert_gt(rules, 3000, "%zu", rules);
	cr_assert_lt(rules, 20000, "%zu", rules);
}
