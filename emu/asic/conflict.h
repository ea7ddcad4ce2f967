/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rules that cannot stand beside others (struct model_conflict).
 *
 * Why an index: a rule is compared only with those that it could be in conflict with: each rule for
 * which a conflict's `others` holds lies in a list for the port, priority and match that the
 * conflict's relations ask for. So loading many rules does not compare each with each.
 *
 * A rule is no conflict to itself: not when it is updated, and not on another port of its chain,
 * where the relation `same-rule` does not ask for just that.
 *
 * Threading: one owner.
 */
#ifndef NICEMU_ASIC_CONFLICT_H
#define NICEMU_ASIC_CONFLICT_H

#include "conditions.h"

struct conflict_list;

struct conflicts {
	struct conflict_list *lists; /* by what the rules in it have in common */
};

/* What is kept of a rule. NULL: no conflict of the model is about others like it. */
struct conflict_rule;

/* 0, or a negative errno with reason. */
int conflicts_ask(const struct conflicts *conflicts, const struct question *question,
		  struct reason *reason);
/* The rule is there from now on: 0 or -ENOMEM. */
int conflicts_add(struct conflicts *conflicts, const struct question *question,
		  struct conflict_rule **rule);
/* NULL is fine. */
void conflicts_remove(struct conflicts *conflicts, struct conflict_rule *rule);

#endif
