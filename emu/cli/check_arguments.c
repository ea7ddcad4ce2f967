/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "check_arguments.h"

#include "kept_pipe.h"

#include <nicemu/config/model.h>
#include <nicemu/report/check.h>

#include <stdlib.h>
#include <string.h>

enum { OPTION_FORMAT = OPTION_OWN, OPTION_ALLOW, OPTION_STRICT, OPTION_EACH };

static const struct option long_options[] = {
	COMMON_LONG_OPTIONS,
	{"format", required_argument, NULL, OPTION_FORMAT},
	{"allow", required_argument, NULL, OPTION_ALLOW},
	{"strict", no_argument, NULL, OPTION_STRICT},
	{"each", no_argument, NULL, OPTION_EACH},
	{0},
};

static const struct {
	const char *name;
	print_fn print; /* NULL: JSON */
} formats[] = {
	{"text", report_print_check},          {"json", NULL},
	{"github", report_print_check_github}, {"junit", report_print_check_junit},
	{"tap", report_print_check_tap},
};

static int take_format(struct check_arguments *a, const char *name)
{
	for (size_t i = 0; i < sizeof(formats) / sizeof(*formats); i++) {
		if (strcmp(formats[i].name, name) == 0) {
			a->print = formats[i].print;
			a->common.json = !a->print;
			return EXIT_DONE;
		}
	}
	return complain_usage("--format takes text, json, github, junit or tap, not '%s'", name);
}

/* Each word once: a second `-m generic` is no second column. */
static int add_word(struct check_words *words, const char *word)
{
	const char **more;

	for (size_t i = 0; i < words->count; i++)
		if (strcmp(words->list[i], word) == 0)
			return EXIT_DONE;
	more = realloc(words->list, (words->count + 1) * sizeof(*more));
	if (!more)
		return complain(EXIT_ENVIRONMENT, "out of memory");
	words->list = more;
	more[words->count++] = word;
	return EXIT_DONE;
}

/* "all" are those that are built in. */
static int add_model(struct check_arguments *a, const char *name)
{
	const char *builtin;
	int status = EXIT_DONE;

	if (strcmp(name, "all") != 0)
		return add_word(&a->models, name);
	for (size_t i = 0; status == EXIT_DONE && (builtin = model_builtin_name(i)); i++)
		status = add_word(&a->models, builtin);
	return status;
}

static int add_file(struct check_arguments *a, const char *name)
{
	size_t before = a->files.count;
	int status = add_word(&a->files, name);

	if (status == EXIT_DONE && a->files.count == before)
		return complain_usage("%s: the same file twice", name);
	return status;
}

static int take_option(struct check_arguments *a, int c)
{
	int taken;

	switch (c) {
	case 'm': return add_model(a, optarg);
	case 'k': return add_word(&a->kernels, optarg);
	case 'h': a->help = true; return EXIT_DONE;
	case 'r': return complain_usage("-r: rules files are named without an option here");
	case 'p': return complain_usage("-p: rules are checked on the devices of their chains");
	case OPTION_FORMAT: return take_format(a, optarg);
	case OPTION_ALLOW: return add_word(&a->allowed, optarg);
	case OPTION_STRICT: a->strict = true; return EXIT_DONE;
	case OPTION_EACH: a->each = true; return EXIT_DONE;
	default: break;
	}
	taken = common_option(&a->common, c, optarg);
	return taken < 0 ? EXIT_USAGE : taken ? EXIT_DONE : complain_option();
}

/* Each run reads the NIC file and its model anew, and so do the ids of --allow. */
static int keep_pipes(const struct check_arguments *a)
{
	int status = a->common.nic_file ? kept_pipe(a->common.nic_file) : EXIT_DONE;

	for (size_t i = 0; i < a->models.count && status == EXIT_DONE; i++)
		status = kept_pipe(a->models.list[i]);
	return status;
}

static int check(const struct check_arguments *a)
{
	int status;

	if (!a->files.count)
		return complain_usage("no rules file is given ('-' is stdin)");
	if (a->common.socket)
		return complain_usage("--socket: rules are checked in emulators of their own");
	if (a->common.record)
		return complain_usage("--record: a check makes no recording (`nicemu exec --record "
				      "FILE -- nft -f RULES` does)");
	status = keep_pipes(a);
	return status == EXIT_DONE ? check_allowed_ids(a) : status;
}

int check_arguments_parse(struct check_arguments *a, int argc, char **argv)
{
	int c, status = EXIT_DONE;

	*a = (struct check_arguments){.print = report_print_check};
	argv[0] = "nicemu check"; /* how getopt_long begins its complaints */
	while (status == EXIT_DONE &&
	       (c = getopt_long(argc, argv, COMMON_SHORT_OPTIONS "r:p:", long_options, NULL)) != -1)
		status = take_option(a, c);
	while (status == EXIT_DONE && !a->help && optind < argc)
		status = add_file(a, argv[optind++]);
	return status == EXIT_DONE && !a->help ? check(a) : status;
}

void check_arguments_free(struct check_arguments *a)
{
	free(a->models.list);
	free(a->kernels.list);
	free(a->files.list);
	free(a->allowed.list);
	common_options_free(&a->common);
}

bool check_allows(const struct check_arguments *a, const char *id)
{
	for (size_t i = 0; id && i < a->allowed.count; i++)
		if (strcmp(a->allowed.list[i], id) == 0)
			return true;
	return false;
}
