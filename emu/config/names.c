/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "names.h"

#include <stdint.h>
#include <string.h>

enum { LENGTH_MAX = 64 };

static char small(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* Levenshtein's edit distance, letters taken as small ones; what is longer is far from all. */
static size_t distance(const char *a, const char *b)
{
	size_t row[LENGTH_MAX + 1], length = strlen(b);

	if (strnlen(a, LENGTH_MAX + 1) > LENGTH_MAX || length > LENGTH_MAX)
		return SIZE_MAX;
	for (size_t j = 0; j <= length; j++)
		row[j] = j;
	for (; *a; a++) {
		size_t diagonal = row[0]++;

		for (size_t j = 1; j <= length; j++) {
			size_t best = diagonal + (small(*a) != small(b[j - 1]));

			diagonal = row[j];
			if (row[j] + 1 < best)
				best = row[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			row[j] = best;
		}
	}
	return row[length];
}

/* "no" is not a mistyped "yes": at most a third of the letters may differ, and two of a few. */
static size_t farthest(const char *text)
{
	size_t length = strlen(text);

	return length < 3 ? 1 : length < 9 ? 2 : length / 3;
}

void suggest(struct suggestion *suggestion, const char *candidate)
{
	size_t d = distance(suggestion->text, candidate);

	if (d > farthest(suggestion->text) || (suggestion->best && d >= suggestion->distance))
		return;
	suggestion->best = candidate;
	suggestion->distance = d;
}

bool is_kebab(const char *text)
{
	size_t length = strlen(text);

	return length && length <= LENGTH_MAX &&
	       strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-") == length && text[0] != '-' &&
	       text[length - 1] != '-';
}
