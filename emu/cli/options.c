/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli.h"

#include <nicemu/shim/wire.h>

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *complaining = "";

const char common_help[] =
	"Common options:\n"
	"  -n, --nic FILE         the NIC that is emulated (YAML); default: eth0 to eth7, and "
	"every\n"
	"                         device that a chain names\n"
	"  -m, --model MODEL      its model, a name or FILE.yaml; default: generic\n"
	"  -k, --kernel VERSION   behave as this kernel (6.1, 6.12, 6.12.95, 6.18, ideal …)\n"
	"      --port NAME        add a port; can be repeated\n"
	"      --socket PATH      use the emulator that `nicemu start` runs there; default:\n"
	"                         $NICEMU_SOCKET, else one of its own for this command\n"
	"      --record FILE      record what the NIC's driver is told (`nicemu show recording "
	"FILE`)\n"
	"  -j, --json             JSON on stdout\n"
	"  -q, --quiet            no talk on stderr; -v, --verbose: more of it\n"
	"      --color[=WHEN]     auto, always or never\n"
	"      --reproducible     leave out what differs between two runs\n"
	"  -h, --help             this text\n";

void complain_as(const char *command)
{
	complaining = command;
}

static void print_complaint(const char *format, va_list arguments)
{
	fflush(stdout);
	fprintf(stderr, "nicemu%s%s: ", *complaining ? " " : "", complaining);
	vfprintf(stderr, format, arguments);
	fputc('\n', stderr);
}

int complain(int status, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	print_complaint(format, arguments);
	va_end(arguments);
	return status;
}

int complain_option(void)
{
	fprintf(stderr, "`nicemu%s%s --help` tells more.\n", *complaining ? " " : "", complaining);
	return EXIT_USAGE;
}

int complain_usage(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	print_complaint(format, arguments);
	va_end(arguments);
	return complain_option();
}

static int add_port(struct common_options *options, const char *name)
{
	const char **ports = realloc(options->ports, (options->num_ports + 1) * sizeof(*ports));

	if (!ports) {
		complain(EXIT_USAGE, "out of memory");
		return -1;
	}
	options->ports = ports;
	ports[options->num_ports++] = name;
	return 1;
}

static int set_color(struct common_options *options, const char *word)
{
	static const char *const words[] = {
		[COLOR_AUTO] = "auto", [COLOR_ALWAYS] = "always", [COLOR_NEVER] = "never"};

	for (int i = 0; i < 3; i++) {
		if (strcmp(word ? word : "always", words[i]) == 0) {
			options->color = i;
			return 1;
		}
	}
	complain_usage("--color takes auto, always or never, not '%s'", word);
	return -1;
}

static void print_version_and_exit(void)
{
	puts("nicemu " NICEMU_VERSION);
	if (fflush(stdout))
		exit(complain(EXIT_OUTPUT, "stdout could not be written"));
	exit(EXIT_DONE);
}

int common_option(struct common_options *options, int c, const char *argument)
{
	switch (c) {
	case 'n': options->nic_file = argument; break;
	case 'm': options->model = argument; break;
	case 'k': options->kernel = argument; break;
	case 'j': options->json = true; break;
	case 'q': options->quiet = true; break;
	case 'v': options->verbose = true; break;
	case OPTION_SOCKET: options->socket = argument; break;
	case OPTION_RECORD: options->record = argument; break;
	case OPTION_VERSION: print_version_and_exit(); break;
	case OPTION_REPRODUCIBLE: options->reproducible = true; break;
	case OPTION_PORT: return add_port(options, argument);
	case OPTION_COLOR: return set_color(options, argument);
	default: return 0;
	}
	return 1;
}

void common_options_finish(struct common_options *options)
{
	const char *socket = getenv(SHIM_SOCKET_ENV);

	if (!options->socket && socket && *socket)
		options->socket = socket;
}

void common_options_free(struct common_options *options)
{
	free(options->ports);
	options->ports = NULL;
	options->num_ports = 0;
}
