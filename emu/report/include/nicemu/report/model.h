/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What `nicemu show model` tells of a NIC model: everything that its file says, with the sources,
 * and what is unknown together with what nicemu does then.
 *
 * Invariants as in report.h. Threading: pure functions over their arguments.
 */
#ifndef NICEMU_REPORT_MODEL_H
#define NICEMU_REPORT_MODEL_H

#include <nicemu/config/model.h>
#include <nicemu/report/report.h>

/* New references, or NULL when memory is out. */
json_t *report_model(const struct model *model);
/* One line a model: {"name", "title", "status", "front_ends", "switchdev", "clauses"}. */
json_t *report_model_summary(const struct model *model);

void report_print_model(FILE *out, const json_t *document, const struct report_style *style);
/* {"models": [summaries], "current": name of the running emulator's model, or null} */
void report_print_models(FILE *out, const json_t *document, const struct report_style *style);

#endif
