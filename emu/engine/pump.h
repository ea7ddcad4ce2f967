/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The pump: units of packets from the inputs through the NIC to the outputs, by one thread or by
 * several at the same time.
 *
 * How: every thread has a lane. It takes the next unit (some batches) from the inputs, alone;
 * filters, dissects, looks up and counts it, side by side with the others; and writes it to the
 * outputs when it is its turn, which is the order of reading. So outputs are the same with any
 * number of threads, and counts are sums.
 *
 * Why the same thread from end to end: the bytes of a unit are in its core's cache from reading on.
 *
 * Why units: threads meet once a unit, not once a packet; and one thread alone is faster, too, by
 * an eighth, when it reads some batches in a row: they are more than the first-level cache holds,
 * but the memory is asked for many lines at the same time.
 *
 * Invariants: units are taken in order, and each that is taken is played to its end; so what has
 * been played when pump_run returns is a prefix of the packets. No unit is taken that is so far
 * ahead of the oldest at work that the inputs would let go of that one's bytes.
 *
 * Threading: one owner. Its threads work only inside pump_run; between two calls they rest, and
 * everything may be looked at and changed.
 */
#ifndef NICEMU_ENGINE_PUMP_H
#define NICEMU_ENGINE_PUMP_H

#include "input.h"
#include "lane.h"
#include "output.h"

#include <pthread.h>

struct pump {
	struct inputs *inputs;   /* borrowed, like the outputs */
	struct outputs *outputs; /* opened when pump_run is called */
	struct lane **lanes;
	size_t num_lanes;
	size_t max_units; /* from the oldest one at work on */

	/* Taking units. */
	pthread_mutex_t reading;
	pthread_cond_t room; /* the oldest unit at work is another one */
	uint64_t next_unit;
	uint64_t deadline_ns; /* of pump_run, by the system's clock */
	bool resting;         /* no more units in this call of pump_run */
	bool ended;

	/* Writing units. */
	pthread_mutex_t writing;
	pthread_cond_t turn; /* next_written is another one */
	uint64_t next_written;

	/* Who works. */
	pthread_mutex_t crew;
	pthread_cond_t called; /* round or quit has changed */
	pthread_cond_t rested; /* working has become 0 */
	uint64_t round;        /* calls of pump_run so far */
	size_t working;        /* threads besides the caller's */
	size_t threads;        /* that have been started */
	bool quit;
};

/* How many batches must stay valid (inputs_open). */
size_t pump_keep(const struct replay_options *options);

/* Without lanes yet; pump_clear can be called from here on. */
void pump_init(struct pump *pump, struct inputs *inputs, struct outputs *outputs);

/*
 * Make the lanes, and the threads, which rest at once. The inputs are open, and keep what pump_keep
 * said. jobs: at least 1; max_batches is the pump's own to choose. 0, -ENOMEM, or the negative
 * errno that there is no thread for.
 */
int pump_start(struct pump *pump, unsigned int jobs, const struct lane_options *options);

/* Ends the threads. */
void pump_clear(struct pump *pump);

/* Play for so long, by the system's clock. True while there is more. */
bool pump_run(struct pump *pump, uint64_t duration_ns);

uint64_t system_ns(void);

#endif
