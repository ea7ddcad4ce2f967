/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rules on their way to a kernel: what it said of each, and what we make of the same bytes.
 *
 * A round has two batches. The first one is for a chain of its own and ends with a message that
 * fails, so that each rule gets its answer and nothing is committed (a refused rule would take the
 * accepted ones down with it). The second one has only what was accepted, and commits it.
 *
 * Threading: none. Messages are in buffers that the next round uses again.
 */
#ifndef TESTS_VM_DIFFERENTIAL_RULES_H
#define TESTS_VM_DIFFERENTIAL_RULES_H

#include "bugs.h"

#include <nicemu/flow/rule.h>

#include <libmnl/libmnl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { RULES_PER_ROUND = 128 };

struct rule {
	const struct nlmsghdr *message;
	int theirs, ours;        /* positive errno, 0: accepted */
	struct flow_rule *flow;  /* ours; NULL where refused */
	struct flow_rule *right; /* without the kernel's bugs */
	unsigned int bugs;       /* bit n: the n-th of struct bugs changes this rule */
};

struct round {
	struct rule rules[RULES_PER_ROUND];
	size_t count, accepted; /* by the kernel */
	size_t skipped;         /* generated and not sent */
	size_t complaints;      /* WARNINGs that the kernel should have written */
	bool complaining;       /* set by the caller; the rest is made by round_ask */
	uint32_t prio;
};

/* NFTA_RULE_EXPRESSIONS of a rule's message. */
const struct nlattr *rule_expressions(const struct rule *rule);

/* The first type of expression in the rule that the kernel was built without, or NULL. */
const char *rule_lacking(const struct rule *rule, struct mnl_socket *socket);

/*
 * Generates rules as long as generate gives some, translates them and asks the kernel. False when
 * the socket fails. The chain c of table t is there (tests/translate/kernel.h). Rules for which
 * every kernel writes a WARNING are left out, because a guest's log has to be clean; with
 * round->complaining all others are.
 */
bool round_ask(struct round *round, struct mnl_socket *socket, struct bugs *bugs,
	       const struct kernel_behavior *kernel,
	       bool (*generate)(void *context, struct nlmsghdr *nlh), void *context);

/*
 * Commits what was accepted, in a new table with an offload chain of round->prio on the device;
 * with one_more, and a rule behind it that drops everything. 0, or the kernel's positive errno.
 */
int round_commit(struct round *round, struct mnl_socket *socket, const char *device, bool one_more);

/* Deletes that table. 0, or the kernel's positive errno. */
int round_delete(struct mnl_socket *socket);

void round_clear(struct round *round);

/* The whole flow rule is the same. */
bool rules_equal(const struct flow_rule *a, const struct flow_rule *b);

#endif
