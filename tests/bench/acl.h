/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DPDK's rte_acl with 5-tuple rules: the fields as DPDK's own example l3fwd-acl has them, ports as
 * value and mask or as ranges.
 *
 * Threading: one thread.
 */
#ifndef NICEMU_TESTS_BENCH_ACL_H
#define NICEMU_TESTS_BENCH_ACL_H

#include "ruleset.h"

#include <nicemu/asic/tcam.h>
#include <rte_acl.h>

/* Keys as rte_acl reads them: network order, the protocol first. */
struct acl_key4 {
	uint8_t protocol, padding[3];
	uint32_t source, destination;
	uint16_t source_port, destination_port;
};

struct acl_key6 {
	uint8_t protocol, padding[3];
	uint32_t source[4], destination[4];
	uint16_t source_port, destination_port;
};

void acl_key4_make(const struct header *header, struct acl_key4 *key);
void acl_key6_make(const struct header *header, struct acl_key6 *key);

/*
 * A context with those of the rules that are of that IP version, built; a match gives the rule's
 * index from 1. NULL when there are none, or memory is out (said on stderr).
 */
struct rte_acl_ctx *acl_build(const struct rule *rules, size_t count, bool ipv6,
			      enum rule_form form);

/* What DPDK takes here unless it is told otherwise: vectors of 32 bytes where there are any. */
enum rte_acl_classify_alg acl_usual_algorithm(void);

/* Memory that DPDK's allocator has given out. */
size_t acl_memory(void);

/*
 * rte_acl as a table of the TCAM, so that it can stand behind nicemu's flow cache. IPv4 and the
 * masked form only, other entries are -ENOSPC. Built when it is first looked at after a commit:
 * rte_acl can't be changed in place.
 */
extern const struct tcam_ops tcam_acl;

/* Begin with DPDK: no root, no huge pages of its own, no devices. 0 or negative. */
int acl_begin(const char *program, unsigned int megabytes);

#endif
