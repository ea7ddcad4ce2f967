/* SPDX-License-Identifier: GPL-2.0-or-later */
/* nicemu show: what an emulator is, holds and has done. */
#include "print.h"
#include "setup.h"
#include "show_model.h"
#include "show_reasons.h"

#include <nicemu/report/recording.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char help[] =
	"usage: nicemu show TOPIC [--driver]\n"
	"\n"
	"Of the emulator of --socket or $NICEMU_SOCKET:\n"
	"  nic        its ports and its table\n"
	"  rules      what is offloaded, with all that it counted;\n"
	"             with --driver: what the kernel handed to the NIC's driver\n"
	"  counters   ports and table, since the start\n"
	"  log        what happened, the newest last\n"
	"  lint       rules that will not do what was meant\n"
	"  tcam       the model's tables: what each rule takes, and what would still fit\n"
	"Without an emulator:\n"
	"  recording FILE   what --record wrote; '-' is stdin\n"
	"  nic, tcam  the NIC that -n, -m, -k and --port describe\n"
	"  kernel     how the kernel of -k behaves\n"
	"  reasons    every id that a refusal or a finding of the lint can have\n"
	"  model [NAME|FILE]   what a NIC can do; without a name: which models there are\n";

enum { OPTION_DRIVER = OPTION_OWN };
static const struct option long_options[] = {
	COMMON_LONG_OPTIONS, {"driver", no_argument, NULL, OPTION_DRIVER}, {0}};

struct topic {
	const char *name;
	int (*show)(const struct topic *topic, const struct common_options *options);
	int (*show_words)(char **words,
			  const struct common_options *options); /* in place of show */
	print_fn print;                                          /* of an emulator's document */
	bool needs_running; /* a new emulator would have nothing to tell */
	bool needs_listing;
};

static json_t *ask(struct session *session, const char *topic, json_t *listing)
{
	json_t *request =
		json_pack("{s:s, s:s, s:b}", "command", "show", "topic", topic, "packed", 1);
	json_t *answer;

	if (listing)
		json_object_set_new(request, "listing", report_listing_chains(listing));
	answer = session_request(session, request, NULL, 0, NULL, NULL);
	json_decref(request);
	report_add_texts(answer, listing);
	report_add_statements(json_object_get(answer, "findings"), listing);
	return answer;
}

static int show_of_session(struct session *session, const struct topic *topic,
			   const struct common_options *options)
{
	json_t *listing = NULL, *document;
	int status = topic->needs_listing && !session_is_attached(session)
			     ? fetch_listing(session, &listing)
			     : EXIT_DONE;
	const char *error;

	if (status != EXIT_DONE)
		return status;
	document = ask(session, topic->name, listing);
	error = json_string_value(json_object_get(document, "error"));
	if (!document)
		status = EXIT_ENVIRONMENT;
	else if (error)
		status = complain((int)json_integer_value(json_object_get(document, "status")),
				  "%s", error);
	else
		status = print_document(stdout, document, topic->print, options);
	json_decref(document);
	json_decref(listing);
	return status;
}

static int show_emulator(const struct topic *topic, const struct common_options *options)
{
	struct session session;
	int status;

	if (topic->needs_running && !options->socket)
		return complain(EXIT_ENVIRONMENT,
				"%s: no emulator is running here; `nicemu start --socket S` starts "
				"one, --socket S or NICEMU_SOCKET names it",
				topic->name);
	status = session_open(&session, options);
	if (status != EXIT_DONE)
		return status;
	status = show_of_session(&session, topic, options);
	session_close(&session);
	return status;
}

static void add_row(void *context, const struct kernel_behavior_row *row)
{
	json_t *behaviors = json_object_get(context, "behaviors");
	json_t *unchecked = json_object_get(context, "unchecked");

	json_object_set_new(behaviors, row->name, json_boolean(row->on));
	if (row->unchecked)
		json_object_set_new(unchecked, row->name, json_string(row->unchecked));
}

static int print_kernel_json(const struct kernel_behavior *kernel,
			     const struct common_options *options)
{
	json_t *document = json_object();
	int status;

	json_object_set_new(document, "schema_version", json_integer(REPORT_SCHEMA_VERSION));
	json_object_set_new(document, "kernel", json_string(kernel->version));
	json_object_set_new(document, "behaviors", json_object());
	json_object_set_new(document, "unchecked", json_object());
	kernel_behavior_visit(kernel, add_row, document);
	status = print_document(stdout, document, NULL, options);
	json_decref(document);
	return status;
}

/* The kernel of the running emulator, or the one that the options name. */
static int show_kernel(const struct topic *topic, const struct common_options *options)
{
	struct common_options asked = *options;
	struct kernel_behavior kernel;
	json_t *nic = NULL;
	struct nic described;
	struct session session;
	int status;

	if (options->socket && !options->kernel) {
		status = session_open(&session, options);
		if (status != EXIT_DONE)
			return status;
		nic = ask(&session, "nic", NULL);
		session_close(&session);
		asked.kernel = json_string_value(json_object_get(nic, "kernel"));
	}
	status = setup_nic(&asked, &described, &kernel);
	if (status == EXIT_DONE) {
		if (options->json) {
			status = print_kernel_json(&kernel, options);
		} else {
			kernel_behavior_print(stdout, &kernel);
			if (fflush(stdout) || ferror(stdout))
				status = complain(EXIT_OUTPUT, "stdout can't be written");
		}
		nic_clear(&described);
	}
	json_decref(nic);
	return status;
}

static int show_missing(const struct topic *topic, const struct common_options *options)
{
	return complain(EXIT_ENVIRONMENT, "%s: not available in this version", topic->name);
}

static int show_all_reasons(const struct topic *topic, const struct common_options *options)
{
	return show_reasons(options);
}

static int print_recording(FILE *in, const char *name, const struct common_options *options)
{
	struct recording_error error;
	json_t *recording = recording_read(in, &error);
	int status;

	if (!recording)
		return complain(EXIT_INPUT, "%s: line %zu: %s", name, error.line, error.text);
	status = print_document(stdout, recording, report_print_recording, options);
	json_decref(recording);
	return status;
}

/* words: what stands behind the topic. */
static int show_recording(char **words, const struct common_options *options)
{
	FILE *in;
	int status;

	if (!words[0] || words[1])
		return complain_usage("recording: one FILE is needed");
	if (strcmp(words[0], "-") == 0)
		return print_recording(stdin, "stdin", options);
	in = fopen(words[0], "re");
	if (!in)
		return complain(EXIT_INPUT, "%s: %s", words[0], strerror(errno));
	status = print_recording(in, words[0], options);
	fclose(in);
	return status;
}

/* The running emulator's model is marked in the list, where there is one. */
static int show_models(char **words, const struct common_options *options)
{
	json_t *nic = NULL;
	int status;

	if (words[0] && words[1])
		return complain_usage("model: one NAME or FILE, or none");
	if (options->socket && !words[0] && !options->model && !options->nic_file) {
		struct session session;

		status = session_open(&session, options);
		if (status != EXIT_DONE)
			return status;
		nic = ask(&session, "nic", NULL);
		session_close(&session);
	}
	status = show_model(words[0], json_string_value(json_object_get(nic, "model")), options);
	json_decref(nic);
	return status;
}

static const struct topic topics[] = {
	{.name = "nic", .show = show_emulator, .print = report_print_nic},
	{.name = "rules",
	 .show = show_emulator,
	 .print = report_print_rules,
	 .needs_running = true,
	 .needs_listing = true},
	{.name = "counters",
	 .show = show_emulator,
	 .print = report_print_counters,
	 .needs_running = true},
	{.name = "log", .show = show_emulator, .print = report_print_log, .needs_running = true},
	{.name = "lint",
	 .show = show_emulator,
	 .print = report_print_lint,
	 .needs_running = true,
	 .needs_listing = true},
	{.name = "kernel", .show = show_kernel},
	{.name = "reasons", .show = show_all_reasons},
	{.name = "model", .show_words = show_models},
	{.name = "recording", .show_words = show_recording},
	{.name = "tcam", .show = show_emulator, .print = report_print_tcam, .needs_listing = true},
	{.name = "flows", .show = show_missing},
	{.name = "conntrack", .show = show_missing},
};

/* `show rules --driver`: the same rules, seen from below. */
static const struct topic driver_topic = {.name = "driver",
					  .show = show_emulator,
					  .print = report_print_driver,
					  .needs_running = true,
					  .needs_listing = true};

/* The topics that exist: those that are not available yet are no help. */
static int complain_topic(const char *name)
{
	char names[256] = "";
	size_t length = 0;

	for (size_t i = 0; i < sizeof(topics) / sizeof(topics[0]); i++)
		if (topics[i].show != show_missing && length < sizeof(names))
			length += (size_t)snprintf(names + length, sizeof(names) - length, "%s%s",
						   length ? ", " : "", topics[i].name);
	return complain_usage("no topic '%s'; topics: %s", name, names);
}

/* words: the topic, and what stands behind it. */
static int show_topic(char **words, bool driver, const struct common_options *options)
{
	const struct topic *topic = NULL;

	if (driver && strcmp(words[0], "rules") == 0)
		topic = &driver_topic;
	else if (driver)
		return complain_usage("--driver belongs to the topic rules");
	for (size_t i = 0; i < sizeof(topics) / sizeof(topics[0]) && !topic; i++)
		if (strcmp(words[0], topics[i].name) == 0)
			topic = &topics[i];
	if (!topic)
		return complain_topic(words[0]);
	if (topic->show_words)
		return topic->show_words(words + 1, options);
	if (words[1])
		return complain_usage("one topic is needed");
	return topic->show(topic, options);
}

int command_show(int argc, char **argv)
{
	struct common_options options = {0};
	int status = EXIT_DONE;
	bool driver = false;
	int c;

	optind = 0;
	argv[0] = "nicemu show"; /* how getopt_long begins its complaints */
	while ((c = getopt_long(argc, argv, COMMON_SHORT_OPTIONS, long_options, NULL)) != -1) {
		int taken = common_option(&options, c, optarg);

		if (c == 'h' && !taken) {
			printf("%s\n%s", help, common_help);
			goto out;
		}
		if (c == OPTION_DRIVER) {
			driver = true;
			continue;
		}
		if (taken <= 0) {
			status = taken < 0 ? EXIT_USAGE : complain_option();
			goto out;
		}
	}
	common_options_finish(&options);
	if (options.record)
		status = complain_usage("--record: this command sends nothing to a NIC");
	else if (optind == argc)
		status = complain_usage("one topic is needed");
	else
		status = show_topic(argv + optind, driver, &options);
out:
	common_options_free(&options);
	return status;
}
