/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Names that people mistype, in files and options: the nearest one that is right.
 *
 * Threading: values.
 */
#ifndef NICEMU_CONFIG_SUGGEST_H
#define NICEMU_CONFIG_SUGGEST_H

#include <stddef.h>

struct suggestion {
	const char *text; /* what was written; borrowed, as are the candidates */
	const char *best; /* NULL: none is near */
	size_t distance;
};

/* Begin with {.text = …}, offer every name there is; best is then what may have been meant. */
void suggest(struct suggestion *suggestion, const char *candidate);

#endif
