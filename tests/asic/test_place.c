/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What rules take of the model's tables, and when these are full. */
#include "toy.h"

#include <nicemu/base/random.h>

#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

static uint32_t binding;
static struct reason reason;

static void setup(void)
{
	toy_reset();
	toy.table.entries = 4;
}

TestSuite(place, .init = setup, .fini = board_teardown);

/* The toy as it is now becomes a NIC; what its tables are is looked at once. */
static void make(void)
{
	toy_board();
	binding = board_bind(1);
}

static int put_on(uint32_t to, uint64_t cookie, uint32_t prio, uint64_t port)
{
	struct flow_rule *rule = board_rule(1);

	rule->actions[0] = board_action(FLOW_ACTION_DROP, 0);
	board_match(rule, FLOW_PORTS_DST, port, 0xffff);
	reason = (struct reason){0};
	return board_replace(to, cookie, prio, rule, &reason);
}

static int put(uint64_t cookie, uint32_t prio)
{
	return put_on(binding, cookie, prio, cookie);
}

/* A rule of the second cost. */
static int put_wide(uint64_t cookie, uint32_t prio)
{
	struct flow_rule *rule = board_rule(0);

	rule->match.used_keys = FLOW_PRESENT(IPV6_ADDRS);
	reason = (struct reason){0};
	return board_replace(binding, cookie, prio, rule, &reason);
}

static struct asic_table_use use;
static size_t num_uses;

static void see_use(void *context, const struct asic_table_use *seen)
{
	const int32_t *port = context;

	num_uses++;
	if (seen->port == *port)
		use = *seen;
}

/* Of the table of that port, or of all (-1). */
static const struct asic_table_use *table_use(int32_t port)
{
	use = (struct asic_table_use){0};
	num_uses = 0;
	asic_visit_tables(board.asic, see_use, &port);
	cr_assert_not_null(use.table);
	return &use;
}

static uint64_t used(void)
{
	return table_use(-1)->used;
}

struct wanted_entry {
	uint64_t cookie;
	uint16_t port;
	struct asic_entry found;
	bool any;
};

static int see_entry(void *context, const struct asic_entry *entry)
{
	struct wanted_entry *wanted = context;

	if (entry->decision->cookie != wanted->cookie || entry->port != wanted->port)
		return 0;
	wanted->found = *entry;
	wanted->any = true;
	return 1;
}

static struct asic_entry entry_of(uint64_t cookie)
{
	struct wanted_entry wanted = {.cookie = cookie, .port = 1};

	cr_assert_eq(asic_visit(board.asic, see_entry, &wanted), 1);
	return wanted.found;
}

static void costs(uint64_t entries, uint64_t slices)
{
	toy.costs[0] = toy.costs[1] =
		(struct model_cost){.entries = 1, .slices = 1, .text = "narrow"};
	toy.costs[0].when = toy_if((struct model_condition){.kind = MODEL_IF_KEYS_ANY,
							    .keys = FLOW_PRESENT(IPV6_ADDRS)});
	toy.costs[0].entries = entries;
	toy.costs[0].slices = slices;
	toy.costs[0].text = "wide";
	toy.table.num_costs = 2;
}

Test(place, a_full_table_says_how_full_it_is)
{
	toy.table.reserved = 1;
	make();
	for (uint64_t cookie = 1; cookie <= 3; cookie++)
		cr_assert_eq(put(cookie, 10), 0);
	cr_assert_eq(put(4, 10), -ENOSPC);
	cr_assert_str_eq(reason.id, "tcam-full");
	cr_assert_eq(reason.layer, REASON_CAPACITY);
	cr_assert_str_eq(reason.clause, "4 of 4 entries of table acl are taken, the rule needs 1; "
					"the driver says \"no room\"");
	cr_assert_eq(put(2, 11), 0, "an update needs no room");
	cr_assert_eq(board_destroy(binding, 1), 0);
	toy.table.full_error = ENOMEM;
	cr_assert_eq(put(4, 10), 0);
	cr_assert_eq(put(5, 10), -ENOMEM);
	cr_assert_eq(table_use(-1)->reserved, 1);
	cr_assert_eq(asic_taken(board.asic), 4, "those of the driver, too");
	cr_assert_eq(used(), 3);
}

Test(place, unknown_entries_are_as_the_nic_file_says)
{
	toy.table.entries = MODEL_UNKNOWN;
	make();
	board.nic.entries = 2;
	cr_assert_eq(put(1, 10), 0);
	cr_assert_eq(put(2, 10), 0);
	cr_assert_eq(put(3, 10), -ENOSPC);
	cr_assert(strstr(reason.hint, "`entries`"));
	cr_assert_eq(asic_capacity(board.asic), 2);
}

Test(place, each_port_can_have_a_table_of_its_own)
{
	uint32_t other;

	toy.table.scope = MODEL_PER_PORT;
	toy.table.entries = 2;
	make();
	other = board_bind(5);
	for (uint64_t cookie = 1; cookie <= 2; cookie++) {
		cr_assert_eq(put(cookie, 10), 0);
		cr_assert_eq(put_on(other, cookie, 10, 1), 0);
	}
	cr_assert_eq(put_on(other, 3, 10, 1), -ENOSPC);
	cr_assert(strstr(reason.clause, "of table acl of port eth5"), "%s", reason.clause);
	cr_assert_eq(table_use(1)->used, 2);
	cr_assert_eq(table_use(5)->rules, 2);
	cr_assert_eq(table_use(0)->used, 0);
	cr_assert_eq(num_uses, 8);
	cr_assert_eq(asic_capacity(board.asic), 16);
	cr_assert_eq(asic_taken(board.asic), 4);
	offload_port_gone(board.offload, 5);
	cr_assert_eq(table_use(5)->used, 0);
}

Test(place, a_rule_can_cost_several_entries)
{
	costs(3, 0);
	make();
	cr_assert_eq(put_wide(1, 10), 0);
	cr_assert_eq(used(), 3);
	cr_assert_str_eq(entry_of(1).cost->text, "wide");
	cr_assert_eq(entry_of(1).entries, 3);
	cr_assert_eq(put_wide(2, 10), -ENOSPC);
	cr_assert(strstr(reason.clause, "3 of 4"), "%s", reason.clause);
	cr_assert(strstr(reason.clause, "needs 3"), "%s", reason.clause);
	cr_assert_eq(put(2, 10), 0);
	cr_assert_eq(board_destroy(binding, 1), 0);
	cr_assert_eq(used(), 1);
}

Test(place, an_update_that_costs_more_needs_room_and_else_changes_nothing)
{
	struct flow_key key = board_udp(1);

	costs(3, 0);
	make();
	cr_assert_eq(put(1, 10), 0);
	cr_assert_eq(put(2, 10), 0);
	cr_assert_eq(put_wide(1, 10), -ENOSPC);
	cr_assert_eq(used(), 2);
	cr_assert_eq(board_send(1, &key).cookie, 1, "the old rule stays");
	cr_assert_eq(board_destroy(binding, 2), 0);
	cr_assert_eq(put_wide(1, 10), 0);
	cr_assert_eq(used(), 3);
	cr_assert_eq(put(1, 10), 0);
	cr_assert_eq(used(), 1);
	cr_assert_eq(table_use(-1)->rules, 1);
}

Test(place, rules_share_an_entry_as_far_as_its_slices_go)
{
	toy.table.slices = 4;
	costs(1, 3);
	make();
	cr_assert_eq(put_wide(1, 10), 0); /* 3 of 4 */
	cr_assert_eq(put(2, 10), 0);      /* the fourth */
	cr_assert_eq(used(), 1);
	cr_assert_eq(put_wide(3, 10), 0);
	cr_assert_eq(put_wide(4, 10), 0);
	cr_assert_eq(put(5, 10), 0);
	cr_assert_eq(used(), 3);
	cr_assert_eq(table_use(-1)->slices_used, 11);
	cr_assert_eq(put(6, 10), 0);
	cr_assert_eq(used(), 3, "the last free slice of the third");
	cr_assert_eq(put_wide(7, 10), 0);
	cr_assert_eq(put_wide(8, 10), -ENOSPC);
	cr_assert_eq(put(8, 10), 0);
	cr_assert_eq(put(9, 10), -ENOSPC);
	cr_assert_eq(board_destroy(binding, 1), 0);
	cr_assert_eq(used(), 4, "rule 2 is still in it");
	cr_assert_eq(put(9, 10), 0);
	cr_assert_eq(board_destroy(binding, 2), 0);
	cr_assert_eq(board_destroy(binding, 9), 0);
	cr_assert_eq(used(), 3);
	cr_assert_eq(entry_of(3).slices, 3);
}

Test(place, an_entry_with_the_fewest_free_slices_that_suffice_is_taken)
{
	toy.table.slices = 4;
	costs(1, 2);
	make();
	cr_assert_eq(put_wide(1, 10), 0); /* 2 + 1 of 4 */
	cr_assert_eq(put(2, 10), 0);
	cr_assert_eq(put_wide(3, 10), 0); /* 2 of 4 */
	cr_assert_eq(put(4, 10), 0);      /* fills the first, not the second */
	cr_assert_eq(put_wide(5, 10), 0); /* so the second has room for it */
	cr_assert_eq(used(), 2);
}

Test(place, a_bucket_can_be_full_before_the_table)
{
	uint64_t taken = 0, refused = 0;

	toy.table.kind = MODEL_EXACT;
	toy.table.entries = 64;
	toy.table.ways = 2;
	make();
	for (uint64_t cookie = 1; cookie <= 64; cookie++) {
		int error = put(cookie, 10);

		cr_assert(!error || error == -ENOSPC);
		if (error) {
			cr_assert_str_eq(reason.id, "bucket-full");
			cr_assert(strstr(reason.clause, "2 of 2 ways of the rule's bucket"), "%s",
				  reason.clause);
		}
		taken += !error;
		refused += error != 0;
	}
	cr_assert_eq(used(), taken);
	cr_assert_gt(refused, 0, "32 buckets of 2 are not all full at once");
	cr_assert_gt(taken, 32);
}

Test(place, the_same_match_falls_into_the_same_bucket_on_all_ports_with_a_port_mask)
{
	uint32_t other;

	toy.table.kind = MODEL_EXACT;
	toy.table.entries = 1000;
	toy.table.ways = 1;
	toy.table.port_mask = true;
	make();
	other = board_bind_to(2, OFFLOAD_BLOCK, 2); /* another chain */
	cr_assert_eq(put_on(binding, 1, 10, 80), 0);
	cr_assert_eq(put_on(other, 2, 10, 80), -ENOSPC);
	cr_assert_str_eq(reason.id, "bucket-full");
	cr_assert_eq(board_destroy(binding, 1), 0);
	cr_assert_eq(put_on(other, 2, 10, 80), 0);
}

Test(place, with_a_port_mask_a_rule_on_several_ports_is_one_entry)
{
	uint32_t second, stranger;
	struct wanted_entry on_second = {.cookie = 1, .port = 2};
	uint64_t entries;

	toy.table.port_mask = true;
	toy.table.entries = 2;
	make();
	second = board_bind(2);
	stranger = board_bind_to(3, OFFLOAD_BLOCK, 99);
	cr_assert_eq(put(1, 10), 0);
	cr_assert_eq(put_on(second, 1, 10, 1), 0);
	cr_assert_eq(used(), 1);
	cr_assert_eq(table_use(-1)->rules, 2);
	cr_assert_eq(put_on(stranger, 1, 10, 1), 0, "another chain's rule with that cookie");
	cr_assert_eq(used(), 2);
	cr_assert_eq(put_on(second, 2, 10, 1), -ENOSPC);
	asic_visit(board.asic, see_entry, &on_second);
	entries = entry_of(1).entries;
	cr_assert_eq(entries + on_second.found.entries, 1, "one of them shows the entry");
	cr_assert_eq(board_destroy(binding, 1), 0);
	cr_assert_eq(used(), 2, "the other port is still in it");
	on_second.any = false;
	asic_visit(board.asic, see_entry, &on_second);
	cr_assert_eq(on_second.found.entries, 1);
	cr_assert_eq(board_destroy(second, 1), 0);
	cr_assert_eq(used(), 1);
}

Test(place, the_priority_is_the_place_where_that_is_free)
{
	struct flow_key key = board_udp(7);

	toy.table.order = MODEL_ORDER_INDEX;
	make();
	cr_assert_eq(put_on(binding, 1, 3, 7), 0); /* place 2 */
	cr_assert_eq(put_on(binding, 2, 3, 7), 0); /* taken: the first free one, 0 */
	cr_assert_eq(board_send(1, &key).cookie, 2);
	cr_assert_eq(put_on(binding, 3, 99, 7), 0); /* there is no such place: 1 */
	cr_assert_eq(put_on(binding, 4, 0, 7), 0);  /* nor that: 3 */
	cr_assert_eq(put_on(binding, 5, 1, 7), -ENOSPC);
	cr_assert_eq(board_destroy(binding, 2), 0);
	cr_assert_eq(board_send(1, &key).cookie, 3);
	cr_assert_eq(board_destroy(binding, 3), 0);
	cr_assert_eq(board_send(1, &key).cookie, 1);
	cr_assert_eq(put_on(binding, 6, 4, 7), 0);
	cr_assert_eq(board_send(1, &key).cookie, 6, "place 3 is taken, place 0 is free");
	cr_assert_eq(entry_of(6).tcam->priority, 1);
}

Test(place, entries_of_a_rule_lie_side_by_side)
{
	costs(2, 0);
	toy.table.order = MODEL_ORDER_INDEX;
	make();
	cr_assert_eq(put(1, 2), 0); /* place 1 */
	cr_assert_eq(put(2, 4), 0); /* place 3 */
	cr_assert_eq(used(), 2);
	cr_assert_eq(put_wide(3, 1), -ENOSPC, "0 and 2 are free, and not neighbours");
	cr_assert_str_eq(reason.id, "tcam-full");
	cr_assert_eq(board_destroy(binding, 2), 0);
	cr_assert_eq(put_wide(3, 1), 0);
	cr_assert_eq(entry_of(3).tcam->priority, 3);
}

Test(place, a_table_can_pass_over_priorities)
{
	struct flow_key key = board_udp(7);

	toy.table.order = MODEL_ORDER_ARRIVAL;
	make();
	cr_assert_eq(put_on(binding, 1, 20, 7), 0);
	cr_assert_eq(put_on(binding, 2, 10, 7), 0);
	cr_assert_eq(board_send(1, &key).cookie, 1);
	cr_assert_eq(put_on(binding, 1, 30, 7), 0);
	cr_assert_eq(board_send(1, &key).cookie, 1, "also when it is updated");
}

Test(place, what_stands_behind_a_new_entry_moves)
{
	costs(2, 0);
	toy.table.entries = 100;
	toy.table.insertion = MODEL_INSERTION_SHIFTS;
	make();
	cr_assert_eq(put(1, 20), 0);
	cr_assert_eq(put(2, 20), 0); /* behind the other one */
	cr_assert_eq(put_wide(3, 30), 0);
	cr_assert_eq(entry_of(3).moves, 0);
	cr_assert_eq(put(4, 20), 0); /* before two entries */
	cr_assert_eq(entry_of(4).moves, 2);
	cr_assert_eq(put(5, 10), 0);
	cr_assert_eq(entry_of(5).moves, 5);
	cr_assert_eq(table_use(-1)->moves, 7);
	cr_assert_eq(board_destroy(binding, 3), 0);
	cr_assert_eq(put(6, 10), 0);
	cr_assert_eq(entry_of(6).moves, 3);
	cr_assert_eq(put(1, 5), 0); /* it moves to the front */
	cr_assert_eq(entry_of(1).moves, 5);
}

struct order {
	uint32_t priorities[8];
	size_t count;
};

static int note_priority(void *context, const struct asic_entry *entry)
{
	struct order *order = context;

	order->priorities[order->count++] = entry->tcam->priority;
	return 0;
}

Test(place, a_copy_has_the_entries_in_the_same_order)
{
	struct order here = {.count = 0}, there = {.count = 0};
	struct asic *copy;

	costs(2, 0);
	toy.table.order = MODEL_ORDER_INDEX;
	make();
	cr_assert_eq(put(1, 4), 0);
	cr_assert_eq(put_wide(2, 9), 0);
	cr_assert_eq(put(3, 3), 0);
	copy = asic_copy(board.asic, NULL);
	cr_assert_eq(asic_build(copy), 0);
	cr_assert_eq(asic_visit(board.asic, note_priority, &here), 0);
	cr_assert_eq(asic_visit(copy, note_priority, &there), 0);
	cr_assert_eq(here.count, 3);
	cr_assert_eq(there.count, 3);
	cr_assert_arr_eq(here.priorities, there.priorities, sizeof(here.priorities));
	asic_destroy(copy);
	cr_assert_eq(used(), 4, "the copy has taken nothing");
}

/* --- against an obvious model --- */

enum { COOKIES = 40, ROUNDS = 4000 };

struct obvious {
	bool live;
	uint32_t prio;
	uint64_t arrival, moves;
};

static uint64_t obvious_behind(const struct obvious *rules, uint32_t prio)
{
	uint64_t behind = 0;

	for (int i = 0; i < COOKIES; i++)
		behind += rules[i].live && rules[i].prio > prio;
	return behind;
}

static int obvious_winner(const struct obvious *rules, bool by_priority)
{
	int best = -1;

	for (int i = 0; i < COOKIES; i++) {
		if (!rules[i].live)
			continue;
		if (best < 0 || (by_priority && rules[i].prio < rules[best].prio) ||
		    ((!by_priority || rules[i].prio == rules[best].prio) &&
		     rules[i].arrival < rules[best].arrival))
			best = i;
	}
	return best;
}

static void run_obvious(enum model_order order, uint64_t seed)
{
	struct obvious rules[COOKIES] = {{0}};
	struct flow_key key = board_udp(7);
	struct random random = {5};
	uint64_t arrivals = 0;

	random = (struct random){seed};
	toy.table.order = order;
	toy.table.entries = COOKIES / 2;
	toy.table.insertion = MODEL_INSERTION_SHIFTS;
	make();
	for (int round = 0; round < ROUNDS; round++) {
		uint64_t cookie = random_below(&random, COOKIES), live = 0;
		/* Priorities that differ in any of their digits. */
		uint32_t prio = (uint32_t)(1 + random_below(&random, 15))
				<< 4 * random_below(&random, 8);
		struct asic_decision decision;
		int winner;

		for (int i = 0; i < COOKIES; i++)
			live += rules[i].live;
		if (rules[cookie].live) {
			cr_assert_eq(board_destroy(binding, cookie), 0);
			rules[cookie].live = false;
		} else if (live == COOKIES / 2) {
			cr_assert_eq(put_on(binding, cookie, prio, 7), -ENOSPC);
		} else {
			cr_assert_eq(put_on(binding, cookie, prio, 7), 0);
			rules[cookie] =
				(struct obvious){.live = true,
						 .prio = prio,
						 .arrival = ++arrivals,
						 .moves = order == MODEL_ORDER_ARRIVAL
								  ? 0
								  : obvious_behind(rules, prio)};
			cr_assert_eq(entry_of(cookie).moves, rules[cookie].moves,
				     "seed %lu round %d: %lu, want %lu", seed, round,
				     entry_of(cookie).moves, rules[cookie].moves);
		}
		decision = board_send(1, &key);
		winner = obvious_winner(rules, order != MODEL_ORDER_ARRIVAL);
		cr_assert_eq(decision.matched, winner >= 0);
		cr_assert(winner < 0 || decision.cookie == (uint64_t)winner,
			  "seed %lu round %d: %lu, want %d", seed, round, decision.cookie, winner);
	}
	board_teardown();
}

Test(place, orders_and_moves_are_those_of_an_obvious_model)
{
	static const enum model_order orders[] = {MODEL_ORDER_PRIORITY_ARRIVAL, MODEL_ORDER_ARRIVAL,
						  MODEL_ORDER_PRIORITY_UNDEFINED,
						  MODEL_ORDER_UNKNOWN};

	for (size_t i = 0; i < sizeof(orders) / sizeof(orders[0]); i++)
		run_obvious(orders[i], 77 + i);
	make();
}

enum { PLACES = 66 };

/* Where an obvious table would put it; PLACES: nowhere. */
static uint64_t obvious_place(const bool *taken, uint32_t prio, uint64_t size)
{
	for (uint64_t at = prio - 1, next = 0;; at = next++) {
		uint64_t run = 0;

		while (run < size && at + run < PLACES && !taken[at + run])
			run++;
		if (run == size)
			return at;
		if (next == PLACES)
			return PLACES;
	}
}

Test(place, indexes_are_those_of_an_obvious_table)
{
	bool taken[PLACES] = {false};
	uint64_t at[COOKIES] = {0}, size[COOKIES] = {0}; /* size 0: not there */
	struct random random = {11};
	int refused = 0;

	costs(3, 0);
	toy.table.order = MODEL_ORDER_INDEX;
	toy.table.entries = PLACES;
	make();
	for (int round = 0; round < ROUNDS; round++) {
		uint64_t cookie = random_below(&random, COOKIES);
		bool wide = random_below(&random, 2);
		uint32_t prio = (uint32_t)(1 + random_below(&random, round % 2 ? 200 : 4));
		uint64_t want = obvious_place(taken, prio, wide ? 3 : 1);
		int error;

		if (size[cookie] && random_below(&random, 3))
			continue;
		if (size[cookie]) {
			cr_assert_eq(board_destroy(binding, cookie), 0);
			memset(&taken[at[cookie]], false, size[cookie]);
			size[cookie] = 0;
			continue;
		}
		error = wide ? put_wide(cookie, prio) : put(cookie, prio);
		cr_assert_eq(error, want == PLACES ? -ENOSPC : 0, "round %d: %d", round, error);
		refused += error != 0;
		if (error)
			continue;
		cr_assert_eq(entry_of(cookie).tcam->priority, want + 1, "round %d: %u, want %lu",
			     round, entry_of(cookie).tcam->priority, want + 1);
		at[cookie] = want;
		size[cookie] = wide ? 3 : 1;
		memset(&taken[want], true, size[cookie]);
	}
	cr_assert_gt(refused, 10, "the table was hardly ever full");
}

/* Random rules of all costs come and go; in the end all is free again. */
Test(place, whatever_is_taken_is_given_back)
{
	struct random random = {5};
	bool live[COOKIES] = {false};

	toy.table.slices = 4;
	costs(1, 3);
	toy.table.entries = 9;
	toy.table.insertion = MODEL_INSERTION_SHIFTS;
	toy.table.port_mask = true;
	toy.model.counters.pool = 12;
	make();
	for (int round = 0; round < ROUNDS; round++) {
		uint64_t cookie = random_below(&random, COOKIES);
		uint32_t prio = (uint32_t)random_below(&random, 4);

		if (live[cookie] && random_below(&random, 2)) {
			cr_assert_eq(board_destroy(binding, cookie), 0);
			live[cookie] = false;
		} else if (random_below(&random, 2) ? !put(cookie, prio)
						    : !put_wide(cookie, prio)) {
			live[cookie] = true;
		}
		cr_assert_leq(used(), 9);
		cr_assert_leq(table_use(-1)->slices_used, 4 * used());
	}
	for (uint64_t cookie = 0; cookie < COOKIES; cookie++)
		if (live[cookie])
			cr_assert_eq(board_destroy(binding, cookie), 0);
	cr_assert_eq(used(), 0);
	cr_assert_eq(table_use(-1)->slices_used, 0);
	cr_assert_eq(table_use(-1)->rules, 0);
}
