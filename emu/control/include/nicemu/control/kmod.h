/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The front end for a real kernel: it speaks with nsim_nft_offload.ko (nicemu/kernel/wire.h) and
 * sends what that kernel hands to its driver through offload/.
 *
 * Why: the kernel's own nf_tables, flowtables and tc program the emulated NIC, with nothing of ours
 * in between but a module that writes down what it was handed.
 *
 * Devices that the module tells of become ports, with the device's name, index and address; where
 * a name is taken (by a device of another network namespace) the port is called name@NETNS.
 * Commands are answered with the errno and the reason's text, which the kernel shows as extack.
 * Totals of rules that have counted are written to the module by kmod_push, which makes the deltas.
 *
 * What comes from the module is not trusted. A message that breaks the format ends the conversation
 * (kmod_dispatch fails, kmod_error says why): the module then behaves as without a program, and the
 * kernel goes on. An event that is not known is refused, logged and passed over.
 *
 * Threading: the emulator's event loop, between packet batches.
 */
#ifndef NICEMU_CONTROL_KMOD_H
#define NICEMU_CONTROL_KMOD_H

#include <nicemu/base/clock.h>
#include <nicemu/base/log.h>
#include <nicemu/config/nic.h>
#include <nicemu/offload/offload.h>

struct kmod;

/* All borrowed; they outlive the front end. log may be NULL. nic has no ports of its own. */
struct kmod_environment {
	struct nic *nic;
	struct offload *offload;
	struct log *log;
	const struct clock *clock;
	/* A port has come, perhaps with the number of one that is gone. May be NULL. */
	void (*port_came)(void *context, int port);
	void *context;
};

/*
 * Say HELLO on fd (the module's character device; taken over, also on failure) and take its answer,
 * waiting a few seconds at most. 0, or a negative errno with message (size bytes) filled: -EPROTO
 * (another wire version), -EBADMSG, -ETIMEDOUT, -ENOMEM …
 */
int kmod_create(struct kmod **kmod, int fd, const struct kmod_environment *environment,
		char *message, size_t size);

/* Ends the conversation. Rules stay where they are in offload/. NULL is fine. */
void kmod_destroy(struct kmod *kmod);

/* A descriptor that is readable when kmod_dispatch has work to do. */
int kmod_fd(const struct kmod *kmod);

/*
 * Handle the messages that are there, a bounded number at a time. 0, or a negative errno: the
 * conversation has ended, and kmod_error says why.
 */
int kmod_dispatch(struct kmod *kmod);

/* Write the totals that have changed since the last call. 0, or as kmod_dispatch. */
int kmod_push(struct kmod *kmod);

/* Why it has ended; "" while it goes on. */
const char *kmod_error(const struct kmod *kmod);

#endif
