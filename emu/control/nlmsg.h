/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What every netlink endpoint does alike: walk the messages of one send, acknowledge, end a dump.
 * As netlink_rcv_skb and netlink_ack do it, extended acks included.
 */
#ifndef NICEMU_CONTROL_NLMSG_H
#define NICEMU_CONTROL_NLMSG_H

#include <nicemu/control/server.h>

#include <libmnl/libmnl.h>

/*
 * Messages of a dump, or notifications, share a datagram up to this size; a larger message travels
 * alone. A kernel's NLMSG_GOODSIZE on 4 KiB pages: later datagrams of its dumps grow with the
 * buffer that the client receives into, but none is told of before the first one, so this is what
 * every client has room for. nft lists interfaces into one page.
 */
enum { NLMSG_DATAGRAM_SIZE = 3776 };

/*
 * NLMSG_ERROR for request (error 0 or negative). text, or NULL, goes to clients that set
 * NETLINK_EXT_ACK, as does bad_attribute's offset (bytes from the message's start, 0: none).
 */
void nlmsg_ack(struct client *client, const struct nlmsghdr *request, int error,
	       uint32_t bad_attribute, const char *text);

/* NLMSG_DONE of a dump. */
void nlmsg_done(struct client *client, const struct nlmsghdr *request);

/* Carries out one request: 0 (acknowledged when it asks for it) or a negative errno. */
struct nlmsg_result {
	int error;
	bool answered; /* no acknowledgement: the handler has sent all there is */
	const char *text;
};
typedef struct nlmsg_result (*nlmsg_fn)(void *context, struct client *client,
					const struct nlmsghdr *request);

/* Every message in data to handle. Returns what the client's send returns: all bytes taken. */
int64_t nlmsg_walk(struct client *client, const uint8_t *data, size_t size, nlmsg_fn handle,
		   void *context);

#endif
