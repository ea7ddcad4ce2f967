/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The emulator's side of `nicemu bench`: {"command": "bench", "kind", "captures": [{"file",
 * "port"}], "engine", "no_cache", "runs", "seconds", "jobs", "fake_ethernet", "reproducible",
 * "listing"}; descriptors: those of the captures. The answer is the document, or, where a chain
 * names a device that is no port, {"refused": […]}.
 */
#include "cli.h"
#include "serve.h"
#include "serve_captures.h"

#include <nicemu/engine/bench.h>
#include <nicemu/report/bench.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct bench_job {
	struct emulator *emulator;
	struct bench *bench;
	const char *kind;
	bool reproducible;
};

static const struct {
	const char *name;
	enum bench_kind kind;
} kinds[] = {{"lookup", BENCH_LOOKUP}, {"replay", BENCH_REPLAY}, {"update", BENCH_UPDATE}};

enum { NUM_KINDS = sizeof(kinds) / sizeof(*kinds) };

static size_t find_kind(const json_t *request)
{
	const char *name = json_string_value(json_object_get(request, "kind"));
	size_t i = 0;

	while (i < NUM_KINDS && strcmp(kinds[i].name, name ? name : "") != 0)
		i++;
	return i;
}

static bool step(void *context)
{
	struct bench_job *job = context;

	return bench_step(job->bench);
}

static json_t *progress(void *context)
{
	const struct bench_job *job = context;
	struct bench_progress now = bench_get_progress(job->bench);

	return json_pack("{s:s, s:I, s:I}", "what", now.what, "done", (json_int_t)now.done, "whole",
			 (json_int_t)now.whole);
}

static void interrupt(void *context)
{
	struct bench_job *job = context;

	bench_interrupt(job->bench);
}

static json_t *finish(void *context)
{
	struct bench_job *job = context;
	const struct report_bench_options options = {
		.generator = "nicemu " NICEMU_VERSION,
		.kind = job->kind,
		.reproducible = job->reproducible,
	};
	json_t *answer;

	bench_finish(job->bench);
	if (bench_failure(job->bench))
		answer = serve_error(EXIT_ENVIRONMENT, "%s", bench_failure(job->bench));
	else
		answer = report_bench(job->emulator, job->bench, &options);
	bench_destroy(job->bench);
	free(job);
	return answer;
}

/*
 * A kernel that lets a chain name a device that is not there binds it to nothing. Who measures
 * wants to know: these chains count as refused. NULL: there are none.
 */
static json_t *refuse_absent_devices(const struct emulator *emulator, const json_t *listing)
{
	json_t *refused = json_array(), *answer = NULL;
	const json_t *chain, *device;
	size_t i, j;

	json_array_foreach (json_object_get(listing, "chains"), i, chain) {
		const char *name = json_string_value(json_object_get(chain, "chain"));

		json_array_foreach (json_object_get(chain, "devices"), j, device) {
			const char *port = json_string_value(device);

			if (!json_is_true(json_object_get(chain, "offload")) || !port ||
			    nic_port_by_name(&emulator->nic, port) >= 0)
				continue;
			json_array_append_new(
				refused,
				json_pack("{s:n, s:n, s:n, s:{s:O, s:O, s:O, s:n}, s:s, s:s, s:s, "
					  "s:n, s:o, s:n}",
					  "file", "line", "column", "rule", "family",
					  json_object_get(chain, "family"), "table",
					  json_object_get(chain, "table"), "chain",
					  json_object_get(chain, "chain"), "handle", "id",
					  "device-not-a-port", "errno", "ENODEV", "layer", "model",
					  "expression", "reason",
					  json_sprintf("chain %s names device %s, which is no "
						       "port of this NIC",
						       name ? name : "", port),
					  "hint"));
		}
	}
	if (json_array_size(refused))
		answer = json_pack("{s:O}", "refused", refused);
	json_decref(refused);
	return answer;
}

static unsigned int bounded(const json_t *request, const char *key, unsigned int least,
			    unsigned int most)
{
	json_int_t value = json_integer_value(json_object_get(request, key));

	return value < least ? least : value > most ? most : (unsigned int)value;
}

/* NULL, or the error. The descriptors are taken over when the bench is made. */
static json_t *start(struct bench_job *job, const json_t *request, struct replay_input *inputs,
		     int *fds)
{
	const char *engine = json_string_value(json_object_get(request, "engine"));
	struct bench_options options = {
		.kind = kinds[find_kind(request)].kind,
		.engine = engine ? tcam_engine(engine) : NULL,
		.inputs = inputs,
		.num_inputs = json_array_size(json_object_get(request, "captures")),
		.no_cache = json_is_true(json_object_get(request, "no_cache")),
		.fake_ethernet = json_is_true(json_object_get(request, "fake_ethernet")),
		.jobs = bounded(request, "jobs", 1, REPLAY_JOBS_MAX),
		.runs = bounded(request, "runs", BENCH_RUNS_MIN, BENCH_RUNS_MAX),
		.seconds = json_number_value(json_object_get(request, "seconds")),
	};
	char message[512];
	bool wrong_input;
	int error;

	if (engine && !options.engine)
		return serve_error(EXIT_USAGE, "the emulator has no engine '%s'", engine);
	for (size_t i = 0; i < options.num_inputs; i++) {
		inputs[i].fd = fds[i];
		fds[i] = -1;
	}
	error = bench_create(&job->bench, job->emulator, &options, &wrong_input, message,
			     sizeof(message));
	if (!error)
		return NULL;
	return serve_error(wrong_input        ? EXIT_INPUT
			   : error == -ESPIPE ? EXIT_USAGE
					      : EXIT_ENVIRONMENT,
			   "%s", message);
}

static json_t *prepare(struct bench_job *job, const json_t *request, int *fds, size_t num_fds)
{
	size_t count = json_array_size(json_object_get(request, "captures"));
	struct replay_input *inputs = calloc(count + 1, sizeof(*inputs));
	json_t *answer = NULL;

	if (!inputs)
		answer = serve_error(EXIT_ENVIRONMENT, "out of memory");
	else if (find_kind(request) == NUM_KINDS)
		answer = serve_error(EXIT_USAGE, "the emulator can't measure that");
	else if (!count || num_fds != count)
		answer = serve_error(EXIT_USAGE, "a bench needs a descriptor for each capture");
	if (!answer)
		answer = refuse_absent_devices(job->emulator, json_object_get(request, "listing"));
	if (!answer)
		answer = serve_read_captures(job->emulator, request, inputs);
	if (!answer)
		answer = start(job, request, inputs, fds);
	free(inputs);
	return answer;
}

static json_t *handle_bench(struct emulator *emulator, const json_t *request, int *fds,
			    size_t num_fds, struct serve_job *result)
{
	struct bench_job *job = calloc(1, sizeof(*job));
	json_t *answer;

	if (!job)
		return serve_error(EXIT_ENVIRONMENT, "out of memory");
	job->emulator = emulator;
	job->reproducible = json_is_true(json_object_get(request, "reproducible"));
	answer = prepare(job, request, fds, num_fds);
	if (answer) {
		free(job);
		return answer;
	}
	job->kind = kinds[find_kind(request)].name;
	*result = (struct serve_job){
		.step = step,
		.progress = progress,
		.interrupt = interrupt,
		.finish = finish,
		.context = job,
	};
	return NULL;
}

const struct serve_command serve_bench_commands[] = {
	{.name = "bench", .handle = handle_bench, .is_job = true},
	{.name = NULL},
};
