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

/* Takes the reference. */
static void write_json(struct recorder *r, json_t *line)
{
	char *text = line ? json_dumps(line, JSON_COMPACT | JSON_PRESERVE_ORDER) : NULL;
	size_t size = text ? strlen(text) : 0;

	json_decref(line);
	if (r->error) {
		free(text);
		return;
	}
	if (!text) {
		r->error = -ENOMEM;
		return;
	}
	text[size] = '\n'; /* in place of the end */
	write_line(r, text, size + 1);
	free(text);
}

static json_t *now_json(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return time_json((uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec);
}

static json_t *new_line(const struct recorder *r, const char *event)
{
	json_t *line = json_object();

	json_object_set_new(line, "event", json_string(event));
	if (!r->reproducible)
		json_object_set_new(line, "time", now_json());
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
	json_object_set_new(line, "name", text_json(port->name));
	if (*r->told[number])
		json_object_set_new(line, "was", text_json(r->told[number]));
	if (*port->driver)
		json_object_set_new(line, "driver", text_json(port->driver));
	if (!r->reproducible) {
		json_object_set_new(line, "ifindex", json_integer(port->ifindex));
		json_object_set_new(line, "mac", mac_json(port->mac));
		if (port->netns)
			json_object_set_new(line, "netns", json_integer(port->netns));
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

static void add_binding(json_t *line, const struct recorder *r, const struct offload_event *e)
{
	const struct offload_binding *binding = e->binding;
	uint32_t id = binding ? binding->id : e->command ? e->command->binding : 0;

	json_object_set_new(line, "binding", number_or_null(id));
	json_object_set_new(line, "port",
			    binding ? text_json(nic_port_name(&r->emulator->nic, binding->port))
				    : json_null());
}

static void add_bind(json_t *line, struct recorder *r, const struct offload_event *e)
{
	const struct offload_binding *binding = e->binding;

	json_object_set_new(line, "binder", json_string(offload_binder_name(binding->binder)));
	json_object_set_new(
		line, "direction",
		json_string(binding->direction == OFFLOAD_INGRESS ? "ingress" : "egress"));
	json_object_set_new(line, "block", number_or_null(numbers_block(r->numbers, e)));
	json_object_set_new(line, "table", text_json(binding->table));
	json_object_set_new(line, "chain", text_json(binding->chain));
	if (binding->indirect)
		json_object_set_new(line, "indirect", json_true());
	if (binding->repeated)
		json_object_set_new(line, "repeated", json_true());
}

static void add_command(json_t *line, struct recorder *r, const struct offload_event *e)
{
	const struct offload_command *c = e->command;

	json_object_set_new(line, "cookie", number_or_null(numbers_cookie(r->numbers, e)));
	if (e->verb == OFFLOAD_REPLACE)
		json_object_set_new(line, "handle", number_or_null(c->handle));
	json_object_set_new(line, "prio", json_integer(c->prio));
	json_object_set_new(line, "chain_index", json_integer(c->chain_index));
	json_object_set_new(line, "protocol", json_sprintf("0x%04x", c->protocol));
	if (e->verb != OFFLOAD_REPLACE)
		return;
	json_object_set_new(line, "skip_sw", json_boolean(c->skip_sw));
	if (c->repeated)
		json_object_set_new(line, "repeated", json_true());
	if (c->rule)
		add_flow_rule(line, &r->emulator->nic, c->rule);
}

static void add_stats(json_t *line, const struct recorder *r, const struct offload_stats *stats)
{
	json_object_set_new(line, "packets", json_integer((json_int_t)stats->packets));
	json_object_set_new(line, "bytes", json_integer((json_int_t)stats->bytes));
	if (!r->reproducible)
		json_object_set_new(line, "last_used", time_json(stats->last_used_ns));
}

static void add_error(json_t *line, const struct offload_event *e)
{
	json_object_set_new(line, "error",
			    e->error ? json_string(errno_name(-e->error)) : json_null());
	/* Why something was not there to be taken out names it by numbers of the running kernel. */
	if (e->error && e->reason && (e->verb == OFFLOAD_BIND || e->verb == OFFLOAD_REPLACE))
		json_object_set_new(line, "reason", text_json(e->reason->clause));
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
		json_object_set_new(line, "port",
				    text_json(nic_port_name(&r->emulator->nic, e->port)));
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
		add_error(line, e);
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
