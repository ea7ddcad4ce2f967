/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From the texts of a model's file to the model: inner interface of the model_*.c files.
 *
 * Readers return 0, -ENOMEM, or -EINVAL with the error filled; a text that is NULL was not given.
 * Everything that a model consists of is in the reader's arena.
 *
 * Threading: one owner.
 */
#ifndef NICEMU_CONFIG_MODEL_READ_H
#define NICEMU_CONFIG_MODEL_READ_H

#include "arena.h"
#include "model_schema.h"
#include "place.h"

struct reader {
	struct arena *arena;
	struct model *model;
	bool foreign; /* neither built in nor a copy of what is */
};

/* A model with the memory that it is made of; what model_free is given. */
struct loaded_model {
	struct model model; /* first: the same address */
	struct arena arena;
};

/* --- names (model_names.c) --- */

enum { MODEL_FIELD_CHOICES = FLOW_FIELD_COUNT + FLOW_EXTRA_COUNT + 6 };
const char *model_field_choice(int number);
struct model_field model_field_chosen(int number);

/* --- values (model_values.c) --- */

enum { MODEL_TEXT_MAX = 512 };

/* One line of text; an absent or empty one where may_be_empty, else as "". */
int model_read_text(const struct reader *reader, const struct place *at, const char *field,
		    const char *text, bool may_be_empty, char **copy);
/* A name of our own: small letters, digits, '-'. */
int model_read_id(const struct reader *reader, const struct place *at, const char *field,
		  const char *text, char **copy);
int model_read_source(const struct reader *reader, const struct place *at, const char *text,
		      const struct model_source **source);
/* A number, or `unknown`. */
int model_read_number(const struct place *at, const char *field, const char *text, uint64_t min,
		      uint64_t max, bool may_be_unknown, uint64_t *value);
int model_read_yes(const struct place *at, const char *field, const char *text, bool *value);
/* also: the word for 0, or NULL. */
int model_read_errno(const struct place *at, const char *field, const char *text, const char *also,
		     int *value);
int model_read_choice(const struct place *at, const char *field, const char *text,
		      const struct choices *choices, int *value);

extern const struct choices model_keys, model_actions, model_field_choices, model_front_choices,
	model_port_kinds, model_hw_stats;

int model_read_fields(const struct reader *reader, const struct place *at, const char *field,
		      const struct file_list *list, struct model_field **fields, size_t *count);
/* Bit n for the choice n of each item. */
int model_read_set(const struct place *at, const char *field, const struct file_list *list,
		   const struct choices *choices, uint64_t *set);

/* --- parts --- */

/* conditions NULL: absent, no condition. */
int model_read_conditions(const struct reader *reader, const struct place *at, const char *field,
			  const struct file_conditions *from, struct model_conditions *conditions);
int model_read_clauses(const struct reader *reader, const struct place *at,
		       const struct file_model *file);
int model_read_conflicts(const struct reader *reader, const struct place *at,
			 const struct file_model *file);
int model_read_match(const struct reader *reader, const struct place *at,
		     const struct file_match *from);
int model_read_tables(const struct reader *reader, const struct place *at,
		      const struct file_model *file);
/* After clauses, match and costs: can the table's key hold what rules may match? */
int model_check_width(const struct reader *reader, const struct place *at,
		      const struct model_table *table);
int model_read_counters(const struct reader *reader, const struct place *at,
			const struct file_counters *from);
int model_read_cookies(const struct reader *reader, const struct place *at,
		       const struct file_cookies *from);

#endif
