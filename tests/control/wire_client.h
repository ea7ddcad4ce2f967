/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A server on a thread of its own, and clients of it, for the tests of this folder. */
#ifndef TESTS_CONTROL_WIRE_CLIENT_H
#define TESTS_CONTROL_WIRE_CLIENT_H

#include <nicemu/control/server.h>
#include <nicemu/shim/call.h>

#include <sys/types.h>

struct fixture {
	struct server *server;
	char path[64];
	/* What the endpoint does with a "reply COUNT SIZE" or "multicast GROUP COUNT SIZE" text. */
	struct server_endpoint endpoint;
};

/* Not served yet: endpoints can be registered. With the test endpoint as protocol. */
void fixture_open(struct fixture *f, int protocol);
/* From here on the server belongs to the thread. */
void fixture_serve(struct fixture *f);
void fixture_close(struct fixture *f);

/* A connected client; the test fails where that does not work. */
int dial(const struct fixture *f, int protocol);
int64_t ask(int fd, uint32_t op, uint32_t a, uint32_t b);
int64_t send_text(int fd, const char *text);
int64_t send_data(int fd, const void *data, size_t size);
/* One datagram without waiting, pulled when there is none; -EAGAIN when there is really none. */
ssize_t receive(int fd, void *data, size_t size);

int open_descriptors(void);

#endif
