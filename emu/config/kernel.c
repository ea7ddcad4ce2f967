/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <nicemu/config/kernel.h>

#include "kernel_table.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum { NUMBER_MAX = 9999 };

static const struct {
	const char *name, *text;
} names[] = {
#define X(name, text) {#name, text},
	KERNEL_BEHAVIORS(X)
#undef X
};

/* Decimal, no sign, no leading zero: a version has one spelling. NULL where there is none. */
static const char *parse_number(const char *text, uint16_t *number)
{
	unsigned int value = 0;

	if (*text < '0' || *text > '9' || (*text == '0' && text[1] >= '0' && text[1] <= '9'))
		return NULL;
	for (; *text >= '0' && *text <= '9'; text++) {
		value = value * 10 + (unsigned int)(*text - '0');
		if (value > NUMBER_MAX)
			return NULL;
	}
	*number = (uint16_t)value;
	return text;
}

/* "X.Y" or "X.Y.Z". */
static bool parse_version(const char *text, struct kernel_version *version, bool *has_release)
{
	text = parse_number(text, &version->major);
	if (!text || *text != '.')
		return false;
	text = parse_number(text + 1, &version->minor);
	if (!text)
		return false;
	version->release = 0;
	*has_release = *text == '.';
	if (*has_release)
		text = parse_number(text + 1, &version->release);
	return text && !*text;
}

static bool same_branch(const struct kernel_version *a, const struct kernel_version *b)
{
	return a->major == b->major && a->minor == b->minor;
}

static bool branch_before(const struct kernel_version *a, const struct kernel_version *b)
{
	return a->major != b->major ? a->major < b->major : a->minor < b->minor;
}

static bool in_series(const struct kernel_version *version)
{
	for (size_t i = 0; i < kernel_series_length; i++) {
		const struct kernel_series *series = &kernel_series[i];

		if (version->major == series->major)
			return version->minor >= series->first && version->minor <= series->last;
	}
	return false;
}

static const struct kernel_version *latest_of(const struct kernel_version *version)
{
	for (size_t i = 0; i < kernel_latest_length; i++)
		if (same_branch(&kernel_latest[i], version))
			return &kernel_latest[i];
	return NULL;
}

/* The release that brought the behaviour to version's branch, or NULL where it never came. */
static const struct kernel_version *came_with(const struct kernel_table_row *row,
					      const struct kernel_version *version)
{
	for (size_t i = 0; i < KERNEL_BACKPORTS_MAX && row->backports[i].major; i++)
		if (same_branch(&row->backports[i], version))
			return &row->backports[i];
	return branch_before(version, &row->mainline) ? NULL : &row->mainline;
}

static bool has(const struct kernel_table_row *row, const struct kernel_version *version)
{
	const struct kernel_version *since = came_with(row, version);

	return since && (!same_branch(since, version) || version->release >= since->release);
}

static bool *flag_of(struct kernel_behavior *kernel, const struct kernel_table_row *row)
{
	return (bool *)((char *)kernel + row->offset);
}

/* Appends; a message that is too long is cut. */
__attribute__((format(printf, 3, 4))) static void say(char *message, size_t size,
						      const char *format, ...)
{
	size_t length = size ? strnlen(message, size) : 0;
	va_list args;

	if (length >= size)
		return;
	va_start(args, format);
	vsnprintf(message + length, size - length, format, args);
	va_end(args);
}

static void list_names(const char *text, char *message, size_t size)
{
	const struct kernel_series *first = &kernel_series[0];
	const struct kernel_series *last = &kernel_series[kernel_series_length - 1];

	say(message, size, "unknown kernel '%.40s': give ideal, X.Y or X.Y.Z from %u.%u to %u.%u;",
	    text, first->major, first->first, last->major, last->last);
	say(message, size, " known releases:");
	for (size_t i = 0; i < kernel_latest_length; i++) {
		const struct kernel_version *v = &kernel_latest[i];

		say(message, size, "%s %u.%u (%u.%u.%u)", i ? "," : "", v->major, v->minor,
		    v->major, v->minor, v->release);
	}
}

/* Which release is meant; a warning where that is a guess. */
static void resolve(struct kernel_version *version, bool has_release, char *message, size_t size)
{
	const struct kernel_version *latest = latest_of(version);
	unsigned int major = version->major, minor = version->minor;

	if (!latest) {
		say(message, size, "no stable release of kernel %u.%u is known: taking %u.%u.0",
		    major, minor, major, minor);
		version->release = 0;
	} else if (!has_release) {
		version->release = latest->release;
	} else if (version->release > latest->release) {
		say(message, size,
		    "kernel %u.%u.%u is newer than %u.%u.%u, the last one known: taken to be alike",
		    major, minor, version->release, major, minor, latest->release);
	}
}

int kernel_behavior_find(struct kernel_behavior *kernel, const char *text, char *message,
			 size_t size)
{
	struct kernel_version version = {0};
	bool has_release, ideal = !strcmp(text, "ideal");

	*kernel = (struct kernel_behavior){0};
	if (size)
		*message = '\0';
	if (ideal) {
		snprintf(kernel->version, sizeof(kernel->version), "ideal");
	} else if (parse_version(text, &version, &has_release) && in_series(&version)) {
		resolve(&version, has_release, message, size);
		snprintf(kernel->version, sizeof(kernel->version), "%u.%u.%u", version.major,
			 version.minor, version.release);
	} else {
		list_names(text, message, size);
		return -EINVAL;
	}
	for (size_t i = 0; i < kernel_table_length; i++)
		*flag_of(kernel, &kernel_table[i]) = ideal || has(&kernel_table[i], &version);
	return 0;
}

static void print_since(const struct kernel_behavior *kernel, const struct kernel_table_row *row,
			char *text, size_t size)
{
	const struct kernel_version *since = &row->mainline;
	struct kernel_version version;
	bool has_release;

	if (parse_version(kernel->version, &version, &has_release) && came_with(row, &version))
		since = came_with(row, &version);
	if (since->major == KERNEL_NEVER)
		snprintf(text, size, "no release");
	else if (since->release)
		snprintf(text, size, "%u.%u.%u", since->major, since->minor, since->release);
	else
		snprintf(text, size, "%u.%u", since->major, since->minor);
}

void kernel_behavior_visit(const struct kernel_behavior *kernel,
			   void (*visit)(void *context, const struct kernel_behavior_row *row),
			   void *context)
{
	static const char *const confidences[] = {
		[KERNEL_OBSERVED] = "observed",
		[KERNEL_SOURCE] = "read in source",
		[KERNEL_CHANGELOG] = "from change logs",
		[KERNEL_RECALLED] = "recalled",
	};

	for (size_t i = 0; i < kernel_table_length; i++) {
		const struct kernel_table_row *from = &kernel_table[i];
		struct kernel_behavior_row row = {
			.name = names[i].name,
			.text = names[i].text,
			.on = *(const bool *)((const char *)kernel + from->offset),
			.source = from->source,
			.confidence = confidences[from->confidence],
			.unchecked = from->unchecked,
		};

		print_since(kernel, from, row.since, sizeof(row.since));
		visit(context, &row);
	}
}

static void print_row(void *context, const struct kernel_behavior_row *row)
{
	fprintf(context, "%-28s %-3s  %s\n%34ssince %s, %s: %s\n", row->name,
		row->on ? "on" : "off", row->text, "", row->since, row->confidence, row->source);
	if (row->unchecked)
		fprintf(context, "%34sunchecked: %s\n", "", row->unchecked);
}

struct tally {
	FILE *out;
	size_t number, unchecked;
};

static void count_row(void *context, const struct kernel_behavior_row *row)
{
	struct tally *tally = context;

	tally->number++;
	tally->unchecked += row->unchecked != NULL;
}

static void print_unchecked(void *context, const struct kernel_behavior_row *row)
{
	struct tally *tally = context;

	if (!row->unchecked)
		return;
	fprintf(tally->out, "%s %s", tally->number ? "," : ":", row->name);
	tally->number++;
}

void kernel_behavior_print(FILE *out, const struct kernel_behavior *kernel)
{
	struct tally tally = {.out = out};

	fprintf(out, "kernel %s\n", kernel->version);
	kernel_behavior_visit(kernel, print_row, out);
	kernel_behavior_visit(kernel, count_row, &tally);
	fprintf(out, "%zu of %zu statements are unchecked in part", tally.unchecked, tally.number);
	tally.number = 0;
	kernel_behavior_visit(kernel, print_unchecked, &tally);
	fputc('\n', out);
}
