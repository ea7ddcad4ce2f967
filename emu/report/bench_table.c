/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The document of a bench for people. */
#include <nicemu/report/bench.h>

#include "style.h"

#include <string.h>

enum { RATE_SIZE = 24, NAME_WIDTH = 24, LABEL_WIDTH = 16 };

/* "12.34 M/s"; "-" where it is null. */
static const char *rate_text(char buffer[RATE_SIZE], const json_t *number)
{
	static const struct {
		double least;
		const char *unit;
	} units[] = {{1e9, "G/s"}, {1e6, "M/s"}, {1e3, "k/s"}, {0, "/s "}};
	double value = json_number_value(number);
	size_t i = 0;

	if (!json_is_number(number)) {
		snprintf(buffer, RATE_SIZE, "-");
		return buffer;
	}
	while (units[i].least > value)
		i++;
	snprintf(buffer, RATE_SIZE, "%.2f %s", units[i].least > 0 ? value / units[i].least : value,
		 units[i].unit);
	return buffer;
}

/* A figure that was not measured has no line. */
static void print_figure(FILE *out, const char *name, const json_t *value, const json_t *spread,
			 const json_t *runs)
{
	char median[RATE_SIZE], min[RATE_SIZE], max[RATE_SIZE];

	if (!json_is_number(value))
		return;
	fprintf(out, "%-*s %14s %14s %14s", NAME_WIDTH, name, rate_text(median, value),
		rate_text(min, json_object_get(spread, "min")),
		rate_text(max, json_object_get(spread, "max")));
	fprintf(out, " %6zu\n", runs ? json_array_size(runs) : 1);
}

/* What the figures would be if nobody else were at work, more or less. */
static void print_per_cpu(FILE *out, const json_t *document)
{
	const json_t *lookup = json_object_get(document, "lookup_per_cpu_second");
	const json_t *replay = json_object_get(document, "replay_per_cpu_second");
	const json_t *updates = json_object_get(document, "updates_per_cpu_second");
	char rate[RATE_SIZE];

	if (json_is_number(lookup))
		fprintf(out, "%-*s %14s\n", NAME_WIDTH, "look-ups, CPU time",
			rate_text(rate, lookup));
	if (json_is_number(replay))
		fprintf(out, "%-*s %14s\n", NAME_WIDTH, "replay, CPU time",
			rate_text(rate, replay));
	if (json_is_number(updates))
		fprintf(out, "%-*s %14s\n", NAME_WIDTH, "updates, CPU time",
			rate_text(rate, updates));
}

static void print_figures(FILE *out, const json_t *document, const struct report_style *style)
{
	static const struct {
		const char *label, *value, *spread, *runs;
	} rows[] = {
		{"look-ups", "lookup_per_second", "lookup_spread", "lookup_runs"},
		{"look-ups while updating", "lookup_during_updates_per_second",
		 "lookup_during_updates_spread", "lookup_during_updates_runs"},
		{"updates", "updates_per_second", "updates_spread", "updates_runs"},
		{"replay, first pass", "first_pass_per_second", "", ""},
		{"replay", "replay_per_second", "replay_spread", "replay_runs"},
	};

	paint(out, style, PAINT_HEADING, "%-*s %14s %14s %14s %6s\n", NAME_WIDTH, "", "median",
	      "min", "max", "runs");
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		print_figure(out, rows[i].label, json_object_get(document, rows[i].value),
			     json_object_get(document, rows[i].spread),
			     json_object_get(document, rows[i].runs));
	print_per_cpu(out, document);
}

/* "25.31 MiB, 265 bytes a rule" */
static void print_share(FILE *out, const char *label, const json_t *document, const char *member)
{
	unsigned long long bytes = member_number(document, member);
	unsigned long long rules = member_number(document, "rules");

	fprintf(out, "%-*s %.2f MiB", LABEL_WIDTH, label, (double)bytes / (1 << 20));
	if (rules)
		fprintf(out, ", %llu bytes a rule", bytes / rules);
	fputc('\n', out);
}

static void print_cache(FILE *out, const json_t *document)
{
	const json_t *hits = json_object_get(document, "cache_hits");

	fprintf(out, "%-*s ", LABEL_WIDTH, "flow cache");
	if (!json_is_true(json_object_get(document, "cache"))) {
		fputs("none\n", out);
		return;
	}
	fprintf(out, "%.2f MiB", (double)member_number(document, "cache_bytes") / (1 << 20));
	if (json_is_number(hits))
		fprintf(out, "; it answers %.1f%%, and lets %.1f%% pass by unasked",
			100 * json_number_value(hits),
			100 * json_number_value(json_object_get(document, "cache_bypassed")));
	fputc('\n', out);
}

static void print_table(FILE *out, const json_t *document)
{
	const json_t *seconds = json_object_get(document, "build_seconds");

	if (!json_is_integer(json_object_get(document, "rules")))
		return;
	fprintf(out, "\n%-*s %llu; a look-up asks %llu table%s and compares %llu at worst\n",
		LABEL_WIDTH, "rules", member_number(document, "rules"),
		member_number(document, "tables"),
		member_number(document, "tables") == 1 ? "" : "s",
		member_number(document, "longest"));
	print_share(out, "table", document, "table_bytes");
	print_share(out, "entries", document, "entry_bytes");
	print_cache(out, document);
	if (json_is_number(seconds))
		fprintf(out, "%-*s %.6f s\n", LABEL_WIDTH, "built in", json_number_value(seconds));
}

static void print_packets(FILE *out, const json_t *document)
{
	char share[16];

	if (!json_is_integer(json_object_get(document, "packets")))
		return;
	fprintf(out, "%-*s %llu of %llu bytes; a rule decides %s of them; digest %s\n", LABEL_WIDTH,
		"packets", member_number(document, "packets"), member_number(document, "bytes"),
		share_text(share, member_number(document, "matched"),
			   member_number(document, "packets")),
		member_text(document, "digest"));
}

static void print_update(FILE *out, const json_t *document)
{
	const json_t *slowdown = json_object_get(document, "slowdown");

	if (!json_is_number(slowdown))
		return;
	fprintf(out, "%-*s look-ups are slowed by %.1f%%\n", LABEL_WIDTH, "updates",
		100 * json_number_value(slowdown));
	fprintf(out, "%-*s %llu looked for, %llu not as committed\n", LABEL_WIDTH, "sentinel",
		member_number(document, "sentinel_checks"),
		member_number(document, "sentinel_misses"));
}

void report_print_bench(FILE *out, const json_t *document, const struct report_style *style)
{
	const json_t *note;
	size_t i;

	fprintf(out, "bench %s: engine %s", member_text(document, "bench"),
		member_text(document, "engine"));
	if (member_number(document, "jobs") > 1)
		fprintf(out, ", %llu jobs", member_number(document, "jobs"));
	fputs(", NIC ", out);
	print_cut(out, member_text(document, "nic"), 40, 0);
	fprintf(out, ", kernel %s%s\n\n", member_text(document, "kernel"),
		json_is_true(json_object_get(document, "interrupted")) ? ", interrupted" : "");
	print_figures(out, document, style);
	print_table(out, document);
	print_packets(out, document);
	print_update(out, document);
	json_array_foreach (json_object_get(document, "notes"), i, note)
		paint(out, style, PAINT_DIM, "note: %s\n", json_string_value(note));
}
