/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "load.h"

#include "nft_errors.h"

#include <nicemu/base/reason.h>
#include <nicemu/report/report.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A rules file as nft gets it: itself, or a copy of what stdin held (nft may read it twice). */
struct rules_file {
	const char *name; /* for messages */
	char *path;       /* for nft */
	bool copied;
};

static int copy_stdin(struct rules_file *file)
{
	const char *folder = getenv("TMPDIR");
	char block[65536];
	ssize_t got;
	int fd;

	if (asprintf(&file->path, "%s/nicemu-rules-XXXXXX", folder && *folder ? folder : "/tmp") <
	    0) {
		file->path = NULL;
		return complain(EXIT_ENVIRONMENT, "out of memory");
	}
	fd = mkostemp(file->path, O_CLOEXEC);
	if (fd < 0)
		return complain(EXIT_ENVIRONMENT, "%s: %s", file->path, strerror(errno));
	file->copied = true;
	file->name = "stdin";
	while ((got = read(STDIN_FILENO, block, sizeof(block))) > 0)
		if (write(fd, block, (size_t)got) != got)
			break;
	close(fd);
	if (got)
		return complain(got < 0 ? EXIT_INPUT : EXIT_ENVIRONMENT, "rules on stdin: %s",
				strerror(errno));
	return EXIT_DONE;
}

/* nft's own message for a file that can't be read is less clear than ours. */
static int open_rules(struct rules_file *file, const char *name)
{
	struct stat status;
	int fd;

	*file = (struct rules_file){.name = name};
	if (strcmp(name, "-") == 0)
		return copy_stdin(file);
	fd = open(name, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return complain(EXIT_INPUT, "rules file %s: %s", name, strerror(errno));
	if (fstat(fd, &status) == 0 && S_ISDIR(status.st_mode)) {
		close(fd);
		return complain(EXIT_INPUT, "rules file %s: is a directory", name);
	}
	close(fd);
	/* A name without a slash would be looked for in nft's include path. */
	if (asprintf(&file->path, "%s%s", strchr(name, '/') ? "" : "./", name) < 0) {
		file->path = NULL;
		return complain(EXIT_ENVIRONMENT, "out of memory");
	}
	return EXIT_DONE;
}

static void close_rules(struct rules_file *file)
{
	if (file->copied)
		unlink(file->path);
	free(file->path);
}

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

static int errno_of(const char *name)
{
	for (int error = 1; name && error < 256; error++)
		if (strcmp(errno_name(error), name) == 0)
			return error;
	return 0;
}

/* What nft from 1.1 on says in place of the kernel's errno about some commands that it refused. */
static bool guesses_at_kernel(const char *text)
{
	static const char *const guesses[] = {
		"is not supported, perhaps kernel support is missing?",
		"with different declaration",
	};

	for (size_t i = 0; i < sizeof(guesses) / sizeof(*guesses); i++)
		if (strstr(text, guesses[i]))
			return true;
	return false;
}

/* Is this refusal what nft tells of? Its text ends in, or holds, the errno's text. */
static bool belongs(const json_t *refusal, const struct nft_error *error)
{
	int number = errno_of(json_string_value(json_object_get(refusal, "errno")));

	return number && (strstr(error->text, strerror(number)) || guesses_at_kernel(error->text));
}

/* What nft gives an errno's name to where the emulator kept no reason. */
static const char *errno_in(const char *text)
{
	const char *colon = strrchr(text, ':');

	for (int error = 1; colon && error < 256; error++)
		if (strcmp(colon + 1 + strspn(colon + 1, " "), strerror(error)) == 0)
			return errno_name(error);
	return NULL;
}

static json_t *string_or_null(const char *text)
{
	return text && *text ? report_string(text) : json_null();
}

static json_t *member(const json_t *object, const char *key)
{
	json_t *value = json_object_get(object, key);

	return value ? json_incref(value) : json_null();
}

static json_t *number_or_null(int number)
{
	return number ? json_integer(number) : json_null();
}

/* Help with what nft, not the kernel, says no to. */
static const char *own_hint(const struct nft_error *error)
{
	if (strstr(error->text, "Interface does not exist"))
		return "the NIC has no such port; --port NAME adds one, or name it in the NIC file";
	return NULL;
}

/* A record of "refused". refusal: NULL where the emulator refused nothing (a syntax error). */
static json_t *make_record(const struct rules_file *file, const struct nft_error *error,
			   const json_t *refusal)
{
	bool at_commit = json_is_true(json_object_get(refusal, "at_commit"));
	const char *answer = refusal ? NULL : errno_in(error->text);
	json_t *record = json_object();
	json_t *place = json_object();

	json_object_set_new(record, "file", report_string(file->name));
	/* For a refusal at commit nft points at the first command of the file, whatever it is. */
	json_object_set_new(record, "line", number_or_null(at_commit ? 0 : error->line));
	json_object_set_new(record, "column", number_or_null(at_commit ? 0 : error->column));
	json_object_set_new(place, "family", member(refusal, "family"));
	json_object_set_new(place, "table", member(refusal, "table"));
	json_object_set_new(place, "chain", member(refusal, "chain"));
	json_object_set_new(place, "handle", json_null());
	json_object_set_new(record, "rule", place);
	if (refusal) {
		json_object_set_new(record, "id", member(refusal, "id"));
		json_object_set_new(record, "errno", member(refusal, "errno"));
		json_object_set_new(record, "layer", member(refusal, "layer"));
		json_object_set_new(record, "expression", member(refusal, "expression"));
		json_object_set_new(record, "reason", member(refusal, "clause"));
		json_object_set_new(record, "hint", member(refusal, "hint"));
		return record;
	}
	/* The emulator answered, but kept no reason; or nft never asked it. */
	json_object_set_new(record, "id", json_string(answer ? "no-reason-kept" : "nft"));
	json_object_set_new(record, "errno", string_or_null(answer));
	json_object_set_new(record, "layer", json_string(answer ? "kernel" : "nft"));
	json_object_set_new(record, "expression", json_null());
	json_object_set_new(record, "reason", report_string(error->text));
	json_object_set_new(record, "hint", string_or_null(own_hint(error)));
	return record;
}

static const char *text_of(const json_t *record, const char *key)
{
	return json_string_value(json_object_get(record, key));
}

static void tell(const struct rules_file *file, const struct nft_error *error,
		 const json_t *refusal, const json_t *record)
{
	const char *hint = text_of(record, "hint");

	fprintf(stderr, "%s:", file->name);
	if (json_is_integer(json_object_get(record, "line")))
		fprintf(stderr, "%d:%d:", error->line, error->column);
	if (refusal)
		fprintf(stderr, " refused%s: %s (%s, %s)\n",
			json_is_true(json_object_get(refusal, "at_commit")) ? " at commit" : "",
			strerror(errno_of(text_of(record, "errno"))), text_of(record, "errno"),
			text_of(record, "layer"));
	else
		fprintf(stderr, " Error: %s\n", error->text);
	if (json_is_integer(json_object_get(record, "line")))
		fputs(error->quote, stderr);
	if (text_of(record, "expression"))
		fprintf(stderr, "  expression: %s\n", text_of(record, "expression"));
	if (refusal && text_of(record, "reason"))
		fprintf(stderr, "  why: %s\n", text_of(record, "reason"));
	if (hint)
		fprintf(stderr, "  hint: %s\n", hint);
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

		if (refusal && belongs(refusal, &errors->error[i])) {
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

	if (!quote)
		return;
	free(error->quote);
	error->quote = quote;
	error->line = place->line;
	error->column = place->column;
}

/* Tell of every refusal of run; first is the run before it, where there was one. */
static int tell_refusals(const struct rules_file *file, const struct run *run,
			 const struct run *first, json_t *refused)
{
	struct judgement told, before = {0};
	int status = judgement_of(&told, run);
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

		if (refusal && !error->line)
			borrow_place(error, place_of(&before, refusal, &next));
		record = make_record(file, error, refusal);
		tell(file, error, refusal, record);
		json_array_append_new(refused, record);
	}
	if (!told.errors.length)
		complain(0, "nft failed on %s with status %d", file->name, run->status);
	status = EXIT_REFUSED;
out:
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
		status = tell_refusals(file, &second, first, refused);
	else
		status = tell_refusals(file, first, NULL, refused);
	run_clear(&second);
	return status;
}

static int load_file(struct session *session, const char *name, json_t *refused)
{
	struct rules_file file;
	struct run run = {0};
	int status = open_rules(&file, name);

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
	close_rules(&file);
	return status;
}

int load_rules(struct session *session, const char *const *files, size_t num_files, json_t *refused)
{
	int status = EXIT_DONE;

	for (size_t i = 0; i < num_files && status == EXIT_DONE; i++)
		status = load_file(session, files[i], refused);
	return status;
}
