/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <nicemu/config/nic.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DEFAULT_PORTS = 8, DEFAULT_SPEED = 25000, DEFAULT_MTU = 1500 };

/* The kernel's isspace: ASCII white space and the Latin-1 no-break space. */
static bool kernel_space(unsigned char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r') || c == 0xa0;
}

bool nic_valid_port_name(const char *name)
{
	size_t length = strnlen(name, NIC_NAME_SIZE);

	if (!length || length == NIC_NAME_SIZE || !strcmp(name, ".") || !strcmp(name, ".."))
		return false;
	for (const char *c = name; *c; c++)
		if (*c == '/' || *c == ':' || kernel_space((unsigned char)*c))
			return false;
	return true;
}

int nic_port_by_name(const struct nic *nic, const char *name)
{
	for (size_t i = 0; i < nic->num_ports; i++)
		if (!strcmp(nic->ports[i].name, name))
			return (int)i;
	return -ENODEV;
}

int nic_port_by_ifindex(const struct nic *nic, uint32_t ifindex)
{
	if (ifindex < NIC_FIRST_IFINDEX || ifindex - NIC_FIRST_IFINDEX >= nic->num_ports)
		return -ENODEV;
	return (int)(ifindex - NIC_FIRST_IFINDEX);
}

/* Room for one more port. The array's capacity is num_ports rounded up to a power of two. */
static int grow_ports(struct nic *nic)
{
	size_t n = nic->num_ports;
	struct nic_port *ports;

	if (n & (n - 1)) /* not a power of two: there is room */
		return 0;
	ports = realloc(nic->ports, (n ? 2 * n : 1) * sizeof(*ports));
	if (!ports)
		return -ENOMEM;
	nic->ports = ports;
	return 0;
}

int nic_add_port(struct nic *nic, const char *name)
{
	size_t number = nic->num_ports;
	struct nic_port *port;

	if (!nic_valid_port_name(name) || !strcmp(name, "lo"))
		return -EINVAL;
	if (nic_port_by_name(nic, name) >= 0)
		return -EEXIST;
	if (number == NIC_PORTS_MAX)
		return -ENOSPC;
	if (grow_ports(nic))
		return -ENOMEM;
	port = &nic->ports[nic->num_ports++];
	*port = (struct nic_port){
		.mac = {0x02, 0, 0, 0, (uint8_t)(number >> 8), (uint8_t)number},
		.kind = NIC_PORT_UPLINK,
		.speed = DEFAULT_SPEED,
		.mtu = DEFAULT_MTU,
		.ifindex = (uint32_t)number + NIC_FIRST_IFINDEX,
	};
	snprintf(port->name, sizeof(port->name), "%s", name);
	return (int)number;
}

static int add_default_ports(struct nic *nic)
{
	char name[NIC_NAME_SIZE];

	for (int i = 0; i < DEFAULT_PORTS; i++) {
		snprintf(name, sizeof(name), "eth%d", i);
		if (nic_add_port(nic, name) < 0)
			return -ENOMEM;
	}
	return 0;
}

int nic_default(struct nic *nic)
{
	*nic = (struct nic){
		.name = strdup(NIC_DEFAULT_MODEL),
		.model = strdup(NIC_DEFAULT_MODEL),
		.kernel = strdup(NIC_DEFAULT_KERNEL),
		.entries = NIC_DEFAULT_ENTRIES,
		.open_ports = true,
	};
	if (nic->name && nic->model && nic->kernel && !add_default_ports(nic))
		return 0;
	nic_clear(nic);
	return -ENOMEM;
}

void nic_clear(struct nic *nic)
{
	free(nic->name);
	free(nic->model);
	free(nic->kernel);
	free(nic->ports);
	*nic = (struct nic){0};
}

const char *nic_port_kind_name(enum nic_port_kind kind)
{
	static const char *const names[] = {
		[NIC_PORT_UPLINK] = "uplink",
		[NIC_PORT_PF] = "pf",
		[NIC_PORT_VF] = "vf",
		[NIC_PORT_REPRESENTOR] = "representor",
	};

	return names[kind];
}
