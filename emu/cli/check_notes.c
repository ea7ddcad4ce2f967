/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "check_notes.h"
#include "setup.h"

#include <nicemu/config/model.h>
#include <nicemu/report/report.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A series as a number: 6.12 is 6012. */
enum { MAJOR = 1000 };

/* The first "X.Y" of a text; 0 where there is none ("ideal", ""). */
static unsigned int series_of(const char *text)
{
	unsigned int major, minor;

	text += strcspn(text, "0123456789");
	return sscanf(text, "%3u.%3u", &major, &minor) == 2 ? major * MAJOR + minor : 0;
}

/* What a model was read from: its oldest and its newest source. */
struct sources {
	const struct model_source *oldest, *newest;
	bool open; /* one says "or newer": how new it is nobody knows */
};

static struct sources sources_of(const struct model *model)
{
	struct sources sources = {0};

	for (size_t i = 0; i < model->num_sources; i++) {
		const struct model_source *source = &model->sources[i];
		unsigned int series = series_of(source->kernel);

		if (!series)
			continue;
		if (!sources.oldest || series < series_of(sources.oldest->kernel))
			sources.oldest = source;
		if (!sources.newest || series > series_of(sources.newest->kernel))
			sources.newest = source;
		sources.open |= strstr(source->kernel, "newer") != NULL;
	}
	return sources;
}

/* Older than a part of the model, or newer than all of it. */
static bool differs(const struct sources *sources, const char *kernel)
{
	unsigned int series = series_of(kernel);

	return series && sources->newest &&
	       (series < series_of(sources->newest->kernel) ||
		(series > series_of(sources->newest->kernel) && !sources->open));
}

/* Is the word one of the list "6.1, 6.12"? */
static bool is_listed(const char *list, const char *word)
{
	size_t length;

	for (; *list; list += length, list += strspn(list, ", ")) {
		length = strcspn(list, ",");
		if (strlen(word) == length && strncmp(list, word, length) == 0)
			return true;
	}
	return false;
}

/* Two versions of one series are one. */
static void add_kernel(char *kernels, size_t size, const char *kernel)
{
	unsigned int series = series_of(kernel);
	char text[24];
	size_t used = strlen(kernels);

	snprintf(text, sizeof(text), "%u.%u", series / MAJOR, series % MAJOR);
	if (!is_listed(kernels, text))
		snprintf(kernels + used, size - used, "%s%s", used ? ", " : "", text);
}

static void tell_note(const struct check_arguments *a, const char *text, json_t *notes)
{
	if (!a->common.quiet)
		complain(EXIT_DONE, "note: %s", text);
	json_array_append_new(notes, report_string(text));
}

static int add_note(const struct check_arguments *a, const struct model *model,
		    const struct sources *sources, const char *kernels, json_t *notes)
{
	const char *oldest = sources->oldest->kernel, *newest = sources->newest->kernel;
	char *text;

	if (asprintf(&text,
		     "model %s is its driver as it was read in Linux %s%s%s, whatever -k says: in "
		     "%s its clauses may differ",
		     model->name, oldest, strcmp(oldest, newest) != 0 ? " to " : "",
		     strcmp(oldest, newest) != 0 ? newest : "", kernels) < 0)
		return complain(EXIT_ENVIRONMENT, "out of memory");
	tell_note(a, text, notes);
	free(text);
	return EXIT_DONE;
}

/* name NULL: the NIC file's, or the default. */
static int look_at_model(const struct check_arguments *a, const char *name, json_t *notes)
{
	char kernels[512] = "";
	struct sources sources;
	int status = EXIT_DONE;

	for (size_t i = 0; i < a->kernels.count && status == EXIT_DONE; i++) {
		/* The run tells its warnings. */
		struct common_options options = a->common;
		struct kernel_behavior kernel;
		struct nic nic;

		options.model = name;
		options.kernel = a->kernels.list[i];
		options.quiet = true;
		status = setup_nic(&options, &nic, &kernel);
		if (status != EXIT_DONE)
			continue;
		sources = sources_of(nic.profile);
		if (nic.profile->status != MODEL_OWN && differs(&sources, kernel.version))
			add_kernel(kernels, sizeof(kernels), kernel.version);
		if (i + 1 == a->kernels.count && *kernels)
			status = add_note(a, nic.profile, &sources, kernels, notes);
		nic_clear(&nic);
	}
	return status;
}

int check_notes_models(const struct check_arguments *a, json_t *notes)
{
	int status = EXIT_DONE;

	if (!a->models.count)
		return look_at_model(a, NULL, notes);
	for (size_t i = 0; i < a->models.count && status == EXIT_DONE; i++)
		status = look_at_model(a, a->models.list[i], notes);
	return status;
}

void check_notes_nothing(const struct check_arguments *a, const json_t *runs, json_t *notes)
{
	static const char *const lists[] = {"rules", "chains", "errors"};
	const json_t *run;
	size_t i;

	json_array_foreach (runs, i, run)
		for (size_t list = 0; list < sizeof(lists) / sizeof(*lists); list++)
			if (json_array_size(json_object_get(run, lists[list])))
				return;
	tell_note(a, "no rule is for the NIC: none is in a chain with `flags offload`", notes);
}
