/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a person asked `nicemu replay` for, and the files that this needs.
 *
 * Files are opened before anything happens, so that a wrong name costs nothing: inputs for reading,
 * outputs without touching what they hold. Only files_commit empties the outputs, once the replay
 * is certain.
 *
 * Threading: one thread.
 */
#ifndef NICEMU_CLI_REPLAY_ARGUMENTS_H
#define NICEMU_CLI_REPLAY_ARGUMENTS_H

#include "cli.h"

#include <stdint.h>

/* Strings point into argv, except `to`. */
struct replay_capture_argument {
	const char *file;
	const char *port; /* NULL: the default */
};

struct replay_output_argument {
	char *to;         /* port, "host", "drop" or "all"; owned */
	const char *file; /* behind the '=' */
	bool pcapng;
};

struct replay_arguments {
	struct common_options common;
	const char **rules;
	size_t num_rules;
	struct replay_capture_argument *captures;
	size_t num_captures;
	struct replay_output_argument *outputs;
	size_t num_outputs;
	const char *filter;
	uint64_t loops, jobs;
	bool merge, fake_ethernet;
	bool help;
	bool output_is_stdout; /* an output goes to stdout, so the report goes to stderr */
};

/* EXIT_DONE, or an exit status after a complaint. Free in any case. */
int replay_arguments_parse(struct replay_arguments *arguments, int argc, char **argv);
void replay_arguments_free(struct replay_arguments *arguments);

/* stdin can be read once: EXIT_DONE, or EXIT_USAGE after a complaint. */
int replay_arguments_check_stdin(const struct replay_arguments *arguments);

/* A whole number from min to max, without a sign. */
bool parse_number(const char *text, uint64_t min, uint64_t max, uint64_t *number);

/* --jobs N|auto: EXIT_DONE, or EXIT_USAGE after a complaint. */
int parse_jobs(const char *text, uint64_t *jobs);

struct replay_files {
	int *fds; /* captures, then outputs */
	size_t length;
	bool *created; /* for each output: the file was not there before */
};

/* EXIT_DONE, EXIT_INPUT, EXIT_OUTPUT or EXIT_USAGE; a complaint has been printed. Close always. */
int replay_files_open(struct replay_files *files, const struct replay_arguments *arguments);

/* The replay has begun: outputs that replay_files_open made stay. */
void replay_files_keep(struct replay_files *files, const struct replay_arguments *arguments);

/* Close all; outputs that replay_files_open made are removed again unless they are to be kept. */
void replay_files_close(struct replay_files *files, const struct replay_arguments *arguments);

struct session;

/*
 * Open the files and a session, run, and close both. The exit status: what run returned, or else
 * what went wrong before or after it.
 */
int replay_in_session(const struct replay_arguments *arguments,
		      int (*run)(void *context, struct session *session,
				 struct replay_files *files),
		      void *context);

#endif
