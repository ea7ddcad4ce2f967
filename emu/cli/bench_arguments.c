/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bench_arguments.h"

#include <nicemu/asic/tcam.h>
#include <nicemu/engine/bench.h>

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum {
	OPTION_ENGINE = OPTION_OWN,
	OPTION_NO_CACHE,
	OPTION_RUNS,
	OPTION_SECONDS,
	OPTION_JOBS,
	OPTION_FAKE_ETHERNET,
	PLAIN_ARGUMENT = 1, /* what getopt_long returns for words that are no options */
	SECONDS_DEFAULT = 20,
	SECONDS_MAX = 86400,
};

static const struct option long_options[] = {
	COMMON_LONG_OPTIONS,
	{"rules", required_argument, NULL, 'r'},
	{"engine", required_argument, NULL, OPTION_ENGINE},
	{"no-cache", no_argument, NULL, OPTION_NO_CACHE},
	{"runs", required_argument, NULL, OPTION_RUNS},
	{"seconds", required_argument, NULL, OPTION_SECONDS},
	{"jobs", required_argument, NULL, OPTION_JOBS},
	{"fake-ethernet", no_argument, NULL, OPTION_FAKE_ETHERNET},
	{0},
};

static const char *const kinds[] = {"lookup", "replay", "update"};
static const char planned[] = "flow";

static int take_engine(struct bench_arguments *a, const char *name)
{
	char names[256] = "";

	a->engine = name;
	if (tcam_engine(name))
		return EXIT_DONE;
	for (size_t i = 0; tcam_engines[i]; i++) {
		strncat(names, i ? ", " : "", sizeof(names) - strlen(names) - 1);
		strncat(names, tcam_engines[i]->name, sizeof(names) - strlen(names) - 1);
	}
	return complain_usage("there is no engine '%s'; there are: %s", name, names);
}

static int take_runs(struct bench_arguments *a, const char *text)
{
	if (!parse_number(text, BENCH_RUNS_MIN, BENCH_RUNS_MAX, &a->runs))
		return complain_usage("--runs takes a number from %d to %d, not '%s'",
				      BENCH_RUNS_MIN, BENCH_RUNS_MAX, text);
	return EXIT_DONE;
}

static int take_seconds(struct bench_arguments *a, const char *text)
{
	char *end;

	a->seconds = strtod(text, &end);
	if (*end || !isdigit((unsigned char)text[0]) || !(a->seconds <= SECONDS_MAX))
		return complain_usage("--seconds takes a number of seconds up to %d, not '%s'",
				      SECONDS_MAX, text);
	return EXIT_DONE;
}

static void add_capture(struct bench_arguments *a, const char *file, const char *port)
{
	a->play.captures[a->play.num_captures++] =
		(struct replay_capture_argument){.file = file, .port = port};
}

static int take_option(struct bench_arguments *a, int c, const char **port)
{
	int taken = common_option(&a->play.common, c, optarg);

	if (taken < 0)
		return EXIT_USAGE;
	if (taken)
		return EXIT_DONE;
	switch (c) {
	case PLAIN_ARGUMENT: add_capture(a, optarg, *port); return EXIT_DONE;
	case 'r': a->play.rules[a->play.num_rules++] = optarg; return EXIT_DONE;
	case 'p': *port = optarg; return EXIT_DONE;
	case OPTION_ENGINE: return take_engine(a, optarg);
	case OPTION_NO_CACHE: a->no_cache = true; return EXIT_DONE;
	case OPTION_RUNS: return take_runs(a, optarg);
	case OPTION_SECONDS: return take_seconds(a, optarg);
	case OPTION_JOBS:
		a->jobs_auto = strcmp(optarg, "auto") == 0;
		return parse_jobs(optarg, &a->play.jobs);
	case OPTION_FAKE_ETHERNET: a->play.fake_ethernet = true; return EXIT_DONE;
	case 'h': a->help = true; return EXIT_DONE;
	default: return complain_option();
	}
}

static const char *list_kinds(char *names, size_t size)
{
	*names = '\0';
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		strncat(names, i ? ", " : "", size - strlen(names) - 1);
		strncat(names, kinds[i], size - strlen(names) - 1);
	}
	return names;
}

static int check(struct bench_arguments *a)
{
	char names[256];
	size_t i = 0;

	if (!a->kind)
		return complain_usage("what is to be measured? There are: %s",
				      list_kinds(names, sizeof(names)));
	if (strcmp(a->kind, planned) == 0)
		return complain(EXIT_ENVIRONMENT, "flow: this version has no flow table yet");
	while (i < sizeof(kinds) / sizeof(*kinds) && strcmp(kinds[i], a->kind) != 0)
		i++;
	if (i == sizeof(kinds) / sizeof(*kinds))
		return complain_usage("'%s' can't be measured; there are: %s", a->kind,
				      list_kinds(names, sizeof(names)));
	if (a->jobs_auto && strcmp(a->kind, "replay") != 0)
		a->play.jobs = 1; /* as many as it can use */
	if (a->play.jobs > 1 && strcmp(a->kind, "replay") != 0)
		return complain_usage("--jobs: `bench %s` looks up on one core: it takes 1 or "
				      "auto; `bench replay` takes more",
				      a->kind);
	if (!a->play.num_captures)
		return complain_usage("no capture is given");
	return EXIT_DONE;
}

int bench_arguments_parse(struct bench_arguments *a, int argc, char **argv)
{
	const char *port = NULL;
	int status = EXIT_DONE;
	int c;

	*a = (struct bench_arguments){
		.play = {.loops = 1, .jobs = 1},
		.runs = BENCH_RUNS_DEFAULT,
		.seconds = SECONDS_DEFAULT,
	};
	a->play.rules = calloc((size_t)argc, sizeof(*a->play.rules));
	a->play.captures = calloc((size_t)argc, sizeof(*a->play.captures));
	if (!a->play.rules || !a->play.captures)
		return complain(EXIT_ENVIRONMENT, "out of memory");
	if (argc > 1 && argv[1][0] != '-') {
		a->kind = argv[1];
		argc--;
		argv++;
	}
	optind = 0;
	argv[0] = "nicemu bench"; /* how getopt_long begins its complaints */
	/* The leading '-': words in order, since -p holds for the captures after it. */
	while (status == EXIT_DONE && !a->help &&
	       (c = getopt_long(argc, argv, "-" COMMON_SHORT_OPTIONS "r:p:", long_options, NULL)) !=
		       -1)
		status = take_option(a, c, &port);
	for (int i = optind; status == EXIT_DONE && i < argc; i++)
		add_capture(a, argv[i], port);
	if (status != EXIT_DONE || a->help)
		return status;
	common_options_finish(&a->play.common);
	return check(a);
}

void bench_arguments_free(struct bench_arguments *a)
{
	replay_arguments_free(&a->play);
}
