/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "output.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

int output_open(struct output *o, int fd)
{
	*o = (struct output){.fd = fd, .patience_ms = -1, .buffer = malloc(OUTPUT_BLOCK)};
	return o->buffer ? 0 : -ENOMEM;
}

void output_close(struct output *o)
{
	free(o->buffer);
	o->buffer = NULL;
}

/* write(2), but a broken pipe is only an errno. */
static ssize_t write_without_signal(int fd, const void *data, size_t size)
{
	sigset_t pipe_only, before, pending;
	bool was_pending;
	ssize_t written;
	int error;

	sigemptyset(&pipe_only);
	sigaddset(&pipe_only, SIGPIPE);
	sigpending(&pending);
	was_pending = sigismember(&pending, SIGPIPE);
	pthread_sigmask(SIG_BLOCK, &pipe_only, &before);
	written = write(fd, data, size);
	error = errno;
	if (written < 0 && error == EPIPE && !was_pending)
		while (sigtimedwait(&pipe_only, NULL, &(struct timespec){0}) < 0 && errno == EINTR)
			;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	errno = error;
	return written;
}

static int write_some(struct output *o, const uint8_t *data, size_t size, size_t *done)
{
	ssize_t written = write_without_signal(o->fd, data, size);

	if (written >= 0) {
		*done += (size_t)written;
		return 0;
	}
	if (errno == EINTR)
		return 0;
	if (errno != EAGAIN)
		return -errno;
	switch (poll(&(struct pollfd){.fd = o->fd, .events = POLLOUT}, 1, o->patience_ms)) {
	case 0: return -ETIMEDOUT;
	case -1: return errno == EINTR ? 0 : -errno;
	default: return 0;
	}
}

int output_flush(struct output *o)
{
	size_t done = 0;

	while (!o->error && done < o->used)
		o->error = write_some(o, o->buffer + done, o->used - done, &done);
	o->used = 0;
	return o->error;
}

int output_add(struct output *o, const void *data, size_t size)
{
	const uint8_t *from = data;

	while (!o->error && size) {
		size_t room = OUTPUT_BLOCK - o->used;
		size_t part = size < room ? size : room;

		memcpy(o->buffer + o->used, from, part);
		o->used += part;
		from += part;
		size -= part;
		if (o->used == OUTPUT_BLOCK)
			output_flush(o);
	}
	return o->error;
}
