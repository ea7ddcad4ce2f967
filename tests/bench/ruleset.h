/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rule sets for measurements: made from a seed, in the manner of real ones.
 *
 * What: lists of 5-tuple rules, the first that matches decides. Kinds, with the statistics in
 * profile.c:
 *   acl    access list: specific destinations, few wildcards
 *   fw     firewall: many wildcards, also source ports
 *   ipc    in between, as lists of `ipchains` were
 *   acl1   ClassBench's seed acl1: few hosts, many services each
 *   chain  as people write nft chains: some shapes of rules, services by number, blocklists
 *   ipv6   an access list of IPv6
 *   mixed  IPv4 and IPv6
 * Forms: masked, what nft can offload (a port is a value with a mask); ranges, what tc flower can
 * (a port is a range).
 *
 * Why our own: ClassBench itself is not packaged anywhere, has no IPv6, and its rules have ranges
 * only.
 *
 * Invariants: same kind, form, count and seed: same rules, on every machine. No two rules of a set
 * match the same. Ports only with TCP and UDP, as nft has it.
 *
 * Threading: values only.
 */
#ifndef NICEMU_TESTS_BENCH_RULESET_H
#define NICEMU_TESTS_BENCH_RULESET_H

#include "address.h"

#include <stdbool.h>
#include <stdio.h>

enum rule_kind {
	KIND_ACL,
	KIND_FW,
	KIND_IPC,
	KIND_ACL1,
	KIND_CHAIN,
	KIND_IPV6,
	KIND_MIXED,
	RULE_KINDS
};

enum rule_form { FORM_MASKED, FORM_RANGES };

/*
 * The ports that are meant are min … max. Of the masked form it is always a block: a power of two
 * of them, aligned, so that (port & mask) == min.
 */
struct port_match {
	uint16_t min, max;
};

struct rule {
	struct address source, destination; /* zero beyond the prefix */
	uint8_t source_length, destination_length;
	bool ipv6;
	bool any_protocol;
	uint8_t protocol; /* 0 with any_protocol */
	struct port_match source_port, destination_port;
	bool drop, counter; /* else accept; counter: written in the nft file */
};

struct ruleset {
	enum rule_kind kind;
	enum rule_form form;
	uint64_t seed;
	size_t count;
	struct rule *rules; /* the first one that matches decides */
};

/* What a rule looks at in a packet. IPv4 addresses are in low. */
struct header {
	struct address source, destination;
	uint16_t source_port, destination_port; /* 0 where the protocol has none */
	uint8_t protocol;
	bool ipv6;
};

/* "acl" …; ruleset_kind returns RULE_KINDS for another word. */
const char *ruleset_kind_name(enum rule_kind kind);
enum rule_kind ruleset_kind(const char *name);

/*
 * 0; -ENOMEM; -ERANGE where the kind has not that many different rules. Then set is empty.
 */
int ruleset_make(struct ruleset *set, enum rule_kind kind, enum rule_form form, size_t count,
		 uint64_t seed);
void ruleset_clear(struct ruleset *set);

static inline bool port_is_any(struct port_match port)
{
	return port.min == 0 && port.max == 0xffff;
}

/* Of a port of the masked form. */
static inline uint16_t port_mask(struct port_match port)
{
	return (uint16_t) ~(port.min ^ port.max);
}

static inline bool rule_has_ports(const struct rule *rule)
{
	return !port_is_any(rule->source_port) || !port_is_any(rule->destination_port);
}

bool rule_matches(const struct rule *rule, const struct header *header);

/* The slow and obvious look-up: index of the first rule that matches, or set->count. */
size_t ruleset_lookup(const struct ruleset *set, const struct header *header);

/* The rule as nft reads it, a line. Masked form only. */
void rule_print(FILE *out, const struct rule *rule);

/*
 * A file for nft: one netdev table with one ingress chain, a rule a line. offload: with `flags
 * offload`. Masked form only. 0 or -EIO.
 */
int ruleset_print(FILE *out, const struct ruleset *set, const char *device, bool offload);

#endif
