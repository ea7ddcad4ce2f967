/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Numbers of a frame, most significant byte first, from any address. Whoever calls has made sure
 * that the bytes are there.
 */
#ifndef NICEMU_PACKET_BYTES_H
#define NICEMU_PACKET_BYTES_H

#include <endian.h>
#include <stdint.h>
#include <string.h>

/* As they lie in memory: for comparing with constants that htobe16 and htobe32 made. */
static inline uint16_t raw16_at(const uint8_t *p)
{
	uint16_t value;

	memcpy(&value, p, sizeof(value));
	return value;
}

static inline uint32_t raw32_at(const uint8_t *p)
{
	uint32_t value;

	memcpy(&value, p, sizeof(value));
	return value;
}

static inline uint16_t be16_at(const uint8_t *p)
{
	return be16toh(raw16_at(p));
}

static inline uint32_t be32_at(const uint8_t *p)
{
	return be32toh(raw32_at(p));
}

static inline uint64_t be48_at(const uint8_t *p)
{
	return (uint64_t)be32_at(p) << 16 | be16_at(p + 4);
}

static inline uint64_t be64_at(const uint8_t *p)
{
	uint64_t value;

	memcpy(&value, p, sizeof(value));
	return be64toh(value);
}

#endif
