/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Pieces of tables that several documents have. Threading: none. */
#ifndef NICEMU_REPORT_PRINT_H
#define NICEMU_REPORT_PRINT_H

#include <nicemu/report/report.h>

/* Ports with what they received and sent; all: also those that did neither. */
void print_port_counters(FILE *out, const json_t *ports, bool all,
			 const struct report_style *style);

/* used_keys, keys and actions of a record (a rule of the driver's view, a REPLACE), indented. */
void print_flow_rule(FILE *out, const json_t *rule);

#endif
