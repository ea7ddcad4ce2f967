/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <nicemu/shim/call.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

/* In iovecs, what fits beside the header in one packet; more goes into a memfd. */
enum { INLINE_IOVECS = 64 };

/* A system call's result as the kernel gives it: negative errno. errno stays as it was. */
static long direct(long number, long a, long b, long c, long d, long e)
{
	int saved = errno;
	long result = syscall(number, a, b, c, d, e);

	if (result < 0) {
		result = -errno;
		errno = saved;
	}
	return result;
}

static void direct_close(int fd)
{
	if (fd >= 0)
		direct(SYS_close, fd, 0, 0, 0, 0);
}

static void wait_for(int fd, short events)
{
	struct pollfd p = {.fd = fd, .events = events};

	direct(SYS_ppoll, (long)&p, 1, 0, 0, 0);
}

static uint64_t payload_size(const struct wire_call *call)
{
	uint64_t size = 0;

	for (size_t i = 0; i < call->num_payload; i++) {
		size += call->payload[i].iov_len;
		if (size > SHIM_PAYLOAD_MAX)
			return UINT64_MAX;
	}
	return size;
}

static long write_whole(int fd, const uint8_t *data, size_t size)
{
	while (size) {
		long n = direct(SYS_write, fd, (long)data, (long)size, 0, 0);

		if (n == -EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? n : -ENOBUFS;
		data += n;
		size -= (size_t)n;
	}
	return 0;
}

/* A memfd with the payload, or -ENOBUFS, or -EFAULT for bytes that can't be read. */
static int payload_file(const struct wire_call *call)
{
	const long seals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;
	int fd = (int)direct(SYS_memfd_create, (long)"nicemu", MFD_CLOEXEC | MFD_ALLOW_SEALING, 0,
			     0, 0);

	if (fd < 0)
		return -ENOBUFS;
	for (size_t i = 0; i < call->num_payload; i++) {
		long error = write_whole(fd, call->payload[i].iov_base, call->payload[i].iov_len);

		if (error) {
			direct_close(fd);
			return error == -EFAULT ? -EFAULT : -ENOBUFS;
		}
	}
	/* So that it can be read where it is; without the seals it is copied. */
	direct(SYS_fcntl, fd, F_ADD_SEALS, seals, 0, 0);
	return fd;
}

/* One request packet with its descriptors: 0 or a negative errno. */
static long send_request(int fd, const struct wire_call *call, uint32_t size, int answer, int file)
{
	struct shim_request request = {
		.op = call->op | (file >= 0 ? SHIM_IN_FILE : 0),
		.a = call->a,
		.b = call->b,
		.size = size,
	};
	struct iovec iov[1 + INLINE_IOVECS] = {{&request, sizeof(request)}};
	union {
		char room[CMSG_SPACE(SHIM_FDS_MAX * sizeof(int))];
		struct cmsghdr align;
	} control = {0};
	struct msghdr message = {.msg_iov = iov, .msg_iovlen = 1, .msg_control = &control};
	struct cmsghdr *c = &control.align;
	int *fds = (int *)(void *)CMSG_DATA(c);
	size_t num_fds = 0;
	long error;

	fds[num_fds++] = answer;
	if (file >= 0)
		fds[num_fds++] = file;
	for (size_t i = 0; i < call->num_fds; i++)
		fds[num_fds++] = call->fds[i];
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(num_fds * sizeof(int));
	message.msg_controllen = CMSG_SPACE(num_fds * sizeof(int));
	if (file < 0) {
		for (size_t i = 0; i < call->num_payload; i++)
			iov[1 + i] = call->payload[i];
		message.msg_iovlen += call->num_payload;
	}
	for (;;) {
		error = direct(SYS_sendmsg, fd, (long)&message, MSG_NOSIGNAL, 0, 0);
		if (error == -EAGAIN)
			wait_for(fd, POLLOUT);
		else if (error != -EINTR)
			return error < 0 ? error : 0;
	}
}

static int64_t receive_answer(int fd, const struct wire_call *call)
{
	struct shim_answer answer = {0};
	struct iovec iov[2] = {{&answer, sizeof(answer)}, {call->answer, call->answer_size}};
	struct msghdr message = {.msg_iov = iov, .msg_iovlen = call->answer ? 2 : 1};
	long n;

	do
		n = direct(SYS_recvmsg, fd, (long)&message, 0, 0, 0);
	while (n == -EINTR);
	return n < (long)sizeof(answer) ? -ECONNREFUSED : answer.status;
}

int64_t wire_call(int fd, const struct wire_call *call)
{
	uint64_t size = payload_size(call);
	int pair[2], file = -1;
	int64_t status;
	long error;

	if (size > SHIM_PAYLOAD_MAX || call->num_fds > SHIM_FDS_MAX - 2)
		return -EMSGSIZE;
	if (direct(SYS_socketpair, AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, (long)pair, 0) < 0)
		return -ENOBUFS;
	if (size > SHIM_INLINE_MAX || call->num_payload > INLINE_IOVECS)
		error = -EMSGSIZE;
	else
		error = send_request(fd, call, (uint32_t)size, pair[1], -1);
	if (error == -EMSGSIZE) { /* also where the client made its send buffer small */
		file = payload_file(call);
		error = file < 0 ? file : send_request(fd, call, (uint32_t)size, pair[1], file);
		direct_close(file);
	}
	direct_close(pair[1]);
	if (error == 0)
		status = receive_answer(pair[0], call);
	else if (error == -EPIPE || error == -ECONNRESET || error == -ENOTCONN)
		status = -ECONNREFUSED;
	else if (error == -EMSGSIZE || error == -ETOOMANYREFS)
		status = -ENOBUFS;
	else
		status = error;
	direct_close(pair[0]);
	return status;
}

/* Decimal or hexadecimal digits; snprintf is not for signal handlers. */
static char *put_number(char *at, uint32_t value, uint32_t base)
{
	char digits[16];
	int n = 0;

	do
		digits[n++] = "0123456789abcdef"[value % base];
	while ((value /= base));
	while (n)
		*at++ = digits[--n];
	return at;
}

/* SHIM_NAME_FORMAT. The random part only has to differ: bind says when it does not. */
static socklen_t make_name(struct sockaddr_un *name, int protocol, uint32_t process, uint32_t salt)
{
	char *at = name->sun_path + 1;

	*name = (struct sockaddr_un){.sun_family = AF_UNIX};
	memcpy(at, SHIM_NAME_PREFIX, sizeof(SHIM_NAME_PREFIX) - 1);
	at = put_number(at + sizeof(SHIM_NAME_PREFIX) - 1, (uint32_t)protocol, 10);
	*at++ = '/';
	at = put_number(at, process, 10);
	*at++ = '/';
	at = put_number(at, salt, 16);
	return (socklen_t)(at - (char *)name);
}

static long bind_name(int fd, int protocol, uint32_t process)
{
	struct sockaddr_un name;
	struct timespec now;
	uint32_t salt;
	long error = -EADDRINUSE;

	clock_gettime(CLOCK_MONOTONIC, &now);
	salt = (uint32_t)now.tv_nsec ^ (uint32_t)(uintptr_t)&name ^ (uint32_t)fd << 20;
	for (int try = 0; try < 1000 && error == -EADDRINUSE;
	     try++, salt = salt * 1664525 + 12345) {
		socklen_t size = make_name(&name, protocol, process, salt);

		error = direct(SYS_bind, fd, (long)&name, size, 0, 0);
	}
	return error;
}

int wire_dial(const char *path, int protocol)
{
	struct sockaddr_un server = {.sun_family = AF_UNIX};
	uint32_t version = SHIM_WIRE_VERSION;
	uint32_t process = (uint32_t)direct(SYS_getpid, 0, 0, 0, 0, 0);
	struct iovec payload = {&version, sizeof(version)};
	size_t length = strlen(path);
	int64_t status;
	int fd;

	if (length >= sizeof(server.sun_path))
		return -ENAMETOOLONG;
	memcpy(server.sun_path, path, length);
	fd = (int)direct(SYS_socket, AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, 0, 0);
	if (fd < 0)
		return fd;
	status = bind_name(fd, protocol, process);
	if (status == 0) {
		do
			status = direct(SYS_connect, fd, (long)&server, sizeof(server), 0, 0);
		while (status == -EINTR);
	}
	if (status == 0)
		status = wire_call(fd, &(struct wire_call){.op = SHIM_HELLO,
							   .a = (uint32_t)protocol,
							   .b = process,
							   .payload = &payload,
							   .num_payload = 1});
	if (status < 0) {
		direct_close(fd);
		return (int)status;
	}
	return fd;
}

bool wire_is_ours(int fd, int *protocol)
{
	static const char prefix[] = SHIM_NAME_PREFIX;
	struct sockaddr_un name;
	socklen_t size = sizeof(name);
	const char *at = name.sun_path + 1, *end;
	long value = 0;

	if (fd < 0 || direct(SYS_getsockname, fd, (long)&name, (long)&size, 0, 0) < 0)
		return false;
	end = (const char *)&name + (size < sizeof(name) ? size : sizeof(name));
	if (name.sun_family != AF_UNIX || end - at <= (long)sizeof(prefix) ||
	    name.sun_path[0] != '\0' || memcmp(at, prefix, sizeof(prefix) - 1) != 0)
		return false;
	for (at += sizeof(prefix) - 1; at < end && *at >= '0' && *at <= '9' && value < 100000; at++)
		value = value * 10 + (*at - '0');
	if (protocol)
		*protocol = (int)value;
	return true;
}
