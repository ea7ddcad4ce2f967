/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writing: a tap of offload/ that turns each event into a line. */
#include <nicemu/report/recording.h>

#include "internal.h"
#include "recording_number.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

struct recorder {
	struct emulator *emulator;
	struct offload_tap tap;
	struct numbers *numbers;
	bool reproducible;
	bool incomplete; /* the line at hand */
	int fd;
	int error;
	/* What was told of each port, by number; "" not yet. */
	char told[NIC_PORTS_MAX][NIC_PORT_NAME_SIZE];
};

/* ---- lines ---- */

/* A line that could not be written whole is taken back, where the file can be cut. */
static void write_line(struct recorder *r, const char *text, size_t size)
{
	off_t before = lseek(r->fd, 0, SEEK_END);
	ssize_t n;

	do
		n = write(r->fd, text, size);
	while (n < 0 && errno == EINTR);
	if (n == (ssize_t)size)
		return;
	r->error = n < 0 ? -errno : -ENOSPC;
	if (n > 0 && before >= 0)
		(void)!ftruncate(r->fd, before);
	log_add(r->emulator->log, LOG_ERROR, r->emulator->clock.now_ns,
		"the recording ends here, it can't be written: %s", strerror(-r->error));
}

/*
 * With the line's end; the caller frees it. NULL when memory is out: json_dumps() may then leave
 * out a part of the text.
 */
static char *line_text(const json_t *line, size_t *size)
{
	const size_t flags = JSON_COMPACT | JSON_PRESERVE_ORDER;
	size_t length = json_dumpb(line, NULL, 0, flags);
	char *text = length ? malloc(length + 1) : NULL;

	if (!text)
		return NULL;
	if (json_dumpb(line, text, length, flags) != length) {
		free(text);
		return NULL;
	}
	text[length] = '\n';
	*size = length + 1;
	return text;
}

/* Takes the reference. A line that lacks a member for want of memory is not written. */
static void write_json(struct recorder *r, json_t *line)
{
	size_t size = 0;
	char *text = line ? line_text(line, &size) : NULL;

	json_decref(line);
	if (r->error) {
		free(text);
		return;
	}
	if (!text || r->incomplete) {
		free(text);
		r->error = -ENOMEM;
		log_add(r->emulator->log, LOG_ERROR, r->emulator->clock.now_ns,
			"the recording ends here: out of memory");
		return;
	}
	write_line(r, text, size);
	free(text);
}

/* Takes the reference. */
static void put(struct recorder *r, json_t *line, const char *name, json_t *value)
{
	if (json_object_set_new(line, name, value))
		r->incomplete = true;
}

static json_t *now_json(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return time_json((uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec);
}

static json_t *new_line(struct recorder *r, const char *event)
{
	json_t *line = json_object();

	put(r, line, "event", json_string(event));
	if (!r->reproducible)
		put(r, line, "time", now_json());
	return line;
}

/* ---- ports ---- */

static json_t *mac_json(const uint8_t mac[6])
{
	return json_sprintf("%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3], mac[4],
			    mac[5]);
}

/* Before the first command that names it, and when its name is another one. */
static void tell_port(struct recorder *r, uint16_t number)
{
	const struct nic *nic = &r->emulator->nic;
	const struct nic_port *port;
	json_t *line;

	if (number >= nic->num_ports)
		return;
	port = &nic->ports[number];
	if (strcmp(r->told[number], port->name) == 0)
		return;
	line = new_line(r, "port");
	put(r, line, "name", text_json(port->name));
	if (*r->told[number])
		put(r, line, "was", text_json(r->told[number]));
	if (*port->driver)
		put(r, line, "driver", text_json(port->driver));
	if (!r->reproducible) {
		put(r, line, "ifindex", json_integer(port->ifindex));
		put(r, line, "mac", mac_json(port->mac));
		if (port->netns)
			put(r, line, "netns", json_integer(port->netns));
	}
	snprintf(r->told[number], sizeof(r->told[number]), "%s", port->name);
	write_json(r, line);
}

static void tell_targets(struct recorder *r, const struct flow_rule *rule)
{
	for (size_t i = 0; rule && i < rule->num_actions; i++) {
		const struct flow_action_entry *action = &rule->actions[i];
		int port = -1;

		if (flow_action_has_target(action->id))
			port = nic_port_in_netns(&r->emulator->nic, action->netns, action->ifindex);
		if (port >= 0)
			tell_port(r, (uint16_t)port);
	}
}

/* ---- events ---- */

static json_t *number_or_null(uint64_t number)
{
	return number ? json_integer((json_int_t)number) : json_null();
}

static void add_binding(json_t *line, struct recorder *r, const struct offload_event *e)
{
	const struct offload_binding *binding = e->binding;
	uint32_t id = binding ? binding->id : e->command ? e->command->binding : 0;

	put(r, line, "binding", number_or_null(id));
	put(r, line, "port",
	    binding ? text_json(nic_port_name(&r->emulator->nic, binding->port)) : json_null());
}

static void add_bind(json_t *line, struct recorder *r, const struct offload_event *e)
{
	const struct offload_binding *binding = e->binding;

	put(r, line, "binder", json_string(offload_binder_name(binding->binder)));
	put(r, line, "direction",
	    json_string(binding->direction == OFFLOAD_INGRESS ? "ingress" : "egress"));
	put(r, line, "block", number_or_null(numbers_block(r->numbers, e)));
	put(r, line, "table", text_json(binding->table));
	put(r, line, "chain", text_json(binding->chain));
	if (binding->indirect)
		put(r, line, "indirect", json_true());
	if (binding->repeated)
		put(r, line, "repeated", json_true());
}

static void add_command(json_t *line, struct recorder *r, const struct offload_event *e)
{
	const struct offload_command *c = e->command;

	put(r, line, "cookie", number_or_null(numbers_cookie(r->numbers, e)));
	if (e->verb == OFFLOAD_REPLACE)
		put(r, line, "handle", number_or_null(c->handle));
	put(r, line, "prio", json_integer(c->prio));
	put(r, line, "chain_index", json_integer(c->chain_index));
	put(r, line, "protocol", json_sprintf("0x%04x", c->protocol));
	if (e->verb != OFFLOAD_REPLACE)
		return;
	put(r, line, "skip_sw", json_boolean(c->skip_sw));
	if (c->repeated)
		put(r, line, "repeated", json_true());
	if (c->rule && !add_flow_rule(line, &r->emulator->nic, c->rule))
		r->incomplete = true;
}

static void add_stats(json_t *line, struct recorder *r, const struct offload_stats *stats)
{
	put(r, line, "packets", json_integer((json_int_t)stats->packets));
	put(r, line, "bytes", json_integer((json_int_t)stats->bytes));
	if (!r->reproducible)
		put(r, line, "last_used", time_json(stats->last_used_ns));
}

static void add_error(json_t *line, struct recorder *r, const struct offload_event *e)
{
	put(r, line, "error", e->error ? json_string(errno_name(-e->error)) : json_null());
	/* Why something was not there to be taken out names it by numbers of the running kernel. */
	if (e->error && e->reason && (e->verb == OFFLOAD_BIND || e->verb == OFFLOAD_REPLACE))
		put(r, line, "reason", text_json(e->reason->clause));
}

static void see(void *context, const struct offload_event *e)
{
	struct recorder *r = context;
	json_t *line;

	if (r->error)
		return;
	if (e->binding)
		tell_port(r, e->binding->port);
	if (e->command)
		tell_targets(r, e->command->rule);
	line = new_line(r, offload_verb_name(e->verb));
	if (e->verb == OFFLOAD_PORT_GONE) {
		put(r, line, "port", text_json(nic_port_name(&r->emulator->nic, e->port)));
		r->told[e->port][0] = '\0';
	} else if (e->verb != OFFLOAD_LOST) {
		add_binding(line, r, e);
	}
	if (e->verb == OFFLOAD_BIND)
		add_bind(line, r, e);
	if (e->command)
		add_command(line, r, e);
	if (e->stats)
		add_stats(line, r, e->stats);
	if (e->verb == OFFLOAD_BIND || e->verb == OFFLOAD_UNBIND || e->command)
		add_error(line, r, e);
	if (e->verb == OFFLOAD_RELEASE)
		numbers_release(r->numbers, e->binding);
	write_json(r, line);
}

int recorder_create(struct recorder **recorder, int fd, struct emulator *emulator,
		    const struct recorder_options *options)
{
	struct recorder *r = calloc(1, sizeof(*r));

	*recorder = NULL;
	if (!r) {
		close(fd);
		return -ENOMEM;
	}
	r->emulator = emulator;
	r->reproducible = options->reproducible;
	r->fd = fd;
	r->tap = (struct offload_tap){.see = see, .context = r};
	r->numbers = numbers_create();
	if (!r->numbers)
		r->error = -ENOMEM;
	write_json(r, json_pack("{s:i, s:s, s:s, s:s}", "nicemu_recording", RECORDING_VERSION,
				"generator", options->generator, "source", options->source,
				"kernel", emulator->kernel.version));
	offload_add_tap(emulator->offload, &r->tap);
	if (!r->error) {
		*recorder = r;
		return 0;
	}
	return recorder_destroy(r);
}

int recorder_error(const struct recorder *recorder)
{
	return recorder->error;
}

int recorder_destroy(struct recorder *recorder)
{
	int error = recorder ? recorder->error : 0;

	if (!recorder)
		return 0;
	offload_remove_tap(recorder->emulator->offload, &recorder->tap);
	numbers_destroy(recorder->numbers);
	/* What a disk kept for later may fail only now. */
	if (close(recorder->fd) < 0 && !error)
		error = -errno;
	free(recorder);
	return error;
}
