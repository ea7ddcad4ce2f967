/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Link types: which captures hold Ethernet frames, and how frames of a few others become some.
 *
 * A NIC sees Ethernet. Captures of raw IP and Linux cooked captures can be given an Ethernet
 * header on request: zero addresses, and the type that the packet says it has. It replaces the
 * cooked header; both lengths change by the same amount.
 *
 * Threading: pure functions.
 */
#ifndef NICEMU_PORTS_LINK_H
#define NICEMU_PORTS_LINK_H

#include <nicemu/packet/packet.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	LINK_ETHERNET = 1,
	LINK_HEADER_SIZE = 14, /* an Ethernet header; also what link_make_ethernet() may need */
};

/* Whether packets of this link type can be delivered. */
bool link_is_taken(uint32_t type, bool fake_ethernet);

/* "LINUX_SLL (113)": libpcap's name and the number; text has size bytes. Returns text. */
const char *link_describe(uint32_t type, char *text, size_t size);

/* Whether fake_ethernet would make the difference. */
bool link_can_be_faked(uint32_t type);

/*
 * Turn a packet of a type other than Ethernet that link_is_taken() into an Ethernet frame. The
 * LINK_HEADER_SIZE bytes in front of data are overwritten where the type has no header of its own;
 * data is the packet's own bytes, writable. A packet that ends inside its cooked header, or has no
 * byte at all, yields a frame that ends behind the two addresses.
 */
void link_make_ethernet(uint32_t type, uint8_t *data, struct packet *packet);

#endif
