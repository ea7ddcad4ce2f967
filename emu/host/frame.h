/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A packet as the kernel has it at netdev ingress, which is not as it was on the wire: the Ethernet
 * header is off, a first VLAN tag is no part of the bytes any more, and where the transport header
 * is has been found out.
 *
 * Only bytes that were captured can be read. What was on the wire beyond them is FRAME_CUT: nobody
 * knows it, so nothing may be decided by it.
 *
 * Threading: none; a value.
 */
#ifndef NICEMU_HOST_FRAME_H
#define NICEMU_HOST_FRAME_H

#include <nicemu/config/nic.h>
#include <nicemu/packet/packet.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Ethertypes that the kernel gives to frames which have none. */
enum { FRAME_802_3 = 0x0001, FRAME_802_2 = 0x0004 };

/* linux/if_packet.h's numbers, as `meta pkttype` has them. */
enum frame_kind { FRAME_HOST, FRAME_BROADCAST, FRAME_MULTICAST, FRAME_OTHERHOST };

enum frame_answer {
	FRAME_OK,
	FRAME_PAST_END, /* the packet ends before */
	FRAME_CUT,      /* it does not, but these bytes were not captured */
};

/*
 * What is known of a packet's headers: at first of its own, later perhaps of the IP packet behind a
 * second tag or in PPPoE. Offsets are counted from the network header as the driver left it.
 */
struct frame_headers {
	uint16_t protocol;  /* as `meta protocol` has it */
	uint32_t network;   /* of the IP header that rules see */
	bool transport_cut; /* nothing of what follows, as it would be in bytes not captured */
	bool has_transport;
	uint8_t l4proto;
	uint32_t transport;
	uint16_t fragment; /* offset of the fragment, in the header's own units; 0: the first */
};

struct frame {
	const uint8_t *data; /* as captured, from the Ethernet header */
	uint32_t captured;
	uint32_t network; /* offset in data of the network header: 14, or 18 behind a tag */
	uint32_t length;  /* of what follows there on the wire, padding included */

	uint16_t protocol; /* the packet's: behind a tag, of the second tag where there are two */
	bool has_tag;
	uint16_t tag_protocol, tci;

	uint32_t kind; /* enum frame_kind, or what a rule made of it */
	uint32_t mark, priority, secmark;

	struct frame_headers headers; /* every base chain begins with those of frame_open */
};

/*
 * FRAME_OK; FRAME_PAST_END for one that no kernel would hand to a chain, because it ends inside its
 * link-layer headers; FRAME_CUT where these were not captured.
 */
enum frame_answer frame_open(struct frame *frame, const struct packet *packet,
			     const struct nic_port *port);

/* size bytes from offset on, counted from the network header. Nothing is written on failure. */
enum frame_answer frame_read(const struct frame *frame, uint32_t offset, void *to, size_t size);

/*
 * The same from the Ethernet header on. The tag is there again for loads that go beyond the
 * addresses.
 */
enum frame_answer frame_read_link(const struct frame *frame, uint32_t offset, void *to,
				  size_t size);

/* Headers of IPv6 that a kernel walks over on its way to the transport header. */
bool frame_is_extension(uint8_t protocol);

/*
 * Newer kernels, when a rule asks for a protocol of a packet that is no IP packet: look whether
 * there is one behind a second tag, or in PPPoE. False: that would be in bytes not captured.
 */
bool frame_look_inside(struct frame *frame);

#endif
