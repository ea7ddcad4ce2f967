/* SPDX-License-Identifier: GPL-2.0-or-later */
/* RTM_NEWLINK and RTM_DELLINK: ports come, go and change their names. */
#ifndef NICEMU_CONTROL_RT_CHANGE_H
#define NICEMU_CONTROL_RT_CHANGE_H

#include <nicemu/config/nic.h>

#include <libmnl/libmnl.h>

/* What a message asks for, once it has been checked. */
struct change {
	enum { CHANGE_NOTHING, CHANGE_NAME, CHANGE_ADD, CHANGE_RETURN, CHANGE_REMOVE } what;
	int port; /* number, but for CHANGE_ADD */
	const char *name;
};

/* 0, or the kernel's errno; *text may then say more. The message is borrowed by the change. */
int change_new_link(const struct nic *nic, const struct nlmsghdr *request, struct change *change,
		    const char **text);
int change_del_link(const struct nic *nic, const struct nlmsghdr *request, struct change *change,
		    const char **text);

#endif
