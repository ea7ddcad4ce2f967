/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What one thread of a replay has counted since its counts were last collected.
 *
 * Why apart from the results: threads share no line that they write, and a batch is summed up in
 * registers. What a port received is not counted here, as it is what its captures played.
 *
 * Threading: the thread that counts; tally_collect while it rests.
 */
#ifndef NICEMU_ENGINE_TALLY_H
#define NICEMU_ENGINE_TALLY_H

#include "input.h"

struct tally_capture {
	struct replay_counters played, host; /* host: of these, passed to it */
	uint64_t filtered, truncated, malformed;
};

struct tally {
	struct tally_capture *captures;
	size_t num_captures;
	struct replay_counters fates[ASIC_FATES], mirrored;
	struct replay_counters unmatched; /* not in fates[ASIC_HOST] */
	struct replay_counters *sent;     /* by port, NIC_PORTS_MAX of them */
	uint64_t latest_ns;
};

/* 0 or -ENOMEM; tally_clear in both cases. */
int tally_init(struct tally *tally, size_t num_captures);
void tally_clear(struct tally *tally);

/* A batch with what the dissector said of its packets, and what became of them. */
void tally_batch(struct tally *tally, const struct input_batch *batch, const uint32_t *flags,
		 const struct asic_decision *const *decisions);

/*
 * Add everything to the results and, unless NULL, to what the first num_ports ports have counted
 * since the start; and begin anew.
 */
void tally_collect(struct tally *tally, struct replay_results *results,
		   struct emulator_port_counters *since_start, size_t num_ports);

#endif
