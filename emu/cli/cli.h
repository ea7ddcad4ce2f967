/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the commands share: exit statuses, common options, messages.
 *
 * Data goes to stdout, talk to stderr, progress only to a terminal. A word that starts an option
 * means the same in every command. Threading: one thread.
 */
#ifndef NICEMU_CLI_CLI_H
#define NICEMU_CLI_CLI_H

#include <getopt.h>
#include <stdbool.h>
#include <stddef.h>

enum exit_status {
	EXIT_DONE = 0,
	EXIT_REFUSED = 1, /* refused, an expectation failed, a difference found */
	EXIT_USAGE = 2,
	EXIT_INPUT = 3,       /* an input could not be read whole */
	EXIT_ENVIRONMENT = 4, /* the environment lacks something */
	EXIT_OUTPUT = 5,      /* an output could not be written */
	EXIT_INTERRUPTED = 130,
	/* exec's own failures; otherwise it returns the child's status */
	EXIT_EXEC_EMULATOR = 125,
	EXIT_EXEC_CANNOT_RUN = 126,
	EXIT_EXEC_NOT_FOUND = 127,
};

enum color { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER };

struct attach_options;

/* Strings point into argv. */
struct common_options {
	const char *nic_file; /* -n */
	const char *model;    /* -m */
	const char *kernel;   /* -k */
	const char **ports;   /* --port, in order; owned */
	size_t num_ports;
	const char *socket;                  /* --socket, else $NICEMU_SOCKET, else NULL */
	const char *record;                  /* --record: of a new emulator */
	const struct attach_options *attach; /* the emulator serves a real kernel; else NULL */
	bool json, quiet, verbose, reproducible;
	enum color color;
};

/* The common options for getopt_long: short ones, and the rows for the table of long ones. */
#define COMMON_SHORT_OPTIONS "n:m:k:jqvh"
enum {
	OPTION_PORT = 0x100,
	OPTION_SOCKET,
	OPTION_RECORD,
	OPTION_COLOR,
	OPTION_REPRODUCIBLE,
	OPTION_VERSION,
	OPTION_OWN
};
#define COMMON_LONG_OPTIONS                                                                       \
	{"nic", required_argument, NULL, 'n'}, {"model", required_argument, NULL, 'm'},           \
		{"kernel", required_argument, NULL, 'k'}, {"json", no_argument, NULL, 'j'},       \
		{"quiet", no_argument, NULL, 'q'}, {"verbose", no_argument, NULL, 'v'},           \
		{"help", no_argument, NULL, 'h'}, {"port", required_argument, NULL, OPTION_PORT}, \
		{"socket", required_argument, NULL, OPTION_SOCKET},                               \
		{"record", required_argument, NULL, OPTION_RECORD},                               \
		{"version", no_argument, NULL, OPTION_VERSION},                                   \
		{"color", optional_argument, NULL, OPTION_COLOR},                                 \
	{                                                                                         \
		"reproducible", no_argument, NULL, OPTION_REPRODUCIBLE                            \
	}

/*
 * Take option c (what getopt_long returned) if it is a common one: 1 taken, 0 not a common one,
 * -1 wrong (a message has been printed; exit with EXIT_USAGE). --help is the command's own;
 * --version prints it and ends the process, as it does before a command.
 */
int common_option(struct common_options *options, int c, const char *argument);
/* After the options: $NICEMU_SOCKET. */
void common_options_finish(struct common_options *options);
void common_options_free(struct common_options *options);

/* The name that complaints carry from now on. */
void complain_as(const char *command);
/* "nicemu COMMAND: text" on stderr. complain_usage adds where help is. Both return the status. */
int complain(int status, const char *format, ...) __attribute__((format(printf, 2, 3)));
int complain_usage(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* After getopt_long has said which option is wrong: where help is. EXIT_USAGE. */
int complain_option(void);

/* What --help prints about the common options. */
extern const char common_help[];

/* One file a command. argv[0] is the command's name. */
int command_attach(int argc, char **argv);
int command_exec(int argc, char **argv);
int command_extcap(int argc, char **argv);
int command_start(int argc, char **argv);
int command_stop(int argc, char **argv);
int command_check(int argc, char **argv);
int command_bench(int argc, char **argv);
int command_explain(int argc, char **argv);
int command_replay(int argc, char **argv);
int command_show(int argc, char **argv);

#endif
