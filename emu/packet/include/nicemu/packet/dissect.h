/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The hardware dissector: bytes of a frame to a flow key.
 *
 * What: Ethernet; any number of 802.1Q and 802.1ad tags (0x8100, 0x88a8); ARP and RARP of IPv4
 * over Ethernet; the first MPLS label; PPPoE sessions and the IPv4, IPv6 or MPLS inside; IPv4 with
 * options; IPv6 with extension headers (hop-by-hop, routing, destination options, fragment, AH);
 * TCP, UDP, SCTP, ICMP, ICMPv6. Tunnels (GRE, VXLAN, IP in IP) give their outer headers only.
 *
 * Why: it is the parser of the model `generic`. Where it has a choice it does what the kernel's
 * flow dissector does: that is the language in which a kernel tells a driver what to match.
 *
 * The fields
 * - A presence bit is set if and only if the header was wholly there and was read. IPv4 is there
 *   with its 20 fixed bytes, ports with their 4, TCP flags with 20, ICMP with 8, ICMPv6 with 4.
 *   CONTROL is always present, BASIC with the Ethernet header; ip_proto has a bit of its own.
 * - n_proto is the last type read: behind all tags, and of what a PPPoE session carries (IPv4,
 *   IPv6, MPLS; 0x8864 with other PPP protocols). VLAN is the outer tag, CVLAN the second one,
 *   each with its own TPID, TCI in host order. 0x9100 is no tag, as in the kernel's dissector. A
 *   frame that ends inside a tag keeps that tag's TPID as n_proto.
 * - In an IEEE 802.3 frame n_proto is the length field as it stands (below 0x0600): a parser sees
 *   these two bytes, and `ether type` loads the same two in software.
 * - ip_proto is of the last IPv6 header. No next header (59), ESP, mobility, HIP and shim6 end the
 *   chain. A later fragment has what its fragment header names. Nothing limits the number of tags
 *   or extension headers but the frame's size.
 * - control.addr_type is 2 for IPv4, 3 for IPv6, else 0; control.flags tells fragments (an IPv6
 *   fragment header with offset 0 is a first fragment, even when no more follow). A first fragment
 *   has ports, a later one has nothing of L4.
 * - PPPoE needs version 1, type 1, code 0 and a PPP protocol that is not compressed. arp.op is the
 *   low byte of the operation, tcp.flags has 12 bits: as in the kernel.
 *
 * Malformed frames are looked up with what was read. Lengths are compared with the wire's length,
 * not with what a snap length left of it.
 * - IPv4: version not 4, ihl < 5, total length below the header's or beyond the frame; IPv6:
 *   version not 6, payload beyond the frame. Then there are addresses, tos, ttl and fragment flags
 *   but no ip_proto and nothing of L4; software does the same.
 * - Only flagged, all fields stay, as in software: an IPv6 extension header beyond the payload;
 *   802.3 and PPPoE lengths beyond the frame; UDP length < 8, TCP data offset < 5 (no tcp.flags
 *   then), either of them beyond the IP payload; more captured than was on the wire.
 *
 * Where software (nft at netdev ingress) sees something else; a test asks the running kernel
 * - two tags: the protocol is the second tag's TPID, and nothing of L3 or L4 matches;
 * - one tag: `ether type` loads the tag's TPID; `meta protocol` is the inner type;
 * - 802.3 frames: `meta protocol` is 0x0004 (0x0001 for raw IPX), not the length;
 * - PPPoE: the type stays 0x8864, and no address or port matches;
 * - later fragments: ports are read from the payload (IPv4) or the IPv6 header (through 6.18);
 * - `ip6 nexthdr` is the first next-header byte; `meta l4proto` is the last header's but stops at
 *   AH (51), as the flow dissector does; here AH is passed, being an extension header (RFC 8200);
 * - a later IPv6 fragment that names one more extension header has no `meta l4proto`;
 * - `ip protocol` and `ip6 nexthdr` are loaded from malformed headers too;
 * - a load can match the bytes of a header that is not wholly there.
 *
 * Threading: a function of its arguments. No allocation, no system call, nothing is read beyond
 * packet->captured bytes.
 */
#ifndef NICEMU_PACKET_DISSECT_H
#define NICEMU_PACKET_DISSECT_H

#include <nicemu/flow/batch.h>
#include <nicemu/packet/packet.h>

enum dissect_flags {
	DISSECT_TRUNCATED = 1u << 0, /* captured < length: cut by a snap length */
	DISSECT_MALFORMED = 1u << 1, /* the frame's own lengths, or the record's, contradict */
	DISSECT_LATER_FRAGMENT = 1u << 2,
	DISSECT_IPV6_EXTENSION = 1u << 3, /* IPv6 with at least one extension header */
	DISSECT_SHORT = 1u << 4, /* the frame ended inside a header, so later fields are absent */
};

/* Offsets from the frame's first byte; 0 where there is no such header. */
struct dissect_result {
	uint32_t flags;     /* enum dissect_flags */
	uint32_t l3_offset; /* IPv4, IPv6, ARP, MPLS; may be the frame's end (then DISSECT_SHORT) */
	uint32_t l4_offset; /* of any protocol; may be the frame's end */
	uint8_t vlan_tags;  /* number of tags, also those beyond the two in the key; stops at 255 */
};

/*
 * Fill *key from the frame: every field that the frame has, its presence bit, and nothing else
 * (the rest is zero). The port number and META are not set here: the pump knows them.
 * Never fails: a frame that ends early or contradicts itself yields the fields before that point
 * and a flag. packet->data may be NULL with captured 0. *result may be NULL.
 */
void dissect(const struct packet *packet, struct flow_key *key, struct dissect_result *result);

/*
 * The same for a batch of packets (count <= FLOW_BATCH), of which only some chunks of the keys are
 * wanted (bit c = chunk c; chunk 0 is always made): what a packet path calls. flags[i] is enum
 * dissect_flags of packets[i]. Chunks that are not wanted, and slots from count on, are left alone.
 *
 * Plain frames (IPv4 without options and not fragmented, IPv6 without extension headers, with at
 * most one tag) go a straight way, with vector instructions where the machine has them; all others
 * go through dissect(), its slow, obvious twin, which gives the same for every frame.
 */
void dissect_batch(const struct packet *packets, size_t count, unsigned int chunks,
		   struct flow_batch *batch, uint32_t *flags);

#endif
