/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The lint: rules that were accepted and will not do what was meant.
 *
 * Why: the kernel and the driver refuse what they can't do, and keep silent about the rest: two
 * rules whose order the hardware does not know, a rule that no packet reaches, a counter that
 * software and hardware count differently, a key that the driver does not look at.
 *
 * What: a pure look at an emulator as it is now: the chains and rules of its nf_tables endpoint,
 * what the NIC made of them, and its model. Rules that the NIC does not have (refused ones) are not
 * judged. Nothing is changed.
 *
 * Invariants: ids are static kebab-case strings that never change once released; a finding is given
 * once (id, rule, port, other rule); findings come in the order of chains and rules, those about a
 * chain before those about its rules. Work and number of findings are bounded: where a bound was
 * met, a finding says so ("not-all-looked-at").
 *
 * Threading: event loop, between packet batches.
 */
#ifndef NICEMU_LINT_LINT_H
#define NICEMU_LINT_LINT_H

#include <nicemu/engine/emulator.h>

#include <stddef.h>
#include <stdint.h>

enum lint_level {
	LINT_WARNING, /* not what was meant, as far as anybody can tell */
	LINT_NOTICE,  /* the way of this hardware, for whoever has not thought of it */
};

const char *lint_level_name(enum lint_level level); /* "warning", "notice" */

/* Strings are borrowed during the visit, but for id. */
struct lint_finding {
	const char *id;
	enum lint_level level;
	const char *family, *table, *chain; /* "" where it is about the NIC as a whole */
	uint64_t handle;                    /* of the rule; 0: about the chain */
	int port;                           /* number; -1: on all ports of the chain */
	uint64_t other;                     /* handle of the other rule of the chain; 0: none */
	const char *text;                   /* a sentence, with the rule's values */
	const char *hint;                   /* what to do, or "" */
};

/* 0 or -ENOMEM (then nothing was visited). */
int lint_run(const struct emulator *emulator,
	     void (*visit)(void *context, const struct lint_finding *finding), void *context);

/* All ids that a finding can have, sorted by name; NULL past the last one. */
struct lint_id {
	const char *id;
	enum lint_level level;
	const char *about; /* a sentence without values */
};
const struct lint_id *lint_id(size_t index);

#endif
