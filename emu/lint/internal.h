/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Inside the lint: what is looked at, collected once, and what the checks add.
 *
 * collect.c reads chains, rules and their instances (a rule on a port); entries.c what the NIC made
 * of the instances; each check_*.c has a group of checks, which lint.c lists; findings.c keeps what
 * they found and tells it in order.
 *
 * Out of memory is sticky (lint->failed): a check may go on, nothing is told then.
 *
 * Threading: one owner, while nothing changes (lint.h).
 */
#ifndef NICEMU_LINT_INTERNAL_H
#define NICEMU_LINT_INTERNAL_H

#include "ids.h"

#include <nicemu/translate/expr.h>

#include <stdbool.h>

enum {
	LINT_TEXT_SIZE = 640,
	LINT_FINDINGS_MAX = 100000,
	LINT_STATEMENT_SIZE = 160,
};

/* Strings are copies. What rules point to is the endpoint's: nothing changes while the lint runs.
 */
struct lint_chain {
	char *family, *table, *name;
	size_t rules_in_hw;
	size_t ports;                    /* on which the NIC has entries of it */
	size_t first_entry, num_entries; /* of all its ports */
};

struct lint_rule {
	size_t chain;
	uint64_t handle;
	struct nft_offload_rule rule; /* of its first port; its strings are not to be used */
	size_t first_instance, num_instances;
	bool in_hw; /* on one port at least */
};

/* A rule on a port, and what the NIC made of it (in_hw). */
struct lint_instance {
	size_t rule;
	size_t number; /* in the order in which they were told */
	uint16_t port;
	bool in_hw;
	uint32_t binding;
	uint64_t cookie;
	size_t entry; /* SIZE_MAX: none */
};

struct lint_entry {
	size_t instance;
	size_t place; /* among all entries, in the order in which they decide */
	uint32_t priority;
	enum asic_fate fate;
	uint16_t port; /* ASIC_REDIRECT */
	uint8_t num_mirrors;
	uint16_t mirrors[ASIC_MIRRORS_MAX];
	bool has_ranges;
	uint32_t implicits;   /* bit n: the model's implicit n was added */
	bool matches_nothing; /* it asks for the absence of what every packet has */
	const struct model_table *table;
	uint64_t entries; /* that it takes */
};

struct lint_kept {
	struct lint_finding finding; /* table, chain, …: of lint->chains; text and hint: own */
	size_t chain, rule;          /* where it stands; SIZE_MAX: before all */
	size_t number;               /* in order of arrival */
};

struct lint {
	const struct emulator *emulator;
	const struct model *model; /* NULL: the NIC has none */
	struct lint_chain *chains;
	size_t num_chains, room_chains, last_chain;
	struct lint_known *known; /* while rules are collected: collect.c */
	struct lint_rule *rules;
	size_t num_rules, room_rules;
	struct lint_instance *instances;
	size_t num_instances, room_instances;
	const struct lint_instance **sorted; /* those in hardware, by binding and cookie */
	size_t num_sorted;
	struct lint_entry *entries; /* by chain, port, place */
	size_t num_entries, room_entries;
	/* Words of the flow key that entries look at; of each entry the values, then the masks. */
	size_t num_words;
	uint8_t words[FLOW_KEY_WORDS];
	uint64_t *packed;
	struct lint_kept *kept;
	size_t num_kept, room_kept;
	size_t left_out; /* findings */
	bool closing;    /* the finding about them has room */
	bool failed;
};

/* Room for one more in an array; false (and failed) where memory is out. */
bool lint_grow(struct lint *lint, void **array, size_t *room, size_t count, size_t size);

void lint_collect(struct lint *lint);
/* The chain, or SIZE_MAX. */
size_t lint_find_chain(struct lint *lint, const char *family, const char *table, const char *name);
/* The chain, which is added where it is not known; SIZE_MAX: memory is out. */
size_t lint_chain(struct lint *lint, const char *family, const char *table, const char *name);
void lint_collect_entries(struct lint *lint);
/* The instance of a command, or NULL. After lint_collect_entries. */
const struct lint_instance *lint_instance_of(const struct lint *lint, uint32_t binding,
					     uint64_t cookie);
void lint_free(struct lint *lint);

static inline const uint64_t *lint_value(const struct lint *lint, size_t entry)
{
	return lint->packed + entry * 2 * lint->num_words;
}

static inline const uint64_t *lint_mask(const struct lint *lint, size_t entry)
{
	return lint_value(lint, entry) + lint->num_words;
}

/* The same becomes of their packets. */
bool lint_same_fate(const struct lint_entry *a, const struct lint_entry *b);
/* The first entry of a rule, SIZE_MAX where it has none. */
size_t lint_entry_of(const struct lint *lint, size_t rule);
void lint_unpack(const struct lint *lint, size_t entry, struct flow_key *value,
		 struct flow_key *mask);

/* --- findings --- */

/* Where a finding stands. lint_at_chain(SIZE_MAX): the NIC as a whole. */
struct lint_place {
	size_t chain;    /* SIZE_MAX: the NIC as a whole */
	size_t rule;     /* SIZE_MAX: about the chain */
	uint64_t handle; /* then: of a rule that is not there any more */
	int port;        /* -1 */
	uint64_t other;
};

static inline struct lint_place lint_at_chain(size_t chain)
{
	return (struct lint_place){.chain = chain, .rule = SIZE_MAX, .port = -1};
}

struct lint_place lint_at_rule(const struct lint *lint, size_t rule);

/* Text and hint ("": none) are copied. */
void lint_add(struct lint *lint, enum lint_number id, struct lint_place place, const char *hint,
	      const char *format, ...) __attribute__((format(printf, 5, 6)));
/* The same for an id that another layer has given. */
void lint_add_text(struct lint *lint, const char *id, enum lint_level level,
		   struct lint_place place, const char *text, const char *hint);
void lint_tell(struct lint *lint, void (*visit)(void *context, const struct lint_finding *finding),
	       void *context);

/*
 * For what many rules of a chain have in common: one finding, at the first of them. Ends with
 * " (and N more rules of the chain)" where there are more.
 */
struct lint_tally {
	size_t first, count;
};

static inline void lint_count(struct lint_tally *tally, size_t rule)
{
	if (tally->count++ == 0)
		tally->first = rule;
}

void lint_add_tally(struct lint *lint, enum lint_number id, const struct lint_tally *tally,
		    const char *hint, const char *format, ...)
	__attribute__((format(printf, 5, 6)));

/* --- words (words.c) --- */

/* "ip saddr 10.0.0.0/8 tcp dport 80": what is matched, in nft's words; "any packet". */
void lint_print_match(char *text, size_t size, const struct flow_key *value,
		      const struct flow_key *mask);
/* One field of it, "ip saddr 10.0.0.0/8". */
void lint_print_field(char *text, size_t size, const struct flow_key *value,
		      const struct flow_key *mask, enum flow_field_id id);
/* "drop", "fwd to eth1", "accept", with "dup to …" before. */
void lint_print_fate(char *text, size_t size, const struct lint *lint,
		     const struct lint_entry *entry);
const char *lint_port_name(const struct lint *lint, int port);

/* --- ternary regions, in packed words (region.c) --- */

bool region_meet(const uint64_t *value, const uint64_t *mask, const uint64_t *other_value,
		 const uint64_t *other_mask, size_t words);
/* Every packet of the inner one is in the outer one. */
bool region_covers(const uint64_t *outer_value, const uint64_t *outer_mask, const uint64_t *value,
		   const uint64_t *mask, size_t words);

enum { REGION_WORDS = FLOW_KEY_WORDS };

struct region_cover {
	const uint64_t *value, *mask;
};
/*
 * The regions in list together cover (value, mask). Takes its steps from *steps; false also where
 * there are none left.
 */
bool region_union_covers(const struct region_cover *list, size_t count, const uint64_t *value,
			 const uint64_t *mask, size_t words, uint64_t *steps);

/* --- checks --- */

void check_devices(struct lint *lint);
void check_stale(struct lint *lint);
void check_table_use(struct lint *lint);
void check_events(struct lint *lint);
void check_translation(struct lint *lint);
void check_counter_place(struct lint *lint);
void check_counters(struct lint *lint);
void check_seen_twice(struct lint *lint);
void check_protocols(struct lint *lint);
void check_fragments(struct lint *lint);
void check_interfaces(struct lint *lint);
void check_model_match(struct lint *lint);
void check_implicits(struct lint *lint);
void check_software_chains(struct lint *lint);
void check_order(struct lint *lint);

#endif
