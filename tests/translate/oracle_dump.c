/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What nicemu dumps against what the running kernel dumps.
 *
 * 1. Random rules that both accept are committed to a real chain; their dump must be the bytes that
 *    nicemu makes of what was sent (rules with types whose bytes are only kept: that nicemu makes
 * of the kernel's dump).
 * 2. The real nft loads dump_rules.nft; each rule of the kernel's dump is parsed and dumped again,
 *    and must be the same bytes.
 *
 * usage: oracle_dump [--kernel VERSION] [--device NAME] NFT-FILE [SEED [RULES]]
 */
#include "generator.h"
#include "kernel.h"
#include "type.h"
#include "world.h"

#include <errno.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PER_BATCH = 32, BUFFER_SIZE = 1 << 20, SKIP = 77, MAX_SETS = 64 };

struct known_set {
	char name[64];
	struct nft_expr_set set;
};

struct dump {
	const struct kernel_behavior *kernel;
	struct known_set sets[MAX_SETS];
	size_t num_sets;
	struct nlmsghdr *sent[PER_BATCH]; /* part 1: in the order of the chain */
	size_t seen, num_sent, compared, different;
};

static const struct nlattr *find_attr(const struct nlmsghdr *nlh, uint16_t type)
{
	const struct nlattr *attr;

	mnl_attr_for_each (attr, nlh, 4)
		if (mnl_attr_get_type(attr) == type)
			return attr;
	return NULL;
}

static uint32_t number(const struct nlmsghdr *nlh, uint16_t type)
{
	const struct nlattr *attr = find_attr(nlh, type);

	return attr ? attr_be32(attr) : 0;
}

static int learn_set(const struct nlmsghdr *nlh, void *data)
{
	struct dump *dump = data;
	struct known_set *known = &dump->sets[dump->num_sets];

	if (dump->num_sets == MAX_SETS)
		return MNL_CB_OK;
	attr_copy_string(known->name, sizeof(known->name), find_attr(nlh, NFTA_SET_NAME));
	known->set.flags = number(nlh, NFTA_SET_FLAGS);
	known->set.key_length = number(nlh, NFTA_SET_KEY_LEN);
	known->set.data_type = number(nlh, NFTA_SET_DATA_TYPE);
	known->set.data_length =
		known->set.data_type == NFT_DATA_VERDICT ? 16 : number(nlh, NFTA_SET_DATA_LEN);
	dump->num_sets++;
	return MNL_CB_OK;
}

static int lookup_known_set(void *context, const struct nlattr *name, const struct nlattr *id,
			    struct nft_expr_set *set)
{
	struct dump *dump = context;

	for (size_t i = 0; i < dump->num_sets; i++) {
		if (attr_is_string(name, dump->sets[i].name)) {
			*set = dump->sets[i].set;
			return 0;
		}
	}
	return -ENOENT;
}

static int accept_object(void *context, const struct nlattr *name, uint32_t type, void **reference)
{
	return 0;
}

static int accept_chain(void *context, const struct nlattr *chain, const char **chain_name,
			void **reference)
{
	return 0;
}

static const struct nlattr *nth(const struct nlattr *list, size_t n)
{
	const struct nlattr *attr;

	mnl_attr_for_each_nested (attr, list)
		if (n-- == 0)
			return attr;
	return NULL;
}

/*
 * list as nicemu dumps it, into a message of its own; NULL with a line where it is refused. Where
 * theirs is given, expressions whose bytes are only kept are copied from there.
 */
static const struct nlattr *redump(struct dump *dump, const struct nlattr *list, uint8_t family,
				   const struct nlattr *theirs)
{
	static uint32_t buffer[1 << 14];
	struct nft_expr_context context = {
		.kernel = dump->kernel,
		.family = family,
		.lookup_set = lookup_known_set,
		.lookup_object = accept_object,
		.lookup_chain = accept_chain,
		.lookup_context = dump,
	};
	struct nlmsghdr *nlh = kernel_message(buffer, 0, 0, 0);
	struct attr_writer writer = {.nlh = nlh, .size = sizeof(buffer)};
	const struct nlattr *bad;
	struct nlattr *nest, *elem;
	struct nft_expr *exprs;
	size_t count;
	int error = nft_exprs_parse(&exprs, &count, list, &context, &bad, NULL);

	if (error) {
		printf("DIFFERENT: nicemu refuses (%s) what the kernel has:%s\n",
		       errno_name(-error), describe_expressions(list));
		return NULL;
	}
	nest = attr_nest_start(&writer, NFTA_RULE_EXPRESSIONS);
	for (size_t i = 0; i < count; i++) {
		const struct nlattr *other = theirs ? nth(theirs, i) : NULL;

		if (other && !exprs[i].type->dump && exprs[i].type->max_attr > 0) {
			attr_put(&writer, NFTA_LIST_ELEM, mnl_attr_get_payload(other),
				 mnl_attr_get_payload_len(other));
			continue;
		}
		elem = attr_nest_start(&writer, NFTA_LIST_ELEM);
		if (!nft_expr_dump(nlh, sizeof(buffer), &exprs[i]))
			printf("dump does not fit\n");
		attr_nest_end(&writer, elem);
	}
	attr_nest_end(&writer, nest);
	nft_exprs_free(exprs, count);
	return nest;
}

static void compare(struct dump *dump, const struct nlattr *theirs, const struct nlattr *from,
		    uint8_t family)
{
	const struct nlattr *ours = redump(dump, from, family, from != theirs ? theirs : NULL);

	dump->compared++;
	if (ours && ours->nla_len == theirs->nla_len && !memcmp(ours, theirs, ours->nla_len))
		return;
	dump->different++;
	printf("DIFFERENT: the kernel dumps:%s\n", describe_expressions(theirs));
	if (ours)
		printf("nicemu dumps:%s\n", describe_expressions(ours));
}

static int compare_rule(const struct nlmsghdr *nlh, void *data)
{
	struct dump *dump = data;
	const struct nfgenmsg *nfg = mnl_nlmsg_get_payload(nlh);
	const struct nlattr *theirs = find_attr(nlh, NFTA_RULE_EXPRESSIONS);
	const struct nlattr *from = theirs;

	if (dump->seen < dump->num_sent)
		from = find_attr(dump->sent[dump->seen], NFTA_RULE_EXPRESSIONS);
	dump->seen++;
	if (theirs && from)
		compare(dump, theirs, from, nfg->nfgen_family);
	return MNL_CB_OK;
}

/* True for rules that a kernel takes into a plain ingress chain, at the message and at commit. */
static bool is_accepted(const struct nlmsghdr *nlh, const struct kernel_behavior *kernel)
{
	struct nft_expr_context context;
	const struct nlattr *bad;
	struct nft_expr *exprs;
	bool accepted;
	size_t count;

	world_context(&context, kernel);
	accepted = !nft_exprs_parse(&exprs, &count, find_attr(nlh, NFTA_RULE_EXPRESSIONS), &context,
				    &bad, NULL) &&
		   count > 0;
	for (size_t i = 0; accepted && i < count; i++)
		accepted = !nft_expr_validate(&exprs[i], kernel, NFPROTO_NETDEV, "filter", 0);
	nft_exprs_free(exprs, count);
	return accepted;
}

static struct nlmsghdr *put_rule(void *buffer, uint16_t type, uint32_t seq)
{
	struct nlmsghdr *nlh =
		kernel_message(buffer, type, NLM_F_CREATE | NLM_F_APPEND | NLM_F_ACK, seq);

	mnl_attr_put_strz(nlh, NFTA_RULE_TABLE, "t");
	mnl_attr_put_strz(nlh, NFTA_RULE_CHAIN, "p");
	return nlh;
}

/* Replaces the chain's rules by accepted random ones; false when the kernel does not take them. */
static bool commit_rules(struct mnl_socket *socket, uint8_t *buffer, struct random *random,
			 struct dump *dump)
{
	struct kernel_answer answers[PER_BATCH + 1];
	uint8_t *p = buffer;
	uint32_t seq = 1000;

	p += kernel_batch_mark(p, true, seq++)->nlmsg_len;
	p += NLMSG_ALIGN(put_rule(p, NFT_MSG_DELRULE, seq++)->nlmsg_len);
	for (dump->num_sent = 0; dump->num_sent < PER_BATCH;) {
		struct nlmsghdr *nlh = put_rule(p, NFT_MSG_NEWRULE, seq);

		generate_expressions(nlh, random);
		if (!is_accepted(nlh, dump->kernel) ||
		    kernel_lacking(socket, find_attr(nlh, NFTA_RULE_EXPRESSIONS)))
			continue;
		dump->sent[dump->num_sent++] = nlh;
		p += NLMSG_ALIGN(nlh->nlmsg_len);
		seq++;
	}
	p += kernel_batch_mark(p, false, seq)->nlmsg_len;
	if (!kernel_ask(socket, buffer, (size_t)(p - buffer), 1001, PER_BATCH + 1, answers))
		return false;
	for (size_t i = 0; i <= PER_BATCH; i++) {
		if (!answers[i].error)
			continue;
		printf("the kernel refuses message %zu: %s%s\n", i, errno_name(answers[i].error),
		       i ? describe_expressions(find_attr(dump->sent[i - 1], NFTA_RULE_EXPRESSIONS))
			 : " (at commit)");
		return false;
	}
	return true;
}

static bool run_random(struct mnl_socket *socket, struct dump *dump, uint64_t seed, size_t wanted)
{
	struct random random = {.state = seed};
	uint8_t *buffer = calloc(1, BUFFER_SIZE);
	bool done = buffer != NULL;

	while (done && dump->compared < wanted) {
		dump->seen = 0;
		done = commit_rules(socket, buffer, &random, dump) &&
		       kernel_dump(socket, NFT_MSG_GETRULE, compare_rule, dump) >= 0;
	}
	free(buffer);
	printf("seed %llu: %zu random rules dumped, %zu different\n", (unsigned long long)seed,
	       dump->compared, dump->different);
	return done && dump->different == 0;
}

static bool run_nft(struct mnl_socket *socket, struct dump *dump, const char *file)
{
	char command[4096];

	snprintf(command, sizeof(command),
		 "PATH=$PATH:/usr/sbin:/sbin; nft flush ruleset && nft -f '%s'", file);
	if (system(command) != 0) {
		printf("nft does not load %s here\n", file);
		return false;
	}
	dump->num_sets = dump->seen = dump->num_sent = dump->compared = 0;
	if (kernel_dump(socket, NFT_MSG_GETSET, learn_set, dump) < 0 ||
	    kernel_dump(socket, NFT_MSG_GETRULE, compare_rule, dump) < 0)
		return false;
	printf("%zu rules of nft dumped, %zu different\n", dump->compared, dump->different);
	return dump->compared > 50 && dump->different == 0;
}

int main(int argc, char **argv)
{
	int options = kernel_options(argc, argv);
	struct kernel_behavior kernel;
	struct mnl_socket *socket;
	struct dump dump = {0};
	bool same;

	if (options < 0 || argc - options < 2)
		return 2;
	argc -= options;
	argv += options;
	socket = kernel_with_world(&kernel);
	if (!socket)
		return SKIP;
	dump.kernel = &kernel;
	if (kernel_dump(socket, NFT_MSG_GETSET, learn_set, &dump) < 0)
		return 1;
	same = run_random(socket, &dump, argc > 2 ? strtoull(argv[2], NULL, 0) : 1,
			  argc > 3 ? strtoull(argv[3], NULL, 0) : 5000);
	same = run_nft(socket, &dump, argv[1]) && same;
	mnl_socket_close(socket);
	return same ? 0 : 1;
}
