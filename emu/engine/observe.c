/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <nicemu/engine/observe.h>

#include <nicemu/ports/capture.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

struct observer {
	struct capture_writer *writer; /* NULL: a free place */
	int fd;                        /* the writer's */
	size_t interfaces;             /* that the stream has told of */
	bool watches;                  /* the replay that runs */
};

struct observers {
	const struct nic *nic;
	struct observer list[OBSERVERS_MAX];
};

struct observers *observers_create(const struct nic *nic)
{
	struct observers *observers = calloc(1, sizeof(*observers));

	if (observers)
		observers->nic = nic;
	return observers;
}

static void let_go(struct observer *observer)
{
	capture_writer_close(observer->writer);
	*observer = (struct observer){0};
}

void observers_destroy(struct observers *observers)
{
	for (size_t i = 0; observers && i < OBSERVERS_MAX; i++)
		let_go(&observers->list[i]);
	free(observers);
}

/* A port that is new since, or has a new name, is not told of before a packet comes by it. */
static int tell_interfaces(struct observer *observer, const struct nic *nic)
{
	int error = 0;

	while (!error && observer->interfaces < nic->num_ports)
		error = capture_writer_add_interface(observer->writer,
						     nic->ports[observer->interfaces++].name);
	return error;
}

static struct observer *free_place(struct observers *observers)
{
	observers_count(observers);
	for (size_t i = 0; i < OBSERVERS_MAX; i++)
		if (!observers->list[i].writer)
			return &observers->list[i];
	return NULL;
}

int observers_add(struct observers *observers, int fd)
{
	struct observer *observer = free_place(observers);
	int error;

	if (!observer || fcntl(fd, F_SETFL, O_NONBLOCK) < 0) {
		error = observer ? -errno : -EBUSY;
		close(fd);
		return error;
	}
	error = capture_writer_open(&observer->writer, fd, CAPTURE_PCAPNG, NULL, 0);
	if (error)
		return error;
	observer->fd = fd;
	capture_writer_set_patience(observer->writer, OBSERVER_PATIENCE_MS);
	error = tell_interfaces(observer, observers->nic);
	if (!error)
		error = capture_writer_flush(observer->writer);
	if (error)
		let_go(observer);
	return error;
}

bool observers_begin(struct observers *observers)
{
	bool any = observers_count(observers) > 0;

	for (size_t i = 0; i < OBSERVERS_MAX; i++)
		observers->list[i].watches = observers->list[i].writer != NULL;
	return any;
}

void observers_write(struct observers *observers, const struct packet *packet, const char *comment)
{
	for (size_t i = 0; i < OBSERVERS_MAX; i++) {
		struct observer *observer = &observers->list[i];

		if (!observer->watches)
			continue;
		if (tell_interfaces(observer, observers->nic) ||
		    capture_write(observer->writer, packet, packet->port, false, comment))
			let_go(observer);
	}
}

void observers_flush(struct observers *observers)
{
	for (size_t i = 0; i < OBSERVERS_MAX; i++)
		if (observers->list[i].watches && capture_writer_flush(observers->list[i].writer))
			let_go(&observers->list[i]);
}

size_t observers_count(struct observers *observers)
{
	size_t count = 0;

	for (size_t i = 0; i < OBSERVERS_MAX; i++) {
		struct observer *observer = &observers->list[i];
		struct pollfd reader = {.fd = observer->fd};

		if (!observer->writer)
			continue;
		if (poll(&reader, 1, 0) == 1 && reader.revents & (POLLERR | POLLHUP))
			let_go(observer);
		else
			count++;
	}
	return count;
}
