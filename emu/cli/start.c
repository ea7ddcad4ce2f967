/* SPDX-License-Identifier: GPL-2.0-or-later */
/* nicemu start: an emulator that stays, for several commands. */
#include "cli.h"

#include "emulate.h"

#include <stdio.h>

static const char help[] =
	"usage: nicemu start --socket PATH [--foreground] [OPTION]...\n"
	"\n"
	"Starts an emulator that serves on PATH. Returns when it answers; `nicemu exec --socket "
	"PATH`\n"
	"and the other commands use it, `nicemu stop --socket PATH` ends it.\n"
	"\n"
	"      --foreground       stay until it is told to stop (or SIGTERM, SIGINT)\n";

enum { OPTION_FOREGROUND = OPTION_OWN };

static int parse(struct common_options *options, bool *foreground, bool *wants_help, int argc,
		 char **argv)
{
	static const struct option long_options[] = {
		COMMON_LONG_OPTIONS, {"foreground", no_argument, NULL, OPTION_FOREGROUND}, {0}};
	int c;

	while ((c = getopt_long(argc, argv, COMMON_SHORT_OPTIONS, long_options, NULL)) != -1) {
		int taken = common_option(options, c, optarg);

		if (taken < 0)
			return EXIT_USAGE;
		if (c == OPTION_FOREGROUND)
			*foreground = true;
		else if (c == 'h')
			*wants_help = true;
		else if (!taken)
			return complain_usage("this can't be understood");
	}
	if (*wants_help)
		return EXIT_DONE;
	if (optind < argc)
		return complain_usage("'%s' is one word too many", argv[optind]);
	/* Not $NICEMU_SOCKET: that one is running already. */
	if (!options->socket)
		return complain_usage("--socket PATH is needed");
	return EXIT_DONE;
}

int command_start(int argc, char **argv)
{
	struct common_options options = {0};
	bool foreground = false, wants_help = false;
	int status;
	char path[108];
	pid_t pid;

	status = parse(&options, &foreground, &wants_help, argc, argv);
	if (!status && wants_help) {
		printf("%s\n%s", help, common_help);
	} else if (!status) {
		status = socket_path_resolve(options.socket, path);
		if (!status && foreground)
			status = emulate_here(&options, path);
		else if (!status)
			status = emulate_fork(&options, path, NULL, &pid, NULL);
	}
	common_options_free(&options);
	return status;
}
