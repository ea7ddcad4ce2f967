/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A replay: captures go through the NIC, packets are counted by fate, and what leaves is written.
 *
 * What: read -> filter -> dissect -> asic_process -> count -> outputs, in batches. The captures are
 * taken one after the other, or merged by time stamp; a loop repeats all of them with the time
 * stamps moved on, one microsecond after the last packet of the pass before.
 *
 * Why in steps: the emulator's event loop owns the NIC. A step is a few milliseconds of packets;
 * between steps control messages are handled, so that they take effect at a packet index.
 *
 * What is counted is this replay's own, also when the NIC has counted before: rule counts are
 * differences to the totals at replay_create.
 *
 * Faults of one input or output do not end the replay: the good part of every input is played,
 * the rest of an output is left out, and replay_error tells of each, once.
 *
 * Invariants: packets = drop + redirect + host; the sum over captures is packets; the clock never
 * goes back, so captures that are not in order of time leave it where it was.
 *
 * With several jobs, threads of the replay's own play during a step, next to the caller's. They
 * rest between steps, and have no signal but the system's own complaints.
 *
 * Threading: the emulator's event loop.
 */
#ifndef NICEMU_ENGINE_REPLAY_H
#define NICEMU_ENGINE_REPLAY_H

#include <nicemu/engine/emulator.h>
#include <nicemu/ports/capture.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct replay_input {
	int fd;           /* taken over */
	const char *name; /* borrowed during replay_create */
	/*
	 * Number of the port that the packets arrive on. What a VF with a representor sends arrives
	 * at the representor (nic_rules_port): there the ASIC looks it up.
	 */
	uint16_t port;
};

/* What an output gets. */
enum replay_tap {
	REPLAY_TAP_PORT, /* what leaves by a port: redirected packets and mirrored copies */
	REPLAY_TAP_HOST, /* what is passed to the host */
	REPLAY_TAP_DROP, /* what is dropped */
	REPLAY_TAP_ALL,  /* every packet, with a comment on what became of it */
};

struct replay_output {
	int fd;           /* taken over */
	const char *name; /* borrowed during replay_create */
	enum replay_tap tap;
	uint16_t port; /* REPLAY_TAP_PORT */
	enum capture_format format;
};

enum { REPLAY_JOBS_MAX = 64 };

struct replay_options {
	struct replay_input *inputs;
	size_t num_inputs;
	struct replay_output *outputs;
	size_t num_outputs;
	const char *filter; /* tcpdump expression, or NULL */
	uint64_t loops;     /* passes over the captures, at least 1 */
	bool merge;
	bool fake_ethernet;
	/*
	 * How many threads play, 0 and 1: only the caller's. Nothing that a replay counts, writes
	 * or reports depends on it.
	 */
	unsigned int jobs;
	bool no_cache; /* the workers get no flow cache (asic.h) */
	/*
	 * For measurements: play through this ASIC (a copy, say) and not the emulator's, NULL. Then
	 * the emulator stays as it is: its ports' counters and its clock do not move, and what its
	 * rules counted (replay_rule_counts) is 0. Borrowed until replay_destroy.
	 */
	struct asic *asic;
	/* Who watches (observers_begin); NULL: nobody. Borrowed until replay_finish. */
	struct observers *observers;
	/*
	 * Names the rule that decided, for the comments of REPLAY_TAP_ALL and of observers: "netdev
	 * t c handle 4: ip saddr …". Borrowed until the next call; NULL: not known. May be NULL.
	 */
	const char *(*describe)(void *context, uint32_t binding, uint64_t cookie);
	void *describe_context;
};

struct replay_counters {
	uint64_t packets, bytes; /* bytes: wire length */
};

struct replay_capture {
	char *name;
	uint16_t port;      /* as given */
	uint16_t host_port; /* at whose host side comes out what no rule takes away */
	struct replay_counters played;
	uint64_t filtered;  /* packets that --filter left out: read, not played */
	uint64_t truncated; /* cut by a snap length */
	uint64_t malformed; /* lengths that contradict each other */
};

struct replay_results {
	struct replay_capture *captures;
	size_t num_captures;
	struct replay_counters total, fates[ASIC_FATES], mirrored, unmatched;
	struct emulator_port_counters *ports; /* NIC_PORTS_MAX of them, by port number */
	double elapsed_seconds;               /* of the system's clock */
	bool interrupted;
};

enum replay_fault { REPLAY_INPUT_FAULT, REPLAY_OUTPUT_FAULT };

struct replay_error {
	enum replay_fault fault;
	int error; /* negative errno */
	bool has_offset;
	uint64_t offset;  /* where an input went wrong, bytes */
	const char *name; /* of the file */
	const char *text; /* "file: offset N: what is wrong" */
};

struct replay_progress {
	uint64_t packets;
	uint64_t done, whole; /* bytes of capture files, over all passes; whole 0: not known */
};

struct replay;

/*
 * Begin. Takes the descriptors of all inputs and outputs over, also on failure. 0, or a negative
 * errno with message (size bytes) filled and *wrong_input telling whether an input is to blame.
 * Else -EINVAL says that the options are, any other that the system lacks memory or threads.
 * Regular files are opened here, pipes when it is their turn.
 */
int replay_create(struct replay **replay, struct emulator *emulator,
		  const struct replay_options *options, bool *wrong_input, char *message,
		  size_t size);

/* Closes what is still open. NULL is fine. */
void replay_destroy(struct replay *replay);

/* Play for some milliseconds (at least one batch, if one is there). True while there is more. */
bool replay_step(struct replay *replay);

/* The next step is the last, and the results say "interrupted". */
void replay_interrupt(struct replay *replay);

struct replay_progress replay_get_progress(const struct replay *replay);

/* After the last step: flush and close the outputs. Errors may be added. */
void replay_finish(struct replay *replay);

/* Borrowed, until replay_destroy. Whole after replay_finish. */
const struct replay_results *replay_get_results(const struct replay *replay);

/* The errors in the order in which they were met; false past the last. */
bool replay_get_error(const struct replay *replay, size_t index, struct replay_error *error);

/*
 * What a live rule counted since replay_create. last_used_ns is 0 where it counted nothing. 0, or
 * -ENOENT.
 */
int replay_rule_counts(const struct replay *replay, uint32_t binding, uint64_t cookie,
		       struct offload_stats *counts);

#endif
