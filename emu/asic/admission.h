/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Admission: may this NIC's model have that flow rule, and what does it make of it?
 *
 * In this order, the first one that says no refuses:
 *   1. what nicemu can't tell apart at all: keys without a number here, actions that were lost;
 *   2. hw-tc-offload that is off on the port;
 *   3. the model's clauses, in their order (admission.c);
 *   4. what the model takes and nicemu does not carry out: matches (admission_match.c) and actions
 *      (admission_actions.c). For nicemu's own models that is what the model can't do; of others it
 *      is said as what it is, with the id "not-emulated".
 * Whether there is room is not asked here, nor what depends on other rules (place.h, conflict.h).
 *
 * No code here knows a driver: what differs is in the model (config/model.h).
 *
 * Threading: pure.
 */
#ifndef NICEMU_ASIC_ADMISSION_H
#define NICEMU_ASIC_ADMISSION_H

#include "conditions.h"

#include <nicemu/asic/asic.h>

/* BIND: 0, or a negative errno with reason. Whether the port is taken already is not asked. */
int admit_binding(const struct nic *nic, const struct offload_binding *binding,
		  struct reason *reason);

/* What a rule becomes that is taken. */
struct asic_admitted {
	struct tcam_rule rule;
	struct asic_decision decision;
	const struct model_table *table;
	const struct model_cost *cost; /* NULL: one entry */
	uint64_t entries, slices;      /* that it takes */
};

/*
 * 0 and *admitted, or a negative errno with reason; then *admitted is not to be used. Of the
 * decision binding, cookie and matched are set, too.
 */
int admit_rule(const struct question *question, struct asic_admitted *admitted,
	       struct reason *reason);

/* The first table of the model that takes the front end's rules, or NULL. */
const struct model_table *admission_table(const struct model *model,
					  enum model_front_end front_end);

/* "clause (blamed): the driver says "text"", hint. Returns -error. */
int refuse_by_model(struct reason *reason, const char *id, int error, const char *clause,
		    const char *blamed, const char *text, const char *hint);

/* --- parts --- */

/* Value, mask and ranges. */
int admit_match(const struct question *question, struct tcam_rule *rule, struct reason *reason);
/* Fate, port and mirrors. */
int admit_actions(const struct question *question, struct asic_decision *decision,
		  struct reason *reason);

/*
 * nicemu does not carry that out. what: behind "can't". own_id: where the model is nicemu's own.
 * Returns -EOPNOTSUPP.
 */
int refuse_not_emulated(const struct model *model, struct reason *reason, const char *own_id,
			const char *what, ...) __attribute__((format(printf, 4, 5)));

#endif
