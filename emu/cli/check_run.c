/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "check_run.h"

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

/* A finding of the lint, with where its rule stands. */
static json_t *finding_record(const struct check_arguments *a, const json_t *finding,
			      const json_t *rules)
{
	static const char *const copied[] = {"file", "line", "column"};
	char *key = rule_key(json_object_get(finding, "rule"));
	const json_t *rule = key ? json_object_get(rules, key) : NULL;
	json_t *record = json_object();

	for (size_t i = 0; i < sizeof(copied) / sizeof(*copied); i++) {
		json_t *value = json_object_get(rule, copied[i]);

		json_object_set_new(record, copied[i], value ? json_incref(value) : json_null());
	}
	json_object_update(record, (json_t *)finding);
	if (rule)
		json_object_set(record, "statement", json_object_get(rule, "rule"));
	json_object_set_new(
		record, "allowed",
		json_boolean(check_allows(a, json_string_value(json_object_get(finding, "id")))));
	free(key);
	return record;
}

/* What was accepted and will not do what was meant. */
static void add_findings(struct session *session, const struct check_arguments *a, json_t *run,
			 size_t first)
{
	json_t *lint = ask(session, json_pack("{s:s, s:s}", "command", "show", "topic", "lint"));
	json_t *rules = index_rules(json_object_get(run, "rules"), first), *finding;
	size_t i;

	json_array_foreach (json_object_get(lint, "findings"), i, finding)
		json_array_append_new(json_object_get(run, "lint"),
				      finding_record(a, finding, rules));
	json_decref(rules);
	json_decref(lint);
}

int check_run(const struct check_arguments *a, const struct common_options *options,
	      const struct rules_file *files, size_t num_files, const json_t *earlier, json_t **run)
{
	struct session session;
	json_t *listing = NULL, *rules;
	int status = session_open_own(&session, options), closed;
	size_t first;

	if (status != EXIT_DONE)
		return status;
	if (!*run)
		*run = new_run(&session);
	if (!*run) {
		status = EXIT_ENVIRONMENT;
		goto out;
	}
	rules = json_object_get(*run, "rules");
	first = json_array_size(rules);
	for (size_t i = 0; i < num_files && status == EXIT_DONE; i++)
		status = check_file(&session, a, &files[i], earlier, *run);
	if (status == EXIT_DONE || status == EXIT_REFUSED) {
		status = json_array_size(rules) > first ? fetch_listing(&session, &listing)
							: EXIT_DONE;
		set_texts(rules, first, listing);
		add_findings(&session, a, *run, first);
	}
out:
	json_decref(listing);
	closed = session_close(&session);
	return status ? status : closed;
}
