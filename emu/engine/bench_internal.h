/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The parts of a bench. Each kind is a row of phases; a phase is called until it says that it is
 * done, for a few milliseconds at a time. Threading: as in bench.h.
 */
#ifndef NICEMU_ENGINE_BENCH_INTERNAL_H
#define NICEMU_ENGINE_BENCH_INTERNAL_H

#include "bench_figure.h"
#include "bench_trace.h"

#include <nicemu/engine/bench.h>

enum { BENCH_STEP_NS = 20000000, BENCH_FAILURE_SIZE = 300 };

/* What a phase says at the end of a step. */
enum bench_answer { BENCH_MORE, BENCH_NEXT, BENCH_FAILED };

struct bench_error {
	struct capture_error fault;
	const char *name; /* the capture's, of results */
};

struct bench_update;

struct bench {
	struct emulator *emulator;
	struct bench_options options;
	struct bench_results results;
	int *fds;        /* the captures', ours */
	int64_t *starts; /* where they stood */
	const struct bench_phase *phase;
	bool interrupted, ended;
	char failure[BENCH_FAILURE_SIZE];
	struct bench_error *errors; /* at most one a capture */
	size_t num_errors;

	struct asic *asic;              /* the copy */
	struct asic_building *building; /* half-way */
	uint64_t building_ns;           /* spent on it */
	double builds[3];
	size_t num_builds;

	/* Survey: every capture is read, and every packet looked up, once. */
	struct asic_worker *worker;
	struct bench_trace trace; /* kept for more passes, or of one batch */
	uint64_t trace_bytes;
	struct capture *capture; /* the one at hand */
	size_t current;
	uint64_t survey_ns; /* of it, for looking up */

	/* Runs of look-ups. */
	struct bench_meter lookup_meter;
	struct asic_cache_use cache_before;
	size_t next_batch, stride;

	/* Replays: first one pass, then one with many, whose first is not counted either. */
	struct replay *replay;
	uint64_t pass_packets;    /* 0: the first pass is not over */
	uint64_t replay_spent_ns; /* in runs */
	struct bench_replay_runs {
		uint64_t now_ns;                /* time in steps */
		uint64_t seen_packets, seen_ns; /* at the end of the last step */
		uint64_t run_begun;             /* the run at hand: at which packet, and when */
		double run_begun_ns;            /* 0: not yet */
	} replay_runs;
	struct bench_update *update;
};

struct bench_phase {
	const char *what;
	enum bench_answer (*step)(struct bench *bench);
	void (*progress)(const struct bench *bench, struct bench_progress *progress);
};

/* BENCH_FAILED, with the reason for people. */
enum bench_answer bench_fail(struct bench *bench, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* A descriptor of the capture's own, at its start; or a negative errno. */
int bench_capture_fd(const struct bench *bench, size_t index);

/* bench_build.c, bench_survey.c, bench_lookup.c, bench_replay.c, bench_update.c */
enum bench_answer bench_build_step(struct bench *bench);
enum bench_answer bench_survey_step(struct bench *bench);
void bench_survey_progress(const struct bench *bench, struct bench_progress *progress);
enum bench_answer bench_lookup_step(struct bench *bench);
void bench_lookup_progress(const struct bench *bench, struct bench_progress *progress);
enum bench_answer bench_first_pass_step(struct bench *bench);
enum bench_answer bench_replay_step(struct bench *bench);
void bench_replay_progress(const struct bench *bench, struct bench_progress *progress);
enum bench_answer bench_update_step(struct bench *bench);
void bench_update_progress(const struct bench *bench, struct bench_progress *progress);
/* Ends its thread. NULL is fine. */
void bench_update_destroy(struct bench_update *update);

#endif
