/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Frames for the tests of the software path, built header by header. */
#ifndef NICEMU_TESTS_HOST_PACKETS_H
#define NICEMU_TESTS_HOST_PACKETS_H

#include <nicemu/packet/packet.h>

#include <stddef.h>
#include <stdint.h>

struct frame_bytes {
	uint8_t bytes[512];
	size_t size;
};

/* To the first port's own address, from 02:00:00:00:00:99, with this type. */
void put_ethernet(struct frame_bytes *f, uint16_t type);
/* After put_ethernet(f, 0x8100): the rest of the tag. */
void put_tag(struct frame_bytes *f, uint16_t tci, uint16_t type);
/* 10.0.0.1 to 10.0.0.2; fragment is the field as it is in the header, size what follows. */
void put_ipv4(struct frame_bytes *f, uint8_t protocol, uint16_t fragment, size_t size);
/* 2001:db8::1 to 2001:db8::2 */
void put_ipv6(struct frame_bytes *f, uint8_t protocol, size_t size);
void put_udp(struct frame_bytes *f, uint16_t source, uint16_t destination, size_t size);
void put_bytes(struct frame_bytes *f, const void *bytes, size_t size);
void put_zeros(struct frame_bytes *f, size_t size);

/* The whole frame as a packet of port 0. */
struct packet packet_of(const struct frame_bytes *f);

#endif
