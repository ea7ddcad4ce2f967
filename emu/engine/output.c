/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "output.h"

#include "comment.h"
#include "faults.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Interfaces of the file: the one port, or all ports by number. */
static int open_writer(struct output *output, int fd, enum capture_format format,
		       const struct nic *nic)
{
	size_t first = output->tap == REPLAY_TAP_PORT ? output->port : 0;
	size_t count = output->tap == REPLAY_TAP_PORT ? 1 : nic->num_ports;
	const char **names = calloc(count ? count : 1, sizeof(*names));
	int ret;

	if (!names) {
		close(fd);
		return -ENOMEM;
	}
	for (size_t i = 0; i < count; i++)
		names[i] = nic->ports[first + i].name;
	ret = capture_writer_open(&output->writer, fd, format, names, count);
	if (ret < 0)
		output->writer = NULL;
	free(names);
	return ret;
}

static int empty_file(int fd, const char *name)
{
	struct stat status;

	if (strcmp(name, "-") == 0 || fstat(fd, &status) < 0 || !S_ISREG(status.st_mode))
		return 0;
	return ftruncate(fd, 0) < 0 ? -errno : 0;
}

/* 0, also when the file can't be emptied, which is a fault; or a negative errno. */
static int begin_output(struct outputs *outputs, size_t index, const struct replay_output *given)
{
	struct output *output = &outputs->output[index];
	int error;

	output->tap = given->tap;
	output->port = given->port;
	output->name = strdup(given->name);
	outputs->length = index + 1;
	error = output->name ? empty_file(given->fd, given->name) : -ENOMEM;
	if (!error)
		return open_writer(output, given->fd, given->format, outputs->commenter.nic);
	close(given->fd);
	if (output->name)
		outputs->fault(outputs->context, index, FAULTS_AT_BEGIN, error);
	return output->name ? 0 : error;
}

void outputs_reject(const struct replay_options *options)
{
	for (size_t i = 0; i < options->num_outputs; i++)
		close(options->outputs[i].fd);
}

int outputs_open(struct outputs *outputs, const struct nic *nic,
		 const struct replay_options *options)
{
	int ret = 0;

	*outputs = (struct outputs){
		.output = calloc(options->num_outputs, sizeof(*outputs->output)),
		.commenter = {nic, options->describe, options->describe_context},
		.observers = options->observers,
		.fault = outputs->fault,
		.context = outputs->context,
	};
	if (options->num_outputs && !outputs->output)
		ret = -ENOMEM;
	for (size_t i = 0; i < options->num_outputs; i++) {
		if (ret)
			close(options->outputs[i].fd);
		else
			ret = begin_output(outputs, i, &options->outputs[i]);
	}
	if (ret)
		outputs_close(outputs);
	return ret;
}

/* How often the packet belongs into this output: it may leave by a port more than once. */
static int copies(const struct output *output, const struct asic_decision *result)
{
	int count = 0;

	switch (output->tap) {
	case REPLAY_TAP_ALL: return 1;
	case REPLAY_TAP_DROP: return result->fate == ASIC_DROP;
	case REPLAY_TAP_HOST: return result->fate == ASIC_HOST;
	case REPLAY_TAP_PORT: break;
	}
	for (int i = 0; i < result->num_mirrors; i++)
		count += result->mirrors[i] == output->port;
	return count + (result->fate == ASIC_REDIRECT && result->port == output->port);
}

/* 0 or the negative errno of the write. */
static int write_packet(const struct outputs *outputs, struct output *output,
			const struct packet *packet, const struct asic_decision *result)
{
	char comment[COMMENT_SIZE];
	bool leaves = output->tap == REPLAY_TAP_PORT;
	bool all = output->tap == REPLAY_TAP_ALL;
	int count = copies(output, result);
	int error = 0;

	if (count && all)
		comment_packet(&outputs->commenter, packet, result, comment);
	while (!error && count-- > 0)
		error = capture_write(output->writer, packet, leaves ? 0 : packet->port, leaves,
				      all ? comment : NULL);
	return error;
}

static void write_batch(struct outputs *outputs, size_t index, const struct input_batch *batch,
			const struct asic_decision *const *decisions)
{
	struct output *output = &outputs->output[index];

	for (size_t i = 0; output->writer && i < batch->count; i++) {
		int error = write_packet(outputs, output, &batch->packets[i], decisions[i]);

		if (error < 0) {
			outputs->fault(outputs->context, index, batch->number, error);
			capture_writer_close(output->writer);
			output->writer = NULL;
		}
	}
}

static void show_batch(struct outputs *outputs, const struct input_batch *batch,
		       const struct asic_decision *const *decisions)
{
	char comment[COMMENT_SIZE];

	for (size_t i = 0; i < batch->count; i++) {
		comment_packet(&outputs->commenter, &batch->packets[i], decisions[i], comment);
		observers_write(outputs->observers, &batch->packets[i], comment);
	}
	observers_flush(outputs->observers);
}

void outputs_write(struct outputs *outputs, const struct input_batch *batch,
		   const struct asic_decision *const *decisions)
{
	if (outputs->observers)
		show_batch(outputs, batch, decisions);
	for (size_t i = 0; i < outputs->length; i++)
		write_batch(outputs, i, batch, decisions);
}

void outputs_close(struct outputs *outputs)
{
	for (size_t i = 0; i < outputs->length; i++) {
		struct output *output = &outputs->output[i];
		int error = output->writer ? capture_writer_close(output->writer) : 0;

		if (error < 0 && outputs->fault)
			outputs->fault(outputs->context, i, FAULTS_AT_END, error);
		free(output->name);
	}
	free(outputs->output);
	outputs->output = NULL;
	outputs->length = 0;
}
