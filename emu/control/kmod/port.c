/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Devices of the kernel as ports of the NIC. */
#include "internal.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* name, or name@NETNS where a port of another namespace has that name. */
static void port_name(const struct kmod *kmod, const struct kmod_port *port,
		      char name[NIC_PORT_NAME_SIZE])
{
	int other = nic_port_by_name(kmod->env.nic, port->name);

	snprintf(name, NIC_PORT_NAME_SIZE, "%s", port->name);
	if (other >= 0 && kmod->env.nic->ports[other].netns != port->netns)
		snprintf(name, NIC_PORT_NAME_SIZE, "%s@%u", port->name, port->netns);
}

/* Device names are swapped one at a time; a name that is taken for the moment comes again. */
static void rename_port(struct kmod *kmod, int number, const char *name)
{
	struct nic_port *port = &kmod->env.nic->ports[number];
	char before[NIC_PORT_NAME_SIZE];
	int error;

	if (strcmp(port->name, name) == 0)
		return;
	memcpy(before, port->name, sizeof(before));
	error = nic_rename_real_port(kmod->env.nic, number, name);
	log_add(kmod->env.log, error ? LOG_WARNING : LOG_INFO, kmod->env.clock->now_ns,
		"port %s is called %s now%s%s", before, name, error ? ": " : "",
		error ? strerror(-error) : "");
}

static int add_port(struct kmod *kmod, const struct kmod_port *from, const char *name)
{
	struct nic_port port = {
		.kind = NIC_PORT_UPLINK,
		.ifindex = from->ifindex,
		.netns = from->netns,
	};
	int number;

	snprintf(port.name, sizeof(port.name), "%s", name);
	memcpy(port.driver, from->kind, sizeof(port.driver));
	memcpy(port.mac, from->mac, sizeof(port.mac));
	number = nic_add_real_port(kmod->env.nic, &port);
	log_add(kmod->env.log, number < 0 ? LOG_ERROR : LOG_INFO, kmod->env.clock->now_ns,
		"port %s: ifindex %u, netns %u%s%s%s%s", name, from->ifindex, from->netns,
		*port.driver ? ", " : "", port.driver, number < 0 ? ": can't be a port: " : "",
		number < 0 ? strerror(-number) : "");
	if (number >= 0 && kmod->env.port_came)
		kmod->env.port_came(kmod->env.context, number);
	return number;
}

int kmod_take_port(struct kmod *kmod, const struct kmod_port *port)
{
	int number = nic_port_in_netns(kmod->env.nic, port->netns, port->ifindex);
	char name[NIC_PORT_NAME_SIZE];

	if (!*port->name)
		return kmod_fail(kmod, -EBADMSG, "a port without a name");
	if (number >= 0 && strcmp(kmod->env.nic->ports[number].name, port->name) == 0) {
		kmod->told[number] = true;
		return 0;
	}
	port_name(kmod, port, name);
	if (number >= 0)
		rename_port(kmod, number, name);
	else
		number = add_port(kmod, port, name);
	if (number >= 0)
		kmod->told[number] = true;
	return 0;
}

static void remove_port(struct kmod *kmod, int number)
{
	struct kmod_binding *binding, *next;

	log_add(kmod->env.log, LOG_INFO, kmod->env.clock->now_ns, "port %s is gone",
		kmod->env.nic->ports[number].name);
	/* The module has released them; this is for one that has not. */
	HASH_ITER (hh, kmod->bindings, binding, next) {
		if (binding->port != number)
			continue;
		kmod_forget_rules(kmod, binding->module_id);
		HASH_DEL(kmod->bindings, binding);
		HASH_DELETE(by_id, kmod->by_id, binding);
		free(binding);
	}
	offload_port_gone(kmod->env.offload, (uint16_t)number);
	nic_remove_port(kmod->env.nic, number);
}

void kmod_take_port_gone(struct kmod *kmod, const struct kmod_port *port)
{
	int number = nic_port_in_netns(kmod->env.nic, port->netns, port->ifindex);

	if (number >= 0)
		remove_port(kmod, number);
}

void kmod_ports_repeated(struct kmod *kmod)
{
	for (size_t i = 0; i < kmod->env.nic->num_ports; i++)
		if (!kmod->env.nic->ports[i].gone && !kmod->told[i])
			remove_port(kmod, (int)i);
}
