/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "faults.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void faults_init(struct faults *faults)
{
	*faults = (struct faults){0};
	pthread_mutex_init(&faults->lock, NULL);
}

void faults_clear(struct faults *faults)
{
	for (size_t i = 0; i < faults->length; i++) {
		free((char *)faults->fault[i].error.name);
		free((char *)faults->fault[i].error.text);
	}
	free(faults->fault);
	pthread_mutex_destroy(&faults->lock);
}

static bool comes_before(const struct fault *a, const struct fault *b)
{
	if (a->batch != b->batch)
		return a->batch < b->batch;
	return a->error.fault == REPLAY_INPUT_FAULT && b->error.fault == REPLAY_OUTPUT_FAULT;
}

/* Behind those that it does not come before: equals stay as they were met. */
static void insert(struct faults *faults, const struct fault *fault)
{
	size_t at = faults->length++;

	for (; at && comes_before(fault, &faults->fault[at - 1]); at--)
		faults->fault[at] = faults->fault[at - 1];
	faults->fault[at] = *fault;
}

/* Of an output it counts more: its exit status comes first. */
static void note_untold(struct faults *faults, enum replay_fault kind)
{
#define UNTOLD(KIND, WHAT)                                                                   \
	[KIND] = {                                                                           \
		.fault = (KIND),                                                             \
		.error = -ENOMEM,                                                            \
		.name = "?",                                                                 \
		.text = "out of memory: " WHAT " is incomplete, and there is no telling why" \
	}
	static const struct replay_error untold[] = {
		UNTOLD(REPLAY_INPUT_FAULT, "an input"),
		UNTOLD(REPLAY_OUTPUT_FAULT, "an output"),
	};
#undef UNTOLD

	if (!faults->untold || kind == REPLAY_OUTPUT_FAULT)
		faults->untold = &untold[kind];
}

void faults_add(struct faults *faults, uint64_t batch, const struct replay_error *error)
{
	struct fault fault = {.batch = batch, .error = *error};
	struct fault *grown;

	fault.error.name = strdup(error->name);
	fault.error.text = strdup(error->text);
	pthread_mutex_lock(&faults->lock);
	grown = realloc(faults->fault, (faults->length + 1) * sizeof(*grown));
	if (grown)
		faults->fault = grown;
	if (grown && fault.error.name && fault.error.text) {
		insert(faults, &fault);
	} else {
		free((char *)fault.error.name);
		free((char *)fault.error.text);
		note_untold(faults, error->fault);
	}
	pthread_mutex_unlock(&faults->lock);
}

bool faults_get(const struct faults *faults, size_t index, struct replay_error *error)
{
	if (index < faults->length)
		*error = faults->fault[index].error;
	else if (index == faults->length && faults->untold)
		*error = *faults->untold;
	else
		return false;
	return true;
}
