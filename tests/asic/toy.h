/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Models made by hand: one that takes everything into one plain table, for a test to change.
 *
 * Threading: none; one toy at a time.
 */
#ifndef NICEMU_TESTS_TOY_H
#define NICEMU_TESTS_TOY_H

#include "board.h"

#include <nicemu/config/model.h>

struct toy {
	struct model model;
	struct model_table table;       /* the model's only one: 1000 entries */
	struct model_clause clause;     /* not the model's, unless num_clauses says so */
	struct model_conflict conflict; /* the same */
	struct model_implicit implicit;
	struct model_ignoring ignoring;
	struct model_cost costs[2];
};

/* As it was at first; its board is set up by toy_board. */
extern struct toy toy;
void toy_reset(void);
void toy_board(void);

/* All of one condition. The condition is copied, what it points to is not. */
struct model_conditions toy_if(struct model_condition condition);

/* A field of a match by its name, "vlan.vlan_priority". */
struct model_field toy_field(const char *name);

#endif
