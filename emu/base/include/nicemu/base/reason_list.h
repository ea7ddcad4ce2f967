/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Every id that a reason of nicemu's own can have, with its layer and what it says in general: for
 * those who list them or check what a user typed.
 *
 * Clauses of NIC models have ids of their own ("MODEL:ID", config/model.h), and so have findings of
 * the lint (lint/lint.h). tests/system/test_reason_ids.py finds the ids in the code that are not
 * here, and knows for each one what causes it.
 *
 * Threading: constant.
 */
#ifndef NICEMU_BASE_REASON_LIST_H
#define NICEMU_BASE_REASON_LIST_H

#include <nicemu/base/reason.h>

#include <stddef.h>

struct reason_id {
	const char *id;
	enum reason_layer layer;
	const char *text; /* a sentence without values */
};

/* Sorted by id; NULL past the last. */
const struct reason_id *reason_id_at(size_t index);

#endif
