/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * {"command": "observe"} with one descriptor: from the next replay on it gets every packet as
 * pcapng (engine/observe.h), until it is closed.
 */
#include "serve.h"
#include "cli.h"

#include <errno.h>
#include <string.h>

static json_t *handle_observe(struct emulator *emulator, const json_t *request, int *fds,
			      size_t num_fds, struct serve_job *job)
{
	int error;

	if (num_fds != 1)
		return serve_error(EXIT_USAGE, "an observer needs one descriptor");
	error = observers_add(emulator->observers, fds[0]);
	fds[0] = -1;
	if (error == -EBUSY)
		return serve_error(EXIT_ENVIRONMENT, "%d others watch already", OBSERVERS_MAX);
	return error ? serve_error(EXIT_ENVIRONMENT, "%s", strerror(-error)) : json_object();
}

const struct serve_command serve_observe_commands[] = {
	{.name = "observe", .handle = handle_observe},
	{.name = NULL},
};
