/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bench_internal.h"

#include <errno.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* What a kind does, in this order; ended by a phase without a step. */
static const struct bench_phase lookup_phases[] = {
	{"building the table", bench_build_step, NULL},
	{"reading", bench_survey_step, bench_survey_progress},
	{"looking up", bench_lookup_step, bench_lookup_progress},
	{"first pass", bench_first_pass_step, bench_replay_progress},
	{"replaying", bench_replay_step, bench_replay_progress},
	{0},
};

/* The survey comes last: before it, files are as cold as they were. */
static const struct bench_phase replay_phases[] = {
	{"building the table", bench_build_step, NULL},
	{"first pass", bench_first_pass_step, bench_replay_progress},
	{"replaying", bench_replay_step, bench_replay_progress},
	{"reading", bench_survey_step, bench_survey_progress},
	{0},
};

static const struct bench_phase update_phases[] = {
	{"building the table", bench_build_step, NULL},
	{"reading", bench_survey_step, bench_survey_progress},
	{"updating", bench_update_step, bench_update_progress},
	{0},
};

static const struct bench_phase *const kinds[] = {
	[BENCH_LOOKUP] = lookup_phases,
	[BENCH_REPLAY] = replay_phases,
	[BENCH_UPDATE] = update_phases,
};

enum bench_answer bench_fail(struct bench *bench, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(bench->failure, sizeof(bench->failure), format, arguments);
	va_end(arguments);
	return BENCH_FAILED;
}

int bench_capture_fd(const struct bench *bench, size_t index)
{
	int fd;

	if (lseek(bench->fds[index], bench->starts[index], SEEK_SET) < 0)
		return -errno;
	fd = dup(bench->fds[index]);
	return fd < 0 ? -errno : fd;
}

static unsigned int count_cpus(void)
{
	cpu_set_t set;

	return sched_getaffinity(0, sizeof(set), &set) ? 1 : (unsigned int)CPU_COUNT(&set);
}

static uint64_t half_of_memory(void)
{
	long pages = sysconf(_SC_PHYS_PAGES), size = sysconf(_SC_PAGESIZE);

	return pages > 0 && size > 0 ? (uint64_t)pages * (uint64_t)size / 2 : UINT64_MAX;
}

/* Descriptors change hands whatever happens. */
static int take_inputs(struct bench *bench, const struct bench_options *options)
{
	size_t count = options->num_inputs;

	bench->fds = calloc(count + 1, sizeof(*bench->fds));
	bench->starts = calloc(count + 1, sizeof(*bench->starts));
	bench->errors = calloc(count + 1, sizeof(*bench->errors));
	bench->results.captures = calloc(count + 1, sizeof(*bench->results.captures));
	if (!bench->fds || !bench->starts || !bench->errors || !bench->results.captures)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		struct bench_capture *capture = &bench->results.captures[i];

		bench->fds[i] = options->inputs[i].fd;
		bench->starts[i] = lseek(bench->fds[i], 0, SEEK_CUR);
		capture->port = options->inputs[i].port;
		capture->name = strdup(options->inputs[i].name);
		bench->results.num_captures = i + 1;
	}
	for (size_t i = 0; i < count; i++)
		if (!bench->results.captures[i].name)
			return -ENOMEM;
	return 0;
}

/* It is read several times. */
static bool is_file(int fd)
{
	struct stat status;

	return fstat(fd, &status) == 0 && S_ISREG(status.st_mode);
}

/* What is no capture is told before anything is measured. */
static int check_input(const struct bench *bench, size_t index, char *message, size_t size)
{
	const char *name = bench->results.captures[index].name;
	struct capture_error fault;
	struct capture *capture;
	int fd = is_file(bench->fds[index]) ? bench_capture_fd(bench, index) : -ESPIPE;

	if (fd < 0) {
		snprintf(message, size, "%s: %s", name,
			 fd == -ESPIPE ? "is no regular file and can't be read again"
				       : strerror(-fd));
		return fd;
	}
	if (capture_open(&capture, fd, name, bench->options.fake_ethernet, &fault)) {
		snprintf(message, size, "%s", fault.text);
		return fault.error;
	}
	capture_close(capture);
	return 0;
}

static int check_inputs(const struct bench *bench, char *message, size_t size)
{
	int error = 0;

	for (size_t i = 0; !error && i < bench->results.num_captures; i++)
		error = check_input(bench, i, message, size);
	return error;
}

static int set_up(struct bench *bench, const struct bench_options *options)
{
	bench->options = *options;
	bench->options.inputs = NULL; /* the caller's */
	if (!bench->options.engine)
		bench->options.engine = tcam_engines[0];
	if (!bench->options.bytes_limit)
		bench->options.bytes_limit = half_of_memory();
	bench->results.engine = bench->options.engine->name;
	bench->results.cache = !options->no_cache;
	bench->results.jobs = options->jobs ? options->jobs : 1;
	bench->results.runs_wanted = options->runs;
	bench->results.cpus = count_cpus();
	bench->phase = kinds[options->kind];
	return take_inputs(bench, options);
}

static void reject(const struct bench_options *options)
{
	for (size_t i = 0; i < options->num_inputs; i++)
		close(options->inputs[i].fd);
}

int bench_create(struct bench **result, struct emulator *emulator,
		 const struct bench_options *options, bool *wrong_input, char *message, size_t size)
{
	struct bench *bench = calloc(1, sizeof(*bench));
	int error = -ENOMEM;

	*result = NULL;
	*wrong_input = false;
	snprintf(message, size, "out of memory");
	if (bench) {
		bench->emulator = emulator;
		error = set_up(bench, options);
	}
	if (!bench || bench->results.num_captures < options->num_inputs) {
		reject(options);
	} else if (!error) {
		error = check_inputs(bench, message, size);
		*wrong_input = error && error != -ESPIPE && error != -ENOMEM;
	}
	if (error)
		bench_destroy(bench);
	else
		*result = bench;
	return error;
}

void bench_destroy(struct bench *bench)
{
	if (!bench)
		return;
	bench_update_destroy(bench->update);
	replay_destroy(bench->replay);
	capture_close(bench->capture);
	asic_worker_destroy(bench->worker);
	asic_build_end(bench->building);
	asic_destroy(bench->asic);
	bench_trace_clear(&bench->trace);
	for (size_t i = 0; i < bench->results.num_captures; i++) {
		close(bench->fds[i]);
		free(bench->results.captures[i].name);
	}
	free(bench->results.captures);
	free(bench->errors);
	free(bench->starts);
	free(bench->fds);
	free(bench);
}

bool bench_step(struct bench *bench)
{
	if (bench->interrupted && !bench->ended) {
		bench->results.interrupted = true;
		bench->ended = true;
	}
	if (bench->ended)
		return false;
	switch (bench->phase->step(bench)) {
	case BENCH_MORE: break;
	case BENCH_NEXT: bench->phase++; break;
	case BENCH_FAILED: bench->ended = true; break;
	}
	if (!bench->phase->step)
		bench->ended = true;
	return !bench->ended;
}

void bench_interrupt(struct bench *bench)
{
	bench->interrupted = true;
}

struct bench_progress bench_get_progress(const struct bench *bench)
{
	struct bench_progress progress = {.what = bench->phase->what ? bench->phase->what : "done"};

	if (bench->phase->progress)
		bench->phase->progress(bench, &progress);
	return progress;
}

void bench_finish(struct bench *bench)
{
	struct bench_results *results = &bench->results;

	bench_update_destroy(bench->update);
	bench->update = NULL;
	bench_figure_close(&results->lookup);
	bench_figure_close(&results->replay);
	bench_figure_close(&results->alone);
	bench_figure_close(&results->during);
	bench_figure_close(&results->updates);
}

const struct bench_results *bench_get_results(const struct bench *bench)
{
	return &bench->results;
}

const char *bench_failure(const struct bench *bench)
{
	return *bench->failure ? bench->failure : NULL;
}

bool bench_get_error(const struct bench *bench, size_t index, struct replay_error *error)
{
	if (index >= bench->num_errors)
		return false;
	*error = (struct replay_error){
		.fault = REPLAY_INPUT_FAULT,
		.error = bench->errors[index].fault.error,
		.has_offset = true,
		.offset = bench->errors[index].fault.offset,
		.name = bench->errors[index].name,
		.text = bench->errors[index].fault.text,
	};
	return true;
}
