/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "packets.h"

#include <stdlib.h>
#include <string.h>

void put_bytes(struct frame_bytes *f, const void *bytes, size_t size)
{
	if (size > sizeof(f->bytes) - f->size)
		abort();
	memcpy(f->bytes + f->size, bytes, size);
	f->size += size;
}

void put_zeros(struct frame_bytes *f, size_t size)
{
	static const uint8_t zeros[sizeof(f->bytes)];

	put_bytes(f, zeros, size);
}

static void put16(struct frame_bytes *f, unsigned int value)
{
	put_bytes(f, (uint8_t[]){(uint8_t)(value >> 8), (uint8_t)value}, 2);
}

void put_ethernet(struct frame_bytes *f, uint16_t type)
{
	f->size = 0;
	put_bytes(f, "\x02\0\0\0\0\0\x02\0\0\0\0\x99", 12);
	put16(f, type);
}

void put_tag(struct frame_bytes *f, uint16_t tci, uint16_t type)
{
	put16(f, tci);
	put16(f, type);
}

void put_ipv4(struct frame_bytes *f, uint8_t protocol, uint16_t fragment, size_t size)
{
	put_bytes(f, "\x45\0", 2);
	put16(f, (unsigned int)(20 + size));
	put16(f, 1);
	put16(f, fragment);
	put_bytes(f, (uint8_t[]){64, protocol, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2}, 12);
}

void put_ipv6(struct frame_bytes *f, uint8_t protocol, size_t size)
{
	put_bytes(f, "\x60\0\0\0", 4);
	put16(f, (unsigned int)size);
	put_bytes(f, (uint8_t[]){protocol, 64}, 2);
	put_bytes(f, "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1", 16);
	put_bytes(f, "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\2", 16);
}

void put_udp(struct frame_bytes *f, uint16_t source, uint16_t destination, size_t size)
{
	put16(f, source);
	put16(f, destination);
	put16(f, (unsigned int)(8 + size));
	put16(f, 0);
}

struct packet packet_of(const struct frame_bytes *f)
{
	return (struct packet){
		.data = f->bytes,
		.captured = (uint32_t)f->size,
		.length = (uint32_t)f->size,
	};
}
