/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tables, shared entries and conflicts with each allocation failing. */
#include "fail_alloc.h"
#include "toy.h"

#include <criterion/criterion.h>
#include <errno.h>

enum { RULES = 12 };

static struct flow_rule *rules[RULES]; /* made before anything fails */

static void setup(void)
{
	static struct model_range narrow = {2, 3}, never = {99, 99};

	toy_reset();
	for (uint64_t cookie = 0; cookie < RULES; cookie++) {
		rules[cookie] = flow_rule_alloc(0);
		cr_assert_not_null(rules[cookie]);
		board_match(rules[cookie], FLOW_PORTS_DST, cookie, 0xffff);
	}
	toy.table.slices = 4;
	toy.table.port_mask = true;
	toy.table.insertion = MODEL_INSERTION_SHIFTS;
	toy.table.num_costs = 1;
	toy.costs[0].entries = 1;
	toy.costs[0].slices = 3;
	toy.costs[0].when = toy_if((struct model_condition){
		.kind = MODEL_IF_PRIORITY, .ranges = &narrow, .num_ranges = 1});
	toy.model.num_conflicts = 1;
	toy.conflict.relations = MODEL_SAME_MATCH | MODEL_SAME_PORT;
	toy.conflict.when = toy_if((struct model_condition){
		.kind = MODEL_IF_PRIORITY, .ranges = &never, .num_ranges = 1});
}

static void teardown(void)
{
	for (int i = 0; i < RULES; i++)
		flow_rule_free(rules[i]);
}

TestSuite(place_memory, .init = setup, .fini = teardown);

static struct asic_table_use use;

static void see(void *context, const struct asic_table_use *seen)
{
	use = *seen;
}

static int put(uint32_t binding, uint64_t cookie, uint32_t prio, struct reason *reason)
{
	return board_replace(binding, cookie, prio, rules[cookie], reason);
}

/* The same again where memory was out for the first try; that one has left nothing behind. */
static size_t put_at_last(uint32_t binding, uint64_t cookie, uint32_t prio, size_t nth)
{
	struct asic_table_use before;
	struct reason reason;

	asic_visit_tables(board.asic, see, NULL);
	before = use;
	if (!put(binding, cookie, prio, &reason))
		return 0;
	cr_assert_eq(reason.error, ENOMEM, "allocation %zu: %s", nth, reason.clause);
	asic_visit_tables(board.asic, see, NULL);
	cr_assert_eq(use.used, before.used, "allocation %zu", nth);
	cr_assert_eq(use.slices_used, before.slices_used, "allocation %zu", nth);
	cr_assert_eq(use.rules, before.rules, "allocation %zu", nth);
	cr_assert_eq(put(binding, cookie, prio, &reason), 0, "allocation %zu", nth);
	return 1;
}

static void check_used(size_t nth)
{
	asic_visit_tables(board.asic, see, NULL);
	cr_assert_eq(use.rules, 2 * RULES, "allocation %zu", nth);
	/* Half of the rules have 3 slices, half 4. */
	cr_assert_eq(use.slices_used, RULES / 2 * 3 + RULES / 2 * 4, "allocation %zu: %lu", nth,
		     use.slices_used);
	cr_assert_eq(use.used, RULES, "allocation %zu", nth);
}

static bool live_with_failure(size_t nth)
{
	uint32_t bindings[2];
	size_t failures = 0;
	bool happened;

	toy_board();
	for (uint16_t port = 0; port < 2; port++)
		bindings[port] = board_bind(port);
	fail_alloc_at(nth);
	for (uint64_t cookie = 0; cookie < RULES; cookie++)
		for (int port = 0; port < 2; port++)
			failures +=
				put_at_last(bindings[port], cookie, (uint32_t)(cookie % 4), nth);
	/* An update, which keeps its entry in a table with a port mask. */
	failures += put_at_last(bindings[0], 1, 1, nth);
	happened = fail_alloc_happened();
	fail_alloc_at(0);
	cr_assert_leq(failures, happened);
	check_used(nth);
	for (uint64_t cookie = 0; cookie < RULES; cookie++)
		for (int port = 0; port < 2; port++)
			cr_assert_eq(board_destroy(bindings[port], cookie), 0);
	asic_visit_tables(board.asic, see, NULL);
	cr_assert_eq(use.used, 0);
	cr_assert_eq(use.slices_used, 0);
	cr_assert_eq(use.rules, 0);
	board_teardown();
	return happened;
}

Test(place_memory, tables_survive_each_allocation_failing)
{
	size_t nth = 1;

	while (live_with_failure(nth))
		nth++;
	cr_assert_gt(nth, 100);
}

/* Updates that take another place, with the nth allocation failing. */
static bool update_with_failure(size_t nth)
{
	uint32_t binding;
	bool happened;
	size_t failures = 0;

	toy_board();
	binding = board_bind(0);
	for (uint64_t cookie = 0; cookie < RULES; cookie++)
		cr_assert_eq(put(binding, cookie, 1, NULL), 0);
	fail_alloc_at(nth);
	for (uint64_t cookie = 0; cookie < RULES; cookie++)
		failures += put_at_last(binding, cookie, (uint32_t)(2 + cookie % 2), nth);
	happened = fail_alloc_happened();
	fail_alloc_at(0);
	cr_assert_leq(failures, happened);
	asic_visit_tables(board.asic, see, NULL);
	cr_assert_eq(use.rules, RULES);
	cr_assert_eq(use.slices_used, toy.table.slices ? 3 * RULES : 0, "allocation %zu: %lu", nth,
		     use.slices_used);
	board_teardown();
	return happened;
}

Test(place_memory, updates_survive_each_allocation_failing)
{
	size_t nth = 1;

	toy.table.port_mask = false;
	while (update_with_failure(nth))
		nth++;
	cr_assert_gt(nth, 20);
}

Test(place_memory, exact_and_indexed_tables_survive_too)
{
	static const struct {
		enum model_table_kind kind;
		enum model_order order;
	} rows[] = {{MODEL_EXACT, MODEL_ORDER_PRIORITY_ARRIVAL},
		    {MODEL_TERNARY, MODEL_ORDER_INDEX}};

	for (size_t i = 0; i < 2; i++) {
		size_t nth = 1;

		toy.table.slices = 0;
		toy.table.num_costs = 0;
		toy.table.port_mask = false;
		toy.table.kind = rows[i].kind;
		toy.table.ways = 500;
		toy.table.order = rows[i].order;
		while (update_with_failure(nth))
			nth++;
		cr_assert_gt(nth, 20);
	}
}
