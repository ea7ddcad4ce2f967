/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The models that are built into the program: netdevsim-config/models, as embed_models.cmake
 * writes them when the program is built.
 *
 * Threading: constant.
 */
#ifndef NICEMU_CONFIG_MODEL_BUILTIN_H
#define NICEMU_CONFIG_MODEL_BUILTIN_H

#include <stddef.h>

struct builtin_model {
	const char *name, *path; /* path: inside the source tree, for messages */
	const unsigned char *text;
	size_t size;
};

/* generic, none, those that were read, experimental ones; ends with a NULL name. */
extern const struct builtin_model builtin_models[];

#endif
