/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Documents as JSON text: what jansson writes, but packed rules one at a time. */
#include "packed.h"

#include <string.h>

enum { FLAGS = JSON_PRESERVE_ORDER | JSON_INDENT(2) | JSON_REAL_PRECISION(9) };

struct writer {
	FILE *out;
	const char *indent; /* goes behind each line's end: strings have none inside */
	bool failed, any;
};

static int put(const char *text, size_t size, void *context)
{
	struct writer *w = context;
	const char *end = text + size;

	while (text < end) {
		const char *line = memchr(text, '\n', (size_t)(end - text));
		size_t length = (size_t)((line ? line + 1 : end) - text);

		if (fwrite(text, 1, length, w->out) != length)
			return -1;
		if (line && fputs(w->indent, w->out) < 0)
			return -1;
		text += length;
	}
	return 0;
}

static void write_value(struct writer *w, const json_t *value, const char *indent)
{
	w->indent = indent;
	w->failed |= json_dump_callback(value, put, w, FLAGS | JSON_ENCODE_ANY) < 0;
}

static void write_rule(void *context, const json_t *rule)
{
	struct writer *w = context;

	fputs(w->any ? ",\n    " : "\n    ", w->out);
	w->any = true;
	write_value(w, rule, "    ");
}

static void write_rules(struct writer *w, const json_t *rules)
{
	fputc('[', w->out);
	w->any = false;
	packed_visit(rules, write_rule, w);
	fputs(w->any ? "\n  ]" : "]", w->out);
}

static int write_members(FILE *out, const json_t *document)
{
	struct writer w = {.out = out};
	const char *key, *separator = "{\n";
	json_t *value;

	json_object_foreach ((json_t *)document, key, value) {
		fprintf(out, "%s  \"%s\": ", separator, key); /* our own names: nothing to escape */
		separator = ",\n";
		if (strcmp(key, "rules") == 0)
			write_rules(&w, value);
		else
			write_value(&w, value, "  ");
	}
	fputs("\n}", out);
	return w.failed || ferror(out) ? -1 : 0;
}

int report_write(FILE *out, const json_t *document)
{
	return packed(json_object_get(document, "rules")) ? write_members(out, document)
							  : json_dumpf(document, out, FLAGS);
}
