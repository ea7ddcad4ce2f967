/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "wire_client.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static atomic_bool stop;
static pthread_t thread;
static bool running;

/* Numbered datagrams of the wanted size, to the sender or to a group. */
static int64_t receive_text(void *context, struct client *client, const uint8_t *data, size_t size,
			    int *fds, size_t num_fds)
{
	unsigned int group = 0, count, length;
	char text[64] = "";
	uint8_t *out;

	memcpy(text, data, size < sizeof(text) - 1 ? size : sizeof(text) - 1);
	if (sscanf(text, "reply %u %u", &count, &length) != 2 &&
	    sscanf(text, "multicast %u %u %u", &group, &count, &length) != 3)
		return (int64_t)size;
	out = calloc(1, length);
	for (uint32_t i = 0; i < count; i++) {
		memcpy(out, &i, sizeof(i));
		if (group)
			server_multicast(client_server(client), 16, group, out, length, NULL);
		else
			client_send(client, out, length);
	}
	free(out);
	return (int64_t)size;
}

static void *serve(void *context)
{
	struct fixture *f = context;

	while (!atomic_load(&stop))
		server_dispatch(f->server, 20);
	return NULL;
}

void fixture_open(struct fixture *f, int protocol)
{
	int error;

	memset(f, 0, sizeof(*f));
	strcpy(f->path, "/tmp/nicemu-test-XXXXXX");
	cr_assert(mkdtemp(f->path));
	strcat(f->path, "/s");
	error = server_create(&f->server, f->path);
	cr_assert_eq(error, 0, "%s: %s", f->path, strerror(-error));
	f->endpoint = (struct server_endpoint){.protocol = protocol, .receive = receive_text};
	server_register(f->server, &f->endpoint);
}

void fixture_serve(struct fixture *f)
{
	atomic_store(&stop, false);
	cr_assert_eq(pthread_create(&thread, NULL, serve, f), 0);
	running = true;
}

void fixture_close(struct fixture *f)
{
	char *slash;

	atomic_store(&stop, true);
	if (running)
		pthread_join(thread, NULL);
	running = false;
	server_destroy(f->server);
	slash = strrchr(f->path, '/');
	*slash = '\0';
	cr_assert_eq(rmdir(f->path), 0, "%s: %s", f->path, strerror(errno));
}

int dial(const struct fixture *f, int protocol)
{
	int fd = wire_dial(f->path, protocol);

	cr_assert(fd >= 0, "wire_dial: %s", strerror(-fd));
	return fd;
}

int64_t ask(int fd, uint32_t op, uint32_t a, uint32_t b)
{
	return wire_call(fd, &(struct wire_call){.op = op, .a = a, .b = b});
}

int64_t send_data(int fd, const void *data, size_t size)
{
	struct iovec iov = {(void *)data, size};

	return wire_call(fd,
			 &(struct wire_call){.op = SHIM_SEND, .payload = &iov, .num_payload = 1});
}

int64_t send_text(int fd, const char *text)
{
	return send_data(fd, text, strlen(text));
}

ssize_t receive(int fd, void *data, size_t size)
{
	ssize_t n = recv(fd, data, size, MSG_DONTWAIT);

	if (n < 0 && errno == EAGAIN && ask(fd, SHIM_PULL, 0, 0) >= 0)
		n = recv(fd, data, size, MSG_DONTWAIT);
	return n < 0 ? -errno : n;
}

int open_descriptors(void)
{
	DIR *folder = opendir("/proc/self/fd");
	int count = 0;

	while (readdir(folder))
		count++;
	closedir(folder);
	return count;
}
