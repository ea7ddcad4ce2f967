/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From text to a tree of nodes. */
#include "document_check.h"

#include <errno.h>
#include <string.h>

enum { DEPTH_MAX = 16 };

/* A file's text on its way through libyaml. */
struct source {
	const struct document *document;
	const char *text;
	size_t size;
	int depth, documents;
};

/* libyaml knows the line of a fault, except for bytes that are no characters. */
static size_t fault_line(const struct source *source, const yaml_parser_t *parser)
{
	size_t line = 1;

	if (parser->error != YAML_READER_ERROR)
		return parser->problem_mark.line + 1;
	for (size_t i = 0; i < parser->problem_offset && i < source->size; i++)
		line += source->text[i] == '\n';
	return line;
}

static int parser_error(const struct source *source, const yaml_parser_t *parser,
			struct config_error *error)
{
	if (parser->error == YAML_MEMORY_ERROR)
		return -ENOMEM;
	return document_error(error, source->document->path, fault_line(source, parser),
			      "not valid YAML: %s%s%s", parser->context ? parser->context : "",
			      parser->context ? ": " : "",
			      parser->problem ? parser->problem : "unreadable");
}

static bool start_parser(yaml_parser_t *parser, const struct source *source)
{
	if (!yaml_parser_initialize(parser))
		return false;
	yaml_parser_set_input_string(parser, (const unsigned char *)source->text, source->size);
	return true;
}

/* A tag says that no plain text, list or mapping follows: but nothing else is known here. */
static int check_tag(const struct source *source, const yaml_event_t *event,
		     struct config_error *error)
{
	const yaml_char_t *tag = NULL;
	const char *known = "";

	switch (event->type) {
	case YAML_SCALAR_EVENT:
		tag = event->data.scalar.tag;
		known = YAML_STR_TAG;
		break;
	case YAML_SEQUENCE_START_EVENT:
		tag = event->data.sequence_start.tag;
		known = YAML_SEQ_TAG;
		break;
	case YAML_MAPPING_START_EVENT:
		tag = event->data.mapping_start.tag;
		known = YAML_MAP_TAG;
		break;
	default: break;
	}
	if (!tag || !strcmp((const char *)tag, known))
		return 0;
	return document_error(error, source->document->path, event->start_mark.line + 1,
			      "the tag '%.64s' is not known; expected no tag", (const char *)tag);
}

/* What such a file has no use for, and what makes YAML dangerous or slow. */
static int check_event(struct source *source, const yaml_event_t *event, struct config_error *error)
{
	const char *path = source->document->path, *what = source->document->kind->what;
	size_t line = event->start_mark.line + 1;

	switch (event->type) {
	case YAML_DOCUMENT_START_EVENT:
		if (++source->documents > 1)
			return document_error(error, path, line, "a second document; %s has one",
					      what);
		return 0;
	case YAML_ALIAS_EVENT:
		return document_error(error, path, line, "aliases (*name) are not allowed here");
	case YAML_MAPPING_START_EVENT:
	case YAML_SEQUENCE_START_EVENT:
		if (++source->depth > DEPTH_MAX)
			return document_error(error, path, line, "nested too deep: not %s", what);
		return 0;
	case YAML_MAPPING_END_EVENT:
	case YAML_SEQUENCE_END_EVENT: source->depth--; return 0;
	default: return 0;
	}
}

/* Event by event, before anything is built: libyaml needs quadratic time for deep nesting. */
static int check_events(struct source *source, struct config_error *error)
{
	yaml_parser_t parser;
	yaml_event_t event;
	bool end = false;
	int result = 0;

	if (!start_parser(&parser, source))
		return -ENOMEM;
	while (!result && !end) {
		if (!yaml_parser_parse(&parser, &event)) {
			result = parser_error(source, &parser, error);
			break;
		}
		end = event.type == YAML_STREAM_END_EVENT;
		result = check_event(source, &event, error);
		if (!result)
			result = check_tag(source, &event, error);
		yaml_event_delete(&event);
	}
	yaml_parser_delete(&parser);
	return result;
}

int document_load_tree(struct document *document, const char *text, size_t size,
		       struct config_error *error)
{
	struct source source = {.document = document, .text = text, .size = size};
	int result = check_events(&source, error);
	yaml_parser_t parser;

	if (result)
		return result;
	if (!start_parser(&parser, &source))
		return -ENOMEM;
	document->has_tree = yaml_parser_load(&parser, &document->tree);
	if (!document->has_tree)
		result = parser_error(&source, &parser, error);
	yaml_parser_delete(&parser);
	return result;
}
