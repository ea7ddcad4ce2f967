/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The rtnetlink endpoint and the interface ioctls: the NIC's ports and `lo`, so that nft, glibc and
 * ip know them, and so that ports come, go and change their names as network devices do.
 *
 * RTM_GETLINK (dump, by name, by index). RTM_DELLINK takes a port away; RTM_NEWLINK gives it a
 * name, or adds a port (kind "dummy"): any without a NIC file, with one only those that it has and
 * that were taken away. An index can be asked for where a port had it that is gone; the port is
 * then there again. Ports are always up. Whatever else is asked to change answers EOPNOTSUPP with a
 * text; dumps of other kinds are empty. ioctls: SIOCGIFINDEX, SIOCGIFNAME, SIOCGIFFLAGS,
 * SIOCGIFHWADDR, SIOCGIFMTU, SIOCGIFTXQLEN, SIOCGIFCONF; SIOCETHTOOL answers EOPNOTSUPP.
 *
 * Invariant: a change is first told to the listener, then to clients (RTNLGRP_LINK).
 *
 * Threading: event loop.
 */
#ifndef NICEMU_CONTROL_RT_H
#define NICEMU_CONTROL_RT_H

#include <nicemu/config/nic.h>
#include <nicemu/control/server.h>

struct rt;

/* Who has to do with ports, in the same process: as the kernel's netdevice notifiers. */
struct rt_listener {
	void (*came)(void *context, int port);    /* it is there, perhaps again */
	void (*renamed)(void *context, int port); /* it has its new name */
	void (*leaves)(void *context, int port);  /* it is still there, for the last time */
	void *context;
};

/* nic is borrowed; ports that are added later are seen. NULL when memory is out. */
struct rt *rt_create(struct server *server, struct nic *nic);
void rt_destroy(struct rt *rt);

/* At most one; borrowed. NULL takes it away. */
void rt_listen(struct rt *rt, const struct rt_listener *listener);

/* Tell listeners (RTNLGRP_LINK) about a port that has been added. */
void rt_port_added(struct rt *rt, int port);

#endif
