/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Numbers of the pcapng format that the reader and the writer share
 * (draft-ietf-opsawg-pcapng). Constants only.
 */
#ifndef NICEMU_PORTS_PCAPNG_H
#define NICEMU_PORTS_PCAPNG_H

#define PCAPNG_BYTE_ORDER 0x1a2b3c4du
#define PCAPNG_SECTION    0x0a0d0d0au

enum {
	PCAPNG_INTERFACE = 1,
	PCAPNG_OBSOLETE_PACKET = 2,
	PCAPNG_SIMPLE_PACKET = 3,
	PCAPNG_ENHANCED_PACKET = 6,

	PCAPNG_FRAME_SIZE = 12, /* type, length, length again */

	PCAPNG_OPTION_END = 0,
	PCAPNG_COMMENT = 1,
	PCAPNG_SECTION_APPLICATION = 4,
	PCAPNG_IF_NAME = 2,
	PCAPNG_IF_TSRESOL = 9,
	PCAPNG_IF_FCSLEN = 13,
	PCAPNG_IF_TSOFFSET = 14,
	PCAPNG_PACKET_FLAGS = 2,

	PCAPNG_RESOLUTION_BINARY = 0x80,
	PCAPNG_FLAGS_INBOUND = 1,
	PCAPNG_FLAGS_OUTBOUND = 2,
	PCAPNG_FLAGS_FCS_SHIFT = 5,
	PCAPNG_FLAGS_FCS_MASK = 0xf,
};

#endif
