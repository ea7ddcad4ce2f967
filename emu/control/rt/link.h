/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An interface as rtnetlink and the ioctls show it: `lo`, or a port of the NIC. */
#ifndef NICEMU_CONTROL_RT_LINK_H
#define NICEMU_CONTROL_RT_LINK_H

#include <nicemu/config/nic.h>

#include <libmnl/libmnl.h>

struct link {
	const char *name;
	uint32_t ifindex, mtu, flags;
	uint16_t type; /* ARPHRD_* */
	uint8_t address[6], broadcast[6];
	const char *qdisc;
};

/*
 * The link with that place in a dump: 0 is lo, 1 the first port. False past the last; name NULL for
 * a port that is gone.
 */
bool link_at(const struct nic *nic, size_t place, struct link *link);

/* 0 or -ENODEV. */
int link_by_name(const struct nic *nic, const char *name, struct link *link);
int link_by_ifindex(const struct nic *nic, uint32_t ifindex, struct link *link);

enum { LINK_MESSAGE_MAX = 512 };

/*
 * RTM_NEWLINK in buffer (LINK_MESSAGE_MAX bytes); the header's flags, seq and pid are the caller's.
 */
struct nlmsghdr *link_message(void *buffer, const struct link *link);

#endif
