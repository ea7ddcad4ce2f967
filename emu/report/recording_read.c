/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading: lines of JSON, each checked against what its event must have. */
#include <nicemu/report/recording.h>

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum type {
	TEXT = 1 << 0,
	NUMBER = 1 << 1,
	BOOLEAN = 1 << 2,
	OBJECT = 1 << 3,
	ARRAY = 1 << 4,
	EMPTY = 1 << 5, /* null */
	ABSENT = 1 << 6,
};

struct member {
	const char *name;
	int types;
};

#define BINDING                      \
	{"binding", NUMBER | EMPTY}, \
	{                            \
		"port", TEXT | EMPTY \
	}
#define COMMAND                                                                         \
	BINDING, {"cookie", NUMBER | EMPTY}, {"prio", NUMBER}, {"chain_index", NUMBER}, \
		{"protocol", TEXT}, {"error", TEXT | EMPTY}, {"reason", TEXT | ABSENT}, \
	{                                                                               \
		"time", TEXT | ABSENT                                                   \
	}

static const struct event {
	const char *name;
	struct member members[20]; /* ended by a NULL name */
} events[] = {
	{"port",
	 {{"name", TEXT},
	  {"was", TEXT | ABSENT},
	  {"driver", TEXT | ABSENT},
	  {"ifindex", NUMBER | ABSENT},
	  {"mac", TEXT | ABSENT},
	  {"netns", NUMBER | ABSENT}}},
	{"BIND",
	 {BINDING,
	  {"binder", TEXT},
	  {"direction", TEXT},
	  {"block", NUMBER | EMPTY},
	  {"table", TEXT | EMPTY},
	  {"chain", TEXT | EMPTY},
	  {"indirect", BOOLEAN | ABSENT},
	  {"repeated", BOOLEAN | ABSENT},
	  {"error", TEXT | EMPTY},
	  {"reason", TEXT | ABSENT}}},
	{"UNBIND", {BINDING, {"error", TEXT | EMPTY}, {"reason", TEXT | ABSENT}}},
	{"RELEASE", {BINDING}},
	{"REPLACE",
	 {COMMAND,
	  {"handle", NUMBER | EMPTY},
	  {"skip_sw", BOOLEAN},
	  {"repeated", BOOLEAN | ABSENT},
	  {"used_keys", ARRAY},
	  {"unknown_keys", TEXT | ABSENT},
	  {"keys", OBJECT},
	  {"keys_not_flagged", OBJECT},
	  {"actions", ARRAY},
	  {"lost_actions", NUMBER | ABSENT}}},
	{"DESTROY", {COMMAND}},
	{"STATS",
	 {COMMAND, {"packets", NUMBER}, {"bytes", NUMBER}, {"last_used", TEXT | EMPTY | ABSENT}}},
	{"PORT_GONE", {{"port", TEXT}}},
	{"LOST", {{NULL, 0}}},
};

static const struct member head[] = {
	{"nicemu_recording", NUMBER},
	{"generator", TEXT},
	{"source", TEXT},
	{"kernel", TEXT},
	{NULL, 0},
};

struct reading {
	FILE *in;
	char *line;
	size_t length;
	struct recording_error *error;
};

static bool wrong(struct reading *r, int error, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static bool wrong(struct reading *r, int error, const char *format, ...)
{
	va_list arguments;

	r->error->error = error;
	va_start(arguments, format);
	vsnprintf(r->error->text, sizeof(r->error->text), format, arguments);
	va_end(arguments);
	return false;
}

/* The next line without its end: true, or false at the end (error 0) and where it is wrong. */
static bool next_line(struct reading *r)
{
	int c;

	r->length = 0;
	r->error->line++;
	while ((c = getc(r->in)) != EOF && c != '\n') {
		if (r->length == RECORDING_LINE_MAX)
			return wrong(r, -EINVAL, "the line has more than %d bytes",
				     RECORDING_LINE_MAX);
		r->line[r->length++] = (char)c;
	}
	if (ferror(r->in))
		return wrong(r, -EIO, "it can't be read: %s", strerror(errno));
	if (c == EOF && r->length)
		return wrong(r, -EINVAL, "the line is cut off");
	return c != EOF;
}

static int type_of(const json_t *value)
{
	if (!value)
		return ABSENT;
	switch (json_typeof(value)) {
	case JSON_STRING: return TEXT;
	case JSON_INTEGER: return NUMBER;
	case JSON_OBJECT: return OBJECT;
	case JSON_ARRAY: return ARRAY;
	case JSON_NULL: return EMPTY;
	case JSON_TRUE:
	case JSON_FALSE: return BOOLEAN;
	case JSON_REAL: break;
	}
	return 0;
}

static const char *type_name(int types)
{
	return types & TEXT      ? "a string"
	       : types & NUMBER  ? "a number"
	       : types & BOOLEAN ? "true or false"
	       : types & OBJECT  ? "an object"
				 : "an array";
}

static bool check_members(struct reading *r, const json_t *object, const struct member *member)
{
	for (; member->name; member++) {
		int type = type_of(json_object_get(object, member->name));

		if (!(type & member->types))
			return wrong(r, -EINVAL, "\"%s\" %s %s", member->name,
				     type == ABSENT ? "is missing: it must be" : "must be",
				     type_name(member->types));
	}
	return true;
}

static bool check_event(struct reading *r, const json_t *object)
{
	const char *name = json_string_value(json_object_get(object, "event"));

	if (!name)
		return wrong(r, -EINVAL, "the line has no \"event\"");
	for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++)
		if (strcmp(name, events[i].name) == 0)
			return check_members(r, object, events[i].members);
	return wrong(r, -EINVAL, "an event \"%.40s\" is not known to this version", name);
}

/* A new reference, or NULL. */
static json_t *parse(struct reading *r)
{
	json_error_t error;
	json_t *object = json_loadb(r->line, r->length, JSON_REJECT_DUPLICATES, &error);

	if (json_is_object(object))
		return object;
	if (object)
		wrong(r, -EINVAL, "the line is not a JSON object");
	else
		wrong(r, -EINVAL, "column %d: %s", error.column, error.text);
	json_decref(object);
	return NULL;
}

static json_t *read_head(struct reading *r)
{
	json_int_t version;
	json_t *object;

	if (!next_line(r)) {
		if (!r->error->error)
			wrong(r, -EINVAL, "the file is empty");
		return NULL;
	}
	object = parse(r);
	version = json_integer_value(json_object_get(object, "nicemu_recording"));
	if (object && !version)
		wrong(r, -EINVAL, "this is not a recording of nicemu");
	else if (object && version != RECORDING_VERSION)
		wrong(r, -EINVAL, "a recording of version %lld; this nicemu reads version %d",
		      (long long)version, RECORDING_VERSION);
	else if (object && check_members(r, object, head))
		return object;
	json_decref(object);
	return NULL;
}

static json_t *read_events(struct reading *r)
{
	json_t *list = json_array(), *object;

	while (list && next_line(r)) {
		if (json_array_size(list) == RECORDING_EVENTS_MAX) {
			wrong(r, -EFBIG, "more than %d events", RECORDING_EVENTS_MAX);
			break;
		}
		object = parse(r);
		if (!object || !check_event(r, object)) {
			json_decref(object);
			break;
		}
		if (json_array_append_new(list, object))
			wrong(r, -ENOMEM, "out of memory");
	}
	if (list && !r->error->error)
		return list;
	json_decref(list);
	return NULL;
}

json_t *recording_read(FILE *in, struct recording_error *error)
{
	struct reading r = {.in = in, .error = error, .line = malloc(RECORDING_LINE_MAX)};
	json_t *document, *list;

	*error = (struct recording_error){0};
	if (!r.line) {
		wrong(&r, -ENOMEM, "out of memory");
		return NULL;
	}
	document = read_head(&r);
	list = document ? read_events(&r) : NULL;
	free(r.line);
	if (list && !json_object_set_new(document, "events", list))
		return document;
	if (!error->error)
		wrong(&r, -ENOMEM, "out of memory");
	json_decref(document);
	return NULL;
}
