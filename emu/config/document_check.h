/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The two steps of document_load before libcyaml. Both: 0, -ENOMEM or -EINVAL with error filled.
 *
 * Threading: as document.h.
 */
#ifndef NICEMU_CONFIG_DOCUMENT_CHECK_H
#define NICEMU_CONFIG_DOCUMENT_CHECK_H

#include "document.h"

/* Its YAML is sound, one document, without aliases and deep nesting: then document->tree. */
int document_load_tree(struct document *document, const char *text, size_t size,
		       struct config_error *error);

/*
 * The tree is what the schema says: fields known, each once, the needed ones there; mappings,
 * lists and values where they belong; lists as long as they may be; no NUL characters.
 */
int document_check(struct document *document, struct config_error *error);

#endif
