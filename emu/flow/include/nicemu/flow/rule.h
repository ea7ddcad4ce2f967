/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The flow rule: what a kernel hands to a driver (struct flow_rule and the parts of struct
 * flow_cls_offload that describe it).
 *
 * Why: it is the one language between what translates rules and what carries them out, so that each
 * can be tested without the other.
 *
 * The match keeps both facts that a driver could look at: which dissector keys are flagged
 * (used_keys), and what was written to key and mask. A key can be written and not flagged; readers
 * that act like a driver look only at flagged keys. Value bits outside the mask are kept as the
 * kernel leaves them.
 *
 * key and mask use the layout of flow/key.h; their word 0 (presence, port) is always zero here: the
 * ASIC adds it.
 *
 * Ownership: a flow rule is one allocation, freed with flow_rule_free. Threading: immutable once
 * handed on.
 */
#ifndef NICEMU_FLOW_RULE_H
#define NICEMU_FLOW_RULE_H

#include <nicemu/flow/key.h>

#include <stdio.h>

/* The kernel's enum flow_action_id, names alike; the numbers are ours (the kernel's move). */
enum flow_action_id {
	FLOW_ACTION_ACCEPT,
	FLOW_ACTION_DROP,
	FLOW_ACTION_REDIRECT, /* ifindex: leaves by that port instead */
	FLOW_ACTION_MIRRED,   /* ifindex: a copy leaves by that port */
};

/* The kernel's bits: how a driver may count an action. Any of them is "don't care". */
enum {
	FLOW_ACTION_HW_STATS_IMMEDIATE = 1u << 0,
	FLOW_ACTION_HW_STATS_DELAYED = 1u << 1,
	FLOW_ACTION_HW_STATS_DISABLED = 1u << 2,
	FLOW_ACTION_HW_STATS_DONT_CARE = 7,
};

struct flow_action_entry {
	enum flow_action_id id;
	uint8_t hw_stats; /* bit set of FLOW_ACTION_HW_STATS_* */
	uint32_t ifindex; /* REDIRECT, MIRRED: the emulated interface index */
};

struct flow_match {
	uint64_t used_keys; /* bit n = dissector key n is flagged */
	struct flow_key key, mask;
};

struct flow_rule {
	struct flow_match match;
	uint16_t
		protocol; /* ethertype the kernel gives as common.protocol, host order; 0 unknown */
	size_t num_actions;
	struct flow_action_entry actions[]; /* in the order of the expressions */
};

/* A zeroed rule with room for num_actions actions; NULL when memory is out. */
struct flow_rule *flow_rule_alloc(size_t num_actions);
struct flow_rule *flow_rule_copy(const struct flow_rule *rule);
void flow_rule_free(struct flow_rule *rule);

/* "ACCEPT", "DROP", "REDIRECT", "MIRRED". */
const char *flow_action_name(enum flow_action_id id);

/* "DONT_CARE", "IMMEDIATE|DELAYED" … */
const char *flow_hw_stats_name(uint8_t hw_stats);

/*
 * The rule as a driver sees it, several lines, each starting with indent: protocol, used_keys, one
 * line per field with a non-zero value or mask (marked where its key is not flagged), actions. A
 * flagged key that has no name here is printed as its number.
 */
void flow_rule_print(FILE *out, const struct flow_rule *rule, const char *indent);

#endif
