/* SPDX-License-Identifier: GPL-2.0-or-later */
/* nicemu show model. Threading: one thread. */
#ifndef NICEMU_CLI_SHOW_MODEL_H
#define NICEMU_CLI_SHOW_MODEL_H

#include "cli.h"

/*
 * The model of that name or file; NULL: that of -m or -n, and without these a list of all; current
 * (NULL: none) is the running emulator's. An exit status.
 */
int show_model(const char *name, const char *current, const struct common_options *options);

#endif
