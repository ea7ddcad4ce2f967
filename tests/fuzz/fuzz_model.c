/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Models: any bytes are either a model that keeps its promises or an error that says something. */
#include "promise.h"

#include <nicemu/config/model.h>

#include <errno.h>
#include <string.h>

static void check_conditions(const struct model_conditions *conditions)
{
	for (size_t i = 0; i < conditions->count; i++) {
		const struct model_condition *c = &conditions->list[i];

		CHECK(c->kind < MODEL_IF_COUNT && model_condition_name(c->kind));
		for (size_t f = 0; f < c->num_fields; f++) {
			struct model_field field;

			CHECK(model_field_find(&field, model_field_name(c->fields[f])));
			CHECK(field.id == c->fields[f].id && field.bits == c->fields[f].bits);
		}
		for (size_t r = 0; r < c->num_ranges; r++)
			CHECK(c->ranges[r].min <= c->ranges[r].max);
		for (size_t a = 0; a < c->num_order; a++)
			CHECK(c->order[a] < FLOW_ACTION_COUNT);
	}
}

static void check_clauses(const struct model *model)
{
	for (size_t i = 0; i < model->num_clauses; i++) {
		const struct model_clause *clause = &model->clauses[i];

		CHECK(*clause->id && strstr(clause->reason_id, clause->id));
		CHECK(clause->error > 0 && *clause->clause && clause->text && clause->hint);
		CHECK(clause->source);
		for (size_t j = 0; j < i; j++)
			CHECK(strcmp(clause->id, model->clauses[j].id) != 0);
		check_conditions(&clause->when);
		check_conditions(&clause->unless);
		check_conditions(&clause->require);
	}
}

static void check_tables(const struct model *model)
{
	unsigned int fronts = 0;

	for (size_t i = 0; i < model->num_tables; i++) {
		const struct model_table *table = &model->tables[i];

		CHECK(*table->name && table->source && table->full_error > 0);
		CHECK(table->entries && table->reserved <= table->entries);
		CHECK(table->priority.min <= table->priority.max);
		CHECK(!table->slices || table->num_costs);
		for (size_t c = 0; c < table->num_costs; c++) {
			CHECK(table->costs[c].entries && table->costs[c].entries <= table->entries);
			CHECK(table->costs[c].slices <= table->slices);
			check_conditions(&table->costs[c].when);
		}
		fronts |= table->front_ends;
	}
	for (int i = 0; i < MODEL_FRONT_ENDS; i++) {
		CHECK(!model->fronts[i].taken || fronts >> i & 1);
		CHECK(model->fronts[i].taken || model->fronts[i].error > 0);
		CHECK(model->fronts[i].text);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct config_error error;
	struct model *model;
	int result = model_parse(&model, "m.yaml", (const char *)data, size, &error);

	if (result) {
		CHECK(result == -EINVAL && !model);
		CHECK(!strncmp(error.text, "m.yaml:", 7) && strlen(error.text) > 8);
		for (const char *c = error.text; *c; c++)
			CHECK((unsigned char)*c >= 0x20 && *c != 0x7f);
		return 0;
	}
	CHECK(*model->name && *model->title && model->off_text);
	CHECK(model->counters.width == MODEL_UNKNOWN || model->counters.width <= 64);
	check_clauses(model);
	check_tables(model);
	model_free(model);
	return 0;
}
