/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What server.c (listening, dispatch), request.c (the wire's requests) and client.c share. */
#ifndef NICEMU_CONTROL_SERVER_INTERNAL_H
#define NICEMU_CONTROL_SERVER_INTERNAL_H

#include <nicemu/control/server.h>

#include <sys/stat.h>
#include <sys/types.h>
#include <urcu/list.h>

enum {
	SERVER_ENDPOINTS_MAX = 8,
	CLIENT_OPTIONS = 32, /* NETLINK_* socket options are small numbers */
	CLIENT_GROUPS = 64,  /* multicast groups 1 to 64 */
};

/*
 * Bytes that wait in the emulator: of one client, of one that only listens, of all together. A dump
 * waits whole, and nft's list of a million rules of ten expressions has about 900 MB.
 */
#define CLIENT_QUEUE_MAX     (UINT64_C(2) << 30)
#define CLIENT_MULTICAST_MAX (UINT64_C(64) << 20)
#define SERVER_QUEUE_MAX     (UINT64_C(3) << 30)

struct datagram {
	struct cds_list_head node;
	size_t size; /* 0: the overrun mark */
	uint8_t data[];
};

struct client {
	struct cds_list_head node;
	struct server *server;
	const struct server_endpoint *endpoint; /* NULL before SHIM_HELLO */
	int fd;
	pid_t process; /* who said hello */
	uint32_t portid;
	uint64_t groups; /* bit group - 1 */
	int options[CLIENT_OPTIONS];
	struct cds_list_head queue;
	size_t queue_length;
	uint64_t queue_size; /* bytes */
	bool overrun;        /* the mark is in the queue: nothing is queued until it has gone */
	bool dead;           /* freed at the end of the dispatch */
	bool wants_output;   /* epoll waits for room in the socket */
};

struct server {
	int listen_fd, epoll_fd;
	int spare_fd; /* given up to refuse a connection when descriptors have run out */
	char path[108];
	dev_t device; /* of the socket file, so that only our own is removed */
	ino_t inode;
	const struct server_endpoint *endpoints[SERVER_ENDPOINTS_MAX];
	size_t num_endpoints;
	struct cds_list_head clients;
	uint64_t queue_size;
	uint8_t *packet; /* one request packet */
};

/* client.c */
struct client *client_create(struct server *server, int fd);
void client_free(struct client *client);
/* Hand the socket what it takes. Sets dead when the other end has gone. */
void client_flush(struct client *client);
/* 0 or a negative errno, as the kernel's bind of a netlink socket. */
int client_bind(struct client *client, uint32_t portid);
void client_autobind(struct client *client);

/* request.c: receive and carry out one request. False when there is none or the client is dead. */
bool client_serve(struct client *client);

#endif
