/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One client: its queue of datagrams, its port id, its groups and options. */
#include "server_internal.h"

#include <errno.h>
#include <linux/netlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

struct client *client_create(struct server *server, int fd)
{
	struct client *client = calloc(1, sizeof(*client));
	struct epoll_event event = {.events = EPOLLIN};

	if (!client)
		return NULL;
	client->server = server;
	client->fd = fd;
	CDS_INIT_LIST_HEAD(&client->queue);
	event.data.ptr = client;
	if (epoll_ctl(server->epoll_fd, EPOLL_CTL_ADD, fd, &event) < 0) {
		free(client);
		return NULL;
	}
	cds_list_add_tail(&client->node, &server->clients);
	return client;
}

static void drop_datagram(struct client *client, struct datagram *datagram)
{
	if (!datagram->size)
		client->overrun = false;
	client->queue_length--;
	client->queue_size -= sizeof(*datagram) + datagram->size;
	client->server->queue_size -= sizeof(*datagram) + datagram->size;
	cds_list_del(&datagram->node);
	free(datagram);
}

void client_free(struct client *client)
{
	struct datagram *datagram, *next;

	if (client->endpoint && client->endpoint->closed)
		client->endpoint->closed(client->endpoint->context, client);
	cds_list_for_each_entry_safe (datagram, next, &client->queue, node)
		drop_datagram(client, datagram);
	cds_list_del(&client->node);
	close(client->fd);
	free(client);
}

static void watch_output(struct client *client, bool on)
{
	struct epoll_event event = {.events = EPOLLIN | (on ? EPOLLOUT : 0u)};

	if (client->wants_output == on)
		return;
	event.data.ptr = client;
	if (epoll_ctl(client->server->epoll_fd, EPOLL_CTL_MOD, client->fd, &event) == 0)
		client->wants_output = on;
}

/* Bytes taken, or a negative errno; -EAGAIN when the socket is full. */
static ssize_t put(struct client *client, const void *data, size_t size)
{
	ssize_t n;

	do
		n = send(client->fd, data, size, MSG_DONTWAIT | MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	if (n >= 0)
		return n;
	return errno == ENOBUFS || errno == ENOMEM ? -EAGAIN : -errno;
}

void client_flush(struct client *client)
{
	struct datagram *datagram, *next;

	cds_list_for_each_entry_safe (datagram, next, &client->queue, node) {
		ssize_t n = put(client, datagram->data, datagram->size);

		if (n == -EAGAIN)
			break;
		if (n < 0 && n != -EMSGSIZE) {
			client->dead = true;
			return;
		}
		drop_datagram(client, datagram);
	}
	watch_output(client, !cds_list_empty(&client->queue));
}

/* An empty datagram behind what waits, once. */
static int mark_overrun(struct client *client)
{
	bool wanted = !client->overrun && !client_option(client, NETLINK_NO_ENOBUFS);
	struct datagram *mark = wanted ? calloc(1, sizeof(*mark)) : NULL;

	if (mark) {
		client->overrun = true;
		client->queue_length++;
		client->queue_size += sizeof(*mark);
		client->server->queue_size += sizeof(*mark);
		cds_list_add_tail(&mark->node, &client->queue);
		client_flush(client);
	}
	return -ENOBUFS;
}

static int enqueue(struct client *client, const void *data, size_t size, uint64_t limit)
{
	struct server *server = client->server;
	struct datagram *datagram;

	if (client->dead)
		return -ENOBUFS;
	if (cds_list_empty(&client->queue)) {
		ssize_t n = put(client, data, size);

		if (n >= 0)
			return 0;
		if (n == -EMSGSIZE)
			return mark_overrun(client);
		if (n != -EAGAIN) {
			client->dead = true;
			return -ENOBUFS;
		}
	}
	if (client->overrun || client->queue_size + size > limit ||
	    server->queue_size + size > SERVER_QUEUE_MAX)
		return mark_overrun(client);
	datagram = malloc(sizeof(*datagram) + size);
	if (!datagram)
		return mark_overrun(client);
	datagram->size = size;
	memcpy(datagram->data, data, size);
	client->queue_length++;
	client->queue_size += sizeof(*datagram) + size;
	server->queue_size += sizeof(*datagram) + size;
	cds_list_add_tail(&datagram->node, &client->queue);
	watch_output(client, true);
	return 0;
}

int client_send(struct client *client, const void *data, size_t size)
{
	return size ? enqueue(client, data, size, CLIENT_QUEUE_MAX) : -EINVAL;
}

size_t client_queued(const struct client *client)
{
	return client->queue_size;
}

static bool listens(const struct client *client, int protocol, unsigned int group)
{
	return client->endpoint && client->endpoint->protocol == protocol && group >= 1 &&
	       group <= CLIENT_GROUPS && client->groups >> (group - 1) & 1;
}

void server_multicast(struct server *server, int protocol, unsigned int group, const void *data,
		      size_t size, const struct client *except)
{
	struct client *client;

	if (!size)
		return;
	cds_list_for_each_entry (client, &server->clients, node)
		if (client != except && listens(client, protocol, group))
			enqueue(client, data, size, CLIENT_MULTICAST_MAX);
}

bool server_has_listeners(const struct server *server, int protocol, unsigned int group)
{
	struct client *client;

	cds_list_for_each_entry (client, &server->clients, node)
		if (!client->dead && listens(client, protocol, group))
			return true;
	return false;
}

static bool portid_taken(const struct client *client, uint32_t portid)
{
	struct client *other;

	cds_list_for_each_entry (other, &client->server->clients, node)
		if (other != client && other->endpoint == client->endpoint &&
		    other->portid == portid)
			return true;
	return false;
}

int client_bind(struct client *client, uint32_t portid)
{
	if (client->portid)
		return !portid || portid == client->portid ? 0 : -EINVAL;
	if (!portid) {
		client_autobind(client);
		return 0;
	}
	if (portid_taken(client, portid))
		return -EADDRINUSE;
	client->portid = portid;
	return 0;
}

/* The process id when it is free, else counting down from -4097, as netlink_autobind does. */
void client_autobind(struct client *client)
{
	uint32_t portid = (uint32_t)client->process, rover = (uint32_t)-4097;

	if (client->portid)
		return;
	while (!portid || portid_taken(client, portid))
		portid = rover--;
	client->portid = portid;
}

uint32_t client_portid(const struct client *client)
{
	return client->portid;
}

int client_option(const struct client *client, int option)
{
	return option >= 0 && option < CLIENT_OPTIONS ? client->options[option] : 0;
}

struct server *client_server(const struct client *client)
{
	return client->server;
}
