/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "input.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PIPE_WAIT_MS = 10, LOOP_GAP_NS = 1000 };

static int begin_capture(struct inputs *inputs, struct input *input, struct capture_error *error)
{
	int fd = input->fd;

	input->fd = -1; /* taken over, also when opening fails */
	if (input->is_file)
		return capture_open(&input->capture, fd, input->name, inputs->fake_ethernet, error);
	if (capture_attach(&input->capture, fd, input->name, inputs->fake_ethernet, error))
		return error->error;
	capture_set_patience(input->capture, PIPE_WAIT_MS);
	return 0;
}

static int open_capture(struct inputs *inputs, struct input *input, struct capture_error *error)
{
	int ret = begin_capture(inputs, input, error);

	if (!ret && inputs->keep > 1)
		ret = capture_keep(input->capture, inputs->keep);
	if (!ret && inputs->maps)
		ret = capture_map(input->capture);
	return ret;
}

static int take_over(struct inputs *inputs, const struct replay_options *options)
{
	inputs->input = calloc(options->num_inputs, sizeof(*inputs->input));
	for (size_t i = 0; i < options->num_inputs; i++) {
		struct input *input;
		struct stat status;

		if (!inputs->input) {
			close(options->inputs[i].fd);
			continue;
		}
		input = &inputs->input[i];
		input->fd = options->inputs[i].fd;
		input->port = options->inputs[i].port;
		input->name = strdup(options->inputs[i].name);
		/* Directories are opened at once too: the reader says what is wrong with them. */
		input->is_file = fstat(input->fd, &status) == 0 &&
				 (S_ISREG(status.st_mode) || S_ISDIR(status.st_mode));
		inputs->length = i + 1;
	}
	for (size_t i = 0; i < inputs->length; i++) {
		struct input *input = &inputs->input[i];

		if (inputs->merge)
			input->ahead = calloc(CAPTURE_BATCH, sizeof(*input->ahead));
		if (!input->name || (inputs->merge && !input->ahead))
			return -ENOMEM;
	}
	return inputs->input ? 0 : -ENOMEM;
}

int inputs_open(struct inputs *inputs, const struct replay_options *options, size_t keep,
		struct capture_error *error)
{
	int ret;

	*inputs = (struct inputs){
		.merge = options->merge,
		.fake_ethernet = options->fake_ethernet,
		.maps = inputs_are_mapped(options),
		.keep = keep,
		.passes = options->loops,
		.passes_left = options->loops - 1,
	};
	*error = (struct capture_error){.text = "out of memory"};
	ret = take_over(inputs, options);
	for (size_t i = 0; !ret && i < inputs->length; i++)
		ret = open_capture(inputs, &inputs->input[i], error);
	if (ret)
		inputs_close(inputs);
	return ret;
}

void inputs_close(struct inputs *inputs)
{
	for (size_t i = 0; i < inputs->length; i++) {
		struct input *input = &inputs->input[i];

		capture_close(input->capture);
		if (input->fd >= 0)
			close(input->fd);
		free(input->ahead);
		free(input->name);
	}
	free(inputs->input);
	inputs->input = NULL;
	inputs->length = 0;
}

static void end_with_fault(struct inputs *inputs, struct input *input,
			   const struct capture_error *error)
{
	if (!input->broken && inputs->fault)
		inputs->fault(inputs->context, (size_t)(input - inputs->input), error);
	input->broken = true;
	input->ended = true;
}

/* Read the input's next packets: how many, INPUTS_END, INPUTS_WAIT. */
static int read_packets(struct inputs *inputs, struct input *input, struct packet *packets)
{
	struct capture_error error;
	int got = capture_read(input->capture, packets, CAPTURE_BATCH, &error);

	if (got > 0 || got == -EAGAIN)
		return got;
	if (got < 0)
		end_with_fault(inputs, input, &error);
	input->ended = true;
	return INPUTS_END;
}

/* The pass's first and last time. What a packet without a time stamp has is not its own. */
static void note_times(struct inputs *inputs, uint64_t first_ns, uint64_t last_ns)
{
	if (!inputs->timed || first_ns < inputs->first_ns)
		inputs->first_ns = first_ns;
	if (!inputs->timed || last_ns > inputs->last_ns)
		inputs->last_ns = last_ns;
	inputs->timed = true;
}

/* The same for a batch in which some have none. */
static void note_some_times(struct inputs *inputs, const struct input_batch *batch)
{
	for (size_t i = 0; i < batch->count; i++) {
		uint64_t time = batch->packets[i].time_ns - inputs->shift_ns;

		if (!(batch->packets[i].flags & PACKET_NO_TIME))
			note_times(inputs, time, time);
	}
}

/* Packets of one input, as they are in its capture, become the packets of this pass. */
static void place_packets(struct inputs *inputs, struct input_batch *batch, uint16_t port)
{
	uint64_t first = UINT64_MAX, last = 0, bytes = 0, shift = inputs->shift_ns;
	unsigned int flags = 0;

	for (size_t i = 0; i < batch->count; i++) {
		struct packet *packet = &batch->packets[i];
		uint64_t time = packet->time_ns;

		first = time < first ? time : first;
		last = time > last ? time : last;
		bytes += packet->length;
		flags |= packet->flags;
		packet->time_ns = time + shift;
		packet->port = port;
	}
	batch->latest_ns = last + shift;
	batch->bytes = bytes;
	batch->flags = flags;
	if (flags & PACKET_NO_TIME)
		note_some_times(inputs, batch);
	else
		note_times(inputs, first, last);
}

static int next_in_sequence(struct inputs *inputs, struct input_batch *batch)
{
	for (; inputs->current < inputs->length; inputs->current++) {
		struct input *input = &inputs->input[inputs->current];
		int got = input->ended ? INPUTS_END : read_packets(inputs, input, batch->packets);

		if (got == INPUTS_END)
			continue;
		if (got == INPUTS_WAIT)
			return got;
		batch->count = (size_t)got;
		batch->mixed = false;
		batch->origin = (uint16_t)inputs->current;
		place_packets(inputs, batch, input->port);
		return got;
	}
	return INPUTS_END;
}

static bool used_up(const struct input *input)
{
	return input->next == input->count;
}

/* What was read last went into several batches; all else would be kept for as many too long. */
static void prolong(struct input *input)
{
	if (input->last_batch > input->read_batch)
		capture_prolong(input->capture, input->last_batch - input->read_batch);
	input->read_batch = input->last_batch;
}

/* Have a packet of each input that has one more. False: some are still on their way. */
static bool read_ahead(struct inputs *inputs)
{
	for (size_t i = 0; i < inputs->length; i++) {
		struct input *input = &inputs->input[i];
		int got;

		if (input->ended || !used_up(input))
			continue;
		prolong(input);
		got = read_packets(inputs, input, input->ahead);
		if (got == INPUTS_WAIT)
			return false;
		if (got > 0)
			input->read_batch = inputs->batches + 1;
		input->next = 0;
		input->count = (size_t)got;
	}
	return true;
}

/* The input whose next packet is the earliest; among equals the one named first. */
static struct input *earliest(struct inputs *inputs)
{
	struct input *best = NULL;

	for (size_t i = 0; i < inputs->length; i++) {
		struct input *input = &inputs->input[i];

		if (used_up(input))
			continue;
		if (!best || input->ahead[input->next].time_ns < best->ahead[best->next].time_ns)
			best = input;
	}
	return best;
}

static void take(struct inputs *inputs, struct input *input, struct input_batch *batch)
{
	struct packet *packet = &batch->packets[batch->count];

	input->last_batch = inputs->batches + 1;
	*packet = input->ahead[input->next++];
	if (!(packet->flags & PACKET_NO_TIME))
		note_times(inputs, packet->time_ns, packet->time_ns);
	packet->port = input->port;
	packet->time_ns += inputs->shift_ns;
	batch->origins[batch->count] = (uint16_t)(input - inputs->input);
	input_batch_add(batch, packet);
}

/*
 * A batch ends where one input is used up: so each batch reads at most once from each of them, and
 * bytes stay valid for as many batches as were asked for.
 */
static int next_merged(struct inputs *inputs, struct input_batch *batch)
{
	struct input *input;

	if (!read_ahead(inputs))
		return INPUTS_WAIT;
	batch->mixed = true;
	input_batch_empty(batch);
	while (batch->count < CAPTURE_BATCH && (input = earliest(inputs))) {
		take(inputs, input, batch);
		if (used_up(input) && !input->ended)
			break;
	}
	return (int)batch->count;
}

/* Of captures that have been read to the end, and whose last packets have been played. */
static void release_played(struct inputs *inputs)
{
	for (; inputs->released < inputs->current; inputs->released++) {
		struct input *input = &inputs->input[inputs->released];

		if (input->last_batch + inputs->keep > inputs->batches)
			return;
		capture_release(input->capture);
	}
}

/* Start over, later by the length of the pass that ends. False: there is nothing to play again. */
static bool next_pass(struct inputs *inputs)
{
	bool again = false;

	if (!inputs->passes_left || !inputs->any)
		return false;
	inputs->passes_left--;
	inputs->shift_ns += (inputs->timed ? inputs->last_ns - inputs->first_ns : 0) + LOOP_GAP_NS;
	inputs->any = false;
	inputs->timed = false;
	inputs->current = 0;
	inputs->released = 0;
	for (size_t i = 0; i < inputs->length; i++) {
		struct input *input = &inputs->input[i];
		struct capture_error error;

		inputs->done_before += capture_position(input->capture);
		input->next = 0;
		input->count = 0;
		input->ended = false;
		if (capture_rewind(input->capture, &error) < 0)
			end_with_fault(inputs, input, &error);
		else
			again = true;
	}
	return again;
}

void inputs_check(struct inputs *inputs)
{
	struct capture_error error;

	for (size_t i = 0; i < inputs->length; i++)
		if (capture_check(inputs->input[i].capture, &error) < 0)
			end_with_fault(inputs, &inputs->input[i], &error);
}

int inputs_next(struct inputs *inputs, struct input_batch *batch)
{
	int count;

	do {
		count = inputs->merge ? next_merged(inputs, batch)
				      : next_in_sequence(inputs, batch);
	} while (count == INPUTS_END && next_pass(inputs));
	if (count > 0) {
		inputs->any = true;
		batch->number = ++inputs->batches;
		if (!inputs->merge)
			inputs->input[inputs->current].last_batch = batch->number;
		release_played(inputs);
	}
	return count;
}

uint64_t inputs_position(const struct inputs *inputs, uint64_t *whole)
{
	uint64_t done = inputs->done_before;

	*whole = 0;
	for (size_t i = 0; i < inputs->length; i++) {
		const struct capture *capture = inputs->input[i].capture;

		if (!capture_size(capture)) {
			*whole = 0;
			return done;
		}
		done += capture_position(capture);
		*whole += capture_size(capture) * inputs->passes;
	}
	return done;
}
