/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <nicemu/engine/replay.h>

#include "counts.h"
#include "input.h"
#include "output.h"

#include <nicemu/packet/dissect.h>
#include <nicemu/ports/filter.h>

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { STEP_NS = 5000000 };

static_assert((int)CAPTURE_BATCH <= FLOW_BATCH, "what is read at once must fit a batch of keys");

struct error_list {
	struct replay_error *error; /* name and text are owned */
	size_t length;
};

struct replay {
	struct emulator *emulator;
	struct inputs inputs;
	struct outputs outputs;
	struct filter *filter;
	struct counts before;
	struct asic_worker *worker;
	struct replay_results results;
	struct error_list errors;
	uint64_t started_ns; /* the system's clock; 0: not yet */
	bool interrupted, ended;
	bool measuring; /* another ASIC than the emulator's: which then is left as it is */

	/* The batch at hand. */
	struct packet packets[CAPTURE_BATCH];
	uint16_t origin[CAPTURE_BATCH];
	struct flow_batch *batch;
	uint32_t flags[CAPTURE_BATCH];
	const struct asic_decision *decisions[CAPTURE_BATCH];
};

static uint64_t system_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void add_error(struct replay *replay, const struct replay_error *error)
{
	struct error_list *errors = &replay->errors;
	struct replay_error *grown =
		realloc(errors->error, (errors->length + 1) * sizeof(*errors->error));

	if (!grown)
		return;
	errors->error = grown;
	grown[errors->length] = *error;
	grown[errors->length].name = strdup(error->name);
	grown[errors->length].text = strdup(error->text);
	errors->length++;
}

static void input_fault(void *context, size_t input, const struct capture_error *error)
{
	struct replay *replay = context;

	add_error(replay, &(struct replay_error){
				  .fault = REPLAY_INPUT_FAULT,
				  .error = error->error,
				  .has_offset = true,
				  .offset = error->offset,
				  .name = replay->inputs.input[input].name,
				  .text = error->text,
			  });
}

static void output_fault(void *context, size_t output, int error)
{
	struct replay *replay = context;
	const char *name = replay->outputs.output[output].name;
	char text[4608];

	snprintf(text, sizeof(text), "%s: can't be written: %s", name, strerror(-error));
	add_error(replay, &(struct replay_error){
				  .fault = REPLAY_OUTPUT_FAULT,
				  .error = error,
				  .name = name,
				  .text = text,
			  });
}

static int allocate_results(struct replay *replay, const struct replay_options *options)
{
	struct replay_results *results = &replay->results;

	results->captures = calloc(options->num_inputs, sizeof(*results->captures));
	results->ports = calloc(NIC_PORTS_MAX, sizeof(*results->ports));
	if (!results->captures || !results->ports)
		return -ENOMEM;
	replay->batch = aligned_alloc(_Alignof(struct flow_batch), sizeof(*replay->batch));
	replay->worker = asic_worker_create(options->asic ? options->asic : replay->emulator->asic,
					    options->no_cache ? ASIC_NO_CACHE : ASIC_CACHE_DEFAULT);
	if (!replay->batch || !replay->worker)
		return -ENOMEM;
	results->num_captures = options->num_inputs;
	for (size_t i = 0; i < options->num_inputs; i++) {
		results->captures[i].name = strdup(options->inputs[i].name);
		results->captures[i].port = options->inputs[i].port;
		if (!results->captures[i].name)
			return -ENOMEM;
	}
	return 0;
}

int replay_create(struct replay **result, struct emulator *emulator,
		  const struct replay_options *options, bool *wrong_input, char *message,
		  size_t size)
{
	struct replay *replay = calloc(1, sizeof(*replay));
	struct capture_error error = {.text = "out of memory"};
	struct inputs inputs;
	int ret;

	*result = NULL;
	snprintf(message, size, "out of memory");
	/* The descriptors change hands whatever happens. */
	ret = inputs_open(&inputs, options, &error);
	*wrong_input = ret < 0;
	if (!replay) {
		inputs_close(&inputs);
		outputs_reject(options);
		return -ENOMEM;
	}
	*replay = (struct replay){
		.emulator = emulator, .inputs = inputs, .measuring = options->asic != NULL};
	replay->inputs.fault = input_fault;
	replay->inputs.context = replay;
	replay->outputs.fault = output_fault;
	replay->outputs.context = replay;
	if (ret)
		snprintf(message, size, "%s", error.text);
	if (!ret)
		ret = allocate_results(replay, options);
	if (!ret)
		ret = counts_take(&replay->before, emulator);
	if (!ret && options->jobs > 1) {
		snprintf(message, size, "more than one job is not available yet");
		ret = -EOPNOTSUPP;
	}
	if (!ret && options->filter)
		ret = filter_compile(&replay->filter, options->filter, message, size);
	/* Last, since this empties files, which only a replay that takes place may do. */
	if (ret)
		outputs_reject(options);
	else
		ret = outputs_open(&replay->outputs, &emulator->nic, options);
	if (ret) {
		replay_destroy(replay);
		return ret;
	}
	*result = replay;
	return 0;
}

void replay_destroy(struct replay *replay)
{
	if (!replay)
		return;
	inputs_close(&replay->inputs);
	outputs_close(&replay->outputs);
	if (replay->filter)
		filter_free(replay->filter);
	counts_clear(&replay->before);
	for (size_t i = 0; i < replay->results.num_captures; i++)
		free(replay->results.captures[i].name);
	free(replay->results.captures);
	free(replay->results.ports);
	for (size_t i = 0; i < replay->errors.length; i++) {
		free((char *)replay->errors.error[i].name);
		free((char *)replay->errors.error[i].text);
	}
	free(replay->errors.error);
	asic_worker_destroy(replay->worker);
	free(replay->batch);
	free(replay);
}

static void count(struct replay_counters *counters, const struct packet *packet)
{
	counters->packets++;
	counters->bytes += packet->length;
}

/* Keep the packets that the filter takes; how many. */
static size_t filter_batch(struct replay *replay, size_t length)
{
	size_t kept = 0;

	if (!replay->filter)
		return length;
	for (size_t i = 0; i < length; i++) {
		if (!filter_match(replay->filter, &replay->packets[i])) {
			replay->results.captures[replay->origin[i]].filtered++;
			continue;
		}
		replay->packets[kept] = replay->packets[i];
		replay->origin[kept++] = replay->origin[i];
	}
	return kept;
}

static void count_received(struct replay *replay, size_t i)
{
	const struct packet *packet = &replay->packets[i];
	struct replay_capture *capture = &replay->results.captures[replay->origin[i]];
	uint32_t flags = replay->flags[i];

	count(&replay->results.total, packet);
	count(&capture->played, packet);
	capture->truncated += packet->captured < packet->length;
	capture->malformed += packet->flags & PACKET_BAD_LENGTH || flags & DISSECT_MALFORMED;
	for (int n = 0; n < 2 - replay->measuring; n++) {
		struct emulator_port_counters *ports =
			n ? replay->emulator->ports : replay->results.ports;

		ports[packet->port].rx_packets++;
		ports[packet->port].rx_bytes += packet->length;
	}
}

static void count_sent(struct replay *replay, uint16_t port, const struct packet *packet)
{
	for (int n = 0; n < 2 - replay->measuring; n++) {
		struct emulator_port_counters *ports =
			n ? replay->emulator->ports : replay->results.ports;

		ports[port].tx_packets++;
		ports[port].tx_bytes += packet->length;
	}
}

static void count_fate(struct replay *replay, size_t i)
{
	const struct packet *packet = &replay->packets[i];
	const struct asic_decision *fate = replay->decisions[i];

	count(&replay->results.fates[fate->fate], packet);
	if (!fate->matched)
		count(&replay->results.unmatched, packet);
	if (fate->fate == ASIC_REDIRECT)
		count_sent(replay, fate->port, packet);
	for (int m = 0; m < fate->num_mirrors; m++) {
		count(&replay->results.mirrored, packet);
		count_sent(replay, fate->mirrors[m], packet);
	}
}

static void play_batch(struct replay *replay, size_t length)
{
	struct clock *clock = &replay->emulator->clock;
	unsigned int chunks;

	length = filter_batch(replay, length);
	chunks = asic_begin(replay->worker);
	dissect_batch(replay->packets, length, chunks, replay->batch, replay->flags);
	asic_process(replay->worker, replay->packets, replay->batch, replay->decisions, length);
	for (size_t i = 0; i < length; i++) {
		if (!replay->measuring)
			clock_advance(clock, replay->packets[i].time_ns);
		count_received(replay, i);
		count_fate(replay, i);
		outputs_write(&replay->outputs, &replay->packets[i], replay->decisions[i]);
	}
}

bool replay_step(struct replay *replay)
{
	uint64_t begun = system_ns();

	if (!replay->started_ns)
		replay->started_ns = begun;
	while (!replay->ended) {
		int length;

		if (replay->interrupted) {
			replay->results.interrupted = true;
			replay->ended = true;
			break;
		}
		length = inputs_next(&replay->inputs, replay->packets, replay->origin);
		if (length == INPUTS_END)
			replay->ended = true;
		else if (length > 0)
			play_batch(replay, (size_t)length);
		if (length == INPUTS_WAIT || system_ns() - begun > STEP_NS)
			break;
	}
	return !replay->ended;
}

void replay_interrupt(struct replay *replay)
{
	replay->interrupted = true;
}

struct replay_progress replay_get_progress(const struct replay *replay)
{
	struct replay_progress progress = {.packets = replay->results.total.packets};

	progress.done = inputs_position(&replay->inputs, &progress.whole);
	return progress;
}

void replay_finish(struct replay *replay)
{
	outputs_close(&replay->outputs);
	if (replay->started_ns)
		replay->results.elapsed_seconds = (double)(system_ns() - replay->started_ns) / 1e9;
}

const struct replay_results *replay_get_results(const struct replay *replay)
{
	return &replay->results;
}

bool replay_get_error(const struct replay *replay, size_t index, struct replay_error *error)
{
	if (index >= replay->errors.length)
		return false;
	*error = replay->errors.error[index];
	return true;
}

int replay_rule_counts(const struct replay *replay, uint32_t binding, uint64_t cookie,
		       struct offload_stats *counts)
{
	struct offload_stats before = counts_of(&replay->before, binding, cookie);
	int ret = offload_totals(replay->emulator->offload, binding, cookie, counts);

	if (ret)
		return ret;
	counts->packets -= before.packets;
	counts->bytes -= before.bytes;
	if (!counts->packets)
		counts->last_used_ns = 0;
	return 0;
}
