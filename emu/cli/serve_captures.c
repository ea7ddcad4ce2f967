/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "serve_captures.h"

#include "cli.h"
#include "serve.h"

#include <string.h>

json_t *serve_unknown_port(const struct nic *nic, const char *name)
{
	enum { SHOWN = 16 };
	char ports[SHOWN * (NIC_PORT_NAME_SIZE + 2) + 1] = "";
	size_t found = 0;

	for (size_t i = 0; i < nic->num_ports; i++) {
		if (nic->ports[i].gone || found++ >= SHOWN)
			continue;
		strcat(ports, *ports ? ", " : "");
		strcat(ports, nic->ports[i].name);
	}
	return serve_error(EXIT_USAGE, "%s '%s'; its ports: %s%s",
			   nic_gone_port(nic, name) >= 0 ? "the NIC no longer has a port"
							 : "the NIC has no port",
			   name, found ? ports : "none", found > SHOWN ? ", …" : "");
}

static int first_port(const struct nic *nic)
{
	for (size_t i = 0; i < nic->num_ports; i++)
		if (!nic->ports[i].gone)
			return (int)i;
	return -1;
}

static void note_first_port(void *context, const struct nft_offload_rule *rule)
{
	int *port = context;

	if (*port < 0)
		*port = rule->port;
}

/*
 * Where captures without a port arrive, -1 without any: where the first offload chain listens. The
 * listing has its devices as they were written; nft hands them to the kernel in the opposite order.
 */
static int default_port(const struct emulator *emulator, const json_t *listing)
{
	const json_t *chain, *device;
	size_t i, j;
	int port;

	json_array_foreach (json_object_get(listing, "chains"), i, chain) {
		if (!json_is_true(json_object_get(chain, "offload")))
			continue;
		json_array_foreach (json_object_get(chain, "devices"), j, device) {
			const char *name = json_string_value(device);

			port = name ? nic_port_by_name(&emulator->nic, name) : -1;
			if (port >= 0)
				return port;
		}
	}
	port = nft_first_offload_port(emulator->nft);
	if (port < 0)
		emulator_visit_rules(emulator, note_first_port, &port);
	return port >= 0 ? port : first_port(&emulator->nic);
}

json_t *serve_read_captures(const struct emulator *emulator, const json_t *request,
			    struct replay_input *inputs)
{
	const json_t *captures = json_object_get(request, "captures");
	int first = default_port(emulator, json_object_get(request, "listing"));
	const json_t *capture;
	size_t i;

	json_array_foreach (captures, i, capture) {
		const char *file = json_string_value(json_object_get(capture, "file"));
		const char *name = json_string_value(json_object_get(capture, "port"));
		int port = name ? nic_port_by_name(&emulator->nic, name) : first;

		if (name && port < 0)
			return serve_unknown_port(&emulator->nic, name);
		if (port < 0)
			return serve_error(EXIT_USAGE, "the NIC has no port");
		inputs[i].name = file ? file : "?";
		inputs[i].port = (uint16_t)port;
	}
	return NULL;
}
