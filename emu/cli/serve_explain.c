/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The emulator's side of `nicemu explain`.
 *
 * {"command": "explain", "captures": [{"file", "port"}], "first", "last" (0: the one that is
 * first), "filter", "fake_ethernet", "nearest", "all", "listing"}; descriptor: the capture's.
 * Progress is
 * {"explained": [document]}; so is the answer, with "read" (packets), "interrupted", and "error"
 * where the work ended early, with its "status".
 */
#include "cli.h"
#include "serve.h"
#include "serve_captures.h"

#include <nicemu/engine/explain.h>
#include <nicemu/ports/capture.h>
#include <nicemu/ports/filter.h>
#include <nicemu/report/explain.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { PASSED_A_STEP = 64 }; /* batches */

struct explain_job {
	struct emulator *emulator;
	json_t *request;
	struct capture *capture;
	struct filter *filter;
	struct explain_options options;
	const char *file;
	uint16_t port;
	uint64_t first, last; /* numbers; last 0: only one, the first that the filter takes */
	uint64_t read, explained;
	json_t *documents; /* that have not been sent */
	json_t *error;
	bool interrupted, done;
};

static void job_free(struct explain_job *job)
{
	capture_close(job->capture);
	filter_free(job->filter);
	json_decref(job->documents);
	json_decref(job->request);
	free(job);
}

static void fail(struct explain_job *job, json_t *error)
{
	json_decref(job->error);
	job->error = error;
	job->done = true;
}

static void explain_one(struct explain_job *job, const struct packet *packet)
{
	const struct report_explain_source source = {"nicemu " NICEMU_VERSION, job->file, job->read,
						     job->options.all};
	struct explanation explanation;
	json_t *document = NULL;
	char message[256];
	int error = explain_packet(job->emulator, packet, &job->options, &explanation, message,
				   sizeof(message));

	if (!error)
		document = report_explain(job->emulator, packet, &explanation, &source);
	if (document)
		json_array_append_new(job->documents, document);
	else
		fail(job, serve_error(error == -EILSEQ ? EXIT_REFUSED : EXIT_ENVIRONMENT,
				      "packet %llu: %s", (unsigned long long)job->read,
				      error ? message : "out of memory"));
	explanation_clear(&explanation);
	job->explained++;
}

static void see(struct explain_job *job, struct packet *packet)
{
	job->read++;
	if (job->read < job->first)
		return;
	packet->port = job->port;
	if (!job->filter || filter_match(job->filter, packet))
		explain_one(job, packet);
	if (job->last ? job->read >= job->last : job->explained > 0)
		job->done = true;
}

/* One batch; false at the end of the capture, or of the work. */
static bool read_batch(struct explain_job *job)
{
	struct packet packets[CAPTURE_BATCH];
	struct capture_error fault;
	int count = capture_read(job->capture, packets, CAPTURE_BATCH, &fault);

	if (count == -EAGAIN)
		return true;
	if (count < 0)
		fail(job, serve_error(EXIT_INPUT, "%s", fault.text));
	for (int i = 0; i < count && !job->done; i++)
		see(job, &packets[i]);
	job->done |= count <= 0;
	return !job->done;
}

static bool step(void *context)
{
	struct explain_job *job = context;
	uint64_t before = job->explained;

	job->done |= job->interrupted;
	for (int i = 0; i < PASSED_A_STEP && !job->done && job->explained == before; i++)
		read_batch(job);
	return !job->done;
}

static json_t *progress(void *context)
{
	struct explain_job *job = context;
	json_t *documents = job->documents;

	job->documents = json_array();
	return json_pack("{s:o}", "explained", documents);
}

static void interrupt(void *context)
{
	struct explain_job *job = context;

	job->interrupted = true;
}

/* Why there is nothing to show: a wrong number, or a filter that takes nothing. */
static json_t *nothing_found(const struct explain_job *job)
{
	unsigned long long read = job->read, first = job->first;

	if (!read)
		return serve_error(EXIT_REFUSED, "%s has no packets", job->file);
	if (read < first)
		return serve_error(EXIT_USAGE, "there is no packet %llu: %s has %llu", first,
				   job->file, read);
	if (job->last == job->first)
		return serve_error(EXIT_REFUSED, "the filter does not take packet %llu of %s",
				   first, job->file);
	return serve_error(EXIT_REFUSED, "the filter takes none of the packets %llu to %llu of %s",
			   first, read, job->file);
}

static json_t *finish(void *context)
{
	struct explain_job *job = context;
	json_t *answer = json_object();

	if (!job->error && !job->explained && !job->interrupted)
		job->error = nothing_found(job);
	json_object_set(answer, "explained", job->documents);
	json_object_set_new(answer, "read", json_integer((json_int_t)job->read));
	json_object_set_new(answer, "interrupted", json_boolean(job->interrupted));
	json_object_set_new(answer, "failed", job->error ? job->error : json_null());
	job_free(job);
	return answer;
}

static json_t *open_filter(struct explain_job *job)
{
	const char *expression = json_string_value(json_object_get(job->request, "filter"));
	char message[256];
	int error;

	if (!expression)
		return NULL;
	error = filter_compile(&job->filter, expression, message, sizeof(message));
	if (!error)
		return NULL;
	return error == -EINVAL ? serve_error(EXIT_USAGE, "--filter: %s", message)
				: serve_error(EXIT_ENVIRONMENT, "out of memory");
}

static json_t *open_job(struct explain_job *job, int *fd)
{
	bool fake_ethernet = json_is_true(json_object_get(job->request, "fake_ethernet"));
	struct replay_input input = {0};
	struct capture_error fault;
	json_t *error = serve_read_captures(job->emulator, job->request, &input);
	int taken = *fd;

	if (!error)
		error = open_filter(job);
	if (error)
		return error;
	job->file = input.name;
	job->port = nic_rules_port(&job->emulator->nic, input.port);
	*fd = -1;
	if (capture_open(&job->capture, taken, job->file, fake_ethernet, &fault)) {
		job->capture = NULL;
		return serve_error(fault.error == -ENOMEM ? EXIT_ENVIRONMENT : EXIT_INPUT, "%s",
				   fault.text);
	}
	return NULL;
}

static uint64_t number(const json_t *request, const char *key)
{
	json_int_t value = json_integer_value(json_object_get(request, key));

	return value > 0 ? (uint64_t)value : 0;
}

static json_t *handle_explain(struct emulator *emulator, const json_t *request, int *fds,
			      size_t num_fds, struct serve_job *result)
{
	struct explain_job *job = calloc(1, sizeof(*job));
	json_t *error;

	if (!job)
		return serve_error(EXIT_ENVIRONMENT, "out of memory");
	*job = (struct explain_job){
		.emulator = emulator,
		.request = json_incref((json_t *)request),
		.options = {.nearest = number(request, "nearest"),
			    .all = json_is_true(json_object_get(request, "all"))},
		.first = number(request, "first"),
		.last = number(request, "last"),
		.documents = json_array(),
	};
	if (num_fds != 1 || json_array_size(json_object_get(request, "captures")) != 1)
		error = serve_error(EXIT_USAGE, "one capture is explained at a time");
	else
		error = open_job(job, fds);
	if (error) {
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

const struct serve_command serve_explain_commands[] = {
	{.name = "explain", .handle = handle_explain, .is_job = true},
	{.name = NULL},
};
