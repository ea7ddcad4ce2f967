/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The client's end of the wire: connect to an emulator, send a request, wait for its answer.
 *
 * Used by the preloaded library and by nicemu's own commands. Inside a foreign program it must not
 * disturb: system calls are made directly (the library interposes the C library's functions of the
 * same names), nothing is allocated, errno is left alone, no signal is raised (MSG_NOSIGNAL), and
 * an interrupted wait goes on. So it may be called from a signal handler.
 *
 * Threading: no state; any thread, also several on one descriptor.
 */
#ifndef NICEMU_SHIM_CALL_H
#define NICEMU_SHIM_CALL_H

#include <nicemu/shim/wire.h>

#include <stdbool.h>
#include <stddef.h>
#include <sys/uio.h>

struct wire_call {
	uint32_t op, a, b;
	const struct iovec *payload; /* borrowed */
	size_t num_payload;
	const int *fds; /* borrowed; passed with the request */
	size_t num_fds; /* at most SHIM_FDS_MAX - 2 */
	void *answer;   /* where the answer's payload goes, or NULL */
	size_t answer_size;
};

/*
 * The answer's status, or -ECONNREFUSED (the emulator is gone), -EMSGSIZE (payload over
 * SHIM_PAYLOAD_MAX), -ENOBUFS (this process has no descriptors or memory left).
 */
int64_t wire_call(int fd, const struct wire_call *call);

/*
 * A connection for protocol, close-on-exec. A descriptor, or a negative errno: what connect said,
 * -ENAMETOOLONG for the path, -EPROTO where the other end speaks another version.
 */
int wire_dial(const char *path, int protocol);

/* True for a descriptor that wire_dial made, here or in a parent; *protocol may be NULL. */
bool wire_is_ours(int fd, int *protocol);

#endif
