/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "events.h"

#include <nicemu/kernel/wire.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MOST = 1024 };
#define FLUSH "/sys/module/nsim_nft_offload/parameters/flush"

struct binding {
	uint32_t id, ifindex;
};

struct port {
	uint32_t ifindex;
	char name[KMOD_NAME_SIZE];
};

/* A rule is known by its cookie until another handle comes with it. */
struct rule {
	uint64_t cookie, handle;
	unsigned int number;
};

struct entry {
	uint32_t binding;
	uint64_t cookie;
};

static struct {
	int fd;
	struct world *world;
	struct binding bindings[MOST];
	struct port ports[MOST];
	struct rule rules[MOST];
	struct entry entries[MOST]; /* what was accepted */
	size_t num_bindings, num_ports, num_rules, num_entries;
	unsigned int numbers;
} state;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void fault(const char *what)
{
	fprintf(stderr, "%s: %s\n", what, strerror(errno));
	exit(2);
}

static void full(size_t count)
{
	if (count < MOST)
		return;
	errno = ENOBUFS;
	fault("events");
}

/* ---- what is known ---- */

static void keep_port(const struct kmod_port *port)
{
	size_t i = 0;

	while (i < state.num_ports && state.ports[i].ifindex != port->ifindex)
		i++;
	full(i);
	state.ports[i].ifindex = port->ifindex;
	memcpy(state.ports[i].name, port->name, sizeof(port->name));
	state.ports[i].name[KMOD_NAME_SIZE - 1] = '\0';
	if (i == state.num_ports)
		state.num_ports++;
}

static const char *name_of(uint32_t binding)
{
	uint32_t ifindex = 0;

	for (size_t i = 0; i < state.num_bindings; i++) {
		if (state.bindings[i].id == binding)
			ifindex = state.bindings[i].ifindex;
	}
	for (size_t i = 0; i < state.num_ports; i++) {
		if (state.ports[i].ifindex == ifindex)
			return state.ports[i].name;
	}
	return "?";
}

static void keep_binding(const struct kmod_bind *bind)
{
	full(state.num_bindings);
	state.bindings[state.num_bindings++] = (struct binding){bind->binding, bind->ifindex};
}

static void forget_binding(uint32_t id)
{
	size_t left = 0;

	for (size_t i = 0; i < state.num_bindings; i++) {
		if (state.bindings[i].id != id)
			state.bindings[left++] = state.bindings[i];
	}
	state.num_bindings = left;
	left = 0;
	for (size_t i = 0; i < state.num_entries; i++) {
		if (state.entries[i].binding != id)
			state.entries[left++] = state.entries[i];
	}
	state.num_entries = left;
}

/* handle 0: not told. */
static unsigned int number_of(uint64_t cookie, uint64_t handle)
{
	size_t i = 0;

	while (i < state.num_rules && state.rules[i].cookie != cookie)
		i++;
	full(i);
	if (i == state.num_rules) {
		state.rules[state.num_rules++] = (struct rule){cookie, handle, ++state.numbers};
	} else if (handle && !state.rules[i].handle) {
		state.rules[i].handle = handle;
	} else if (handle && state.rules[i].handle != handle) {
		state.rules[i] = (struct rule){cookie, handle, ++state.numbers};
	}
	return state.rules[i].number;
}

static void forget_entry(const struct kmod_command *command)
{
	size_t left = 0;

	for (size_t i = 0; i < state.num_entries; i++) {
		if (state.entries[i].binding != command->binding ||
		    state.entries[i].cookie != command->cookie)
			state.entries[left++] = state.entries[i];
	}
	state.num_entries = left;
}

static void keep_entry(const struct kmod_command *command)
{
	forget_entry(command);
	full(state.num_entries);
	state.entries[state.num_entries++] = (struct entry){command->binding, command->cookie};
}

/* ---- what is said ---- */

static int refusal(enum offload_verb verb)
{
	struct world *w = state.world;

	if (w->refuse_after && verb == w->refuse_verb && !--w->refuse_after)
		return -w->refuse_error;
	return 0;
}

static void note(const char *verb, uint32_t binding, unsigned int number, int error)
{
	struct world *w = state.world;
	size_t used = strlen(w->commands);
	char cookie[24] = "";

	if (number)
		snprintf(cookie, sizeof(cookie), " %u", number);
	snprintf(w->commands + used, sizeof(w->commands) - used, "%s %s%s%s%s\n", verb,
		 name_of(binding), cookie, error ? " " : "", error ? errno_name(-error) : "");
}

static void say(const void *message, size_t size)
{
	if (write(state.fd, message, size) != (ssize_t)size)
		fault("answering");
}

static void say_totals(void)
{
	static union {
		struct kmod_totals head;
		uint8_t bytes[KMOD_MESSAGE_MAX];
	} message;
	const size_t most = (sizeof(message) - sizeof(message.head)) / sizeof(struct kmod_total);
	size_t count = state.num_entries < most ? state.num_entries : most;
	size_t size = sizeof(message.head) + count * sizeof(struct kmod_total);

	memset(&message, 0, sizeof(message));
	message.head.header = (struct kmod_header){.length = (uint32_t)size, .type = KMOD_TOTALS};
	message.head.count = (uint32_t)count;
	for (size_t i = 0; i < count; i++) {
		struct kmod_total total = {
			.binding = state.entries[i].binding,
			.cookie = state.entries[i].cookie,
			.packets = state.world->packets,
			.bytes = state.world->bytes,
		};

		memcpy(message.bytes + sizeof(message.head) + i * sizeof(total), &total,
		       sizeof(total));
	}
	say(&message, size);
}

/* ---- events ---- */

static int on_bind(const void *message, const struct kmod_header *header)
{
	const struct kmod_bind *bind = message;
	int error = refusal(OFFLOAD_BIND);

	keep_binding(bind);
	note("BIND", bind->binding, 0, error);
	if (error)
		forget_binding(bind->binding);
	return error;
}

/* What the module sends by itself when a device goes away is not the kernel's word. */
static int on_unbind(const void *message, const struct kmod_header *header)
{
	const struct kmod_bind *bind = message;

	if (!(header->flags & KMOD_FLAG_DEVICE_GONE))
		note("UNBIND", bind->binding, 0, 0);
	return 0;
}

static int on_release(const void *message, const struct kmod_header *header)
{
	forget_binding(((const struct kmod_bind *)message)->binding);
	return 0;
}

static int on_port(const void *message, const struct kmod_header *header)
{
	keep_port(message);
	return 0;
}

static int on_replace(const void *message, const struct kmod_header *header)
{
	const struct kmod_replace *replace = message;
	const struct kmod_command *command = &replace->command;
	int error = refusal(OFFLOAD_REPLACE);

	note("REPLACE", command->binding, number_of(command->cookie, replace->handle), error);
	if (!error)
		keep_entry(command);
	return error;
}

static int on_destroy(const void *message, const struct kmod_header *header)
{
	const struct kmod_command *command = message;

	note("DESTROY", command->binding, number_of(command->cookie, 0), command->error);
	forget_entry(command);
	return 0;
}

static int on_flush(const void *message, const struct kmod_header *header)
{
	say_totals();
	return 0;
}

static int on_nothing(const void *message, const struct kmod_header *header)
{
	return 0;
}

static int on_lost(const void *message, const struct kmod_header *header)
{
	errno = ENOBUFS;
	fault("the module lost events");
	return 0;
}

static const struct {
	size_t size;
	int (*handle)(const void *message, const struct kmod_header *header);
} handlers[] = {
	[KMOD_HELLO] = {sizeof(struct kmod_hello), on_nothing},
	[KMOD_PORT] = {sizeof(struct kmod_port), on_port},
	[KMOD_PORT_GONE] = {sizeof(struct kmod_port), on_nothing},
	[KMOD_BIND] = {sizeof(struct kmod_bind), on_bind},
	[KMOD_UNBIND] = {sizeof(struct kmod_bind), on_unbind},
	[KMOD_RELEASE] = {sizeof(struct kmod_bind), on_release},
	[KMOD_REPLACE] = {sizeof(struct kmod_replace), on_replace},
	[KMOD_DESTROY] = {sizeof(struct kmod_command), on_destroy},
	[KMOD_STATS] = {sizeof(struct kmod_command), on_nothing},
	[KMOD_FLUSH] = {sizeof(struct kmod_header), on_flush},
	[KMOD_REPEAT_END] = {sizeof(struct kmod_header), on_nothing},
	[KMOD_LOST] = {sizeof(struct kmod_header), on_lost},
};

static void handle(const void *message, size_t size)
{
	const struct kmod_header *header = message;
	size_t most = sizeof(handlers) / sizeof(*handlers);
	int error;

	if (size < sizeof(*header) || header->length != size || header->type >= most ||
	    !handlers[header->type].handle || size < handlers[header->type].size) {
		errno = EBADMSG;
		fault("an event");
	}
	error = handlers[header->type].handle(message, header);
	if (header->flags & KMOD_FLAG_SYNC) {
		struct kmod_reply reply = {
			.header = {.length = sizeof(reply),
				   .type = KMOD_REPLY,
				   .sequence = header->sequence},
			.error = error,
		};

		say(&reply, sizeof(reply));
	}
}

static void *read_events(void *context)
{
	static _Alignas(8) uint8_t message[KMOD_MESSAGE_MAX];

	for (;;) {
		ssize_t size = read(state.fd, message, sizeof(message));

		if (size < 0 && errno == EINTR)
			continue;
		if (size < 0)
			fault("reading events");
		pthread_mutex_lock(&lock);
		handle(message, (size_t)size);
		pthread_mutex_unlock(&lock);
	}
	return NULL;
}

void events_start(struct world *w)
{
	const struct kmod_hello hello = {
		.header = {.length = sizeof(hello), .type = KMOD_HELLO},
		.version = KMOD_VERSION,
	};
	pthread_t thread;

	state.world = w;
	state.fd = open("/dev/" KMOD_DEVICE, O_RDWR | O_CLOEXEC);
	if (state.fd < 0)
		fault("/dev/" KMOD_DEVICE);
	say(&hello, sizeof(hello));
	errno = pthread_create(&thread, NULL, read_events, NULL);
	if (errno)
		fault("a thread");
}

/* The flush is an event itself: when it is answered, all before it were. */
void events_settle(struct world *w)
{
	int fd = open(FLUSH, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, "1", 1) != 1)
		fault(FLUSH);
	close(fd);
	pthread_mutex_lock(&lock);
	pthread_mutex_unlock(&lock);
}

void events_forget(void)
{
	pthread_mutex_lock(&lock);
	state.num_rules = 0;
	state.numbers = 0;
	pthread_mutex_unlock(&lock);
}
