/* SPDX-License-Identifier: GPL-2.0-or-later */
/* nicemu attach: the NIC of a real kernel, behind the module nsim_nft_offload. */
#include "attach.h"

#include "emulate.h"
#include "session.h"

#include <nicemu/shim/wire.h>

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static const char help[] =
	"usage: nicemu attach [--socket PATH [--foreground]] [OPTION]...\n"
	"       nicemu attach [--socket PATH] [OPTION]... -- COMMAND [ARG]...\n"
	"\n"
	"Is the NIC of the running kernel: what that kernel's nf_tables, flowtables and tc hand "
	"to\n"
	"the ports of netdevsim comes here, through the module nsim_nft_offload. Needs root.\n"
	"Returns when it is attached, and `nicemu stop --socket PATH` ends it; without --socket, "
	"or\n"
	"with --foreground, it stays until Ctrl-C or SIGTERM. With COMMAND it lasts as long as\n"
	"COMMAND, whose `nft`, `tc` and `ip` are those of the kernel.\n"
	"\n"
	"      --refuse [KIND:]N[+]:ERRNO[:TEXT]\n"
	"                         refuse the N-th new rule (with +: and all after it); KIND: "
	"chain,\n"
	"                         flowtable or flower; may be repeated\n"
	"      --count PACKETS:BYTES\n"
	"                         what each rule of flowtables and flower counts every second\n"
	"                         (a flow on the port by which it comes in)\n"
	"      --module FILE.ko   load the module first, unless it is loaded\n"
	"      --foreground       stay\n";

enum { OPTION_FOREGROUND = OPTION_OWN, OPTION_MODULE, OPTION_REFUSE, OPTION_COUNT };

struct attach_arguments {
	struct common_options common;
	struct attach_options attach;
	bool foreground, help;
};

static int add_refusal(struct attach_options *attach, const char *text)
{
	struct offload_fault *faults =
		realloc(attach->faults, (attach->num_faults + 1) * sizeof(*faults));
	char message[256];

	if (!faults)
		return complain(EXIT_ENVIRONMENT, "out of memory");
	attach->faults = faults;
	if (offload_fault_parse(&faults[attach->num_faults], text, message, sizeof(message)))
		return complain_usage("--refuse: %s", message);
	attach->num_faults++;
	return EXIT_DONE;
}

static int set_count(struct attach_options *attach, const char *text)
{
	unsigned int packets, bytes;
	int end = 0;

	if (sscanf(text, "%9u:%9u%n", &packets, &bytes, &end) != 2 || text[end])
		return complain_usage(
			"--count takes PACKETS:BYTES (each up to 999999999), not '%s'", text);
	attach->packets = packets;
	attach->bytes = bytes;
	return EXIT_DONE;
}

static int take_option(struct attach_arguments *a, int c)
{
	int taken = common_option(&a->common, c, optarg);

	if (taken)
		return taken < 0 ? EXIT_USAGE : EXIT_DONE;
	switch (c) {
	case OPTION_FOREGROUND: a->foreground = true; return EXIT_DONE;
	case OPTION_REFUSE: return add_refusal(&a->attach, optarg);
	case OPTION_COUNT: return set_count(&a->attach, optarg);
	case OPTION_MODULE: a->attach.module = optarg; return EXIT_DONE;
	case 'h': a->help = true; return EXIT_DONE;
	default: return complain_option();
	}
}

static int check(const struct attach_arguments *a, bool has_command)
{
	if (a->common.kernel)
		return complain_usage("-k: the kernel is the one that runs");
	if (a->common.num_ports)
		return complain_usage("--port: the ports are the kernel's devices");
	if (a->foreground && has_command)
		return complain_usage("--foreground and a COMMAND exclude each other");
	return EXIT_DONE;
}

static int parse(struct attach_arguments *a, int argc, char **argv)
{
	static const struct option long_options[] = {
		COMMON_LONG_OPTIONS,
		{"foreground", no_argument, NULL, OPTION_FOREGROUND},
		{"module", required_argument, NULL, OPTION_MODULE},
		{"refuse", required_argument, NULL, OPTION_REFUSE},
		{"count", required_argument, NULL, OPTION_COUNT},
		{0}};
	int c, status = EXIT_DONE;

	argv[0] = "nicemu attach"; /* how getopt_long begins its complaints */
	/* The leading + leaves COMMAND's own options alone. */
	while (!status &&
	       (c = getopt_long(argc, argv, "+" COMMON_SHORT_OPTIONS, long_options, NULL)) != -1)
		status = take_option(a, c);
	a->common.attach = &a->attach;
	return status || a->help ? status : check(a, optind < argc);
}

/* ---- COMMAND ---- */

static _Noreturn void become(char **argv, const char *socket_path)
{
	session_restore_signals();
	setenv(SHIM_SOCKET_ENV, socket_path, 1);
	execvp(argv[0], argv);
	complain(0, "%s: %s", argv[0], errno == ENOENT ? "command not found" : strerror(errno));
	_exit(errno == ENOENT ? EXIT_EXEC_NOT_FOUND : EXIT_EXEC_CANNOT_RUN);
}

/* SIGTERM and SIGHUP are for the program; nicemu ends when it does. */
static int run_command(char **argv, const char *socket_path)
{
	int signals = session_hold_signals(true), status, end;
	struct pollfd waiting[2];
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (pid == 0)
		become(argv, socket_path);
	end = pid > 0 ? (int)syscall(SYS_pidfd_open, pid, 0) : -1;
	waiting[0] = (struct pollfd){.fd = end, .events = POLLIN};
	waiting[1] = (struct pollfd){.fd = signals, .events = POLLIN};
	while (end >= 0 && !waiting[0].revents) {
		if (poll(waiting, 2, -1) < 0 && errno != EINTR)
			break;
		session_forward_signals(signals, pid);
	}
	status = pid < 0 ? complain(EXIT_EXEC_EMULATOR, "no process: %s", strerror(errno))
			 : session_wait(pid);
	session_restore_signals();
	if (end >= 0)
		close(end);
	if (signals >= 0)
		close(signals);
	return status;
}

static int run_with_command(const struct attach_arguments *a, char **argv)
{
	struct session session;
	int status = session_open_own(&session, &a->common);
	int ended;

	if (status)
		return status;
	status = run_command(argv, session.socket_path);
	ended = session_close(&session);
	return ended != EXIT_DONE ? ended : status;
}

/* ---- without ---- */

static int stay(const struct attach_arguments *a)
{
	char path[108], folder[SESSION_FOLDER_SIZE] = "";
	int status;

	if (a->common.socket) {
		status = socket_path_resolve(a->common.socket, path);
	} else {
		status = session_make_folder(folder);
		snprintf(path, sizeof(path), "%s/socket", folder);
	}
	if (!status)
		status = emulate_here(&a->common, path);
	if (*folder)
		rmdir(folder);
	return status;
}

static int start(const struct attach_arguments *a)
{
	char path[108];
	int status = socket_path_resolve(a->common.socket, path);
	pid_t pid;

	return status ? status : emulate_fork(&a->common, path, NULL, &pid, NULL);
}

int command_attach(int argc, char **argv)
{
	struct attach_arguments arguments = {0};
	int status = parse(&arguments, argc, argv);

	if (!status && arguments.help)
		printf("%s\n%s", help, common_help);
	else if (!status && optind < argc)
		status = run_with_command(&arguments, argv + optind);
	else if (!status)
		status = arguments.common.socket && !arguments.foreground ? start(&arguments)
									  : stay(&arguments);
	free(arguments.attach.faults);
	common_options_free(&arguments.common);
	return status;
}
