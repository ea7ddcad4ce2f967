/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A world (tests/control/nft_world.h) whose other end is the running kernel's nf_tables, for
 * probes: messages and answers, nothing of the driver. Ports are what the guest's script made.
 */
#include "nft_world.h"

#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

static struct mnl_socket *netlink;

static void fault(const char *what)
{
	perror(what);
	exit(2);
}

static void set_option(int option, int value)
{
	if (mnl_socket_setsockopt(netlink, option, &value, sizeof(value)) < 0)
		fault("setsockopt");
}

/* The kernel has answered when sendmsg returns, except for the rest of a long dump. */
void world_send(struct world *w, const void *data, size_t size)
{
	static char answer[1 << 16];
	ssize_t got;

	if (w->listening)
		set_option(NETLINK_ADD_MEMBERSHIP, NFNLGRP_NFTABLES);
	w->received.size = 0;
	if (mnl_socket_sendto(netlink, data, size) < 0)
		fault("sending");
	while ((got = recv(mnl_socket_get_fd(netlink), answer, sizeof(answer), MSG_DONTWAIT)) > 0)
		buffer_append(&w->received, answer, (size_t)got);
}

/* Tables are called t in all probes. */
static void remove_tables(struct world *w)
{
	static const uint16_t families[] = {NFPROTO_NETDEV, NFPROTO_IPV4};

	for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++) {
		struct nlmsghdr *nlh;

		batch_begin(w);
		nlh = batch_message(w, NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_DELTABLE, families[i],
				    0);
		mnl_attr_put_strz(nlh, NFTA_TABLE_NAME, "t");
		batch_add(w, nlh);
		batch_send(w, true);
	}
}

void world_open(struct world *w, const char *kernel)
{
	memset(w, 0, sizeof(*w));
	netlink = mnl_socket_open(NETLINK_NETFILTER);
	if (!netlink || mnl_socket_bind(netlink, 0, MNL_SOCKET_AUTOPID))
		fault("netlink");
	w->ext_ack = true;
	set_option(NETLINK_EXT_ACK, 1);
	remove_tables(w);
	w->received.size = 0;
}

void world_close(struct world *w)
{
	w->listening = false;
	remove_tables(w);
	buffer_clear(&w->received);
	mnl_socket_close(netlink);
}
