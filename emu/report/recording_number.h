/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Numbers for a recording's cookies and blocks, in the order of their first appearance.
 *
 * A cookie may live in several bindings at once (a flowtable offers a flow to each device). It ends
 * when it was destroyed in the last of them; used again it is another rule, with another number.
 * Of those that no binding has, the last 65536 are remembered: memory is bounded by what the NIC
 * holds.
 * Threading: none.
 */
#ifndef NICEMU_REPORT_RECORDING_NUMBER_H
#define NICEMU_REPORT_RECORDING_NUMBER_H

#include <nicemu/offload/offload.h>

struct numbers;

/* NULL when memory is out. NULL is fine for numbers_destroy. */
struct numbers *numbers_create(void);
void numbers_destroy(struct numbers *numbers);

/* The number of the event's cookie, or 0 when memory is out. Call it once an event. */
uint64_t numbers_cookie(struct numbers *numbers, const struct offload_event *event);

/* The number of the binding's block, or 0 when memory is out: at BIND. */
uint64_t numbers_block(struct numbers *numbers, const struct offload_event *event);

/* At RELEASE: what was left in the binding has ended. */
void numbers_release(struct numbers *numbers, const struct offload_binding *binding);

#endif
