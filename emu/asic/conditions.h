/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Do a model's conditions hold for a command?
 *
 * Why: what a driver asks of a rule is data (config/model.h); this is the only code that
 * understands it, one small function for each kind of condition.
 *
 * Invariants: at BIND there is no command; conditions that ask for one do not hold then.
 * Threading: pure.
 */
#ifndef NICEMU_ASIC_CONDITIONS_H
#define NICEMU_ASIC_CONDITIONS_H

#include <nicemu/config/model.h>
#include <nicemu/offload/offload.h>

struct question {
	const struct nic *nic;
	const struct offload_binding *binding; /* its port is one of the NIC's */
	const struct offload_command *command; /* NULL: of the binding itself */
};

enum model_front_end front_end_of(const struct offload_binding *binding);

/* The first one that does not hold, or NULL. */
const struct model_condition *condition_that_fails(const struct model_conditions *conditions,
						   const struct question *question);

/* All of them; no conditions always hold. */
bool conditions_hold(const struct model_conditions *conditions, const struct question *question);

/* What the model ignores of some rules it ignores of that one. */
bool ignoring_applies(const struct model_ignoring *ignoring, const struct question *question);

/* The clause is about that command: all of `when` holds, and not all of `unless`. */
bool clause_applies(const struct model_clause *clause, const struct question *question);

/*
 * What of the command is not as the condition wants it, for people ("META", "DROP"): at most size
 * bytes with the NUL, empty where nothing single is to blame.
 */
void condition_blame(const struct model_condition *condition, const struct question *question,
		     char *text, size_t size);

#endif
