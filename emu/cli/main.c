/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct command {
	const char *name;
	int (*run)(int argc, char **argv); /* NULL: not in this version */
	const char *summary;
};

static const struct command commands[] = {
	{"replay", command_replay, "play captures through the NIC and count by rule"},
	{"explain", command_explain, "why a packet went where it went"},
	{"show", command_show, "what the NIC, the kernel behaviour or a running emulator holds"},
	{"check", command_check, "which rules of a file are offloaded, and why others are not"},
	{"bench", command_bench, "measure look-ups, replays and updates"},
	{"exec", command_exec, "run a program on the emulated NIC"},
	{"attach", command_attach, "be the NIC of the running kernel"},
	{"start", command_start, "start an emulator that stays"},
	{"stop", command_stop, "end it"},
	{"extcap", command_extcap, "show its packets in Wireshark"},
	{"test", NULL, "run scenarios"},
	{"diff", NULL, "compare with another packet filter"},
	{"generate", NULL, "make rules and traffic"},
	{"record", NULL, "record the commands to the NIC"},
	{"fault", NULL, "inject faults"},
	{"clock", NULL, "move the emulator's clock"},
	{"observe", NULL, "watch a real kernel's commands"},
	{"netdevsim", NULL, "set up netdevsim devices"},
	{"doctor", NULL, "what this system offers"},
};

enum { NUM_COMMANDS = sizeof(commands) / sizeof(*commands) };

static void print_help(FILE *out)
{
	fputs("usage: nicemu COMMAND [OPTION]... [ARG]...\n"
	      "\n"
	      "A software emulator of an offload-capable SmartNIC: an unmodified nft programs it.\n"
	      "\n"
	      "Commands:\n",
	      out);
	for (size_t i = 0; i < NUM_COMMANDS; i++)
		if (commands[i].run)
			fprintf(out, "  %-10s %s\n", commands[i].name, commands[i].summary);
	fputs("\n`nicemu COMMAND --help` tells more. Not available in this version:", out);
	for (size_t i = 0; i < NUM_COMMANDS; i++)
		if (!commands[i].run)
			fprintf(out, " %s", commands[i].name);
	fputs(".\n\n", out);
	fputs(common_help, out);
	fputs("      --version          the version\n", out);
}

static int flush_output(int status)
{
	if ((fflush(stdout) == EOF || ferror(stdout)) && status == EXIT_DONE)
		return complain(EXIT_OUTPUT, "stdout could not be written");
	return status;
}

static int run(const struct command *command, int argc, char **argv)
{
	complain_as(command->name);
	if (!command->run)
		return complain(EXIT_ENVIRONMENT, "not available in this version");
	return flush_output(command->run(argc, argv));
}

/*
 * A stream that is closed must not become the number of a socket or pipe of ours, into which a
 * message would be printed. Opened the wrong way round, so that using it fails as before; a program
 * that is run finds it closed.
 */
static void hold_places_of_streams(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0)
			open("/dev/null", O_CLOEXEC | (fd == STDIN_FILENO ? O_WRONLY : O_RDONLY));
}

/* Wireshark asks a program in its extcap folder by options alone. */
static bool is_from_wireshark(const char *word)
{
	return strncmp(word, "--extcap-", strlen("--extcap-")) == 0 ||
	       strcmp(word, "--capture") == 0;
}

static const struct command *find_command(const char *name)
{
	for (size_t i = 0; i < NUM_COMMANDS; i++)
		if (strcmp(name, commands[i].name) == 0)
			return &commands[i];
	return NULL;
}

int main(int argc, char **argv)
{
	const char *word = argc > 1 ? argv[1] : NULL;

	hold_places_of_streams();
	if (!word) {
		print_help(stderr);
		return EXIT_USAGE;
	}
	if (strcmp(word, "--version") == 0) {
		puts("nicemu " NICEMU_VERSION);
		return flush_output(EXIT_DONE);
	}
	if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0) {
		print_help(stdout);
		return flush_output(EXIT_DONE);
	}
	if (find_command(word))
		return run(find_command(word), argc - 1, argv + 1);
	if (is_from_wireshark(word))
		return run(find_command("extcap"), argc, argv);
	if (*word == '-')
		return complain_usage("%s: a command comes first", word);
	return complain_usage("there is no command '%s'", word);
}
