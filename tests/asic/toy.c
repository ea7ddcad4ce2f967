/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "toy.h"

#include <criterion/criterion.h>
#include <errno.h>

struct toy toy;

enum { CONDITIONS = 16 };
static struct model_condition conditions[CONDITIONS];
static size_t num_conditions;

void toy_reset(void)
{
	static struct model_source source = {"test", "none", ""};

	num_conditions = 0;
	toy = (struct toy){0};
	toy.table = (struct model_table){
		.name = "acl",
		.front_ends = 1u << MODEL_CHAIN | 1u << MODEL_FLOWTABLE | 1u << MODEL_FLOWER,
		.entries = 1000,
		.key_width = MODEL_UNKNOWN,
		.ways = MODEL_UNKNOWN,
		.insertion = MODEL_INSERTION_IN_PLACE,
		.costs = toy.costs,
		.full_error = ENOSPC,
		.full_text = "no room",
		.source = &source,
	};
	toy.clause = (struct model_clause){
		.id = "c",
		.reason_id = "toy:c",
		.error = EINVAL,
		.text = "",
		.clause = "the toy does not want it",
		.hint = "",
		.source = &source,
	};
	toy.conflict = (struct model_conflict){
		.id = "k",
		.reason_id = "toy:k",
		.error = EBUSY,
		.text = "",
		.clause = "the toy has another one",
		.hint = "",
		.source = &source,
	};
	toy.costs[0].text = toy.costs[1].text = "because";
	toy.model = (struct model){
		.name = "toy",
		.title = "a toy",
		.status = MODEL_EXPERIMENTAL,
		.clauses = &toy.clause,
		.conflicts = &toy.conflict,
		.match = {.implicits = &toy.implicit, .ignoring = &toy.ignoring},
		.tables = &toy.table,
		.num_tables = 1,
		.counters = {.packets = true,
			     .last_used = true,
			     .bytes = MODEL_BYTES_L2,
			     .width = 64,
			     .pool = MODEL_UNKNOWN,
			     .source = &source},
		.cookies = {.unknown_destroy = ENOENT, .unknown_stats = ENOENT, .source = &source},
		.off_text = "",
	};
	for (int i = 0; i < MODEL_FRONT_ENDS; i++)
		toy.model.fronts[i] = (struct model_front){.taken = true, .text = ""};
}

void toy_board(void)
{
	board_setup_model(&toy.model);
}

struct model_conditions toy_if(struct model_condition condition)
{
	cr_assert_lt(num_conditions, (size_t)CONDITIONS);
	conditions[num_conditions] = condition;
	return (struct model_conditions){&conditions[num_conditions++], 1};
}

struct model_field toy_field(const char *name)
{
	struct model_field field;

	cr_assert(model_field_find(&field, name), "%s", name);
	return field;
}
