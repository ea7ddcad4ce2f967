/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A process that is an emulator: in the foreground, or forked.
 *
 * A forked one leaves the terminal's process group, so that Ctrl-C goes to the command that uses it
 * and not to it. Threading: one thread; fork happens here.
 */
#ifndef NICEMU_CLI_EMULATE_H
#define NICEMU_CLI_EMULATE_H

#include "cli.h"

#include <sys/types.h>

/* Serve on socket_path until told to stop. An exit status. */
int emulate_here(const struct common_options *options, const char *socket_path);

/*
 * Fork one that serves on socket_path; returns when it answers. With lifeline (else NULL) it lives
 * as long as *lifeline is open, else until it is told to stop. directory (may be NULL) is removed
 * when it ends. EXIT_DONE with *pid set, or an exit status after a complaint.
 */
int emulate_fork(const struct common_options *options, const char *socket_path,
		 const char *directory, pid_t *pid, int *lifeline);

/* Make path absolute (its folder must exist). EXIT_DONE or EXIT_USAGE after a complaint. */
int socket_path_resolve(const char *path, char out[108]);

#endif
