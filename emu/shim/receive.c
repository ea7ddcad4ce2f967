/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Receiving from netlink sockets. */
#include "shim.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <string.h>

ssize_t __recv_chk(int fd, void *data, size_t size, size_t room, int flags);
ssize_t __recvfrom_chk(int fd, void *data, size_t size, size_t room, int flags,
		       struct sockaddr *from, socklen_t *from_size);
ssize_t __read_chk(int fd, void *data, size_t size, size_t room);

static ssize_t take(int fd, struct msghdr *message, int flags)
{
	/* No address and no control messages: those of the connection mean nothing to the caller.
	 */
	struct msghdr plain = {.msg_iov = message->msg_iov, .msg_iovlen = message->msg_iovlen};
	ssize_t n = shim_real()->recvmsg(fd, &plain, flags);

	message->msg_flags = plain.msg_flags;
	return n;
}

/* Nothing was read: a datagram without room for it, the overrun mark, or the emulator's end. */
static ssize_t explain_nothing(int fd, const struct msghdr *message, int flags)
{
	struct pollfd state = {.fd = fd, .events = POLLIN};

	if (message->msg_flags & MSG_TRUNC)
		return 0;
	if (shim_real()->poll(&state, 1, 0) > 0 && state.revents & POLLHUP)
		return shim_result(-ECONNRESET);
	if (flags & MSG_PEEK)
		shim_real()->recv(fd, &state, 0, MSG_DONTWAIT);
	return shim_result(-ENOBUFS);
}

static bool may_block(int fd, int flags)
{
	return !(flags & MSG_DONTWAIT) && !(fcntl(fd, F_GETFL) & O_NONBLOCK);
}

ssize_t shim_receive(int fd, struct msghdr *message, int flags)
{
	int saved = errno;
	ssize_t n;

	if (flags & MSG_OOB)
		return shim_result(-EOPNOTSUPP);
	n = take(fd, message, flags | MSG_DONTWAIT);
	if (n < 0 && errno == EAGAIN) {
		if (shim_ask(fd, SHIM_PULL, 0, 0) == -ECONNREFUSED)
			return shim_result(-ECONNRESET);
		n = take(fd, message, flags | MSG_DONTWAIT);
		/* The plain call blocks, so that time-outs and signals have the kernel's meaning.
		 */
		if (n < 0 && errno == EAGAIN && may_block(fd, flags))
			n = take(fd, message, flags);
	}
	if (n == 0)
		n = explain_nothing(fd, message, flags);
	if (n < 0)
		return n;
	if (message->msg_name) {
		struct sockaddr_nl from = {.nl_family = AF_NETLINK};
		socklen_t room = message->msg_namelen;

		memcpy(message->msg_name, &from, room < sizeof(from) ? room : sizeof(from));
		message->msg_namelen = sizeof(from);
	} else {
		message->msg_namelen = 0;
	}
	message->msg_controllen = 0;
	message->msg_flags &= MSG_TRUNC;
	errno = saved;
	return n;
}

static ssize_t receive_bytes(int fd, void *data, size_t size, int flags, struct sockaddr *from,
			     socklen_t *from_size)
{
	struct iovec iov = {data, size};
	struct msghdr message = {.msg_name = from,
				 .msg_namelen = from && from_size ? *from_size : 0,
				 .msg_iov = &iov,
				 .msg_iovlen = 1};
	ssize_t n = shim_receive(fd, &message, flags);

	if (n >= 0 && from && from_size)
		*from_size = message.msg_namelen;
	return n;
}

SHIM_EXPORT ssize_t recv(int fd, void *data, size_t size, int flags)
{
	if (!shim_is_netlink(fd, NULL))
		return shim_real()->recv(fd, data, size, flags);
	return receive_bytes(fd, data, size, flags, NULL, NULL);
}

SHIM_EXPORT ssize_t recvfrom(int fd, void *data, size_t size, int flags, struct sockaddr *from,
			     socklen_t *from_size)
{
	if (!shim_is_netlink(fd, NULL))
		return shim_real()->recvfrom(fd, data, size, flags, from, from_size);
	return receive_bytes(fd, data, size, flags, from, from_size);
}

SHIM_EXPORT ssize_t recvmsg(int fd, struct msghdr *message, int flags)
{
	if (!shim_is_netlink(fd, NULL))
		return shim_real()->recvmsg(fd, message, flags);
	return shim_receive(fd, message, flags);
}

static bool is_past(const struct timespec *end)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec > end->tv_sec ||
	       (now.tv_sec == end->tv_sec && now.tv_nsec >= end->tv_nsec);
}

/* As the kernel's: the time-out is looked at only after a datagram has come. */
SHIM_EXPORT int recvmmsg(int fd, struct mmsghdr *messages, unsigned int count, int flags,
			 struct timespec *timeout)
{
	struct timespec end = {0};
	unsigned int done;

	if (!shim_is_netlink(fd, NULL))
		return shim_real()->recvmmsg(fd, messages, count, flags, timeout);
	if (timeout) {
		clock_gettime(CLOCK_MONOTONIC, &end);
		end.tv_sec += timeout->tv_sec + (end.tv_nsec + timeout->tv_nsec) / 1000000000;
		end.tv_nsec = (end.tv_nsec + timeout->tv_nsec) % 1000000000;
	}
	for (done = 0; done < count; done++) {
		ssize_t n = shim_receive(fd, &messages[done].msg_hdr, flags & ~MSG_WAITFORONE);

		if (n < 0)
			break;
		messages[done].msg_len = (unsigned int)n;
		if (flags & MSG_WAITFORONE)
			flags |= MSG_DONTWAIT;
		if (timeout && is_past(&end)) {
			done++;
			break;
		}
	}
	return done || !count ? (int)done : -1;
}

SHIM_EXPORT ssize_t read(int fd, void *data, size_t size)
{
	if (!shim_is_netlink(fd, NULL))
		return shim_real()->read(fd, data, size);
	return receive_bytes(fd, data, size, 0, NULL, NULL);
}

SHIM_EXPORT ssize_t readv(int fd, const struct iovec *iov, int count)
{
	struct msghdr message = {.msg_iov = (struct iovec *)iov, .msg_iovlen = (size_t)count};

	if (count < 0 || !shim_is_netlink(fd, NULL))
		return shim_real()->readv(fd, iov, count);
	return shim_receive(fd, &message, 0);
}

/* What programs call that are built with _FORTIFY_SOURCE; room is the buffer's true size. */
SHIM_EXPORT ssize_t __recv_chk(int fd, void *data, size_t size, size_t room, int flags)
{
	if (size > room)
		__chk_fail();
	return recv(fd, data, size, flags);
}

SHIM_EXPORT ssize_t __recvfrom_chk(int fd, void *data, size_t size, size_t room, int flags,
				   struct sockaddr *from, socklen_t *from_size)
{
	if (size > room)
		__chk_fail();
	return recvfrom(fd, data, size, flags, from, from_size);
}

SHIM_EXPORT ssize_t __read_chk(int fd, void *data, size_t size, size_t room)
{
	if (size > room)
		__chk_fail();
	return read(fd, data, size);
}
