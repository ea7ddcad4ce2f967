/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Benches of a few packets: what they count and how they end. How long anything takes is not asked.
 */
#include "bench_figure.h"
#include "captures.h"
#include "fail_alloc.h"
#include "small_emulator.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <urcu.h>

static const uint64_t times[] = {1000000, 3000000, 2000000};
static const uint8_t marks[] = {1, 2, 3};

/* FNV-1a of 1, 1, 1, 3, 3 and of 1, 1, 1, 0, 0, made by another program. */
#define DIGEST_MATCHED   UINT64_C(0xe3142244e38718a4)
#define DIGEST_UNMATCHED UINT64_C(0x6613d142c55a6ff4)

static char folder[] = SMALL_EMULATOR_FOLDER;
static struct emulator *emulator;
static uint32_t first_binding;

/* A rule that takes everything that comes in by the port. */
static void install(uint32_t binding, uint64_t cookie, uint32_t prio)
{
	struct flow_rule *rule = flow_rule_alloc(1);
	struct reason reason = {0};
	const struct offload_command command = {.binding = binding,
						.cookie = cookie,
						.prio = prio,
						.protocol = 0x0800,
						.rule = rule};

	rule->actions[0] = (struct flow_action_entry){.id = FLOW_ACTION_DROP,
						      .hw_stats = FLOW_ACTION_HW_STATS_DONT_CARE};
	rule->num_actions = 1;
	cr_assert_eq(offload_replace(emulator->offload, &command, &reason), 0, "%s", reason.clause);
	flow_rule_free(rule);
}

static uint32_t bind_port(uint16_t port)
{
	struct offload_binding binding = {.port = port,
					  .binder = OFFLOAD_BLOCK,
					  .direction = OFFLOAD_INGRESS,
					  .block = port + 1};
	struct reason reason = {0};

	cr_assert_eq(offload_bind(emulator->offload, &binding, &reason), 0);
	return binding.id;
}

/* Numbers: cookie 8 has 1, cookie 7 has 2 (both of port 0), cookie 9 of port 1 has 3. */
static void setup(void)
{
	emulator = small_emulator_create(folder);
	cr_assert_not_null(emulator);
	first_binding = bind_port(0);
	install(first_binding, 7, 5);
	install(bind_port(1), 9, 9);
	install(first_binding, 8, 1);
}

static void teardown(void)
{
	emulator_destroy(emulator);
	cr_expect_eq(rmdir(folder), 0, "the socket file is still there");
}

TestSuite(bench, .init = setup, .fini = teardown);

/* Three packets by port 0, then two by the other one. */
static struct bench *create(struct bench_options *options, uint16_t other)
{
	struct replay_input inputs[] = {
		{capture_of(times, marks, 3, 0), "a", 0},
		{capture_of(times, marks, 2, 0), "b", other},
	};
	struct bench *bench;
	char message[512];
	bool wrong_input;

	options->inputs = inputs;
	options->num_inputs = 2;
	if (!options->runs)
		options->runs = BENCH_RUNS_MIN;
	if (bench_create(&bench, emulator, options, &wrong_input, message, sizeof(message)))
		return NULL;
	return bench;
}

static const struct bench_results *finish(struct bench *bench)
{
	cr_assert_not_null(bench);
	while (bench_step(bench))
		;
	bench_finish(bench);
	return bench_get_results(bench);
}

static void check_figure(const struct bench_figure *figure, size_t runs)
{
	cr_assert_eq(figure->runs, runs, "%zu runs, not %zu", figure->runs, runs);
	for (size_t i = 0; i < runs; i++) {
		cr_assert_gt(figure->run[i], 0);
		cr_assert_geq(figure->run[i], figure->min);
		cr_assert_leq(figure->run[i], figure->max);
	}
	cr_assert(figure->min <= figure->median && figure->median <= figure->max);
}

Test(bench_figures, the_median_of_an_even_number_is_between_the_two_in_the_middle)
{
	double none[1], three[] = {3, 1, 2}, four[] = {4, 1, 3, 2};

	cr_assert_eq(bench_median(none, 0), 0);
	cr_assert_eq(bench_median(three, 3), 2);
	cr_assert_eq(bench_median(four, 4), 2.5);
}

Test(bench_figures, a_run_has_whole_passes_and_is_long_enough)
{
	struct bench_figure figure = {0};
	struct bench_meter meter = {0};

	for (int i = 0; i < 2 * 3; i++) {
		bench_meter_add(&meter, 100, BENCH_RUN_NS / 4);
		bench_meter_add(&meter, 100, BENCH_RUN_NS / 4 - 1);
		bench_meter_end_pass(&meter, &figure);
	}
	/* A pass is a bit shorter than half a run: three make one. */
	cr_assert_eq(figure.runs, 2);
	bench_figure_close(&figure);
	cr_assert_float_eq(figure.median, 600e9 / (1.5 * BENCH_RUN_NS), 1);
	cr_assert_eq(figure.min, figure.max);
	cr_assert_eq(meter.spent_ns, 6 * ((uint64_t)BENCH_RUN_NS / 2 - 1));
}

Test(bench, a_pass_has_every_packet_once_and_the_digest_names_who_decided)
{
	static const enum bench_kind kinds[] = {BENCH_LOOKUP, BENCH_REPLAY};

	for (size_t i = 0; i < 2; i++) {
		struct bench_options options = {
			.kind = kinds[i], .seconds = 60, .engine = &tcam_reference};
		struct bench *bench = create(&options, 1);
		const struct bench_results *results = finish(bench);

		cr_assert_null(bench_failure(bench), "%s", bench_failure(bench));
		cr_assert(results->surveyed && results->built && !results->interrupted);
		cr_assert_eq(results->rules, 3);
		cr_assert_eq(results->packets, 5);
		cr_assert_eq(results->bytes, 300);
		cr_assert_eq(results->matched, 5);
		cr_assert_eq(results->captures[0].read.packets, 3);
		cr_assert_eq(results->captures[1].read.bytes, 120);
		cr_assert_eq(results->digest, DIGEST_MATCHED, "%llx",
			     (unsigned long long)results->digest);
		check_figure(&results->lookup, kinds[i] == BENCH_LOOKUP ? BENCH_RUNS_MIN : 0);
		check_figure(&results->replay, BENCH_RUNS_MIN);
		cr_assert_gt(results->first_pass, 0);
		bench_destroy(bench);
	}
}

Test(bench, packets_that_nothing_matches_have_number_0)
{
	struct bench_options options = {.seconds = 0};
	struct bench *bench = create(&options, 4);
	const struct bench_results *results = finish(bench);

	cr_assert_eq(results->matched, 3);
	cr_assert_eq(results->digest, DIGEST_UNMATCHED, "%llx",
		     (unsigned long long)results->digest);
	bench_destroy(bench);
}

Test(bench, the_emulator_stays_as_it_was)
{
	struct bench_options options = {.seconds = 0};
	struct bench *bench = create(&options, 1);
	struct offload_stats totals;

	finish(bench);
	bench_destroy(bench);
	cr_assert_eq(offload_totals(emulator->offload, first_binding, 8, &totals), 0);
	cr_assert_eq(totals.packets, 0);
	cr_assert_eq(asic_unmatched(emulator->asic).packets, 0);
	cr_assert_eq(emulator->ports[0].rx_packets, 0);
	cr_assert_eq(emulator->clock.now_ns, 0);
}

Test(bench, rules_that_change_meanwhile_change_nothing)
{
	struct bench_options options = {.seconds = 0};
	struct bench *bench = create(&options, 1);
	const struct offload_command command = {.binding = first_binding, .cookie = 8};
	const struct bench_results *results;

	while (!bench_get_results(bench)->built)
		cr_assert(bench_step(bench));
	cr_assert_eq(offload_destroy_rule(emulator->offload, &command, NULL), 0);
	results = finish(bench);
	cr_assert_eq(results->digest, DIGEST_MATCHED);
	bench_destroy(bench);
}

Test(bench, when_the_time_is_over_one_run_has_been_made)
{
	struct bench_options options = {.seconds = 0};
	struct bench *bench = create(&options, 1);
	const struct bench_results *results = finish(bench);

	check_figure(&results->lookup, 1);
	check_figure(&results->replay, 1);
	bench_destroy(bench);
}

Test(bench, an_interrupt_ends_it_with_what_there_is)
{
	struct bench_options options = {.seconds = 60, .runs = BENCH_RUNS_MAX};
	struct bench *bench = create(&options, 1);
	const struct bench_results *results = bench_get_results(bench);

	while (!results->lookup.runs)
		cr_assert(bench_step(bench));
	bench_interrupt(bench);
	cr_assert_not(bench_step(bench));
	bench_finish(bench);
	cr_assert(results->interrupted);
	cr_assert_lt(results->lookup.runs, BENCH_RUNS_MAX);
	check_figure(&results->lookup, results->lookup.runs);
	bench_destroy(bench);
	bench = create(&options, 1);
	bench_interrupt(bench);
	results = finish(bench);
	cr_assert(results->interrupted && !results->built && !results->surveyed);
	bench_destroy(bench);
}

Test(bench, packets_that_do_not_fit_are_told)
{
	struct bench_options options = {.seconds = 0, .bytes_limit = 1000};
	struct bench *bench = create(&options, 1);

	finish(bench);
	cr_assert_not_null(bench_failure(bench));
	cr_assert_not_null(strstr(bench_failure(bench), "memory"), "%s", bench_failure(bench));
	bench_destroy(bench);
	/* A replay keeps none. */
	options = (struct bench_options){.kind = BENCH_REPLAY, .seconds = 0, .bytes_limit = 1000};
	bench = create(&options, 1);
	finish(bench);
	cr_assert_null(bench_failure(bench));
	bench_destroy(bench);
}

Test(bench, a_capture_that_breaks_off_is_an_error_and_the_next_one_is_read)
{
	struct replay_input inputs[] = {
		{capture_of(times, marks, 3, 1), "cut", 0},
		{capture_of(times, marks, 2, 0), "b", 1},
	};
	struct bench_options options = {
		.seconds = 0, .inputs = inputs, .num_inputs = 2, .runs = BENCH_RUNS_MIN};
	const struct bench_results *results;
	struct replay_error error;
	struct bench *bench;
	char message[512];
	bool wrong_input;

	cr_assert_eq(
		bench_create(&bench, emulator, &options, &wrong_input, message, sizeof(message)),
		0);
	results = finish(bench);
	cr_assert_eq(results->packets, 4);
	cr_assert(bench_get_error(bench, 0, &error));
	cr_assert_str_eq(error.name, "cut");
	cr_assert_eq(error.offset, 24 + 2 * 76);
	cr_assert_not(bench_get_error(bench, 1, &error));
	bench_destroy(bench);
}

static int count_descriptors(void)
{
	DIR *all = opendir("/proc/self/fd");
	int count = 0;

	while (readdir(all))
		count++;
	closedir(all);
	return count;
}

Test(bench, what_is_no_capture_is_told_and_descriptors_are_closed)
{
	int before = count_descriptors(), pipes[2];
	struct replay_input inputs[2];
	struct bench_options options = {.inputs = inputs, .num_inputs = 2, .runs = BENCH_RUNS_MIN};
	struct bench *bench;
	char message[512];
	bool wrong_input;

	inputs[0] = (struct replay_input){capture_of(times, marks, 3, 0), "a", 0};
	inputs[1] = (struct replay_input){memfd_create("empty", 0), "empty", 0};
	cr_assert_eq(
		bench_create(&bench, emulator, &options, &wrong_input, message, sizeof(message)),
		-EINVAL);
	cr_assert(wrong_input && strstr(message, "empty"), "%s", message);
	cr_assert_eq(pipe(pipes), 0);
	inputs[0] = (struct replay_input){capture_of(times, marks, 3, 0), "a", 0};
	inputs[1] = (struct replay_input){pipes[0], "pipe", 0};
	cr_assert_eq(
		bench_create(&bench, emulator, &options, &wrong_input, message, sizeof(message)),
		-ESPIPE);
	cr_assert(!wrong_input && strstr(message, "pipe"), "%s", message);
	close(pipes[1]);
	cr_assert_eq(count_descriptors(), before);
	options = (struct bench_options){.seconds = 0};
	bench = create(&options, 1);
	finish(bench);
	bench_destroy(bench);
	cr_assert_eq(count_descriptors(), before);
}

Test(bench, each_allocation_failing_is_told_or_does_not_matter)
{
	bool happened = true;

	for (size_t nth = 1; happened; nth++) {
		struct bench_options options = {.seconds = 0, .engine = &tcam_reference};
		struct replay_input input = {capture_of(times, marks, 3, 0), "a", 0};
		struct replay_error told;
		struct bench *bench;
		char message[512];
		bool wrong_input;
		int error;

		options.inputs = &input;
		options.num_inputs = 1;
		options.runs = BENCH_RUNS_MIN;
		fail_alloc_at(nth);
		error = bench_create(&bench, emulator, &options, &wrong_input, message,
				     sizeof(message));
		while (!error && bench_step(bench))
			if (bench_get_results(bench)->first_pass > 0)
				bench_interrupt(bench);
		happened = fail_alloc_happened();
		fail_alloc_at(0);
		/* Nobody's input is to blame. */
		cr_assert_not(error && wrong_input, "allocation %zu: %s", nth, message);
		if (!error) {
			bench_finish(bench);
			cr_assert(happened || !bench_failure(bench), "%s", bench_failure(bench));
			cr_assert(bench_failure(bench) || bench_get_error(bench, 0, &told) ||
				  bench_get_results(bench)->packets == 3);
			bench_destroy(bench);
		}
		cr_assert_lt(nth, 2000);
	}
}

/* --- updates, with an engine of the test: the reference behind a lock --- */

static pthread_rwlock_t lock = PTHREAD_RWLOCK_INITIALIZER;

static struct tcam *locked_create(unsigned int flags)
{
	return tcam_reference.create(flags & ~(unsigned int)TCAM_SHARED);
}

static int locked_insert(struct tcam *tcam, struct tcam_entry *entry, const struct tcam_rule *rule)
{
	int error;

	pthread_rwlock_wrlock(&lock);
	error = tcam_reference.insert(tcam, entry, rule);
	pthread_rwlock_unlock(&lock);
	return error;
}

static int locked_remove(struct tcam *tcam, struct tcam_entry *entry)
{
	int error;

	pthread_rwlock_wrlock(&lock);
	error = tcam_reference.remove(tcam, entry);
	pthread_rwlock_unlock(&lock);
	return error;
}

static void locked_commit(struct tcam *tcam)
{
	pthread_rwlock_wrlock(&lock);
	tcam_reference.commit(tcam);
	pthread_rwlock_unlock(&lock);
}

static void locked_settle(struct tcam *tcam)
{
	synchronize_rcu();
}

static void locked_view(const struct tcam *tcam, struct tcam_view *view)
{
	pthread_rwlock_rdlock(&lock);
	tcam_reference.view(tcam, view);
	pthread_rwlock_unlock(&lock);
}

static void locked_lookup(const struct tcam *tcam, const struct tcam_view *view,
			  const struct flow_batch *batch, struct tcam_entry **results, size_t count)
{
	pthread_rwlock_rdlock(&lock);
	tcam_reference.lookup(tcam, view, batch, results, count);
	pthread_rwlock_unlock(&lock);
}

static void blind_lookup(const struct tcam *tcam, const struct tcam_view *view,
			 const struct flow_batch *batch, struct tcam_entry **results, size_t count)
{
	memset(results, 0, count * sizeof(*results));
}

static struct tcam_ops locked_engine(void)
{
	struct tcam_ops ops = tcam_reference;

	ops.name = "locked";
	ops.create = locked_create;
	ops.insert = locked_insert;
	ops.remove = locked_remove;
	ops.commit = locked_commit;
	ops.settle = locked_settle;
	ops.view = locked_view;
	ops.lookup = locked_lookup;
	return ops;
}

static size_t inserted;

static int slow_insert(struct tcam *tcam, struct tcam_entry *entry, const struct tcam_rule *rule)
{
	inserted++;
	usleep(1000);
	return tcam_reference.insert(tcam, entry, rule);
}

Test(bench, a_table_that_is_built_slowly_can_be_interrupted_half_way)
{
	enum { RULES = 300 };
	struct tcam_ops engine = tcam_reference;
	struct bench_options options = {.seconds = 60, .engine = &engine};
	struct bench *bench;

	engine.insert = slow_insert;
	for (uint32_t i = 0; i < RULES; i++)
		install(first_binding, 100 + i, 100 + i);
	bench = create(&options, 1);
	inserted = 0;
	while (!inserted)
		cr_assert(bench_step(bench));
	cr_assert_lt(inserted, RULES / 2, "%zu in one step", inserted);
	bench_interrupt(bench);
	cr_assert_not(bench_step(bench));
	bench_finish(bench);
	cr_assert(bench_get_results(bench)->interrupted && !bench_get_results(bench)->built);
	bench_destroy(bench);
}

Test(bench, every_update_is_seen)
{
	struct tcam_ops engine = locked_engine();
	struct bench_options options = {.kind = BENCH_UPDATE, .seconds = 60, .engine = &engine};
	struct bench *bench = create(&options, 1);
	const struct bench_results *results = finish(bench);

	cr_assert_null(bench_failure(bench), "%s", bench_failure(bench));
	check_figure(&results->alone, BENCH_RUNS_MIN);
	check_figure(&results->during, BENCH_RUNS_MIN);
	check_figure(&results->updates, BENCH_RUNS_MIN);
	cr_assert_gt(results->sentinel_checks, 0);
	cr_assert_eq(results->sentinel_misses, 0);
	bench_destroy(bench);
}

Test(bench, an_update_that_is_not_seen_is_counted)
{
	struct tcam_ops engine = locked_engine();
	struct bench_options options = {.kind = BENCH_UPDATE, .seconds = 0, .engine = &engine};
	struct bench *bench;

	engine.lookup = blind_lookup;
	bench = create(&options, 1);
	cr_assert_gt(finish(bench)->sentinel_misses, 0);
	bench_destroy(bench);
}

Test(bench, an_engine_that_can_not_be_shared_is_told)
{
	struct bench_options options = {
		.kind = BENCH_UPDATE, .seconds = 0, .engine = &tcam_reference};
	struct bench *bench = create(&options, 1);

	finish(bench);
	cr_assert_not_null(bench_failure(bench));
	cr_assert_not_null(strstr(bench_failure(bench), "reference"));
	bench_destroy(bench);
}
