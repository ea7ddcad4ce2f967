/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "device.h"

#include <stdio.h>
#include <string.h>

static const struct {
	const char *name;
	enum nic_port_kind kind;
	int peer;
} ports[] = {
	{"eth0", NIC_PORT_UPLINK, -1},     {"eth1", NIC_PORT_UPLINK, -1},
	{"eth2", NIC_PORT_UPLINK, -1},     {"rep0", NIC_PORT_REPRESENTOR, 4},
	{"vf0", NIC_PORT_VF, 3},           {"pf0", NIC_PORT_PF, 6},
	{"rep1", NIC_PORT_REPRESENTOR, 5},
};

/* The default NIC's ports, as far as they are needed, get these names and kinds. */
static int shape_ports(struct nic *nic)
{
	for (size_t i = 0; i < nic->num_ports; i++) {
		if (i >= sizeof(ports) / sizeof(ports[0])) {
			nic_remove_port(nic, (int)i);
			continue;
		}
		snprintf(nic->ports[i].name, sizeof(nic->ports[i].name), "%s", ports[i].name);
		nic->ports[i].kind = ports[i].kind;
		nic->ports[i].peer = ports[i].peer;
	}
	return nic->num_ports < sizeof(ports) / sizeof(ports[0]) ? -1 : 0;
}

bool device_open(struct device *device, const char *model, char *error, size_t size)
{
	struct config_error why = {0};

	*device = (struct device){0};
	if (nic_default(&device->nic)) {
		snprintf(error, size, "no memory");
		return false;
	}
	if (shape_ports(&device->nic) || nic_set_model(&device->nic, model, &why)) {
		snprintf(error, size, "%s: %s", model, *why.text ? why.text : "too few ports");
		device_close(device);
		return false;
	}
	device->asic = asic_create(&device->nic, NULL);
	device->offload = device->asic ? offload_create(&asic_driver, device->asic) : NULL;
	device->worker = device->asic ? asic_worker_create(device->asic, ASIC_CACHE_DEFAULT) : NULL;
	if (device->offload && device->worker)
		return true;
	snprintf(error, size, "no memory");
	device_close(device);
	return false;
}

void device_close(struct device *device)
{
	asic_worker_destroy(device->worker);
	offload_destroy(device->offload);
	asic_destroy(device->asic);
	nic_clear(&device->nic);
	*device = (struct device){0};
}

bool device_front_end(const char *name, enum offload_binder *binder)
{
	for (int i = OFFLOAD_BLOCK; i <= OFFLOAD_TC; i++)
		if (strcmp(offload_binder_name((enum offload_binder)i), name) == 0) {
			*binder = (enum offload_binder)i;
			return true;
		}
	return false;
}

int device_bind(struct device *device, enum offload_binder binder, uint16_t port, uint64_t block,
		uint32_t *id, struct reason *reason)
{
	struct offload_binding binding = {.port = port, .binder = binder, .block = block};
	int error = offload_bind(device->offload, &binding, reason);

	*id = binding.id;
	return error;
}

int device_replace(struct device *device, uint32_t binding, uint64_t cookie,
		   const struct rule_text *text, struct reason *reason)
{
	const struct offload_command command = {.binding = binding,
						.cookie = cookie,
						.prio = text->prio,
						.chain_index = text->chain_index,
						.protocol = text->protocol,
						.rule = text->rule};

	return offload_replace(device->offload, &command, reason);
}

struct asic_decision device_send(struct device *device, const struct packet_text *text)
{
	static struct flow_batch batch;
	const struct packet packet = {.length = 100, .port = text->port, .time_ns = 5};
	const struct asic_decision *decision;

	flow_batch_set(&batch, 0, &text->key, FLOW_ALL_CHUNKS);
	asic_begin(device->worker);
	asic_process(device->worker, &packet, &batch, &decision, 1);
	return *decision;
}
