/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * nicemu and its peers on the same rules and the same packets, in one run.
 *
 *   bench_peers lookup KIND FORM N [--zipf] [--packets N] [--rounds N] [--seed N]
 *               [--engines NAME,NAME…] [--memory MEGABYTES] [--seconds N]
 *   bench_peers agree KIND FORM N …       the same, and compared with the slow, obvious look-up
 *   bench_peers hash FLOWS                DPDK's rte_hash: exact 5-tuples
 *   bench_peers engines                   what can be compared
 *
 * One JSON document on stdout. A pass looks up every packet once and counts it; the engines take
 * turns, pass by pass, since the machine's speed changes from second to second. No round begins
 * after
 * --seconds. Times are of this thread's processor. Exit status 1: two engines disagree.
 */
#include "acl.h"
#include "engine.h"
#include "hash.h"
#include "measure.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { ENGINES_MAX = 8, MATCHES_SHOWN = 5 };

const struct engine_ops *const engines[] = {
	&engine_asic,       &engine_table,     &engine_acl,       &engine_acl_512,
	&engine_asic_cache, &engine_acl_cache, &engine_reference, NULL};

struct arguments {
	struct workload_plan plan;
	size_t rounds, memory;
	double seconds;
	const struct engine_ops *engines[ENGINES_MAX];
	size_t num_engines;
	bool reference;
};

/* One engine in this run. */
struct runner {
	const struct engine_ops *ops;
	struct engine *engine;
	double build_seconds;
	uint32_t *deciding;
	double *seconds; /* by round */
};

static int usage(void)
{
	fprintf(stderr,
		"usage: bench_peers lookup|agree KIND masked|ranges N [--zipf] [--packets "
		"N] [--rounds N] [--seed N]\n"
		"                   [--engines NAME,NAME...] [--memory MEGABYTES] [--seconds N]\n"
		"       bench_peers hash FLOWS [--packets N] [--rounds N]\n"
		"       bench_peers engines\n");
	return 2;
}

static int list_engines(void)
{
	for (size_t i = 0; engines[i]; i++)
		printf("%-16s %s\n", engines[i]->name, engines[i]->what);
	return 0;
}

static const struct engine_ops *find_engine(const char *name)
{
	for (size_t i = 0; engines[i]; i++)
		if (!strcmp(engines[i]->name, name))
			return engines[i];
	return NULL;
}

static bool read_engines(struct arguments *arguments, char *names)
{
	char *rest = NULL;

	arguments->num_engines = 0;
	for (char *name = strtok_r(names, ",", &rest); name; name = strtok_r(NULL, ",", &rest)) {
		const struct engine_ops *ops = find_engine(name);

		if (!ops || arguments->num_engines == ENGINES_MAX)
			return false;
		arguments->engines[arguments->num_engines++] = ops;
	}
	return arguments->num_engines > 0;
}

static bool read_number(const char *text, uint64_t min, uint64_t max, uint64_t *number)
{
	char *end;

	errno = 0;
	*number = strtoull(text, &end, 10);
	return *text >= '0' && *text <= '9' && !*end && !errno && *number >= min && *number <= max;
}

static const struct option options[] = {
	{"zipf", no_argument, NULL, 'z'},          {"packets", required_argument, NULL, 'p'},
	{"rounds", required_argument, NULL, 'r'},  {"seed", required_argument, NULL, 's'},
	{"engines", required_argument, NULL, 'e'}, {"memory", required_argument, NULL, 'm'},
	{"seconds", required_argument, NULL, 'l'}, {NULL, 0, NULL, 0}};

static bool read_options(int argc, char **argv, struct arguments *arguments)
{
	uint64_t number = 0;
	bool good = true;
	int option;

	*arguments = (struct arguments){.plan = {.packets = 1000000, .seed = 1},
					.rounds = 7,
					.memory = 2048,
					.seconds = 30,
					.engines = {&engine_asic, &engine_table, &engine_acl},
					.num_engines = 3};
	while (good && (option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (option) {
		case 'z': arguments->plan.traffic = TRAFFIC_ZIPF; break;
		case 'p':
			good = read_number(optarg, 1, 100000000, &number);
			arguments->plan.packets = number;
			break;
		case 'r':
			good = read_number(optarg, 1, 1000, &number);
			arguments->rounds = number;
			break;
		case 's': good = read_number(optarg, 0, UINT64_MAX, &arguments->plan.seed); break;
		case 'e': good = read_engines(arguments, optarg); break;
		case 'm':
			good = read_number(optarg, 64, 1u << 20, &number);
			arguments->memory = number;
			break;
		case 'l':
			good = read_number(optarg, 0, 3600, &number);
			arguments->seconds = (double)number;
			break;
		default: good = false;
		}
	}
	return good;
}

static bool read_plan(struct workload_plan *plan, char **words)
{
	uint64_t number;

	plan->kind = ruleset_kind(words[0]);
	if (plan->kind == RULE_KINDS || !read_number(words[2], 1, 10000000, &number))
		return false;
	plan->rules = number;
	plan->form = !strcmp(words[1], "ranges") ? FORM_RANGES : FORM_MASKED;
	return plan->form == FORM_RANGES || !strcmp(words[1], "masked");
}

static int build(struct runner *runner, const struct engine_ops *ops,
		 const struct workload *workload, size_t rounds)
{
	double begin = thread_seconds();

	runner->ops = ops;
	runner->engine = ops->create(ops, workload);
	runner->build_seconds = thread_seconds() - begin;
	runner->deciding = calloc(workload->trace.count, sizeof(*runner->deciding));
	runner->seconds = calloc(rounds, sizeof(*runner->seconds));
	if (runner->engine && runner->deciding && runner->seconds)
		return 0;
	fprintf(stderr, "bench_peers: %s could not be built\n", ops->name);
	return -ENOMEM;
}

/* How many rounds there were; the first pass of each is not timed, but compared. */
static size_t run_rounds(struct runner *runners, const struct arguments *arguments,
			 const struct workload *workload)
{
	double last = clock_seconds() + arguments->seconds;
	size_t round = 0;

	for (size_t i = 0; i < arguments->num_engines; i++)
		runners[i].ops->pass(runners[i].engine, workload, runners[i].deciding);
	do {
		for (size_t i = 0; i < arguments->num_engines; i++) {
			double begin = thread_seconds();

			runners[i].ops->pass(runners[i].engine, workload, NULL);
			runners[i].seconds[round] = thread_seconds() - begin;
		}
	} while (++round < arguments->rounds && clock_seconds() < last);
	return round;
}

/* Packets whose deciding rules differ; the first ones are shown. */
static size_t compare_deciding(const struct runner *first, const struct runner *second,
			       const struct workload *workload)
{
	size_t wrong = 0;

	for (size_t i = 0; i < workload->trace.count; i++) {
		if (first->deciding[i] == second->deciding[i])
			continue;
		if (wrong++ < MATCHES_SHOWN)
			fprintf(stderr,
				"seed %" PRIu64 ", packet %zu: %s says rule %u, %s says rule %u\n",
				workload->set.seed, i, first->ops->name, first->deciding[i],
				second->ops->name, second->deciding[i]);
	}
	return wrong;
}

/* What was counted must be what was decided, in every pass. */
static size_t compare_counts(const struct runner *runner, const struct workload *workload,
			     size_t passes)
{
	struct counts *counts = calloc(workload->set.count + 1, sizeof(*counts));
	uint64_t packets, bytes;
	size_t wrong = 0;

	for (size_t i = 0; counts && i < workload->trace.count; i++) {
		counts[runner->deciding[i]].packets += passes;
		counts[runner->deciding[i]].bytes += passes * workload->packets[i].length;
	}
	for (size_t rule = 1; counts && rule <= workload->set.count; rule++) {
		runner->ops->counted(runner->engine, rule, &packets, &bytes);
		if (packets == counts[rule].packets && bytes == counts[rule].bytes)
			continue;
		if (wrong++ < MATCHES_SHOWN)
			fprintf(stderr,
				"seed %" PRIu64 ", rule %zu: %s counted %" PRIu64
				" packets, %" PRIu64 " were decided\n",
				workload->set.seed, rule, runner->ops->name, packets,
				counts[rule].packets);
	}
	free(counts);
	return counts ? wrong : 1;
}

static size_t compare_reference(const struct runner *runner, const struct workload *workload)
{
	const struct ruleset *set = &workload->set;
	size_t wrong = 0;

	for (size_t i = 0; i < workload->trace.count; i++) {
		size_t found = ruleset_lookup(set, &workload->trace.headers[i]);
		uint32_t number = found < set->count ? (uint32_t)found + 1 : 0;

		if (runner->deciding[i] == number)
			continue;
		if (wrong++ < MATCHES_SHOWN)
			fprintf(stderr,
				"seed %" PRIu64 ", packet %zu: %s says rule %u, it is rule %u\n",
				set->seed, i, runner->ops->name, runner->deciding[i], number);
	}
	return wrong;
}

static size_t compare(const struct runner *runners, const struct arguments *arguments,
		      const struct workload *workload, size_t rounds)
{
	size_t wrong = 0;

	for (size_t i = 0; i < arguments->num_engines; i++) {
		if (i)
			wrong += compare_deciding(&runners[0], &runners[i], workload);
		wrong += compare_counts(&runners[i], workload, rounds + 1);
	}
	if (arguments->reference)
		wrong += compare_reference(&runners[0], workload);
	return wrong;
}

/* As `nicemu bench` makes it: FNV-1a over the numbers of the deciding rules. */
static uint64_t digest(const struct runner *runner, size_t packets)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < packets; i++)
		for (unsigned int byte = 0; byte < 4; byte++)
			hash = (hash ^ (runner->deciding[i] >> 8 * byte & 0xff)) *
			       UINT64_C(0x100000001b3);
	return hash;
}

static void print_runner(const struct runner *runner, const struct workload *workload,
			 size_t rounds, bool last)
{
	struct spread spread = spread_of(runner->seconds, rounds);
	struct engine_memory memory = runner->ops->memory(runner->engine);
	double packets = (double)workload->trace.count;

	printf("    {\"engine\": \"%s\", \"build_seconds\": %.4f, \"bytes\": %zu, "
	       "\"table_bytes\": %zu, "
	       "\"lookups_per_second\": %.0f, \"slowest\": %.0f, \"fastest\": %.0f}%s\n",
	       runner->ops->name, runner->build_seconds, memory.table_bytes + memory.rule_bytes,
	       memory.table_bytes, packets / spread.median, packets / spread.max,
	       packets / spread.min, last ? "" : ",");
}

static void print_report(const struct runner *runners, const struct arguments *arguments,
			 const struct workload *workload, size_t rounds, size_t wrong)
{
	const struct ruleset *set = &workload->set;
	size_t matched = 0;

	for (size_t i = 0; i < workload->trace.count; i++)
		matched += runners[0].deciding[i] != 0;
	printf("{ \"kind\": \"%s\", \"form\": \"%s\", \"rules\": %zu, \"traffic\": \"%s\", "
	       "\"packets\": %zu, \"distinct\": %zu, \"matched\": %zu, \"seed\": %" PRIu64 ", "
	       "\"runs\": %zu, \"differences\": %zu, \"digest\": \"%016" PRIx64 "\",\n"
	       "  \"engines\": [\n",
	       ruleset_kind_name(set->kind), set->form == FORM_RANGES ? "ranges" : "masked",
	       set->count, arguments->plan.traffic == TRAFFIC_ZIPF ? "zipf" : "cold",
	       workload->trace.count, workload->trace.distinct, matched, set->seed, rounds, wrong,
	       digest(&runners[0], workload->trace.count));
	for (size_t i = 0; i < arguments->num_engines; i++)
		print_runner(&runners[i], workload, rounds, i + 1 == arguments->num_engines);
	printf("  ] }\n");
}

static int run_lookup(const struct arguments *arguments)
{
	struct runner runners[ENGINES_MAX] = {{0}};
	struct workload workload;
	size_t wrong = 0;
	int error = workload_make(&workload, &arguments->plan);

	for (size_t i = 0; !error && i < arguments->num_engines; i++)
		error = build(&runners[i], arguments->engines[i], &workload, arguments->rounds);
	if (!error) {
		size_t rounds = run_rounds(runners, arguments, &workload);

		wrong = compare(runners, arguments, &workload, rounds);
		print_report(runners, arguments, &workload, rounds, wrong);
	} else {
		fprintf(stderr, "bench_peers: %s\n", strerror(-error));
	}
	for (size_t i = 0; i < arguments->num_engines; i++) {
		if (runners[i].engine)
			runners[i].ops->destroy(runners[i].engine);
		free(runners[i].deciding);
		free(runners[i].seconds);
	}
	workload_clear(&workload);
	return error ? 4 : wrong ? 1 : 0;
}

int main(int argc, char **argv)
{
	struct arguments arguments;
	uint64_t flows = 0;
	char **words;
	bool hash;

	if (!read_options(argc, argv, &arguments))
		return usage();
	words = &argv[optind];
	argc -= optind;
	if (argc == 1 && !strcmp(words[0], "engines"))
		return list_engines();
	hash = argc == 2 && !strcmp(words[0], "hash") && read_number(words[1], 1, 1u << 26, &flows);
	arguments.reference = argc == 4 && !strcmp(words[0], "agree");
	if (!hash && !(argc == 4 && (arguments.reference || !strcmp(words[0], "lookup")) &&
		       read_plan(&arguments.plan, &words[1])))
		return usage();
	if (acl_begin("bench_peers", (unsigned int)arguments.memory) < 0) {
		fprintf(stderr, "bench_peers: DPDK can't begin here\n");
		return 4;
	}
	if (hash)
		return hash_measure(flows, arguments.plan.packets, arguments.rounds,
				    arguments.plan.seed);
	return run_lookup(&arguments);
}
