/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The formats of a check: what texts from files can't break, and what is said once. */
#include <nicemu/report/check.h>

#include "fail_alloc.h"
#include "printed.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static const print_fn formats[] = {report_print_check, report_print_check_github,
				   report_print_check_junit, report_print_check_tap};

enum { NUM_FORMATS = sizeof(formats) / sizeof(*formats) };

static json_t *rule(json_int_t number, const char *port, const char *verdict, const char *id)
{
	return json_pack(
		"{s:s, s:I, s:i, s:s, s:I, s:s, s:s, s:s, s:s, s:s, s:s, s:o, s:s, s:s, s:s}",
		"file", "r.nft", "line", number + 3, "column", 5, "source", "r.nft", "number",
		number, "family", "netdev", "table", "t", "chain", "c", "rule", "tcp dport 1 drop",
		"port", port, "verdict", verdict, "id", id ? json_string(id) : json_null(), "errno",
		id ? "EOPNOTSUPP" : "", "layer", id ? "model" : "", "reason", id ? "because" : "");
}

static json_t *run(const char *model, json_t *rules)
{
	return json_pack("{s:s, s:s, s:o, s:[], s:[], s:[], s:[], s:i, s:i, s:i}", "model", model,
			 "kernel", "6.12.117", "rules", rules, "chains", "errors", "flowtables",
			 "lint", "other_rules", 0, "flow_rules", 0, "unjudged_rules", 0);
}

/* Takes runs. */
static json_t *document(json_t *runs)
{
	json_t *result =
		report_check(&(struct report_checked){.generator = "nicemu 1", .runs = runs});

	json_decref(runs);
	return result;
}

static json_t *two_runs(void)
{
	return document(
		json_pack("[o, o]",
			  run("one", json_pack("[o, o, o]", rule(1, "eth0", "offloaded", NULL),
					       rule(2, "eth0", "refused", "x"),
					       rule(2, "eth1", "refused", "x"))),
			  run("two", json_pack("[o, o, o]", rule(1, "eth0", "allowed", "y"),
					       rule(2, "eth0", "refused", "x"),
					       rule(2, "eth1", "offloaded", NULL)))));
}

static size_t count(const char *text, const char *what)
{
	size_t found = 0;

	while ((text = strstr(text, what))) {
		text += strlen(what);
		found++;
	}
	return found;
}

static json_int_t summary(const json_t *object, const char *key)
{
	return json_integer_value(json_object_get(json_object_get(object, "summary"), key));
}

Test(check, summaries_count_verdicts_of_each_run_and_of_all)
{
	json_t *d = two_runs();
	const json_t *first = json_array_get(json_object_get(d, "runs"), 0);

	cr_assert_eq(summary(first, "rules"), 3);
	cr_assert_eq(summary(first, "offloaded"), 1);
	cr_assert_eq(summary(first, "refused"), 2);
	cr_assert_eq(summary(d, "refused"), 3);
	cr_assert_eq(summary(d, "allowed"), 1);
	json_decref(d);
}

Test(check, what_runs_and_ports_have_in_common_is_said_once)
{
	json_t *d = two_runs();
	char *text = printed(report_print_check, d, false),
	     *github = printed(report_print_check_github, d, false);

	cr_assert_eq(count(text, ": x (EOPNOTSUPP"), 1, "%s", text);
	cr_assert(strstr(text, "by: one 6.12.117 on eth0, eth1; two 6.12.117 on eth0\n"), "%s",
		  text);
	cr_assert_eq(count(github, "::error "), 1, "%s", github);
	cr_assert_eq(count(github, "::notice "), 1, "%s", github);
	free(text);
	free(github);
	json_decref(d);
}

Test(check, a_rule_on_several_ports_is_in_the_matrix_as_good_as_the_worst)
{
	json_t *d = two_runs();
	char *text = printed(report_print_check, d, false);
	const char *row = strstr(text, "r.nft:5     ");

	cr_assert(row, "%s", text);
	cr_assert_eq(strncmp(strchr(row, '\n') - 10, "   no   no", 10), 0, "%s", row);
	row = strstr(text, "r.nft:4     ");
	cr_assert(row, "%s", text);
	cr_assert_eq(strncmp(strchr(row, '\n') - 10, "  yes (no)", 10), 0, "%s", row);
	free(text);
	json_decref(d);
}

Test(check, rules_in_one_place_are_told_apart_by_what_is_wrong_and_come_in_order)
{
	json_t *runs =
		json_pack("[o]", run("m", json_pack("[o, o, o]", rule(9, "eth0", "refused", "late"),
						    rule(1, "eth0", "refused", "b"),
						    rule(1, "eth0", "refused", "a"))));
	json_t *d = document(runs);
	char *text = printed(report_print_check_github, d, false);
	const char *b = strstr(text, "title=b"), *a = strstr(text, "title=a"),
		   *late = strstr(text, "title=late");

	cr_assert(b && a && late && b < a && a < late, "%s", text);
	free(text);
	json_decref(d);
}

/* A file can have any name, and a comment any text. */
static json_t *hostile(void)
{
	static const char bad[] = "a\n::error::x\r%<&>\"'\x01\x1b[2J#\\,:]]>";
	json_t *record = rule(1, bad, "refused", "id");
	json_t *r;

	json_object_set_new(record, "file", json_string(bad));
	json_object_set_new(record, "rule", json_string(bad));
	json_object_set_new(record, "reason", json_string(bad));
	json_object_set_new(record, "hint", json_string(bad));
	r = run(bad, json_pack("[o]", record));
	json_object_set_new(r, "lint",
			    json_pack("[{s:s, s:s, s:s, s:s, s:s}]", "file", bad, "level",
				      "warning", "id", "found", "text", bad, "statement", bad));
	return document(json_pack("[o]", r));
}

Test(check, hostile_texts_make_no_line_of_their_own)
{
	json_t *d = hostile();

	for (size_t i = 0; i < NUM_FORMATS; i++) {
		char *text = printed(formats[i], d, false);

		cr_assert(!strstr(text, "\n::error::x"), "format %zu: %s", i, text);
		cr_assert(!strchr(text, '\x1b') && !strchr(text, '\x01'), "format %zu: %s", i,
			  text);
		free(text);
	}
	json_decref(d);
}

Test(check, a_document_without_runs_is_printed)
{
	json_t *d = document(json_array());

	for (size_t i = 0; i < NUM_FORMATS; i++)
		free(printed(formats[i], d, false));
	json_decref(d);
}

/* num: files that were not checked, each for another kernel where apart. */
static json_t *unfinished(bool interrupted, size_t num, bool apart)
{
	json_t *runs = json_array(), *missing = json_array(), *result;

	for (size_t i = 0; i < num; i++) {
		char file[64], kernel[32];

		snprintf(file, sizeof(file), "a%zu\n::error::x.nft", i);
		snprintf(kernel, sizeof(kernel), "6.%zu", apart ? i : 1);
		json_array_append_new(missing, json_pack("{s:n, s:s, s:s, s:s}", "model", "kernel",
							 kernel, "file", file, "what", "rules"));
	}
	result = report_check(&(struct report_checked){.generator = "nicemu 1",
						       .runs = runs,
						       .not_checked = missing,
						       .interrupted = interrupted});
	json_decref(missing);
	json_decref(runs);
	return result;
}

Test(check, what_was_not_checked_is_in_every_format_and_makes_no_line_of_its_own)
{
	for (int interrupted = 0; interrupted < 2; interrupted++) {
		json_t *d = unfinished(interrupted, 2, false);

		for (size_t i = 0; i < NUM_FORMATS; i++) {
			char *text = printed(formats[i], d, false);

			cr_assert_eq(count(text, "a0"), 1, "format %zu: %s", i, text);
			cr_assert_eq(count(text, "a1"), 1, "format %zu: %s", i, text);
			cr_assert_eq(count(text, "6.1"), 1, "format %zu: %s", i, text);
			cr_assert_eq(count(text, "interrupted") > 0, interrupted, "format %zu: %s",
				     i, text);
			cr_assert(!strstr(text, "\n::error::x"), "format %zu: %s", i, text);
			free(text);
		}
		json_decref(d);
	}
}

Test(check, where_nothing_is_left_out_interrupted_is_said_and_no_list_begun)
{
	static const char *const ends[NUM_FORMATS] = {"\ninterrupted\n", "::interrupted\n",
						      ">interrupted</error>",
						      "Bail out! interrupted\n"};
	json_t *d = unfinished(true, 0, false);

	for (size_t i = 0; i < NUM_FORMATS; i++) {
		char *text = printed(formats[i], d, false);

		cr_assert_eq(count(text, ends[i]), 1, "format %zu: %s", i, text);
		cr_assert(!strstr(text, "interrupted;") && !strstr(text, "interrupted:"),
			  "format %zu: %s", i, text);
		free(text);
	}
	json_decref(d);
}

Test(check, of_very_much_that_was_not_checked_the_text_is_cut)
{
	json_t *d = unfinished(true, 1000, true);

	for (size_t i = 0; i < NUM_FORMATS; i++) {
		char *text = printed(formats[i], d, false);

		cr_assert_eq(count(text, "kernel 6."), 20, "format %zu: %s", i, text);
		cr_assert(strstr(text, "and more"), "format %zu: %s", i, text);
		free(text);
	}
	json_decref(d);
	d = unfinished(true, 1000, false);
	for (size_t i = 0; i < NUM_FORMATS; i++) {
		char *text = printed(formats[i], d, false);

		cr_assert(strstr(text, " and 980 more"), "format %zu: %s", i, text);
		cr_assert_lt(strlen(text), 4000);
		free(text);
	}
	json_decref(d);
}

Test(check, any_allocation_can_fail)
{
	json_t *d = two_runs();

	for (size_t i = 0; i < NUM_FORMATS; i++) {
		for (size_t nth = 1;; nth++) {
			fail_alloc_at(nth);
			free(printed(formats[i], d, false));
			if (!fail_alloc_happened())
				break;
			cr_assert_lt(nth, 1000);
		}
		fail_alloc_at(0);
	}
	json_decref(d);
}
