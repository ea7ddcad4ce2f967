/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nic_tree.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { PATH_SHOWN = 200, KEY_LENGTH_MAX = 16, SUGGEST_DISTANCE = 2, DEPTH_MAX = 16 };

struct known_key {
	const char *name;
	bool required;
};

static const struct known_key top_keys[] = {
	{"nic", true},      {"model", false}, {"kernel", false},
	{"entries", false}, {"ports", true},  {0},
};

static const struct known_key port_keys[] = {
	{"name", true}, {"mac", false}, {"speed", false}, {"mtu", false}, {"kind", false}, {0},
};

/* What a file says ends up on a terminal: no control characters. */
static void make_printable(char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			*text = '?';
}

int nic_file_error(struct config_error *error, const char *path, size_t line, const char *format,
		   ...)
{
	size_t length = strlen(path), used;
	va_list args;

	if (length > PATH_SHOWN)
		path += length - PATH_SHOWN;
	used = (size_t)snprintf(error->text, sizeof(error->text), line ? "%s:%zu: " : "%s: ", path,
				line);
	va_start(args, format);
	vsnprintf(error->text + used, sizeof(error->text) - used, format, args);
	va_end(args);
	make_printable(error->text);
	return -EINVAL;
}

/* Levenshtein's edit distance; names here are short, longer ones are far from everything. */
static size_t distance(const char *a, const char *b)
{
	size_t row[KEY_LENGTH_MAX + 1], length = strlen(b);

	if (strlen(a) > KEY_LENGTH_MAX || length > KEY_LENGTH_MAX)
		return SIZE_MAX;
	for (size_t j = 0; j <= length; j++)
		row[j] = j;
	for (; *a; a++) {
		size_t diagonal = row[0]++;

		for (size_t j = 1; j <= length; j++) {
			size_t best = diagonal + (*a != b[j - 1]);

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

static const char *nearest(const char *key, const struct known_key *keys)
{
	size_t best = SUGGEST_DISTANCE + 1;
	const char *found = NULL;

	for (; keys->name; keys++) {
		size_t d = distance(key, keys->name);

		if (d < best) {
			best = d;
			found = keys->name;
		}
	}
	return found;
}

static bool is_known(const char *key, const struct known_key *keys)
{
	while (keys->name && strcmp(key, keys->name))
		keys++;
	return keys->name;
}

static size_t line_of(const yaml_node_t *node)
{
	return node->start_mark.line + 1;
}

static const char *text_of(const yaml_node_t *node)
{
	return (const char *)node->data.scalar.value;
}

static bool has_nul(const yaml_node_t *node)
{
	return node->type == YAML_SCALAR_NODE &&
	       memchr(node->data.scalar.value, '\0', node->data.scalar.length);
}

/* The pair of a mapping with that key, or NULL; end: look no further than this. */
static yaml_node_pair_t *find_pair(yaml_document_t *document, yaml_node_t *mapping, const char *key,
				   const yaml_node_pair_t *end)
{
	yaml_node_pair_t *pair = mapping->data.mapping.pairs.start;

	for (; pair < end; pair++)
		if (!strcmp(text_of(yaml_document_get_node(document, pair->key)), key))
			return pair;
	return NULL;
}

static int unknown_key(struct nic_tree *tree, const yaml_node_t *key, const struct known_key *keys,
		       const char *what, struct config_error *error)
{
	const char *suggestion = nearest(text_of(key), keys);
	char list[128] = "";

	if (suggestion)
		return nic_file_error(error, tree->path, line_of(key),
				      "%s has no field '%.64s'; did you mean '%s'?", what,
				      text_of(key), suggestion);
	for (; keys->name; keys++) {
		strcat(list, keys->name);
		strcat(list, keys[1].name ? ", " : "");
	}
	return nic_file_error(error, tree->path, line_of(key),
			      "%s has no field '%.64s'; expected one of %s", what, text_of(key),
			      list);
}

static int check_pair(struct nic_tree *tree, yaml_node_t *mapping, const yaml_node_pair_t *pair,
		      const struct known_key *keys, const char *what, struct config_error *error)
{
	const yaml_node_t *key = yaml_document_get_node(&tree->document, pair->key);
	const yaml_node_t *value = yaml_document_get_node(&tree->document, pair->value);
	const yaml_node_pair_t *first;

	if (key->type != YAML_SCALAR_NODE || has_nul(key))
		return nic_file_error(error, tree->path, line_of(key),
				      "%s has a field whose name is not plain text", what);
	if (!is_known(text_of(key), keys))
		return unknown_key(tree, key, keys, what, error);
	first = find_pair(&tree->document, mapping, text_of(key), pair);
	if (first)
		return nic_file_error(error, tree->path, line_of(key),
				      "field '%s' is given twice, first on line %zu", text_of(key),
				      line_of(yaml_document_get_node(&tree->document, first->key)));
	if (has_nul(value))
		return nic_file_error(error, tree->path, line_of(value),
				      "field '%s' holds a NUL character", text_of(key));
	return 0;
}

static int check_required(struct nic_tree *tree, yaml_node_t *mapping, const struct known_key *keys,
			  const char *what, struct config_error *error)
{
	for (; keys->name; keys++)
		if (keys->required && !find_pair(&tree->document, mapping, keys->name,
						 mapping->data.mapping.pairs.top))
			return nic_file_error(error, tree->path, line_of(mapping),
					      "%s needs the field '%s'", what, keys->name);
	return 0;
}

static int check_mapping(struct nic_tree *tree, yaml_node_t *mapping, const struct known_key *keys,
			 const char *what, struct config_error *error)
{
	if (mapping->type != YAML_MAPPING_NODE)
		return nic_file_error(error, tree->path, line_of(mapping),
				      "%s has fields: expected lines such as '%s: ...'", what,
				      keys->name);
	for (const yaml_node_pair_t *pair = mapping->data.mapping.pairs.start;
	     pair < mapping->data.mapping.pairs.top; pair++) {
		int result = check_pair(tree, mapping, pair, keys, what, error);

		if (result)
			return result;
	}
	return check_required(tree, mapping, keys, what, error);
}

static yaml_node_t *value_of(struct nic_tree *tree, yaml_node_t *mapping, const char *key)
{
	yaml_node_pair_t *pair;

	if (!mapping || mapping->type != YAML_MAPPING_NODE)
		return NULL;
	pair = find_pair(&tree->document, mapping, key, mapping->data.mapping.pairs.top);
	return pair ? yaml_document_get_node(&tree->document, pair->value) : NULL;
}

static int check_ports(struct nic_tree *tree, struct config_error *error)
{
	yaml_node_t *ports = value_of(tree, yaml_document_get_root_node(&tree->document), "ports");

	if (ports->type != YAML_SEQUENCE_NODE)
		return nic_file_error(error, tree->path, line_of(ports),
				      "ports: expected a list, each port as '- name: ...'");
	for (yaml_node_item_t *item = ports->data.sequence.items.start;
	     item < ports->data.sequence.items.top; item++) {
		yaml_node_t *port = yaml_document_get_node(&tree->document, *item);
		int result = check_mapping(tree, port, port_keys, "a port", error);

		if (result)
			return result;
	}
	return 0;
}

/* A file's text on its way through libyaml. */
struct source {
	const char *path, *text;
	size_t size;
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
	return nic_file_error(error, source->path, fault_line(source, parser),
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

/* What a NIC file has no use for, and what makes YAML dangerous or slow. */
static int check_event(const struct source *source, const yaml_event_t *event, int *depth,
		       int *documents, struct config_error *error)
{
	size_t line = event->start_mark.line + 1;

	switch (event->type) {
	case YAML_DOCUMENT_START_EVENT:
		if (++*documents > 1)
			return nic_file_error(error, source->path, line,
					      "a second document; a NIC file has one");
		return 0;
	case YAML_ALIAS_EVENT:
		return nic_file_error(error, source->path, line,
				      "aliases (*name) are not allowed here");
	case YAML_MAPPING_START_EVENT:
	case YAML_SEQUENCE_START_EVENT:
		if (++*depth > DEPTH_MAX)
			return nic_file_error(error, source->path, line,
					      "nested too deep: not a NIC file");
		return 0;
	case YAML_MAPPING_END_EVENT:
	case YAML_SEQUENCE_END_EVENT: --*depth; return 0;
	default: return 0;
	}
}

/* Event by event, before anything is built: libyaml needs quadratic time for deep nesting. */
static int check_events(const struct source *source, struct config_error *error)
{
	int depth = 0, documents = 0, result = 0;
	yaml_parser_t parser;
	yaml_event_t event;
	bool end = false;

	if (!start_parser(&parser, source))
		return -ENOMEM;
	while (!result && !end) {
		if (!yaml_parser_parse(&parser, &event)) {
			result = parser_error(source, &parser, error);
			break;
		}
		end = event.type == YAML_STREAM_END_EVENT;
		result = check_event(source, &event, &depth, &documents, error);
		yaml_event_delete(&event);
	}
	yaml_parser_delete(&parser);
	return result;
}

static int load_document(struct nic_tree *tree, const struct source *source,
			 struct config_error *error)
{
	yaml_parser_t parser;
	int result = 0;

	if (!start_parser(&parser, source))
		return -ENOMEM;
	tree->loaded = yaml_parser_load(&parser, &tree->document);
	if (!tree->loaded)
		result = parser_error(source, &parser, error);
	yaml_parser_delete(&parser);
	return result;
}

int nic_tree_load(struct nic_tree *tree, const char *path, const char *text, size_t size,
		  struct config_error *error)
{
	const struct source source = {path, text, size};
	yaml_node_t *root;
	int result;

	*tree = (struct nic_tree){.path = path};
	result = check_events(&source, error);
	if (!result)
		result = load_document(tree, &source, error);
	if (result)
		return result;
	root = yaml_document_get_root_node(&tree->document);
	if (!root)
		return nic_file_error(error, path, 0,
				      "the file is empty; a NIC file has the fields nic and ports");
	result = check_mapping(tree, root, top_keys, "a NIC file", error);
	return result ? result : check_ports(tree, error);
}

void nic_tree_clear(struct nic_tree *tree)
{
	if (tree->loaded)
		yaml_document_delete(&tree->document);
	tree->loaded = false;
}

size_t nic_tree_line(struct nic_tree *tree, int port, const char *key)
{
	yaml_node_t *mapping = yaml_document_get_root_node(&tree->document);
	yaml_node_t *value;

	if (port != NIC_TREE_TOP) {
		yaml_node_t *ports = value_of(tree, mapping, "ports");

		mapping = yaml_document_get_node(&tree->document,
						 ports->data.sequence.items.start[port]);
	}
	value = value_of(tree, mapping, key);
	return value ? line_of(value) : line_of(mapping);
}
