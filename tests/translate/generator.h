/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Random lists of nf_tables expressions, as netlink attributes, from a seed: plausible rules (a
 * protocol, some fields, masks, a verdict) with mistakes sprinkled in, and single expressions of
 * every type with random attributes.
 */
#ifndef TESTS_TRANSLATE_GENERATOR_H
#define TESTS_TRANSLATE_GENERATOR_H

#include <nicemu/base/random.h>

#include <libmnl/libmnl.h>
#include <stdbool.h>

/* Names that the rules refer to; whoever runs them must have made them. */
#define GENERATOR_SET     "s" /* ipv4_addr */
#define GENERATOR_MAP     "m" /* ipv4_addr : mark */
#define GENERATOR_VMAP    "v" /* ipv4_addr : verdict */
#define GENERATOR_COUNTER "o" /* a counter object */
#define GENERATOR_CHAIN   "r" /* a regular chain */

/*
 * Appends NFTA_RULE_EXPRESSIONS to the message. valid: no broken attributes, only types and values
 * that the kernel accepts or refuses by meaning.
 */
void generate_expressions(struct nlmsghdr *nlh, struct random *random);

/* The same, of a rule that a kernel mostly accepts for hardware, with any field and mask. */
void generate_offload_rule(struct nlmsghdr *nlh, struct random *random);

/* The same, of a rule that drops everything. */
void generate_drop(struct nlmsghdr *nlh, struct random *random);

/*
 * The same, of the next rule of a fixed sequence: all loads, masks, tags, actions. *position is 0
 * at first; false at the end, with nothing appended.
 */
bool generate_sweep(struct nlmsghdr *nlh, size_t *position);

/* One line a list: "payload(…) cmp(…)", for failure messages. The text is static. */
const char *describe_expressions(const struct nlattr *list);

#endif
