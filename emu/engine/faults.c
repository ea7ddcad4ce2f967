/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "faults.h"

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
	}
	pthread_mutex_unlock(&faults->lock);
}
