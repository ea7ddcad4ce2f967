/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Conditions: a reader for each kind, by what stands behind its name in a file. */
#include "model_read.h"
#include "names.h"

#include <nicemu/flow/view.h>

#include <errno.h>
#include <string.h>

/* One condition in the making. */
struct condition {
	const struct reader *reader;
	struct place at; /* of the condition's value, or of one of its tests */
	struct model_condition *to;
};

/* --- ranges --- */

static int read_ranges(const struct condition *c, const char *field, const struct file_list *list,
		       uint64_t max, struct model_range **ranges, size_t *count)
{
	const struct place place = place_field(&c->at, field);

	if (!list->count)
		return place_error(&place, "expected at least one number or range");
	*ranges = arena_alloc(c->reader->arena, list->count, sizeof(**ranges));
	if (!*ranges)
		return -ENOMEM;
	for (uint32_t i = 0; i < list->count; i++) {
		const struct place item = place_item(&place, i);
		struct model_range *range = &(*ranges)[i];
		int result = place_range(&item, list->items[i], max, &range->min, &range->max);

		if (result)
			return result;
	}
	*count = list->count;
	return 0;
}

static int read_own_ranges(const struct condition *c, const char *field,
			   const struct file_list *list, uint64_t max)
{
	return read_ranges(c, field, list, max, &c->to->ranges, &c->to->num_ranges);
}

static uint64_t ones(unsigned int width)
{
	return width >= 64 ? UINT64_MAX : (UINT64_C(1) << width) - 1;
}

/* The largest value that all fields of the test can have; wide: one of them has over 64 bits. */
static uint64_t fields_max(const struct model_condition *condition, bool *wide)
{
	unsigned int width = 64;

	*wide = false;
	for (size_t i = 0; i < condition->num_fields; i++) {
		unsigned int w = model_field_width(condition->fields[i]);

		*wide |= w > 64;
		width = w < width ? w : width;
	}
	return ones(width);
}

/* --- lists --- */

static int read_key_list(const struct condition *c, const struct file_condition *from)
{
	return model_read_set(&c->at, NULL, &from->list, &model_keys, &c->to->keys);
}

static int some_fields(const struct condition *c, const char *field, const struct file_list *list)
{
	const struct place place = place_field(&c->at, field);

	if (!list->count)
		return place_error(&place, "expected at least one field");
	return model_read_fields(c->reader, &c->at, field, list, &c->to->fields,
				 &c->to->num_fields);
}

static int read_field_list(const struct condition *c, const struct file_condition *from)
{
	return some_fields(c, NULL, &from->list);
}

static int read_action_list(const struct condition *c, const struct file_condition *from)
{
	return model_read_set(&c->at, NULL, &from->list, &model_actions, &c->to->actions);
}

static int read_order(const struct condition *c, const struct file_condition *from)
{
	int result = read_action_list(c, from);

	if (result)
		return result;
	c->to->order = arena_alloc(c->reader->arena, from->list.count, sizeof(*c->to->order));
	if (!c->to->order)
		return -ENOMEM;
	for (uint32_t i = 0; i < from->list.count; i++) {
		const struct place item = place_item(&c->at, i);
		int number = 0;

		result = place_choose(&item, from->list.items[i], &model_actions, &number);
		if (result)
			return result;
		c->to->order[i] = (uint8_t)number;
	}
	c->to->num_order = from->list.count;
	return 0;
}

static int read_hw_stats(const struct condition *c, const struct file_condition *from)
{
	return model_read_set(&c->at, NULL, &from->list, &model_hw_stats, &c->to->set);
}

static int read_kinds(const struct condition *c, const struct file_condition *from)
{
	return model_read_set(&c->at, NULL, &from->list, &model_port_kinds, &c->to->set);
}

static int read_front_ends(const struct condition *c, const struct file_condition *from)
{
	return model_read_set(&c->at, NULL, &from->list, &model_front_choices, &c->to->set);
}

static int read_u32_ranges(const struct condition *c, const struct file_condition *from)
{
	return read_own_ranges(c, NULL, &from->list, UINT32_MAX);
}

static int read_u16_ranges(const struct condition *c, const struct file_condition *from)
{
	return read_own_ranges(c, NULL, &from->list, UINT16_MAX);
}

/* --- tests --- */

static const char *mask_choice(int number)
{
	return model_mask_name((enum model_mask)number);
}

static int read_mask(const struct condition *c, const struct file_test *from)
{
	static const struct choices masks = {"", MODEL_MASK_PREFIX + 1, mask_choice};
	int mask = 0, result = some_fields(c, "fields", &from->fields);

	if (!result)
		result = model_read_choice(&c->at, "is", from->is, &masks, &mask);
	c->to->mask = (enum model_mask)mask;
	return result;
}

static int too_wide(const struct condition *c)
{
	return place_error(&c->at, "only fields of up to 64 bits can be compared with numbers");
}

static int read_mask_bits(const struct condition *c, const struct file_test *from)
{
	int result = some_fields(c, "fields", &from->fields);
	struct model_range *range;
	uint64_t max;
	bool wide;

	if (result)
		return result;
	max = fields_max(c->to, &wide);
	if (wide)
		return too_wide(c);
	range = arena_alloc(c->reader->arena, 1, sizeof(*range));
	if (!range)
		return -ENOMEM;
	c->to->ranges = range;
	c->to->num_ranges = 1;
	return model_read_number(&c->at, "bits", from->bits, 0, max, false, &range->max);
}

static int read_value(const struct condition *c, const struct file_test *from)
{
	int result = some_fields(c, "fields", &from->fields);
	uint64_t max;
	bool wide;

	if (result)
		return result;
	max = fields_max(c->to, &wide);
	return wide ? too_wide(c) : read_own_ranges(c, "in", &from->in, max);
}

static int read_count(const struct condition *c, const struct file_test *from)
{
	int result = model_read_set(&c->at, "of", &from->actions, &model_actions, &c->to->actions);

	return result ? result : read_own_ranges(c, "in", &from->in, UINT16_MAX);
}

/* Has an action an argument of that name? */
struct argument_search {
	const char *name;
	struct suggestion suggestion;
	bool found;
};

static void compare_argument(void *context, const struct flow_view_argument *argument)
{
	struct argument_search *search = context;

	search->found |= !strcmp(argument->name, search->name);
	suggest(&search->suggestion, argument->name);
}

static int check_argument(const struct place *place, const char *name, uint64_t actions)
{
	for (int id = 0; id < FLOW_ACTION_COUNT; id++) {
		const struct flow_action_entry action = {.id = (enum flow_action_id)id};
		struct argument_search search = {name, {.text = name}, false};

		if (!(actions >> id & 1))
			continue;
		flow_view_action(&action, compare_argument, &search);
		if (!search.found)
			return place_error(place, "action %s has no argument '%.64s'%s%s%s",
					   flow_action_name(action.id), name,
					   search.suggestion.best ? "; did you mean '" : "",
					   search.suggestion.best ? search.suggestion.best : "",
					   search.suggestion.best ? "'?" : "");
	}
	return 0;
}

static int read_argument_name(const struct condition *c, const char *field, const char *name,
			      char **copy)
{
	const struct place place = place_field(&c->at, field);
	int result = check_argument(&place, name, c->to->actions);

	if (result)
		return result;
	*copy = arena_text(c->reader->arena, name);
	return *copy ? 0 : -ENOMEM;
}

/* Only actions that have such an argument as well. */
static int read_with(const struct condition *c, const struct file_test *from)
{
	const struct place with = place_field(&c->at, "with"), in = place_field(&c->at, "with-in");
	int result;

	if (!from->with && !from->with_in.count)
		return 0;
	if (!from->with || !from->with_in.count)
		return place_error(from->with ? &with : &in, "expected both with and with-in");
	result = read_argument_name(c, "with", from->with, &c->to->with);
	return result ? result
		      : read_ranges(c, "with-in", &from->with_in, MODEL_UNKNOWN - 1,
				    &c->to->with_ranges, &c->to->num_with_ranges);
}

static int read_argument(const struct condition *c, const struct file_test *from)
{
	const struct place place = place_field(&c->at, "actions");
	int result =
		model_read_set(&c->at, "actions", &from->actions, &model_actions, &c->to->actions);

	if (!result && !from->actions.count)
		return place_error(&place, "expected at least one action");
	if (!result)
		result = read_argument_name(c, "argument", from->argument, &c->to->argument);
	if (!result)
		result = read_with(c, from);
	return result ? result : read_own_ranges(c, "in", &from->in, MODEL_UNKNOWN - 1);
}

/* --- all --- */

/* By kind: what reads a list, or one of several tests; neither: the condition is just `yes`. */
static const struct {
	int (*list)(const struct condition *c, const struct file_condition *from);
	int (*test)(const struct condition *c, const struct file_test *from);
} readers[MODEL_IF_COUNT] = {
	[MODEL_IF_KEYS_ONLY] = {.list = read_key_list},
	[MODEL_IF_KEYS_ALL] = {.list = read_key_list},
	[MODEL_IF_KEYS_ANY] = {.list = read_key_list},
	[MODEL_IF_FIELDS_ONLY] = {.list = read_field_list},
	[MODEL_IF_FIELDS_ANY] = {.list = read_field_list},
	[MODEL_IF_FIELDS_ALL] = {.list = read_field_list},
	[MODEL_IF_MASK] = {.test = read_mask},
	[MODEL_IF_MASK_BITS] = {.test = read_mask_bits},
	[MODEL_IF_VALUE] = {.test = read_value},
	[MODEL_IF_ACTIONS_ONLY] = {.list = read_action_list},
	[MODEL_IF_ACTIONS_ANY] = {.list = read_action_list},
	[MODEL_IF_ACTIONS_LAST] = {.list = read_action_list},
	[MODEL_IF_ACTIONS_COUNT] = {.test = read_count},
	[MODEL_IF_ACTIONS_ONCE] = {.list = read_action_list},
	[MODEL_IF_ACTIONS_ORDER] = {.list = read_order},
	[MODEL_IF_ARGUMENT] = {.test = read_argument},
	[MODEL_IF_HW_STATS] = {.list = read_hw_stats},
	[MODEL_IF_TARGET_KINDS] = {.list = read_kinds},
	[MODEL_IF_FRONT_ENDS] = {.list = read_front_ends},
	[MODEL_IF_PORT_KINDS] = {.list = read_kinds},
	[MODEL_IF_PRIORITY] = {.list = read_u32_ranges},
	[MODEL_IF_CHAIN_INDEX] = {.list = read_u32_ranges},
	[MODEL_IF_PROTOCOL] = {.list = read_u16_ranges},
	[MODEL_IF_IFINDEX_IS_PORT] = {NULL, NULL},
	[MODEL_IF_IFINDEX_IS_OF_NIC] = {NULL, NULL},
	[MODEL_IF_TARGETS_DIFFER] = {NULL, NULL},
	[MODEL_IF_TARGETS_NOT_PORT] = {NULL, NULL},
	[MODEL_IF_HW_STATS_SAME] = {NULL, NULL},
};

static int read_yes_only(const struct place *place, const char *text)
{
	return strcmp(text, "yes") != 0 ? place_bad(place, text, "yes, or no such line") : 0;
}

static int read_kind(struct condition *c, enum model_condition_kind kind,
		     const struct file_condition *from)
{
	return readers[kind].list ? readers[kind].list(c, from) : read_yes_only(&c->at, from->text);
}

static int read_tests(const struct reader *reader, const struct place *at,
		      enum model_condition_kind kind, const struct file_condition *from,
		      struct model_conditions *to)
{
	int result = from->num_tests ? 0 : place_error(at, "expected at least one test");

	for (uint32_t i = 0; !result && i < from->num_tests; i++) {
		struct condition c = {reader, place_item(at, i), &to->list[to->count++]};

		c.to->kind = kind;
		result = readers[kind].test(&c, &from->tests[i]);
	}
	return result;
}

static size_t count_all(const struct file_conditions *from)
{
	size_t count = MODEL_IF_COUNT;

	for (int kind = 0; kind < MODEL_IF_COUNT; kind++)
		count += from->kinds[kind].num_tests;
	return count;
}

int model_read_conditions(const struct reader *reader, const struct place *at, const char *field,
			  const struct file_conditions *from, struct model_conditions *conditions)
{
	const struct place place = place_field(at, field);
	int result = 0;

	if (!from)
		return 0;
	conditions->list = arena_alloc(reader->arena, count_all(from), sizeof(*conditions->list));
	if (!conditions->list)
		return -ENOMEM;
	for (int kind = 0; !result && kind < MODEL_IF_COUNT; kind++) {
		const struct place value = place_field(&place, model_condition_name(kind));
		struct condition c = {reader, value, NULL};

		if (!value.given)
			continue;
		if (readers[kind].test) {
			result = read_tests(reader, &value, kind, &from->kinds[kind], conditions);
			continue;
		}
		c.to = &conditions->list[conditions->count++];
		c.to->kind = kind;
		result = read_kind(&c, kind, &from->kinds[kind]);
	}
	return result;
}
