/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "print.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { COLUMNS = 100, COLUMNS_MIN = 80 };

static struct report_style style_for(FILE *out, const struct common_options *options)
{
	struct report_style style = {.columns = COLUMNS};
	bool terminal = isatty(fileno(out));
	struct winsize size;

	if (terminal && ioctl(fileno(out), TIOCGWINSZ, &size) == 0 && size.ws_col &&
	    size.ws_col < COLUMNS)
		style.columns = size.ws_col < COLUMNS_MIN ? COLUMNS_MIN : size.ws_col;
	style.color = options->color == COLOR_ALWAYS ||
		      (options->color == COLOR_AUTO && terminal && !getenv("NO_COLOR"));
	return style;
}

int print_document(FILE *out, const json_t *document, print_fn print,
		   const struct common_options *options)
{
	struct report_style style = style_for(out, options);
	bool failed = false;

	if (options->json) {
		failed = report_write(out, document) < 0;
		fputc('\n', out);
	} else {
		print(out, document, &style);
	}
	failed |= ferror(out) != 0;
	if (fflush(out) != 0 || failed)
		return complain(EXIT_OUTPUT, "the report can't be written: %s", strerror(errno));
	return EXIT_DONE;
}

json_t *check_answer(json_t *answer, json_t *request, int *status)
{
	const char *error = json_string_value(json_object_get(answer, "error"));

	json_decref(request);
	*status = EXIT_DONE;
	if (!answer) {
		*status = EXIT_ENVIRONMENT;
		return NULL;
	}
	if (!error)
		return answer;
	*status = complain((int)json_integer_value(json_object_get(answer, "status")), "%s", error);
	json_decref(answer);
	return NULL;
}

/* argv: an nft command that lists something. */
static int list(struct session *session, char *argv[], json_t **listing)
{
	char *output = NULL, *errors = NULL;
	int status = session_run(session, argv, &output, &errors);
	int result = EXIT_DONE;

	*listing = NULL;
	if (status == -ENOENT)
		result = complain(EXIT_ENVIRONMENT,
				  "nft is not installed; on Debian: apt-get install nftables");
	else if (status == EXIT_INTERRUPTED ||
		 (session_forwarded_signal() && status == 128 + session_forwarded_signal()))
		result = status; /* by a signal: whoever sent it knows */
	else if (status)
		result = complain(EXIT_ENVIRONMENT, "nft can't list the rules: %s",
				  status < 0 ? strerror(-status)
				  : errors   ? errors
					     : "");
	else if (!(*listing = report_parse_listing(output ? output : "")))
		result = complain(EXIT_ENVIRONMENT, "out of memory");
	free(output);
	free(errors);
	return result;
}

int fetch_listing(struct session *session, json_t **listing)
{
	char *argv[] = {"nft", "-s", "-a", "list", "ruleset", NULL};

	return list(session, argv, listing);
}

int fetch_chains(struct session *session, json_t **listing)
{
	char *argv[] = {"nft", "-s", "-a", "list", "chains", NULL};

	return list(session, argv, listing);
}
