/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A YAML file that a libcyaml schema describes, with the lines of all that stands in it.
 *
 * Why: libcyaml loads a file into structs, but forgets the lines, keeps quiet about a field that is
 * written twice and does not suggest the right one. So the text is read three times: its events,
 * for what is dangerous or slow; as a tree of nodes, which is held against the same schema and
 * keeps the lines; and by libcyaml. A schema has mappings, sequences and scalars; all scalars are
 * texts (libcyaml's numbers let "1e6" pass as 1), read strictly by what place.h has.
 *
 * Threading: one owner.
 */
#ifndef NICEMU_CONFIG_DOCUMENT_H
#define NICEMU_CONFIG_DOCUMENT_H

#include <nicemu/config/nic.h>

#include <cyaml/cyaml.h>
#include <yaml.h>

enum { DOCUMENT_SIZE_MAX = 1 << 20 };

/* What an item of the list in that field is called: {"ports", "a port"}. */
struct document_noun {
	const char *field, *noun;
};

struct document_kind {
	const char *what;                   /* "a NIC file" */
	const cyaml_schema_value_t *schema; /* a mapping, by pointer */
	const struct document_noun *nouns;  /* ends with {0} */
};

struct document {
	const char *path; /* for messages; borrowed */
	const struct document_kind *kind;
	yaml_document_t tree;
	bool has_tree;
	void *structs; /* what the schema makes of it */
};

/*
 * The whole file; the caller frees *text in any case. 0, -ENOMEM, or -errno with error filled
 * (-EFBIG: longer than DOCUMENT_SIZE_MAX). A pipe is waited for until SIGINT, SIGTERM or SIGHUP
 * comes (-EINTR where they are blocked); a FIFO that has a name is refused (-EINVAL).
 */
int document_read(const char *path, const char *what, char **text, size_t *size,
		  struct config_error *error);

/*
 * Load from memory. 0, -ENOMEM or -EINVAL with error filled. End with document_clear in any case.
 */
int document_load(struct document *document, const struct document_kind *kind, const char *path,
		  const char *text, size_t size, struct config_error *error);
void document_clear(struct document *document);

/* Fill error with "PATH:LINE: " (line 0: "PATH: ") and the text, for a terminal. -EINVAL. */
int document_error(struct config_error *error, const char *path, size_t line, const char *format,
		   ...) __attribute__((format(printf, 4, 5)));

size_t document_line_of(const yaml_node_t *node);
/* The value of a mapping's field, or NULL. */
yaml_node_t *document_field(struct document *document, yaml_node_t *mapping, const char *field);

#endif
