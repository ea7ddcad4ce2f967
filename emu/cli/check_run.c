/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "check_run.h"

#include "chain_key.h"
#include "check_stop.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static json_t *ask(struct session *session, json_t *request)
{
	int status;

	return check_answer(session_request(session, request, NULL, 0, NULL, NULL), request,
			    &status);
}

json_t *check_run_new(const char *nic, const char *model, const char *kernel)
{
	return json_pack("{s:s, s:s, s:s, s:[], s:[], s:[], s:[], s:[], s:i, s:i, s:i}", "nic", nic,
			 "model", model, "kernel", kernel, "rules", "chains", "errors",
			 "flowtables", "lint", "other_rules", 0, "flow_rules", 0, "unjudged_rules",
			 0);
}

static json_t *new_run(struct session *session)
{
	json_t *nic = ask(session, json_pack("{s:s, s:s}", "command", "show", "topic", "nic"));
	json_t *run = check_run_new(json_string_value(json_object_get(nic, "nic")),
				    json_string_value(json_object_get(nic, "model")),
				    json_string_value(json_object_get(nic, "kernel")));

	if (!run)
		complain(EXIT_ENVIRONMENT, "the emulator does not say what it is");
	json_decref(nic);
	return run;
}

/* "netdev t 4": what names a rule. Owned, or NULL. */
static char *rule_key(const json_t *rule)
{
	const char *family = json_string_value(json_object_get(rule, "family"));
	const char *table = json_string_value(json_object_get(rule, "table"));
	json_int_t handle = json_integer_value(json_object_get(rule, "handle"));
	char *key;

	if (!family || !table || !handle ||
	    asprintf(&key, "%s %s %lld", family, table, (long long)handle) < 0)
		return NULL;
	return key;
}

/* Those of the rules that have a handle, by rule_key. */
static json_t *index_rules(const json_t *rules, size_t first)
{
	json_t *index = json_object();

	for (size_t i = first; i < json_array_size(rules); i++) {
		json_t *rule = json_array_get(rules, i);
		char *key = rule_key(rule);

		if (key)
			json_object_set_nocheck(index, key, rule);
		free(key);
	}
	return index;
}

/* What nft prints for the rules, in place of the lines of their file. */
static void set_texts(json_t *rules, size_t first, const json_t *listing)
{
	json_t *index = index_rules(json_object_get(listing, "rules"), 0);

	for (size_t i = first; i < json_array_size(rules); i++) {
		json_t *record = json_array_get(rules, i);
		char *key = rule_key(record);
		json_t *listed = key ? json_object_get(index, key) : NULL;

		free(key);
		if (!listed)
			continue;
		json_object_set(record, "rule", json_object_get(listed, "rule"));
		json_object_set(record, "comment", json_object_get(listed, "comment"));
	}
	json_decref(index);
}

/* A finding of the lint, with where its rule stands, or the chain that it is about. */
static json_t *finding_record(const struct check_arguments *a, const json_t *finding,
			      const json_t *rules, const json_t *places)
{
	static const char *const copied[] = {"file", "line", "column"};
	char *key = rule_key(json_object_get(finding, "rule"));
	char *chain = chain_key(json_object_get(finding, "rule"));
	const json_t *rule = key ? json_object_get(rules, key) : NULL;
	const json_t *place = rule ? rule : chain ? json_object_get(places, chain) : NULL;
	json_t *record = json_object();

	for (size_t i = 0; i < sizeof(copied) / sizeof(*copied); i++) {
		json_t *value = json_object_get(place, copied[i]);

		json_object_set_new(record, copied[i], value ? json_incref(value) : json_null());
	}
	json_object_update(record, (json_t *)finding);
	if (rule)
		json_object_set(record, "statement", json_object_get(rule, "rule"));
	json_object_set_new(
		record, "allowed",
		json_boolean(check_allows(a, json_string_value(json_object_get(finding, "id")))));
	free(chain);
	free(key);
	return record;
}

/* What was accepted and will not do what was meant. False: the emulator does not say. */
static bool add_findings(struct session *session, const struct check_arguments *a,
			 const json_t *places, json_t *run, size_t first)
{
	json_t *lint = ask(session, json_pack("{s:s, s:s}", "command", "show", "topic", "lint"));
	json_t *rules = index_rules(json_object_get(run, "rules"), first), *finding;
	size_t i;

	json_array_foreach (json_object_get(lint, "findings"), i, finding)
		json_array_append_new(json_object_get(run, "lint"),
				      finding_record(a, finding, rules, places));
	json_decref(rules);
	json_decref(lint);
	return lint != NULL;
}

static json_t *text_or_null(const char *text)
{
	return text ? report_string(text) : json_null();
}

static void leave_out(const struct common_options *options, const char *file, const char *what,
		      struct check_results *results)
{
	json_array_append_new(
		results->not_checked,
		json_pack("{s:o, s:o, s:o, s:s}", "model", text_or_null(options->model), "kernel",
			  text_or_null(options->kernel), "file", text_or_null(file), "what", what));
}

void check_run_leave_out(const struct common_options *options, const struct rules_file *files,
			 size_t num_files, struct check_results *results)
{
	for (size_t i = 0; i < num_files; i++)
		leave_out(options, files[i].name, "rules", results);
}

/* nft's texts of the rules, and the lint. EXIT_DONE: both are there. */
static int complete(struct session *session, const struct check_arguments *a, const json_t *places,
		    json_t *run, size_t first)
{
	json_t *rules = json_object_get(run, "rules"), *listing = NULL;
	int status = EXIT_DONE;

	if (json_array_size(rules) > first) {
		status = fetch_listing(session, &listing);
		check_stop_note(session_forwarded_signal());
		if (status == EXIT_INTERRUPTED)
			check_stop_note(SIGINT);
	}
	set_texts(rules, first, listing);
	json_decref(listing);
	if (check_stopped())
		return EXIT_INTERRUPTED;
	if (status == EXIT_DONE && !add_findings(session, a, places, run, first))
		status = EXIT_ENVIRONMENT;
	return status;
}

/* *checked: how many of the files. */
static int check_files(struct session *session, const struct check_arguments *a,
		       const struct rules_file *files, size_t num_files,
		       const struct check_results *results, json_t *run, size_t *checked)
{
	size_t first = json_array_size(json_object_get(run, "rules"));
	json_t *places = json_object();
	int status = EXIT_DONE;

	while (*checked < num_files && status == EXIT_DONE && !check_stopped()) {
		status = check_file(session, a, &files[*checked], results->runs, places, run);
		*checked += status == EXIT_DONE || status == EXIT_REFUSED;
	}
	if (status == EXIT_DONE || status == EXIT_REFUSED)
		status = check_stopped() ? EXIT_INTERRUPTED
					 : complete(session, a, places, run, first);
	json_decref(places);
	return status;
}

int check_run(const struct check_arguments *a, const struct common_options *options,
	      const struct rules_file *files, size_t num_files, struct check_results *results,
	      json_t **run)
{
	struct session session;
	int status = session_open_own(&session, options), closed;
	size_t checked = 0;

	/* It may have been the signal that let no emulator begin. */
	if (status != EXIT_DONE && !check_stopped())
		return status;
	if (status != EXIT_DONE) {
		check_run_leave_out(options, files, num_files, results);
		leave_out(options, NULL, "lint", results);
		return EXIT_DONE;
	}
	if (!*run)
		*run = new_run(&session);
	status = *run ? check_files(&session, a, files, num_files, results, *run, &checked)
		      : EXIT_ENVIRONMENT;
	check_run_leave_out(options, files + checked, num_files - checked, results);
	closed = session_close(&session);
	/* The signal may have been for the emulator, too, and then it is what did not answer. */
	if (check_stopped()) {
		if (status != EXIT_DONE)
			leave_out(options, NULL, "lint", results);
		return EXIT_DONE;
	}
	return status ? status : closed;
}
