/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Making netlink sockets, their addresses and options. */
#include "shim.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <string.h>

enum { TYPE_FLAGS = SOCK_NONBLOCK | SOCK_CLOEXEC };

static bool answered(int protocol)
{
	return protocol == NETLINK_NETFILTER || protocol == NETLINK_ROUTE ||
	       protocol == NETLINK_GENERIC;
}

static int netlink_socket(int type, int protocol)
{
	int kind = type & ~TYPE_FLAGS, fd;

	if (kind != SOCK_RAW && kind != SOCK_DGRAM)
		return -ESOCKTNOSUPPORT;
	if (!answered(protocol))
		return -EPROTONOSUPPORT;
	fd = wire_dial(shim_emulator(), protocol);
	if (fd == -ENOENT || fd == -EPROTO)
		return -ECONNREFUSED;
	if (fd < 0)
		return fd;
	if (!(type & SOCK_CLOEXEC))
		fcntl(fd, F_SETFD, 0);
	if (type & SOCK_NONBLOCK)
		fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
	return fd;
}

SHIM_EXPORT int socket(int domain, int type, int protocol)
{
	if (domain != AF_NETLINK || !shim_emulator())
		return shim_real()->socket(domain, type, protocol);
	return (int)shim_result(netlink_socket(type, protocol));
}

/* The netlink address in *address: 0 or the kernel's negative errno. */
static int take_address(const struct sockaddr *address, socklen_t size, struct sockaddr_nl *out)
{
	if (!address)
		return -EFAULT;
	if (size < sizeof(*out))
		return -EINVAL;
	memcpy(out, address, sizeof(*out));
	return out->nl_family == AF_NETLINK ? 0 : -EINVAL;
}

SHIM_EXPORT int bind(int fd, const struct sockaddr *address, socklen_t size)
{
	struct sockaddr_nl name;
	int64_t status;

	if (!shim_is_netlink(fd, NULL))
		return shim_real()->bind(fd, address, size);
	status = take_address(address, size, &name);
	if (!status)
		status = shim_ask(fd, SHIM_BIND, name.nl_pid, name.nl_groups);
	return (int)shim_result(status);
}

/* The emulator is the only peer there is: port 0. */
SHIM_EXPORT int connect(int fd, const struct sockaddr *address, socklen_t size)
{
	struct sockaddr_nl name;
	int status;

	if (!shim_is_netlink(fd, NULL))
		return shim_real()->connect(fd, address, size);
	status = take_address(address, size, &name);
	if (!status && (name.nl_pid || name.nl_groups))
		status = -EPERM;
	return (int)shim_result(status);
}

/* As move_addr_to_user: what fits, and the true size. */
static int give_address(uint32_t portid, struct sockaddr *address, socklen_t *size)
{
	struct sockaddr_nl name = {.nl_family = AF_NETLINK, .nl_pid = portid};

	if (!address || !size)
		return -EFAULT;
	if ((int)*size < 0)
		return -EINVAL;
	memcpy(address, &name, *size < sizeof(name) ? *size : sizeof(name));
	*size = sizeof(name);
	return 0;
}

SHIM_EXPORT int getsockname(int fd, struct sockaddr *address, socklen_t *size)
{
	int64_t portid;

	if (!shim_is_netlink(fd, NULL))
		return shim_real()->getsockname(fd, address, size);
	portid = shim_ask(fd, SHIM_GET_PORTID, 0, 0);
	if (portid < 0)
		return (int)shim_result(portid);
	return (int)shim_result(give_address((uint32_t)portid, address, size));
}

SHIM_EXPORT int getpeername(int fd, struct sockaddr *address, socklen_t *size)
{
	if (!shim_is_netlink(fd, NULL))
		return shim_real()->getpeername(fd, address, size);
	return (int)shim_result(give_address(0, address, size));
}

static int64_t set_netlink_option(int fd, int option, const void *value, socklen_t size)
{
	int number = 0;

	/* Every option of netlink is an int; with less the kernel takes 0 (netlink_setsockopt). */
	if (value && size >= sizeof(number))
		memcpy(&number, value, sizeof(number));
	if (option == NETLINK_ADD_MEMBERSHIP)
		return shim_ask(fd, SHIM_JOIN, (uint32_t)number, 0);
	if (option == NETLINK_DROP_MEMBERSHIP)
		return shim_ask(fd, SHIM_LEAVE, (uint32_t)number, 0);
	return shim_ask(fd, SHIM_OPTION, (uint32_t)option, (uint32_t)number);
}

/* Sizes of buffers have no meaning here: the emulator keeps what the connection does not take. */
static bool without_effect(int option)
{
	return option == SO_SNDBUFFORCE || option == SO_RCVBUFFORCE || option == SO_ATTACH_FILTER ||
	       option == SO_DETACH_FILTER || option == SO_PASSCRED;
}

SHIM_EXPORT int setsockopt(int fd, int level, int option, const void *value, socklen_t size)
{
	if ((level != SOL_NETLINK && level != SOL_SOCKET) || !shim_is_netlink(fd, NULL))
		return shim_real()->setsockopt(fd, level, option, value, size);
	if (level == SOL_NETLINK)
		return (int)shim_result(set_netlink_option(fd, option, value, size));
	if (without_effect(option))
		return 0;
	return shim_real()->setsockopt(fd, level, option, value, size);
}

static int64_t known_option(int fd, int level, int option, int protocol)
{
	if (level == SOL_NETLINK)
		return shim_ask(fd, SHIM_GET_OPTION, (uint32_t)option, 0);
	switch (option) {
	case SO_DOMAIN: return AF_NETLINK;
	case SO_PROTOCOL: return protocol;
	case SO_TYPE: return SOCK_RAW;
	default: return INT64_MAX; /* as the connection has it */
	}
}

SHIM_EXPORT int getsockopt(int fd, int level, int option, void *value, socklen_t *size)
{
	int64_t status;
	int protocol, number;

	if ((level != SOL_NETLINK && level != SOL_SOCKET) || !shim_is_netlink(fd, &protocol))
		return shim_real()->getsockopt(fd, level, option, value, size);
	status = known_option(fd, level, option, protocol);
	if (status == INT64_MAX)
		return shim_real()->getsockopt(fd, level, option, value, size);
	if (status >= 0 && (!value || !size))
		status = -EFAULT;
	if (status < 0)
		return (int)shim_result(status);
	number = (int)status;
	memcpy(value, &number, *size < sizeof(number) ? *size : sizeof(number));
	*size = sizeof(number);
	return 0;
}
