/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Time as the emulated NIC sees it: nanoseconds since the epoch, moved only by engine/.
 *
 * Why: in a replay, time is the captures' time, so that two runs give the same bytes; nothing below
 * engine/ asks the system for the time.
 *
 * Invariant: it never goes back. Threading: written between packet batches by the owner of the
 * pump, read by anyone in that thread.
 */
#ifndef NICEMU_BASE_CLOCK_H
#define NICEMU_BASE_CLOCK_H

#include <stdint.h>

struct clock {
	uint64_t now_ns;
};

static inline void clock_advance(struct clock *clock, uint64_t now_ns)
{
	if (now_ns > clock->now_ns)
		clock->now_ns = now_ns;
}

#endif
