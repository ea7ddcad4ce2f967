/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The document of `nicemu check`: its summaries. */
#include "check.h"

#include <string.h>

struct counts {
	json_int_t rules, offloaded, refused, allowed, errors, lint;
};

bool check_verdict_is(const json_t *record, const char *verdict)
{
	return strcmp(member_text(record, "verdict"), verdict) == 0;
}

static void count_verdicts(struct counts *counts, const json_t *records)
{
	json_t *record;
	size_t i;

	json_array_foreach (records, i, record) {
		counts->offloaded += check_verdict_is(record, "offloaded");
		counts->refused += check_verdict_is(record, "refused");
		counts->allowed += check_verdict_is(record, "allowed");
	}
}

static struct counts count_run(const json_t *run)
{
	struct counts counts = {0};
	json_t *finding;
	size_t i;

	counts.rules = (json_int_t)json_array_size(json_object_get(run, "rules"));
	counts.errors = (json_int_t)json_array_size(json_object_get(run, "errors"));
	count_verdicts(&counts, json_object_get(run, "rules"));
	count_verdicts(&counts, json_object_get(run, "chains"));
	json_array_foreach (json_object_get(run, "lint"), i, finding)
		counts.lint += !json_is_true(json_object_get(finding, "allowed"));
	return counts;
}

static json_t *summary_json(const struct counts *counts)
{
	return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I}", "rules", counts->rules, "offloaded",
			 counts->offloaded, "refused", counts->refused, "allowed", counts->allowed,
			 "errors", counts->errors, "lint", counts->lint);
}

static json_t *list_or_empty(json_t *list)
{
	return list ? json_incref(list) : json_array();
}

json_t *report_check(const struct report_checked *checked)
{
	json_t *runs = checked->runs;
	struct counts whole = {0};
	json_t *run;
	size_t i;

	json_array_foreach (runs, i, run) {
		struct counts counts = count_run(run);

		json_object_set_new(run, "summary", summary_json(&counts));
		whole.rules += counts.rules;
		whole.offloaded += counts.offloaded;
		whole.refused += counts.refused;
		whole.allowed += counts.allowed;
		whole.errors += counts.errors;
		whole.lint += counts.lint;
	}
	return json_pack("{s:i, s:s, s:b, s:O, s:o, s:o, s:o}", "schema_version",
			 REPORT_SCHEMA_VERSION, "generator", checked->generator, "interrupted",
			 (int)checked->interrupted, "runs", runs, "not_checked",
			 list_or_empty(checked->not_checked), "notes",
			 list_or_empty(checked->notes), "summary", summary_json(&whole));
}
