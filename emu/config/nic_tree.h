/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A NIC file as a tree of YAML nodes: which keys are where, on which line.
 *
 * libcyaml loads a file into structs, but forgets the lines, keeps quiet about a key that is
 * written twice and does not suggest the right one. This reads the file once more for that.
 *
 * Threading: one owner.
 */
#ifndef NICEMU_CONFIG_NIC_TREE_H
#define NICEMU_CONFIG_NIC_TREE_H

#include <nicemu/config/nic.h>

#include <yaml.h>

struct nic_tree {
	const char *path; /* for messages; borrowed */
	yaml_document_t document;
	bool loaded;
};

enum { NIC_TREE_TOP = -1 }; /* instead of a port's index */

/*
 * Read text (size bytes) and check that it is one mapping with known keys, each once, the required
 * ones there, `ports` a list of such mappings, and no NUL characters, aliases or deep nesting. 0,
 * -ENOMEM or -EINVAL with error filled. Free with nic_tree_clear in any case.
 */
int nic_tree_load(struct nic_tree *tree, const char *path, const char *text, size_t size,
		  struct config_error *error);
void nic_tree_clear(struct nic_tree *tree);

/* Line (from 1) of a key's value: of the file (port NIC_TREE_TOP) or of a port. 1 if not there. */
size_t nic_tree_line(struct nic_tree *tree, int port, const char *key);

/* Fill error with "PATH:LINE: " (line 0: "PATH: ") and the text, for a terminal. -EINVAL. */
int nic_file_error(struct config_error *error, const char *path, size_t line, const char *format,
		   ...) __attribute__((format(printf, 4, 5)));

#endif
