/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ioctl.h"

#include "link.h"

#include <errno.h>
#include <linux/if.h>
#include <linux/sockios.h>
#include <string.h>

static int get_index(const struct link *link, struct ifreq *request)
{
	request->ifr_ifindex = (int)link->ifindex;
	return 0;
}

static int get_flags(const struct link *link, struct ifreq *request)
{
	/* 16 bits: IFF_LOWER_UP does not fit. */
	request->ifr_flags = (short)link->flags;
	return 0;
}

static int get_address(const struct link *link, struct ifreq *request)
{
	memset(&request->ifr_hwaddr, 0, sizeof(request->ifr_hwaddr));
	request->ifr_hwaddr.sa_family = link->type;
	memcpy(request->ifr_hwaddr.sa_data, link->address, sizeof(link->address));
	return 0;
}

static int get_mtu(const struct link *link, struct ifreq *request)
{
	request->ifr_mtu = (int)link->mtu;
	return 0;
}

static int get_queue_length(const struct link *link, struct ifreq *request)
{
	request->ifr_qlen = 1000;
	return 0;
}

static int get_metric(const struct link *link, struct ifreq *request)
{
	request->ifr_metric = 0;
	return 0;
}

static int no_address(const struct link *link, struct ifreq *request)
{
	return -EADDRNOTAVAIL;
}

static int unsupported(const struct link *link, struct ifreq *request)
{
	return -EOPNOTSUPP;
}

/* Those that name an interface: ENODEV comes first, as in dev_ioctl. */
static const struct {
	uint32_t request;
	int (*handle)(const struct link *link, struct ifreq *request);
} by_name[] = {
	{SIOCGIFINDEX, get_index},         {SIOCGIFFLAGS, get_flags},
	{SIOCGIFHWADDR, get_address},      {SIOCGIFMTU, get_mtu},
	{SIOCGIFTXQLEN, get_queue_length}, {SIOCGIFMETRIC, get_metric},
	{SIOCGIFADDR, no_address},         {SIOCGIFDSTADDR, no_address},
	{SIOCGIFBRDADDR, no_address},      {SIOCGIFNETMASK, no_address},
	{SIOCETHTOOL, unsupported},        {SIOCGIFMAP, unsupported},
	{SIOCSIFFLAGS, unsupported},       {SIOCSIFMTU, unsupported},
	{SIOCSIFHWADDR, unsupported},      {SIOCSIFNAME, unsupported},
	{SIOCSIFADDR, unsupported},        {SIOCSIFNETMASK, unsupported},
	{SIOCSIFTXQLEN, unsupported},
};

static int get_name(const struct nic *nic, struct ifreq *request)
{
	struct link link;
	int error = link_by_ifindex(nic, (uint32_t)request->ifr_ifindex, &link);

	if (error)
		return error;
	memset(request->ifr_name, 0, sizeof(request->ifr_name));
	memcpy(request->ifr_name, link.name, strnlen(link.name, sizeof(request->ifr_name) - 1));
	return 0;
}

static int named(const struct nic *nic, uint32_t number, struct ifreq *request)
{
	struct link link;
	int error;

	for (size_t i = 0; i < sizeof(by_name) / sizeof(*by_name); i++) {
		if (by_name[i].request != number)
			continue;
		request->ifr_name[sizeof(request->ifr_name) - 1] = '\0';
		error = link_by_name(nic, request->ifr_name, &link);
		return error ? error : by_name[i].handle(&link, request);
	}
	return -ENOTTY;
}

int64_t rt_ioctl(const struct nic *nic, uint32_t number, uint8_t *data, size_t size)
{
	struct ifreq request;
	int error;

	if (size < sizeof(request))
		return -EINVAL;
	/* No interface has an IPv4 address, and those are what SIOCGIFCONF lists. */
	if (number == SIOCGIFCONF)
		return 0;
	memcpy(&request, data, sizeof(request));
	error = number == SIOCGIFNAME ? get_name(nic, &request) : named(nic, number, &request);
	if (!error)
		memcpy(data, &request, sizeof(request));
	return error;
}
