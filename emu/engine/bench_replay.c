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
	bench->replay_runs = (struct bench_replay_runs){.begun_ns = bench_now_ns()};
	return BENCH_MORE;
}

static void end(struct bench *bench)
{
	replay_finish(bench->replay);
	replay_destroy(bench->replay);
	bench->replay = NULL;
}

enum bench_answer bench_first_pass_step(struct bench *bench)
{
	uint64_t packets, spent;

	if (!bench->replay) {
		enum bench_answer answer = begin(bench, 1);

		if (answer != BENCH_MORE)
			return answer;
	}
	if (replay_step(bench->replay))
		return BENCH_MORE;
	spent = bench_now_ns() - bench->replay_runs.begun_ns;
	packets = replay_get_results(bench->replay)->total.packets;
	if (spent)
		bench->results.first_pass = (double)packets * 1e9 / (double)spent;
	bench->pass_packets = packets;
	bench->pass_ns = spent;
	end(bench);
	return BENCH_NEXT;
}

static enum bench_answer begin_runs(struct bench *bench)
{
	uint64_t passes = BENCH_RUN_NS / (bench->pass_ns + 1) + 1;
	enum bench_answer answer = begin(bench, 1 + bench->options.runs * passes);

	bench->replay_runs.passes = passes;
	bench->replay_runs.edge_packets = bench->pass_packets;
	return answer;
}

/* A run has ended at this time, or, at the first edge, the first one begins. */
static void cross_edge(struct bench *bench, double now_ns)
{
	struct bench_replay_runs *runs = &bench->replay_runs;
	uint64_t packets = runs->passes * bench->pass_packets;

	if (runs->edge_ns > 0) {
		double spent = now_ns - runs->edge_ns;

		bench->replay_spent_ns += (uint64_t)spent;
		bench_figure_add(&bench->results.replay, packets, (uint64_t)spent);
	}
	runs->edge_ns = now_ns;
	runs->edge_packets += packets;
}

static void note_step(struct bench *bench)
{
	struct bench_replay_runs *runs = &bench->replay_runs;
	uint64_t packets = replay_get_progress(bench->replay).packets;
	uint64_t now = bench_now_ns() - runs->begun_ns;
	double each = packets > runs->seen_packets ? (double)(now - runs->seen_ns) /
							     (double)(packets - runs->seen_packets)
						   : 0;

	while (packets >= runs->edge_packets && bench->results.replay.runs < bench->options.runs)
		cross_edge(bench, (double)runs->seen_ns +
					  each * (double)(runs->edge_packets - runs->seen_packets));
	runs->seen_packets = packets;
	runs->seen_ns = now;
}

enum bench_answer bench_replay_step(struct bench *bench)
{
	bool more;

	if (!bench->pass_packets)
		return BENCH_NEXT;
	if (!bench->replay) {
		enum bench_answer answer = begin_runs(bench);

		if (answer != BENCH_MORE)
			return answer;
	}
	more = replay_step(bench->replay);
	note_step(bench);
	if (more && !(bench->results.replay.runs &&
		      (double)bench->replay_spent_ns > bench->options.seconds * 1e9))
		return BENCH_MORE;
	end(bench);
	return BENCH_NEXT;
}

void bench_replay_progress(const struct bench *bench, struct bench_progress *progress)
{
	struct replay_progress now = {0};

	if (bench->replay)
		now = replay_get_progress(bench->replay);
	progress->done = now.done;
	progress->whole = now.whole;
}
