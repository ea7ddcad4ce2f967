/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is to be known of a whole check. Threading: one thread. */
#ifndef NICEMU_CLI_CHECK_NOTES_H
#define NICEMU_CLI_CHECK_NOTES_H

#include "check_arguments.h"

#include <jansson.h>

/*
 * A model is a driver as it was read in certain kernels. For each model with which a kernel of
 * another time was asked for (-k): a note in notes, and on stderr. EXIT_DONE, or another status
 * after a complaint.
 */
int check_notes_add(const struct check_arguments *a, json_t *notes);

#endif
