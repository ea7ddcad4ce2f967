/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fake_module.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void see(void *context, const struct offload_event *e)
{
	struct fake_module *m = context;
	size_t used = strlen(m->seen);
	char numbers[64] = "";

	if (e->command)
		snprintf(numbers, sizeof(numbers), " %llu", (unsigned long long)e->command->cookie);
	if (e->stats)
		snprintf(numbers + strlen(numbers), sizeof(numbers) - strlen(numbers), " %llu/%llu",
			 (unsigned long long)e->stats->packets,
			 (unsigned long long)e->stats->bytes);
	snprintf(m->seen + used, sizeof(m->seen) - used, "%s%s%s%s%s\n", offload_verb_name(e->verb),
		 e->binding ? " " : "", e->binding ? m->nic.ports[e->binding->port].name : "",
		 numbers, e->error ? " refused" : "");
}

int fake_open_with(struct fake_module *m, const void *answer, size_t size)
{
	struct kmod_hello hello;
	int pair[2], error;

	memset(m, 0, sizeof(*m));
	cr_assert_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, pair), 0);
	m->fd = pair[0];
	m->driver = calloc(1, sizeof(*m->driver));
	m->offload = offload_create(&fake_driver, m->driver);
	m->log = log_create();
	m->tap = (struct offload_tap){.see = see, .context = m};
	offload_add_tap(m->offload, &m->tap);
	if (size)
		cr_assert_eq(send(m->fd, answer, size, 0), (ssize_t)size);
	else
		shutdown(m->fd, SHUT_WR);
	error = kmod_create(
		&m->kmod, pair[1],
		&(struct kmod_environment){
			.nic = &m->nic, .offload = m->offload, .log = m->log, .clock = &m->clock},
		m->message, sizeof(m->message));
	cr_assert_eq(read(m->fd, &hello, sizeof(hello)), (ssize_t)sizeof(hello));
	cr_assert_eq(hello.header.type, KMOD_HELLO);
	cr_assert_eq(hello.version, KMOD_VERSION);
	return error;
}

void fake_open(struct fake_module *m)
{
	const struct kmod_hello hello = {
		.header = {.length = sizeof(hello), .type = KMOD_HELLO},
		.version = KMOD_VERSION,
		.release = "6.1.0-56-cloud-amd64",
		.module = "1",
	};

	cr_assert_eq(fake_open_with(m, &hello, sizeof(hello)), 0, "%s", m->message);
}

void fake_close(struct fake_module *m)
{
	kmod_destroy(m->kmod);
	offload_destroy(m->offload);
	log_destroy(m->log);
	nic_clear(&m->nic);
	free(m->driver);
	close(m->fd);
}

int fake_bytes(struct fake_module *m, const void *bytes, size_t size)
{
	cr_assert_eq(send(m->fd, bytes, size, 0), (ssize_t)size);
	return kmod_dispatch(m->kmod);
}

int fake_event(struct fake_module *m, void *message, size_t size, uint16_t type, uint16_t flags)
{
	*(struct kmod_header *)message = (struct kmod_header){
		.length = (uint32_t)size,
		.type = type,
		.flags = flags,
		.sequence = ++m->sequence,
	};
	return fake_bytes(m, message, size);
}

size_t fake_read(struct fake_module *m, void *buffer, size_t size)
{
	ssize_t n = recv(m->fd, buffer, size, MSG_DONTWAIT);

	return n < 0 ? 0 : (size_t)n;
}

bool fake_quiet(struct fake_module *m)
{
	char byte;

	return recv(m->fd, &byte, 1, MSG_DONTWAIT) < 0 && errno == EAGAIN;
}

int fake_answer(struct fake_module *m, char text[KMOD_TEXT_SIZE])
{
	struct kmod_reply reply;

	cr_assert_eq(fake_read(m, &reply, sizeof(reply)), sizeof(reply));
	cr_assert_eq(reply.header.length, sizeof(reply));
	cr_assert_eq(reply.header.type, KMOD_REPLY);
	cr_assert_eq(reply.header.sequence, m->sequence);
	cr_assert_not_null(memchr(reply.text, '\0', sizeof(reply.text)));
	if (text)
		memcpy(text, reply.text, sizeof(reply.text));
	return reply.error;
}

int fake_port(struct fake_module *m, uint32_t netns, uint32_t ifindex, const char *name)
{
	struct kmod_port port = {
		.ifindex = ifindex, .netns = netns, .mac = {2, 0, 0, 0, 0, 9}, .kind = "netdevsim"};

	snprintf(port.name, sizeof(port.name), "%s", name);
	return fake_event(m, &port, sizeof(port), KMOD_PORT, 0);
}

int fake_bind(struct fake_module *m, uint32_t binding, uint32_t ifindex, uint16_t flags)
{
	struct kmod_bind bind = {.binding = binding,
				 .ifindex = ifindex,
				 .netns = 7,
				 .binder = KMOD_BINDER_CHAIN,
				 .block = 1,
				 .table = "t",
				 .chain = "c"};

	return fake_event(m, &bind, sizeof(bind), KMOD_BIND, flags);
}

int fake_replace(struct fake_module *m, uint32_t binding, uint64_t cookie, uint16_t flags)
{
	struct {
		struct kmod_replace replace;
		struct kmod_action action;
	} message = {
		.replace = {.command = {.binding = binding, .cookie = cookie, .prio = 10},
			    .handle = 4,
			    .num_actions = 1},
		.action = {.id = KMOD_ACTION_DROP, .hw_stats = 7},
	};

	/* without the padding at its end */
	return fake_event(m, &message, sizeof(message.replace) + sizeof(message.action),
			  KMOD_REPLACE, flags);
}

struct search {
	const char *text;
	bool found;
};

static void look(void *context, uint64_t sequence, enum log_level level, uint64_t time_ns,
		 const char *text)
{
	struct search *search = context;

	search->found |= strstr(text, search->text) != NULL;
}

bool fake_logged(const struct fake_module *m, const char *text)
{
	struct search search = {.text = text};

	log_visit(m->log, 0, look, &search);
	return search.found;
}
