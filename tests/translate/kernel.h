/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A real kernel to ask: nf_tables in a network namespace of this process's own, over a real netlink
 * socket. Nothing outside the namespace is seen or changed; it goes away with the process.
 *
 * In a virtual machine the machine itself is what goes away: with --device the namespace is the one
 * that the device is in, because kernels before 6.16 have no chain on a device that does not exist.
 */
#ifndef TESTS_TRANSLATE_KERNEL_H
#define TESTS_TRANSLATE_KERNEL_H

#include <nicemu/config/kernel.h>

#include <libmnl/libmnl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Takes --kernel VERSION (where the release does not tell X.Y.Z, as with distributions) and
 * --device NAME (for chains) off the front of the arguments. Returns how many words to skip, or -1
 * after a message.
 */
int kernel_options(int argc, char **argv);

/* How the kernel behaves that is asked; false with a line "SKIP: reason" where it can't be. */
bool kernel_find(struct kernel_behavior *kernel);

/* A new namespace and a socket; prints "SKIP: reason" and returns NULL where that is not allowed.
 */
struct mnl_socket *kernel_open(void);

/* The family of the world's table and of the messages below; NFPROTO_NETDEV at first. */
extern uint8_t kernel_family;

/* Start of an nf_tables message with its nfgenmsg, at buffer. */
struct nlmsghdr *kernel_message(void *buffer, uint16_t type, uint16_t flags, uint32_t sequence);

/* Batch begin or end at buffer. */
struct nlmsghdr *kernel_batch_mark(void *buffer, bool begin, uint32_t sequence);

/*
 * Makes table t with the chains c (offload), p (not), r (regular), and the set, maps and object of
 * generator.h. 0, or the kernel's positive errno.
 */
int kernel_make_world(struct mnl_socket *socket);

/*
 * All three: how the kernel behaves, and a socket where the world is made. NULL, with a line
 * "SKIP: reason", where that can't be.
 */
struct mnl_socket *kernel_with_world(struct kernel_behavior *kernel);

struct kernel_answer {
	bool seen;
	int error;       /* positive errno, 0 accepted */
	uint32_t offset; /* of the bad attribute, 0 when none was told */
};

/*
 * Sends the bytes (one batch) and collects the first answer to each of the messages first …
 * first + count - 1. False when the socket fails.
 */
bool kernel_ask(struct mnl_socket *socket, const void *bytes, size_t size, uint32_t first,
		size_t count, struct kernel_answer *answers);

/*
 * Whether the kernel was built without this type of expression: in a regular chain it answers
 * ENOENT to the expression without attributes. Asked once a type.
 */
bool kernel_lacks(struct mnl_socket *socket, const char *type);

/* The first type of expression in the list that the kernel was built without, or NULL. */
const char *kernel_lacking(struct mnl_socket *socket, const struct nlattr *list);

/* Whether the kernel that is asked has an interface of this index; for translate_context. */
bool kernel_ifindex_exists(void *context, uint32_t ifindex);

/* A dump of all families (NFT_MSG_GETRULE …): callback for each message. Below 0 on failure. */
int kernel_dump(struct mnl_socket *socket, uint16_t type, mnl_cb_t callback, void *data);

#endif
