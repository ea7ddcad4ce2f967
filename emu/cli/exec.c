/* SPDX-License-Identifier: GPL-2.0-or-later */
/* nicemu exec [-r RULES]... -- COMMAND [ARG]...: a program whose kernel is the emulated NIC. */
#include "cli.h"

#include "load.h"
#include "session.h"
#include "warnings.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static const char help[] =
	"usage: nicemu exec [-r RULES.nft]... [OPTION]... -- COMMAND [ARG]...\n"
	"\n"
	"Runs COMMAND with the emulated NIC in place of the kernel's networks: its netlink sockets "
	"and\n"
	"interface ioctls are answered by the emulator, and everything that would reach the real "
	"ones\n"
	"another way is refused. Why the emulator refused something is told on stderr afterwards.\n"
	"\n"
	"  -r, --rules FILE       load FILE first; can be repeated\n";

static const char help_end[] =
	"\n"
	"Exit status: COMMAND's own, 128 + N when signal N killed it; 125 when the emulator failed "
	"or\n"
	"refused RULES.nft, 126 when COMMAND can't be run, 127 when it is not found.\n";

struct exec_options {
	struct common_options common;
	const char **rules;
	size_t num_rules;
	bool help;
};

static int add_rules(struct exec_options *options, const char *file)
{
	const char **rules = realloc(options->rules, (options->num_rules + 1) * sizeof(*rules));

	if (!rules)
		return complain(EXIT_EXEC_EMULATOR, "out of memory");
	options->rules = rules;
	rules[options->num_rules++] = file;
	return EXIT_DONE;
}

static int parse(struct exec_options *options, int argc, char **argv)
{
	static const struct option long_options[] = {
		COMMON_LONG_OPTIONS, {"rules", required_argument, NULL, 'r'}, {0}};
	int c;

	/* The leading + leaves COMMAND's own options alone. */
	while ((c = getopt_long(argc, argv, "+" COMMON_SHORT_OPTIONS "r:", long_options, NULL)) !=
	       -1) {
		int taken = common_option(&options->common, c, optarg);

		if (taken < 0)
			return EXIT_USAGE;
		if (taken)
			continue;
		if (c == 'r' && add_rules(options, optarg))
			return EXIT_EXEC_EMULATOR;
		if (c == 'h')
			options->help = true;
		else if (c != 'r')
			return complain_usage("this can't be understood");
	}
	common_options_finish(&options->common);
	if (!options->help && optind >= argc)
		return complain_usage("no COMMAND is given");
	return EXIT_DONE;
}

static const char *text_or(const json_t *object, const char *name, const char *otherwise)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text ? text : otherwise;
}

static void print_refusal(const json_t *refusal)
{
	const char *expression = text_or(refusal, "expression", NULL);
	const char *hint = text_or(refusal, "hint", NULL);
	const char *table = text_or(refusal, "table", NULL);
	const char *chain = text_or(refusal, "chain", NULL);
	char where[512] = "";

	if (table)
		snprintf(where, sizeof(where), "%s %s%s%s: ", text_or(refusal, "family", "?"),
			 table, chain ? " " : "", chain ? chain : "");
	fprintf(stderr, "nicemu: %s%s (%s, %s: %s)\n", where, text_or(refusal, "clause", "refused"),
		text_or(refusal, "errno", "?"), text_or(refusal, "layer", "?"),
		text_or(refusal, "id", "?"));
	if (expression)
		fprintf(stderr, "nicemu:   expression: %s\n", expression);
	if (hint)
		fprintf(stderr, "nicemu:   hint: %s\n", hint);
}

/* A reason that is no more than the errno's text: nft has printed it already. */
static bool said_by_client(const json_t *refusal)
{
	return strcmp(text_or(refusal, "id", ""), "nf-tables") == 0;
}

enum { REFUSALS_SHOWN = 100 };

static void tell_refusals(struct session *session)
{
	json_t *request = json_pack("{s:s}", "command", "refusals");
	json_t *answer = session_request(session, request, NULL, 0, NULL, NULL);
	const json_t *list = json_object_get(answer, "refusals");
	size_t count = json_array_size(list), shown = 0;

	for (size_t i = 0; i < count && !session->quiet; i++) {
		const json_t *refusal = json_array_get(list, i);

		if (said_by_client(refusal))
			continue;
		if (shown++ < REFUSALS_SHOWN)
			print_refusal(refusal);
	}
	if (shown > REFUSALS_SHOWN)
		fprintf(stderr, "nicemu: … and %zu more\n", shown - REFUSALS_SHOWN);
	json_decref(answer);
	json_decref(request);
}

/* SIGTERM and SIGHUP are for the program; nicemu ends when it does. */
static int wait_forwarding(pid_t pid, int signals)
{
	int end = (int)syscall(SYS_pidfd_open, pid, 0);
	struct pollfd waiting[2] = {{.fd = end, .events = POLLIN},
				    {.fd = signals, .events = POLLIN}};

	while (end >= 0 && !waiting[0].revents) {
		if (poll(waiting, 2, -1) < 0 && errno != EINTR)
			break;
		session_forward_signals(signals, pid);
	}
	if (end >= 0)
		close(end);
	return session_wait(pid);
}

static int explain_spawn(const char *command, int error)
{
	if (error == -ENOENT)
		return complain(EXIT_EXEC_NOT_FOUND, "%s: command not found", command);
	if (error == -ELIBACC)
		return EXIT_EXEC_EMULATOR;
	return complain(EXIT_EXEC_CANNOT_RUN, "%s: %s", command, strerror(-error));
}

static int run_command(struct session *session, char **argv)
{
	int signals = session_hold_signals(true), status;
	pid_t pid = session_spawn(session, argv, NULL);

	if (pid < 0) {
		status = explain_spawn(argv[0], pid);
	} else {
		status = wait_forwarding(pid, signals);
		/* What came too late for the program has had its effect: it is not for nicemu. */
		session_forward_signals(signals, 0);
	}
	session_restore_signals();
	if (signals >= 0)
		close(signals);
	if (pid < 0)
		return status;
	tell_refusals(session);
	tell_warnings(session);
	if (status == 128 + SIGSYS)
		complain(status,
			 "%s was ended by SIGSYS: it made a system call of another "
			 "architecture (a 32-bit program?), which nicemu can't answer",
			 argv[0]);
	return status;
}

static int run(const struct exec_options *options, char **argv)
{
	json_t *refused = json_array();
	struct session session;
	int status = EXIT_DONE;

	if (session_open(&session, &options->common)) {
		json_decref(refused);
		return EXIT_EXEC_EMULATOR;
	}
	if (!session.emulator && session_is_attached(&session)) {
		complain(
			0,
			"%s serves a real kernel: run programs as they are, or with `nicemu attach "
			"-- COMMAND`",
			session.socket_path);
		session_close(&session);
		json_decref(refused);
		return EXIT_EXEC_EMULATOR;
	}
	status = load_rules(&session, options->rules, options->num_rules, refused);
	if (status == EXIT_DONE)
		status = run_command(&session, argv);
	else if (status <= 128) /* else a signal ended nft: nothing was wrong */
		status = complain(EXIT_EXEC_EMULATOR, "%s was not run", argv[0]);
	if (session_close(&session) != EXIT_DONE)
		status = EXIT_EXEC_EMULATOR;
	json_decref(refused);
	return status;
}

int command_exec(int argc, char **argv)
{
	struct exec_options options = {0};
	int status = parse(&options, argc, argv);

	if (!status && options.help)
		printf("%s\n%s%s", help, common_help, help_end);
	else if (!status)
		status = run(&options, argv + optind);
	free(options.rules);
	common_options_free(&options.common);
	return status;
}
