/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whoever counted, and whether a flow cache answered: the sums are the same. */
#include "board.h"
#include "fail_alloc.h"

#include <nicemu/base/random.h>

#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

TestSuite(workers, .init = board_setup, .fini = board_teardown);

enum { WORKERS = 5, COOKIES = 600, PORTS = 40, ROUNDS = 3000 };

/* What must come out. */
static struct {
	uint32_t binding;
	struct asic_worker *workers[WORKERS];
	bool live[COOKIES];
	struct offload_stats totals[COOKIES];
	struct asic_counters retired, unmatched;
	uint64_t several; /* packets counted while several workers were alive */
} m;

static void add_rule(struct random *r, uint64_t cookie)
{
	struct flow_rule *rule = board_rule(0);

	board_match(rule, FLOW_PORTS_DST, random_below(r, PORTS), 0xffff);
	board_match(rule, FLOW_IPV4_DST, random_below(r, 2), 1);
	cr_assert_eq(board_replace(m.binding, cookie, (uint32_t)random_below(r, 4), rule, NULL), 0);
	m.live[cookie] = true;
}

static void remove_rule(uint64_t cookie)
{
	cr_assert_eq(board_destroy(m.binding, cookie), m.live[cookie] ? 0 : -ENOENT);
	m.retired.packets += m.totals[cookie].packets;
	m.retired.bytes += m.totals[cookie].bytes;
	m.totals[cookie] = (struct offload_stats){0};
	m.live[cookie] = false;
}

static size_t alive(void)
{
	size_t count = 1; /* the board's */

	for (int i = 0; i < WORKERS; i++)
		count += m.workers[i] != NULL;
	return count;
}

static void come_or_go(struct random *r)
{
	struct asic_worker **worker = &m.workers[random_below(r, WORKERS)];

	if (*worker) {
		asic_worker_destroy(*worker);
		*worker = NULL;
	} else {
		*worker = asic_worker_create(board.asic,
					     random_below(r, 2) ? 1 << 16 : ASIC_NO_CACHE);
		cr_assert_not_null(*worker);
	}
}

/* A batch through one of the workers; each packet's decision is checked against the first one's. */
static void send(struct random *r, int round)
{
	static struct flow_batch batch;
	struct asic_worker *worker = m.workers[random_below(r, WORKERS)];
	struct packet packets[FLOW_BATCH];
	const struct asic_decision *decisions[FLOW_BATCH];
	size_t count = 1 + random_below(r, FLOW_BATCH);
	unsigned int chunks;

	if (!worker)
		worker = board.worker;
	chunks = asic_begin(worker);
	for (size_t i = 0; i < count; i++) {
		struct flow_key key = board_udp((uint16_t)random_below(r, PORTS + 3));

		packets[i] = (struct packet){
			.length = (uint32_t)random_below(r, 1500),
			.port = (uint16_t)random_below(r, 2),
			.time_ns = (uint64_t)round + random_below(r, 9),
		};
		flow_batch_set(&batch, i, &key, chunks);
	}
	asic_process(worker, packets, &batch, decisions, count);
	for (size_t i = 0; i < count; i++) {
		struct offload_stats *totals = &m.totals[decisions[i]->cookie];

		m.several += alive() > 1;
		if (!decisions[i]->matched) {
			m.unmatched.packets++;
			m.unmatched.bytes += packets[i].length;
			continue;
		}
		cr_assert(m.live[decisions[i]->cookie], "round %d: a rule that is gone decided",
			  round);
		totals->packets++;
		totals->bytes += packets[i].length;
		if (packets[i].time_ns > totals->last_used_ns)
			totals->last_used_ns = packets[i].time_ns;
	}
}

static void check_sums(uint64_t seed, int round)
{
	for (uint64_t c = 0; c < COOKIES; c++) {
		struct offload_stats got;

		if (!m.live[c])
			continue;
		got = board_totals(m.binding, c);
		cr_assert_arr_eq(&got, &m.totals[c], sizeof(got),
				 "seed %lu round %d cookie %lu: %lu packets, not %lu",
				 (unsigned long)seed, round, (unsigned long)c,
				 (unsigned long)got.packets, (unsigned long)m.totals[c].packets);
	}
	cr_assert_eq(asic_retired(board.asic).packets, m.retired.packets, "seed %lu round %d", seed,
		     round);
	cr_assert_eq(asic_retired(board.asic).bytes, m.retired.bytes);
	cr_assert_eq(asic_unmatched(board.asic).packets, m.unmatched.packets, "seed %lu round %d",
		     seed, round);
	cr_assert_eq(asic_unmatched(board.asic).bytes, m.unmatched.bytes);
}

static void step(struct random *r, int round)
{
	uint64_t cookie = random_below(r, COOKIES);

	switch (random_below(r, 12)) {
	case 0: come_or_go(r); break;
	case 1: remove_rule(cookie); break;
	case 2:
	case 3:
	case 4: add_rule(r, cookie); break;
	default: send(r, round); break;
	}
}

Test(workers, sums_are_the_same_whoever_counted_and_whoever_is_gone)
{
	for (uint64_t seed = 1; seed <= 4; seed++) {
		struct random r = {seed};

		board_teardown();
		board_setup();
		memset(&m, 0, sizeof(m));
		m.binding = board_bind(0);
		for (int round = 0; round < ROUNDS; round++) {
			step(&r, round);
			if (round % 20 == 0)
				check_sums(seed, round);
		}
		for (int i = 0; i < WORKERS; i++)
			asic_worker_destroy(m.workers[i]);
		check_sums(seed, ROUNDS);
		cr_assert_gt(m.several, 10000, "only %lu", (unsigned long)m.several);
		cr_assert_gt(m.retired.packets, 100);
	}
}

/* --- a flow cache changes nothing --- */

static void check_twins(struct random *r, struct asic_worker *const *twins, uint64_t seed,
			int round)
{
	static struct flow_batch batch;
	const struct asic_decision *decisions[2][FLOW_BATCH];
	struct packet packets[FLOW_BATCH];
	struct flow_key keys[FLOW_BATCH];
	size_t count = 1 + random_below(r, FLOW_BATCH);

	for (size_t i = 0; i < count; i++) {
		packets[i] = (struct packet){.length = 60, .port = (uint16_t)random_below(r, 2)};
		keys[i] = board_udp((uint16_t)random_below(r, PORTS + 3));
		keys[i].word[2] |= random_below(r, 4) << 8;
	}
	for (int t = 0; t < 2; t++) {
		unsigned int chunks = asic_begin(twins[t]);

		for (size_t i = 0; i < count; i++)
			flow_batch_set(&batch, i, &keys[i], chunks);
		asic_process(twins[t], packets, &batch, decisions[t], count);
	}
	cr_assert_arr_eq(decisions[0], decisions[1], count * sizeof(decisions[0][0]),
			 "seed %lu round %d", (unsigned long)seed, round);
}

Test(workers, a_flow_cache_changes_no_decision)
{
	for (uint64_t seed = 1; seed <= 4; seed++) {
		struct random r = {seed};
		struct asic_worker *twins[2];

		board_teardown();
		board_setup();
		memset(&m, 0, sizeof(m));
		m.binding = board_bind(0);
		twins[0] = asic_worker_create(board.asic, ASIC_NO_CACHE);
		twins[1] = asic_worker_create(board.asic, ASIC_CACHE_DEFAULT);
		for (int round = 0; round < 1500; round++) {
			uint64_t cookie = random_below(&r, COOKIES);

			if (random_below(&r, 4) == 0)
				add_rule(&r, cookie);
			if (random_below(&r, 8) == 0)
				remove_rule(cookie);
			check_twins(&r, twins, seed, round);
		}
		asic_worker_destroy(twins[0]);
		asic_worker_destroy(twins[1]);
	}
}

Test(workers, caches_are_as_large_as_they_were_wanted)
{
	static const size_t wanted[] = {0, 1, 4095, 4096, 100000, ASIC_CACHE_DEFAULT};

	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		struct asic_worker *worker = asic_worker_create(board.asic, wanted[i]);
		size_t bytes = asic_worker_cache_bytes(worker);

		cr_assert_leq(bytes, wanted[i]);
		cr_assert_geq(bytes, wanted[i] < 4096 ? 0 : wanted[i] - 63, "%zu of %zu", bytes,
			      wanted[i]);
		asic_worker_destroy(worker);
	}
}

Test(workers, one_that_gets_no_memory_is_none_and_leaves_the_others_alone)
{
	struct random r = {5};
	struct flow_key key = board_udp(7);
	size_t failures = 0;
	uint64_t sent = 0;

	m.binding = board_bind(0);
	for (uint64_t c = 0; c < COOKIES; c++)
		add_rule(&r, c);
	for (size_t nth = 1;; nth++) {
		struct asic_worker *worker;
		bool happened;

		fail_alloc_at(nth);
		worker = asic_worker_create(board.asic, 1 << 20);
		happened = fail_alloc_happened();
		fail_alloc_at(0);
		cr_assert_eq(worker == NULL, happened, "allocation %zu", nth);
		for (int i = 0; i < 3; i++, sent++)
			board_send(1, &key);
		asic_worker_destroy(worker);
		cr_assert_eq(asic_unmatched(board.asic).packets, sent);
		if (!happened)
			break;
		failures++;
	}
	/* The worker, its cache (two), and segments of counts of both workers. */
	cr_assert_geq(failures, 3u + 2 * (1 + COOKIES / 256), "only %zu", failures);
}

/* A rule that can't be counted by every worker is refused. */
Test(workers, a_rule_for_which_a_worker_gets_no_memory_is_refused)
{
	struct asic_worker *other = asic_worker_create(board.asic, ASIC_NO_CACHE);
	struct random r = {6};
	size_t refused = 0;

	m.binding = board_bind(0);
	for (uint64_t c = 0; c < COOKIES; c++) {
		bool happened = c % 256 == 0; /* a new segment */

		for (size_t nth = 1; happened; nth++) {
			const struct flow_rule *rule = board_rule(0);
			int error;

			fail_alloc_at(nth);
			error = board_replace(m.binding, c, 1, rule, NULL);
			happened = fail_alloc_happened();
			fail_alloc_at(0);
			cr_assert_eq(asic_entries(board.asic), c + !error);
			if (!error)
				break;
			cr_assert_eq(error, -ENOMEM);
			refused++;
		}
		add_rule(&r, c);
	}
	/* Each time the segment, and counts of both workers. */
	cr_assert_geq(refused, 3u * 3, "only %zu", refused);
	asic_worker_destroy(other);
}
