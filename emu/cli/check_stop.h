/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Ctrl-C in `nicemu check`: what has been found until then is worth a report.
 *
 * Between begin and end, SIGINT and SIGTERM end nothing by themselves: the check asks
 * check_stopped between its steps and comes to its report. A second one ends nicemu as ever.
 * Ignored signals stay ignored. Threading: one thread; one check a process.
 */
#ifndef NICEMU_CLI_CHECK_STOP_H
#define NICEMU_CLI_CHECK_STOP_H

#include <stdbool.h>

void check_stop_begin(void);
/* Signals do again what they did before; check_stopped keeps its answer. */
void check_stop_end(void);

/* Has one come? */
bool check_stopped(void);
/* One came that went on to nft: number, or 0 for none. Others than those above are nothing. */
void check_stop_note(int number);

#endif
