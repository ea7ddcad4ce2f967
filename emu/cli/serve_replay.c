/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The emulator's side of `nicemu replay`: from a request with descriptors to a job, and from the
 * job's results to a report.
 *
 * {"command": "replay", "captures": [{"file", "port"}], "outputs": [{"file", "to", "format"}],
 *  "filter", "loop", "merge", "fake_ethernet", "jobs", "reproducible", "listing"}; descriptors:
 * those of the captures, then those of the outputs. The answer is the report.
 */
#include "cli.h"
#include "serve.h"
#include "serve_captures.h"
#include "serve_describe.h"

#include <nicemu/engine/replay.h>
#include <nicemu/report/report.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct replay_job {
	struct emulator *emulator;
	struct replay *replay;
	struct descriptions *descriptions; /* of the rules, for comments */
	json_t *request;
};

/* A file that stays empty for a reason would only puzzle. */
static json_t *nothing_leaves(const struct nic *nic, uint16_t representor)
{
	const char *name = nic->ports[representor].name;
	const char *peer = nic->ports[nic_exit_port(nic, representor)].name;

	return serve_error(2,
			   "-w %s: nothing leaves by a representor; what is sent to %s is "
			   "delivered to %s: -w %s=FILE",
			   name, name, peer, peer);
}

static json_t *read_outputs(const struct emulator *emulator, const json_t *request,
			    struct replay_options *options)
{
	static const struct {
		const char *to;
		enum replay_tap tap;
	} taps[] = {{"host", REPLAY_TAP_HOST}, {"drop", REPLAY_TAP_DROP}, {"all", REPLAY_TAP_ALL}};
	const json_t *outputs = json_object_get(request, "outputs");
	const json_t *record;
	size_t i;

	json_array_foreach (outputs, i, record) {
		struct replay_output *output = &options->outputs[i];
		const char *file = json_string_value(json_object_get(record, "file"));
		const char *format = json_string_value(json_object_get(record, "format"));
		const char *to = json_string_value(json_object_get(record, "to"));
		int port;

		output->name = file ? file : "?";
		output->format =
			format && strcmp(format, "pcapng") == 0 ? CAPTURE_PCAPNG : CAPTURE_PCAP;
		output->tap = REPLAY_TAP_PORT;
		for (size_t t = 0; to && t < sizeof(taps) / sizeof(taps[0]); t++)
			if (strcmp(to, taps[t].to) == 0)
				output->tap = taps[t].tap;
		if (output->tap != REPLAY_TAP_PORT)
			continue;
		port = to ? nic_port_by_name(&emulator->nic, to) : -1;
		if (port < 0)
			return serve_unknown_port(&emulator->nic, to ? to : "");
		if (nic_exit_port(&emulator->nic, (uint16_t)port) != port)
			return nothing_leaves(&emulator->nic, (uint16_t)port);
		output->port = (uint16_t)port;
	}
	return NULL;
}

static bool step(void *context)
{
	struct replay_job *job = context;

	return replay_step(job->replay);
}

static json_t *progress(void *context)
{
	const struct replay_job *job = context;
	struct replay_progress now = replay_get_progress(job->replay);

	return json_pack("{s:I, s:I, s:I}", "packets", (json_int_t)now.packets, "done",
			 (json_int_t)now.done, "whole", (json_int_t)now.whole);
}

static void interrupt(void *context)
{
	struct replay_job *job = context;

	replay_interrupt(job->replay);
}

static void job_free(struct replay_job *job)
{
	replay_destroy(job->replay);
	descriptions_destroy(job->descriptions);
	json_decref(job->request);
	free(job);
}

static struct report_options report_options(const json_t *request)
{
	return (struct report_options){
		.generator = "nicemu " NICEMU_VERSION,
		.reproducible = json_is_true(json_object_get(request, "reproducible")),
		.packed = json_is_true(json_object_get(request, "packed")),
		.without_rules = json_is_true(json_object_get(request, "without_rules")),
	};
}

static json_t *finish(void *context)
{
	struct replay_job *job = context;
	struct report_options options = report_options(job->request);
	json_t *report;

	replay_finish(job->replay);
	report = report_build(job->emulator, job->replay, json_object_get(job->request, "listing"),
			      &options);
	log_add(job->emulator->log, LOG_INFO, job->emulator->clock.now_ns,
		"replay: %llu packet%s from %zu capture%s",
		(unsigned long long)replay_get_results(job->replay)->total.packets,
		replay_get_results(job->replay)->total.packets == 1 ? "" : "s",
		replay_get_results(job->replay)->num_captures,
		replay_get_results(job->replay)->num_captures == 1 ? "" : "s");
	job_free(job);
	return report;
}

/* Give the descriptors to the inputs and outputs, which take them over with replay_create. */
static void hand_over(struct replay_options *options, int *fds)
{
	for (size_t i = 0; i < options->num_inputs; i++, fds++) {
		options->inputs[i].fd = *fds;
		*fds = -1;
	}
	for (size_t i = 0; i < options->num_outputs; i++, fds++) {
		options->outputs[i].fd = *fds;
		*fds = -1;
	}
}

static json_t *start(struct replay_job *job, const struct replay_options *options)
{
	bool wrong_input = false;
	char message[512];
	int error = replay_create(&job->replay, job->emulator, options, &wrong_input, message,
				  sizeof(message));

	if (!error)
		return NULL;
	return serve_error(wrong_input        ? EXIT_INPUT
			   : error == -EINVAL ? EXIT_USAGE
					      : EXIT_ENVIRONMENT,
			   "%s", message);
}

static json_t *handle_replay(struct emulator *emulator, const json_t *request, int *fds,
			     size_t num_fds, struct serve_job *result)
{
	struct replay_job *job = calloc(1, sizeof(*job));
	json_int_t loops = json_integer_value(json_object_get(request, "loop"));
	json_int_t jobs = json_integer_value(json_object_get(request, "jobs"));
	struct replay_options options = {
		.num_inputs = json_array_size(json_object_get(request, "captures")),
		.num_outputs = json_array_size(json_object_get(request, "outputs")),
		.filter = json_string_value(json_object_get(request, "filter")),
		.loops = loops > 0 ? (uint64_t)loops : 1,
		.merge = json_is_true(json_object_get(request, "merge")),
		.fake_ethernet = json_is_true(json_object_get(request, "fake_ethernet")),
		.jobs = jobs > 0 && jobs <= REPLAY_JOBS_MAX ? (unsigned int)jobs : 1,
		.describe = descriptions_find,
	};
	json_t *error = NULL;

	options.inputs = calloc(options.num_inputs + 1, sizeof(*options.inputs));
	options.outputs = calloc(options.num_outputs + 1, sizeof(*options.outputs));
	if (!job || !options.inputs || !options.outputs) {
		error = serve_error(EXIT_ENVIRONMENT, "out of memory");
		goto out;
	}
	if (!options.num_inputs || num_fds != options.num_inputs + options.num_outputs) {
		error = serve_error(EXIT_USAGE, "a replay needs a descriptor for each file");
		goto out;
	}
	job->emulator = emulator;
	job->request = json_incref((json_t *)request);
	job->descriptions = descriptions_create(emulator, json_object_get(request, "listing"));
	error = job->descriptions ? serve_read_captures(emulator, request, options.inputs)
				  : serve_error(EXIT_ENVIRONMENT, "out of memory");
	if (!error)
		error = read_outputs(emulator, request, &options);
	if (error)
		goto out;
	options.describe_context = job->descriptions;
	if (observers_begin(emulator->observers))
		options.observers = emulator->observers;
	hand_over(&options, fds);
	error = start(job, &options);
out:
	free(options.inputs);
	free(options.outputs);
	if (error) {
		if (job)
			job_free(job);
		return error;
	}
	*result = (struct serve_job){
		.step = step,
		.progress = progress,
		.interrupt = interrupt,
		.finish = finish,
		.context = job,
	};
	return NULL;
}

/* {"command": "report", "without_rules"}: the document of a replay that has not taken place. */
static json_t *handle_report(struct emulator *emulator, const json_t *request, int *fds,
			     size_t num_fds, struct serve_job *job)
{
	struct report_options options = report_options(request);

	return report_build(emulator, NULL, json_object_get(request, "listing"), &options);
}

const struct serve_command serve_replay_commands[] = {
	{.name = "replay", .handle = handle_replay, .is_job = true},
	{.name = "report", .handle = handle_report},
	{.name = NULL},
};
