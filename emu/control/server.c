/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server_internal.h"

#include <nicemu/shim/wire.h>

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum {
	EVENTS = 64,
	REQUESTS_A_TURN = 32, /* of one client, so that a flood does not shut out the others */
	LOCK_TRIES = 100,
	LOCK_PAUSE_MS = 20,
};

/* A client keeps a descriptor here; so many clients need many. */
static void raise_descriptor_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
}

/*
 * The folder of path, locked against another start on the same path; -1 where that can't be.
 * Whoever may open a folder may lock it and stay, so patience ends: bind then decides between two.
 */
static int lock_folder(const char *path)
{
	char copy[sizeof(((struct server *)0)->path)];
	int fd;

	snprintf(copy, sizeof(copy), "%s", path);
	fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	for (int tries = 0; fd >= 0 && tries < LOCK_TRIES; tries++) {
		if (flock(fd, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK)
			break;
		poll(NULL, 0, LOCK_PAUSE_MS);
	}
	return fd;
}

/* Make way for our socket: 0, -EADDRINUSE (somebody answers), -EEXIST (not a socket), … */
static int remove_dead_socket(const struct sockaddr_un *address)
{
	struct stat status;
	int fd, error;

	if (lstat(address->sun_path, &status) < 0)
		return errno == ENOENT ? 0 : -errno;
	if (!S_ISSOCK(status.st_mode))
		return -EEXIST;
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	error = connect(fd, (const struct sockaddr *)address, sizeof(*address)) < 0 ? errno : 0;
	close(fd);
	if (error == EACCES || error == EPERM)
		return -error;
	if (error != ECONNREFUSED)
		return -EADDRINUSE;
	return unlink(address->sun_path) < 0 ? -errno : 0;
}

static int listen_on(struct server *server)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct stat status;
	int folder, error;

	memcpy(address.sun_path, server->path, sizeof(address.sun_path));
	server->listen_fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (server->listen_fd < 0)
		return -errno;
	folder = lock_folder(server->path);
	error = remove_dead_socket(&address);
	/* The mode that bind gives to the file: never open to others, not even for a moment. */
	if (!error && (fchmod(server->listen_fd, 0600) < 0 ||
		       bind(server->listen_fd, (struct sockaddr *)&address, sizeof(address)) < 0))
		error = -errno;
	if (!error && lstat(server->path, &status) == 0) {
		server->device = status.st_dev;
		server->inode = status.st_ino;
	}
	if (!error && listen(server->listen_fd, 128) < 0)
		error = -errno;
	if (folder >= 0)
		close(folder);
	return error;
}

int server_create(struct server **out, const char *path)
{
	struct epoll_event event = {.events = EPOLLIN};
	struct server *server;
	int error;

	if (strlen(path) >= sizeof(server->path))
		return -ENAMETOOLONG;
	server = calloc(1, sizeof(*server));
	if (!server)
		return -ENOMEM;
	CDS_INIT_LIST_HEAD(&server->clients);
	strcpy(server->path, path);
	server->listen_fd = -1;
	raise_descriptor_limit();
	server->spare_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	server->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	server->packet = malloc(SHIM_INLINE_MAX);
	if (server->epoll_fd < 0 || !server->packet)
		error = -ENOMEM;
	else
		error = listen_on(server);
	if (!error && epoll_ctl(server->epoll_fd, EPOLL_CTL_ADD, server->listen_fd, &event) < 0)
		error = -errno;
	if (error) {
		server_destroy(server);
		return error;
	}
	*out = server;
	return 0;
}

/* Before the listening socket closes: then nobody can have taken the path over yet. */
static void remove_socket_file(struct server *server)
{
	struct stat status;

	if (server->inode && lstat(server->path, &status) == 0 && status.st_dev == server->device &&
	    status.st_ino == server->inode)
		unlink(server->path);
	server->inode = 0;
}

void server_close_clients(struct server *server)
{
	struct client *client, *next;

	remove_socket_file(server);
	if (server->listen_fd >= 0)
		close(server->listen_fd);
	server->listen_fd = -1;
	cds_list_for_each_entry_safe (client, next, &server->clients, node)
		client_free(client);
}

void server_destroy(struct server *server)
{
	if (!server)
		return;
	server_close_clients(server);
	if (server->epoll_fd >= 0)
		close(server->epoll_fd);
	if (server->spare_fd >= 0)
		close(server->spare_fd);
	free(server->packet);
	free(server);
}

void server_register(struct server *server, const struct server_endpoint *endpoint)
{
	if (server->num_endpoints < SERVER_ENDPOINTS_MAX)
		server->endpoints[server->num_endpoints++] = endpoint;
}

int server_fd(const struct server *server)
{
	return server->epoll_fd;
}

/* Out of descriptors: take the connection with the spare one and close it, or epoll would spin. */
static void refuse_one(struct server *server)
{
	close(server->spare_fd);
	server->spare_fd = accept4(server->listen_fd, NULL, NULL, SOCK_CLOEXEC);
	if (server->spare_fd >= 0)
		close(server->spare_fd);
	server->spare_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
}

static void accept_clients(struct server *server)
{
	for (int i = 0; i < REQUESTS_A_TURN; i++) {
		int fd = accept4(server->listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
		int room = 4 << 20;

		if (fd < 0 && (errno == EMFILE || errno == ENFILE))
			refuse_one(server);
		if (fd < 0)
			return;
		/* As much as the system allows: the more, the fewer SHIM_PULLs. */
		setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
		if (!client_create(server, fd))
			close(fd);
	}
}

static void serve_client(struct client *client, uint32_t events)
{
	if (client->dead)
		return;
	if (events & EPOLLOUT)
		client_flush(client);
	if (events & EPOLLIN)
		for (int i = 0; i < REQUESTS_A_TURN && client_serve(client); i++)
			;
	else if (events & (EPOLLHUP | EPOLLERR))
		client->dead = true;
}

static void free_dead(struct server *server)
{
	struct client *client, *next;

	cds_list_for_each_entry_safe (client, next, &server->clients, node)
		if (client->dead)
			client_free(client);
}

int server_dispatch(struct server *server, int timeout_ms)
{
	struct epoll_event events[EVENTS];
	int count = epoll_wait(server->epoll_fd, events, EVENTS, timeout_ms);

	if (count < 0)
		return errno == EINTR ? 0 : -errno;
	for (int i = 0; i < count; i++) {
		if (events[i].data.ptr)
			serve_client(events[i].data.ptr, events[i].events);
		else
			accept_clients(server);
	}
	free_dead(server);
	return 0;
}
