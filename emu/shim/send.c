/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sending on netlink sockets: each call is one request, back when all of it is carried out. */
#include "shim.h"

#include <errno.h>
#include <limits.h>
#include <linux/netlink.h>
#include <string.h>

/* Only the kernel's port can be written to; the address may be left out. */
static int check_destination(const struct msghdr *message)
{
	struct sockaddr_nl to;

	if (!message->msg_name || !message->msg_namelen)
		return 0;
	if (message->msg_namelen < sizeof(to))
		return -EINVAL;
	memcpy(&to, message->msg_name, sizeof(to));
	if (to.nl_family != AF_NETLINK)
		return -EINVAL;
	return to.nl_pid ? -ECONNREFUSED : 0;
}

ssize_t shim_send(int fd, const struct msghdr *message, int flags)
{
	int64_t status;

	if (message->msg_iovlen > IOV_MAX)
		return shim_result(-EMSGSIZE);
	status = flags & MSG_OOB ? -EOPNOTSUPP : check_destination(message);
	if (!status)
		status = wire_call(fd, &(struct wire_call){.op = SHIM_SEND,
							   .payload = message->msg_iov,
							   .num_payload = message->msg_iovlen});
	return shim_result(status);
}

static ssize_t send_bytes(int fd, const void *data, size_t size, int flags,
			  const struct sockaddr *to, socklen_t to_size)
{
	struct iovec iov = {(void *)data, size};

	return shim_send(fd,
			 &(struct msghdr){.msg_name = (void *)to,
					  .msg_namelen = to_size,
					  .msg_iov = &iov,
					  .msg_iovlen = 1},
			 flags);
}

SHIM_EXPORT ssize_t send(int fd, const void *data, size_t size, int flags)
{
	if (!shim_is_netlink(fd, NULL))
		return shim_real()->send(fd, data, size, flags);
	return send_bytes(fd, data, size, flags, NULL, 0);
}

SHIM_EXPORT ssize_t sendto(int fd, const void *data, size_t size, int flags,
			   const struct sockaddr *to, socklen_t to_size)
{
	if (!shim_is_netlink(fd, NULL))
		return shim_real()->sendto(fd, data, size, flags, to, to_size);
	return send_bytes(fd, data, size, flags, to, to_size);
}

SHIM_EXPORT ssize_t sendmsg(int fd, const struct msghdr *message, int flags)
{
	if (!shim_is_netlink(fd, NULL))
		return shim_real()->sendmsg(fd, message, flags);
	return shim_send(fd, message, flags);
}

SHIM_EXPORT int sendmmsg(int fd, struct mmsghdr *messages, unsigned int count, int flags)
{
	unsigned int done;

	if (!shim_is_netlink(fd, NULL))
		return shim_real()->sendmmsg(fd, messages, count, flags);
	for (done = 0; done < count; done++) {
		ssize_t n = shim_send(fd, &messages[done].msg_hdr, flags);

		if (n < 0)
			break;
		messages[done].msg_len = (unsigned int)n;
	}
	return done || !count ? (int)done : -1;
}

SHIM_EXPORT ssize_t write(int fd, const void *data, size_t size)
{
	if (!shim_is_netlink(fd, NULL))
		return shim_real()->write(fd, data, size);
	return send_bytes(fd, data, size, 0, NULL, 0);
}

SHIM_EXPORT ssize_t writev(int fd, const struct iovec *iov, int count)
{
	struct msghdr message = {.msg_iov = (struct iovec *)iov, .msg_iovlen = (size_t)count};

	if (count < 0 || !shim_is_netlink(fd, NULL))
		return shim_real()->writev(fd, iov, count);
	return shim_send(fd, &message, 0);
}
