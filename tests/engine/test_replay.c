/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "captures.h"
#include "fail_alloc.h"
#include "small_emulator.h"

#include <nicemu/engine/replay.h>

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static const uint64_t times[] = {1000000, 3000000, 2000000};
static const uint8_t marks[] = {1, 2, 3};

static char folder[] = SMALL_EMULATOR_FOLDER;
static struct emulator *emulator;

static void setup(void)
{
	emulator = small_emulator_create(folder);
	cr_assert_not_null(emulator);
}

static void teardown(void)
{
	emulator_destroy(emulator);
	cr_expect_eq(rmdir(folder), 0, "the socket file is still there");
}

static struct offload_command command_for(uint32_t binding, struct flow_rule *rule)
{
	return (struct offload_command){
		.binding = binding, .cookie = 7, .prio = 1, .protocol = 0x0800, .rule = rule};
}

/* A rule on port 0 that takes everything. Its binding. */
static uint32_t install(enum flow_action_id action, uint32_t ifindex)
{
	struct offload_binding binding = {
		.port = 0, .binder = OFFLOAD_BLOCK, .direction = OFFLOAD_INGRESS, .block = 1};
	struct flow_rule *rule = flow_rule_alloc(1);
	struct offload_command command;
	struct reason reason = {0};

	rule->actions[0] = (struct flow_action_entry){
		.id = action, .hw_stats = FLOW_ACTION_HW_STATS_DONT_CARE, .ifindex = ifindex};
	rule->num_actions = 1;
	cr_assert_eq(offload_bind(emulator->offload, &binding, &reason), 0);
	command = command_for(binding.id, rule);
	cr_assert_eq(offload_replace(emulator->offload, &command, &reason), 0, "%s", reason.clause);
	flow_rule_free(rule);
	return binding.id;
}

static struct replay *create(struct replay_input *inputs, size_t num_inputs,
			     struct replay_output *outputs, size_t num_outputs)
{
	struct replay_options options = {.inputs = inputs,
					 .num_inputs = num_inputs,
					 .outputs = outputs,
					 .num_outputs = num_outputs,
					 .loops = 1};
	struct replay *replay;
	char message[512];
	bool wrong_input;

	cr_assert_eq(
		replay_create(&replay, emulator, &options, &wrong_input, message, sizeof(message)),
		0, "%s", message);
	return replay;
}

static const struct replay_results *play(struct replay *replay)
{
	while (replay_step(replay))
		;
	replay_finish(replay);
	return replay_get_results(replay);
}

TestSuite(replay, .init = setup, .fini = teardown);

Test(replay, without_rules_everything_reaches_the_host)
{
	struct replay_input input = {capture_of(times, marks, 3, 0), "a", 2};
	struct replay *replay = create(&input, 1, NULL, 0);
	const struct replay_results *results = play(replay);

	cr_assert_eq(results->total.packets, 3);
	cr_assert_eq(results->total.bytes, 180);
	cr_assert_eq(results->fates[ASIC_HOST].packets, 3);
	cr_assert_eq(results->unmatched.packets, 3);
	cr_assert_eq(results->ports[2].rx_packets, 3);
	cr_assert_eq(emulator->ports[2].rx_bytes, 180);
	cr_assert_eq(emulator->clock.now_ns, 3000000, "the clock goes forward only");
	replay_destroy(replay);
}

Test(replay, redirected_packets_leave_by_the_port_and_are_written_there)
{
	int written = memfd_create("out", 0);
	struct replay_input input = {capture_of(times, marks, 3, 0), "a", 0};
	struct replay_output output = {dup(written), "out.pcap", REPLAY_TAP_PORT, 1, CAPTURE_PCAP};
	struct replay *replay;
	const struct replay_results *results;
	uint8_t bytes[1024];

	install(FLOW_ACTION_REDIRECT, NIC_FIRST_IFINDEX + 1);
	replay = create(&input, 1, &output, 1);
	results = play(replay);
	cr_assert_eq(results->fates[ASIC_REDIRECT].packets, 3);
	cr_assert_eq(results->ports[1].tx_bytes, 180);
	cr_assert_eq(file_bytes(written, bytes, sizeof(bytes)), 24 + 3 * 76);
	cr_assert_eq(bytes[24 + 75], 1);
	replay_destroy(replay);
}

Test(replay, a_rule_counts_packets_bytes_and_the_latest_time)
{
	uint32_t binding = install(FLOW_ACTION_DROP, 0);
	struct replay_input input = {capture_of(times, marks, 3, 0), "a", 0};
	struct replay *replay = create(&input, 1, NULL, 0);
	const struct replay_results *results = play(replay);
	struct offload_stats counts;

	cr_assert_eq(results->fates[ASIC_DROP].packets, 3);
	cr_assert_eq(replay_rule_counts(replay, binding, 7, &counts), 0);
	cr_assert_eq(counts.packets, 3);
	cr_assert_eq(counts.bytes, 180);
	cr_assert_eq(counts.last_used_ns, 3000000);
	cr_assert_eq(replay_rule_counts(replay, binding, 8, &counts), -ENOENT);
	replay_destroy(replay);
}

Test(replay, a_full_disk_is_one_error_and_the_rest_goes_on)
{
	enum { MANY = 4000 };
	static uint64_t many_times[MANY];
	static uint8_t many_marks[MANY];
	struct replay_input input = {capture_of(many_times, many_marks, MANY, 0), "a", 0};
	int written = memfd_create("out", 0);
	struct replay_output outputs[] = {
		{open("/dev/full", O_WRONLY), "full.pcap", REPLAY_TAP_HOST, 0, CAPTURE_PCAP},
		{dup(written), "out.pcap", REPLAY_TAP_HOST, 0, CAPTURE_PCAP}};
	struct replay *replay = create(&input, 1, outputs, 2);
	const struct replay_results *results = play(replay);
	struct replay_error error;

	cr_assert_eq(results->fates[ASIC_HOST].packets, MANY);
	cr_assert(replay_get_error(replay, 0, &error));
	cr_assert_eq(error.error, -ENOSPC);
	cr_assert_eq(error.fault, REPLAY_OUTPUT_FAULT);
	cr_assert_str_eq(error.name, "full.pcap");
	cr_assert_not(replay_get_error(replay, 1, &error));
	cr_assert_eq(lseek(written, 0, SEEK_END), 24 + MANY * 76);
	replay_destroy(replay);
}

Test(replay, an_interrupt_ends_it_with_what_was_done)
{
	enum { MANY = 40000 };
	static uint64_t many_times[MANY];
	static uint8_t many_marks[MANY];
	struct replay_input input = {capture_of(many_times, many_marks, MANY, 0), "a", 0};
	struct replay_options options = {.inputs = &input, .num_inputs = 1, .loops = 1000000};
	const struct replay_results *results;
	struct replay *replay;
	char message[512];
	bool wrong_input;

	cr_assert_eq(
		replay_create(&replay, emulator, &options, &wrong_input, message, sizeof(message)),
		0);
	cr_assert(replay_step(replay));
	replay_interrupt(replay);
	cr_assert_not(replay_step(replay));
	replay_finish(replay);
	results = replay_get_results(replay);
	cr_assert(results->interrupted);
	cr_assert_gt(results->total.packets, 0);
	cr_assert_eq(results->total.packets, results->fates[ASIC_HOST].packets);
	replay_destroy(replay);
}

Test(replay, a_wrong_filter_is_refused_with_libpcaps_words)
{
	struct replay_input input = {capture_of(times, marks, 3, 0), "a", 0};
	struct replay_options options = {
		.inputs = &input, .num_inputs = 1, .loops = 1, .filter = "tcp port port"};
	struct replay *replay;
	char message[512];
	bool wrong_input;

	cr_assert_lt(
		replay_create(&replay, emulator, &options, &wrong_input, message, sizeof(message)),
		0);
	cr_assert_not(wrong_input);
	cr_assert_not_null(strstr(message, "syntax"), "%s", message);
}

Test(replay, the_filter_counts_what_it_leaves_out)
{
	struct replay_input input = {capture_of(times, marks, 3, 0), "a", 0};
	struct replay_options options = {
		.inputs = &input, .num_inputs = 1, .loops = 1, .filter = "ether[59] = 2"};
	const struct replay_results *results;
	struct replay *replay;
	char message[512];
	bool wrong_input;

	cr_assert_eq(
		replay_create(&replay, emulator, &options, &wrong_input, message, sizeof(message)),
		0);
	results = play(replay);
	cr_assert_eq(results->total.packets, 1);
	cr_assert_eq(results->captures[0].filtered, 2);
	replay_destroy(replay);
}

Test(replay, through_another_asic_it_leaves_the_emulator_as_it_is)
{
	uint32_t binding = install(FLOW_ACTION_DROP, 0);
	struct asic *copy = asic_copy(emulator->asic, NULL);
	struct replay_input input = {capture_of(times, marks, 3, 0), "a", 0};
	struct replay_options options = {.inputs = &input,
					 .num_inputs = 1,
					 .loops = 2,
					 .jobs = 2,
					 .no_cache = true,
					 .asic = copy};
	const struct replay_results *results;
	struct offload_stats counts;
	struct replay *replay;
	char message[512];
	bool wrong_input;

	cr_assert_eq(asic_build(copy), 0);
	cr_assert_eq(
		replay_create(&replay, emulator, &options, &wrong_input, message, sizeof(message)),
		0, "%s", message);
	results = play(replay);
	cr_assert_eq(results->fates[ASIC_DROP].packets, 6);
	cr_assert_eq(results->ports[0].rx_packets, 6);
	cr_assert_eq(emulator->ports[0].rx_packets, 0);
	cr_assert_eq(emulator->clock.now_ns, 0);
	cr_assert_eq(replay_rule_counts(replay, binding, 7, &counts), 0);
	cr_assert_eq(counts.packets, 0);
	replay_destroy(replay);
	asic_destroy(copy);
}

Test(replay, captures_that_end_with_a_full_batch_are_played_to_the_end)
{
	enum { MANY = 9 * CAPTURE_BATCH };
	static uint64_t many_times[MANY];
	static uint8_t many_marks[MANY];

	for (size_t count = CAPTURE_BATCH; count <= MANY; count += CAPTURE_BATCH) {
		struct replay_input inputs[] = {{-1, "a", 0}, {-1, "b", 1}};
		struct replay_options options = {.inputs = inputs, .num_inputs = 2, .loops = 2};

		for (unsigned int jobs = 1; jobs <= 2; jobs++) {
			struct replay *replay;
			char message[512];
			bool wrong_input;

			options.jobs = jobs;
			for (int i = 0; i < 2; i++)
				inputs[i].fd = capture_of(many_times, many_marks, count, 0);
			cr_assert_eq(replay_create(&replay, emulator, &options, &wrong_input,
						   message, sizeof(message)),
				     0);
			cr_assert_eq(play(replay)->total.packets, 4 * count, "%zu packets, %u jobs",
				     count, jobs);
			replay_destroy(replay);
		}
	}
}

/* The lowest descriptor that is free: as many are open before as after. */
static int free_descriptor(void)
{
	int fd = dup(STDERR_FILENO);

	close(fd);
	return fd;
}

/* 0, or what replay_create said when its nth allocation failed. */
static int create_with_failure(size_t nth, const char *filter, unsigned int jobs)
{
	struct replay_input inputs[] = {{capture_of(times, marks, 3, 0), "a", 0},
					{capture_of(times, marks, 3, 0), "b", 1}};
	struct replay_output output = {memfd_create("out", 0), "out.pcap", REPLAY_TAP_PORT, 1,
				       CAPTURE_PCAP};
	struct replay_options options = {.inputs = inputs,
					 .num_inputs = 2,
					 .outputs = &output,
					 .num_outputs = filter ? 1 : 0,
					 .filter = filter,
					 .loops = 1,
					 .jobs = jobs};
	struct replay *replay;
	char message[512];
	bool wrong_input;
	int error;

	if (!filter)
		close(output.fd);
	fail_alloc_at(nth);
	error = replay_create(&replay, emulator, &options, &wrong_input, message, sizeof(message));
	cr_assert_eq(replay == NULL, error != 0);
	cr_assert_not(error && wrong_input, "allocation %zu: %s", nth, message);
	if (!error)
		cr_assert_eq(play(replay)->total.packets, 6 - (filter ? 2 : 0), "allocation %zu",
			     nth);
	replay_destroy(replay);
	return error;
}

Test(replay, without_memory_it_does_not_begin_and_leaves_nothing_open)
{
	static const char *const filters[] = {NULL, "not ether[59] = 2"};

	install(FLOW_ACTION_DROP, 0);
	for (int i = 0; i < 4; i++) {
		int before = free_descriptor(), error = 0;
		size_t nth = 1, refused = 0;

		do {
			error = create_with_failure(nth++, filters[i % 2], i < 2 ? 1 : 3);
			cr_assert(error == 0 || error == -ENOMEM, "allocation %zu: %d", nth - 1,
				  error);
			refused += error != 0;
		} while (fail_alloc_happened());
		fail_alloc_at(0);
		cr_assert_eq(error, 0);
		cr_assert_geq(refused, 10);
		cr_assert_eq(free_descriptor(), before);
	}
}
