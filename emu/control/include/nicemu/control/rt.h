/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The rtnetlink endpoint and the interface ioctls: the NIC's ports and `lo`, so that nft, glibc and
 * ip know them. RTM_GETLINK (dump, by name, by index); anything else answers EOPNOTSUPP, dumps of
 * other kinds are empty. ioctls: SIOCGIFINDEX, SIOCGIFNAME, SIOCGIFFLAGS, SIOCGIFHWADDR,
 * SIOCGIFMTU, SIOCGIFTXQLEN, SIOCGIFCONF; SIOCETHTOOL answers EOPNOTSUPP.
 *
 * Invariant: it only reads the NIC; nothing that a client sends changes it.
 *
 * Threading: event loop.
 */
#ifndef NICEMU_CONTROL_RT_H
#define NICEMU_CONTROL_RT_H

#include <nicemu/config/nic.h>
#include <nicemu/control/server.h>

struct rt;

/* nic is borrowed; ports that are added later are seen. NULL when memory is out. */
struct rt *rt_create(struct server *server, const struct nic *nic);
void rt_destroy(struct rt *rt);

/* Tell listeners (RTNLGRP_LINK) about a port that has been added. */
void rt_port_added(struct rt *rt, int port);

#endif
