/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nft_world.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct world *current;

/* ---- the server ---- */

void server_register(struct server *server, const struct server_endpoint *endpoint)
{
	current->endpoint = endpoint;
}

int client_send(struct client *client, const void *data, size_t size)
{
	buffer_append(&current->received, data, size);
	return 0;
}

void server_multicast(struct server *server, int protocol, unsigned int group, const void *data,
		      size_t size, const struct client *except)
{
	if (current->listening)
		buffer_append(&current->received, data, size);
}

bool server_has_listeners(const struct server *server, int protocol, unsigned int group)
{
	return current->listening;
}

uint32_t client_portid(const struct client *client)
{
	return 77;
}

int client_option(const struct client *client, int option)
{
	return option == NETLINK_EXT_ACK   ? current->ext_ack
	       : option == NETLINK_CAP_ACK ? current->cap_ack
					   : 0;
}

void rt_port_added(struct rt *rt, int port)
{
}

void rt_listen(struct rt *rt, const struct rt_listener *listener)
{
	current->listener = listener;
}

/* ---- the driver ---- */

static int answer(struct world *w, enum offload_verb verb, struct reason *reason)
{
	if (w->refuse_after && verb == w->refuse_verb && !--w->refuse_after)
		return reason_set(reason, "test", w->refuse_error, REASON_MODEL, "told to refuse");
	return 0;
}

static int driver_bind(void *driver, const struct offload_binding *binding, struct reason *reason)
{
	return answer(driver, OFFLOAD_BIND, reason);
}

static void driver_unbind(void *driver, const struct offload_binding *binding)
{
}

static void driver_port_gone(void *driver, uint16_t port)
{
	struct world *w = driver;
	size_t used = strlen(w->commands);

	snprintf(w->commands + used, sizeof(w->commands) - used, "gone %s\n",
		 w->nic.ports[port].name);
}

static int driver_replace(void *driver, const struct offload_command *command,
			  struct reason *reason)
{
	return answer(driver, OFFLOAD_REPLACE, reason);
}

static int driver_destroy(void *driver, const struct offload_command *command,
			  struct reason *reason)
{
	return answer(driver, OFFLOAD_DESTROY, reason);
}

static int driver_totals(void *driver, const struct offload_command *command,
			 struct offload_stats *totals)
{
	struct world *w = driver;
	int error = answer(w, OFFLOAD_STATS, NULL);

	if (error)
		return error;
	*totals = (struct offload_stats){.packets = w->packets, .bytes = w->bytes};
	return 0;
}

static const struct offload_driver driver_functions = {
	.bind = driver_bind,
	.unbind = driver_unbind,
	.release = driver_unbind,
	.port_gone = driver_port_gone,
	.replace = driver_replace,
	.destroy = driver_destroy,
	.totals = driver_totals,
};

static void tap(void *context, const struct offload_event *event)
{
	struct world *w = context;
	size_t used = strlen(w->commands);
	char cookie[24] = "";

	if (event->verb >= OFFLOAD_STATS)
		return;
	if (event->command)
		snprintf(cookie, sizeof(cookie), " %u", (unsigned int)event->command->cookie);
	snprintf(w->commands + used, sizeof(w->commands) - used, "%s %s%s%s%s\n",
		 offload_verb_name(event->verb),
		 event->binding ? w->nic.ports[event->binding->port].name : "?", cookie,
		 event->error ? " " : "", event->error ? errno_name(-event->error) : "");
}

/* ---- the world ---- */

void world_open(struct world *w, const char *kernel)
{
	char message[512];

	memset(w, 0, sizeof(*w));
	current = w;
	w->ext_ack = true;
	if (nic_default(&w->nic) ||
	    kernel_behavior_find(&w->kernel, kernel, message, sizeof(message)))
		abort();
	w->log = log_create();
	w->offload = offload_create(&driver_functions, w);
	w->nft = nft_create(&(struct nft_environment){
		.nic = &w->nic,
		.rt = (struct rt *)w,
		.kernel = &w->kernel,
		.offload = w->offload,
		.log = w->log,
		.clock = &w->clock,
	});
	if (!w->nft)
		abort();
	w->tap = (struct offload_tap){.see = tap, .context = w};
	offload_add_tap(w->offload, &w->tap);
}

void world_close(struct world *w)
{
	nft_destroy(w->nft);
	offload_destroy(w->offload);
	log_destroy(w->log);
	nic_clear(&w->nic);
	buffer_clear(&w->received);
}

void world_send(struct world *w, const void *data, size_t size)
{
	w->received.size = 0;
	w->endpoint->receive(w->endpoint->context, NULL, data, size, NULL, 0);
}

/* ---- devices: as rt does, the listener first ---- */

void world_gone(struct world *w, const char *device)
{
	int port = nic_port_by_name(&w->nic, device);

	w->listener->leaves(w->listener->context, port);
	nic_remove_port(&w->nic, port);
}

void world_came(struct world *w, const char *device)
{
	w->listener->came(w->listener->context, nic_add_port(&w->nic, device));
}

void world_renamed(struct world *w, const char *device, const char *name)
{
	int port = nic_port_by_name(&w->nic, device);

	if (nic_rename_port(&w->nic, port, name))
		abort();
	w->listener->renamed(w->listener->context, port);
}

void world_totals(struct world *w, uint64_t packets)
{
	w->packets = packets;
}
