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
int check_notes_models(const struct check_arguments *a, json_t *notes);
/* Of a whole check in which there was nothing to say no to: that looks like a good one. */
void check_notes_nothing(const struct check_arguments *a, const json_t *runs, json_t *notes);

#endif
