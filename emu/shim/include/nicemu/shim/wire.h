/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What travels between a client (the preloaded library, or nicemu's own commands) and the emulator.
 *
 * An AF_UNIX SOCK_SEQPACKET connection per netlink socket. Plain C, fixed widths, host byte order:
 * both ends run on one machine, possibly built by different compilers.
 *
 * Client to emulator: one packet = struct shim_request + payload, with descriptors attached: first
 * the answer socket (always), then, where the payload does not travel in the packet itself, a memfd
 * that holds it (see SHIM_IN_FILE; where it is sealed so that it stays as it is, the emulator maps
 * it and else copies it), then any descriptors that the request itself passes
 * (SHIM_PROTOCOL_COMMAND). The emulator answers on the answer socket with struct shim_answer +
 * payload when all is done: when a client's send returns, every reply can already be read.
 *
 * Emulator to client, on the connection itself: bare netlink datagrams, no header. The emulator
 * keeps what the socket does not take and never blocks on a client; SHIM_PULL asks for more of it.
 * An empty datagram says that the client's queue has overrun at this place (ENOBUFS for the
 * client). On a SHIM_PROTOCOL_COMMAND connection a message is one JSON text in one or more
 * datagrams, each opened by a byte: SHIM_CHUNK_MORE or SHIM_CHUNK_LAST.
 *
 * Why not netlink itself: without privileges nobody can be given a netlink socket that somebody
 * else answers.
 *
 * The client's end is bound to the abstract name SHIM_NAME_FORMAT, so that a descriptor tells its
 * protocol by itself, also after dup, fork and exec. Its port id is the emulator's to give.
 */
#ifndef NICEMU_SHIM_WIRE_H
#define NICEMU_SHIM_WIRE_H

#include <stdint.h>

/* Environment: path of the emulator's socket. */
#define SHIM_SOCKET_ENV "NICEMU_SOCKET"

#define SHIM_NAME_PREFIX "nicemu-shim/"
#define SHIM_NAME_FORMAT SHIM_NAME_PREFIX "%d/%u/%x" /* protocol, process, random number */

enum {
	SHIM_WIRE_VERSION = 2,
	SHIM_INLINE_MAX = 65536,      /* bytes of payload in the packet */
	SHIM_PAYLOAD_MAX = INT32_MAX, /* what the kernel lets a netlink socket send at once */
	SHIM_CHUNK_MAX = 32768,       /* bytes of JSON text in one datagram */
	SHIM_FDS_MAX = 64, /* descriptors with one request, answer socket and memfd included */
};

enum { SHIM_CHUNK_MORE = 'm', SHIM_CHUNK_LAST = 'l' };

/* Besides the NETLINK_* protocol numbers, in SHIM_HELLO. */
enum {
	SHIM_PROTOCOL_IOCTL = 0x1000,   /* one SHIM_IOCTL, then closed */
	SHIM_PROTOCOL_COMMAND = 0x1001, /* nicemu's own commands: JSON both ways */
};

enum shim_op {
	SHIM_HELLO = 1,  /* first of all. a: protocol, b: process; payload: version as u32 */
	SHIM_SEND,       /* payload: what the client sent; status: bytes taken */
	SHIM_JOIN,       /* a: multicast group */
	SHIM_LEAVE,      /* a: multicast group */
	SHIM_OPTION,     /* a: NETLINK_* socket option, b: value */
	SHIM_BIND,       /* a: port id or 0 for any, b: bit mask of groups 1 to 32 */
	SHIM_PULL,       /* status: datagrams still waiting in the emulator */
	SHIM_IOCTL,      /* a: request; payload: struct ifreq (+ data); answer: the same */
	SHIM_GET_OPTION, /* a: NETLINK_* socket option; status: its value */
	SHIM_GET_PORTID, /* status: the port id, 0 as long as there is none */
};

/* In shim_request.op: the payload is in a memfd. */
#define SHIM_IN_FILE 0x80000000u

struct shim_request {
	uint32_t op, a, b;
	uint32_t size; /* of the payload, bytes */
};

struct shim_answer {
	int64_t status; /* >= 0, or a negative errno */
};

#endif
