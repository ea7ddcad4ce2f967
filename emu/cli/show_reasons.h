/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `nicemu show reasons`: ids of refusals, of the built-in models' clauses and of the lint's
 * findings. Threading: one thread.
 */
#ifndef NICEMU_CLI_SHOW_REASONS_H
#define NICEMU_CLI_SHOW_REASONS_H

#include "cli.h"

int show_reasons(const struct common_options *options);

#endif
