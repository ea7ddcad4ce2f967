/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "listener.h"

#include <nicemu/base/buffer.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { WAIT_SECONDS = 20, KEPT_MAX = 64 << 20, ALIGNMENT = 8 };

struct listener {
	int device, stop[2]; /* a byte in the pipe ends the thread */
	pthread_t thread;
	struct kmod_hello hello;
	pthread_mutex_t lock; /* of all below */
	pthread_cond_t changed;
	struct buffer kept; /* messages, each from a multiple of ALIGNMENT */
	size_t count[KMOD_RELEASE + 1], refuse;
	int failed;
};

static int answer(int device, uint64_t sequence, int error)
{
	struct kmod_reply reply = {
		.header = {.length = sizeof(reply), .type = KMOD_REPLY, .sequence = sequence},
		.error = error,
	};

	return write(device, &reply, sizeof(reply)) == sizeof(reply) ? 0 : errno;
}

static int check(const struct kmod_header *header, size_t size)
{
	if (size < sizeof(*header) || header->length != size || header->type > KMOD_RELEASE)
		return EBADMSG;
	return header->type == KMOD_LOST ? ENOBUFS : 0;
}

/* Returns what the message is answered with. */
static int keep(struct listener *listener, const struct kmod_header *header)
{
	static const uint8_t zeros[ALIGNMENT];
	bool refused;

	pthread_mutex_lock(&listener->lock);
	if (listener->kept.size > KEPT_MAX || buffer_failed(&listener->kept))
		listener->failed = ENOMEM;
	buffer_append(&listener->kept, header, header->length);
	buffer_append(&listener->kept, zeros, -header->length % ALIGNMENT);
	listener->count[header->type]++;
	refused = header->type == KMOD_REPLACE && listener->count[KMOD_REPLACE] == listener->refuse;
	pthread_cond_broadcast(&listener->changed);
	pthread_mutex_unlock(&listener->lock);
	return refused ? -ENOSPC : 0;
}

/* One message; the errno with which the thread has to end, or 0. */
static int take(struct listener *listener, struct kmod_header *header)
{
	ssize_t size = read(listener->device, header, KMOD_MESSAGE_MAX);
	int error;

	if (size < 0)
		return errno == EINTR || errno == EAGAIN ? 0 : errno;
	error = check(header, (size_t)size);
	if (error)
		return error;
	/* Kept first: who is answered finds it there. */
	error = keep(listener, header);
	if (!(header->flags & KMOD_FLAG_SYNC))
		return 0;
	return answer(listener->device, header->sequence, error);
}

static void *listen_to_module(void *context)
{
	struct listener *listener = context;
	struct pollfd fds[] = {{.fd = listener->device, .events = POLLIN},
			       {.fd = listener->stop[0], .events = POLLIN}};
	void *message = calloc(1, KMOD_MESSAGE_MAX);
	int error = message ? 0 : ENOMEM;

	while (!error) {
		if (poll(fds, 2, -1) < 0)
			error = errno == EINTR ? 0 : errno;
		else if (fds[1].revents)
			break;
		else if (fds[0].revents)
			error = take(listener, message);
	}
	pthread_mutex_lock(&listener->lock);
	listener->failed = error;
	pthread_cond_broadcast(&listener->changed);
	pthread_mutex_unlock(&listener->lock);
	free(message);
	return NULL;
}

static int say_hello(struct listener *listener)
{
	struct kmod_hello hello = {
		.header = {.length = sizeof(hello), .type = KMOD_HELLO},
		.version = KMOD_VERSION,
		.options = KMOD_HELLO_STATS,
	};
	ssize_t size;

	if (write(listener->device, &hello, sizeof(hello)) != sizeof(hello))
		return errno;
	size = read(listener->device, &listener->hello, sizeof(listener->hello));
	if (size < 0)
		return errno;
	return size == sizeof(hello) && listener->hello.header.type == KMOD_HELLO ? 0 : EPROTO;
}

struct listener *listener_start(void)
{
	struct listener *listener = calloc(1, sizeof(*listener));
	int error;

	if (!listener)
		return NULL;
	pthread_mutex_init(&listener->lock, NULL);
	pthread_cond_init(&listener->changed, NULL);
	listener->stop[0] = listener->stop[1] = -1;
	listener->device = open("/dev/" KMOD_DEVICE, O_RDWR | O_CLOEXEC);
	error = listener->device < 0 || pipe(listener->stop) < 0 ? errno : say_hello(listener);
	if (!error)
		error = pthread_create(&listener->thread, NULL, listen_to_module, listener);
	if (!error)
		return listener;
	fprintf(stderr, "/dev/" KMOD_DEVICE ": %s\n", strerror(error));
	for (int i = 0; i < 2; i++)
		if (listener->stop[i] >= 0)
			close(listener->stop[i]);
	if (listener->device >= 0)
		close(listener->device);
	free(listener);
	return NULL;
}

const struct kmod_hello *listener_hello(const struct listener *listener)
{
	return &listener->hello;
}

void listener_forget(struct listener *listener, size_t refuse)
{
	pthread_mutex_lock(&listener->lock);
	listener->kept.size = 0;
	listener->refuse = refuse;
	memset(listener->count, 0, sizeof(listener->count));
	pthread_mutex_unlock(&listener->lock);
}

bool listener_wait(struct listener *listener, enum kmod_type type, size_t count)
{
	struct timespec until;
	bool come;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += WAIT_SECONDS;
	pthread_mutex_lock(&listener->lock);
	while (listener->count[type] < count && !listener->failed)
		if (pthread_cond_timedwait(&listener->changed, &listener->lock, &until))
			break;
	come = listener->count[type] >= count;
	pthread_mutex_unlock(&listener->lock);
	return come;
}

void listener_visit(struct listener *listener,
		    void (*visit)(void *context, const struct kmod_header *header), void *context)
{
	const struct kmod_header *header;

	pthread_mutex_lock(&listener->lock);
	for (size_t at = 0; at < listener->kept.size;) {
		header = (const void *)(listener->kept.data + at);
		visit(context, header);
		at += header->length + -header->length % ALIGNMENT;
	}
	pthread_mutex_unlock(&listener->lock);
}

int listener_failed(struct listener *listener)
{
	int failed;

	pthread_mutex_lock(&listener->lock);
	failed = listener->failed;
	pthread_mutex_unlock(&listener->lock);
	return failed;
}

void listener_stop(struct listener *listener)
{
	if (write(listener->stop[1], "", 1) == 1)
		pthread_join(listener->thread, NULL);
	close(listener->device);
	close(listener->stop[0]);
	close(listener->stop[1]);
	buffer_clear(&listener->kept);
	free(listener);
}
