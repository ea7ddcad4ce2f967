/* SPDX-License-Identifier: GPL-2.0-or-later */
/* nicemu explain: one packet's way through the NIC, and why it went that way. */
#include "load.h"
#include "print.h"
#include "replay_arguments.h"

#include <nicemu/engine/explain.h>
#include <nicemu/report/explain.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char help[] =
	"usage: nicemu explain [-r RULES.nft]... [-p PORT] [--packet N] CAPTURE\n"
	"\n"
	"Tells of one packet how its bytes became a key, which entries were asked and on which\n"
	"field they failed, which one decided and why, and what became of the packet. Nothing is\n"
	"counted.\n"
	"\n"
	"  -r, --rules FILE      load rules with nft first; '-' is stdin; may be repeated\n"
	"  -p PORT               the packet arrives on this port (default: the port of the first\n"
	"                        offload chain)\n"
	"      --packet N        the packet with this number, from 1; N-M: all of them; all\n"
	"                        (default: the first one that the filter takes)\n"
	"      --filter EXPR     only packets that this tcpdump expression takes\n"
	"      --nearest N       show so many of the entries that do not match, those that failed\n"
	"                        on the fewest fields (default: 10)\n"
	"      --all             show every entry\n"
	"      --fake-ethernet   take raw IP and Linux cooked captures, with a made-up header\n"
	"\n"
	"With -j one packet is a document, and of several packets each is a line.\n";

enum {
	OPTION_PACKET = OPTION_OWN,
	OPTION_FILTER,
	OPTION_NEAREST,
	OPTION_ALL,
	OPTION_FAKE_ETHERNET,
	NEAREST_MAX = 10000,
};

static const struct option long_options[] = {
	COMMON_LONG_OPTIONS,
	{"rules", required_argument, NULL, 'r'},
	{"packet", required_argument, NULL, OPTION_PACKET},
	{"filter", required_argument, NULL, OPTION_FILTER},
	{"nearest", required_argument, NULL, OPTION_NEAREST},
	{"all", no_argument, NULL, OPTION_ALL},
	{"fake-ethernet", no_argument, NULL, OPTION_FAKE_ETHERNET},
	{0},
};

struct arguments {
	struct replay_arguments play;
	uint64_t first, last; /* last 0: one, the first from there that the filter takes */
	bool several;
	uint64_t nearest;
	bool all;
};

/* --- arguments --- */

/* N, N-M or all. */
static int take_packet(struct arguments *a, const char *text)
{
	const char *dash = strchr(text, '-');
	char first[24];

	a->several = strcmp(text, "all") == 0 || dash;
	a->first = 1;
	a->last = INT64_MAX;
	if (strcmp(text, "all") == 0)
		return EXIT_DONE;
	snprintf(first, sizeof(first), "%.*s", dash ? (int)(dash - text) : 23, text);
	if (!parse_number(first, 1, INT64_MAX, &a->first) ||
	    (dash && !parse_number(dash + 1, a->first, INT64_MAX, &a->last)))
		return complain_usage("--packet takes a number from 1, a range N-M or all, not "
				      "'%s'",
				      text);
	if (!dash)
		a->last = a->first;
	return EXIT_DONE;
}

static int take_nearest(struct arguments *a, const char *text)
{
	if (!parse_number(text, 0, NEAREST_MAX, &a->nearest))
		return complain_usage("--nearest takes a number from 0 to %d, not '%s'",
				      NEAREST_MAX, text);
	return EXIT_DONE;
}

static int take_option(struct arguments *a, int c, const char **port)
{
	int taken = common_option(&a->play.common, c, optarg);

	if (taken < 0)
		return EXIT_USAGE;
	if (taken)
		return EXIT_DONE;
	switch (c) {
	case 'r': a->play.rules[a->play.num_rules++] = optarg; return EXIT_DONE;
	case 'p': *port = optarg; return EXIT_DONE;
	case OPTION_PACKET: return take_packet(a, optarg);
	case OPTION_FILTER: a->play.filter = optarg; return EXIT_DONE;
	case OPTION_NEAREST: return take_nearest(a, optarg);
	case OPTION_ALL: a->all = true; return EXIT_DONE;
	case OPTION_FAKE_ETHERNET: a->play.fake_ethernet = true; return EXIT_DONE;
	case 'h': a->play.help = true; return EXIT_DONE;
	default: return complain_option();
	}
}

static int parse(struct arguments *a, int argc, char **argv)
{
	const char *port = NULL;
	int status = EXIT_DONE;
	int c;

	*a = (struct arguments){
		.play = {.loops = 1, .jobs = 1}, .first = 1, .nearest = EXPLAIN_NEAREST};
	a->play.rules = calloc((size_t)argc, sizeof(*a->play.rules));
	a->play.captures = calloc((size_t)argc, sizeof(*a->play.captures));
	if (!a->play.rules || !a->play.captures)
		return complain(EXIT_ENVIRONMENT, "out of memory");
	optind = 0;
	argv[0] = "nicemu explain"; /* how getopt_long begins its complaints */
	while (status == EXIT_DONE && !a->play.help &&
	       (c = getopt_long(argc, argv, COMMON_SHORT_OPTIONS "r:p:", long_options, NULL)) != -1)
		status = take_option(a, c, &port);
	if (status != EXIT_DONE || a->play.help)
		return status;
	common_options_finish(&a->play.common);
	if (optind == argc)
		return complain_usage("no capture is given");
	if (argc - optind > 1)
		return complain_usage("one capture is explained at a time, not %d", argc - optind);
	a->play.captures[a->play.num_captures++] =
		(struct replay_capture_argument){.file = argv[optind], .port = port};
	return replay_arguments_check_stdin(&a->play);
}

/* --- rules --- */

/* Rules of the listing that have no file yet came with this one. */
static void note_file(json_t *files, const json_t *listing, const char *file)
{
	json_t *rule;
	size_t i;

	json_array_foreach (json_object_get(listing, "rules"), i, rule) {
		const char *family = json_string_value(json_object_get(rule, "family"));
		const char *table = json_string_value(json_object_get(rule, "table"));
		char key[1024];

		if (!family || !table)
			continue;
		report_explain_rule_key(
			key, sizeof(key), family, table,
			(uint64_t)json_integer_value(json_object_get(rule, "handle")));
		if (!json_object_get(files, key))
			json_object_set_new(files, key, file ? report_string(file) : json_null());
	}
}

struct texts {
	json_t *listing, *files;
	struct report_texts *texts;
};

/* File by file, to know where each rule came from. */
static int load(struct session *session, const struct arguments *a, struct texts *texts)
{
	bool attached = !session->emulator && session_is_attached(session);
	bool joined = !session->emulator;
	json_t *refused = json_array();
	int status = EXIT_DONE;

	texts->files = json_object();
	if (attached && a->play.num_rules)
		status = complain_usage("-r: %s serves a real kernel: load the rules there, with "
					"nft",
					session->socket_path);
	if (status == EXIT_DONE && joined && !attached) {
		status = fetch_listing(session, &texts->listing);
		note_file(texts->files, texts->listing, NULL);
	}
	for (size_t i = 0; status == EXIT_DONE && i < a->play.num_rules; i++) {
		status = load_rules(session, &a->play.rules[i], 1, refused);
		json_decref(texts->listing);
		texts->listing = NULL;
		if (status == EXIT_DONE)
			status = fetch_listing(session, &texts->listing);
		note_file(texts->files, texts->listing, a->play.rules[i]);
	}
	texts->texts = report_texts_create(texts->listing);
	json_decref(refused);
	return status;
}

/* --- documents --- */

struct output {
	const struct arguments *arguments;
	const struct texts *texts;
	bool any;
	int status;
};

static int print_line(const json_t *document)
{
	if (json_dumpf(document, stdout, JSON_COMPACT | JSON_PRESERVE_ORDER) < 0 ||
	    putchar('\n') == EOF)
		return complain(EXIT_OUTPUT, "the explanations can't be written");
	return EXIT_DONE;
}

static void print_all(struct output *output, const json_t *message)
{
	const struct arguments *a = output->arguments;
	json_t *document;
	size_t i;

	json_array_foreach (json_object_get(message, "explained"), i, document) {
		if (output->status != EXIT_DONE)
			return;
		report_explain_complete(document, output->texts->texts, output->texts->files);
		if (output->any && !a->play.common.json)
			putchar('\n');
		output->any = true;
		output->status = a->play.common.json && a->several
					 ? print_line(document)
					 : print_document(stdout, document, report_print_explain,
							  &a->play.common);
	}
}

static void see_progress(void *context, const json_t *message)
{
	print_all(context, json_object_get(message, "progress"));
}

static json_t *request_of(const struct arguments *a, const json_t *listing)
{
	json_t *request = json_object(), *capture = json_object();

	json_object_set_new(capture, "file", report_string(a->play.captures[0].file));
	if (a->play.captures[0].port)
		json_object_set_new(capture, "port", report_string(a->play.captures[0].port));
	json_object_set_new(request, "command", json_string("explain"));
	json_object_set_new(request, "captures", json_pack("[o]", capture));
	json_object_set_new(request, "first", json_integer((json_int_t)a->first));
	json_object_set_new(request, "last", json_integer((json_int_t)a->last));
	if (a->play.filter)
		json_object_set_new(request, "filter", report_string(a->play.filter));
	json_object_set_new(request, "fake_ethernet", json_boolean(a->play.fake_ethernet));
	json_object_set_new(request, "nearest", json_integer((json_int_t)a->nearest));
	json_object_set_new(request, "all", json_boolean(a->all));
	if (listing)
		json_object_set_new(request, "listing", report_listing_chains(listing));
	return request;
}

/* A range that ends behind the capture's end is no error, and may be a slip. */
static void tell_of_the_end(const struct arguments *a, const json_t *answer)
{
	json_int_t read = json_integer_value(json_object_get(answer, "read"));

	if (a->last != INT64_MAX && (uint64_t)read < a->last && !a->play.common.quiet)
		complain(EXIT_DONE, "%s ends with packet %lld", a->play.captures[0].file,
			 (long long)read);
}

static int explain(struct session *session, const struct arguments *a,
		   const struct replay_files *files, const struct texts *texts)
{
	struct output output = {.arguments = a, .texts = texts, .status = EXIT_DONE};
	json_t *request = request_of(a, texts->listing);
	json_t *answer =
		session_request(session, request, files->fds, files->length, see_progress, &output);
	const json_t *failed;
	int status;

	answer = check_answer(answer, request, &status);
	if (!answer)
		return status;
	print_all(&output, answer);
	status = output.status;
	failed = json_object_get(answer, "failed");
	if (json_is_object(failed))
		status = complain((int)json_integer_value(json_object_get(failed, "status")), "%s",
				  json_string_value(json_object_get(failed, "error")));
	if (json_is_true(json_object_get(answer, "interrupted")))
		status = EXIT_INTERRUPTED;
	if (status == EXIT_DONE)
		tell_of_the_end(a, answer);
	json_decref(answer);
	return status;
}

static int run_session(void *context, struct session *session, struct replay_files *files)
{
	const struct arguments *a = context;
	struct texts texts = {0};
	int status = load(session, a, &texts);

	if (status == EXIT_DONE)
		status = explain(session, a, files, &texts);
	report_texts_destroy(texts.texts);
	json_decref(texts.listing);
	json_decref(texts.files);
	return status;
}

int command_explain(int argc, char **argv)
{
	struct arguments arguments;
	int status = parse(&arguments, argc, argv);

	if (arguments.play.help && status == EXIT_DONE)
		printf("%s\n%s", help, common_help);
	else if (status == EXIT_DONE)
		status = replay_in_session(&arguments.play, run_session, &arguments);
	replay_arguments_free(&arguments.play);
	return status;
}
