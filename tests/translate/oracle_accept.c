/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Differential test against the running kernel: random rules go to a real netdev chain with
 * `flags offload` (on a device that does not exist: the translation runs, no driver is asked) and
 * to one without, and through the parser and the translation here. Errno and the reported
 * attribute must be the same.
 *
 * Tables of other families take such chains too, and translate their rules.
 *
 * usage: oracle_accept [--kernel VERSION] [--device NAME] [SEED [RULES [FAMILY-NUMBER]]]. Every
 * batch ends with a message that fails, so that nothing is ever committed.
 */
#include "generator.h"
#include "kernel.h"
#include "world.h"

#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PER_BATCH = 64, BUFFER_SIZE = 4 << 20, SKIP = 77, SHOWN = 20 };

struct verdict {
	int error; /* positive */
	uint32_t offset;
	const char *id;
};

struct counts {
	size_t rules, accepted, refused, different, excluded;
	size_t by_error[256];
};

static const struct nlattr *find_list(const struct nlmsghdr *nlh)
{
	const struct nlattr *attr;

	mnl_attr_for_each (attr, nlh, 4)
		if (mnl_attr_get_type(attr) == NFTA_RULE_EXPRESSIONS)
			return attr;
	return NULL;
}

static struct verdict ours(const struct nlmsghdr *nlh, const struct kernel_behavior *kernel,
			   bool offload)
{
	struct translate_context translation = {.kernel = kernel,
						.ifindex_exists = kernel_ifindex_exists};
	struct reason reason = {0};
	struct nft_expr_context context;
	const struct nlattr *bad = NULL;
	struct flow_rule *rule = NULL;
	struct nft_expr *exprs;
	struct verdict verdict = {0};
	size_t count;

	world_context(&context, kernel);
	context.family = kernel_family;
	context.message = nlh;
	context.reason = &reason;
	verdict.error = -nft_exprs_parse(&exprs, &count, find_list(nlh), &context, &bad, NULL);
	if (verdict.error == 0 && offload)
		verdict.error = -translate_nft_rule(&rule, exprs, count, &translation, &reason);
	if (bad)
		verdict.offset = (uint32_t)((const uint8_t *)bad - (const uint8_t *)nlh);
	verdict.id = verdict.error ? reason.id : "accepted";
	flow_rule_free(rule);
	nft_exprs_free(exprs, count);
	return verdict;
}

static struct nlmsghdr *put_rule(void *buffer, uint32_t seq, const char *chain)
{
	struct nlmsghdr *nlh = kernel_message(buffer, NFT_MSG_NEWRULE,
					      NLM_F_CREATE | NLM_F_APPEND | NLM_F_ACK, seq);

	mnl_attr_put_strz(nlh, NFTA_RULE_TABLE, "t");
	mnl_attr_put_strz(nlh, NFTA_RULE_CHAIN, chain);
	return nlh;
}

/*
 * Differences that are no mistake here, each with its reason; returns the name or NULL.
 */
static const char *exclusion(struct mnl_socket *socket, const struct nlmsghdr *nlh, int error)
{
	const char *text = describe_expressions(find_list(nlh));

	if (error == ENOENT && kernel_lacking(socket, find_list(nlh)))
		return kernel_lacking(socket, find_list(nlh));
	/* Kernels may be built without CONFIG_NFT_EXTHDR_DCCP. */
	if (strstr(text, "\n\texthdr") && strstr(text, " 6=00000004"))
		return "exthdr-dccp";
	/* Kernels may be built without CONFIG_NF_CONNTRACK_BRIDGE. */
	if (strstr(text, "\n\tnat") && strstr(text, " 2=00000007"))
		return "nat-bridge";
	return NULL;
}

static void compare(struct mnl_socket *socket, const struct nlmsghdr *nlh,
		    const struct kernel_answer *theirs, const struct kernel_behavior *kernel,
		    bool offload, struct counts *counts)
{
	const char *why;
	struct verdict v = ours(nlh, kernel, offload);

	counts->rules++;
	counts->accepted += theirs->error == 0;
	counts->refused += theirs->error != 0;
	counts->by_error[theirs->error & 255]++;
	if (v.error == theirs->error && v.offset == theirs->offset)
		return;
	why = exclusion(socket, nlh, theirs->error);
	if (why) {
		if (counts->excluded++ < SHOWN)
			printf("EXCLUDED: %s: kernel %s, nicemu %s\n", why,
			       errno_name(theirs->error), errno_name(v.error));
		return;
	}
	if (counts->different++ < SHOWN)
		printf("DIFFERENT: kernel %s at %u, nicemu %s at %u (%s), %s chain:%s\n",
		       errno_name(theirs->error), theirs->offset, errno_name(v.error), v.offset,
		       v.id, offload ? "offload" : "plain", describe_expressions(find_list(nlh)));
}

/* One batch; rules alternate between both chains with the same expressions. */
static bool run_batch(struct mnl_socket *socket, uint8_t *buffer, uint32_t *seq,
		      struct random *random, const struct kernel_behavior *kernel,
		      struct counts *counts)
{
	struct kernel_answer answers[2 * PER_BATCH];
	struct nlmsghdr *rules[2 * PER_BATCH];
	struct random copy = *random;
	uint32_t first = *seq + 1;
	uint8_t *p = buffer;

	p += kernel_batch_mark(p, true, (*seq)++)->nlmsg_len;
	for (size_t i = 0; i < 2 * PER_BATCH; i++) {
		if (i % 2 == 0)
			copy = *random;
		*random = copy;
		rules[i] = put_rule(p, (*seq)++, i % 2 ? "p" : "c");
		generate_expressions(rules[i], random);
		p += NLMSG_ALIGN(rules[i]->nlmsg_len);
	}
	p += NLMSG_ALIGN(put_rule(p, (*seq)++, "nonesuch")->nlmsg_len);
	p += kernel_batch_mark(p, false, (*seq)++)->nlmsg_len;
	if (!kernel_ask(socket, buffer, (size_t)(p - buffer), first, 2 * PER_BATCH, answers)) {
		printf("no answer from the kernel: %s\n", strerror(errno));
		return false;
	}
	for (size_t i = 0; i < 2 * PER_BATCH; i++)
		compare(socket, rules[i], &answers[i], kernel, i % 2 == 0, counts);
	return true;
}

int main(int argc, char **argv)
{
	uint64_t seed = 1;
	size_t wanted = 20000;
	struct random random = {.state = seed};
	struct counts counts = {0};
	struct kernel_behavior kernel;
	struct mnl_socket *socket;
	uint8_t *buffer;
	uint32_t seq = 100;
	int options = kernel_options(argc, argv);

	if (options < 0)
		return 2;
	argc -= options;
	argv += options;
	if (argc > 1)
		random.state = seed = strtoull(argv[1], NULL, 0);
	if (argc > 2)
		wanted = strtoull(argv[2], NULL, 0);
	if (argc > 3)
		kernel_family = (uint8_t)strtoul(argv[3], NULL, 0);
	socket = kernel_with_world(&kernel);
	if (!socket)
		return SKIP;
	buffer = calloc(1, BUFFER_SIZE);
	if (!buffer)
		return 1;
	while (counts.rules < wanted)
		if (!run_batch(socket, buffer, &seq, &random, &kernel, &counts))
			return 1;
	printf("seed %llu, kernel %s: %zu rules, %zu accepted, %zu refused, %zu different, "
	       "%zu excluded\n",
	       (unsigned long long)seed, kernel.version, counts.rules, counts.accepted,
	       counts.refused, counts.different, counts.excluded);
	for (int i = 1; i < 256; i++)
		if (counts.by_error[i])
			printf("  %s %zu\n", errno_name(i), counts.by_error[i]);
	free(buffer);
	mnl_socket_close(socket);
	return counts.different > 0;
}
