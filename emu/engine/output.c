/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "output.h"

#include "faults.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { COMMENT_SIZE = 1024 };

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
		return open_writer(output, given->fd, given->format, outputs->nic);
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
		.nic = nic,
		.describe = options->describe,
		.describe_context = options->describe_context,
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

static const char *port_name(const struct nic *nic, uint16_t port)
{
	return port < nic->num_ports ? nic->ports[port].name : "?";
}

/* "redirected to eth1, copied to eth2; netdev t c handle 4: ip saddr 10.0.0.1 …" */
static void write_comment(const struct outputs *outputs, const struct asic_decision *result,
			  uint16_t port, char *text, size_t size)
{
	const char *rule = NULL;
	FILE *out = fmemopen(text, size, "w");

	text[0] = '\0';
	if (!out)
		return;
	fprintf(out, "%s: ", port_name(outputs->nic, port));
	if (result->fate == ASIC_DROP)
		fputs("dropped", out);
	else if (result->fate == ASIC_REDIRECT)
		fprintf(out, "redirected to %s", port_name(outputs->nic, result->port));
	else
		fputs("passed to the host", out);
	for (int i = 0; i < result->num_mirrors; i++)
		fprintf(out, ", copied to %s", port_name(outputs->nic, result->mirrors[i]));
	if (result->matched && outputs->describe)
		rule = outputs->describe(outputs->describe_context, result->binding,
					 result->cookie);
	if (result->matched)
		fprintf(out, "; %s", rule ? rule : "a rule that is not listed");
	else
		fputs("; no rule matched", out);
	fclose(out);
	text[size - 1] = '\0';
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
		write_comment(outputs, result, packet->port, comment, sizeof(comment));
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

void outputs_write(struct outputs *outputs, const struct input_batch *batch,
		   const struct asic_decision *const *decisions)
{
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
