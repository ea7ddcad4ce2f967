/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The rules of the differential test put to the running kernel, without a virtual machine: whether
 * it takes each of them for hardware and with which errno it refuses the others, against ours. What
 * it would hand over can't be seen here. Nothing is committed.
 *
 * usage: oracle_offload [--kernel VERSION] [--device NAME] [SEED [RULES]]
 */
#include "generator.h"
#include "kernel.h"
#include "rules.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SKIP = 77, SHOWN = 20 };

struct draw {
	struct random random;
	size_t sweep, left;
};

static bool generate(void *context, struct nlmsghdr *nlh)
{
	struct draw *draw = context;

	if (generate_sweep(nlh, &draw->sweep))
		return true;
	if (draw->left == 0)
		return false;
	draw->left--;
	generate_offload_rule(nlh, &draw->random);
	return true;
}

/* How many answers differ. */
static size_t compare(const struct round *round, struct mnl_socket *socket, size_t shown)
{
	size_t different = 0;

	for (size_t i = 0; i < round->count; i++) {
		const struct rule *rule = &round->rules[i];

		if (rule->theirs == rule->ours || rule_lacking(rule, socket))
			continue;
		if (shown + different++ < SHOWN)
			printf("DIFFERENT: kernel %s, nicemu %s:%s\n",
			       strerrorname_np(rule->theirs), strerrorname_np(rule->ours),
			       describe_expressions(rule_expressions(rule)));
	}
	return different;
}

int main(int argc, char **argv)
{
	static struct round round;
	struct draw draw = {.random = {.state = 1}, .left = 10000};
	size_t rules = 0, accepted = 0, different = 0;
	int options = kernel_options(argc, argv);
	struct kernel_behavior kernel;
	struct mnl_socket *socket;
	uint64_t seed;
	struct bugs bugs;

	if (options < 0)
		return 2;
	if (argc - options > 1)
		draw.random.state = strtoull(argv[options + 1], NULL, 0);
	if (argc - options > 2)
		draw.left = strtoull(argv[options + 2], NULL, 0);
	seed = draw.random.state;
	socket = kernel_with_world(&kernel);
	if (!socket)
		return SKIP;
	bugs_find(&bugs, &kernel);
	do {
		round_clear(&round);
		if (!round_ask(&round, socket, &bugs, &kernel, generate, &draw)) {
			printf("no answer from the kernel: %s\n", strerror(errno));
			return 1;
		}
		rules += round.count;
		accepted += round.accepted;
		different += compare(&round, socket, different);
	} while (round.count == RULES_PER_ROUND);
	round_clear(&round);
	printf("seed %llu, kernel %s: %zu rules, %zu accepted, %zu different\n",
	       (unsigned long long)seed, kernel.version, rules, accepted, different);
	mnl_socket_close(socket);
	return different > 0 || accepted == 0;
}
