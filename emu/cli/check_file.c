/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One rules file in one emulator: two passes of nft, and what they say put together. */
#include "chain_key.h"
#include "check_run.h"
#include "check_stop.h"
#include "refusal.h"

#include <nicemu/base/reason.h>
#include <nicemu/control/nft.h>

#include <ctype.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One pass: what nft and the emulator said. */
struct pass {
	int status; /* nft's */
	char *output;
	json_t *verdicts;
	struct nft_errors errors;
};

/* Where a message stands: as a whole, and the part that is to blame. Borrowed; NULL: not known. */
struct place {
	const struct nft_error *whole, *part;
};

/* A verdict of the first pass, where it stands, and the same one of the second (or NULL). */
struct located {
	const json_t *verdict, *kept;
	struct place place;
};

static json_t *ask(struct session *session, json_t *request)
{
	int status;

	return check_answer(session_request(session, request, NULL, 0, NULL, NULL), request,
			    &status);
}

static json_t *fetch(struct session *session, const char *what)
{
	json_t *answer = ask(session, json_pack("{s:s}", "command", what));
	json_t *list = json_incref(json_object_get(answer, what));

	json_decref(answer);
	return list;
}

static int explain_nft(int status)
{
	if (status == -ENOENT)
		return complain(EXIT_ENVIRONMENT,
				"nft is not installed; on Debian: apt-get install nftables");
	if (status < 0)
		return complain(EXIT_ENVIRONMENT, "nft can't be run: %s", strerror(-status));
	/* Its own, and SIGINT is ignored: no interruption, but no answer either. */
	if (status == EXIT_INTERRUPTED)
		return complain(EXIT_ENVIRONMENT, "nft was ended by signal %d", SIGINT);
	if (status > 128)
		return complain(status, "nft was ended by signal %d", status - 128);
	return EXIT_DONE;
}

/* All of them: a check that leaves some out would be taken for a whole one. */
static int fetch_verdicts(struct session *session, const struct rules_file *file, json_t **verdicts)
{
	json_t *answer = ask(session, json_pack("{s:s}", "command", "verdicts"));
	json_int_t lost = json_integer_value(json_object_get(answer, "lost"));

	*verdicts = json_incref(json_object_get(answer, "verdicts"));
	json_decref(answer);
	if (lost)
		return complain(EXIT_ENVIRONMENT,
				"%s: %zu verdicts (a rule has one for each of its ports) are all "
				"that are kept, and there are %lld more: check it in parts",
				file->name, json_array_size(*verdicts), (long long)lost);
	return *verdicts ? EXIT_DONE : EXIT_ENVIRONMENT;
}

static int pass(struct session *session, const char *mode, const struct rules_file *file,
		struct pass *pass)
{
	char *argv[] = {"nft", "-f", file->path, NULL}, *errors = NULL;
	int status;

	*pass = (struct pass){0};
	json_decref(ask(session, json_pack("{s:s, s:s}", "command", "check", "mode", mode)));
	json_decref(fetch(session, "refusals"));
	pass->status = session_run(session, argv, &pass->output, &errors);
	check_stop_note(session_forwarded_signal());
	/* Only nft got it: it is a Ctrl-C all the same. */
	if (pass->status == EXIT_INTERRUPTED)
		check_stop_note(SIGINT);
	status = check_stopped() ? EXIT_INTERRUPTED : explain_nft(pass->status);
	if (status == EXIT_DONE && nft_errors_parse(&pass->errors, errors ? errors : "") < 0)
		status = complain(EXIT_ENVIRONMENT, "out of memory");
	if (status == EXIT_DONE)
		status = fetch_verdicts(session, file, &pass->verdicts);
	free(errors);
	return status;
}

static void pass_clear(struct pass *pass)
{
	free(pass->output);
	json_decref(pass->verdicts);
	nft_errors_free(&pass->errors);
}

/* ---- where things stand ---- */

static bool says(const struct nft_error *error, int number)
{
	return strstr(error->text, strerror(number)) != NULL;
}

static const char *text_of(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

static const char *text_or_empty(const json_t *object, const char *key)
{
	const char *text = text_of(object, key);

	return text ? text : "";
}

static json_int_t number_of(const json_t *object, const char *key)
{
	return json_integer_value(json_object_get(object, key));
}

static bool is_kind(const json_t *verdict, const char *kind)
{
	const char *text = text_of(verdict, "kind");

	return text && strcmp(text, kind) == 0;
}

/*
 * nft's errors come in the order of the messages, and of each message in the order in which the
 * emulator sent them. *next: the first one that belongs to no message yet.
 */
static struct place find_place(const struct nft_errors *errors, size_t *next, const json_t *verdict)
{
	json_int_t sent = number_of(verdict, "errors");
	struct place place = {0};

	if (sent > 0 && *next < errors->length && says(&errors->error[*next], NFT_PLACE_WHOLE))
		place.whole = &errors->error[(*next)++];
	if (sent < 2 || *next == errors->length)
		return place;
	if (is_kind(verdict, "message") ? refusal_belongs(verdict, &errors->error[*next])
					: says(&errors->error[*next], NFT_PLACE_PART))
		place.part = &errors->error[(*next)++];
	return place;
}

/*
 * What to mark: the part, but where nft has no place for it (it has merged two matches into one),
 * or it stands where a variable was defined, the whole.
 */
static const struct nft_error *mark_of(const struct place *place)
{
	const struct nft_error *whole = place->whole, *part = place->part;

	if (!part || !part->line)
		return whole ? whole : part;
	if (whole && whole->line &&
	    (strcmp(whole->file, part->file) != 0 || part->line < whole->line))
		return whole;
	return part;
}

/* The line of the file, as nft quotes it; owned, or NULL. */
static char *quoted_line(const struct nft_error *error)
{
	const char *from, *to;

	if (!error)
		return NULL;
	from = error->quote + strspn(error->quote, " \t");
	to = from + strcspn(from, "\n");
	while (to > from && isspace((unsigned char)to[-1]))
		to--;
	return to > from ? strndup(from, (size_t)(to - from)) : NULL;
}

/* ---- records ---- */

static void set_text(json_t *object, const char *key, const char *text)
{
	json_object_set_new(object, key, text && *text ? report_string(text) : json_null());
}

static void set_number(json_t *object, const char *key, json_int_t number)
{
	json_object_set_new(object, key, number ? json_integer(number) : json_null());
}

static void set_place(json_t *record, const struct rules_file *file, const struct nft_error *at)
{
	set_text(record, "file", rules_name(file, at));
	set_number(record, "line", at ? at->line : 0);
	set_number(record, "column", at ? at->column : 0);
}

static void set_names(json_t *record, const json_t *verdict)
{
	set_text(record, "family", text_of(verdict, "family"));
	set_text(record, "table", text_of(verdict, "table"));
	set_text(record, "chain", text_of(verdict, "chain"));
}

static void set_verdict(json_t *record, const struct check_arguments *a, const json_t *verdict)
{
	const char *id = text_of(verdict, "id");

	set_text(record, "verdict",
		 !id                   ? "offloaded"
		 : check_allows(a, id) ? "allowed"
				       : "refused");
	set_text(record, "id", id);
	set_text(record, "errno", text_of(verdict, "errno"));
	set_text(record, "layer", text_of(verdict, "layer"));
	set_text(record, "expression", text_of(verdict, "expression"));
	set_text(record, "reason", text_of(verdict, "clause"));
	set_text(record, "hint", text_of(verdict, "hint"));
	refusal_copy_forms(record, verdict);
}

static json_t *rule_record(const struct check_arguments *a, const struct rules_file *file,
			   const struct located *located)
{
	const json_t *verdict = located->verdict;
	json_t *record = json_object();
	char *line = quoted_line(located->place.whole);

	set_place(record, file, mark_of(&located->place));
	set_text(record, "source", file->name);
	json_object_set_new(record, "number", json_integer(number_of(verdict, "message") + 1));
	set_names(record, verdict);
	set_number(record, "handle", number_of(located->kept, "handle"));
	set_text(record, "rule", line);
	set_text(record, "comment", NULL);
	set_text(record, "port", text_of(verdict, "port"));
	set_verdict(record, a, verdict);
	free(line);
	return record;
}

static json_t *chain_record(const struct check_arguments *a, const struct rules_file *file,
			    const struct located *located)
{
	json_t *record = json_object();

	set_place(record, file, mark_of(&located->place));
	set_names(record, located->verdict);
	set_verdict(record, a, located->verdict);
	json_object_set_new(record, "rules", json_integer(0));
	return record;
}

static json_t *flowtable_record(const struct rules_file *file, const struct located *located)
{
	json_t *record = json_object();

	set_place(record, file, mark_of(&located->place));
	set_text(record, "family", text_of(located->verdict, "family"));
	set_text(record, "table", text_of(located->verdict, "table"));
	set_text(record, "flowtable", text_of(located->verdict, "chain"));
	return record;
}

/*
 * A place is told only of a chain that is made, not of one that is added to: a second one is that
 * of a chain which was deleted in between (`flush ruleset` in each file).
 */
static void note_place(json_t *places, const struct rules_file *file, const struct located *located)
{
	char *key = chain_key(located->verdict);
	json_t *place = json_object();

	set_place(place, file, mark_of(&located->place));
	if (key)
		json_object_set(places, key, place);
	json_decref(place);
	free(key);
}

static void count(json_t *run, const char *key)
{
	json_object_set_new(run, key, json_integer(number_of(run, key) + 1));
}

static bool same_text(const json_t *one, const json_t *other, const char *key)
{
	return json_equal(json_object_get(one, key), json_object_get(other, key));
}

/* One more rule that nobody was asked about: of the refused chain that it names. */
static void count_unjudged(json_t *run, const json_t *verdict)
{
	const json_t *chains = json_object_get(run, "chains");

	for (size_t i = json_array_size(chains); i-- > 0;) {
		json_t *chain = json_array_get(chains, i);

		if (same_text(chain, verdict, "family") && same_text(chain, verdict, "table") &&
		    same_text(chain, verdict, "chain")) {
			count(chain, "rules");
			break;
		}
	}
	count(run, "unjudged_rules");
}

/* ---- what is not about the NIC ---- */

static bool told_before(const json_t *earlier, const json_t *record)
{
	json_t *run, *error;
	size_t i, j;

	json_array_foreach (earlier, i, run) {
		json_array_foreach (json_object_get(run, "errors"), j, error) {
			if (json_equal(error, record))
				return true;
		}
	}
	return false;
}

/* refusal: what the emulator knows of the error, or NULL. */
static void add_error(struct session *session, json_t *run, const json_t *earlier,
		      const struct rules_file *file, const struct nft_error *error,
		      const json_t *refusal)
{
	json_t *errors = json_object_get(run, "errors");
	json_t *record = refusal_record(file, error, refusal);

	refusal_advise(record, session, error, json_array_get(errors, json_array_size(errors) - 1));
	if (!told_before(earlier, record))
		refusal_tell(file, error, refusal, record);
	json_array_append_new(errors, record);
}

/* nft failed, and what it said, if anything, names no place: its libraries complain so. */
static void add_error_without_form(struct session *session, json_t *run, const json_t *earlier,
				   const struct rules_file *file, const char *said)
{
	char text[512] = "nft failed and did not say why";
	struct nft_error error = {.file = "", .text = text, .quote = ""};
	int line = (int)strcspn(said, "\n");

	if (line)
		snprintf(text, sizeof(text), "nft failed: %.*s", line, said);
	add_error(session, run, earlier, file, &error, NULL);
}

/* nft failed in the second pass: for the commit as a whole, as nothing was wrong one by one. */
static void add_commit_errors(struct session *session, json_t *run, const json_t *earlier,
			      const struct rules_file *file, const struct pass *keep)
{
	json_t *refusals = fetch(session, "refusals");
	size_t next = 0;

	for (size_t i = 0; i < keep->errors.length; i++) {
		const struct nft_error *error = &keep->errors.error[i];
		const json_t *refusal = json_array_get(refusals, next);
		bool known = refusal && refusal_belongs(refusal, error);

		next += known;
		add_error(session, run, earlier, file, error, known ? refusal : NULL);
	}
	if (!keep->errors.length)
		add_error_without_form(session, run, earlier, file, keep->errors.rest);
	json_decref(refusals);
}

/* ---- the file ---- */

static void add_verdict(const struct check_arguments *a, const struct rules_file *file,
			const struct located *located, json_t *places, json_t *run)
{
	const json_t *verdict = located->verdict;

	if (is_kind(verdict, "place"))
		note_place(places, file, located);
	else if (is_kind(verdict, "rule"))
		json_array_append_new(json_object_get(run, "rules"), rule_record(a, file, located));
	else if (is_kind(verdict, "chain"))
		json_array_append_new(json_object_get(run, "chains"),
				      chain_record(a, file, located));
	else if (is_kind(verdict, "flowtable"))
		json_array_append_new(json_object_get(run, "flowtables"),
				      flowtable_record(file, located));
	else if (is_kind(verdict, "chain-rule"))
		count_unjudged(run, verdict);
	else if (is_kind(verdict, "other-rule"))
		count(run, "other_rules");
	else if (is_kind(verdict, "flow-rule"))
		count(run, "flow_rules");
}

/* An error of a message, with the words that nft found for it. */
static void add_message_error(struct session *session, const struct rules_file *file,
			      const struct located *located, const json_t *earlier, json_t *run)
{
	static const struct nft_error nowhere = {.file = "", .text = "", .quote = ""};
	const struct nft_error *at = mark_of(&located->place);
	struct nft_error told = located->place.part ? *located->place.part : nowhere;

	if (at) {
		told.file = at->file;
		told.line = at->line;
		told.column = at->column;
		told.quote = at->quote;
	}
	add_error(session, run, earlier, file, &told, located->verdict);
}

/* What is not about the NIC; what nft says besides is its own. How many errors there are. */
static size_t add_errors(struct session *session, const struct rules_file *file,
			 const struct pass *locate, const struct located *located, size_t used,
			 const json_t *earlier, json_t *run)
{
	size_t errors = 0;

	for (size_t i = 0; i < json_array_size(locate->verdicts); i++) {
		if (!is_kind(located[i].verdict, "message"))
			continue;
		add_message_error(session, file, &located[i], earlier, run);
		errors++;
	}
	for (; used < locate->errors.length; used++, errors++)
		add_error(session, run, earlier, file, &locate->errors.error[used], NULL);
	return errors;
}

/* Of each verdict of the first pass; *used: nft's errors that belong to one. NULL: no memory. */
static struct located *find_places(const struct pass *locate, size_t *used)
{
	struct located *located = calloc(json_array_size(locate->verdicts) + 1, sizeof(*located));
	json_t *verdict;
	size_t i;

	*used = 0;
	if (!located)
		return NULL;
	json_array_foreach (locate->verdicts, i, verdict) {
		located[i].verdict = verdict;
		located[i].place = find_place(&locate->errors, used, verdict);
		/* On the other ports it stands where it stands on the first. */
		if (i && !number_of(verdict, "errors") &&
		    same_text(verdict, located[i - 1].verdict, "message"))
			located[i].place = located[i - 1].place;
	}
	return located;
}

/* Both passes see the same file from the same state, so their verdicts come in the same order. */
static void find_kept(struct located *located, size_t length, const struct pass *keep)
{
	for (size_t i = 0; i < length; i++) {
		const json_t *kept = json_array_get(keep->verdicts, i);

		if (kept && same_text(kept, located[i].verdict, "message") &&
		    same_text(kept, located[i].verdict, "port"))
			located[i].kept = kept;
	}
}

/* The ports of a message, in the order of their names: nft's own order is none. */
static int compare_verdicts(const void *one, const void *other)
{
	const struct located *a = one, *b = other;

	if (number_of(a->verdict, "message") != number_of(b->verdict, "message"))
		return number_of(a->verdict, "message") < number_of(b->verdict, "message") ? -1 : 1;
	return strverscmp(text_or_empty(a->verdict, "port"), text_or_empty(b->verdict, "port"));
}

int check_file(struct session *session, const struct check_arguments *a,
	       const struct rules_file *file, const json_t *earlier, json_t *places, json_t *run)
{
	struct pass locate = {0}, keep = {0};
	struct located *located = NULL;
	size_t length, used, errors = 0;
	int status = pass(session, "locate", file, &locate);

	if (status != EXIT_DONE)
		goto out;
	length = json_array_size(locate.verdicts);
	located = find_places(&locate, &used);
	if (located)
		errors = add_errors(session, file, &locate, located, used, earlier, run);
	else
		status = complain(EXIT_ENVIRONMENT, "out of memory");
	if (status == EXIT_DONE && !errors)
		status = pass(session, "keep", file, &keep);
	/* The verdicts are there, and are the same without the second pass. */
	if (status == EXIT_INTERRUPTED)
		keep.status = EXIT_DONE;
	else if (status != EXIT_DONE)
		goto out;
	/* What the file has nft print; data on stdout is ours. */
	if (keep.output)
		fputs(keep.output, stderr);
	if (keep.status)
		add_commit_errors(session, run, earlier, file, &keep);
	else
		find_kept(located, length, &keep);
	qsort(located, length, sizeof(*located), compare_verdicts);
	for (size_t i = 0; i < length; i++)
		add_verdict(a, file, &located[i], places, run);
	status = errors || keep.status ? EXIT_REFUSED : EXIT_DONE;
out:
	free(located);
	pass_clear(&keep);
	pass_clear(&locate);
	return status;
}
