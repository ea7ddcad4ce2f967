/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Threading: any number; nothing is shared. */
#ifndef NICEMU_CLI_WRITE_ALL_H
#define NICEMU_CLI_WRITE_ALL_H

#include <stddef.h>

/*
 * All of the block, in as many pieces as it takes: on a full disk it is the piece after a short one
 * that says why. 0 or a negative errno.
 */
int write_all(int to, const char *block, size_t size);

#endif
