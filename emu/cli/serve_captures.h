/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The captures of a request, for every command that plays them: {"captures": [{"file", "port"}],
 * "listing"}, where port may be missing. Threading: one event loop.
 */
#ifndef NICEMU_CLI_SERVE_CAPTURES_H
#define NICEMU_CLI_SERVE_CAPTURES_H

#include <nicemu/engine/replay.h>

#include <jansson.h>

/*
 * Names (borrowed from the request) and ports of the inputs, one a capture. Captures without a port
 * arrive where the first offload chain listens. NULL, or the error.
 */
json_t *serve_read_captures(const struct emulator *emulator, const json_t *request,
			    struct replay_input *inputs);

/* An error that tells the ports that there are. */
json_t *serve_unknown_port(const struct nic *nic, const char *name);

#endif
