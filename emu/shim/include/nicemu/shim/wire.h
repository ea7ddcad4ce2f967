/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What travels between a client (the preloaded library, or nicemu's own commands) and the emulator.
 *
 * An AF_UNIX SOCK_SEQPACKET connection per netlink socket. Plain C, fixed widths, host byte order:
 * both ends run on one machine, possibly built by different compilers.
 *
 * Client to emulator: one packet = struct shim_request + payload, with descriptors attached: first
 * the answer socket (always), then, where the payload is over SHIM_INLINE_MAX, a memfd that holds it
 * instead of the packet, then any descriptors that the request itself passes (SHIM_PROTOCOL_COMMAND).
 * The emulator answers on the answer socket with struct shim_answer + payload when all is done:
 * when a client's send returns, every reply can already be read.
 *
 * Emulator to client, on the connection itself: bare netlink datagrams, no header. The emulator keeps
 * what the socket does not take and never blocks on a client; SHIM_PULL asks for more of it.
 *
 * The client's end is bound to the abstract name SHIM_NAME_FORMAT, so that a descriptor tells its
 * protocol and port id by itself, also after dup, fork and exec.
 */
#ifndef NICEMU_SHIM_WIRE_H
#define NICEMU_SHIM_WIRE_H

#include <stdint.h>

/* Environment: path of the emulator's socket. */
#define SHIM_SOCKET_ENV "NICEMU_SOCKET"

#define SHIM_NAME_PREFIX "nicemu-shim/"
#define SHIM_NAME_FORMAT SHIM_NAME_PREFIX "%d/%u/%x" /* protocol, port id, random number */

enum { SHIM_WIRE_VERSION = 1, SHIM_INLINE_MAX = 65536, SHIM_PAYLOAD_MAX = 256 << 20 };

/* Besides the NETLINK_* protocol numbers, in SHIM_HELLO. */
enum {
	SHIM_PROTOCOL_IOCTL = 0x1000,   /* one SHIM_IOCTL, then closed */
	SHIM_PROTOCOL_COMMAND = 0x1001, /* nicemu's own commands: JSON both ways */
};

enum shim_op {
	SHIM_HELLO = 1,  /* a: protocol, b: port id wanted; payload: version as u32 */
	SHIM_SEND,       /* payload: what the client sent; status: bytes taken */
	SHIM_JOIN,       /* a: multicast group */
	SHIM_LEAVE,      /* a: multicast group */
	SHIM_OPTION,     /* a: NETLINK_* socket option, b: value */
	SHIM_BIND,       /* a: port id, b: group bit mask */
	SHIM_PULL,       /* status: datagrams still waiting in the emulator */
	SHIM_IOCTL,      /* a: request; payload: struct ifreq (+ data); answer: the same */
};

struct shim_request {
	uint32_t op, a, b;
	uint32_t size; /* of the payload, bytes */
};

struct shim_answer {
	int64_t status; /* >= 0, or a negative errno */
};

#endif
