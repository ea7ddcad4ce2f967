/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the kernel's software path does with one packet at netdev ingress: an interpreter of
 * nf_tables expressions over the rules that the endpoint keeps.
 *
 * Why: the NIC and the software behind it do not always agree; `nicemu explain` shows where, and
 * names the expression on which they part.
 *
 * What: the base chains of the families netdev and inet on the packet's port, hook ingress, by
 * priority (of equals the one hooked in last comes first); jumps and gotos into their regular
 * chains; the expressions that are named in expressions.c, which are all that can be offloaded and
 * some besides. Anything else is `not interpreted`, which is a verdict of its own: there is no
 * guess. Nor is there one about bytes that the capture has cut off.
 *
 * `accept` ends one base chain, and later ones still run: what decided is the last rule that gave a
 * verdict. A frame that ends inside its link-layer headers never gets to a chain: it is dropped,
 * and no rule is named. What kernels do differently is in config/kernel.h.
 *
 * Nothing is changed: counters, sets and objects stay as they are.
 *
 * Threading: pure over its arguments; the event loop's thread, which owns the endpoint.
 */
#ifndef NICEMU_HOST_INGRESS_H
#define NICEMU_HOST_INGRESS_H

#include <nicemu/config/nic.h>
#include <nicemu/control/nft.h>
#include <nicemu/packet/packet.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum host_verdict {
	HOST_ACCEPT, /* goes on to the host's stack */
	HOST_DROP,
	HOST_FORWARD, /* `fwd`: leaves by another port */
	HOST_NOT_INTERPRETED,
};

const char *host_verdict_name(enum host_verdict verdict); /* "accept", … "not interpreted" */

enum { HOST_COPIES_MAX = 16 };

/* A rule, NULL and 0 where there is none. Strings are the endpoint's. */
struct host_rule {
	const char *family, *table, *chain;
	uint64_t handle;
};

struct host_result {
	enum host_verdict verdict;
	struct host_rule rule; /* that decided: the verdict, or the end of interpretation */
	bool by_policy;        /* no rule decided: the policy of a chain */
	uint32_t ifindex;      /* HOST_FORWARD */
	uint32_t copies[HOST_COPIES_MAX]; /* `dup`: interfaces */
	size_t num_copies;
	const char *not_interpreted; /* name of the expression, static or the endpoint's */
};

/* One rule on the way: what each of its expressions did. Borrowed during the visit. */
struct host_step {
	struct host_rule rule;
	bool matched; /* all expressions were passed */
	/* The expression that broke off or could not be interpreted, -1 when none did. */
	int expression;
	const char *name; /* of it: "cmp" … */
	char text[160];   /* why: "network header + 12: 10.0.0.1, wanted 10.0.0.2" */
};

/*
 * Run the packet, which has arrived at port, through its chains. visit may be NULL. Never fails:
 * what can't be done is HOST_NOT_INTERPRETED.
 */
void host_ingress(const struct nft *nft, const struct nic *nic, const struct packet *packet,
		  uint16_t port, struct host_result *result,
		  void (*visit)(void *context, const struct host_step *step), void *context);

#endif
