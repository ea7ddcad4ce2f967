/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Names that people mistype: the nearest one that is right.
 *
 * Threading: values.
 */
#ifndef NICEMU_CONFIG_NAMES_H
#define NICEMU_CONFIG_NAMES_H

#include <stdbool.h>
#include <stddef.h>

struct suggestion {
	const char *text; /* what was written; borrowed, as are the candidates */
	const char *best; /* NULL: none is near */
	size_t distance;
};

/* Begin with {.text = …}, offer every name there is; best is then what may have been meant. */
void suggest(struct suggestion *suggestion, const char *candidate);

/* Small letters, digits and '-', not first or last; 1 to 64 characters. */
bool is_kebab(const char *text);

#endif
