/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A tree held against the schema that libcyaml will load it by. */
#include "document_check.h"

#include "names.h"

#include <stdio.h>
#include <string.h>

enum { LIST_SIZE = 320, PATH_SIZE = 128 };

/* Where the check is: the node, what the schema says of it, and what people call it. */
struct spot {
	struct document *document;
	struct config_error *error;
	yaml_node_t *node;
	const cyaml_schema_value_t *schema;
	char path[PATH_SIZE]; /* "clauses[3].when"; of the whole: "" */
	const char *noun;     /* "a port"; NULL: the path has to do */
};

static const char *name_of(const struct spot *spot)
{
	return spot->noun ? spot->noun : spot->path;
}

size_t document_line_of(const yaml_node_t *node)
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
static yaml_node_pair_t *find_pair(yaml_document_t *tree, yaml_node_t *mapping, const char *key,
				   const yaml_node_pair_t *end)
{
	yaml_node_pair_t *pair = mapping->data.mapping.pairs.start;

	for (; pair < end; pair++)
		if (!strcmp(text_of(yaml_document_get_node(tree, pair->key)), key))
			return pair;
	return NULL;
}

yaml_node_t *document_field(struct document *document, yaml_node_t *mapping, const char *field)
{
	yaml_node_pair_t *pair;

	if (!mapping || mapping->type != YAML_MAPPING_NODE)
		return NULL;
	pair = find_pair(&document->tree, mapping, field, mapping->data.mapping.pairs.top);
	return pair ? yaml_document_get_node(&document->tree, pair->value) : NULL;
}

static const char *noun_of(const struct document *document, const char *field)
{
	const struct document_noun *noun = document->kind->nouns;

	while (noun->field && strcmp(noun->field, field) != 0)
		noun++;
	return noun->noun;
}

static const cyaml_schema_field_t *find_field(const cyaml_schema_field_t *fields, const char *key)
{
	while (fields->key && strcmp(fields->key, key) != 0)
		fields++;
	return fields->key ? fields : NULL;
}

static int unknown_field(const struct spot *spot, const yaml_node_t *key)
{
	const cyaml_schema_field_t *field = spot->schema->mapping.fields;
	struct suggestion suggestion = {.text = text_of(key)};
	char list[LIST_SIZE] = "";

	for (; field->key; field++) {
		size_t used = strlen(list);

		suggest(&suggestion, field->key);
		snprintf(list + used, sizeof(list) - used, "%s%s", used ? ", " : "", field->key);
	}
	if (suggestion.best)
		return document_error(spot->error, spot->document->path, document_line_of(key),
				      "%s has no field '%.64s'; did you mean '%s'?", name_of(spot),
				      text_of(key), suggestion.best);
	return document_error(spot->error, spot->document->path, document_line_of(key),
			      "%s has no field '%.64s'; expected one of %s", name_of(spot),
			      text_of(key), list);
}

static int check_key(const struct spot *spot, const yaml_node_pair_t *pair)
{
	struct document *document = spot->document;
	const yaml_node_t *key = yaml_document_get_node(&document->tree, pair->key);
	const yaml_node_pair_t *first;

	if (key->type != YAML_SCALAR_NODE || has_nul(key))
		return document_error(spot->error, document->path, document_line_of(key),
				      "%s has a field whose name is not plain text", name_of(spot));
	if (!find_field(spot->schema->mapping.fields, text_of(key)))
		return unknown_field(spot, key);
	first = find_pair(&document->tree, spot->node, text_of(key), pair);
	if (first)
		return document_error(
			spot->error, document->path, document_line_of(key),
			"field '%s' is given twice, first on line %zu", text_of(key),
			document_line_of(yaml_document_get_node(&document->tree, first->key)));
	return 0;
}

static int check_required(const struct spot *spot)
{
	const yaml_node_pair_t *end = spot->node->data.mapping.pairs.top;

	for (const cyaml_schema_field_t *f = spot->schema->mapping.fields; f->key; f++)
		if (!(f->value.flags & CYAML_FLAG_OPTIONAL) &&
		    !find_pair(&spot->document->tree, spot->node, f->key, end))
			return document_error(spot->error, spot->document->path,
					      document_line_of(spot->node),
					      "%s needs the field '%s'", name_of(spot), f->key);
	return 0;
}

static int check_node(const struct spot *spot);

static struct spot field_spot(const struct spot *spot, const yaml_node_pair_t *pair)
{
	yaml_document_t *tree = &spot->document->tree;
	const char *key = text_of(yaml_document_get_node(tree, pair->key));
	struct spot field = *spot;

	field.node = yaml_document_get_node(tree, pair->value);
	field.schema = &find_field(spot->schema->mapping.fields, key)->value;
	field.noun = NULL;
	snprintf(field.path, sizeof(field.path), "%.80s%s%.40s", spot->path, *spot->path ? "." : "",
		 key);
	return field;
}

static int check_mapping(const struct spot *spot)
{
	const yaml_node_t *node = spot->node;
	int result = 0;

	if (node->type != YAML_MAPPING_NODE)
		return document_error(spot->error, spot->document->path, document_line_of(node),
				      "%s has fields: expected lines such as '%s: ...'",
				      name_of(spot), spot->schema->mapping.fields->key);
	for (const yaml_node_pair_t *pair = node->data.mapping.pairs.start;
	     !result && pair < node->data.mapping.pairs.top; pair++)
		result = check_key(spot, pair);
	if (!result)
		result = check_required(spot);
	for (const yaml_node_pair_t *pair = node->data.mapping.pairs.start;
	     !result && pair < node->data.mapping.pairs.top; pair++) {
		const struct spot field = field_spot(spot, pair);

		result = check_node(&field);
	}
	return result;
}

static int not_a_list(const struct spot *spot)
{
	const cyaml_schema_value_t *entry = spot->schema->sequence.entry;
	const char *noun = noun_of(spot->document, spot->path);

	if (entry->type != CYAML_MAPPING)
		return document_error(spot->error, spot->document->path,
				      document_line_of(spot->node),
				      "%s: expected a list, such as [A, B]", spot->path);
	return document_error(spot->error, spot->document->path, document_line_of(spot->node),
			      "%s: expected a list, each %s as '- %s: ...'", spot->path,
			      noun ? strchr(noun, ' ') + 1 : "item", entry->mapping.fields->key);
}

static int check_length(const struct spot *spot, size_t length)
{
	const cyaml_schema_value_t *schema = spot->schema;
	const char *noun = noun_of(spot->document, spot->path);

	noun = noun ? strchr(noun, ' ') + 1 : "item";
	if (length < schema->sequence.min)
		return document_error(spot->error, spot->document->path,
				      document_line_of(spot->node), "%s: expected at least one %s",
				      spot->path, noun);
	if (length > schema->sequence.max)
		return document_error(spot->error, spot->document->path,
				      document_line_of(spot->node), "%s: expected at most %u %ss",
				      spot->path, schema->sequence.max, noun);
	return 0;
}

static int check_sequence(const struct spot *spot)
{
	const char *noun = noun_of(spot->document, spot->path);
	yaml_node_t *node = spot->node;
	struct spot item = *spot;
	size_t length;
	int result;

	if (node->type != YAML_SEQUENCE_NODE)
		return not_a_list(spot);
	length = (size_t)(node->data.sequence.items.top - node->data.sequence.items.start);
	result = check_length(spot, length);
	item.schema = spot->schema->sequence.entry;
	for (size_t i = 0; !result && i < length; i++) {
		item.node = yaml_document_get_node(&spot->document->tree,
						   node->data.sequence.items.start[i]);
		item.noun = noun;
		snprintf(item.path, sizeof(item.path), "%.100s[%zu]", spot->path, i);
		result = check_node(&item);
	}
	return result;
}

static int check_scalar(const struct spot *spot)
{
	size_t line = document_line_of(spot->node);

	if (spot->node->type != YAML_SCALAR_NODE)
		return document_error(spot->error, spot->document->path, line,
				      "%s: expected one value, not a %s", spot->path,
				      spot->node->type == YAML_MAPPING_NODE ? "mapping" : "list");
	if (has_nul(spot->node))
		return document_error(spot->error, spot->document->path, line,
				      "%s: holds a NUL character", spot->path);
	return 0;
}

static int check_node(const struct spot *spot)
{
	switch (spot->schema->type) {
	case CYAML_MAPPING: return check_mapping(spot);
	case CYAML_SEQUENCE: return check_sequence(spot);
	default: return check_scalar(spot);
	}
}

static int empty_file(const struct spot *spot)
{
	char list[LIST_SIZE] = "";

	for (const cyaml_schema_field_t *f = spot->schema->mapping.fields; f->key; f++) {
		size_t used = strlen(list);

		if (!(f->value.flags & CYAML_FLAG_OPTIONAL))
			snprintf(list + used, sizeof(list) - used, "%s%s", used ? ", " : "",
				 f->key);
	}
	return document_error(spot->error, spot->document->path, 0,
			      "the file is empty; %s needs the fields %s", spot->noun, list);
}

int document_check(struct document *document, struct config_error *error)
{
	struct spot spot = {
		.document = document,
		.error = error,
		.node = yaml_document_get_root_node(&document->tree),
		.schema = document->kind->schema,
		.noun = document->kind->what,
	};

	return spot.node ? check_node(&spot) : empty_file(&spot);
}
