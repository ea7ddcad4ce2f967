/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * nicemu extcap: what Wireshark asks a capture program (its extcap interface, version 1.0), and the
 * capture itself: the packets of a running emulator's replays.
 *
 * Wireshark runs the program without the word "extcap" (see main.c), so a link to nicemu in its
 * extcap folder is all that it needs. The stream goes through a socket pair and not straight to
 * Wireshark's pipe, which it may leave unread as long as it likes.
 */
#include "cli.h"

#include "session.h"
#include "setup.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define INTERFACE "nicemu"

static const char help[] =
	"usage: nicemu extcap --capture --fifo FILE [--socket PATH]\n"
	"\n"
	"Shows in Wireshark what becomes of each packet while a running emulator (`nicemu start`) "
	"replays.\n"
	"Once: ln -s \"$(command -v nicemu)\" ~/.config/wireshark/extcap/nicemu\n"
	"Then Wireshark has an interface \"nicemu\"; its options have the socket of the emulator\n"
	"(default: $NICEMU_SOCKET). Replays that begin after the capture are shown.\n"
	"\n"
	"      --capture          write the packets to FILE as pcapng, until the emulator ends\n"
	"      --fifo FILE        where to, - for stdout\n"
	"      --extcap-interfaces, --extcap-dlts, --extcap-config, --extcap-version VERSION,\n"
	"      --extcap-interface NAME, --extcap-capture-filter FILTER\n"
	"                         what Wireshark asks\n";

enum {
	OPTION_INTERFACES = OPTION_OWN,
	OPTION_DLTS,
	OPTION_CONFIG,
	OPTION_EXTCAP_VERSION,
	OPTION_INTERFACE,
	OPTION_FILTER,
	OPTION_CAPTURE,
	OPTION_FIFO,
};

static const struct option long_options[] = {
	COMMON_LONG_OPTIONS,
	{"extcap-interfaces", no_argument, NULL, OPTION_INTERFACES},
	{"extcap-dlts", no_argument, NULL, OPTION_DLTS},
	{"extcap-config", no_argument, NULL, OPTION_CONFIG},
	{"extcap-version", required_argument, NULL, OPTION_EXTCAP_VERSION},
	{"extcap-interface", required_argument, NULL, OPTION_INTERFACE},
	{"extcap-capture-filter", required_argument, NULL, OPTION_FILTER},
	{"capture", no_argument, NULL, OPTION_CAPTURE},
	{"fifo", required_argument, NULL, OPTION_FIFO},
	{0},
};

struct arguments {
	struct common_options common;
	int question; /* the one option that says what is wanted, 0: none */
	bool wants_help;
	const char *interface, *filter, *fifo;
};

static int take(struct arguments *a, int c)
{
	int taken = common_option(&a->common, c, optarg);

	if (taken)
		return taken < 0 ? EXIT_USAGE : EXIT_DONE;
	switch (c) {
	case 'h': a->wants_help = true; return EXIT_DONE;
	case OPTION_EXTCAP_VERSION: return EXIT_DONE;
	case OPTION_INTERFACE: a->interface = optarg; return EXIT_DONE;
	case OPTION_FILTER: a->filter = optarg; return EXIT_DONE;
	case OPTION_FIFO: a->fifo = optarg; return EXIT_DONE;
	case OPTION_INTERFACES:
	case OPTION_DLTS:
	case OPTION_CONFIG:
	case OPTION_CAPTURE:
		if (a->question)
			return complain_usage("one question at a time");
		a->question = c;
		return EXIT_DONE;
	default: return complain_option();
	}
}

static int check(const struct arguments *a)
{
	if (!a->question)
		return complain_usage("this is for Wireshark; by hand: --capture --fifo FILE");
	if (a->question != OPTION_INTERFACES && a->interface && strcmp(a->interface, INTERFACE))
		return complain_usage("there is no interface '%s', only " INTERFACE, a->interface);
	if (a->question != OPTION_CAPTURE)
		return EXIT_DONE;
	if (!a->fifo)
		return complain_usage("--capture needs --fifo FILE");
	if (!a->common.socket || !*a->common.socket)
		return complain_usage("--socket PATH, or $NICEMU_SOCKET, says which emulator");
	if (a->filter && *a->filter)
		return complain_usage(
			"capture filters are not supported: give the replay --filter");
	if (setup_option_given(&a->common))
		return complain_usage("%s: the emulator has its NIC already",
				      setup_option_given(&a->common));
	return EXIT_DONE;
}

static int parse(struct arguments *a, int argc, char **argv)
{
	int c;

	while ((c = getopt_long(argc, argv, COMMON_SHORT_OPTIONS, long_options, NULL)) != -1) {
		int status = take(a, c);

		if (status)
			return status;
	}
	common_options_finish(&a->common);
	if (a->wants_help)
		return EXIT_DONE;
	if (optind < argc)
		return complain_usage("'%s' is one word too many", argv[optind]);
	return check(a);
}

static void answer_question(const struct arguments *a)
{
	const char *socket_path = a->common.socket;

	switch (a->question) {
	case OPTION_INTERFACES:
		printf("extcap {version=%s}\n"
		       "interface {value=" INTERFACE "}{display=nicemu: packets of an emulated "
		       "NIC}\n",
		       NICEMU_VERSION);
		break;
	case OPTION_DLTS: puts("dlt {number=1}{name=EN10MB}{display=Ethernet}"); break;
	default:
		/* A brace in a path would end the sentence. */
		if (!socket_path || strpbrk(socket_path, "{}"))
			socket_path = "";
		printf("arg {number=0}{call=--socket}{display=Emulator's socket}{type=string}"
		       "{tooltip=PATH of nicemu start --socket PATH}{required=true}");
		if (*socket_path)
			printf("{default=%s}", socket_path);
		putchar('\n');
	}
}

/* Until one of the two ends is gone: EXIT_DONE, or EXIT_OUTPUT. */
static int copy(int from, int to, const char *name)
{
	static char buffer[1 << 16];
	ssize_t got, put, done;

	for (;;) {
		got = read(from, buffer, sizeof(buffer));
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return EXIT_DONE;
		for (done = 0; done < got; done += put) {
			put = write(to, buffer + done, (size_t)(got - done));
			if (put < 0 && errno == EINTR)
				put = 0;
			else if (put < 0 && errno == EPIPE)
				return EXIT_DONE; /* Wireshark has seen enough */
			else if (put < 0)
				return complain(EXIT_OUTPUT, "%s: %s", name, strerror(errno));
		}
	}
}

/* Our end of the stream; -1 after a complaint. */
static int observe(struct session *session)
{
	json_t *request = json_pack("{s:s}", "command", "observe"), *answer = NULL;
	const char *error = NULL;
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0) {
		complain(EXIT_ENVIRONMENT, "%s", strerror(errno));
	} else {
		answer = session_request(session, request, &ends[1], 1, NULL, NULL);
		error = json_string_value(json_object_get(answer, "error"));
		if (error)
			complain(EXIT_ENVIRONMENT, "%s: %s", session->socket_path, error);
		close(ends[1]);
		if (!answer || error)
			close(ends[0]);
	}
	json_decref(request);
	json_decref(answer);
	return answer && !error ? ends[0] : -1;
}

static int capture(const struct arguments *a)
{
	bool is_stdout = strcmp(a->fifo, "-") == 0;
	struct session session;
	int status = session_open(&session, &a->common);
	int from, to;

	if (status)
		return status;
	signal(SIGPIPE, SIG_IGN);
	from = observe(&session);
	to = is_stdout ? STDOUT_FILENO
		       : open(a->fifo, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (from < 0)
		status = EXIT_ENVIRONMENT;
	else if (to < 0)
		status = complain(EXIT_OUTPUT, "%s: %s", a->fifo, strerror(errno));
	else
		status = copy(from, to, a->fifo);
	if (from >= 0)
		close(from);
	if (to >= 0 && !is_stdout)
		close(to);
	session_close(&session);
	return status;
}

int command_extcap(int argc, char **argv)
{
	struct arguments a = {0};
	int status = parse(&a, argc, argv);

	if (!status && a.wants_help)
		printf("%s\n%s", help, common_help);
	else if (!status && a.question == OPTION_CAPTURE)
		status = capture(&a);
	else if (!status)
		answer_question(&a);
	common_options_free(&a.common);
	return status;
}
