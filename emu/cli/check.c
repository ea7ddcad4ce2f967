/* SPDX-License-Identifier: GPL-2.0-or-later */
/* nicemu check: what becomes of each rule of a file, before any hardware sees it. */
#include "check_notes.h"
#include "check_run.h"
#include "check_stop.h"

#include <nicemu/report/check.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char help[] =
	"usage: nicemu check [-m MODEL]... [-k KERNEL]... [OPTION]... RULES.nft...\n"
	"\n"
	"Says for each rule of an offload chain and each of its ports whether it is offloaded, or\n"
	"which clause of the kernel or of the NIC's driver refuses it, where in the file, and "
	"what\n"
	"to write instead. Needs neither root nor hardware. '-' is stdin.\n"
	"\n"
	"  -m, -k            can be repeated: each model with each kernel is a run of its own;\n"
	"                    `-m all`: all models that are built in\n"
	"      --each        each file by itself; else they are loaded one after the other\n"
	"      --allow ID    refusals and lint findings of this id are no failure; can be "
	"repeated\n"
	"      --strict      warnings of the lint are a failure, too (notices are not)\n"
	"      --format F    text, json (as -j), github, junit or tap\n"
	"\n"
	"Exit status: 0 all is offloaded, 1 something is refused, 2 usage, 3 a file can't be "
	"read,\n"
	"4 there is no nft, 5 the report can't be written, 130 interrupted (what was found until\n"
	"then is reported).\n";

struct progress {
	bool wanted;
	size_t done, whole;
};

static void show_progress(struct progress *progress, const struct common_options *options)
{
	if (progress->wanted && progress->whole > 1)
		fprintf(stderr, "\r%zu of %zu: %s %s\033[K", ++progress->done, progress->whole,
			options->model ? options->model : "",
			options->kernel ? options->kernel : "");
}

static void erase_progress(const struct progress *progress)
{
	if (progress->done)
		fputs("\r\033[K", stderr);
}

/* One model and kernel, over all files. */
static int add_run(const struct check_arguments *a, const struct common_options *options,
		   const struct rules_file *files, struct check_results *results)
{
	size_t step = a->each ? 1 : a->files.count;
	json_t *run = NULL;
	int status = EXIT_DONE;

	for (size_t i = 0; i < a->files.count && status == EXIT_DONE; i += step)
		if (check_stopped())
			check_run_leave_out(options, &files[i], step, results);
		else
			status = check_run(a, options, &files[i], step, results, &run);
	if (run)
		json_array_append_new(results->runs, run);
	return status;
}

static int add_runs(const struct check_arguments *a, const struct rules_file *files,
		    struct check_results *results)
{
	size_t models = a->models.count ? a->models.count : 1;
	size_t kernels = a->kernels.count ? a->kernels.count : 1;
	struct progress progress = {
		.wanted = !a->common.quiet && isatty(STDERR_FILENO),
		.whole = models * kernels,
	};
	int status = EXIT_DONE;

	for (size_t i = 0; i < models * kernels && status == EXIT_DONE; i++) {
		struct common_options options = a->common;

		options.model = a->models.count ? a->models.list[i / kernels] : NULL;
		options.kernel = a->kernels.count ? a->kernels.list[i % kernels] : NULL;
		if (!check_stopped())
			show_progress(&progress, &options);
		status = add_run(a, &options, files, results);
	}
	erase_progress(&progress);
	return status;
}

static int open_files(const struct check_arguments *a, struct rules_file *files)
{
	int status = EXIT_DONE;

	for (size_t i = 0; i < a->files.count && status == EXIT_DONE; i++)
		status = rules_open(&files[i], a->files.list[i]);
	return status;
}

/* Findings that are more than a notice, and not allowed. */
static json_int_t count_warnings(const json_t *document)
{
	const json_t *run, *finding;
	json_int_t count = 0;
	size_t i, j;

	json_array_foreach (json_object_get(document, "runs"), i, run) {
		json_array_foreach (json_object_get(run, "lint"), j, finding) {
			const char *level = json_string_value(json_object_get(finding, "level"));

			count += !json_is_true(json_object_get(finding, "allowed")) &&
				 (!level || strcmp(level, "notice") != 0);
		}
	}
	return count;
}

/* Whether the document is a failure. */
static int verdict(const struct check_arguments *a, const json_t *document)
{
	const json_t *summary = json_object_get(document, "summary");
	json_int_t failed = json_integer_value(json_object_get(summary, "refused")) +
			    json_integer_value(json_object_get(summary, "errors"));

	if (a->strict)
		failed += count_warnings(document);
	return failed ? EXIT_REFUSED : EXIT_DONE;
}

static int print_results(const struct check_arguments *a, const struct check_results *results,
			 json_t *notes)
{
	json_t *document = report_check(&(struct report_checked){
		.generator = "nicemu " NICEMU_VERSION,
		.runs = results->runs,
		.not_checked = results->not_checked,
		.notes = notes,
		.interrupted = check_stopped(),
	});
	int printed, status;

	if (!document)
		return complain(EXIT_ENVIRONMENT, "out of memory");
	if (check_stopped())
		complain(EXIT_INTERRUPTED, "interrupted: the report is what was found until then");
	printed = print_document(stdout, document, a->print, &a->common);
	status = check_stopped() ? EXIT_INTERRUPTED : printed ? printed : verdict(a, document);
	json_decref(document);
	return status;
}

static int check(const struct check_arguments *a, struct rules_file *files)
{
	struct check_results results = {.runs = json_array(), .not_checked = json_array()};
	json_t *notes = json_array();
	int status = open_files(a, files);

	if (status == EXIT_DONE)
		status = check_notes_models(a, notes);
	if (status == EXIT_DONE) {
		check_stop_begin();
		status = add_runs(a, files, &results);
		check_stop_end();
	}
	if (status == EXIT_DONE && !check_stopped())
		check_notes_nothing(a, results.runs, notes);
	if (status == EXIT_DONE)
		status = print_results(a, &results, notes);
	json_decref(notes);
	json_decref(results.not_checked);
	json_decref(results.runs);
	for (size_t i = 0; i < a->files.count; i++)
		rules_close(&files[i]);
	return status;
}

int command_check(int argc, char **argv)
{
	struct check_arguments arguments;
	int status = check_arguments_parse(&arguments, argc, argv);
	struct rules_file *files = NULL;

	if (arguments.help && status == EXIT_DONE) {
		printf("%s\n%s", help, common_help);
	} else if (status == EXIT_DONE) {
		files = calloc(arguments.files.count, sizeof(*files));
		status = files ? check(&arguments, files)
			       : complain(EXIT_ENVIRONMENT, "out of memory");
	}
	free(files);
	check_arguments_free(&arguments);
	return status;
}
