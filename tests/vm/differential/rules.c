/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules.h"

#include "generator.h"
#include "kernel.h"
#include "world.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter/nf_tables.h>
#include <string.h>

enum { BUFFER_SIZE = 8 << 20, CREATE = NLM_F_CREATE | NLM_F_ACK };

#define TABLE "d"
#define CHAIN "c"

static uint32_t buffer[2][BUFFER_SIZE / 4];
static uint32_t sequence = 1000;

const struct nlattr *rule_expressions(const struct rule *rule)
{
	const struct nlattr *attr;

	mnl_attr_for_each (attr, rule->message, 4)
		if (mnl_attr_get_type(attr) == NFTA_RULE_EXPRESSIONS)
			return attr;
	return NULL;
}

const char *rule_lacking(const struct rule *rule, struct mnl_socket *socket)
{
	const struct nlattr *elem, *attr;

	if (rule->theirs != ENOENT)
		return NULL;
	mnl_attr_for_each_nested (elem, rule_expressions(rule))
		mnl_attr_for_each_nested (attr, elem)
			if (mnl_attr_get_type(attr) == NFTA_EXPR_NAME &&
			    kernel_lacks(socket, mnl_attr_get_str(attr)))
				return mnl_attr_get_str(attr);
	return NULL;
}

/* How many messages fit is known before: the longest rules have a few kilobytes. */
struct batch {
	uint8_t *start, *end;
	uint32_t first;
	size_t messages;
};

static struct batch batch_open(void *bytes)
{
	struct batch b = {.start = bytes, .end = bytes, .first = sequence + 1};

	b.end += kernel_batch_mark(b.end, true, sequence++)->nlmsg_len;
	return b;
}

static struct nlmsghdr *batch_message(struct batch *b, uint16_t type, uint16_t flags)
{
	b->messages++;
	return kernel_message(b->end, type, flags, sequence++);
}

static void batch_add(struct batch *b, const struct nlmsghdr *nlh)
{
	b->end += MNL_ALIGN(nlh->nlmsg_len);
}

/* The message that was begun is not to be sent. */
static void batch_forget(struct batch *b)
{
	b->messages--;
	sequence--;
}

static bool batch_send(struct batch *b, struct mnl_socket *socket, struct kernel_answer *answers)
{
	b->end += kernel_batch_mark(b->end, false, sequence++)->nlmsg_len;
	return kernel_ask(socket, b->start, (size_t)(b->end - b->start), b->first, b->messages,
			  answers);
}

static struct nlmsghdr *new_rule(struct batch *b, const char *table, const char *chain)
{
	struct nlmsghdr *nlh = batch_message(b, NFT_MSG_NEWRULE, CREATE | NLM_F_APPEND);

	mnl_attr_put_strz(nlh, NFTA_RULE_TABLE, table);
	mnl_attr_put_strz(nlh, NFTA_RULE_CHAIN, chain);
	return nlh;
}

/* What a translation tells besides its result. */
struct told {
	size_t complaints; /* WARNINGs that the kernel's log will have */
};

static void listen_to_warning(void *context, const char *id, size_t expression, const char *text)
{
	struct told *told = context;

	if (!strcmp(id, "mistaken-for-protocol"))
		told->complaints++;
}

static int translate(struct flow_rule **flow, const struct nft_expr *exprs, size_t count,
		     const struct kernel_behavior *kernel, struct told *told)
{
	struct translate_context context = {
		.kernel = kernel,
		.ifindex_exists = kernel_ifindex_exists,
		.warn = listen_to_warning,
		.context = told,
	};

	return -translate_nft_rule(flow, exprs, count, &context, NULL);
}

/* Which of the kernel's bugs change this rule? */
static void blame(struct rule *rule, const struct nft_expr *exprs, size_t count,
		  const struct bugs *bugs, const struct kernel_behavior *kernel)
{
	struct told told;

	for (size_t i = 0; i < bugs->count; i++) {
		struct kernel_behavior repaired = bugs_repair(kernel, &bugs->list[i]);
		struct flow_rule *flow = NULL;

		translate(&flow, exprs, count, &repaired, &told);
		if (!rules_equal(flow, rule->flow))
			rule->bugs |= 1u << i;
		flow_rule_free(flow);
	}
}

static void rule_clear(struct rule *rule)
{
	flow_rule_free(rule->flow);
	flow_rule_free(rule->right);
	*rule = (struct rule){0};
}

/* Ours of it. Returns how often the kernel's log will complain. */
static size_t translate_rule(struct rule *rule, const struct bugs *bugs,
			     const struct kernel_behavior *kernel)
{
	struct nft_expr_context context;
	struct told told = {0}, ignored;
	const struct nlattr *bad;
	struct nft_expr *exprs;
	size_t count;

	world_context(&context, kernel);
	context.message = rule->message;
	rule->ours = -nft_exprs_parse(&exprs, &count, rule_expressions(rule), &context, &bad, NULL);
	if (rule->ours)
		return 0;
	rule->ours = translate(&rule->flow, exprs, count, kernel, &told);
	translate(&rule->right, exprs, count, &bugs->without, &ignored);
	if (rule->flow && !rules_equal(rule->flow, rule->right))
		blame(rule, exprs, count, bugs, kernel);
	nft_exprs_free(exprs, count);
	return told.complaints;
}

/* The next rule into the batch; false when there is none. */
static bool add_rule(struct round *round, struct batch *b, const struct bugs *bugs,
		     const struct kernel_behavior *kernel,
		     bool (*generate)(void *context, struct nlmsghdr *nlh), void *context)
{
	struct rule *rule = &round->rules[round->count];
	struct nlmsghdr *nlh;
	size_t complaints;

	for (;;) {
		nlh = new_rule(b, "t", CHAIN);
		rule->message = nlh;
		if (!generate(context, nlh)) {
			batch_forget(b);
			return false;
		}
		complaints = translate_rule(rule, bugs, kernel);
		if ((complaints > 0) == round->complaining)
			break;
		rule_clear(rule);
		batch_forget(b);
		round->skipped++;
	}
	round->complaints += complaints;
	batch_add(b, nlh);
	round->count++;
	return true;
}

bool round_ask(struct round *round, struct mnl_socket *socket, struct bugs *bugs,
	       const struct kernel_behavior *kernel,
	       bool (*generate)(void *context, struct nlmsghdr *nlh), void *context)
{
	struct kernel_answer answers[RULES_PER_ROUND + 1];
	struct batch b = batch_open(buffer[0]);

	*round = (struct round){.complaining = round->complaining};
	while (round->count < RULES_PER_ROUND &&
	       add_rule(round, &b, bugs, kernel, generate, context))
		;
	batch_add(&b, new_rule(&b, "t", "nonesuch"));
	if (!batch_send(&b, socket, answers))
		return false;
	for (size_t i = 0; i < round->count; i++) {
		struct rule *rule = &round->rules[i];

		rule->theirs = answers[i].error;
		round->accepted += rule->theirs == 0;
		for (size_t j = 0; j < bugs->count && rule->theirs == 0; j++)
			bugs->list[j].rules += rule->bugs >> j & 1;
	}
	return true;
}

static void put_chain(struct batch *b, const char *device, uint32_t prio)
{
	struct nlmsghdr *nlh = batch_message(b, NFT_MSG_NEWCHAIN, CREATE);
	struct nlattr *hook;

	mnl_attr_put_strz(nlh, NFTA_CHAIN_TABLE, TABLE);
	mnl_attr_put_strz(nlh, NFTA_CHAIN_NAME, CHAIN);
	hook = mnl_attr_nest_start(nlh, NFTA_CHAIN_HOOK);
	mnl_attr_put_u32(nlh, NFTA_HOOK_HOOKNUM, htonl(0));
	mnl_attr_put_u32(nlh, NFTA_HOOK_PRIORITY, htonl(prio));
	mnl_attr_put_strz(nlh, NFTA_HOOK_DEV, device);
	mnl_attr_nest_end(nlh, hook);
	mnl_attr_put_strz(nlh, NFTA_CHAIN_TYPE, "filter");
	mnl_attr_put_u32(nlh, NFTA_CHAIN_FLAGS, htonl(2)); /* hardware offload */
	batch_add(b, nlh);
}

/* The same expressions, byte by byte. */
static void put_rule(struct batch *b, const struct rule *rule)
{
	struct nlmsghdr *nlh = new_rule(b, TABLE, CHAIN);
	const struct nlattr *list = rule_expressions(rule);

	memcpy(mnl_nlmsg_get_payload_tail(nlh), list, list->nla_len);
	nlh->nlmsg_len += MNL_ALIGN(list->nla_len);
	batch_add(b, nlh);
}

static int first_error(const struct kernel_answer *answers, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (answers[i].error)
			return answers[i].error;
	return 0;
}

static int commit(struct batch *b, struct mnl_socket *socket)
{
	struct kernel_answer answers[RULES_PER_ROUND + 3];

	if (!batch_send(b, socket, answers))
		return errno ? errno : EIO;
	return first_error(answers, b->messages);
}

int round_commit(struct round *round, struct mnl_socket *socket, const char *device, bool one_more)
{
	struct random random = {0};
	struct batch b = batch_open(buffer[1]);
	struct nlmsghdr *nlh = batch_message(&b, NFT_MSG_NEWTABLE, CREATE);

	mnl_attr_put_strz(nlh, NFTA_TABLE_NAME, TABLE);
	batch_add(&b, nlh);
	put_chain(&b, device, round->prio);
	for (size_t i = 0; i < round->count; i++)
		if (round->rules[i].theirs == 0)
			put_rule(&b, &round->rules[i]);
	if (one_more) {
		nlh = new_rule(&b, TABLE, CHAIN);
		generate_drop(nlh, &random);
		batch_add(&b, nlh);
	}
	return commit(&b, socket);
}

int round_delete(struct mnl_socket *socket)
{
	struct batch b = batch_open(buffer[1]);
	struct nlmsghdr *nlh = batch_message(&b, NFT_MSG_DELTABLE, NLM_F_ACK);

	mnl_attr_put_strz(nlh, NFTA_TABLE_NAME, TABLE);
	batch_add(&b, nlh);
	return commit(&b, socket);
}

void round_clear(struct round *round)
{
	for (size_t i = 0; i < round->count; i++)
		rule_clear(&round->rules[i]);
	round->count = 0;
}

bool rules_equal(const struct flow_rule *a, const struct flow_rule *b)
{
	if (!a || !b)
		return a == b;
	return a->match.used_keys == b->match.used_keys &&
	       !memcmp(&a->match.key, &b->match.key, sizeof(a->match.key)) &&
	       !memcmp(&a->match.mask, &b->match.mask, sizeof(a->match.mask)) &&
	       a->protocol == b->protocol && a->num_actions == b->num_actions &&
	       !memcmp(a->actions, b->actions, a->num_actions * sizeof(a->actions[0]));
}
