/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The module's side of the wire, by hand: a socket pair with whole messages stands for the
 * character device. A driver that keeps what it was told stands for the NIC.
 */
#ifndef NICEMU_TESTS_FAKE_MODULE_H
#define NICEMU_TESTS_FAKE_MODULE_H

#include "../../offload/fake_driver.h"

#include <nicemu/control/kmod.h>
#include <nicemu/kernel/wire.h>
#include <nicemu/offload/fault.h>

struct fake_module {
	int fd; /* the module's end */
	struct kmod *kmod;
	struct nic nic;
	struct offload *offload;
	struct offload_tap tap;
	char seen[4096]; /* what the tap saw, a line an event */
	struct fake_driver *driver;
	struct log *log;
	struct clock clock;
	uint64_t sequence;
	char message[256]; /* of kmod_create */
};

/* With a conversation that has begun. */
void fake_open(struct fake_module *m);
/* HELLO is answered with these bytes: what kmod_create returns. */
int fake_open_with(struct fake_module *m, const void *answer, size_t size);
void fake_close(struct fake_module *m);

/* Send message (its header is filled in) and have it handled: what kmod_dispatch returns. */
int fake_event(struct fake_module *m, void *message, size_t size, uint16_t type, uint16_t flags);
/* The same bytes as they are. */
int fake_bytes(struct fake_module *m, const void *bytes, size_t size);

/* What the program wrote: bytes, 0 when there is nothing. */
size_t fake_read(struct fake_module *m, void *buffer, size_t size);
/* The answer to the last event: its error. Fails the test when there is none. */
int fake_answer(struct fake_module *m, char text[KMOD_TEXT_SIZE]);
/* The program has written nothing. */
bool fake_quiet(struct fake_module *m);

int fake_port(struct fake_module *m, uint32_t netns, uint32_t ifindex, const char *name);
int fake_bind(struct fake_module *m, uint32_t binding, uint32_t ifindex, uint16_t flags);
/* A rule with one DROP and no field; its error. */
int fake_replace(struct fake_module *m, uint32_t binding, uint64_t cookie, uint16_t flags);

/* The log has a line with this in it. */
bool fake_logged(const struct fake_module *m, const char *text);

#endif
