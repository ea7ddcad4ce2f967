/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "load.h"

#include "chain_key.h"
#include "refusal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static json_t *simple_request(struct session *session, json_t *request)
{
	json_t *answer = session_request(session, request, NULL, 0, NULL, NULL);

	json_decref(request);
	return answer;
}

/* The refusals since the last time; an array in any case. */
static json_t *fetch_refusals(struct session *session)
{
	json_t *answer = simple_request(session, json_pack("{s:s}", "command", "refusals"));
	json_t *list = json_incref(json_object_get(answer, "refusals"));

	json_decref(answer);
	return list ? list : json_array();
}

static void set_judge(struct session *session, bool on)
{
	json_decref(simple_request(session, json_pack("{s:s, s:b}", "command", "judge", "on", on)));
}

struct run {
	int status; /* nft's exit status, or a negative errno */
	char *output, *errors;
	json_t *refusals;
};

static void run_nft(struct session *session, const char *path, struct run *run)
{
	char *argv[] = {"nft", "-f", (char *)path, NULL};

	*run = (struct run){0};
	run->status = session_run(session, argv, &run->output, &run->errors);
	run->refusals = fetch_refusals(session);
}

static void run_clear(struct run *run)
{
	free(run->output);
	free(run->errors);
	json_decref(run->refusals);
	*run = (struct run){0};
}

/* What a run of nft ended with: its errors, each with the refusal behind it (NULL: nft's own). */
struct judgement {
	struct nft_errors errors;
	const json_t **refusals; /* borrowed from the run */
};

/* Errors and refusals come in the same order. EXIT_DONE or EXIT_ENVIRONMENT. */
static int judgement_of(struct judgement *judgement, const struct run *run)
{
	struct nft_errors *errors = &judgement->errors;
	size_t next = 0;

	*judgement = (struct judgement){0};
	if (nft_errors_parse(errors, run->errors ? run->errors : "") < 0)
		return complain(EXIT_ENVIRONMENT, "out of memory");
	judgement->refusals = calloc(errors->length + 1, sizeof(*judgement->refusals));
	if (!judgement->refusals) {
		nft_errors_free(errors);
		return complain(EXIT_ENVIRONMENT, "out of memory");
	}
	for (size_t i = 0; i < errors->length; i++) {
		const json_t *refusal = json_array_get(run->refusals, next);

		if (refusal && refusal_belongs(refusal, &errors->error[i])) {
			judgement->refusals[i] = refusal;
			next++;
		}
	}
	return EXIT_DONE;
}

static void judgement_clear(struct judgement *judgement)
{
	nft_errors_free(&judgement->errors);
	free(judgement->refusals);
}

static json_int_t sequence_of(const json_t *refusal)
{
	return json_integer_value(json_object_get(refusal, "sequence"));
}

/*
 * nft keeps no place for an expression that it made itself, such as two matches merged into one:
 * an error that points at it has no line. The first run's error for the same message, which points
 * at the whole rule, has. Both come in order of sequence; *next remembers how far the search got.
 */
static const struct nft_error *place_of(const struct judgement *first, const json_t *refusal,
					size_t *next)
{
	for (; *next < first->errors.length; ++*next) {
		const json_t *other = first->refusals[*next];

		if (!other || json_is_true(json_object_get(other, "at_commit")) ||
		    sequence_of(other) < sequence_of(refusal))
			continue;
		return sequence_of(other) == sequence_of(refusal) ? &first->errors.error[*next]
								  : NULL;
	}
	return NULL;
}

static void borrow_place(struct nft_error *error, const struct nft_error *place)
{
	char *quote = place ? strdup(place->quote) : NULL;
	char *file = place ? strdup(place->file) : NULL;

	if (!quote || !file) {
		free(quote);
		free(file);
		return;
	}
	free(error->quote);
	free(error->file);
	error->quote = quote;
	error->file = file;
	error->line = place->line;
	error->column = place->column;
}

static bool follows(const json_t *refusal)
{
	return json_is_true(json_object_get(refusal, "follows"));
}

/* How many rules each refused chain takes along: {"netdev t c": 3}. */
static json_t *count_followers(const json_t *refusals)
{
	json_t *counts = json_object(), *refusal;
	size_t i;

	json_array_foreach (refusals, i, refusal) {
		char *key = follows(refusal) ? chain_key(refusal) : NULL;
		json_int_t before = key ? json_integer_value(json_object_get(counts, key)) : 0;

		if (key)
			json_object_set_new_nocheck(counts, key, json_integer(before + 1));
		free(key);
	}
	return counts;
}

/* Of a refused chain: the rules that go with it, which stand there once. */
static void take_followers(json_t *record, const json_t *refusal, json_t *counts)
{
	char *key = json_is_true(json_object_get(refusal, "of_chain")) ? chain_key(refusal) : NULL;
	json_t *count = key ? json_object_get(counts, key) : NULL;

	if (count) {
		json_object_set(record, "rules", count);
		json_object_del(counts, key);
	}
	free(key);
}

/* Tell of every refusal of run; first is the run before it, where there was one. */
static int tell_refusals(struct session *session, const struct rules_file *file,
			 const struct run *run, const struct run *first, json_t *refused)
{
	struct judgement told, before = {0};
	int status = judgement_of(&told, run);
	json_t *followers = count_followers(run->refusals);
	size_t next = 0;

	if (status == EXIT_DONE && first)
		status = judgement_of(&before, first);
	if (status != EXIT_DONE)
		goto out;
	fputs(told.errors.rest, stderr);
	for (size_t i = 0; i < told.errors.length; i++) {
		struct nft_error *error = &told.errors.error[i];
		const json_t *refusal = told.refusals[i];
		json_t *record;

		if (follows(refusal))
			continue;
		if (refusal && !error->line)
			borrow_place(error, place_of(&before, refusal, &next));
		record = refusal_record(file, error, refusal);
		take_followers(record, refusal, followers);
		refusal_advise(record, session, error,
			       json_array_get(refused, json_array_size(refused) - 1));
		refusal_tell(file, error, refusal, record);
		json_array_append_new(refused, record);
	}
	if (!told.errors.length)
		complain(0, "nft failed on %s with status %d", file->name, run->status);
	status = EXIT_REFUSED;
out:
	json_decref(followers);
	judgement_clear(&before);
	judgement_clear(&told);
	return status;
}

/* nft has failed on the file. Find out about every rule, where that hurts nobody. */
static int judge(struct session *session, const struct rules_file *file, const struct run *first,
		 json_t *refused)
{
	struct run second = {0};
	int status;

	if (session->emulator && json_array_size(first->refusals)) {
		set_judge(session, true);
		run_nft(session, file->path, &second);
		set_judge(session, false);
	}
	/* Where nothing is wrong one by one, all that is known is what the whole file met. */
	if (second.status > 0 && json_array_size(second.refusals))
		status = tell_refusals(session, file, &second, first, refused);
	else
		status = tell_refusals(session, file, first, NULL, refused);
	run_clear(&second);
	return status;
}

static int load_file(struct session *session, const char *name, json_t *refused)
{
	struct rules_file file;
	struct run run = {0};
	int status = rules_open(&file, name);

	if (status != EXIT_DONE)
		goto out;
	json_decref(fetch_refusals(session));
	run_nft(session, file.path, &run);
	if (run.status == -ENOENT)
		status = complain(EXIT_ENVIRONMENT,
				  "nft is not installed; on Debian: apt-get install nftables");
	else if (run.status < 0)
		status = complain(EXIT_ENVIRONMENT, "nft can't be run: %s", strerror(-run.status));
	else if (run.status > 128)
		status = run.status == EXIT_INTERRUPTED
				 ? EXIT_INTERRUPTED
				 : complain(run.status, "nft was ended by signal %d",
					    run.status - 128);
	else if (run.status)
		status = judge(session, &file, &run, refused);
	else if (run.errors)
		fputs(run.errors, stderr);
	/* Data on stdout is the caller's. */
	if (run.output)
		fputs(run.output, stderr);
out:
	run_clear(&run);
	rules_close(&file);
	return status;
}

int load_rules(struct session *session, const char *const *files, size_t num_files, json_t *refused)
{
	int status = EXIT_DONE;

	for (size_t i = 0; i < num_files && status == EXIT_DONE; i++)
		status = load_file(session, files[i], refused);
	return status;
}
