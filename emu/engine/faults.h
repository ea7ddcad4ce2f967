/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The faults of a replay's inputs and outputs, in the order in which one thread alone meets them.
 *
 * Why an order of its own: with several threads, batches are read long before earlier ones are
 * written, so a fault of an input can be found before an older one of an output. Each fault says
 * which batch it belongs to; within one, reading comes before writing.
 *
 * Threading: faults_add from any thread; all else while nobody adds.
 */
#ifndef NICEMU_ENGINE_FAULTS_H
#define NICEMU_ENGINE_FAULTS_H

#include <nicemu/engine/replay.h>

#include <pthread.h>

/* In place of a batch's number, which is from 1: before and after all batches. */
#define FAULTS_AT_BEGIN UINT64_C(0)
#define FAULTS_AT_END   UINT64_MAX

struct fault {
	uint64_t batch;
	struct replay_error error; /* name and text are owned */
};

struct faults {
	pthread_mutex_t lock;
	struct fault *fault;
	size_t length;
	const struct replay_error *untold; /* in place of those that there was no memory for */
};

void faults_init(struct faults *faults);
void faults_clear(struct faults *faults);

/*
 * Copies error's strings. When memory is out, one fault behind all others says that there was one
 * more, so that no fault looks like success.
 */
void faults_add(struct faults *faults, uint64_t batch, const struct replay_error *error);

/* The faults in their order; false past the last. */
bool faults_get(const struct faults *faults, size_t index, struct replay_error *error);

#endif
