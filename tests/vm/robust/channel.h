/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The program's end of the module's character device, by hand: for tests that behave as they
 * please. It does not know the emulator, so it is a second reading of nicemu/kernel/wire.h.
 *
 * Functions return 0 or more, or a negative errno; none checks what it is given to send. One thread
 * a descriptor, unless a test wants the opposite.
 */
#ifndef NICEMU_TEST_CHANNEL_H
#define NICEMU_TEST_CHANNEL_H

#include "nicemu/kernel/wire.h"
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define CHANNEL_PATH "/dev/" KMOD_DEVICE

int channel_open(int flags);

/* Writes KMOD_HELLO. The module's answer is the next message. */
int channel_hello(int fd, uint32_t version, uint32_t options);

/* Opens, says hello, reads the answer into HELLO. Returns the descriptor. */
int channel_start(uint32_t options, struct kmod_hello *hello);

/* Reads one message of at most KMOD_MESSAGE_MAX bytes; returns its size. */
ssize_t channel_read(int fd, void *message);

int channel_reply(int fd, uint64_t sequence, int error, const char *text);

/* Writes COUNT totals, in as many messages as they need. */
int channel_totals(int fd, const struct kmod_total *totals, size_t count);

const char *channel_type_name(unsigned type);

#endif
