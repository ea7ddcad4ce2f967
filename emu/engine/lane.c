/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lane.h"

#include <nicemu/packet/dissect.h>

#include <assert.h>
#include <stdlib.h>

static_assert((int)CAPTURE_BATCH <= FLOW_BATCH, "what is read at once must fit a batch of keys");

struct lane *lane_create(const struct lane_options *options)
{
	struct lane *lane = aligned_alloc(_Alignof(struct lane), sizeof(*lane));

	if (!lane)
		return NULL;
	*lane = (struct lane){
		.worker = asic_worker_create(options->asic, options->cache_bytes),
		.filter = options->filter,
		.settles = options->settles,
		.batches = calloc(options->max_batches, sizeof(*lane->batches)),
	};
	if (tally_init(&lane->tally, options->num_captures) || !lane->worker || !lane->batches) {
		lane_destroy(lane);
		return NULL;
	}
	return lane;
}

void lane_destroy(struct lane *lane)
{
	if (!lane)
		return;
	asic_worker_destroy(lane->worker);
	tally_clear(&lane->tally);
	free(lane->batches);
	free(lane);
}

/* Keep the packets that the filter takes. */
static void filter_batch(struct lane *lane, struct input_batch *batch)
{
	size_t count = batch->count;

	input_batch_empty(batch);
	for (size_t i = 0; i < count; i++) {
		const struct packet *packet = &batch->packets[i];

		if (!filter_match(lane->filter, packet)) {
			lane->tally.captures[input_batch_origin(batch, i)].filtered++;
			continue;
		}
		batch->origins[batch->count] = batch->origins[i];
		batch->packets[batch->count] = *packet;
		input_batch_add(batch, &batch->packets[batch->count]);
	}
}

/* Those that are gone are at the end. */
static void shorten_batch(struct input_batch *batch, size_t count)
{
	input_batch_empty(batch);
	while (batch->count < count)
		input_batch_add(batch, &batch->packets[batch->count]);
}

/* The keys of the packets, and what is wrong with them: of bytes that were really there. */
static void dissect_and_settle(struct lane *lane, struct input_batch *in, unsigned int chunks)
{
	size_t count = in->count;

	do
		dissect_batch(in->packets, count, chunks, &lane->keys, lane->flags);
	while (lane->settles && !capture_settle(in->packets, &count));
	if (count < in->count)
		shorten_batch(in, count);
}

static void play_batch(struct lane *lane, struct lane_batch *batch)
{
	struct input_batch *in = &batch->in;

	if (lane->filter)
		filter_batch(lane, in);
	dissect_and_settle(lane, in, asic_begin(lane->worker));
	asic_process(lane->worker, in->packets, &lane->keys, batch->decisions, in->count);
	tally_batch(&lane->tally, in, lane->flags, batch->decisions);
}

void lane_play(struct lane *lane)
{
	for (size_t i = 0; i < lane->num_batches; i++)
		play_batch(lane, &lane->batches[i]);
}
