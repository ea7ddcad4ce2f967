/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "link.h"

#include <errno.h>
#include <linux/if.h>
#include <linux/if_arp.h>
#include <linux/rtnetlink.h>
#include <string.h>

enum { TX_QUEUE_LENGTH = 1000 };

static struct link loopback(void)
{
	return (struct link){
		.name = "lo",
		.ifindex = 1,
		.mtu = 65536,
		.flags = IFF_UP | IFF_LOOPBACK | IFF_RUNNING | IFF_LOWER_UP,
		.type = ARPHRD_LOOPBACK,
		.qdisc = "noqueue",
	};
}

static struct link port_link(const struct nic_port *port)
{
	struct link link = {
		.name = port->name,
		.ifindex = port->ifindex,
		.mtu = port->mtu,
		.flags = IFF_UP | IFF_BROADCAST | IFF_RUNNING | IFF_MULTICAST | IFF_LOWER_UP,
		.type = ARPHRD_ETHER,
		.qdisc = "mq",
	};

	memcpy(link.address, port->mac, sizeof(link.address));
	memset(link.broadcast, 0xff, sizeof(link.broadcast));
	return link;
}

bool link_at(const struct nic *nic, size_t place, struct link *link)
{
	if (place > nic->num_ports)
		return false;
	*link = place ? port_link(&nic->ports[place - 1]) : loopback();
	if (place && nic->ports[place - 1].gone)
		link->name = NULL;
	return true;
}

static int port_or_nodev(const struct nic *nic, int port, struct link *link)
{
	if (port < 0)
		return -ENODEV;
	*link = port_link(&nic->ports[port]);
	return 0;
}

int link_by_name(const struct nic *nic, const char *name, struct link *link)
{
	if (strcmp(name, "lo") == 0) {
		*link = loopback();
		return 0;
	}
	return port_or_nodev(nic, nic_port_by_name(nic, name), link);
}

int link_by_ifindex(const struct nic *nic, uint32_t ifindex, struct link *link)
{
	if (ifindex == 1) {
		*link = loopback();
		return 0;
	}
	return port_or_nodev(nic, nic_port_by_ifindex(nic, ifindex), link);
}

struct nlmsghdr *link_message(void *buffer, const struct link *link)
{
	struct rtnl_link_ifmap map = {0};
	bool is_loopback = link->flags & IFF_LOOPBACK;
	struct nlmsghdr *message;
	struct ifinfomsg *info;

	/* libmnl leaves the padding of attributes as it finds it, and a client would see it. */
	memset(buffer, 0, LINK_MESSAGE_MAX);
	message = mnl_nlmsg_put_header(buffer);
	info = mnl_nlmsg_put_extra_header(message, sizeof(*info));
	message->nlmsg_type = RTM_NEWLINK;
	info->ifi_type = link->type;
	info->ifi_index = (int)link->ifindex;
	info->ifi_flags = link->flags;
	/* In the kernel's order. Statistics are left out: this endpoint has none. */
	mnl_attr_put_strz(message, IFLA_IFNAME, link->name);
	mnl_attr_put_u32(message, IFLA_TXQLEN, TX_QUEUE_LENGTH);
	mnl_attr_put_u8(message, IFLA_OPERSTATE, is_loopback ? 0 : 6 /* IF_OPER_UP */);
	mnl_attr_put_u8(message, IFLA_LINKMODE, 0);
	mnl_attr_put_u32(message, IFLA_MTU, link->mtu);
	mnl_attr_put_u32(message, IFLA_MIN_MTU, is_loopback ? 0 : 68);
	mnl_attr_put_u32(message, IFLA_MAX_MTU, is_loopback ? 0 : 65535);
	mnl_attr_put_u32(message, IFLA_GROUP, 0);
	mnl_attr_put_u32(message, IFLA_PROMISCUITY, 0);
	mnl_attr_put_u32(message, IFLA_NUM_TX_QUEUES, 1);
	mnl_attr_put_u32(message, IFLA_NUM_RX_QUEUES, 1);
	mnl_attr_put_u8(message, IFLA_CARRIER, 1);
	mnl_attr_put_strz(message, IFLA_QDISC, link->qdisc);
	mnl_attr_put_u32(message, IFLA_CARRIER_CHANGES, is_loopback ? 0 : 1);
	mnl_attr_put(message, IFLA_MAP, sizeof(map), &map);
	mnl_attr_put(message, IFLA_ADDRESS, sizeof(link->address), link->address);
	mnl_attr_put(message, IFLA_BROADCAST, sizeof(link->broadcast), link->broadcast);
	return message;
}
