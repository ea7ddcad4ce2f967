/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The emulator's end of the wire (shim/wire.h): a listening socket, its clients, their queues.
 *
 * An endpoint takes what clients of one protocol send and answers with datagrams. The server knows
 * nothing of netlink beyond protocol, port id, multicast groups and socket options; it never blocks
 * on a client, bounds every size and queue, and drops a client that breaks the wire's rules.
 *
 * Port ids are given as the kernel gives them: none before the first bind or send, then the process
 * id, or a number counted down from -4097 where that is taken.
 *
 * Order: a request is handled whole, in the order of arrival; its replies are queued before its
 * answer is sent.
 *
 * Threading: everything runs in the emulator's event loop, inside server_dispatch.
 */
#ifndef NICEMU_CONTROL_SERVER_H
#define NICEMU_CONTROL_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct server;
struct client;

struct server_endpoint {
	int protocol; /* NETLINK_* or SHIM_PROTOCOL_* */
	/*
	 * What a client sent: data is borrowed, fds are its passed descriptors (closed by the
	 * server after the call unless the endpoint sets fds[i] to -1). The return value is the
	 * request's status: bytes taken, or a negative errno that the client's send fails with.
	 * Must not call server_dispatch.
	 */
	int64_t (*receive)(void *context, struct client *client, const uint8_t *data, size_t size,
			   int *fds, size_t num_fds);
	/* An ioctl: SHIM_PROTOCOL_IOCTL only. data (size bytes) is changed in place. */
	int64_t (*ioctl)(void *context, uint32_t request, uint8_t *data, size_t size);
	/* The client is going away: drop pointers to it. May be NULL. */
	void (*closed)(void *context, struct client *client);
	void *context;
};

/*
 * Listen on path (AF_UNIX, mode 0600). 0 or a negative errno; -EADDRINUSE when another emulator
 * answers there (a dead one's socket file is replaced), -EEXIST for a file that is no socket,
 * -ENAMETOOLONG for a path of more than 107 bytes.
 */
int server_create(struct server **server, const char *path);
/* Closes all clients, removes the socket file. NULL is fine. */
void server_destroy(struct server *server);

/*
 * Close all clients and take no new ones: before an endpoint goes away that is not as long-lived as
 * the server.
 */
void server_close_clients(struct server *server);

/* endpoint is borrowed. At most 8. */
void server_register(struct server *server, const struct server_endpoint *endpoint);

/* A descriptor that is readable when server_dispatch has work to do. */
int server_fd(const struct server *server);

/* Handle what is ready, waiting at most timeout_ms (0: not at all, -1: without limit). 0 or -errno.
 */
int server_dispatch(struct server *server, int timeout_ms);

/* One datagram to a client, copied. 0 or -ENOBUFS (its queue is full: the client has overrun). */
int client_send(struct client *client, const void *data, size_t size);

/* Bytes that wait because the client does not take them: for who could send without end. */
size_t client_queued(const struct client *client);

/* The same to every client of a protocol that has joined group, but not to except (may be NULL). */
void server_multicast(struct server *server, int protocol, unsigned int group, const void *data,
		      size_t size, const struct client *except);

/* Is anybody listening? (So that notifications need not be built for nobody.) */
bool server_has_listeners(const struct server *server, int protocol, unsigned int group);

uint32_t client_portid(const struct client *client);
/* Value of a NETLINK_* socket option that the client set (NETLINK_EXT_ACK …); 0 unless set. */
int client_option(const struct client *client, int option);
struct server *client_server(const struct client *client);

#endif
