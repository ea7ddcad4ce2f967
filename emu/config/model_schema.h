/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A model's file as libcyaml hands it over: all values are texts, what is absent is NULL.
 *
 * Threading: constant; the structs are of one owner.
 */
#ifndef NICEMU_CONFIG_MODEL_SCHEMA_H
#define NICEMU_CONFIG_MODEL_SCHEMA_H

#include "document.h"

#include <nicemu/config/model.h>

/* How many of something a file may have. */
enum {
	MODEL_CLAUSES_MAX = 256,
	MODEL_TABLES_MAX = 16,
	MODEL_SOURCES_MAX = 64,
	MODEL_LIST_MAX = 64, /* all other lists */
};

struct file_list {
	char **items;
	uint32_t count;
};

/* {fields: …, in: …} and such; which members a condition has is in the schema. */
struct file_test {
	struct file_list fields, actions, in, with_in;
	char *is, *bits, *argument, *with;
};

/* A condition is one of the three. */
struct file_condition {
	struct file_list list;
	struct file_test *tests;
	uint32_t num_tests;
	char *text;
};

struct file_conditions {
	struct file_condition kinds[MODEL_IF_COUNT];
};

struct file_source {
	char *name, *file, *kernel;
};

struct file_front {
	char *taken, *many_blocks, *error, *text;
};

struct file_fronts {
	struct file_front *kinds[MODEL_FRONT_ENDS];
};

struct file_clause {
	char *id, *at, *error, *text, *clause, *hint, *source;
	struct file_conditions *when, *unless, *require;
};

struct file_conflict {
	char *id, *error, *text, *clause, *hint, *source;
	struct file_conditions *when, *unless, *others, *others_unless;
	struct file_list relations;
};

struct file_implicit {
	struct file_conditions *when;
	struct file_list absent_keys;
	char *field, *value, *text, *source;
};

struct file_ignoring {
	struct file_conditions *when, *unless;
	struct file_list keys, fields, actions;
	char *mirror_takes, *text, *source;
};

struct file_match {
	struct file_list ignored_keys, ignored, exact, zero_is_any, ignored_actions;
	struct file_ignoring *ignoring;
	uint32_t num_ignoring;
	struct file_implicit *implicits;
	uint32_t num_implicits;
};

struct file_cost {
	struct file_conditions *when;
	char *entries, *slices, *text, *source;
};

struct file_full {
	char *error, *text;
};

struct file_table {
	char *name, *kind, *scope, *entries, *reserved, *slices, *key_width, *ways, *port_mask;
	char *order, *insertion, *priority, *source;
	struct file_list front_ends;
	struct file_full *full;
	struct file_cost *costs;
	uint32_t num_costs;
};

struct file_counters {
	char *packets, *bytes, *last_used, *width, *reading, *interval, *pool, *pool_full;
	char *if_asked, *unsupported, *source;
};

struct file_cookies {
	char *duplicate, *unknown_destroy, *unknown_stats, *source;
};

struct file_off {
	char *bind, *replace, *text;
};

struct file_note {
	char *about, *text, *source;
};

struct file_model {
	char *model, *title, *status, *switchdev;
	struct file_source *sources;
	struct file_fronts *fronts;
	struct file_clause *clauses;
	struct file_conflict *conflicts;
	struct file_match *match;
	struct file_table *tables;
	struct file_counters *counters;
	struct file_cookies *cookies;
	struct file_off *off;
	struct file_note *notes;
	uint32_t num_sources, num_clauses, num_conflicts, num_tables, num_notes;
};

extern const struct document_kind model_document;

#endif
