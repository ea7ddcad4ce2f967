/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rules that have packets in common, compared with what becomes of every packet. */
#include "board.h"
#include "fail_alloc.h"
#include "order.h"

#include <nicemu/base/random.h>

#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

TestSuite(order, .init = (void (*)(void))board_open, .fini = board_close);

enum { SIDE = 8, NO_PORTS = SIDE * SIDE, PACKETS };

static bool takes(const struct board_rule *rule, unsigned int packet)
{
	if (!rule->src_mask && !rule->dst_mask)
		return true;
	return packet != NO_PORTS && !((packet / SIDE ^ rule->src) & rule->src_mask) &&
	       !((packet % SIDE ^ rule->dst) & rule->dst_mask);
}

static bool is_hidden(const struct board_rule *rules, size_t index)
{
	for (unsigned int p = 0; p < PACKETS; p++) {
		bool taken = !takes(&rules[index], p);

		for (size_t i = 0; i < index && !taken; i++)
			taken = takes(&rules[i], p);
		if (!taken)
			return false;
	}
	return true;
}

/* Bits above SIDE are asked for, too, so that ports are all within it. */
static void draw(struct random *random, struct board_rule *rule, uint64_t handle)
{
	*rule = (struct board_rule){.handle = handle, .drop = random_below(random, 2)};
	if (random_below(random, 3)) {
		rule->src_mask = (uint16_t)(random_below(random, SIDE) | 0xfff8);
		rule->src = (uint16_t)random_below(random, SIDE) & rule->src_mask;
	}
	if (random_below(random, 3)) {
		rule->dst_mask = (uint16_t)(random_below(random, SIDE) | 0xfff8);
		rule->dst = (uint16_t)random_below(random, SIDE) & rule->dst_mask;
	}
}

static bool is_told(const struct board_findings *findings, uint64_t handle)
{
	char word[64];

	snprintf(word, sizeof(word), "never-hit:%llu<", (unsigned long long)handle);
	return strstr(findings->text, word);
}

static struct board_findings findings;

/* The lint sees all 65536 ports: what is left open outside of SIDE is never hidden there. */
static bool leaves_ports_open(const struct board_rule *rule)
{
	return !rule->src_mask || !rule->dst_mask;
}

Test(order, exactly_the_rules_that_get_no_packet_are_told)
{
	enum { RULES = 24 };
	struct board_rule rules[RULES];
	struct random random = {.state = 21};
	int hidden = 0;

	for (int round = 0; round < 40; round++) {
		uint32_t binding;

		if (round)
			board_close(), board_open();
		binding = board_bind(0);
		for (size_t i = 0; i < RULES; i++) {
			draw(&random, &rules[i], i + 1);
			board_add(binding, &rules[i]);
		}
		cr_assert_eq(board_lint(&findings), 0);
		for (size_t i = 0; i < RULES; i++) {
			bool expected = is_hidden(rules, i), told = is_told(&findings, i + 1);

			hidden += expected;
			cr_assert(!told || expected, "seed 21 round %d rule %zu: %s", round, i + 1,
				  findings.text);
			cr_assert(told || !expected || leaves_ports_open(&rules[i]),
				  "seed 21 round %d rule %zu: %s", round, i + 1, findings.text);
		}
	}
	cr_assert_gt(hidden, 100);
}

Test(order, ports_of_a_chain_that_are_alike_are_told_once)
{
	const struct board_rule first = {.handle = 1, .dst = 80, .dst_mask = 0xffff};
	const struct board_rule second = {.handle = 2, .dst = 80, .dst_mask = 0xffff, .drop = true};

	for (uint16_t port = 0; port < 3; port++) {
		uint32_t binding = board_bind(port);

		board_add(binding, &first);
		board_add(binding, &second);
	}
	cr_assert_eq(board_lint(&findings), 0);
	cr_assert_not_null(strstr(findings.text, "never-hit:2<1 "));
	cr_assert_null(strstr(strstr(findings.text, "never-hit") + 1, "never-hit"), "%s",
		       findings.text);
}

/* As lint_run, with bounds of the test's and no other check. */
static void lint_within(const struct order_limits *limits)
{
	struct lint lint = {.emulator = board_emulator()};

	findings = (struct board_findings){0};
	lint_collect(&lint);
	lint_collect_entries(&lint);
	check_order_within(&lint, limits);
	lint_tell(&lint, board_take, &findings);
	cr_assert_not(lint.failed);
	lint_free(&lint);
}

/* Rules 1 to 300 take a port each, 301 and the others what the first of them takes. */
static void add_ports(uint32_t binding)
{
	for (uint64_t i = 1; i <= 400; i++)
		board_add(binding, &(struct board_rule){.handle = i,
							.dst = (uint16_t)(i <= 300 ? i : 1),
							.dst_mask = 0xffff});
}

Test(order, many_rules_behind_the_bound_are_still_asked_for_one_that_takes_all_packets)
{
	add_ports(board_bind(0));
	lint_within(&(struct order_limits){.looks = 200, .cover_looks = 1 << 20, .steps = 1 << 20});
	cr_assert_eq(findings.count, 101);
	cr_assert_eq(strncmp(findings.text, "not-all-looked-at:0<0 never-hit:301<1 ", 38), 0,
		     "%.80s", findings.text);
	cr_assert_null(strstr(findings.first, "behind number"), "%s", findings.first);
}

Test(order, many_rules_behind_both_bounds_are_said_not_to_be_looked_at)
{
	unsigned int compared, asked;

	add_ports(board_bind(0));
	lint_within(&(struct order_limits){.looks = 200, .cover_looks = 400, .steps = 1 << 20});
	cr_assert_eq(findings.count, 1);
	cr_assert_eq(sscanf(strstr(findings.first, "only the first"),
			    "only the first %u were compared", &compared),
		     1);
	cr_assert_eq(sscanf(strstr(findings.first, "behind number"), "behind number %u", &asked),
		     1);
	cr_assert(compared > 1 && asked > compared && asked < 300, "%s", findings.first);
}

Test(order, within_the_bound_nothing_is_said_of_it)
{
	add_ports(board_bind(0));
	lint_within(&(struct order_limits){.looks = 1 << 20, .steps = 1 << 20});
	cr_assert_eq(findings.count, 100);
	cr_assert_null(strstr(findings.text, "not-all-looked-at"));
}

Test(order, too_many_findings_are_said_to_be)
{
	uint32_t binding = board_bind(0);

	for (uint64_t i = 1; i <= 100002; i++)
		board_add(binding, &(struct board_rule){.handle = i, .dst = 1, .dst_mask = 0xffff});
	cr_assert_eq(board_lint(&findings), 0);
	cr_assert_eq(findings.count, 100001);
	cr_assert_eq(strncmp(findings.text, "not-all-looked-at:0<0 ", 22), 0, "%.80s",
		     findings.text);
}

Test(order, without_memory_nothing_is_told)
{
	uint32_t binding = board_bind(0);
	size_t failures = 0;

	for (uint64_t i = 1; i <= 70; i++)
		board_add(binding, &(struct board_rule){.handle = i, .dst = 1, .dst_mask = 0xffff});
	for (size_t nth = 1;; nth++) {
		int error;

		fail_alloc_at(nth);
		error = board_lint(&findings);
		if (!fail_alloc_happened())
			break;
		/* What the C library itself could do without is no error. */
		cr_assert(error == -ENOMEM || error == 0, "allocation %zu: %d", nth, error);
		cr_assert(error == 0 || findings.count == 0, "allocation %zu", nth);
		failures += error == -ENOMEM;
	}
	fail_alloc_at(0);
	cr_assert_gt(failures, 70);
	cr_assert_eq(board_lint(&findings), 0);
	cr_assert_eq(findings.count, 69);
}
