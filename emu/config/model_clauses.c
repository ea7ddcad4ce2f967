/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a driver asks of a rule: clauses, conflicts; and what becomes of its match. */
#include "model_read.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* "MODEL:ID" tells whose reason it is; nicemu's own reasons had their ids before there were models.
 */
static int make_reason_id(const struct reader *reader, const char *id, char **reason_id)
{
	const struct model *model = reader->model;
	size_t size = strlen(model->name) + strlen(id) + 2;

	*reason_id = arena_alloc(reader->arena, 1, size);
	if (!*reason_id)
		return -ENOMEM;
	if (model->status == MODEL_OWN)
		snprintf(*reason_id, size, "%s", id);
	else
		snprintf(*reason_id, size, "%s:%s", model->name, id);
	return 0;
}

/* Ids of clauses and conflicts; both numbers tell how many are read. */
static int check_new_id(const struct reader *reader, const struct place *at, const char *id)
{
	const struct place place = place_field(at, "id");
	const struct model *model = reader->model;
	bool known = false;

	for (size_t i = 0; i < model->num_clauses; i++)
		known |= !strcmp(model->clauses[i].id, id);
	for (size_t i = 0; i < model->num_conflicts; i++)
		known |= !strcmp(model->conflicts[i].id, id);
	return known ? place_bad(&place, id, "an id that nothing before it has") : 0;
}

static int read_ids(const struct reader *reader, const struct place *at, const char *text,
		    char **id, char **reason_id)
{
	int result = check_new_id(reader, at, text);

	if (!result)
		result = model_read_id(reader, at, "id", text, id);
	return result ? result : make_reason_id(reader, *id, reason_id);
}

/* --- clauses --- */

/* At BIND there is no rule: only front end and port are known. */
static int check_binding(const struct place *at, const char *field,
			 const struct model_conditions *conditions)
{
	const struct place place = place_field(at, field);

	for (size_t i = 0; i < conditions->count; i++) {
		enum model_condition_kind kind = conditions->list[i].kind;

		if (kind != MODEL_IF_FRONT_ENDS && kind != MODEL_IF_PORT_KINDS)
			return place_error(&place,
					   "'%s' asks about a rule, and at bind there is none; "
					   "expected front-ends or port-kinds",
					   model_condition_name(kind));
	}
	return 0;
}

static int check_conditions(const struct place *at, const struct model_clause *clause)
{
	int result = 0;

	if (!clause->binding)
		return 0;
	result = check_binding(at, "when", &clause->when);
	if (!result)
		result = check_binding(at, "unless", &clause->unless);
	return result ? result : check_binding(at, "require", &clause->require);
}

static int read_conditions(const struct reader *reader, const struct place *at,
			   const struct file_clause *from, struct model_clause *clause)
{
	static const char *const names[2] = {"rule", "bind"};
	const struct place when = place_field(at, "at");
	int result = place_yes(&when, from->at, names, &clause->binding);

	if (!result)
		result = model_read_conditions(reader, at, "when", from->when, &clause->when);
	if (!result)
		result = model_read_conditions(reader, at, "unless", from->unless, &clause->unless);
	if (!result)
		result = model_read_conditions(reader, at, "require", from->require,
					       &clause->require);
	return result ? result : check_conditions(at, clause);
}

static int read_clause(const struct reader *reader, const struct place *at,
		       const struct file_clause *from, struct model_clause *clause)
{
	int result = read_ids(reader, at, from->id, &clause->id, &clause->reason_id);

	if (!result)
		result = read_conditions(reader, at, from, clause);
	if (!result)
		result = model_read_errno(at, "errno", from->error, NULL, &clause->error);
	if (!result)
		result = model_read_text(reader, at, "text", from->text, true, &clause->text);
	if (!result)
		result =
			model_read_text(reader, at, "clause", from->clause, false, &clause->clause);
	if (!result)
		result = model_read_text(reader, at, "hint", from->hint, true, &clause->hint);
	return result ? result : model_read_source(reader, at, from->source, &clause->source);
}

int model_read_clauses(const struct reader *reader, const struct place *at,
		       const struct file_model *file)
{
	const struct place clauses = place_field(at, "clauses");
	struct model *model = reader->model;
	int result = 0;

	model->clauses = arena_alloc(reader->arena, file->num_clauses, sizeof(*model->clauses));
	if (!model->clauses)
		return -ENOMEM;
	for (uint32_t i = 0; !result && i < file->num_clauses; i++) {
		const struct place place = place_item(&clauses, i);

		result = read_clause(reader, &place, &file->clauses[i], &model->clauses[i]);
		model->num_clauses += !result;
	}
	return result;
}

/* --- conflicts --- */

static const char *relation_choice(int number)
{
	return model_relation_name((enum model_relation_number)number);
}

static int read_others(const struct reader *reader, const struct place *at,
		       const struct file_conflict *from, struct model_conflict *to)
{
	static const struct choices relations = {"", MODEL_RELATION_COUNT, relation_choice};
	uint64_t set = 0;
	int result = model_read_conditions(reader, at, "when", from->when, &to->when);

	if (!result)
		result = model_read_conditions(reader, at, "unless", from->unless, &to->unless);
	if (!result)
		result = model_read_conditions(reader, at, "others", from->others, &to->others);
	if (!result)
		result = model_read_conditions(reader, at, "others-unless", from->others_unless,
					       &to->others_unless);
	if (!result)
		result = model_read_set(at, "relations", &from->relations, &relations, &set);
	to->relations = (unsigned int)set;
	return result;
}

static int read_conflict(const struct reader *reader, const struct place *at,
			 const struct file_conflict *from, struct model_conflict *to)
{
	int result = read_ids(reader, at, from->id, &to->id, &to->reason_id);

	if (!result)
		result = read_others(reader, at, from, to);
	if (!result)
		result = model_read_errno(at, "errno", from->error, NULL, &to->error);
	if (!result)
		result = model_read_text(reader, at, "text", from->text, true, &to->text);
	if (!result)
		result = model_read_text(reader, at, "clause", from->clause, false, &to->clause);
	if (!result)
		result = model_read_text(reader, at, "hint", from->hint, true, &to->hint);
	return result ? result : model_read_source(reader, at, from->source, &to->source);
}

int model_read_conflicts(const struct reader *reader, const struct place *at,
			 const struct file_model *file)
{
	const struct place conflicts = place_field(at, "conflicts");
	struct model *model = reader->model;
	int result = 0;

	model->conflicts =
		arena_alloc(reader->arena, file->num_conflicts, sizeof(*model->conflicts));
	if (!model->conflicts)
		return -ENOMEM;
	for (uint32_t i = 0; !result && i < file->num_conflicts; i++) {
		const struct place place = place_item(&conflicts, i);

		result = read_conflict(reader, &place, &file->conflicts[i], &model->conflicts[i]);
		model->num_conflicts += !result;
	}
	return result;
}

/* --- matches --- */

static int read_implicit(const struct reader *reader, const struct place *at,
			 const struct file_implicit *from, struct model_implicit *to)
{
	const struct place field = place_field(at, "field");
	int number = 0;
	int result = model_read_conditions(reader, at, "when", from->when, &to->when);

	if (!result)
		result = model_read_set(at, "absent-keys", &from->absent_keys, &model_keys,
					&to->absent_keys);
	if (!result)
		result = place_choose(&field, from->field, &model_field_choices, &number);
	if (!result && !from->field != !from->value)
		result = place_error(from->field ? &field : at,
				     "expected both field and value, or neither");
	to->has_field = from->field;
	to->field = model_field_chosen(number);
	if (!result && from->field && model_field_width(to->field) > 64)
		result = place_error(&field, "only a field of up to 64 bits can have a value here");
	if (!result && from->field)
		result = model_read_number(at, "value", from->value, 0,
					   UINT64_MAX >> (64 - model_field_width(to->field)), false,
					   &to->value);
	if (!result && !from->field && !to->absent_keys)
		result = place_error(at, "expected absent-keys, or field and value");
	if (!result)
		result = model_read_text(reader, at, "text", from->text, false, &to->text);
	return result ? result : model_read_source(reader, at, from->source, &to->source);
}

static int read_ignoring(const struct reader *reader, const struct place *at,
			 const struct file_ignoring *from, struct model_ignoring *to)
{
	int result = model_read_conditions(reader, at, "when", from->when, &to->when);

	if (!result)
		result = model_read_conditions(reader, at, "unless", from->unless, &to->unless);
	if (!result)
		result = model_read_set(at, "keys", &from->keys, &model_keys, &to->keys);
	if (!result)
		result = model_read_fields(reader, at, "fields", &from->fields, &to->fields,
					   &to->num_fields);
	if (!result)
		result =
			model_read_set(at, "actions", &from->actions, &model_actions, &to->actions);
	if (!result)
		result = model_read_yes(at, "mirror-takes", from->mirror_takes, &to->mirror_takes);
	if (!result && !to->keys && !to->num_fields && !to->actions && !to->mirror_takes)
		result = place_error(at, "expected keys, fields, actions or mirror-takes");
	if (!result)
		result = model_read_text(reader, at, "text", from->text, false, &to->text);
	return result ? result : model_read_source(reader, at, from->source, &to->source);
}

static int read_match_lists(const struct reader *reader, const struct place *at,
			    const struct file_match *from)
{
	struct model_match *to = &reader->model->match;
	int result = model_read_set(at, "ignored-keys", &from->ignored_keys, &model_keys,
				    &to->ignored_keys);

	if (!result)
		result = model_read_set(at, "ignored-actions", &from->ignored_actions,
					&model_actions, &to->ignored_actions);
	if (!result)
		result = model_read_fields(reader, at, "ignored", &from->ignored, &to->ignored,
					   &to->num_ignored);
	if (!result)
		result = model_read_fields(reader, at, "exact", &from->exact, &to->exact,
					   &to->num_exact);
	if (!result)
		result = model_read_fields(reader, at, "zero-is-any", &from->zero_is_any,
					   &to->zero_is_any, &to->num_zero_is_any);
	return result;
}

int model_read_match(const struct reader *reader, const struct place *root,
		     const struct file_match *from)
{
	const struct place at = place_field(root, "match"),
			   implicits = place_field(&at, "implicit"),
			   ignoring = place_field(&at, "ignoring");
	struct model_match *to = &reader->model->match;
	int result;

	if (!from)
		return 0;
	to->implicits = arena_alloc(reader->arena, from->num_implicits, sizeof(*to->implicits));
	to->ignoring = arena_alloc(reader->arena, from->num_ignoring, sizeof(*to->ignoring));
	if (!to->implicits || !to->ignoring)
		return -ENOMEM;
	result = read_match_lists(reader, &at, from);
	for (uint32_t i = 0; !result && i < from->num_implicits; i++) {
		const struct place place = place_item(&implicits, i);

		result = read_implicit(reader, &place, &from->implicits[i], &to->implicits[i]);
	}
	for (uint32_t i = 0; !result && i < from->num_ignoring; i++) {
		const struct place place = place_item(&ignoring, i);

		result = read_ignoring(reader, &place, &from->ignoring[i], &to->ignoring[i]);
	}
	to->num_implicits = from->num_implicits;
	to->num_ignoring = from->num_ignoring;
	return result;
}
