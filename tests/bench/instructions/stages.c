/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "stages.h"

#include <nicemu/engine/replay.h>

static struct flow_batch batch;
static uint32_t flags[FLOW_BATCH];

size_t stage_read(struct capture *capture)
{
	struct packet packets[CAPTURE_BATCH];
	struct capture_error error;
	size_t all = 0;
	int got;

	while ((got = capture_read(capture, packets, CAPTURE_BATCH, &error)) > 0) {
		size_t count = (size_t)got;

		if (capture_settle(packets, &count))
			all += count;
	}
	return all;
}

void stage_dissect(const struct dissect_variant *variant, const struct frames *frames,
		   unsigned int chunks)
{
	for (size_t i = 0; i < BATCHES; i++)
		variant->batch(&frames->packet[i * FLOW_BATCH], FLOW_BATCH, chunks, &batch, flags);
}

void stage_lookup(const struct tcam_ops *ops, const struct tcam *tcam, const struct tcam_view *view,
		  const struct flow_batch *keys, struct tcam_entry **results)
{
	for (size_t i = 0; i < BATCHES; i++)
		ops->lookup(tcam, view, &keys[i], results, FLOW_BATCH);
}

void stage_pump(struct asic_worker *worker, const struct dissect_variant *variant,
		const struct frames *frames)
{
	const struct asic_decision *decisions[FLOW_BATCH];

	for (size_t i = 0; i < BATCHES; i++) {
		const struct packet *packets = &frames->packet[i * FLOW_BATCH];

		variant->batch(packets, FLOW_BATCH, asic_begin(worker), &batch, flags);
		asic_process(worker, packets, &batch, decisions, FLOW_BATCH);
	}
}

void stage_replay(struct replay *replay)
{
	while (replay_step(replay))
		;
}
