/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The hardware dissector: bytes of a frame to a flow key.
 *
 * (Written by the module's author: see the list of where software sees something else.)
 */
#ifndef NICEMU_PACKET_DISSECT_H
#define NICEMU_PACKET_DISSECT_H

#include <nicemu/flow/key.h>
#include <nicemu/packet/packet.h>

enum dissect_flags {
	DISSECT_TRUNCATED = 1u << 0, /* captured < length: cut by a snap length */
	DISSECT_MALFORMED = 1u << 1, /* the frame's own lengths contradict each other */
	DISSECT_LATER_FRAGMENT = 1u << 2,
	DISSECT_IPV6_EXTENSION = 1u << 3, /* IPv6 with at least one extension header */
	DISSECT_SHORT = 1u << 4, /* the frame ended inside a header, so later fields are absent */
};

/* Offsets from the frame's first byte; 0 where there is no such header. */
struct dissect_result {
	uint32_t flags; /* enum dissect_flags */
	uint16_t l3_offset;
	uint16_t l4_offset;
	uint8_t vlan_tags; /* number of tags seen, also those beyond the two in the key */
};

/*
 * Fill *key from the frame: every field that the frame has, its presence bit, and nothing else
 * (the rest is zero). The port number and META are not set here: the pump knows them.
 * Never fails: a frame that ends early or contradicts itself yields the fields before that point
 * and a flag. *result may be NULL.
 */
void dissect(const struct packet *packet, struct flow_key *key, struct dissect_result *result);

#endif
