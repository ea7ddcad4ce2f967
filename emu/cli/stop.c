/* SPDX-License-Identifier: GPL-2.0-or-later */
/* nicemu stop: end a running emulator and wait until it is gone. */
#include "cli.h"

#include "session.h"
#include "setup.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

static const char help[] =
	"usage: nicemu stop [--socket PATH]\n"
	"\n"
	"Ends the emulator that serves on PATH (default: $NICEMU_SOCKET) and waits "
	"until it is gone.\n";

enum { PATIENCE_MS = 30000 };

/* Of the process at the other end; -1 where the system can't say. */
static int process_descriptor(int fd)
{
	struct ucred peer;
	socklen_t size = sizeof(peer);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0)
		return -1;
	return (int)syscall(SYS_pidfd_open, peer.pid, 0);
}

static int stop(const struct common_options *options)
{
	struct session session;
	struct pollfd process;
	json_t *request, *answer;
	const char *error;
	int status = session_open(&session, options);

	if (status)
		return status;
	process = (struct pollfd){.fd = process_descriptor(session.fd), .events = POLLIN};
	request = json_pack("{s:s}", "command", "stop");
	answer = session_request(&session, request, NULL, 0, NULL, NULL);
	/* Without a descriptor of the process its end of the connection has to do. */
	if (process.fd < 0)
		process.fd = dup(session.fd);
	if (!answer)
		status = EXIT_ENVIRONMENT;
	else if (poll(&process, 1, PATIENCE_MS) == 0)
		status = complain(EXIT_ENVIRONMENT, "%s: the emulator has not ended after %d s",
				  session.socket_path, PATIENCE_MS / 1000);
	if (process.fd >= 0)
		close(process.fd);
	error = json_string_value(json_object_get(answer, "error"));
	if (!status && error)
		status = complain((int)json_integer_value(json_object_get(answer, "status")), "%s",
				  error);
	json_decref(answer);
	json_decref(request);
	session_close(&session);
	return status;
}

static int parse(struct common_options *options, bool *wants_help, int argc, char **argv)
{
	static const struct option long_options[] = {COMMON_LONG_OPTIONS, {0}};
	int c;

	while ((c = getopt_long(argc, argv, COMMON_SHORT_OPTIONS, long_options, NULL)) != -1) {
		int taken = common_option(options, c, optarg);

		if (taken < 0)
			return EXIT_USAGE;
		if (c == 'h')
			*wants_help = true;
		else if (!taken)
			return complain_usage("this can't be understood");
	}
	common_options_finish(options);
	if (*wants_help)
		return EXIT_DONE;
	if (optind < argc)
		return complain_usage("'%s' is one word too many", argv[optind]);
	if (options->record)
		return complain_usage("--record: this command sends nothing to a NIC");
	if (!options->socket)
		return complain_usage("--socket PATH is needed");
	return EXIT_DONE;
}

int command_stop(int argc, char **argv)
{
	struct common_options options = {0};
	bool wants_help = false;
	int status = parse(&options, &wants_help, argc, argv);

	if (!status && wants_help)
		printf("%s\n%s", help, common_help);
	else if (!status)
		status = stop(&options);
	common_options_free(&options);
	return status;
}
