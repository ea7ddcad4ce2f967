/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A document as people get it, 100 columns wide. Threading: one thread. */
#ifndef NICEMU_TESTS_PRINTED_H
#define NICEMU_TESTS_PRINTED_H

#include <nicemu/report/report.h>

typedef void (*print_fn)(FILE *out, const json_t *document, const struct report_style *style);

/* The caller frees it. */
char *printed(print_fn print, const json_t *document, bool color);

#endif
