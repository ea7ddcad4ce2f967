/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names in files of ours. Threading: values. */
#ifndef NICEMU_CONFIG_NAMES_H
#define NICEMU_CONFIG_NAMES_H

#include <nicemu/config/suggest.h>

#include <stdbool.h>

/* Small letters, digits and '-', not first or last; 1 to 64 characters. */
bool is_kebab(const char *text);

#endif
