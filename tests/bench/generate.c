/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rules and traffic as files, for nft, nicemu and anybody else.
 *
 *   bench_generate KIND N [--seed S] [--rules FILE.nft] [--trace FILE.pcap] [--expect FILE]
 *                  [--zipf] [--packets N] [--device NAME] [--software]
 *
 * --expect: packets that each rule counts, a number a line, and in the last line those that match
 * none: found rule by rule, so for small sets.
 */
#include "trace.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

struct arguments {
	enum rule_kind kind;
	size_t rules, packets;
	uint64_t seed;
	const char *rules_file, *trace_file, *expect_file, *device;
	enum traffic traffic;
	bool offload;
};

static const struct option options[] = {{"seed", required_argument, NULL, 's'},
					{"rules", required_argument, NULL, 'r'},
					{"trace", required_argument, NULL, 't'},
					{"expect", required_argument, NULL, 'e'},
					{"packets", required_argument, NULL, 'p'},
					{"device", required_argument, NULL, 'd'},
					{"zipf", no_argument, NULL, 'z'},
					{"software", no_argument, NULL, 'w'},
					{NULL, 0, NULL, 0}};

static int usage(void)
{
	fprintf(stderr,
		"usage: bench_generate KIND N [--seed S] [--rules FILE.nft] [--trace "
		"FILE.pcap] [--expect FILE]\n"
		"                      [--zipf] [--packets N] [--device NAME] [--software]\n"
		"kinds:");
	for (enum rule_kind kind = 0; kind < RULE_KINDS; kind++)
		fprintf(stderr, " %s", ruleset_kind_name(kind));
	fprintf(stderr, "\n");
	return 2;
}

static bool read_number(const char *text, uint64_t max, uint64_t *number)
{
	char *end;

	errno = 0;
	*number = strtoull(text, &end, 10);
	return *text >= '0' && *text <= '9' && !*end && !errno && *number <= max;
}

static bool read_arguments(int argc, char **argv, struct arguments *arguments)
{
	uint64_t number;
	int option;

	*arguments = (struct arguments){
		.packets = 1000000, .seed = 1, .device = "eth0", .offload = true};
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (option) {
		case 's':
			if (!read_number(optarg, UINT64_MAX, &arguments->seed))
				return false;
			break;
		case 'p':
			if (!read_number(optarg, 1u << 30, &number))
				return false;
			arguments->packets = number;
			break;
		case 'r': arguments->rules_file = optarg; break;
		case 't': arguments->trace_file = optarg; break;
		case 'e': arguments->expect_file = optarg; break;
		case 'd': arguments->device = optarg; break;
		case 'z': arguments->traffic = TRAFFIC_ZIPF; break;
		case 'w': arguments->offload = false; break;
		default: return false;
		}
	}
	if (argc - optind != 2 || !read_number(argv[optind + 1], 10000000, &number) || !number)
		return false;
	arguments->kind = ruleset_kind(argv[optind]);
	arguments->rules = number;
	return arguments->kind < RULE_KINDS;
}

static int write_rules(const struct arguments *arguments, const struct ruleset *set)
{
	FILE *out = fopen(arguments->rules_file, "w");
	int error;

	if (!out)
		return -errno;
	error = ruleset_print(out, set, arguments->device, arguments->offload);
	return fclose(out) && !error ? -errno : error;
}

static int write_expectation(const char *file, const struct ruleset *set, const struct trace *trace)
{
	size_t *counts = calloc(set->count + 1, sizeof(*counts));
	FILE *out = counts ? fopen(file, "w") : NULL;
	int error = out ? 0 : -errno;

	for (size_t i = 0; !error && i < trace->count; i++)
		counts[ruleset_lookup(set, &trace->headers[i])]++;
	for (size_t i = 0; !error && i <= set->count; i++)
		fprintf(out, "%zu\n", counts[i]);
	if (out && fclose(out))
		error = -errno;
	free(counts);
	return error;
}

static int write_all(const struct arguments *arguments, const struct ruleset *set)
{
	struct trace trace = {0};
	int error = 0;

	if (arguments->rules_file)
		error = write_rules(arguments, set);
	if (!error && (arguments->trace_file || arguments->expect_file))
		error = trace_make(&trace, set, arguments->traffic, arguments->packets,
				   arguments->seed);
	if (!error && arguments->trace_file)
		error = trace_write(&trace, arguments->trace_file);
	if (!error && arguments->expect_file)
		error = write_expectation(arguments->expect_file, set, &trace);
	trace_clear(&trace);
	return error;
}

int main(int argc, char **argv)
{
	struct arguments arguments;
	struct ruleset set;
	int error;

	if (!read_arguments(argc, argv, &arguments))
		return usage();
	error = ruleset_make(&set, arguments.kind, FORM_MASKED, arguments.rules, arguments.seed);
	if (!error)
		error = write_all(&arguments, &set);
	ruleset_clear(&set);
	if (error)
		fprintf(stderr, "bench_generate: %s\n", strerror(-error));
	return error ? 5 : 0;
}
