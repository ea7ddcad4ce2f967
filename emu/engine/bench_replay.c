/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whole replays. The first pass is a replay of its own: the capture has just been opened. The
 * others are passes of one replay (--loop), so that files stay mapped; its first one is left out.
 *
 * Where a pass ends inside a step, the time of its end is taken from the packets that the step
 * played before and after it.
 */
#include "bench_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void close_inputs(struct replay_input *inputs, size_t count)
{
	for (size_t i = 0; i < count; i++)
		close(inputs[i].fd);
}

/* One descriptor for each capture. 0 or a negative errno. */
static int open_inputs(const struct bench *bench, struct replay_input *inputs)
{
	for (size_t i = 0; i < bench->results.num_captures; i++) {
		inputs[i] = (struct replay_input){
			.fd = bench_capture_fd(bench, i),
			.name = bench->results.captures[i].name,
			.port = bench->results.captures[i].port,
		};
		if (inputs[i].fd < 0) {
			close_inputs(inputs, i);
			return inputs[i].fd;
		}
	}
	return 0;
}

static enum bench_answer begin(struct bench *bench, uint64_t passes)
{
	size_t count = bench->results.num_captures;
	struct replay_input *inputs = calloc(count, sizeof(*inputs));
	struct replay_options options = {
		.inputs = inputs,
		.num_inputs = count,
		.loops = passes,
		.fake_ethernet = bench->options.fake_ethernet,
		.jobs = bench->options.jobs,
		.no_cache = bench->options.no_cache,
		.asic = bench->asic,
	};
	char message[512] = "out of memory";
	bool wrong_input;
	int error;

	error = inputs ? open_inputs(bench, inputs) : -ENOMEM;
	if (error)
		snprintf(message, sizeof(message), "%s", strerror(-error));
	else
		error = replay_create(&bench->replay, bench->emulator, &options, &wrong_input,
				      message, sizeof(message));
	free(inputs);
	if (error)
		return bench_fail(bench, "%s", message);
	bench->replay_runs = (struct bench_replay_runs){0};
	return BENCH_MORE;
}

static void end(struct bench *bench)
{
	replay_finish(bench->replay);
	replay_destroy(bench->replay);
	bench->replay = NULL;
}

/* A step of the replay; what is between the steps is not measured. True while there is more. */
static bool step(struct bench *bench)
{
	uint64_t packets = replay_get_progress(bench->replay).packets;
	uint64_t cpu = bench_cpu_ns(), begun = bench_now_ns(), spent;
	bool more = replay_step(bench->replay);

	spent = bench_now_ns() - begun;
	bench->replay_runs.now_ns += spent;
	packets = replay_get_progress(bench->replay).packets - packets;
	bench_effort_add(&bench->results.replay_effort, packets, bench_cpu_ns() - cpu, spent);
	return more;
}

enum bench_answer bench_first_pass_step(struct bench *bench)
{
	uint64_t packets, spent;

	if (!bench->replay) {
		enum bench_answer answer = begin(bench, 1);

		if (answer != BENCH_MORE)
			return answer;
	}
	if (step(bench))
		return BENCH_MORE;
	spent = bench->replay_runs.now_ns;
	packets = replay_get_results(bench->replay)->total.packets;
	if (spent)
		bench->results.first_pass = (double)packets * 1e9 / (double)spent;
	bench->pass_packets = packets;
	end(bench);
	/* So slow that the time is used up: then it was the only run. */
	if ((double)spent > bench->options.seconds * 1e9) {
		bench_figure_add(&bench->results.replay, packets, spent);
		bench->replay_spent_ns = spent;
	}
	return BENCH_NEXT;
}

/* The first run begins where the first pass ends. */
static enum bench_answer begin_runs(struct bench *bench)
{
	enum bench_answer answer = begin(bench, UINT32_MAX);

	bench->replay_runs.run_begun = bench->pass_packets;
	return answer;
}

static bool has_enough(const struct bench *bench)
{
	const struct bench_figure *replay = &bench->results.replay;

	return replay->runs >= bench->options.runs ||
	       (replay->runs && (double)bench->replay_spent_ns > bench->options.seconds * 1e9);
}

/* Where so much time has gone by since the run began a run ends with the pass. */
static uint64_t end_of_run(const struct bench *bench, double each_ns)
{
	const struct bench_replay_runs *runs = &bench->replay_runs;
	double packets = (double)runs->seen_packets +
			 (runs->run_begun_ns + BENCH_RUN_NS - (double)runs->seen_ns) / each_ns;
	uint64_t passes = packets > 0 ? (uint64_t)(packets / (double)bench->pass_packets) + 1 : 1;
	uint64_t least = runs->run_begun / bench->pass_packets + 1;

	return (passes > least ? passes : least) * bench->pass_packets;
}

/* Runs that ended in the last step, whose packets took each_ns. */
static void note_runs(struct bench *bench, uint64_t packets, double each_ns)
{
	struct bench_replay_runs *runs = &bench->replay_runs;

	while (!has_enough(bench)) {
		uint64_t edge =
			runs->run_begun_ns > 0 ? end_of_run(bench, each_ns) : runs->run_begun;
		double ns = (double)runs->seen_ns +
			    each_ns * ((double)edge - (double)runs->seen_packets);

		if (edge > packets)
			return;
		if (runs->run_begun_ns > 0) {
			uint64_t spent = (uint64_t)(ns - runs->run_begun_ns);

			bench_figure_add(&bench->results.replay, edge - runs->run_begun, spent);
			bench->replay_spent_ns += spent;
		}
		runs->run_begun = edge;
		runs->run_begun_ns = ns;
	}
}

static void note_step(struct bench *bench)
{
	struct bench_replay_runs *runs = &bench->replay_runs;
	uint64_t packets = replay_get_progress(bench->replay).packets;

	if (packets > runs->seen_packets && runs->now_ns > runs->seen_ns)
		note_runs(bench, packets,
			  (double)(runs->now_ns - runs->seen_ns) /
				  (double)(packets - runs->seen_packets));
	runs->seen_packets = packets;
	runs->seen_ns = runs->now_ns;
}

enum bench_answer bench_replay_step(struct bench *bench)
{
	bool more;

	if (!bench->pass_packets || has_enough(bench))
		return BENCH_NEXT;
	if (!bench->replay) {
		enum bench_answer answer = begin_runs(bench);

		if (answer != BENCH_MORE)
			return answer;
	}
	more = step(bench);
	note_step(bench);
	if (more && !has_enough(bench))
		return BENCH_MORE;
	end(bench);
	return BENCH_NEXT;
}

void bench_replay_progress(const struct bench *bench, struct bench_progress *progress)
{
	struct replay_progress now;

	if (!bench->replay)
		return;
	now = replay_get_progress(bench->replay);
	progress->done = bench->pass_packets ? bench->results.replay.runs : now.done;
	progress->whole = bench->pass_packets ? bench->options.runs : now.whole;
}
