/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <nicemu/config/model.h>
#include <nicemu/config/nic.h>
#include <nicemu/flow/rule.h>

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
		if (!nic->ports[i].gone && !strcmp(nic->ports[i].name, name))
			return (int)i;
	return -ENODEV;
}

int nic_gone_port(const struct nic *nic, const char *name)
{
	for (size_t i = nic->num_ports; i-- > 0;)
		if (nic->ports[i].gone && !strcmp(nic->ports[i].name, name))
			return (int)i;
	return -ENODEV;
}

static bool is_port(const struct nic *nic, size_t number, uint32_t netns, uint32_t ifindex)
{
	const struct nic_port *port = &nic->ports[number];

	return !port->gone && port->ifindex == ifindex && port->netns == netns;
}

int nic_port_in_netns(const struct nic *nic, uint32_t netns, uint32_t ifindex)
{
	size_t guess = (size_t)ifindex - NIC_FIRST_IFINDEX; /* where an emulated one is */

	if (ifindex >= NIC_FIRST_IFINDEX && guess < nic->num_ports &&
	    is_port(nic, guess, netns, ifindex))
		return (int)guess;
	for (size_t i = 0; i < nic->num_ports; i++)
		if (is_port(nic, i, netns, ifindex))
			return (int)i;
	return -ENODEV;
}

int nic_port_by_ifindex(const struct nic *nic, uint32_t ifindex)
{
	return nic_port_in_netns(nic, 0, ifindex);
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

static int check_new_name(const struct nic *nic, const char *name)
{
	if (!nic_valid_port_name(name) || !strcmp(name, "lo"))
		return -EINVAL;
	return nic_port_by_name(nic, name) >= 0 ? -EEXIST : 0;
}

void nic_remove_port(struct nic *nic, int number)
{
	nic->ports[number].gone = true;
}

static void set_name(struct nic_port *port, const char *name)
{
	snprintf(port->name, sizeof(port->name), "%s", name);
}

int nic_rename_port(struct nic *nic, int number, const char *name)
{
	int error = check_new_name(nic, name);

	if (!error)
		set_name(&nic->ports[number], name);
	return error;
}

int nic_return_port(struct nic *nic, int number, const char *name)
{
	int error = nic_rename_port(nic, number, name);

	if (!error)
		nic->ports[number].gone = false;
	return error;
}

/* A port that is there again is connected as the one was whose place it takes. */
static void take_peer(struct nic *nic, int from, size_t to)
{
	int32_t peer = nic->ports[from].peer;

	if (peer >= 0)
		nic->ports[peer].peer = (int32_t)to;
	nic->ports[from].peer = -1;
}

int nic_add_port(struct nic *nic, const char *name)
{
	size_t number = nic->num_ports;
	int error = check_new_name(nic, name), like;
	struct nic_port *port;

	if (error)
		return error;
	if (number == NIC_PORTS_MAX)
		return -ENOSPC;
	if (grow_ports(nic))
		return -ENOMEM;
	like = nic_gone_port(nic, name);
	port = &nic->ports[nic->num_ports++];
	*port = (struct nic_port){
		.mac = {0x02, 0, 0, 0, (uint8_t)(number >> 8), (uint8_t)number},
		.kind = NIC_PORT_UPLINK,
		.speed = DEFAULT_SPEED,
		.mtu = DEFAULT_MTU,
		.ifindex = (uint32_t)number + NIC_FIRST_IFINDEX,
		.peer = -1,
	};
	set_name(port, name);
	if (like >= 0) {
		*port = nic->ports[like];
		port->gone = false;
		port->ifindex = (uint32_t)number + NIC_FIRST_IFINDEX;
		take_peer(nic, like, number);
	}
	return (int)number;
}

/* A device's name has passed the kernel's own check; here it must be there, and fit. */
static int check_real_name(const struct nic *nic, const char *name)
{
	size_t length = strnlen(name, NIC_PORT_NAME_SIZE);

	if (!length || length == NIC_PORT_NAME_SIZE)
		return -EINVAL;
	return nic_port_by_name(nic, name) >= 0 ? -EEXIST : 0;
}

int nic_rename_real_port(struct nic *nic, int number, const char *name)
{
	int error = check_real_name(nic, name);

	if (!error)
		set_name(&nic->ports[number], name);
	return error;
}

static int take_gone_number(struct nic *nic, const struct nic_port *port)
{
	for (size_t i = 0; i < nic->num_ports; i++) {
		if (!nic->ports[i].gone)
			continue;
		nic->ports[i] = *port;
		nic->ports[i].peer = -1;
		return (int)i;
	}
	return -ENOSPC;
}

int nic_add_real_port(struct nic *nic, const struct nic_port *port)
{
	int error = check_real_name(nic, port->name);

	if (error)
		return error;
	if (nic_port_in_netns(nic, port->netns, port->ifindex) >= 0)
		return -EEXIST;
	if (nic->num_ports == NIC_PORTS_MAX)
		return take_gone_number(nic, port);
	if (grow_ports(nic))
		return -ENOMEM;
	nic->ports[nic->num_ports] = *port;
	nic->ports[nic->num_ports].peer = -1;
	return (int)nic->num_ports++;
}

/* The other end, where there is one now. */
static bool has_peer(const struct nic *nic, uint16_t port)
{
	int32_t peer = nic->ports[port].peer;

	return nic->profile && nic->profile->switchdev && peer >= 0 &&
	       (size_t)peer < nic->num_ports && !nic->ports[peer].gone;
}

uint16_t nic_rules_port(const struct nic *nic, uint16_t port)
{
	if (nic->ports[port].kind == NIC_PORT_REPRESENTOR || !has_peer(nic, port))
		return port;
	return (uint16_t)nic->ports[port].peer;
}

uint16_t nic_exit_port(const struct nic *nic, uint16_t port)
{
	if (nic->ports[port].kind != NIC_PORT_REPRESENTOR || !has_peer(nic, port))
		return port;
	return (uint16_t)nic->ports[port].peer;
}

const char *nic_port_name(const struct nic *nic, size_t number)
{
	return number < nic->num_ports ? nic->ports[number].name : "?";
}

void nic_print_target(FILE *out, void *context, const struct flow_action_entry *action)
{
	const struct nic *nic = context;
	int port = nic_port_in_netns(nic, action->netns, action->ifindex);

	if (port >= 0)
		fputs(nic->ports[port].name, out);
	else
		fprintf(out, "ifindex-%u", action->ifindex);
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

bool nic_takes_entries(const struct nic *nic)
{
	for (size_t i = 0; i < nic->profile->num_tables; i++)
		if (nic->profile->tables[i].entries == MODEL_UNKNOWN)
			return true;
	return false;
}

static uint64_t own_entries(const struct model *model)
{
	uint64_t entries = model->num_tables ? model->tables[0].entries : 0;

	return entries == MODEL_UNKNOWN ? NIC_DEFAULT_ENTRIES : entries;
}

int nic_set_model(struct nic *nic, const char *model, struct config_error *error)
{
	bool sized = nic->profile && nic_takes_entries(nic);
	struct model *profile;
	int result = model_load(&profile, model, error);
	char *name;

	if (result)
		return result;
	name = strdup(profile->name);
	if (!name) {
		model_free(profile);
		return -ENOMEM;
	}
	free(nic->model);
	model_free(nic->profile);
	nic->model = name;
	nic->profile = profile;
	if (!sized || !nic_takes_entries(nic))
		nic->entries = own_entries(profile);
	return 0;
}

int nic_default(struct nic *nic)
{
	struct config_error error;

	*nic = (struct nic){
		.name = strdup(NIC_DEFAULT_MODEL),
		.kernel = strdup(NIC_DEFAULT_KERNEL),
		.open_ports = true,
	};
	if (nic->name && nic->kernel && !nic_set_model(nic, NIC_DEFAULT_MODEL, &error) &&
	    !add_default_ports(nic))
		return 0;
	nic_clear(nic);
	return -ENOMEM;
}

void nic_clear(struct nic *nic)
{
	free(nic->name);
	free(nic->model);
	model_free(nic->profile);
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
