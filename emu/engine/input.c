/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "input.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PIPE_WAIT_MS = 10, LOOP_GAP_NS = 1000 };

static int open_capture(struct inputs *inputs, struct input *input, struct capture_error *error)
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
	for (size_t i = 0; i < inputs->length; i++)
		if (!inputs->input[i].name)
			return -ENOMEM;
	return inputs->input ? 0 : -ENOMEM;
}

int inputs_open(struct inputs *inputs, const struct replay_options *options,
		struct capture_error *error)
{
	int ret;

	*inputs = (struct inputs){
		.merge = options->merge,
		.fake_ethernet = options->fake_ethernet,
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

/* Read the input's next packets. False: they are still on their way. */
static bool refill(struct inputs *inputs, struct input *input)
{
	struct capture_error error;
	int got = capture_read(input->capture, input->batch, CAPTURE_BATCH, &error);

	if (got == -EAGAIN)
		return false;
	input->next = 0;
	input->count = got > 0 ? (size_t)got : 0;
	if (got < 0)
		end_with_fault(inputs, input, &error);
	else if (got == 0)
		input->ended = true;
	return true;
}

static bool used_up(const struct input *input)
{
	return input->next == input->count;
}

/* The pass's first and last time. What a packet without a time stamp has is not its own. */
static void note_time(struct inputs *inputs, const struct packet *packet)
{
	if (packet->flags & PACKET_NO_TIME)
		return;
	if (!inputs->timed || packet->time_ns < inputs->first_ns)
		inputs->first_ns = packet->time_ns;
	if (!inputs->timed || packet->time_ns > inputs->last_ns)
		inputs->last_ns = packet->time_ns;
	inputs->timed = true;
}

/* The next packet with its time in this pass. */
static struct packet take(struct inputs *inputs, struct input *input)
{
	struct packet packet = input->batch[input->next++];

	note_time(inputs, &packet);
	inputs->any = true;
	packet.time_ns += inputs->shift_ns;
	packet.port = input->port;
	return packet;
}

static int next_in_sequence(struct inputs *inputs, struct packet *packets, uint16_t *origin)
{
	for (; inputs->current < inputs->length; inputs->current++) {
		struct input *input = &inputs->input[inputs->current];
		int count = 0;

		if (!input->ended && used_up(input) && !refill(inputs, input))
			return INPUTS_WAIT;
		while (!used_up(input)) {
			origin[count] = (uint16_t)inputs->current;
			packets[count++] = take(inputs, input);
		}
		if (count)
			return count;
		if (!input->ended)
			return INPUTS_WAIT;
	}
	return INPUTS_END;
}

/* The input whose next packet is the earliest; among equals the one named first. */
static struct input *earliest(struct inputs *inputs)
{
	struct input *best = NULL;

	for (size_t i = 0; i < inputs->length; i++) {
		struct input *input = &inputs->input[i];

		if (used_up(input))
			continue;
		if (!best || input->batch[input->next].time_ns < best->batch[best->next].time_ns)
			best = input;
	}
	return best;
}

/*
 * A batch ends where one input is used up: reading more of it would take away the bytes of its
 * packets that are already in the batch.
 */
static int next_merged(struct inputs *inputs, struct packet *packets, uint16_t *origin)
{
	struct input *input;
	int count = 0;

	for (size_t i = 0; i < inputs->length; i++) {
		input = &inputs->input[i];
		if (!input->ended && used_up(input) && !refill(inputs, input))
			return INPUTS_WAIT;
		if (!input->ended && used_up(input))
			return INPUTS_WAIT;
	}
	while (count < CAPTURE_BATCH && (input = earliest(inputs))) {
		origin[count] = (uint16_t)(input - inputs->input);
		packets[count++] = take(inputs, input);
		if (used_up(input) && !input->ended)
			break;
	}
	return count;
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

int inputs_next(struct inputs *inputs, struct packet *packets, uint16_t *origin)
{
	int count;

	do {
		count = inputs->merge ? next_merged(inputs, packets, origin)
				      : next_in_sequence(inputs, packets, origin);
	} while (count == INPUTS_END && next_pass(inputs));
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
