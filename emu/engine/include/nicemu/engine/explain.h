/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the NIC does with one packet, and why: the bytes that became the key, the entries that were
 * asked, the field on which each of them failed, the one that decided.
 *
 * Why: a counter tells that a rule did not match, and never why.
 *
 * How: the decision comes from the same look-up as a replay's (asic_look). The entries are then
 * walked one by one, in order, and compared field by field. Both must agree, and the two parsers
 * too; where they do not, the explanation is an error and not a guess.
 *
 * Nothing changes: no counter, clock or table. Other commands may come between two calls.
 *
 * Threading: the emulator's event loop.
 */
#ifndef NICEMU_ENGINE_EXPLAIN_H
#define NICEMU_ENGINE_EXPLAIN_H

#include <nicemu/engine/emulator.h>
#include <nicemu/packet/trace.h>

enum { EXPLAIN_TEXT_SIZE = 64, EXPLAIN_NEAREST = 10, EXPLAIN_OTHERS_MAX = 10 };

/* On what an entry failed. */
enum explain_miss_kind {
	EXPLAIN_PORT,    /* it is of another port */
	EXPLAIN_ABSENT,  /* the packet does not have the field, or key */
	EXPLAIN_VALUE,   /* the field has another value */
	EXPLAIN_RANGE,   /* the port is outside of the range */
	EXPLAIN_PRESENT, /* the packet has the key, and must not */
};

const char *explain_miss_name(enum explain_miss_kind kind); /* "port", "absent", … */

/* Texts are as in flow/view.h; "" where there is none. A range is "min-max". */
struct explain_miss {
	enum explain_miss_kind kind;
	enum flow_dissector_key_id key; /* META for EXPLAIN_PORT */
	char field[EXPLAIN_TEXT_SIZE];  /* "ipv4_addrs.src", "vlan.vlan_id", "PORTS" */
	char value[EXPLAIN_TEXT_SIZE], mask[EXPLAIN_TEXT_SIZE], wanted[EXPLAIN_TEXT_SIZE];
};

/*
 * Compare an entry's rule with a whole key (port, presence, META included): visit is called for
 * each failure, in the order of flow_fields. Returns how many there are; *fields (may be NULL): how
 * many the entry looks at.
 */
size_t explain_misses(const struct tcam_rule *rule, const struct flow_key *key,
		      const struct nic *nic,
		      void (*visit)(void *context, const struct explain_miss *miss), void *context,
		      size_t *fields);

/* An entry as it was asked. Strings are borrowed from the model. */
struct explain_candidate {
	size_t place; /* in (priority, arrival) order, from 1 */
	uint16_t port;
	uint32_t priority;
	uint32_t binding; /* with cookie: names the rule */
	uint64_t cookie, arrival;
	const struct model_table *table; /* NULL: not known */
	struct tcam_rule rule;
	bool matches;
	size_t fields, missed;
	struct explain_miss first; /* the first that failed; only where it does not match */
};

struct explain_options {
	size_t nearest; /* how many that do not match are shown: those that failed least */
	bool all;       /* every entry, also of other ports */
};

struct explanation {
	struct dissect_trace trace;
	struct flow_key key; /* as it is looked up: trace.key, the port and META */
	struct asic_decision decision;
	/* In order: what the options asked for, and the winner in any case. */
	struct explain_candidate *candidates;
	size_t num_candidates;
	size_t entries, of_other_ports; /* in the NIC */
	size_t before;                  /* of this port, asked before the winner (all: none won) */
	size_t winner;                  /* place, 0: none */
	size_t matching;                /* all that match, the winner too */
	struct explain_candidate others[EXPLAIN_OTHERS_MAX]; /* the next ones that match */
	size_t num_others;
	/*
	 * The frame as it leaves the NIC (dropped: as it would). Borrowed from the packet where
	 * nothing is rewritten.
	 */
	struct packet leaves;
};

/*
 * Explain a packet that has arrived on packet->port. 0, -ENOMEM, or -EILSEQ where the emulator
 * contradicts itself, which message (size bytes) tells. explanation_clear in any case.
 */
int explain_packet(const struct emulator *emulator, const struct packet *packet,
		   const struct explain_options *options, struct explanation *explanation,
		   char *message, size_t size);
void explanation_clear(struct explanation *explanation);

/* The candidate that decided, or NULL: none did. */
const struct explain_candidate *explanation_winner(const struct explanation *explanation);

/* A run of bytes that differ; where one frame is longer, its rest is one. */
struct explain_change {
	uint32_t offset;
	uint32_t before, after; /* lengths of the run in each */
};

/* The runs in which the captured bytes differ, at most max; returns how many there are in all. */
size_t explain_changes(const struct packet *before, const struct packet *after,
		       struct explain_change *changes, size_t max);

#endif
