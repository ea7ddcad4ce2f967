/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tables, counters, cookies. */
#include "model_read.h"

#include <errno.h>
#include <string.h>

enum { WIDTH_MAX = 65536, SLICES_MAX = 64, COUNTER_WIDTH_MAX = 64 };
#define ENTRIES_MAX  (UINT64_C(1) << 32)
#define INTERVAL_MAX UINT64_C(86400000)

static const char *kind_choice(int number)
{
	return model_table_kind_name((enum model_table_kind)number);
}

static const char *scope_choice(int number)
{
	return model_scope_name((enum model_scope)number);
}

static const char *order_choice(int number)
{
	return model_order_name((enum model_order)number);
}

static const char *insertion_choice(int number)
{
	return model_insertion_name((enum model_insertion)number);
}

static const char *bytes_choice(int number)
{
	return model_bytes_name((enum model_bytes)number);
}

static const char *reading_choice(int number)
{
	return model_reading_name((enum model_reading)number);
}

static const struct choices kinds = {"", MODEL_EXACT + 1, kind_choice};
static const struct choices scopes = {"", MODEL_PER_PORT + 1, scope_choice};
static const struct choices orders = {"", MODEL_ORDER_UNKNOWN + 1, order_choice};
static const struct choices insertions = {"", MODEL_INSERTION_UNKNOWN + 1, insertion_choice};
static const struct choices byte_kinds = {"", MODEL_BYTES_UNKNOWN + 1, bytes_choice};
static const struct choices readings = {"", MODEL_READ_UNKNOWN + 1, reading_choice};

/* --- costs --- */

static int read_cost(const struct reader *reader, const struct place *at,
		     const struct file_cost *from, const struct model_table *table,
		     struct model_cost *cost)
{
	uint64_t room =
		table->entries == MODEL_UNKNOWN ? ENTRIES_MAX : table->entries - table->reserved;
	const struct place slices = place_field(at, "slices");
	int result = model_read_conditions(reader, at, "when", from->when, &cost->when);

	if (!result)
		result = model_read_number(at, "entries", from->entries, 1, room, false,
					   &cost->entries);
	if (!result && !from->slices != !table->slices)
		result = place_error(&slices, table->slices
						      ? "the entries of this table are cut into "
							"slices: how many does the rule take?"
						      : "the entries of this table have no slices");
	if (!result && from->slices)
		result = model_read_number(at, "slices", from->slices, 1, table->slices, false,
					   &cost->slices);
	if (!result)
		result = model_read_text(reader, at, "text", from->text, false, &cost->text);
	return result ? result : model_read_source(reader, at, from->source, &cost->source);
}

static int read_costs(const struct reader *reader, const struct place *at,
		      const struct file_table *from, struct model_table *table)
{
	const struct place costs = place_field(at, "costs");
	int result = 0;

	if (table->slices && !from->num_costs)
		return place_error(at, "the entries are cut into slices: expected costs, which say "
				       "how many a rule takes");
	table->costs = arena_alloc(reader->arena, from->num_costs, sizeof(*table->costs));
	if (!table->costs)
		return -ENOMEM;
	for (uint32_t i = 0; !result && i < from->num_costs; i++) {
		const struct place place = place_item(&costs, i);

		result = read_cost(reader, &place, &from->costs[i], table, &table->costs[i]);
		if (!result && i + 1 < from->num_costs && !table->costs[i].when.count)
			result = place_error(&place, "holds for every rule, so nothing behind it "
						     "is ever asked; expected it last");
	}
	table->num_costs = from->num_costs;
	return result;
}

/* --- tables --- */

static int read_choices(const struct place *at, const struct file_table *from,
			struct model_table *table)
{
	int kind = 0, scope = 0, order = 0, insertion = 0;
	int result = model_read_choice(at, "kind", from->kind, &kinds, &kind);

	if (!result)
		result = model_read_choice(at, "scope", from->scope, &scopes, &scope);
	if (!result)
		result = model_read_choice(at, "order", from->order, &orders, &order);
	if (!result)
		result = model_read_choice(at, "insertion", from->insertion, &insertions,
					   &insertion);
	if (!result)
		result = model_read_yes(at, "port-mask", from->port_mask, &table->port_mask);
	table->kind = (enum model_table_kind)kind;
	table->scope = (enum model_scope)scope;
	table->order = (enum model_order)order;
	table->insertion = (enum model_insertion)insertion;
	return result;
}

static int read_sizes(const struct place *at, const struct file_table *from,
		      struct model_table *table)
{
	const struct place width = place_field(at, "key-width"), ways = place_field(at, "ways");
	uint64_t most;
	int result = model_read_number(at, "entries", from->entries, 1, ENTRIES_MAX, true,
				       &table->entries);

	if (result)
		return result;
	most = table->entries == MODEL_UNKNOWN ? ENTRIES_MAX : table->entries;
	/* One entry at least is for rules. */
	result = model_read_number(at, "reserved", from->reserved, 0, most - 1, false,
				   &table->reserved);
	if (!result)
		result = model_read_number(at, "slices", from->slices, 0, SLICES_MAX, false,
					   &table->slices);
	if (!result)
		result = model_read_number(at, "key-width", from->key_width, 1, WIDTH_MAX, true,
					   &table->key_width);
	if (!result && table->slices && table->key_width != MODEL_UNKNOWN &&
	    table->key_width % table->slices)
		result = place_error(&width, "%llu bits can't be cut into %llu slices alike",
				     (unsigned long long)table->key_width,
				     (unsigned long long)table->slices);
	if (!result)
		result = model_read_number(at, "ways", from->ways, 1, most, true, &table->ways);
	if (!result && table->ways != MODEL_UNKNOWN && table->kind != MODEL_EXACT)
		result = place_error(&ways, "only a table of kind exact has buckets");
	if (!result && table->ways != MODEL_UNKNOWN && table->entries != MODEL_UNKNOWN &&
	    table->entries % table->ways)
		result = place_error(&ways, "%llu entries are no whole number of buckets of %llu",
				     (unsigned long long)table->entries,
				     (unsigned long long)table->ways);
	return result;
}

static int check_table_name(const struct reader *reader, const struct place *at, const char *name)
{
	const struct place place = place_field(at, "name");

	for (size_t i = 0; i < reader->model->num_tables; i++)
		if (!strcmp(reader->model->tables[i].name, name))
			return place_bad(&place, name, "a name that no table before it has");
	return 0;
}

static int check_table_fronts(const struct reader *reader, const struct place *at,
			      const struct model_table *table)
{
	const struct place place = place_field(at, "front-ends");

	if (!table->front_ends)
		return place_error(&place, "expected at least one of chain, flowtable, flower");
	for (int front = 0; front < MODEL_FRONT_ENDS; front++)
		if (table->front_ends >> front & 1 && !reader->model->fronts[front].taken)
			return place_error(&place, "the NIC does not take %s (front-ends.%s)",
					   model_front_end_name(front),
					   model_front_end_name(front));
	return 0;
}

static int read_full(const struct reader *reader, const struct place *table,
		     const struct file_full *from, struct model_table *to)
{
	const struct place at = place_field(table, "full");
	int result = model_read_errno(&at, "errno", from->error, NULL, &to->full_error);

	return result ? result
		      : model_read_text(reader, &at, "text", from->text, true, &to->full_text);
}

static int read_priority(const struct place *at, const struct file_table *from,
			 struct model_table *table)
{
	const struct place place = place_field(at, "priority");

	return from->priority ? place_range(&place, from->priority, UINT32_MAX,
					    &table->priority.min, &table->priority.max)
			      : 0;
}

static int read_table(const struct reader *reader, const struct place *at,
		      const struct file_table *from, struct model_table *table)
{
	uint64_t fronts = 0;
	int result = check_table_name(reader, at, from->name);

	*table = (struct model_table){
		.key_width = MODEL_UNKNOWN,
		.ways = MODEL_UNKNOWN,
		.priority = {0, UINT32_MAX},
	};
	if (!result)
		result = model_read_id(reader, at, "name", from->name, &table->name);
	if (!result)
		result = read_choices(at, from, table);
	if (!result)
		result = model_read_set(at, "front-ends", &from->front_ends, &model_front_choices,
					&fronts);
	table->front_ends = (unsigned int)fronts;
	if (!result)
		result = check_table_fronts(reader, at, table);
	if (!result)
		result = read_sizes(at, from, table);
	if (!result)
		result = read_priority(at, from, table);
	if (!result)
		result = read_costs(reader, at, from, table);
	if (!result)
		result = model_check_width(reader, at, table);
	if (!result)
		result = read_full(reader, at, from->full, table);
	return result ? result : model_read_source(reader, at, from->source, &table->source);
}

/* A front end that is taken has somewhere to put its rules. */
static int check_fronts(const struct reader *reader, const struct place *at)
{
	const struct place tables = place_field(at, "tables");
	unsigned int with_table = 0;

	for (size_t i = 0; i < reader->model->num_tables; i++)
		with_table |= reader->model->tables[i].front_ends;
	for (int front = 0; front < MODEL_FRONT_ENDS; front++)
		if (reader->model->fronts[front].taken && !(with_table >> front & 1))
			return place_error(&tables,
					   "none has the front end %s, which the NIC takes",
					   model_front_end_name(front));
	return 0;
}

int model_read_tables(const struct reader *reader, const struct place *at,
		      const struct file_model *file)
{
	const struct place tables = place_field(at, "tables");
	struct model *model = reader->model;
	int result = 0;

	model->tables = arena_alloc(reader->arena, file->num_tables, sizeof(*model->tables));
	if (!model->tables)
		return -ENOMEM;
	for (uint32_t i = 0; !result && i < file->num_tables; i++) {
		const struct place place = place_item(&tables, i);

		result = read_table(reader, &place, &file->tables[i], &model->tables[i]);
		model->num_tables += !result;
	}
	return result ? result : check_fronts(reader, at);
}

/* --- counters --- */

static int read_counted(const struct place *at, const struct file_counters *from,
			struct model_counters *to)
{
	int bytes = 0, reading = 0;
	int result = model_read_yes(at, "packets", from->packets, &to->packets);

	if (!result)
		result = model_read_yes(at, "last-used", from->last_used, &to->last_used);
	if (!result)
		result = model_read_yes(at, "if-asked", from->if_asked, &to->if_asked);
	if (!result)
		result = model_read_choice(at, "bytes", from->bytes, &byte_kinds, &bytes);
	if (!result)
		result = model_read_choice(at, "reading", from->reading, &readings, &reading);
	to->bytes = (enum model_bytes)bytes;
	to->reading = (enum model_reading)reading;
	return result;
}

static int read_interval(const struct place *at, const struct file_counters *from,
			 struct model_counters *to)
{
	const struct place place = place_field(at, "interval-ms");

	if (from->interval && to->reading != MODEL_READ_POLLED && to->reading != MODEL_READ_PUSHED)
		return place_error(&place, "only counters that are polled or pushed have one");
	return model_read_number(at, "interval-ms", from->interval, 1, INTERVAL_MAX, true,
				 &to->interval_ms);
}

int model_read_counters(const struct reader *reader, const struct place *root,
			const struct file_counters *from)
{
	const struct place at = place_field(root, "counters");
	struct model_counters *to = &reader->model->counters;
	int result;

	*to = (struct model_counters){
		.width = MODEL_UNKNOWN, .interval_ms = MODEL_UNKNOWN, .pool = MODEL_UNKNOWN};
	if (!from)
		return 0;
	result = read_counted(&at, from, to);
	if (!result)
		result = model_read_number(&at, "width", from->width, 1, COUNTER_WIDTH_MAX, true,
					   &to->width);
	if (!result)
		result = read_interval(&at, from, to);
	if (!result)
		result =
			model_read_number(&at, "pool", from->pool, 0, ENTRIES_MAX, true, &to->pool);
	if (!result)
		result = model_read_errno(&at, "pool-full", from->pool_full, "ok", &to->pool_error);
	if (!result)
		result = model_read_errno(&at, "unsupported", from->unsupported, "ok",
					  &to->unsupported_error);
	return result ? result : model_read_source(reader, &at, from->source, &to->source);
}

int model_read_cookies(const struct reader *reader, const struct place *root,
		       const struct file_cookies *from)
{
	const struct place at = place_field(root, "cookies");
	struct model_cookies *to = &reader->model->cookies;
	int result;

	if (!from)
		return 0;
	result = model_read_errno(&at, "duplicate", from->duplicate, "update", &to->duplicate);
	if (!result)
		result = model_read_errno(&at, "unknown-destroy", from->unknown_destroy, "ok",
					  &to->unknown_destroy);
	if (!result)
		result = model_read_errno(&at, "unknown-stats", from->unknown_stats, "ok",
					  &to->unknown_stats);
	return result ? result : model_read_source(reader, &at, from->source, &to->source);
}
