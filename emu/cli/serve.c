/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "serve.h"

#include "cli.h"

#include <nicemu/shim/wire.h>

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

enum { PROGRESS_MS = 100, TOTALS_MS = 100, TICK_MS = 1000, JOB_QUEUE_MAX = 16 << 20 };

struct serve {
	struct emulator *emulator;
	const struct serve_recording *recording;
	struct server_endpoint endpoint;
	struct serve_job job;
	bool job_runs;
	struct client *job_client; /* NULL when it has gone away */
	struct client *judge;      /* who turned judging on; NULL: it is off */
	uint64_t next_progress_ms, next_totals_ms, next_tick_ms;
	bool stop;
};

json_t *serve_error(int status, const char *format, ...)
{
	char text[1024];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	/* Text that is not UTF-8 (a file name) must not turn the answer into nothing. */
	return json_pack("{s:o, s:i}", "error", json_string_nocheck(text), "status", status);
}

static int send_text(struct client *client, const char *text, size_t size)
{
	char chunk[1 + SHIM_CHUNK_MAX];
	int error = 0;

	do {
		size_t n = size < SHIM_CHUNK_MAX ? size : SHIM_CHUNK_MAX;

		chunk[0] = n == size ? SHIM_CHUNK_LAST : SHIM_CHUNK_MORE;
		memcpy(chunk + 1, text, n);
		error = client_send(client, chunk, 1 + n);
		text += n;
		size -= n;
	} while (size && !error);
	return error;
}

/* Takes the reference. */
static void send_json(struct client *client, json_t *message)
{
	char *text = json_dumps(message, JSON_COMPACT);

	if (!text) {
		json_t *error = serve_error(EXIT_ENVIRONMENT, "the answer can't be encoded");

		text = json_dumps(error, JSON_COMPACT);
		json_decref(error);
	}
	if (text)
		send_text(client, text, strlen(text));
	free(text);
	json_decref(message);
}

static uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static const struct serve_command *find_command(const char *name)
{
	const struct serve_command *const tables[] = {
		serve_refusal_commands, serve_check_commands,  serve_observe_commands,
		serve_show_commands,    serve_replay_commands, serve_bench_commands,
		serve_explain_commands,
	};

	for (size_t i = 0; i < sizeof(tables) / sizeof(*tables); i++)
		for (const struct serve_command *c = tables[i]; c->name; c++)
			if (strcmp(c->name, name) == 0)
				return c;
	return NULL;
}

static void start_job(struct serve *s, struct client *client, const struct serve_job *job)
{
	s->job = *job;
	s->job_runs = true;
	s->job_client = client;
	s->next_progress_ms = now_ms() + PROGRESS_MS;
}

static json_t *about(const struct serve *s)
{
	return json_pack("{s:s, s:i, s:b, s:b}", "version", NICEMU_VERSION, "process",
			 (int)getpid(), "attached", s->emulator->kmod != NULL, "watched",
			 observers_count(s->emulator->observers) > 0);
}

/*
 * {"command": "judge", "on": bool}: see nft_set_judge. It changes what everybody's rules do, so it
 * ends with the client that asked for it.
 */
static json_t *judge(struct serve *s, struct client *client, const json_t *request)
{
	bool on = json_is_true(json_object_get(request, "on"));

	if (s->judge && s->judge != client)
		return serve_error(EXIT_ENVIRONMENT, "the emulator judges for another command");
	s->judge = on ? client : NULL;
	nft_set_judge(s->emulator->nft, on);
	return json_object();
}

/* One in the background has nowhere else to say that its recording could not be written. */
static json_t *stop(struct serve *s)
{
	int error = s->recording ? recorder_error(s->recording->recorder) : 0;

	s->stop = true;
	return error ? serve_error(EXIT_OUTPUT, "the recording %s is not whole: %s",
				   s->recording->file, strerror(-error))
		     : json_object();
}

/* The answer, or NULL where there is none (yet). */
static json_t *carry_out(struct serve *s, struct client *client, const json_t *request, int *fds,
			 size_t num_fds)
{
	const char *name = json_string_value(json_object_get(request, "command"));
	const struct serve_command *command = name ? find_command(name) : NULL;
	struct serve_job job = {0};
	json_t *answer;

	if (!name)
		return serve_error(EXIT_USAGE, "a request needs a \"command\"");
	if (strcmp(name, "about") == 0)
		return about(s);
	if (strcmp(name, "stop") == 0)
		return stop(s);
	if (strcmp(name, "interrupt") == 0) {
		if (s->job_runs && s->job_client == client)
			s->job.interrupt(s->job.context);
		return NULL;
	}
	if (strcmp(name, "judge") == 0)
		return judge(s, client, request);
	if (!command)
		return serve_error(EXIT_USAGE, "the emulator knows no command '%s'", name);
	if (command->is_job && s->job_runs)
		return serve_error(EXIT_ENVIRONMENT,
				   "the emulator is busy with another replay or bench");
	answer = command->handle(s->emulator, request, fds, num_fds, &job);
	if (answer)
		return answer;
	if (!job.step)
		return serve_error(EXIT_ENVIRONMENT, "out of memory");
	start_job(s, client, &job);
	return NULL;
}

static int64_t receive(void *context, struct client *client, const uint8_t *data, size_t size,
		       int *fds, size_t num_fds)
{
	json_t *request = json_loadb((const char *)data, size, JSON_REJECT_DUPLICATES, NULL);
	json_t *answer;

	if (!request)
		return -EBADMSG;
	answer = carry_out(context, client, request, fds, num_fds);
	json_decref(request);
	if (answer)
		send_json(client, answer);
	return (int64_t)size;
}

static void client_closed(void *context, struct client *client)
{
	struct serve *s = context;

	if (s->judge == client) {
		s->judge = NULL;
		nft_set_judge(s->emulator->nft, false);
	}
	if (!s->job_runs || s->job_client != client)
		return;
	s->job_client = NULL;
	s->job.interrupt(s->job.context);
}

/* To a real kernel, so that its own tools show them. */
static void push_totals(struct serve *s)
{
	s->next_totals_ms = now_ms() + TOTALS_MS;
	if (s->emulator->kmod && kmod_push(s->emulator->kmod))
		s->stop = true;
}

static void finish_job(struct serve *s)
{
	json_t *answer = s->job.finish(s->job.context);

	s->job_runs = false;
	push_totals(s);
	if (!answer)
		answer = serve_error(EXIT_ENVIRONMENT, "out of memory");
	if (s->job_client)
		send_json(s->job_client, answer);
	else
		json_decref(answer);
	s->job_client = NULL;
}

static void step_job(struct serve *s)
{
	json_t *progress;

	if (!s->job.step(s->job.context)) {
		finish_job(s);
		return;
	}
	if (!s->job.progress || !s->job_client || now_ms() < s->next_progress_ms)
		return;
	s->next_progress_ms = now_ms() + PROGRESS_MS;
	progress = s->job.progress(s->job.context);
	if (progress)
		send_json(s->job_client, json_pack("{s:o}", "progress", progress));
}

/* While a job runs. What a job counted last is pushed when it ends. */
static void push_totals_in_time(struct serve *s)
{
	if (s->emulator->kmod && s->job_runs && now_ms() >= s->next_totals_ms)
		push_totals(s);
}

static uint64_t system_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* The store's rules count by the clock. One that was away for long catches up second by second. */
static void tick_in_time(struct serve *s)
{
	bool ticked = false;

	if (!store_counts(s->emulator->store))
		return;
	for (; now_ms() >= s->next_tick_ms; ticked = true) {
		s->next_tick_ms += TICK_MS;
		store_tick(s->emulator->store, system_ns());
	}
	if (ticked)
		push_totals(s);
}

/* A job rests while its client does not take what it has been sent. */
static bool job_can_go_on(const struct serve *s)
{
	return s->job_runs && (!s->job_client || client_queued(s->job_client) < JOB_QUEUE_MAX);
}

/* How long there is nothing to do unless somebody calls, for poll. */
static int patience(const struct serve *s)
{
	uint64_t now = now_ms();

	if (job_can_go_on(s))
		return 0;
	if (!store_counts(s->emulator->store))
		return -1;
	return s->next_tick_ms > now ? (int)(s->next_tick_ms - now) : 0;
}

static void hear_kernel(struct serve *s)
{
	if (kmod_dispatch(s->emulator->kmod))
		s->stop = true;
}

static int wait_for_work(struct serve *s, int signals, int lifeline)
{
	struct kmod *kmod = s->emulator->kmod;
	struct pollfd waiting[] = {
		{.fd = server_fd(s->emulator->server), .events = POLLIN},
		{.fd = signals, .events = POLLIN},
		{.fd = lifeline, .events = POLLIN}, /* a negative one is skipped */
		{.fd = kmod ? kmod_fd(kmod) : -1, .events = POLLIN},
	};

	if (poll(waiting, 4, patience(s)) < 0 && errno != EINTR)
		return -errno;
	/* First: a thread of the kernel may wait for it. */
	if (waiting[3].revents)
		hear_kernel(s);
	if (waiting[1].revents || waiting[2].revents)
		s->stop = true;
	return server_dispatch(s->emulator->server, 0);
}

void serve_block_signals(sigset_t *blocked)
{
	static const int ends[] = {SIGTERM, SIGINT, SIGHUP};
	struct sigaction action;

	sigemptyset(blocked);
	/* nohup, or a shell's &: who started us wants that one ignored. */
	for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++)
		if (sigaction(ends[i], NULL, &action) == 0 && action.sa_handler != SIG_IGN)
			sigaddset(blocked, ends[i]);
	sigprocmask(SIG_BLOCK, blocked, NULL);
}

int serve(struct emulator *emulator, int lifeline, const struct serve_recording *recording)
{
	struct serve s = {.emulator = emulator, .recording = recording};
	sigset_t wanted;
	int signals, error = 0;

	s.endpoint = (struct server_endpoint){
		.protocol = SHIM_PROTOCOL_COMMAND,
		.receive = receive,
		.closed = client_closed,
		.context = &s,
	};
	/* Outputs of a replay can be pipes: their writers get EPIPE. */
	signal(SIGPIPE, SIG_IGN);
	serve_block_signals(&wanted);
	signals = signalfd(-1, &wanted, SFD_CLOEXEC | SFD_NONBLOCK);
	if (signals < 0)
		return -errno;
	server_register(emulator->server, &s.endpoint);
	s.next_tick_ms = now_ms() + TICK_MS;
	while (!s.stop && !error) {
		error = wait_for_work(&s, signals, lifeline);
		if (job_can_go_on(&s) && !s.stop && !error)
			step_job(&s);
		push_totals_in_time(&s);
		tick_in_time(&s);
	}
	if (s.job_runs) {
		s.job.interrupt(s.job.context);
		while (s.job.step(s.job.context))
			;
		finish_job(&s);
	}
	server_close_clients(emulator->server);
	close(signals);
	return error;
}
