/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a kernel has handed to the module (struct kmod_replace), compared bit by bit with a flow
 * rule of ours.
 *
 * There is no table of which field is which: both sides name a field as the kernel does, so the
 * names decide. A field of the message that the flow key has no place for must be 0, because
 * nf_tables writes none of them; a field that the message lacks counts as 0, unless its key is
 * flagged.
 *
 * Threading: pure functions, except for the tables of names, which are made by the first call.
 */
#ifndef TESTS_VM_DIFFERENTIAL_HANDED_H
#define TESTS_VM_DIFFERENTIAL_HANDED_H

#include <nicemu/flow/rule.h>
#include <nicemu/kernel/wire.h>

#include <stdbool.h>
#include <stdio.h>

/* What one REPLACE has to be. */
struct handed_expected {
	const struct flow_rule *rule;
	uint32_t prio;
	uint32_t netns; /* of the targets of actions */
};

struct handed {
	struct kmod_replace head;
	struct kmod_field fields[KMOD_FIELDS_MAX];
	struct kmod_action actions[KMOD_ACTIONS_MAX];
};

/* size bytes that came from the module. False with a line on out where they are no REPLACE. */
bool handed_read(struct handed *handed, const void *bytes, size_t size, FILE *out);

/* How many parts differ: each is a line on out (may be NULL), the kernel's value first. */
size_t handed_compare(const struct handed *handed, const struct handed_expected *expected,
		      FILE *out);

/* How often fields came, by number of KMOD_FIELDS. */
enum { HANDED_NUMBERS = 256 };
struct handed_seen {
	size_t flagged[HANDED_NUMBERS], unflagged[HANDED_NUMBERS];
	size_t missing[HANDED_NUMBERS]; /* though the key was flagged: the kernel lacks the field */
};

void handed_look(const struct handed *handed, struct handed_seen *seen);
/* A kernel has a field or not: how many fields came and were missing, each a line on out. */
size_t handed_inconsistent(const struct handed_seen *seen, FILE *out);
/* One line a field that came. */
void handed_print_seen(FILE *out, const struct handed_seen *seen);

/* All that the message has, a few lines, each starting with indent. */
void handed_print(FILE *out, const struct handed *handed, const char *indent);

/*
 * The bits of a flow rule that a kernel can differ in: key and mask of each field, used_keys,
 * protocol, the actions. flip: bit is below bits; for tests of the comparison.
 */
size_t handed_bits(const struct flow_rule *rule);
void handed_flip(struct flow_rule *rule, size_t bit);

/* The flow key's field of that number of KMOD_FIELDS; FLOW_FIELD_COUNT: it has none. */
enum flow_field_id handed_field(unsigned int number);

#endif
