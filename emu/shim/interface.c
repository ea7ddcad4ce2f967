/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Interfaces without netlink: ioctls, and the C library's functions that make them or list. */
#include "shim.h"

#include <errno.h>
#include <ifaddrs.h>
#include <linux/if_packet.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

enum { FIRST_IOCTL = 0x8910, LAST_IOCTL = 0x89ff };

static int64_t ask_ioctl(uint32_t number, struct ifreq *request)
{
	struct iovec payload = {request, sizeof(*request)};
	struct ifreq answer;
	int64_t status;
	int fd = wire_dial(shim_emulator(), SHIM_PROTOCOL_IOCTL);

	if (fd < 0)
		return fd;
	status = wire_call(fd, &(struct wire_call){.op = SHIM_IOCTL,
						   .a = number,
						   .payload = &payload,
						   .num_payload = 1,
						   .answer = &answer,
						   .answer_size = sizeof(answer)});
	if (status >= 0)
		*request = answer;
	close(fd);
	return status;
}

static int64_t interface_ioctl(uint32_t number, void *argument)
{
	struct ifreq none = {0};
	int64_t status;

	if (!argument)
		return -EFAULT;
	if (number != SIOCGIFCONF)
		return ask_ioctl(number, argument);
	/* Its argument is no ifreq. It lists addresses, and there are none. */
	status = ask_ioctl(number, &none);
	if (status >= 0)
		((struct ifconf *)argument)->ifc_len = 0;
	return status;
}

SHIM_EXPORT int ioctl(int fd, unsigned long request, ...)
{
	uint32_t number = (uint32_t)request; /* the kernel looks at 32 bits */
	va_list arguments;
	void *argument;

	va_start(arguments, request);
	argument = va_arg(arguments, void *);
	va_end(arguments);
	if (number < FIRST_IOCTL || number > LAST_IOCTL || !shim_emulator())
		return shim_real()->ioctl(fd, request, argument);
	return (int)shim_result(interface_ioctl(number, argument));
}

SHIM_EXPORT unsigned int if_nametoindex(const char *name)
{
	struct ifreq request = {0};
	int64_t status;

	if (!shim_emulator())
		return shim_real()->if_nametoindex(name);
	if (strlen(name) >= sizeof(request.ifr_name)) {
		errno = ENODEV;
		return 0;
	}
	strcpy(request.ifr_name, name);
	status = ask_ioctl(SIOCGIFINDEX, &request);
	return shim_result(status) < 0 ? 0 : (unsigned int)request.ifr_ifindex;
}

SHIM_EXPORT char *if_indextoname(unsigned int index, char name[IF_NAMESIZE])
{
	struct ifreq request = {.ifr_ifindex = (int)index};
	int64_t status;

	if (!shim_emulator())
		return shim_real()->if_indextoname(index, name);
	status = ask_ioctl(SIOCGIFNAME, &request);
	if (shim_result(status == -ENODEV ? -ENXIO : status) < 0)
		return NULL;
	memcpy(name, request.ifr_name, sizeof(request.ifr_name));
	return name;
}

struct link {
	struct ifaddrs head; /* first: the list is one block that free() takes */
	char name[IF_NAMESIZE];
	struct sockaddr_ll address, broadcast;
};

struct links {
	struct link *links;
	size_t count;
	int error;
};

static void take_hardware_address(struct sockaddr_ll *out, const struct ifinfomsg *info,
				  const struct rtattr *attribute)
{
	size_t size = RTA_PAYLOAD(attribute);

	if (size > sizeof(out->sll_addr))
		size = sizeof(out->sll_addr);
	out->sll_family = AF_PACKET;
	out->sll_ifindex = info->ifi_index;
	out->sll_hatype = info->ifi_type;
	out->sll_halen = (unsigned char)size;
	memcpy(out->sll_addr, RTA_DATA(attribute), size);
}

static void add_link(struct links *all, const struct nlmsghdr *message)
{
	const struct ifinfomsg *info = NLMSG_DATA(message);
	int left = (int)message->nlmsg_len - (int)NLMSG_LENGTH(sizeof(*info));
	struct link *links, *link;

	if (left < 0)
		return;
	links = realloc(all->links, (all->count + 1) * sizeof(*links));
	if (!links) {
		all->error = ENOMEM;
		return;
	}
	all->links = links;
	link = &links[all->count++];
	memset(link, 0, sizeof(*link));
	link->head.ifa_flags = info->ifi_flags;
	/* Also for if_nameindex, so for a link without an address too. */
	link->address.sll_ifindex = info->ifi_index;
	for (const struct rtattr *a = IFLA_RTA(info); RTA_OK(a, left); a = RTA_NEXT(a, left)) {
		if (a->rta_type == IFLA_IFNAME)
			snprintf(link->name, sizeof(link->name), "%.*s", (int)RTA_PAYLOAD(a),
				 (const char *)RTA_DATA(a));
		else if (a->rta_type == IFLA_ADDRESS)
			take_hardware_address(&link->address, info, a);
		else if (a->rta_type == IFLA_BROADCAST)
			take_hardware_address(&link->broadcast, info, a);
	}
}

/* True when the dump is over. */
static bool take_datagram(struct links *all, const void *data, size_t size)
{
	long left = (long)size; /* signed: the last step may pass the end by its padding */

	for (const struct nlmsghdr *h = data; NLMSG_OK(h, left); h = NLMSG_NEXT(h, left)) {
		if (h->nlmsg_type == NLMSG_DONE)
			return true;
		if (h->nlmsg_type == NLMSG_ERROR)
			all->error = EIO;
		if (h->nlmsg_type == RTM_NEWLINK)
			add_link(all, h);
	}
	return all->error;
}

/* Ask for all links; 0 or -1 with errno. The caller frees links. */
static int dump_links(struct links *all)
{
	struct {
		struct nlmsghdr header;
		struct ifinfomsg info;
	} request = {.header = {.nlmsg_len = sizeof(request),
				.nlmsg_type = RTM_GETLINK,
				.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP,
				.nlmsg_seq = 1}};
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	union {
		struct nlmsghdr header;
		char bytes[32768];
	} room;
	ssize_t n;

	memset(all, 0, sizeof(*all));
	if (fd < 0)
		return -1;
	n = send(fd, &request, sizeof(request), 0);
	while (n >= 0) {
		n = recv(fd, &room, sizeof(room), 0);
		if (n >= 0 && take_datagram(all, &room, (size_t)n))
			break;
	}
	if (n < 0)
		all->error = errno;
	close(fd);
	if (!all->error)
		return 0;
	free(all->links);
	errno = all->error;
	return -1;
}

SHIM_EXPORT struct if_nameindex *if_nameindex(void)
{
	struct if_nameindex *list;
	struct links all;
	char *names;

	if (!shim_emulator())
		return shim_real()->if_nameindex();
	if (dump_links(&all) < 0)
		return NULL;
	list = calloc(all.count + 1, sizeof(*list) + IF_NAMESIZE);
	names = (char *)(list + all.count + 1);
	for (size_t i = 0; list && i < all.count; i++) {
		list[i].if_index = (unsigned int)all.links[i].address.sll_ifindex;
		list[i].if_name = memcpy(names + i * IF_NAMESIZE, all.links[i].name, IF_NAMESIZE);
	}
	free(all.links);
	return list;
}

SHIM_EXPORT void if_freenameindex(struct if_nameindex *list)
{
	if (shim_emulator())
		free(list);
	else
		shim_real()->if_freenameindex(list);
}

SHIM_EXPORT int getifaddrs(struct ifaddrs **list)
{
	struct links all;

	if (!shim_emulator())
		return shim_real()->getifaddrs(list);
	if (dump_links(&all) < 0)
		return -1;
	for (size_t i = 0; i < all.count; i++) {
		struct link *link = &all.links[i];

		link->head.ifa_next = i + 1 < all.count ? &all.links[i + 1].head : NULL;
		link->head.ifa_name = link->name;
		if (link->address.sll_family)
			link->head.ifa_addr = (struct sockaddr *)&link->address;
		if (link->broadcast.sll_family)
			link->head.ifa_broadaddr = (struct sockaddr *)&link->broadcast;
	}
	*list = all.count ? &all.links[0].head : NULL;
	return 0;
}

SHIM_EXPORT void freeifaddrs(struct ifaddrs *list)
{
	if (shim_emulator())
		free(list);
	else
		shim_real()->freeifaddrs(list);
}
