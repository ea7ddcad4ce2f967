/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The emulator process: event loop, and the JSON commands that nicemu's other commands send.
 *
 * A request is {"command": NAME, …}; its answer is one JSON document, either {"error": text,
 * "status": exit status} or the command's data. A job (a replay) runs in steps between control
 * messages, sends {"progress": …} and answers when it is done; a second one meanwhile is refused.
 * It ends early when its client sends {"command": "interrupt"} (which has no answer of its own) or
 * goes away.
 *
 * Commands of the loop itself: "stop", "interrupt", "about" (version, process), "judge", "refusals"
 * (why messages were refused since it was asked the last time: {"refusals": […]}).
 *
 * Threading: one event loop.
 */
#ifndef NICEMU_CLI_SERVE_H
#define NICEMU_CLI_SERVE_H

#include <nicemu/engine/emulator.h>
#include <nicemu/report/recording.h>

#include <jansson.h>
#include <signal.h>

struct serve;

/* Long work. step does a bounded piece (a few milliseconds) and returns true while there is more.
 */
struct serve_job {
	bool (*step)(void *context);
	json_t *(*progress)(void *context); /* a new reference, or NULL: nothing to tell */
	void (*interrupt)(void *context);   /* end at the next step */
	json_t *(*finish)(void *context);   /* the answer; frees context */
	void *context;
};

/*
 * A handler returns the answer (a new reference), or NULL after it has set *job. fds are its
 * descriptors: one that it takes over it sets to -1.
 */
typedef json_t *(*serve_handler)(struct emulator *emulator, const json_t *request, int *fds,
				 size_t num_fds, struct serve_job *job);

struct serve_command {
	const char *name;
	serve_handler handle;
	bool is_job; /* sets *job: refused, without a call, while another job runs */
};

/* Ended by a NULL name: serve_bench.c, serve_replay.c, serve_show.c, serve_refusals.c … */
extern const struct serve_command serve_bench_commands[];
extern const struct serve_command serve_check_commands[];
extern const struct serve_command serve_explain_commands[];
extern const struct serve_command serve_replay_commands[];
extern const struct serve_command serve_show_commands[];
extern const struct serve_command serve_refusal_commands[];
extern const struct serve_command serve_observe_commands[];

/* "forms" and "forms_left_out" of a refusal whose hint advises several rules; else nothing. */
void serve_add_forms(json_t *refusal, const struct reason *reason);

/* {"error": text, "status": status} */
json_t *serve_error(int status, const char *format, ...) __attribute__((format(printf, 2, 3)));

/*
 * Block SIGTERM, SIGINT and SIGHUP, except those that are ignored: serve takes them. Call it before
 * the emulator is made, so that one which comes early is not the end without cleaning up.
 */
void serve_block_signals(sigset_t *blocked);

/*
 * Serve until {"command": "stop"}, SIGTERM, SIGINT or SIGHUP, end of file on lifeline (a
 * descriptor, or -1), or the end of the conversation with a real kernel. What stop is answered
 * tells that the recording (NULL: none) is not whole. 0 or a negative errno.
 */
struct serve_recording {
	const struct recorder *recorder;
	const char *file;
};
int serve(struct emulator *emulator, int lifeline, const struct serve_recording *recording);

#endif
