/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A second ASIC for measurements, the entries' numbers, memory. */
#include "board.h"
#include "fail_alloc.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>

TestSuite(copy, .init = board_setup, .fini = board_teardown);

enum { RULES = 700, PRIORITIES = 5 };

static uint32_t bindings[2];

/* Ports of packets in the order of cookies, priorities mixed; some rules are gone again. */
static void load_rules(void)
{
	bindings[0] = board_bind(0);
	bindings[1] = board_bind(1);
	for (uint64_t i = 0; i < RULES; i++) {
		struct flow_rule *rule = board_rule(0);

		board_match(rule, FLOW_PORTS_DST, i / 4, 0xffff);
		cr_assert_eq(board_replace(bindings[i % 2], i, (uint32_t)(i * 7 % PRIORITIES), rule,
					   NULL),
			     0);
	}
	for (uint64_t i = 0; i < RULES; i += 11)
		cr_assert_eq(board_destroy(bindings[i % 2], i), 0);
}

static struct asic_decision send_to(struct asic_worker *worker, uint16_t port, uint16_t destination,
				    const struct asic_decision **decision)
{
	static struct flow_batch batch;
	const struct packet packet = {.length = 100, .port = port, .time_ns = 5};
	struct flow_key key = board_udp(destination);

	flow_batch_set(&batch, 0, &key, asic_begin(worker));
	asic_process(worker, &packet, &batch, decision, 1);
	return **decision;
}

Test(copy, it_decides_as_the_original_and_counts_apart)
{
	struct asic *copy;
	struct asic_worker *worker;
	const struct asic_decision *at;
	size_t matched = 0;

	load_rules();
	copy = asic_copy(board.asic, &tcam_reference);
	cr_assert_not_null(copy);
	cr_assert_eq(asic_entries(copy), 0, "the table is filled by asic_build");
	cr_assert_eq(asic_build(copy), 0);
	cr_assert_eq(asic_entries(copy), asic_entries(board.asic));
	worker = asic_worker_create(copy, ASIC_NO_CACHE);
	for (uint16_t i = 0; i < RULES / 4 * 3; i++) {
		struct flow_key key = board_udp(i / 2);
		struct asic_decision want = board_send(i % 2, &key);
		struct asic_decision got = send_to(worker, i % 2, i / 2, &at);

		cr_assert_eq(got.matched, want.matched, "packet %d", i);
		cr_assert_eq(got.binding, want.binding, "packet %d", i);
		cr_assert_eq(got.cookie, want.cookie, "packet %d", i);
		matched += got.matched;
	}
	cr_assert_gt(matched, RULES / 8);
	cr_assert_eq(asic_unmatched(copy).packets, asic_unmatched(board.asic).packets);
	cr_assert_eq(board_totals(bindings[0], 2).packets, 1, "the copy counts apart");
	asic_worker_destroy(worker);
	asic_destroy(copy);
}

Test(copy, numbers_are_places_in_the_order_of_priority_and_arrival)
{
	const struct asic_decision *at;
	size_t seen = 0;

	load_rules();
	for (int round = 0; round < 2; round++) {
		for (uint16_t i = 0; i < RULES / 2; i++) {
			struct asic_decision got = send_to(board.worker, i % 2, i / 2, &at);
			uint64_t want = 1;

			if (!got.matched) {
				cr_assert_eq(asic_entry_number(board.asic, at), 0);
				continue;
			}
			for (uint64_t c = 0; c < RULES; c++)
				want += (round || c % 11) &&
					(c * 7 % PRIORITIES < got.cookie * 7 % PRIORITIES ||
					 (c * 7 % PRIORITIES == got.cookie * 7 % PRIORITIES &&
					  (c % 11 == 0) == (got.cookie % 11 == 0) &&
					  c < got.cookie) ||
					 (c * 7 % PRIORITIES == got.cookie * 7 % PRIORITIES &&
					  c % 11 != 0 && got.cookie % 11 == 0));
			cr_assert_eq(asic_entry_number(board.asic, at), want,
				     "round %d cookie %lu: %zu, not %lu", round,
				     (unsigned long)got.cookie, asic_entry_number(board.asic, at),
				     (unsigned long)want);
			seen++;
		}
		/* What was gone comes back, behind the others of its priority. */
		for (uint64_t i = 0; round == 0 && i < RULES; i += 11) {
			struct flow_rule *rule = board_rule(0);

			board_match(rule, FLOW_PORTS_DST, i / 4, 0xffff);
			cr_assert_eq(board_replace(bindings[i % 2], i,
						   (uint32_t)(i * 7 % PRIORITIES), rule, NULL),
				     0);
		}
	}
	cr_assert_gt(seen, RULES / 2);
}

struct visits {
	uint32_t priority;
	uint64_t arrival;
	size_t count, stop_after;
};

static int visit(void *context, const struct tcam_entry *entry, const struct tcam_rule *rule)
{
	struct visits *visits = context;

	cr_assert_eq(entry->priority, rule->priority);
	cr_assert_eq(rule->mask.word[0] & FLOW_PORT_MASK, FLOW_PORT_MASK);

	if (visits->count++) {
		cr_assert_leq(visits->priority, entry->priority);
		if (visits->priority == entry->priority)
			cr_assert_lt(visits->arrival, entry->arrival);
	}
	visits->priority = entry->priority;
	visits->arrival = entry->arrival;
	return visits->count == visits->stop_after ? -EINTR : 0;
}

Test(copy, entries_are_visited_in_order_until_the_visitor_has_enough)
{
	struct visits all = {0}, some = {.stop_after = 10};

	load_rules();
	cr_assert_eq(asic_visit_entries(board.asic, visit, &all), 0);
	cr_assert_eq(all.count, asic_entries(board.asic));
	cr_assert_eq(asic_visit_entries(board.asic, visit, &some), -EINTR);
	cr_assert_eq(some.count, 10);
	cr_assert_eq(asic_measure(board.asic).entries, all.count);
	fail_alloc_at(1);
	cr_assert_eq(asic_visit_entries(board.asic, visit, &all), -ENOMEM);
	fail_alloc_at(0);
}

Test(copy, numbers_need_no_memory)
{
	const struct asic_decision *at;
	struct asic_decision got;
	size_t number;

	load_rules();
	got = send_to(board.worker, 1, 2, &at);
	cr_assert(got.matched);
	fail_alloc_at(1);
	number = asic_entry_number(board.asic, at);
	cr_assert(fail_alloc_happened());
	fail_alloc_at(0);
	cr_assert_gt(number, 0);
	cr_assert_eq(asic_entry_number(board.asic, at), number);
}

Test(copy, it_can_be_built_a_few_entries_at_a_time_and_given_up_half_way)
{
	struct asic *copy;
	struct asic_building *building;
	int left;

	load_rules();
	copy = asic_copy(board.asic, NULL);
	cr_assert_not_null(copy);
	building = asic_build_begin(copy);
	cr_assert_not_null(building);
	cr_assert_eq(asic_build_some(building, 3), 1);
	asic_build_end(building);
	asic_destroy(copy);
	copy = asic_copy(board.asic, NULL);
	cr_assert_not_null(copy);
	building = asic_build_begin(copy);
	cr_assert_not_null(building);
	do
		left = asic_build_some(building, 3);
	while (left == 1);
	cr_assert_eq(left, 0);
	asic_build_end(building);
	cr_assert_eq(asic_entries(copy), asic_entries(board.asic));
	asic_destroy(copy);
}

Test(copy, each_allocation_failing_leaves_the_original_alone)
{
	size_t failures = 0;

	load_rules();
	for (size_t nth = 1;; nth++) {
		struct asic *copy;
		int error = -ENOMEM;

		fail_alloc_at(nth);
		copy = asic_copy(board.asic, NULL);
		if (copy)
			error = asic_build(copy);
		cr_assert(!error || fail_alloc_happened(), "allocation %zu", nth);
		if (error)
			cr_assert_eq(error, -ENOMEM);
		else
			cr_assert_eq(asic_entries(copy), asic_entries(board.asic));
		asic_destroy(copy);
		if (!fail_alloc_happened())
			break;
		failures++;
	}
	fail_alloc_at(0);
	cr_assert_geq(failures, 8);
	cr_assert_eq(asic_entries(board.asic), RULES - (RULES + 10) / 11);
}

Test(copy, memory_grows_with_rules_and_goes_with_them)
{
	struct asic_memory empty = asic_memory(board.asic), full, again;

	load_rules();
	full = asic_memory(board.asic);
	cr_assert_geq(full.entry_bytes - empty.entry_bytes, (RULES - RULES / 11) * 150u);
	cr_assert_leq(full.entry_bytes, RULES * 400u);
	cr_assert_gt(full.tcam_bytes, 0);
	for (int i = 0; i < 2; i++) {
		cr_assert_eq(offload_unbind(board.offload, bindings[i]), 0);
		offload_release(board.offload, bindings[i]);
	}
	again = asic_memory(board.asic);
	cr_assert_lt(again.entry_bytes, 1000u);
}
