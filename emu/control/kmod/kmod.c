/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The conversation with the module: HELLO, messages in, messages out, the end. */
#include "internal.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	PATIENCE_MS = 5000,
	MESSAGES_A_TURN = 256, /* so that a flood does not shut out other clients */
};

int kmod_fail(struct kmod *kmod, int error, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(kmod->error, sizeof(kmod->error), format, arguments);
	va_end(arguments);
	log_add(kmod->env.log, LOG_ERROR, kmod->env.clock->now_ns,
		"the conversation with the module ends: %s", kmod->error);
	return error;
}

const char *kmod_error(const struct kmod *kmod)
{
	return kmod->error;
}

int kmod_fd(const struct kmod *kmod)
{
	return kmod->fd;
}

static bool wait_for(const struct kmod *kmod, short events)
{
	struct pollfd waiting = {.fd = kmod->fd, .events = events};

	return poll(&waiting, 1, PATIENCE_MS) > 0;
}

int kmod_write(struct kmod *kmod, const void *messages, size_t size)
{
	for (;;) {
		ssize_t n = write(kmod->fd, messages, size);

		if (n == (ssize_t)size)
			return 0;
		if (n >= 0)
			return kmod_fail(kmod, -EBADMSG, "the module took %zd of %zu bytes", n,
					 size);
		if (errno == EAGAIN && wait_for(kmod, POLLOUT))
			continue;
		if (errno != EINTR)
			return kmod_fail(kmod, -errno, "the module can't be written to: %s",
					 strerror(errno));
	}
}

/* One message into kmod->message: its size, 0 where none is there, or a negative errno. */
static ssize_t read_message(struct kmod *kmod)
{
	ssize_t n;

	do
		n = read(kmod->fd, kmod->message, sizeof(kmod->message));
	while (n < 0 && errno == EINTR);
	if (n < 0 && errno == EAGAIN)
		return 0;
	if (n < 0)
		return kmod_fail(kmod, -errno, "the module can't be read: %s", strerror(errno));
	if (n == 0)
		return kmod_fail(kmod, -ECONNRESET, "the module has closed the conversation");
	return n;
}

/* The header of what was read: 0, or a negative errno. */
static int check_header(struct kmod *kmod, size_t size, struct kmod_header *header)
{
	if (size < sizeof(*header))
		return kmod_fail(kmod, -EBADMSG, "a message of %zu bytes", size);
	memcpy(header, kmod->message, sizeof(*header));
	if (header->length != size)
		return kmod_fail(kmod, -EBADMSG, "a message of %zu bytes says that it has %u", size,
				 header->length);
	return 0;
}

int kmod_dispatch(struct kmod *kmod)
{
	if (*kmod->error)
		return -ECONNRESET;
	for (int i = 0; i < MESSAGES_A_TURN; i++) {
		struct kmod_header header;
		struct cursor message;
		ssize_t n = read_message(kmod);
		int error;

		if (n <= 0)
			return (int)n;
		message = cursor_over(kmod->message, (size_t)n);
		error = check_header(kmod, (size_t)n, &header);
		if (!error)
			error = kmod_take(kmod, &header, &message);
		if (error)
			return error;
	}
	return 0;
}

/* ---- HELLO ---- */

static int say_hello(struct kmod *kmod)
{
	const struct kmod_hello hello = {
		.header = {.length = sizeof(hello), .type = KMOD_HELLO},
		.version = KMOD_VERSION,
		.options = KMOD_HELLO_STATS,
	};
	int error = kmod_write(kmod, &hello, sizeof(hello));

	if (error == -EPROTO)
		return kmod_fail(kmod, error,
				 "the module speaks another version of the wire format than this "
				 "nicemu (version %d): build and load the module of this nicemu",
				 KMOD_VERSION);
	return error;
}

static int hear_hello(struct kmod *kmod)
{
	struct kmod_header header;
	struct kmod_hello hello;
	ssize_t n;
	int error;

	if (!wait_for(kmod, POLLIN))
		return kmod_fail(kmod, -ETIMEDOUT, "the module does not answer HELLO");
	n = read_message(kmod);
	if (n <= 0)
		return n ? (int)n : kmod_fail(kmod, -EBADMSG, "the module does not answer HELLO");
	error = check_header(kmod, (size_t)n, &header);
	if (error)
		return error;
	if (header.type != KMOD_HELLO || n != sizeof(hello))
		return kmod_fail(kmod, -EBADMSG, "the module's answer to HELLO is another message");
	memcpy(&hello, kmod->message, sizeof(hello));
	if (hello.version != KMOD_VERSION)
		return kmod_fail(kmod, -EPROTO,
				 "the module speaks version %u of the wire format, this nicemu "
				 "version %d: build and load the module of this nicemu",
				 hello.version, KMOD_VERSION);
	return 0;
}

int kmod_create(struct kmod **result, int fd, const struct kmod_environment *environment,
		char *message, size_t size)
{
	struct kmod *kmod = calloc(1, sizeof(*kmod));
	int error;

	*result = NULL;
	if (!kmod) {
		close(fd);
		snprintf(message, size, "out of memory");
		return -ENOMEM;
	}
	kmod->env = *environment;
	kmod->fd = fd;
	error = say_hello(kmod);
	if (!error)
		error = hear_hello(kmod);
	if (!error) {
		*result = kmod;
		return 0;
	}
	snprintf(message, size, "%s", kmod->error);
	kmod_destroy(kmod);
	return error;
}

void kmod_destroy(struct kmod *kmod)
{
	struct kmod_binding *binding, *next;

	if (!kmod)
		return;
	close(kmod->fd);
	kmod_forget_all_rules(kmod);
	HASH_ITER (hh, kmod->bindings, binding, next) {
		HASH_DELETE(by_id, kmod->by_id, binding);
		HASH_DEL(kmod->bindings, binding);
		free(binding);
	}
	free(kmod);
}
