/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "place.h"

#include "names.h"

#include <nicemu/base/reason.h>

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EXPECTED_SIZE = 256, LISTED_MAX = 12, ERRNO_MAX = 4095 };

struct place place_root(struct document *document, struct config_error *error)
{
	return (struct place){
		.document = document,
		.error = error,
		.node = yaml_document_get_root_node(&document->tree),
		.given = true,
	};
}

struct place place_field(const struct place *place, const char *field)
{
	struct place found = *place;
	yaml_node_t *node;

	if (!field)
		return found;
	node = place->given ? document_field(place->document, place->node, field) : NULL;
	found.given = node;
	if (node)
		found.node = node;
	snprintf(found.path, sizeof(found.path), "%.90s%s%.30s", place->path,
		 *place->path ? "." : "", field);
	return found;
}

struct place place_item(const struct place *place, size_t index)
{
	struct place found = *place;

	found.node = yaml_document_get_node(&place->document->tree,
					    place->node->data.sequence.items.start[index]);
	snprintf(found.path, sizeof(found.path), "%.100s[%zu]", place->path, index);
	return found;
}

int place_error(const struct place *place, const char *format, ...)
{
	char text[sizeof(place->error->text)];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	return document_error(place->error, place->document->path, document_line_of(place->node),
			      "%s%s%s", place->path, *place->path ? ": " : "", text);
}

int place_bad(const struct place *place, const char *text, const char *expected)
{
	return place_error(place, "'%.64s' is not right; expected %s", text, expected);
}

/* --- choices --- */

static const char *separator(int listed, int all)
{
	if (!listed)
		return "";
	return listed + 1 == all ? " or " : ", ";
}

static void list_choices(const struct choices *choices, char *text, size_t size)
{
	int named = 0, listed = 0;
	size_t used = 0;

	for (int i = 0; i < choices->count; i++)
		named += choices->name(i) != NULL;
	snprintf(text, size, "%s", choices->what);
	if (named > LISTED_MAX)
		return;
	for (int i = 0; i < choices->count && used < size; i++) {
		const char *name = choices->name(i);

		if (!name)
			continue;
		used += (size_t)snprintf(text + used, size - used, "%s%s", separator(listed, named),
					 name);
		listed++;
	}
}

int place_choose(const struct place *place, const char *text, const struct choices *choices,
		 int *value)
{
	struct suggestion suggestion = {.text = text};
	char expected[EXPECTED_SIZE];

	if (!text)
		return 0;
	for (int i = 0; i < choices->count; i++) {
		const char *name = choices->name(i);

		if (name && !strcmp(name, text)) {
			*value = i;
			return 0;
		}
		if (name)
			suggest(&suggestion, name);
	}
	list_choices(choices, expected, sizeof(expected));
	if (!suggestion.best)
		return place_bad(place, text, expected);
	return place_error(place, "'%.64s' is not right; expected %s; did you mean '%s'?", text,
			   expected, suggestion.best);
}

/* --- numbers --- */

static bool parse_digits(const char *text, size_t length, bool hexadecimal, uint64_t *value)
{
	const char *digits = hexadecimal ? "0123456789abcdefABCDEF" : "0123456789";
	char copy[24];

	if (!length || length >= sizeof(copy))
		return false;
	memcpy(copy, text, length);
	copy[length] = '\0';
	if (strspn(copy, digits) != length)
		return false;
	errno = 0;
	*value = strtoull(copy, NULL, hexadecimal ? 16 : 10);
	return !errno;
}

static bool parse_number(const char *text, size_t length, uint64_t *value)
{
	if (length > 2 && !strncmp(text, "0x", 2))
		return parse_digits(text + 2, length - 2, true, value);
	return parse_digits(text, length, false, value);
}

int place_decimal(const struct place *place, const char *text, uint64_t min, uint64_t max,
		  uint64_t *value)
{
	uint64_t n;

	if (!text)
		return 0;
	if (!parse_digits(text, strlen(text), false, &n) || n < min || n > max)
		return place_error(place,
				   "'%.64s' is not right; expected a whole number from %" PRIu64
				   " to %" PRIu64,
				   text, min, max);
	*value = n;
	return 0;
}

int place_number(const struct place *place, const char *text, uint64_t min, uint64_t max,
		 uint64_t *value)
{
	uint64_t n;

	if (!text)
		return 0;
	if (!parse_number(text, strlen(text), &n) || n < min || n > max)
		return place_error(place,
				   "'%.64s' is not right; expected a whole number from %" PRIu64
				   " to %" PRIu64 " (or 0x%" PRIx64 " to 0x%" PRIx64 ")",
				   text, min, max, min, max);
	*value = n;
	return 0;
}

int place_range(const struct place *place, const char *text, uint64_t max, uint64_t *low,
		uint64_t *high)
{
	size_t first = strcspn(text, "-");
	const char *second = text[first] ? text + first + 1 : text;

	if (!parse_number(text, first, low) || !parse_number(second, strlen(second), high) ||
	    *high > max)
		return place_error(place,
				   "'%.64s' is not right; expected a number or a range such as "
				   "\"1-7\", up to %" PRIu64 " (0x%" PRIx64 ")",
				   text, max, max);
	if (*low > *high)
		return place_error(place, "'%.64s' is not right; expected the smaller number first",
				   text);
	return 0;
}

int place_yes(const struct place *place, const char *text, const char *const names[2], bool *value)
{
	static const char *const usual[2] = {"no", "yes"};
	char expected[EXPECTED_SIZE];

	if (!names)
		names = usual;
	if (!text)
		return 0;
	for (int i = 0; i < 2; i++) {
		if (!strcmp(text, names[i])) {
			*value = i;
			return 0;
		}
	}
	snprintf(expected, sizeof(expected), "%s or %s", names[1], names[0]);
	return place_bad(place, text, expected);
}

static const char *errno_of(int value)
{
	const char *name = value ? errno_name(value) : NULL;

	return name && strcmp(name, "E?") != 0 ? name : NULL;
}

int place_errno(const struct place *place, const char *text, const char *also, int *value)
{
	char what[96];
	const struct choices errnos = {what, ERRNO_MAX + 1, errno_of};

	if (text && also && !strcmp(text, also)) {
		*value = 0;
		return 0;
	}
	snprintf(what, sizeof(what), "the name of an errno, such as EOPNOTSUPP%s%s",
		 also ? ", or " : "", also ? also : "");
	return place_choose(place, text, &errnos, value);
}
