/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A model as a document. Members are called as in the file, with '_' for '-'. */
#include <nicemu/report/model.h>

#include "model_conditions.h"

#include <nicemu/base/reason.h>

#include <stdio.h>

static json_t *source_json(const struct model_source *source)
{
	if (!source)
		return json_null();
	return *source->kernel ? json_sprintf("%s (%s)", source->file, source->kernel)
			       : json_string(source->file);
}

/* "ok", "update" or the errno's name. */
static json_t *errno_json(int error, const char *none)
{
	return json_string(error ? errno_name(error) : none);
}

static json_t *fronts_json(const struct model *model)
{
	json_t *object = json_object();

	for (int i = 0; i < MODEL_FRONT_ENDS; i++) {
		const struct model_front *front = &model->fronts[i];

		json_object_set_new(
			object, model_front_end_name(i),
			json_pack("{s:b, s:b, s:o, s:s}", "taken", front->taken, "many_blocks",
				  front->many_blocks, "errno",
				  front->taken ? json_null() : errno_json(front->error, "ok"),
				  "text", front->text));
	}
	return object;
}

/* What a clause or a conflict says no with. */
static void add_answer(json_t *record, int error, const char *text, const char *clause,
		       const char *hint, const struct model_source *source)
{
	json_object_update_new(record,
			       json_pack("{s:o, s:s, s:s, s:s, s:o}", "errno",
					 errno_json(error, "ok"), "text", text, "clause", clause,
					 "hint", hint, "source", source_json(source)));
}

static json_t *clauses_json(const struct model *model)
{
	json_t *list = json_array();

	for (size_t i = 0; i < model->num_clauses; i++) {
		const struct model_clause *c = &model->clauses[i];
		json_t *record = json_pack("{s:s, s:s, s:s, s:o, s:o, s:o}", "id", c->id, "reason",
					   c->reason_id, "at", c->binding ? "bind" : "rule", "when",
					   model_conditions_json(&c->when), "unless",
					   model_conditions_json(&c->unless), "require",
					   model_conditions_json(&c->require));

		add_answer(record, c->error, c->text, c->clause, c->hint, c->source);
		json_array_append_new(list, record);
	}
	return list;
}

static json_t *relations_json(unsigned int relations)
{
	json_t *list = json_array();

	for (int i = 0; i < MODEL_RELATION_COUNT; i++)
		if (relations >> i & 1)
			json_array_append_new(list, json_string(model_relation_name(i)));
	return list;
}

static json_t *conflicts_json(const struct model *model)
{
	json_t *list = json_array();

	for (size_t i = 0; i < model->num_conflicts; i++) {
		const struct model_conflict *c = &model->conflicts[i];
		json_t *record =
			json_pack("{s:s, s:s, s:o, s:o, s:o, s:o, s:o}", "id", c->id, "reason",
				  c->reason_id, "when", model_conditions_json(&c->when), "unless",
				  model_conditions_json(&c->unless), "others",
				  model_conditions_json(&c->others), "others_unless",
				  model_conditions_json(&c->others_unless), "relations",
				  relations_json(c->relations));

		add_answer(record, c->error, c->text, c->clause, c->hint, c->source);
		json_array_append_new(list, record);
	}
	return list;
}

static json_t *implicits_json(const struct model_match *match)
{
	json_t *list = json_array();

	for (size_t i = 0; i < match->num_implicits; i++) {
		const struct model_implicit *m = &match->implicits[i];

		json_array_append_new(
			list,
			json_pack("{s:o, s:o, s:o, s:o, s:s, s:o}", "when",
				  model_conditions_json(&m->when), "absent_keys",
				  model_keys_json(m->absent_keys), "field",
				  m->has_field ? json_string(model_field_name(m->field))
					       : json_null(),
				  "value",
				  m->has_field ? json_integer((json_int_t)m->value) : json_null(),
				  "text", m->text, "source", source_json(m->source)));
	}
	return list;
}

static json_t *ignoring_json(const struct model_match *match)
{
	json_t *list = json_array();

	for (size_t i = 0; i < match->num_ignoring; i++) {
		const struct model_ignoring *m = &match->ignoring[i];

		json_array_append_new(list, json_pack("{s:o, s:o, s:o, s:o, s:o, s:b, s:s, s:o}",
						      "when", model_conditions_json(&m->when),
						      "unless", model_conditions_json(&m->unless),
						      "keys", model_keys_json(m->keys), "fields",
						      model_fields_json(m->fields, m->num_fields),
						      "actions", model_actions_json(m->actions),
						      "mirror_takes", m->mirror_takes, "text",
						      m->text, "source", source_json(m->source)));
	}
	return list;
}

static json_t *match_json(const struct model_match *match)
{
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "ignored_keys",
			 model_keys_json(match->ignored_keys), "ignored",
			 model_fields_json(match->ignored, match->num_ignored), "exact",
			 model_fields_json(match->exact, match->num_exact), "zero_is_any",
			 model_fields_json(match->zero_is_any, match->num_zero_is_any),
			 "ignored_actions", model_actions_json(match->ignored_actions), "ignoring",
			 ignoring_json(match), "implicit", implicits_json(match));
}

static json_t *costs_json(const struct model_table *table)
{
	json_t *list = json_array();

	for (size_t i = 0; i < table->num_costs; i++) {
		const struct model_cost *c = &table->costs[i];

		json_array_append_new(list, json_pack("{s:o, s:I, s:I, s:s, s:o}", "when",
						      model_conditions_json(&c->when), "entries",
						      (json_int_t)c->entries, "slices",
						      (json_int_t)c->slices, "text", c->text,
						      "source", source_json(c->source)));
	}
	return list;
}

static json_t *table_json(const struct model_table *t)
{
	json_t *record = json_pack(
		"{s:s, s:s, s:s, s:o, s:o, s:I, s:I, s:o, s:o, s:b}", "name", t->name, "kind",
		model_table_kind_name(t->kind), "scope", model_scope_name(t->scope), "front_ends",
		model_fronts_json(t->front_ends), "entries", model_number_json(t->entries),
		"reserved", (json_int_t)t->reserved, "slices", (json_int_t)t->slices, "key_width",
		model_number_json(t->key_width), "ways", model_number_json(t->ways), "port_mask",
		t->port_mask);

	json_object_update_new(
		record, json_pack("{s:s, s:s, s:[I, I], s:o, s:{s:o, s:s}, s:o}", "order",
				  model_order_name(t->order), "insertion",
				  model_insertion_name(t->insertion), "priority",
				  (json_int_t)t->priority.min, (json_int_t)t->priority.max, "costs",
				  costs_json(t), "full", "errno", errno_json(t->full_error, "ok"),
				  "text", t->full_text, "source", source_json(t->source)));
	return record;
}

static json_t *counters_json(const struct model_counters *c)
{
	json_t *record =
		json_pack("{s:b, s:s, s:b, s:o, s:s, s:o}", "packets", c->packets, "bytes",
			  model_bytes_name(c->bytes), "last_used", c->last_used, "width",
			  model_number_json(c->width), "reading", model_reading_name(c->reading),
			  "interval_ms", model_number_json(c->interval_ms));

	json_object_update_new(record,
			       json_pack("{s:o, s:o, s:b, s:o, s:o}", "pool",
					 model_number_json(c->pool), "pool_full",
					 errno_json(c->pool_error, "ok"), "if_asked", c->if_asked,
					 "unsupported", errno_json(c->unsupported_error, "ok"),
					 "source", source_json(c->source)));
	return record;
}

static json_t *notes_json(const struct model *model)
{
	json_t *list = json_array();

	for (size_t i = 0; i < model->num_notes; i++) {
		const struct model_note *n = &model->notes[i];

		json_array_append_new(list, json_pack("{s:s, s:s, s:o}", "about", n->about, "text",
						      n->text, "source", source_json(n->source)));
	}
	return list;
}

/* --- what is unknown, and what nicemu does then --- */

static void add_unknown(json_t *list, bool unknown, const char *of, const char *what,
			const char *effect)
{
	if (unknown)
		json_array_append_new(list,
				      json_pack("{s:o, s:s}", "what",
						json_sprintf("%s%s%s", of, *of ? " " : "", what),
						"effect", effect));
}

static void add_table_unknowns(json_t *list, const struct model_table *t)
{
	add_unknown(list, t->entries == MODEL_UNKNOWN, t->name, "entries",
		    "as many as `entries` of the NIC file says");
	add_unknown(list, t->key_width == MODEL_UNKNOWN, t->name, "key-width", "it is not shown");
	add_unknown(list, t->kind == MODEL_EXACT && t->ways == MODEL_UNKNOWN, t->name, "ways",
		    "any entry fits anywhere: the table is full only when all entries are taken");
	add_unknown(list, t->order == MODEL_ORDER_UNKNOWN, t->name, "order",
		    "priority, then arrival");
	add_unknown(list, t->insertion == MODEL_INSERTION_UNKNOWN, t->name, "insertion",
		    "no moves of entries are counted");
}

static json_t *unknowns_json(const struct model *model)
{
	const struct model_counters *c = &model->counters;
	json_t *list = json_array();

	for (size_t i = 0; i < model->num_tables; i++)
		add_table_unknowns(list, &model->tables[i]);
	if (!c->source)
		return list;
	add_unknown(list, c->bytes == MODEL_BYTES_UNKNOWN, "counters", "bytes",
		    "bytes from the MAC header on, without the FCS");
	add_unknown(list, c->width == MODEL_UNKNOWN, "counters", "width", "they never overflow");
	add_unknown(list, c->reading == MODEL_READ_UNKNOWN, "counters", "reading",
		    "what is shown is what was counted until now");
	add_unknown(list,
		    c->interval_ms == MODEL_UNKNOWN &&
			    (c->reading == MODEL_READ_POLLED || c->reading == MODEL_READ_PUSHED),
		    "counters", "interval-ms", "what is shown is as if just polled");
	add_unknown(list, c->pool == MODEL_UNKNOWN, "counters", "pool", "every rule finds one");
	return list;
}

/* --- documents --- */

static json_t *taken_json(const struct model *model)
{
	uint64_t set = 0;

	for (int i = 0; i < MODEL_FRONT_ENDS; i++)
		set |= (uint64_t)model->fronts[i].taken << i;
	return model_fronts_json(set);
}

json_t *report_model_summary(const struct model *model)
{
	return json_pack("{s:s, s:s, s:s, s:o, s:b, s:I}", "name", model->name, "title",
			 model->title, "status", model_status_name(model->status), "front_ends",
			 taken_json(model), "switchdev", model->switchdev, "clauses",
			 (json_int_t)model->num_clauses);
}

json_t *report_model(const struct model *model)
{
	json_t *document =
		json_pack("{s:i, s:s, s:s, s:s, s:b, s:o, s:o, s:o, s:o}", "schema_version",
			  REPORT_SCHEMA_VERSION, "model", model->name, "title", model->title,
			  "status", model_status_name(model->status), "switchdev", model->switchdev,
			  "front_ends", fronts_json(model), "clauses", clauses_json(model),
			  "conflicts", conflicts_json(model), "match", match_json(&model->match));
	json_t *tables = json_array();

	for (size_t i = 0; i < model->num_tables; i++)
		json_array_append_new(tables, table_json(&model->tables[i]));
	json_object_set_new(document, "tables", tables);
	json_object_set_new(document, "counters",
			    model->counters.source ? counters_json(&model->counters) : json_null());
	json_object_set_new(document, "cookies",
			    !model->cookies.source
				    ? json_null()
				    : json_pack("{s:o, s:o, s:o, s:o}", "duplicate",
						errno_json(model->cookies.duplicate, "update"),
						"unknown_destroy",
						errno_json(model->cookies.unknown_destroy, "ok"),
						"unknown_stats",
						errno_json(model->cookies.unknown_stats, "ok"),
						"source", source_json(model->cookies.source)));
	json_object_set_new(document, "hw_tc_offload_off",
			    json_pack("{s:o, s:o, s:s}", "bind",
				      errno_json(model->off_bind_error, "ok"), "replace",
				      errno_json(model->off_replace_error, "ok"), "text",
				      model->off_text));
	json_object_set_new(document, "unknown", unknowns_json(model));
	json_object_set_new(document, "notes", notes_json(model));
	return document;
}
