/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <nicemu/engine/replay.h>

#include "counts.h"
#include "faults.h"
#include "pump.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STEP_NS = 5000000 };

struct replay {
	struct emulator *emulator;
	struct inputs inputs;
	struct outputs outputs;
	struct filter *filter;
	struct counts before;
	struct pump pump;
	struct faults faults;
	struct replay_results results;
	uint64_t started_ns; /* the system's clock; 0: not yet */
	bool interrupted, ended;
	bool measuring; /* another ASIC than the emulator's: which then is left as it is */
};

/* How many threads play. */
static unsigned int jobs_of(const struct replay_options *options)
{
	return options->jobs ? options->jobs : 1;
}

static void input_fault(void *context, size_t input, const struct capture_error *error)
{
	struct replay *replay = context;

	/* It is met in place of the next batch, or while that is read. */
	faults_add(&replay->faults, replay->inputs.batches + 1,
		   &(struct replay_error){
			   .fault = REPLAY_INPUT_FAULT,
			   .error = error->error,
			   .has_offset = true,
			   .offset = error->offset,
			   .name = replay->inputs.input[input].name,
			   .text = error->text,
		   });
}

static void output_fault(void *context, size_t output, uint64_t batch, int error)
{
	struct replay *replay = context;
	const char *name = replay->outputs.output[output].name;
	char text[4608];

	snprintf(text, sizeof(text), "%s: can't be written: %s", name, strerror(-error));
	faults_add(&replay->faults, batch,
		   &(struct replay_error){
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
	results->num_captures = options->num_inputs;
	for (size_t i = 0; i < options->num_inputs; i++) {
		results->captures[i].name = strdup(options->inputs[i].name);
		results->captures[i].port = options->inputs[i].port;
		results->captures[i].host_port = replay->inputs.input[i].port;
		if (!results->captures[i].name)
			return -ENOMEM;
	}
	return 0;
}

/* Where the ASIC sees them arrive. */
static void direct_inputs(struct replay *replay)
{
	for (size_t i = 0; i < replay->inputs.length; i++) {
		struct input *input = &replay->inputs.input[i];

		input->port = nic_rules_port(&replay->emulator->nic, input->port);
	}
}

static int make_pump(struct replay *replay, const struct replay_options *options, char *message,
		     size_t size)
{
	const struct lane_options lanes = {
		.asic = options->asic ? options->asic : replay->emulator->asic,
		.cache_bytes = options->no_cache ? ASIC_NO_CACHE : ASIC_CACHE_DEFAULT,
		.filter = replay->filter,
		.settles = replay->inputs.maps,
		.num_captures = options->num_inputs,
	};
	int ret = pump_start(&replay->pump, jobs_of(options), &lanes);

	if (ret && ret != -ENOMEM)
		snprintf(message, size, "there is no thread for each of %u jobs: %s", options->jobs,
			 strerror(-ret));
	return ret;
}

/* All that is needed besides the inputs. Takes the outputs' descriptors over. */
static int prepare(struct replay *replay, const struct replay_options *options, char *message,
		   size_t size)
{
	int ret;

	direct_inputs(replay);
	ret = allocate_results(replay, options);
	if (!ret)
		ret = counts_take(&replay->before, replay->emulator);
	if (!ret && options->filter)
		ret = filter_compile(&replay->filter, options->filter, message, size);
	if (!ret)
		asic_prepare(options->asic ? options->asic : replay->emulator->asic);
	if (!ret)
		ret = make_pump(replay, options, message, size);
	/* Last, since this empties files, which only a replay that takes place may do. */
	if (ret)
		outputs_reject(options);
	else
		ret = outputs_open(&replay->outputs, &replay->emulator->nic, options);
	return ret;
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
	ret = inputs_open(&inputs, options, pump_keep(options), &error);
	*wrong_input = ret < 0 && ret != -ENOMEM;
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
	faults_init(&replay->faults);
	pump_init(&replay->pump, &replay->inputs, &replay->outputs);
	if (ret) {
		snprintf(message, size, "%s", error.text);
		outputs_reject(options);
	} else {
		ret = prepare(replay, options, message, size);
	}
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
	pump_clear(&replay->pump);
	inputs_close(&replay->inputs);
	outputs_close(&replay->outputs);
	if (replay->filter)
		filter_free(replay->filter);
	counts_clear(&replay->before);
	for (size_t i = 0; i < replay->results.num_captures; i++)
		free(replay->results.captures[i].name);
	free(replay->results.captures);
	free(replay->results.ports);
	faults_clear(&replay->faults);
	free(replay);
}

static void collect(struct replay *replay)
{
	struct emulator *emulator = replay->emulator;

	for (size_t i = 0; i < replay->pump.num_lanes; i++) {
		struct tally *tally = &replay->pump.lanes[i]->tally;

		tally_collect(tally, &replay->results, replay->measuring ? NULL : emulator->ports,
			      emulator->nic.num_ports);
		if (!replay->measuring)
			clock_advance(&emulator->clock, tally->latest_ns);
	}
}

bool replay_step(struct replay *replay)
{
	if (!replay->started_ns)
		replay->started_ns = system_ns();
	if (replay->ended)
		return false;
	if (replay->interrupted) {
		replay->results.interrupted = true;
		replay->ended = true;
		return false;
	}
	replay->ended = !pump_run(&replay->pump, STEP_NS);
	collect(replay);
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
	inputs_check(&replay->inputs);
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
	return faults_get(&replay->faults, index, error);
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
