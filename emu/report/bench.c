/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <nicemu/report/bench.h>

#include "internal.h"

#include <nicemu/base/reason.h>

#include <string.h>

static const struct bench_results nothing;

/* Numbers, or null where they are not known. */
static json_t *integer(bool known, uint64_t value)
{
	return known ? json_integer((json_int_t)value) : json_null();
}

static json_t *real(bool known, double value)
{
	return known ? json_real(value) : json_null();
}

static json_t *share(uint64_t part, uint64_t whole)
{
	return real(whole != 0, whole ? (double)part / (double)whole : 0);
}

static json_t *median(const struct bench_figure *figure)
{
	return real(figure->runs != 0, figure->median);
}

static json_t *runs(const struct bench_figure *figure)
{
	json_t *list = json_array();

	for (size_t i = 0; i < figure->runs; i++)
		json_array_append_new(list, json_real(figure->run[i]));
	return list;
}

static json_t *spread(const struct bench_figure *figure)
{
	return figure->runs ? json_pack("{s:f, s:f}", "min", figure->min, "max", figure->max)
			    : json_null();
}

static json_t *captures(const struct emulator *emulator, const struct bench_results *results)
{
	json_t *list = json_array();

	for (size_t i = 0; i < results->num_captures; i++) {
		const struct bench_capture *capture = &results->captures[i];
		json_t *record = json_object();

		json_object_set_new(record, "file", report_string(capture->name));
		json_object_set_new(record, "port",
				    report_string(nic_port_name(&emulator->nic, capture->port)));
		json_object_set_new(record, "packets",
				    integer(results->surveyed, capture->read.packets));
		json_object_set_new(record, "bytes",
				    integer(results->surveyed, capture->read.bytes));
		json_array_append_new(list, record);
	}
	return list;
}

static json_t *errors(const struct bench *bench)
{
	json_t *list = json_array();
	struct replay_error e;

	for (size_t i = 0; bench && bench_get_error(bench, i, &e); i++) {
		json_t *error = json_object();

		json_object_set_new(error, "kind", json_string("input"));
		json_object_set_new(error, "file", report_string(e.name));
		json_object_set_new(error, "offset", json_integer((json_int_t)e.offset));
		json_object_set_new(error, "errno", json_string(errno_name(-e.error)));
		json_object_set_new(error, "text", report_string(e.text));
		json_array_append_new(list, error);
	}
	return list;
}

static void add_context(json_t *document, const struct emulator *emulator,
			const struct bench_results *results,
			const struct report_bench_options *options)
{
	bool is_update = strcmp(options->kind, "update") == 0;

	json_object_set_new(document, "schema_version", json_integer(REPORT_SCHEMA_VERSION));
	json_object_set_new(document, "generator", json_string(options->generator));
	json_object_set_new(document, "bench", json_string(options->kind));
	json_object_set_new(document, "engine", text_json(results->engine));
	json_object_set_new(document, "cache", json_boolean(results->cache && !is_update));
	json_object_set_new(document, "jobs", integer(results->jobs, results->jobs));
	json_object_set_new(document, "cpus", integer(results->cpus, results->cpus));
	json_object_set_new(document, "nic", text_json(emulator ? emulator->nic.name : NULL));
	json_object_set_new(document, "model", text_json(emulator ? emulator->nic.model : NULL));
	json_object_set_new(document, "kernel",
			    text_json(emulator ? emulator->kernel.version : NULL));
	json_object_set_new(document, "interrupted", json_boolean(results->interrupted));
	json_object_set_new(document, "captures", captures(emulator, results));
}

static void add_facts(json_t *document, const struct bench_results *results)
{
	char digest[24];

	snprintf(digest, sizeof(digest), "%016llx", (unsigned long long)results->digest);
	json_object_set_new(document, "rules", integer(results->built, results->rules));
	json_object_set_new(document, "packets", integer(results->surveyed, results->packets));
	json_object_set_new(document, "bytes", integer(results->surveyed, results->bytes));
	json_object_set_new(document, "matched", integer(results->surveyed, results->matched));
	json_object_set_new(document, "digest",
			    results->surveyed ? json_string(digest) : json_null());
}

static const struct bench_figure *main_figure(const struct bench_results *results)
{
	return results->during.runs   ? &results->during
	       : results->lookup.runs ? &results->lookup
				      : &results->replay;
}

static json_t *per_cpu_second(const struct bench_effort *effort)
{
	bool known = effort->packets && effort->cpu_ns;

	return real(known, known ? (double)effort->packets * 1e9 / (double)effort->cpu_ns : 0);
}

/*
 * The part of the time in which there was a processor; 1 where nothing was measured. Processor time
 * is read around the other clock, so it can be a little more.
 */
static double cpu_share(const struct bench_results *results)
{
	uint64_t wall = results->lookup_effort.wall_ns + results->replay_effort.wall_ns;
	uint64_t cpu = results->lookup_effort.cpu_ns + results->replay_effort.cpu_ns;

	return cpu < wall ? (double)cpu / (double)wall : 1;
}

static void add_effort(json_t *document, const struct bench_results *results)
{
	uint64_t packets = results->lookup_effort.packets + results->replay_effort.packets;

	json_object_set_new(document, "lookup_per_cpu_second",
			    per_cpu_second(&results->lookup_effort));
	json_object_set_new(document, "replay_per_cpu_second",
			    per_cpu_second(&results->replay_effort));
	json_object_set_new(document, "updates_per_cpu_second",
			    per_cpu_second(&results->update_effort));
	json_object_set_new(document, "cpu_share",
			    real(packets && results->jobs == 1, cpu_share(results)));
}

static void add_figures(json_t *document, const struct bench_results *results)
{
	const struct bench_figure *lookup =
		results->alone.runs ? &results->alone : &results->lookup;
	bool both = results->alone.runs && results->during.runs;

	json_object_set_new(document, "runs", json_integer((json_int_t)main_figure(results)->runs));
	json_object_set_new(document, "lookup_per_second", median(lookup));
	json_object_set_new(document, "replay_per_second", median(&results->replay));
	json_object_set_new(document, "first_pass_per_second",
			    real(results->first_pass > 0, results->first_pass));
	json_object_set_new(document, "updates_per_second", median(&results->updates));
	json_object_set_new(document, "lookup_during_updates_per_second", median(&results->during));
	json_object_set_new(
		document, "slowdown",
		real(both, both ? 1 - results->during.median / results->alone.median : 0));
	json_object_set_new(document, "build_seconds",
			    real(results->built, results->build_seconds));
	add_effort(document, results);
	json_object_set_new(document, "lookup_runs", runs(lookup));
	json_object_set_new(document, "lookup_spread", spread(lookup));
	json_object_set_new(document, "replay_runs", runs(&results->replay));
	json_object_set_new(document, "replay_spread", spread(&results->replay));
	json_object_set_new(document, "updates_runs", runs(&results->updates));
	json_object_set_new(document, "updates_spread", spread(&results->updates));
	json_object_set_new(document, "lookup_during_updates_runs", runs(&results->during));
	json_object_set_new(document, "lookup_during_updates_spread", spread(&results->during));
}

static void add_memory(json_t *document, const struct bench_results *results)
{
	bool built = results->built;
	uint64_t looked_up =
		results->cache_use.hits + results->cache_use.misses + results->cache_use.bypassed;

	json_object_set_new(document, "table_bytes", integer(built, results->memory.tcam_bytes));
	json_object_set_new(document, "entry_bytes", integer(built, results->memory.entry_bytes));
	json_object_set_new(document, "cache_bytes", integer(built, results->cache_bytes));
	json_object_set_new(document, "cache_hits", share(results->cache_use.hits, looked_up));
	json_object_set_new(document, "cache_bypassed",
			    share(results->cache_use.bypassed, looked_up));
	json_object_set_new(document, "tables", integer(built, results->measure.tables));
	json_object_set_new(document, "longest", integer(built, results->measure.longest));
}

static void note_runs(json_t *notes, const char *what, const struct bench_figure *figure,
		      const struct bench_results *results)
{
	if (figure->runs && figure->runs < results->runs_wanted && !results->interrupted)
		json_array_append_new(
			notes, json_sprintf("%s: %zu of %u runs, as the time for them was over "
					    "(--seconds)",
					    what, figure->runs, results->runs_wanted));
}

/* What one has to know to read the figures. */
static json_t *notes(const struct bench_results *results, const char *kind)
{
	json_t *list = json_array();

	note_runs(list, "look-ups", &results->lookup, results);
	note_runs(list, "replay", &results->replay, results);
	note_runs(list, "updates", &results->updates, results);
	if (results->surveyed && !results->packets)
		json_array_append_new(list, json_string("no packets: nothing could be measured"));
	if (results->jobs == 1 && cpu_share(results) < 0.95)
		json_array_append_new(
			list, json_sprintf("the processor was shared with others: this had it for "
					   "%.0f %% of the time that was measured",
					   100 * cpu_share(results)));
	if (results->update_effort.cpu_ns < 95 * (results->update_effort.wall_ns / 100))
		json_array_append_new(
			list, json_sprintf("the thread that updates had a processor for %.0f %% of "
					   "the time; else others had it, or it waited for readers",
					   100 * (double)results->update_effort.cpu_ns /
						   (double)results->update_effort.wall_ns));
	if (results->cpus == 1 && strcmp(kind, "update") == 0)
		json_array_append_new(list,
				      json_string("there is one CPU for both threads: updates and "
						  "look-ups take it from each other, so these "
						  "figures mean little"));
	else if (results->cpus && results->jobs > results->cpus)
		json_array_append_new(list,
				      json_sprintf("%u jobs on %u CPU%s", results->jobs,
						   results->cpus, results->cpus == 1 ? "" : "s"));
	return list;
}

/* What two runs do not have in common. */
static void forget_times(struct bench_results *results)
{
	struct bench_figure *const figures[] = {&results->lookup, &results->replay, &results->alone,
						&results->during, &results->updates};

	for (size_t i = 0; i < sizeof(figures) / sizeof(*figures); i++)
		*figures[i] = (struct bench_figure){0};
	results->first_pass = 0;
	results->lookup_effort = results->replay_effort = (struct bench_effort){0};
	results->update_effort = (struct bench_effort){0};
	results->cache_use = (struct asic_cache_use){0};
	results->sentinel_checks = 0;
}

json_t *report_bench(const struct emulator *emulator, const struct bench *bench,
		     const struct report_bench_options *options)
{
	struct bench_results results = bench ? *bench_get_results(bench) : nothing;
	json_t *document = json_object();

	if (options->reproducible)
		forget_times(&results);
	add_context(document, emulator, &results, options);
	add_facts(document, &results);
	add_figures(document, &results);
	if (options->reproducible)
		json_object_set_new(document, "build_seconds", json_null());
	add_memory(document, &results);
	json_object_set_new(document, "sentinel_checks",
			    integer(results.updates.runs, results.sentinel_checks));
	json_object_set_new(document, "sentinel_misses",
			    integer(results.updates.runs, results.sentinel_misses));
	json_object_set_new(document, "refused", json_array());
	json_object_set_new(document, "notes", notes(&results, options->kind));
	json_object_set_new(document, "errors", errors(bench));
	return document;
}
