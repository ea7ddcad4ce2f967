/* SPDX-License-Identifier: GPL-2.0-or-later */
/* nicemu replay: captures through the NIC, and a report of what the rules counted. */
#include "load.h"
#include "print.h"
#include "replay_arguments.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const char help[] =
	"usage: nicemu replay [-r RULES.nft]... [-p PORT] CAPTURE... [-w PORT=OUT]...\n"
	"\n"
	"Plays captures (pcap, pcapng) through the NIC and tells what each rule counted.\n"
	"\n"
	"  -r, --rules FILE      load rules with nft first; '-' is stdin; may be repeated\n"
	"  -p PORT               the captures after it arrive on this port (default: the port of\n"
	"                        the first offload chain)\n"
	"  -w, --write TO=FILE   write packets: TO is a port (what leaves by it), host, drop, or\n"
	"                        all (pcapng with a comment on each packet); FILE ends in .pcap\n"
	"                        or .pcapng, '-' is stdout\n"
	"      --filter EXPR     play only packets that this tcpdump expression takes\n"
	"      --loop N          play everything N times, later each time\n"
	"      --merge           merge the captures by time stamp (default: one after the other)\n"
	"      --fake-ethernet   take raw IP and Linux cooked captures, with a made-up header\n"
	"      --jobs N          let N threads play, or auto: as many as there are CPUs; the\n"
	"                        results are the same\n";

struct terminal_progress {
	bool shown, wanted;
	struct timespec begun;
};

static double seconds_since(const struct timespec *begun)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)(now.tv_sec - begun->tv_sec) + (double)(now.tv_nsec - begun->tv_nsec) / 1e9;
}

static void show_progress(void *context, const json_t *message)
{
	struct terminal_progress *progress = context;
	const json_t *now = json_object_get(message, "progress");
	double packets = (double)json_integer_value(json_object_get(now, "packets"));
	double done = (double)json_integer_value(json_object_get(now, "done"));
	double whole = (double)json_integer_value(json_object_get(now, "whole"));
	double seconds = seconds_since(&progress->begun);

	if (!progress->wanted)
		return;
	progress->shown = true;
	if (whole > 0)
		fprintf(stderr, "\r%3.0f %%, ", 100 * done / whole);
	else
		fputc('\r', stderr);
	fprintf(stderr, "%.0f packets, %.0f packets/s\033[K", packets,
		seconds > 0 ? packets / seconds : 0);
}

static void erase_progress(const struct terminal_progress *progress)
{
	if (progress->shown)
		fputs("\r\033[K", stderr);
}

static json_t *captures_json(const struct replay_arguments *a)
{
	json_t *captures = json_array();

	for (size_t i = 0; i < a->num_captures; i++) {
		json_t *capture = json_object();

		json_object_set_new(capture, "file", report_string(a->captures[i].file));
		if (a->captures[i].port)
			json_object_set_new(capture, "port", report_string(a->captures[i].port));
		json_array_append_new(captures, capture);
	}
	return captures;
}

static json_t *outputs_json(const struct replay_arguments *a)
{
	json_t *outputs = json_array();

	for (size_t i = 0; i < a->num_outputs; i++) {
		json_t *output = json_object();

		json_object_set_new(output, "file", report_string(a->outputs[i].file));
		json_object_set_new(output, "to", report_string(a->outputs[i].to));
		json_object_set_new(output, "format",
				    json_string(a->outputs[i].pcapng ? "pcapng" : "pcap"));
		json_array_append_new(outputs, output);
	}
	return outputs;
}

static bool writes_comments(const struct replay_arguments *a)
{
	for (size_t i = 0; i < a->num_outputs; i++)
		if (strcmp(a->outputs[i].to, "all") == 0)
			return true;
	return false;
}

static void add_listing(json_t *request, const json_t *listing)
{
	if (listing)
		json_object_set_new(request, "listing", report_listing_chains(listing));
}

static json_t *replay_request(const struct replay_arguments *a, json_t *listing, bool watched)
{
	json_t *request = json_object();

	json_object_set_new(request, "command", json_string("replay"));
	json_object_set_new(request, "packed", json_true());
	json_object_set_new(request, "captures", captures_json(a));
	json_object_set_new(request, "outputs", outputs_json(a));
	if (a->filter)
		json_object_set_new(request, "filter", report_string(a->filter));
	json_object_set_new(request, "loop", json_integer((json_int_t)a->loops));
	json_object_set_new(request, "merge", json_boolean(a->merge));
	json_object_set_new(request, "fake_ethernet", json_boolean(a->fake_ethernet));
	json_object_set_new(request, "jobs", json_integer((json_int_t)a->jobs));
	json_object_set_new(request, "reproducible", json_boolean(a->common.reproducible));
	if (listing && (watched || writes_comments(a)))
		json_object_set(request, "listing", listing);
	else
		add_listing(request, listing);
	return request;
}

/* The document of a replay that does not take place. */
static json_t *blank_report(struct session *session, const struct replay_arguments *a,
			    const json_t *listing, bool with_rules)
{
	json_t *request = json_object();
	int status;

	json_object_set_new(request, "command", json_string("report"));
	json_object_set_new(request, "packed", json_true());
	json_object_set_new(request, "reproducible", json_boolean(a->common.reproducible));
	json_object_set_new(request, "without_rules", json_boolean(!with_rules));
	add_listing(request, listing);
	return check_answer(session_request(session, request, NULL, 0, NULL, NULL), request,
			    &status);
}

static FILE *report_stream(const struct replay_arguments *a)
{
	return a->output_is_stdout ? stderr : stdout;
}

/* With -j a refusal is a document too; for people it has been told on stderr. Takes refused. */
static void report_refusal(struct session *session, const struct replay_arguments *a,
			   json_t *listing, json_t *refused)
{
	json_t *report = a->common.json ? blank_report(session, a, listing, true) : NULL;

	if (report) {
		report_add_texts(report, listing);
		json_object_set(report, "refused", refused);
		print_document(report_stream(a), report, report_print, &a->common);
	}
	json_decref(report);
}

/*
 * A kernel that lets a chain name a device that is not there binds it to nothing. Who asks for a
 * replay wants to know: these chains count as refused.
 */
static int refuse_absent_devices(struct session *session, const struct replay_arguments *a,
				 json_t *listing, json_t *refused)
{
	json_t *report = blank_report(session, a, listing, false);
	json_t *warning;
	size_t i;

	json_array_foreach (json_object_get(report, "warnings"), i, warning) {
		const char *id = json_string_value(json_object_get(warning, "id"));
		const char *text = json_string_value(json_object_get(warning, "text"));
		json_t *record;

		if (!id || strcmp(id, "device-not-a-port") != 0)
			continue;
		complain(0, "refused: %s", text);
		record = json_pack(
			"{s:n, s:n, s:n, s:O, s:i, s:s, s:s, s:s, s:n, s:s, s:n}", "file", "line",
			"column", "rule", json_object_get(warning, "rule"), "rules", 0, "id", id,
			"errno", "ENODEV", "layer", "model", "expression", "reason", text, "hint");
		json_array_append_new(refused, record);
	}
	json_decref(report);
	return json_array_size(refused) ? EXIT_REFUSED : EXIT_DONE;
}

static int tell_errors(const json_t *report)
{
	json_t *error;
	bool input = false, output = false;
	size_t i;

	json_array_foreach (json_object_get(report, "errors"), i, error) {
		bool is_input =
			strcmp(json_string_value(json_object_get(error, "kind")), "input") == 0;

		complain(0, "%s", json_string_value(json_object_get(error, "text")));
		input |= is_input;
		output |= !is_input;
	}
	/* What is lost for good comes before what can be read again. */
	if (json_is_true(json_object_get(report, "interrupted")))
		return EXIT_INTERRUPTED;
	return output ? EXIT_OUTPUT : input ? EXIT_INPUT : EXIT_DONE;
}

/* Rules that came while packets were played are not in the listing. */
static void complete_texts(struct session *session, json_t *report, const json_t *listing)
{
	json_t *later = NULL;

	if (report_add_texts(report, listing) && fetch_listing(session, &later) == EXIT_DONE)
		report_add_texts(report, later);
	json_decref(later);
}

static int play(struct session *session, const struct replay_arguments *a,
		struct replay_files *files, json_t *listing)
{
	struct terminal_progress progress = {.wanted = !a->common.quiet && isatty(STDERR_FILENO)};
	bool watched = !session->emulator && session_is_watched(session);
	json_t *request = replay_request(a, listing, watched);
	json_t *report;
	int status, printed;

	clock_gettime(CLOCK_MONOTONIC, &progress.begun);
	report = session_request(session, request, files->fds, files->length, show_progress,
				 &progress);
	erase_progress(&progress);
	/* An error means that nothing was played, and that no output was touched. */
	if (!json_object_get(report, "error"))
		replay_files_keep(files, a);
	report = check_answer(report, request, &status);
	if (!report)
		return status;
	complete_texts(session, report, listing);
	printed = print_document(report_stream(a), report, report_print, &a->common);
	status = tell_errors(report);
	json_decref(report);
	return status == EXIT_DONE || (status == EXIT_INPUT && printed)
		       ? (printed ? printed : status)
		       : status;
}

static int run_session(void *context, struct session *session, struct replay_files *files)
{
	const struct replay_arguments *a = context;
	bool attached = !session->emulator && session_is_attached(session);
	json_t *refused, *listing = NULL;
	int status;

	if (attached && a->num_rules)
		return complain_usage("-r: %s serves a real kernel: load the rules there, with nft",
				      session->socket_path);
	refused = json_array();
	status = load_rules(session, a->rules, a->num_rules, refused);
	/* An emulator of our own that was given no rules has none: nft is not needed. */
	if (status == EXIT_DONE && !attached && (a->num_rules || !session->emulator))
		status = fetch_listing(session, &listing);
	if (status == EXIT_DONE && a->num_rules)
		status = refuse_absent_devices(session, a, listing, refused);
	if (status == EXIT_REFUSED)
		report_refusal(session, a, listing, refused);
	if (status == EXIT_DONE)
		status = play(session, a, files, listing);
	json_decref(listing);
	json_decref(refused);
	return status;
}

int command_replay(int argc, char **argv)
{
	struct replay_arguments arguments;
	int status = replay_arguments_parse(&arguments, argc, argv);

	if (arguments.help && status == EXIT_DONE)
		printf("%s\n%s", help, common_help);
	else if (status == EXIT_DONE)
		status = replay_in_session(&arguments, run_session, &arguments);
	replay_arguments_free(&arguments);
	return status;
}
