/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A command's connection to an emulator, its own or a running one.
 *
 * With --socket or $NICEMU_SOCKET the session joins that emulator; otherwise it forks one for
 * itself (same code as `nicemu start`, private socket in a temporary folder, ignores SIGINT, ends
 * with the session). So every command works the same way in both cases: it talks JSON (serve.h) and
 * runs nft under the preload.
 *
 * Threading: one thread.
 */
#ifndef NICEMU_CLI_SESSION_H
#define NICEMU_CLI_SESSION_H

#include "cli.h"

#include <jansson.h>
#include <sys/types.h>

enum { SESSION_FOLDER_SIZE = 100 };

struct session {
	char socket_path[108];
	int fd;       /* command connection */
	int lifeline; /* our emulator ends when this closes; -1 when joined */
	bool quiet;
	pid_t emulator;  /* ours, or 0 */
	char *directory; /* temporary, holds our socket; NULL when joined */
};

/* An exit status: EXIT_DONE, or a complaint has been printed. */
int session_open(struct session *session, const struct common_options *options);
/* With an emulator of its own in any case; options->socket is where it serves then. */
int session_open_own(struct session *session, const struct common_options *options);

/*
 * How our emulator ended: EXIT_DONE, or an exit status after its complaint (EXIT_OUTPUT: its
 * recording; EXIT_ENVIRONMENT: it was killed). One that was joined goes on: EXIT_DONE.
 */
int session_close(struct session *session);

/* The emulator serves a real kernel (`nicemu attach`): rules are not ours to load or to list. */
bool session_is_attached(struct session *session);
/* Somebody watches its packets (`nicemu extcap`). */
bool session_is_watched(struct session *session);

/* A new temporary folder for a socket; EXIT_DONE, or EXIT_ENVIRONMENT after a complaint and "". */
int session_make_folder(char folder[SESSION_FOLDER_SIZE]);

/*
 * Send a request {"command": …} with descriptors (borrowed) and wait for its answer (a new
 * reference; NULL: the emulator is gone, a complaint has been printed). Messages with "progress"
 * that arrive before it go to progress. With progress the request is for a job: SIGINT while
 * waiting sends {"command": "interrupt"} once and goes on waiting, and the job ends with what it
 * has. Without (NULL) SIGINT does what it always does.
 */
json_t *session_request(struct session *session, const json_t *request, const int *fds,
			size_t num_fds, void (*progress)(void *context, const json_t *message),
			void *context);

/*
 * Run a program with the preload and the closed door. It inherits stdin, stdout and stderr except
 * those given as descriptors (>= 0) in streams[3] (borrowed).
 * Its pid, or a negative errno (-ENOENT not found, -EACCES can't be run, -ELIBACC the preloaded
 * library can't be used and a complaint has been printed); search: like nft, look in
 * PATH, then /usr/sbin and /sbin.
 */
pid_t session_spawn(struct session *session, char *const argv[], const int streams[3]);

/* Wait for it: its exit status, 128 + n when signal n killed it. */
int session_wait(pid_t pid);

/*
 * From here on signals are for the program that runs and not for nicemu, until
 * session_restore_signals: SIGTERM and SIGHUP, and SIGINT too, come out of the descriptor that is
 * returned (the caller's to close; -1 where there is none), for session_forward_signals. With
 * ignore_terminal Ctrl-C and Ctrl-\ are ignored instead: the terminal tells the program by itself.
 * Call it before session_spawn, or a signal in between ends nicemu and leaves the program behind. A
 * program that is spawned gets the signals as nicemu found them.
 */
int session_hold_signals(bool ignore_terminal);
void session_restore_signals(void);
/* Send on what has come, without waiting; with pid 0 it is forgotten. */
void session_forward_signals(int signals, pid_t pid);
/* The last one since session_hold_signals, or 0: the program may have ended before it got there. */
int session_forwarded_signal(void);

/*
 * Spawn with output and errors collected (owned), wait: its exit status or a negative errno.
 * SIGINT, SIGTERM and SIGHUP end the program and not nicemu, which has things to put away: 128 + n.
 */
int session_run(struct session *session, char *const argv[], char **output, char **errors);

#endif
