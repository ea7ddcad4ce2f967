/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A bench: how fast look-ups, a whole replay, and updates are, with the rules that an emulator has
 * now and the packets of some captures.
 *
 * What: the rules are put into a second ASIC (asic_copy), in the engine that was asked for, and
 * everything is measured there: the emulator, its counters and its clock stay as they are, also
 * when its rules change meanwhile.
 * - BENCH_LOOKUP reads the captures into memory and dissects them, once; then passes over all
 *   packets in their order: look up (through the flow cache) and count, as a replay does. After
 *   that it plays the captures as BENCH_REPLAY does.
 * - BENCH_REPLAY plays the captures (replay.h): read, dissect, look up, act, count.
 * - BENCH_UPDATE inserts and deletes entries while a second thread looks the packets up, all in a
 *   table that both share (TCAM_SHARED).
 *
 * Why in steps: as in replay.h.
 *
 * A run is as many whole passes as take BENCH_RUN_NS, at least one; a figure is the median of its
 * runs. No run begins when all runs of that figure have taken longer than options.seconds; then
 * there are fewer of them. Where the pass before the runs (that of the survey, the first one of the
 * replay) took longer than that, it is the only run.
 *
 * The digest names the deciding entry of every packet: 64-bit FNV-1a over, for each packet in
 * order, the number of the entry (its place in (priority, arrival) order, from 1; 0 where none
 * matched) as 4 bytes, least significant first. Engines with the same answers have the same digest.
 *
 * Threading: the emulator's event loop; BENCH_UPDATE and jobs have threads of their own that run
 * between bench_create and bench_finish.
 */
#ifndef NICEMU_ENGINE_BENCH_H
#define NICEMU_ENGINE_BENCH_H

#include <nicemu/engine/replay.h>

enum bench_kind { BENCH_LOOKUP, BENCH_REPLAY, BENCH_UPDATE };

enum { BENCH_RUNS_MIN = 5, BENCH_RUNS_DEFAULT = 7, BENCH_RUNS_MAX = 100, BENCH_RUN_NS = 20000000 };

struct bench_options {
	enum bench_kind kind;
	const struct tcam_ops *engine; /* NULL: the usual one */
	struct replay_input *inputs;   /* regular files; read from where their descriptors stand */
	size_t num_inputs;
	bool no_cache, fake_ethernet;
	unsigned int jobs;    /* of the replay */
	unsigned int runs;    /* BENCH_RUNS_MIN … BENCH_RUNS_MAX */
	double seconds;       /* budget of each figure */
	uint64_t bytes_limit; /* of memory for packets; 0: half of the machine's */
};

/* Something a second, measured several times. runs 0: not measured. */
struct bench_figure {
	size_t runs;
	double run[BENCH_RUNS_MAX];
	double median, min, max;
};

/* Packets, the processor time that they had (of all threads), and the time that they took. */
struct bench_effort {
	uint64_t packets, cpu_ns, wall_ns;
};

struct bench_capture {
	char *name;
	uint16_t port;
	struct replay_counters read;
};

struct bench_results {
	const char *engine;
	bool cache, interrupted;
	unsigned int jobs, runs_wanted;
	struct bench_capture *captures;
	size_t num_captures;

	bool built;
	double build_seconds; /* putting all entries into the table: the median of some times */
	size_t rules;
	struct asic_memory memory;
	struct tcam_measure measure;
	size_t cache_bytes;

	bool surveyed; /* all packets have been looked up: */
	uint64_t packets, bytes, matched, digest;

	struct bench_figure lookup;      /* packets */
	struct asic_cache_use cache_use; /* in its runs */
	double first_pass;               /* of a replay, packets a second; 0: not measured */
	struct bench_figure replay;      /* packets, of the passes after it */

	struct bench_effort lookup_effort, replay_effort;

	/* BENCH_UPDATE: look-ups without and with updates, and the updates meanwhile. */
	struct bench_figure alone, during, updates;
	struct bench_effort update_effort; /* of the thread that updates; packets: updates */
	uint64_t sentinel_checks, sentinel_misses;
	unsigned int cpus; /* that this process may use */
};

struct bench_progress {
	const char *what;     /* "looking up" … */
	uint64_t done, whole; /* of its own units; whole 0: not known */
};

struct bench;

/*
 * Begin. Takes the descriptors of the inputs over, also on failure. 0, or a negative errno with
 * message (size bytes) filled and *wrong_input telling whether a capture is to blame. -ESPIPE: one
 * is no regular file.
 */
int bench_create(struct bench **bench, struct emulator *emulator,
		 const struct bench_options *options, bool *wrong_input, char *message,
		 size_t size);
/* NULL is fine. */
void bench_destroy(struct bench *bench);

/* Work for some milliseconds (a slow table: one batch at least). True while there is more. */
bool bench_step(struct bench *bench);

/* The next step is the last, and the results say "interrupted". */
void bench_interrupt(struct bench *bench);

struct bench_progress bench_get_progress(const struct bench *bench);

/* After the last step: threads end, figures are made of the runs. */
void bench_finish(struct bench *bench);

/* Borrowed, until bench_destroy. Whole after bench_finish. */
const struct bench_results *bench_get_results(const struct bench *bench);

/* What ended the bench early, or NULL: text for people (out of memory …). */
const char *bench_failure(const struct bench *bench);

/* Captures that could not be read whole: as replay_get_error. */
bool bench_get_error(const struct bench *bench, size_t index, struct replay_error *error);

#endif
