/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One request of a client: received, checked, carried out, answered. Nothing in it is trusted. */
#include "server_internal.h"

#include <nicemu/shim/wire.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/netlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/uio.h>
#include <unistd.h>

struct incoming {
	struct shim_request header;
	int fds[SHIM_FDS_MAX];
	size_t num_fds, first_fd; /* first_fd: of those that belong to the endpoint */
	uint8_t *data;            /* the payload: in the server's packet, owned, or mapped */
	uint8_t *owned;
	void *mapped; /* header.size bytes, which can't be written to */
};

typedef int64_t (*request_fn)(struct client *client, struct incoming *in);

static void close_fds(struct incoming *in)
{
	for (size_t i = 0; i < in->num_fds; i++)
		if (in->fds[i] >= 0)
			close(in->fds[i]);
	in->num_fds = 0;
}

static void take_fds(struct incoming *in, struct msghdr *message)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c; c = CMSG_NXTHDR(message, c)) {
		size_t count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);

		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		for (size_t i = 0; i < count; i++) {
			int fd;

			memcpy(&fd, CMSG_DATA(c) + i * sizeof(int), sizeof(fd));
			if (in->num_fds < SHIM_FDS_MAX)
				in->fds[in->num_fds++] = fd;
			else
				close(fd);
		}
	}
}

static int copy_file(struct incoming *in)
{
	size_t have = 0, size = in->header.size;

	in->owned = malloc(size ? size : 1);
	if (!in->owned)
		return -ENOBUFS;
	while (have < size) {
		ssize_t n = pread(in->fds[1], in->owned + have, size - have, (off_t)have);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return -EBADMSG;
		have += (size_t)n;
	}
	in->data = in->owned;
	return 0;
}

/* Of huge pages, a part of one can't be unmapped. */
static bool has_plain_pages(int fd)
{
	struct statfs status;

	return fstatfs(fd, &status) == 0 && status.f_type == TMPFS_MAGIC;
}

/* Big batches stay where they are, when nobody can change or cut them: a copy of one costs. */
static bool map_file(struct incoming *in, int seals)
{
	const int wanted = F_SEAL_SHRINK | F_SEAL_WRITE;

	if (in->header.op != (SHIM_SEND | SHIM_IN_FILE) || (seals & wanted) != wanted ||
	    !in->header.size || !has_plain_pages(in->fds[1]))
		return false;
	in->mapped =
		mmap(NULL, in->header.size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, in->fds[1], 0);
	if (in->mapped == MAP_FAILED)
		in->mapped = NULL;
	in->data = in->mapped;
	return in->mapped;
}

/* Only shared memory: reading another kind of file could block, mapping it could raise SIGBUS. */
static int read_file(struct incoming *in)
{
	int seals = in->num_fds < 2 ? -1 : fcntl(in->fds[1], F_GET_SEALS);
	struct stat status;

	if (seals < 0 || fstat(in->fds[1], &status) < 0 || status.st_size < (off_t)in->header.size)
		return -EBADMSG;
	in->first_fd = 2;
	return map_file(in, seals) ? 0 : copy_file(in);
}

/* 0, -EAGAIN (nothing there), or -EBADMSG and the like: the client breaks the wire's rules. */
static int receive(struct client *client, struct incoming *in)
{
	union {
		char room[CMSG_SPACE(SHIM_FDS_MAX * sizeof(int))];
		struct cmsghdr align;
	} control;
	struct iovec iov[2] = {{&in->header, sizeof(in->header)},
			       {client->server->packet, SHIM_INLINE_MAX}};
	struct msghdr message = {.msg_iov = iov,
				 .msg_iovlen = 2,
				 .msg_control = &control,
				 .msg_controllen = sizeof(control)};
	ssize_t n = recvmsg(client->fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	size_t size;

	if (n < 0)
		return errno == EINTR ? -EAGAIN : -errno;
	take_fds(in, &message);
	if (message.msg_flags & (MSG_TRUNC | MSG_CTRUNC) || in->num_fds < 1 ||
	    (size_t)n < sizeof(in->header) || in->header.size > SHIM_PAYLOAD_MAX)
		return -EBADMSG;
	size = (size_t)n - sizeof(in->header);
	if (in->header.op & SHIM_IN_FILE)
		return size ? -EBADMSG : read_file(in);
	in->data = client->server->packet;
	in->first_fd = 1;
	return size == in->header.size ? 0 : -EBADMSG;
}

static void answer(const struct incoming *in, int64_t status, const void *data, size_t size)
{
	struct shim_answer head = {.status = status};
	struct iovec iov[2] = {{&head, sizeof(head)}, {(void *)data, size}};
	struct msghdr message = {.msg_iov = iov, .msg_iovlen = size ? 2 : 1};

	/* A client that does not wait for its answer, or passed something else: its loss. */
	(void)!sendmsg(in->fds[0], &message, MSG_DONTWAIT | MSG_NOSIGNAL);
}

static int64_t do_hello(struct client *client, struct incoming *in)
{
	const struct server *server = client->server;
	uint32_t version = 0;

	if (client->endpoint)
		return -EISCONN;
	if (in->header.size == sizeof(version))
		memcpy(&version, in->data, sizeof(version));
	if (version != SHIM_WIRE_VERSION)
		return -EPROTO;
	for (size_t i = 0; i < server->num_endpoints; i++)
		if (server->endpoints[i]->protocol == (int)in->header.a)
			client->endpoint = server->endpoints[i];
	client->process = (pid_t)in->header.b;
	return client->endpoint ? 0 : -EPROTONOSUPPORT;
}

static int64_t do_send(struct client *client, struct incoming *in)
{
	const struct server_endpoint *endpoint = client->endpoint;

	if (!endpoint->receive)
		return -EOPNOTSUPP;
	if (!in->header.size)
		return -ENODATA;
	client_autobind(client);
	return endpoint->receive(endpoint->context, client, in->data, in->header.size,
				 in->fds + in->first_fd, in->num_fds - in->first_fd);
}

static int64_t set_group(struct client *client, uint32_t group, bool on)
{
	uint64_t bit;

	if (group < 1 || group > CLIENT_GROUPS)
		return -EINVAL;
	bit = UINT64_C(1) << (group - 1);
	client_autobind(client);
	client->groups = on ? client->groups | bit : client->groups & ~bit;
	return 0;
}

static int64_t do_join(struct client *client, struct incoming *in)
{
	return set_group(client, in->header.a, true);
}

static int64_t do_leave(struct client *client, struct incoming *in)
{
	return set_group(client, in->header.a, false);
}

static int64_t do_option(struct client *client, struct incoming *in)
{
	if (in->header.a >= CLIENT_OPTIONS)
		return -ENOPROTOOPT;
	client->options[in->header.a] = (int)in->header.b;
	return 0;
}

static int64_t do_get_option(struct client *client, struct incoming *in)
{
	if (in->header.a >= CLIENT_OPTIONS)
		return -ENOPROTOOPT;
	return client->options[in->header.a] != 0;
}

static int64_t do_bind(struct client *client, struct incoming *in)
{
	int error = client_bind(client, in->header.a);

	if (error)
		return error;
	client->groups = (client->groups & ~UINT64_C(0xffffffff)) | in->header.b;
	return 0;
}

static int64_t do_pull(struct client *client, struct incoming *in)
{
	client_flush(client);
	return (int64_t)client->queue_length;
}

static int64_t do_ioctl(struct client *client, struct incoming *in)
{
	const struct server_endpoint *endpoint = client->endpoint;

	if (!endpoint->ioctl)
		return -EOPNOTSUPP;
	return endpoint->ioctl(endpoint->context, in->header.a, in->data, in->header.size);
}

static int64_t do_get_portid(struct client *client, struct incoming *in)
{
	return client->portid;
}

static const request_fn requests[] = {
	[SHIM_HELLO] = do_hello,
	[SHIM_SEND] = do_send,
	[SHIM_JOIN] = do_join,
	[SHIM_LEAVE] = do_leave,
	[SHIM_OPTION] = do_option,
	[SHIM_BIND] = do_bind,
	[SHIM_PULL] = do_pull,
	[SHIM_IOCTL] = do_ioctl,
	[SHIM_GET_OPTION] = do_get_option,
	[SHIM_GET_PORTID] = do_get_portid,
};

static int64_t carry_out(struct client *client, struct incoming *in)
{
	uint32_t op = in->header.op & ~SHIM_IN_FILE;

	if (op >= sizeof(requests) / sizeof(*requests) || !requests[op])
		return -EBADMSG;
	if (!client->endpoint && op != SHIM_HELLO)
		return -ENOTCONN;
	return requests[op](client, in);
}

bool client_serve(struct client *client)
{
	struct incoming in = {0};
	int error = receive(client, &in);
	int64_t status = error;
	bool with_data;

	if (error == 0)
		status = carry_out(client, &in);
	if (error != -EAGAIN && in.num_fds) {
		with_data = status >= 0 && (in.header.op & ~SHIM_IN_FILE) == SHIM_IOCTL;
		answer(&in, status, in.data, with_data ? in.header.size : 0);
	}
	if (error && error != -EAGAIN && error != -ENOBUFS)
		client->dead = true;
	/* No hello, no conversation. */
	if (!error && !client->endpoint)
		client->dead = true;
	close_fds(&in);
	free(in.owned);
	if (in.mapped)
		munmap(in.mapped, in.header.size);
	return !error && !client->dead;
}
