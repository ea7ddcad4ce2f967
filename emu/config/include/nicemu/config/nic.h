/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The NIC as the user describes it: ports, model, kernel version, table size.
 *
 * Why a file: a test says once what hardware it is about, and every command means the same.
 *
 * A NIC comes from a YAML file (schema in netdevsim-config/README.md) or is the default one: model
 * `generic`, kernel NIC_DEFAULT_KERNEL, ports eth0 … eth7. Ports have a number (0, 1, … in file
 * order: what the packet path uses) and an interface index (what netlink and flow rules use).
 *
 * Ports come and go as network devices do. One that is taken away is `gone`: it keeps its number
 * and is found by neither name nor index; another with its name is a new port. So numbers stay (but
 * see nic_add_real_port).
 *
 * Invariants: names of the ports that are there are unique, valid interface names and not "lo";
 * (netns, ifindex) are unique too. An emulated port's ifindex is number + NIC_FIRST_IFINDEX; `lo`
 * is interface 1 and no port. A port of a front end with real devices has what the front end says.
 *
 * Threading: built before the emulator runs; ports may be added between batches (`open_ports`).
 */
#ifndef NICEMU_CONFIG_NIC_H
#define NICEMU_CONFIG_NIC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum {
	NIC_NAME_SIZE = 16,      /* as IFNAMSIZ, with the NUL */
	NIC_PORT_NAME_SIZE = 32, /* of a port: a device's name, or name@NETNS */
	NIC_PORTS_MAX = 4096,
	NIC_FIRST_IFINDEX = 2, /* 1 is lo */
};

#define NIC_DEFAULT_KERNEL  "6.12"
#define NIC_DEFAULT_MODEL   "generic"
#define NIC_DEFAULT_ENTRIES (UINT64_C(1) << 20)
#define NIC_ENTRIES_MAX     (UINT64_C(1) << 26)

enum nic_port_kind { NIC_PORT_UPLINK, NIC_PORT_PF, NIC_PORT_VF, NIC_PORT_REPRESENTOR };

/* "uplink", "pf", "vf", "representor": as written in a NIC file. */
const char *nic_port_kind_name(enum nic_port_kind kind);

struct nic_port {
	char name[NIC_PORT_NAME_SIZE];
	uint8_t mac[6];
	enum nic_port_kind kind;
	uint32_t speed; /* Mbit/s */
	uint32_t mtu;   /* bytes */
	uint32_t ifindex;
	uint32_t netns;             /* in which ifindex counts; 0: the emulated one */
	char driver[NIC_NAME_SIZE]; /* of a real device: "netdevsim" …; else empty */
	bool gone;                  /* taken away */
	bool hw_tc_offload_off;     /* as by `ethtool -K PORT hw-tc-offload off` */
	/*
	 * Of a representor: the number of the VF or PF that it stands for; of that one: its
	 * representor's. -1: none.
	 */
	int32_t peer;
};

struct nic {
	char *name;            /* in reports */
	char *model;           /* "generic": the profile's name */
	struct model *profile; /* what the NIC can do (config/model.h); held */
	char *kernel;          /* as the user wrote it, e.g. "6.12" */
	uint64_t entries;      /* TCAM size */
	size_t num_ports;      /* with those that are gone */
	struct nic_port *ports;
	/* Devices that a chain names become ports (no NIC file given). */
	bool open_ports;
};

/* What is wrong with an input file. text names file, line, field and what was expected. */
struct config_error {
	char text[512];
};

/* The default NIC. 0 or -ENOMEM. Free with nic_clear. */
int nic_default(struct nic *nic);

/*
 * Load a NIC file. 0, -ENOMEM, or -errno with error filled: -EINVAL for a file that is not a NIC
 * description, else what open or read said.
 */
int nic_load(struct nic *nic, const char *path, struct config_error *error);

void nic_clear(struct nic *nic);

/*
 * Append a port (pointers into nic->ports are invalid after it; numbers stay) with default
 * properties (MAC 02:00:00:00:hh:ll from its number), or those of the last port with this name that
 * is gone. Its number, or -EINVAL (not an interface name, or "lo"), -EEXIST, -ENOSPC, -ENOMEM.
 */
int nic_add_port(struct nic *nic, const char *name);

/*
 * Append a port for a real device; port->name may be any bytes that a device of another network
 * namespace can have (name@NETNS …), as long as it is not taken and fits. Real devices come and go
 * without end: when all numbers are used, a new port gets that of one that is gone. Errors as
 * above.
 */
int nic_add_real_port(struct nic *nic, const struct nic_port *port);
/* Give such a port another name: 0, -EINVAL or -EEXIST. */
int nic_rename_real_port(struct nic *nic, int number, const char *name);

/* number is that of a port that is there. Rename: 0, -EINVAL or -EEXIST as above. */
void nic_remove_port(struct nic *nic, int number);
int nic_rename_port(struct nic *nic, int number, const char *name);

/* The port with this number, which is gone, is there again under a name: 0, -EINVAL or -EEXIST. */
int nic_return_port(struct nic *nic, int number, const char *name);

/* Number of the last port with that name that is gone, or -ENODEV. */
int nic_gone_port(const struct nic *nic, const char *name);

/*
 * Another model, by name or file as model_load takes it; the table size becomes the model's own,
 * unless this model and the one before leave it to the NIC. 0 or what model_load said.
 */
int nic_set_model(struct nic *nic, const char *model, struct config_error *error);
/* Does the model leave the size of a table to nic->entries? */
bool nic_takes_entries(const struct nic *nic);

/*
 * Where the model knows switchdev: the port whose rules meet what came in by `port`, and at whose
 * host side comes out what no rule takes away. That is the representor of a VF or PF that has one;
 * else the port itself.
 */
uint16_t nic_rules_port(const struct nic *nic, uint16_t port);
/* By which port leaves what is sent to `port`: what a representor stands for; else the same. */
uint16_t nic_exit_port(const struct nic *nic, uint16_t port);

/* Number of the port with that name or interface index, or -ENODEV. */
int nic_port_by_name(const struct nic *nic, const char *name);
int nic_port_by_ifindex(const struct nic *nic, uint32_t ifindex); /* an emulated one */
int nic_port_in_netns(const struct nic *nic, uint32_t netns, uint32_t ifindex);

/* The port's name, also of one that is gone; "?" for a number that none has. */
const char *nic_port_name(const struct nic *nic, size_t number);

/* Where an action sends packets: the port's name, or "ifindex-N". For flow_view_line. */
struct flow_action_entry;
void nic_print_target(FILE *out, void *nic, const struct flow_action_entry *action);

/* As the kernel's dev_valid_name: not empty, < 16 bytes, no '/', ':', white space, not "." or "..".
 */
bool nic_valid_port_name(const char *name);

#endif
