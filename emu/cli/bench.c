/* SPDX-License-Identifier: GPL-2.0-or-later */
/* nicemu bench: how fast look-ups, replays and updates are with these rules and packets. */
#include "bench_arguments.h"
#include "load.h"
#include "print.h"

#include <nicemu/report/bench.h>

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char help[] =
	"usage: nicemu bench lookup|replay|update|flow -r RULES.nft... [-p PORT] CAPTURE...\n"
	"\n"
	"Measures with these rules and packets, on a copy of the NIC's table: what runs in an\n"
	"emulator, its rules and its counters, stays as it is.\n"
	"\n"
	"  lookup                the packets in memory, dissected: look up and count, on one "
	"core;\n"
	"                        and then as replay\n"
	"  replay                read, dissect, look up, act, count\n"
	"  update                inserts and deletes, while a second thread looks up\n"
	"  flow                  the flow table (not in this version)\n"
	"\n"
	"  -r, --rules FILE      load rules with nft first; may be repeated\n"
	"  -p PORT               the captures after it arrive on this port\n"
	"      --engine NAME     of the table; `reference` is the slow one that all are held to\n"
	"      --no-cache        no flow cache before the table\n"
	"      --runs N          runs of each figure, 5 to 100; default: 7\n"
	"      --seconds S       begin no more runs of a figure after this time; default: 20\n"
	"      --jobs N          threads of `bench replay`, or auto; others use one\n"
	"      --fake-ethernet   take raw IP and Linux cooked captures, with a made-up header\n";

static void show_progress(void *context, const json_t *message)
{
	bool *shown = context;
	const json_t *now = json_object_get(message, "progress");
	const char *what = json_string_value(json_object_get(now, "what"));
	double done = (double)json_integer_value(json_object_get(now, "done"));
	double whole = (double)json_integer_value(json_object_get(now, "whole"));

	if (!isatty(STDERR_FILENO))
		return;
	*shown = true;
	fprintf(stderr, "\r%s", what ? what : "");
	if (whole > 0)
		fprintf(stderr, " %3.0f %%", 100 * done / whole);
	else if (done > 0)
		fprintf(stderr, " %.0f", done);
	fputs("\033[K", stderr);
}

static void ignore_progress(void *context, const json_t *message)
{
}

static json_t *bench_request(const struct bench_arguments *a, json_t *listing)
{
	json_t *request = json_object(), *captures = json_array();

	for (size_t i = 0; i < a->play.num_captures; i++) {
		json_t *capture = json_object();

		json_object_set_new(capture, "file", report_string(a->play.captures[i].file));
		if (a->play.captures[i].port)
			json_object_set_new(capture, "port",
					    report_string(a->play.captures[i].port));
		json_array_append_new(captures, capture);
	}
	json_object_set_new(request, "command", json_string("bench"));
	json_object_set_new(request, "kind", json_string(a->kind));
	json_object_set_new(request, "captures", captures);
	if (a->engine)
		json_object_set_new(request, "engine", json_string(a->engine));
	json_object_set_new(request, "no_cache", json_boolean(a->no_cache));
	json_object_set_new(request, "runs", json_integer((json_int_t)a->runs));
	json_object_set_new(request, "seconds", json_real(a->seconds));
	json_object_set_new(request, "jobs", json_integer((json_int_t)a->play.jobs));
	json_object_set_new(request, "fake_ethernet", json_boolean(a->play.fake_ethernet));
	json_object_set_new(request, "reproducible", json_boolean(a->play.common.reproducible));
	if (listing)
		json_object_set(request, "listing", listing);
	return request;
}

/* With -j a refusal is a document too; for people it has been told on stderr. */
static void report_refusal(const struct bench_arguments *a, json_t *refused)
{
	const struct report_bench_options options = {
		.generator = "nicemu " NICEMU_VERSION,
		.kind = a->kind,
	};
	json_t *document = a->play.common.json ? report_bench(NULL, NULL, &options) : NULL;

	if (document) {
		json_object_set(document, "refused", refused);
		print_document(stdout, document, report_print_bench, &a->play.common);
	}
	json_decref(document);
}

/* Where the answer is a refusal, with the warnings that make one: true, after telling them. */
static bool take_refusals(const json_t *answer, json_t *refused)
{
	json_t *record, *list = json_object_get(answer, "refused");
	size_t i;

	if (json_object_get(answer, "bench"))
		return false;
	json_array_foreach (list, i, record) {
		complain(0, "refused: %s", json_string_value(json_object_get(record, "reason")));
		json_array_append(refused, record);
	}
	return list != NULL;
}

static int judge(const json_t *document)
{
	json_int_t misses = json_integer_value(json_object_get(document, "sentinel_misses"));
	const json_t *errors = json_object_get(document, "errors");
	json_t *error;
	size_t i;

	json_array_foreach (errors, i, error)
		complain(0, "%s", json_string_value(json_object_get(error, "text")));
	if (misses)
		complain(0, "%lld time%s a look-up did not see what had been committed before it",
			 (long long)misses, misses == 1 ? "" : "s");
	if (json_is_true(json_object_get(document, "interrupted")))
		return EXIT_INTERRUPTED;
	return json_array_size(errors) ? EXIT_INPUT : misses ? EXIT_REFUSED : EXIT_DONE;
}

static int measure(struct session *session, const struct bench_arguments *a,
		   const struct replay_files *files, json_t *listing, json_t *refused)
{
	json_t *request = bench_request(a, listing);
	bool shown = false;
	json_t *document;
	int status, printed;

	document = session_request(session, request, files->fds, files->length,
				   a->play.common.quiet ? ignore_progress : show_progress, &shown);
	if (shown)
		fputs("\r\033[K", stderr);
	document = check_answer(document, request, &status);
	if (!document)
		return status;
	if (take_refusals(document, refused)) {
		status = EXIT_REFUSED;
	} else {
		printed = print_document(stdout, document, report_print_bench, &a->play.common);
		status = judge(document);
		if (printed && status != EXIT_INTERRUPTED)
			status = printed;
	}
	json_decref(document);
	return status;
}

static int run_session(void *context, struct session *session, struct replay_files *files)
{
	const struct bench_arguments *a = context;
	bool attached = !session->emulator && session_is_attached(session);
	json_t *refused, *listing = NULL;
	int status;

	if (attached && a->play.num_rules)
		return complain_usage("-r: %s serves a real kernel: load the rules there, with nft",
				      session->socket_path);
	refused = json_array();
	status = load_rules(session, a->play.rules, a->play.num_rules, refused);
	/* An emulator of our own that was given no rules has none: nft is not needed. */
	if (status == EXIT_DONE && !attached && (a->play.num_rules || !session->emulator))
		status = fetch_chains(session, &listing);
	if (status == EXIT_DONE)
		status = measure(session, a, files, listing, refused);
	if (status == EXIT_REFUSED && json_array_size(refused))
		report_refusal(a, refused);
	json_decref(listing);
	json_decref(refused);
	return status;
}

int command_bench(int argc, char **argv)
{
	struct bench_arguments arguments;
	int status = bench_arguments_parse(&arguments, argc, argv);

	if (arguments.help && status == EXIT_DONE)
		printf("%s\n%s", help, common_help);
	else if (status == EXIT_DONE)
		status = replay_in_session(&arguments.play, run_session, &arguments);
	bench_arguments_free(&arguments);
	return status;
}
