/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "replay_arguments.h"

#include <nicemu/engine/replay.h>

#include <ctype.h>
#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

enum {
	OPTION_FILTER = OPTION_OWN,
	OPTION_LOOP,
	OPTION_MERGE,
	OPTION_JOBS,
	OPTION_FAKE_ETHERNET,
	PLAIN_ARGUMENT = 1, /* what getopt_long returns for words that are no options */
};

static const struct option long_options[] = {
	COMMON_LONG_OPTIONS,
	{"rules", required_argument, NULL, 'r'},
	{"write", required_argument, NULL, 'w'},
	{"filter", required_argument, NULL, OPTION_FILTER},
	{"loop", required_argument, NULL, OPTION_LOOP},
	{"merge", no_argument, NULL, OPTION_MERGE},
	{"jobs", required_argument, NULL, OPTION_JOBS},
	{"fake-ethernet", no_argument, NULL, OPTION_FAKE_ETHERNET},
	{0},
};

bool parse_number(const char *text, uint64_t min, uint64_t max, uint64_t *number)
{
	char *end;

	errno = 0;
	*number = strtoull(text, &end, 10);
	return !errno && !*end && isdigit((unsigned char)text[0]) && *number >= min &&
	       *number <= max;
}

static int parse_loops(const char *text, uint64_t *loops)
{
	if (!parse_number(text, 1, UINT32_MAX, loops))
		return complain_usage("--loop takes a number from 1 to %u, not '%s'", UINT32_MAX,
				      text);
	return EXIT_DONE;
}

/* CPUs that this process may use. */
static uint64_t count_cpus(void)
{
	cpu_set_t cpus;

	if (sched_getaffinity(0, sizeof(cpus), &cpus))
		return REPLAY_JOBS_MAX; /* it fails where there are more than fit the set */
	return CPU_COUNT(&cpus) < REPLAY_JOBS_MAX ? (uint64_t)CPU_COUNT(&cpus) : REPLAY_JOBS_MAX;
}

int parse_jobs(const char *text, uint64_t *jobs)
{
	if (strcmp(text, "auto") == 0)
		*jobs = count_cpus();
	else if (!parse_number(text, 1, REPLAY_JOBS_MAX, jobs))
		return complain_usage("--jobs takes a number from 1 to %d or auto, not '%s'",
				      REPLAY_JOBS_MAX, text);
	return EXIT_DONE;
}

static bool ends_in(const char *text, const char *end)
{
	size_t length = strlen(text), size = strlen(end);

	return length >= size && strcmp(text + length - size, end) == 0;
}

/* PORT=FILE, host=FILE, drop=FILE, all=FILE. */
static int add_output(struct replay_arguments *a, const char *text)
{
	const char *equals = strchr(text, '=');
	struct replay_output_argument *output = &a->outputs[a->num_outputs];
	bool all, to_stdout;

	if (!equals || equals == text || !equals[1])
		return complain_usage("-w takes PORT=FILE, host=FILE, drop=FILE or all=FILE, "
				      "not '%s'",
				      text);
	output->to = strndup(text, (size_t)(equals - text));
	if (!output->to)
		return complain(EXIT_ENVIRONMENT, "out of memory");
	a->num_outputs++;
	output->file = equals + 1;
	all = strcmp(output->to, "all") == 0;
	to_stdout = strcmp(output->file, "-") == 0;
	if (all && ends_in(output->file, ".pcap"))
		return complain_usage("-w all= writes a comment with each packet, which only "
				      ".pcapng can hold");
	if (to_stdout && a->output_is_stdout)
		return complain_usage("only one -w can write to stdout");
	output->pcapng = all || ends_in(output->file, ".pcapng");
	a->output_is_stdout |= to_stdout;
	return EXIT_DONE;
}

static void add_capture(struct replay_arguments *a, const char *file, const char *port)
{
	a->captures[a->num_captures++] =
		(struct replay_capture_argument){.file = file, .port = port};
}

static int take_option(struct replay_arguments *a, int c, const char **port)
{
	int taken = common_option(&a->common, c, optarg);

	if (taken < 0)
		return EXIT_USAGE;
	if (taken)
		return EXIT_DONE;
	switch (c) {
	case PLAIN_ARGUMENT: add_capture(a, optarg, *port); return EXIT_DONE;
	case 'r': a->rules[a->num_rules++] = optarg; return EXIT_DONE;
	case 'p': *port = optarg; return EXIT_DONE;
	case 'w': return add_output(a, optarg);
	case OPTION_FILTER: a->filter = optarg; return EXIT_DONE;
	case OPTION_LOOP: return parse_loops(optarg, &a->loops);
	case OPTION_MERGE: a->merge = true; return EXIT_DONE;
	case OPTION_JOBS: return parse_jobs(optarg, &a->jobs);
	case OPTION_FAKE_ETHERNET: a->fake_ethernet = true; return EXIT_DONE;
	case 'h': a->help = true; return EXIT_DONE;
	default: return complain_option();
	}
}

int replay_arguments_check_stdin(const struct replay_arguments *a)
{
	int uses = 0;

	for (size_t i = 0; i < a->num_rules; i++)
		uses += strcmp(a->rules[i], "-") == 0;
	for (size_t i = 0; i < a->num_captures; i++)
		uses += strcmp(a->captures[i].file, "-") == 0;
	return uses > 1 ? complain_usage("stdin ('-') can be given only once") : EXIT_DONE;
}

int replay_arguments_parse(struct replay_arguments *a, int argc, char **argv)
{
	const char *port = NULL;
	int status = EXIT_DONE;
	int c;

	*a = (struct replay_arguments){.loops = 1, .jobs = 1};
	a->rules = calloc((size_t)argc, sizeof(*a->rules));
	a->captures = calloc((size_t)argc, sizeof(*a->captures));
	a->outputs = calloc((size_t)argc, sizeof(*a->outputs));
	if (!a->rules || !a->captures || !a->outputs)
		return complain(EXIT_ENVIRONMENT, "out of memory");
	optind = 0;
	argv[0] = "nicemu replay"; /* how getopt_long begins its complaints */
	/* The leading '-': words in order, since -p holds for the captures after it. */
	while (status == EXIT_DONE && !a->help &&
	       (c = getopt_long(argc, argv, "-" COMMON_SHORT_OPTIONS "r:p:w:", long_options,
				NULL)) != -1)
		status = take_option(a, c, &port);
	for (int i = optind; status == EXIT_DONE && i < argc; i++)
		add_capture(a, argv[i], port);
	if (status != EXIT_DONE || a->help)
		return status;
	common_options_finish(&a->common);
	if (!a->num_captures)
		return complain_usage("no capture is given");
	return replay_arguments_check_stdin(a);
}

void replay_arguments_free(struct replay_arguments *a)
{
	for (size_t i = 0; i < a->num_outputs; i++)
		free(a->outputs[i].to);
	free(a->outputs);
	free(a->captures);
	free(a->rules);
	common_options_free(&a->common);
}
