/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pump.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>

enum {
	UNIT_BATCHES = 8,
	/* How many units threads may be ahead of the slowest; its CPU may be busy elsewhere. */
	UNITS_AHEAD_MAPPED = 64,
	UNITS_AHEAD = 6, /* the bytes of these are in memory of our own */
};

uint64_t system_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

size_t pump_keep(const struct replay_options *options)
{
	size_t ahead = inputs_are_mapped(options) ? UNITS_AHEAD_MAPPED : UNITS_AHEAD;

	if (options->jobs <= 1)
		return UNIT_BATCHES;
	/* And the batch that is being read. */
	return (options->jobs + ahead) * UNIT_BATCHES + 1;
}

/* --- units --- */

/* The caller has the lock on reading. */
static uint64_t oldest_unit(const struct pump *pump)
{
	uint64_t oldest = pump->next_unit;

	for (size_t i = 0; i < pump->num_lanes; i++)
		if (pump->lanes[i]->busy && pump->lanes[i]->unit < oldest)
			oldest = pump->lanes[i]->unit;
	return oldest;
}

/* A batch that is not full ends the unit: of a pipe, nothing that has come is held back. */
static void read_unit(struct pump *pump, struct lane *lane)
{
	int got = CAPTURE_BATCH;

	lane->num_batches = 0;
	while (got == CAPTURE_BATCH && lane->num_batches < UNIT_BATCHES) {
		got = inputs_next(pump->inputs, &lane->batches[lane->num_batches].in);
		lane->num_batches += got > 0;
	}
	pump->ended = got == INPUTS_END;
	if (pump->ended || got == INPUTS_WAIT || system_ns() >= pump->deadline_ns)
		pump->resting = true;
	lane->busy = lane->num_batches > 0;
	lane->unit = pump->next_unit;
	pump->next_unit += lane->busy;
}

/* Take the next unit, the one at hand being done. False: there is none in this round. */
static bool take_unit(struct pump *pump, struct lane *lane)
{
	pthread_mutex_lock(&pump->reading);
	if (lane->busy && pump->num_lanes > 1)
		pthread_cond_broadcast(&pump->room);
	lane->busy = false;
	while (!pump->resting && pump->next_unit - oldest_unit(pump) >= pump->max_units)
		pthread_cond_wait(&pump->room, &pump->reading);
	if (!pump->resting)
		read_unit(pump, lane);
	pthread_mutex_unlock(&pump->reading);
	return lane->busy;
}

static void write_unit(struct pump *pump, const struct lane *lane)
{
	if (!outputs_wanted(pump->outputs))
		return;
	pthread_mutex_lock(&pump->writing);
	while (pump->next_written != lane->unit)
		pthread_cond_wait(&pump->turn, &pump->writing);
	for (size_t i = 0; i < lane->num_batches; i++)
		outputs_write(pump->outputs, &lane->batches[i].in, lane->batches[i].decisions);
	pump->next_written++;
	pthread_cond_broadcast(&pump->turn);
	pthread_mutex_unlock(&pump->writing);
}

static void work(struct pump *pump, struct lane *lane)
{
	while (take_unit(pump, lane)) {
		lane_play(lane);
		write_unit(pump, lane);
	}
}

/* --- the crew --- */

/* Wait for a round after this one. False: there will be none. */
static bool wait_for_round(struct pump *pump, uint64_t *round)
{
	bool quit;

	pthread_mutex_lock(&pump->crew);
	while (pump->round == *round && !pump->quit)
		pthread_cond_wait(&pump->called, &pump->crew);
	*round = pump->round;
	quit = pump->quit;
	pthread_mutex_unlock(&pump->crew);
	return !quit;
}

static void end_round(struct pump *pump)
{
	pthread_mutex_lock(&pump->crew);
	if (--pump->working == 0)
		pthread_cond_signal(&pump->rested);
	pthread_mutex_unlock(&pump->crew);
}

static void *thread_main(void *context)
{
	struct lane *lane = context;
	uint64_t round = 0;

	while (wait_for_round(lane->pump, &round)) {
		work(lane->pump, lane);
		end_round(lane->pump);
	}
	return NULL;
}

static void call_crew(struct pump *pump)
{
	pthread_mutex_lock(&pump->crew);
	pump->round++;
	pump->working = pump->threads;
	pthread_cond_broadcast(&pump->called);
	pthread_mutex_unlock(&pump->crew);
}

static void wait_for_crew(struct pump *pump)
{
	pthread_mutex_lock(&pump->crew);
	while (pump->working)
		pthread_cond_wait(&pump->rested, &pump->crew);
	pthread_mutex_unlock(&pump->crew);
}

bool pump_run(struct pump *pump, uint64_t duration_ns)
{
	pump->resting = pump->ended;
	pump->deadline_ns = system_ns() + duration_ns;
	if (pump->threads && !pump->ended)
		call_crew(pump);
	work(pump, pump->lanes[0]);
	if (pump->threads)
		wait_for_crew(pump);
	return !pump->ended;
}

/* All signals are the event loop's, but those that a thread's own instructions raise. */
static int start_threads(struct pump *pump)
{
	static const int own[] = {SIGBUS, SIGSEGV, SIGFPE, SIGILL, SIGTRAP, SIGSYS};
	sigset_t all, before;
	int error = 0;

	sigfillset(&all);
	for (size_t i = 0; i < sizeof(own) / sizeof(*own); i++)
		sigdelset(&all, own[i]);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	for (size_t i = 1; i < pump->num_lanes && !error; i++) {
		error = pthread_create(&pump->lanes[i]->thread, NULL, thread_main, pump->lanes[i]);
		pump->threads += !error;
	}
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return -error;
}

static int make_lanes(struct pump *pump, unsigned int jobs, const struct lane_options *options)
{
	pump->lanes = calloc(jobs, sizeof(struct lane *));
	if (!pump->lanes)
		return -ENOMEM;
	for (unsigned int i = 0; i < jobs; i++) {
		pump->lanes[i] = lane_create(options);
		if (!pump->lanes[i])
			return -ENOMEM;
		pump->lanes[i]->pump = pump;
		pump->num_lanes++;
	}
	return 0;
}

void pump_init(struct pump *pump, struct inputs *inputs, struct outputs *outputs)
{
	*pump = (struct pump){.inputs = inputs, .outputs = outputs};
	pthread_mutex_init(&pump->reading, NULL);
	pthread_mutex_init(&pump->writing, NULL);
	pthread_mutex_init(&pump->crew, NULL);
	pthread_cond_init(&pump->room, NULL);
	pthread_cond_init(&pump->turn, NULL);
	pthread_cond_init(&pump->called, NULL);
	pthread_cond_init(&pump->rested, NULL);
}

int pump_start(struct pump *pump, unsigned int jobs, const struct lane_options *options)
{
	struct lane_options with_batches = *options;
	int ret;

	pump->max_units = jobs == 1 ? 1 : (pump->inputs->keep - 1) / UNIT_BATCHES;
	with_batches.max_batches = UNIT_BATCHES;
	ret = make_lanes(pump, jobs, &with_batches);
	return ret ? ret : start_threads(pump);
}

static void end_threads(struct pump *pump)
{
	pthread_mutex_lock(&pump->crew);
	pump->quit = true;
	pthread_cond_broadcast(&pump->called);
	pthread_mutex_unlock(&pump->crew);
	for (size_t i = 1; i <= pump->threads; i++)
		pthread_join(pump->lanes[i]->thread, NULL);
}

void pump_clear(struct pump *pump)
{
	end_threads(pump);
	for (size_t i = 0; i < pump->num_lanes; i++)
		lane_destroy(pump->lanes[i]);
	free(pump->lanes);
	pthread_mutex_destroy(&pump->reading);
	pthread_mutex_destroy(&pump->writing);
	pthread_mutex_destroy(&pump->crew);
	pthread_cond_destroy(&pump->room);
	pthread_cond_destroy(&pump->turn);
	pthread_cond_destroy(&pump->called);
	pthread_cond_destroy(&pump->rested);
}
