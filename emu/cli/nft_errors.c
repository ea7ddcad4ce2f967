/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nft_errors.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static const char mark[] = ": Error: ";

/*
 * ":NUMBER", at the colon. False: there is none. Not with sscanf, which looks for the end of all
 * that follows before it reads: of an error a rule that is the square of the rules.
 */
static bool read_number(const char **at, int *number)
{
	char *end;
	long read = strtol(*at + 1, &end, 10);

	if (end == *at + 1 || read < INT_MIN || read > INT_MAX)
		return false;
	*at = end;
	*number = (int)read;
	return true;
}

/*
 * "FILE:LINE:COLUMN-COLUMN" in front of mark: where FILE ends, or NULL. The name may hold colons,
 * so the numbers are looked for from the end.
 */
static const char *read_place(const char *line, const char *end, struct nft_error *error)
{
	const char *at = end, *numbers;
	int number, column;

	for (int colons = 0; at > line; at--) {
		if (*at == ':' && at < end && ++colons == 2)
			break;
		if (at < end && !strchr("0123456789-:", *at))
			return NULL;
	}
	numbers = at;
	if (at == line || !read_number(&numbers, &number) || *numbers != ':' ||
	    !read_number(&numbers, &column))
		return NULL;
	error->line = number;
	error->column = column;
	return at;
}

/* Does an error begin here? Then its head is taken apart. 1, 0 or -ENOMEM. */
static int read_head(const char *line, size_t size, struct nft_error *error)
{
	const char *found = memmem(line, size, mark, sizeof(mark) - 1);
	const char *file_end, *text;

	*error = (struct nft_error){0};
	if (found) {
		file_end = read_place(line, found, error);
		if (!file_end)
			file_end = found;
		text = found + sizeof(mark) - 1;
	} else if (size >= 7 && memcmp(line, "Error: ", 7) == 0) {
		file_end = line;
		text = line + 7;
	} else {
		return 0;
	}
	error->file = strndup(line, (size_t)(file_end - line));
	error->text = strndup(text, size - (size_t)(text - line));
	error->quote = strdup("");
	return error->file && error->text && error->quote ? 1 : -ENOMEM;
}

static int append(char **text, const char *line, size_t size)
{
	size_t length = strlen(*text);
	char *grown = realloc(*text, length + size + 2);

	if (!grown)
		return -ENOMEM;
	memcpy(grown + length, line, size);
	memcpy(grown + length + size, "\n", 2);
	*text = grown;
	return 0;
}

static void error_free(struct nft_error *error)
{
	free(error->file);
	free(error->text);
	free(error->quote);
}

static int add_error(struct nft_errors *errors, const struct nft_error *error)
{
	struct nft_error *grown = errors->error;

	/* Doubled whenever the length is a power of two. */
	if ((errors->length & (errors->length - 1)) == 0)
		grown = realloc(errors->error,
				(errors->length ? 2 * errors->length : 1) * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	errors->error = grown;
	grown[errors->length++] = *error;
	return 0;
}

/* "In file included from FILE:…:", in front of an error that stands there, or its next line. */
static bool tells_include(const char *line, size_t size)
{
	static const char first[] = "In file included from ", next[] = "from ";
	size_t indent = strspn(line, " ");

	if (strncmp(line, first, sizeof(first) - 1) == 0)
		return true;
	return indent && strncmp(line + indent, next, sizeof(next) - 1) == 0 &&
	       line[size - 1] == ':';
}

int nft_errors_parse(struct nft_errors *errors, const char *output)
{
	int ret = 0;

	*errors = (struct nft_errors){.rest = strdup("")};
	if (!errors->rest)
		return -ENOMEM;
	while (*output && ret >= 0) {
		size_t size = strcspn(output, "\n");
		struct nft_error error;

		ret = read_head(output, size, &error);
		if (ret == 1)
			ret = add_error(errors, &error);
		else if (ret == 0 && !tells_include(output, size))
			ret = append(errors->length ? &errors->error[errors->length - 1].quote
						    : &errors->rest,
				     output, size);
		if (ret < 0)
			error_free(&error);
		output += size + (output[size] == '\n');
	}
	if (ret < 0)
		nft_errors_free(errors);
	return ret < 0 ? ret : 0;
}

void nft_errors_free(struct nft_errors *errors)
{
	for (size_t i = 0; i < errors->length; i++)
		error_free(&errors->error[i]);
	free(errors->error);
	free(errors->rest);
	*errors = (struct nft_errors){0};
}
