/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Carry out a row on a NIC of its own; and which rows a model must have. */
#ifndef NICEMU_TESTS_RUN_H
#define NICEMU_TESTS_RUN_H

#include "rows.h"

#include <nicemu/config/model.h>

/* False: error (of size bytes) says what was wanted and what came. */
bool row_run(const char *model, const struct row *row, char *error, size_t size);

/* Rows that the model needs and that are not there: complain is called for each. */
void rows_needed(const struct model *model, const struct rows *rows,
		 void (*complain)(void *context, const char *what), void *context);

#endif
