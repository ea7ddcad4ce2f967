/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "link.h"

#include <net/ethernet.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <string.h>

enum {
	SLL_PROTOCOL_OFFSET = 14,
	SLL_SIZE = 16,
	SLL2_PROTOCOL_OFFSET = 0,
	SLL2_SIZE = 20,
	SLL_PROTOCOL_802_3 = 1, /* a frame without LLC: its type field is a length */
	SLL_PROTOCOL_802_2 = 4, /* LLC follows: its type field is a length */
	TYPE_UNKNOWN = 0xffff,  /* reserved by the IEEE: no rule for a real protocol matches it */
};

/* Where the Ethernet type of a packet comes from. */
enum type_source { TYPE_FROM_VERSION, TYPE_FIXED, TYPE_FROM_HEADER };

static const struct fake {
	uint32_t type;
	enum type_source source;
	uint16_t value; /* TYPE_FIXED: the type; TYPE_FROM_HEADER: its offset */
	uint16_t header_size;
} fakes[] = {
	{12, TYPE_FROM_VERSION, 0, 0},  /* raw IP; files of BSD programs hold 12 and 14 */
	{14, TYPE_FROM_VERSION, 0, 0},  /* the same as OpenBSD numbers it */
	{101, TYPE_FROM_VERSION, 0, 0}, /* the same as files should hold it */
	{113, TYPE_FROM_HEADER, SLL_PROTOCOL_OFFSET, SLL_SIZE},
	{228, TYPE_FIXED, ETHERTYPE_IP, 0},
	{229, TYPE_FIXED, ETHERTYPE_IPV6, 0},
	{276, TYPE_FROM_HEADER, SLL2_PROTOCOL_OFFSET, SLL2_SIZE},
};

static const struct fake *find_fake(uint32_t type)
{
	for (size_t i = 0; i < sizeof(fakes) / sizeof(fakes[0]); i++)
		if (fakes[i].type == type)
			return &fakes[i];
	return NULL;
}

bool link_can_be_faked(uint32_t type)
{
	return find_fake(type) != NULL;
}

bool link_is_taken(uint32_t type, bool fake_ethernet)
{
	return type == LINK_ETHERNET || (fake_ethernet && link_can_be_faked(type));
}

/* Files number a few types differently from libpcap's DLT_ constants on Linux. */
static int type_to_dlt(uint32_t type)
{
	static const struct {
		uint32_t type;
		int dlt;
	} different[] = {
		{100, DLT_ATM_RFC1483}, {101, DLT_RAW},      {102, DLT_SLIP_BSDOS},
		{103, DLT_PPP_BSDOS},   {106, DLT_ATM_CLIP},
	};

	for (size_t i = 0; i < sizeof(different) / sizeof(different[0]); i++)
		if (different[i].type == type)
			return different[i].dlt;
	return type <= INT32_MAX ? (int)type : -1;
}

const char *link_describe(uint32_t type, char *text, size_t size)
{
	const char *name = pcap_datalink_val_to_name(type_to_dlt(type));

	snprintf(text, size, "%s (%u)", name ? name : "unknown", type);
	return text;
}

static uint32_t replace_size(uint32_t size, uint32_t header_size)
{
	uint64_t replaced = size > header_size ? size - header_size : 0;

	replaced += LINK_HEADER_SIZE;
	return replaced > UINT32_MAX ? UINT32_MAX : (uint32_t)replaced;
}

static uint16_t type_from_version(uint8_t first_byte)
{
	switch (first_byte >> 4) {
	case 4: return ETHERTYPE_IP;
	case 6: return ETHERTYPE_IPV6;
	default: return TYPE_UNKNOWN;
	}
}

static uint16_t type_from_header(const uint8_t *at, uint32_t payload_size)
{
	uint16_t type = (uint16_t)(at[0] << 8 | at[1]);

	if (type != SLL_PROTOCOL_802_2 && type != SLL_PROTOCOL_802_3)
		return type;
	return payload_size <= 1500 ? (uint16_t)payload_size : TYPE_UNKNOWN;
}

void link_make_ethernet(uint32_t type, uint8_t *data, struct packet *packet)
{
	const struct fake *fake = find_fake(type);
	uint32_t header_size = fake->header_size;
	/* Raw IP needs its first byte for the type, a cooked packet its whole header. */
	uint32_t needed = fake->source == TYPE_FROM_VERSION ? 1 : header_size;
	bool known = packet->captured >= needed;
	uint32_t length = replace_size(packet->length, header_size);
	uint8_t *frame = known ? data + header_size - LINK_HEADER_SIZE : data - LINK_HEADER_SIZE;
	uint16_t ethertype = fake->value;

	if (known && fake->source == TYPE_FROM_VERSION)
		ethertype = type_from_version(data[0]);
	else if (known && fake->source == TYPE_FROM_HEADER)
		ethertype = type_from_header(data + fake->value, length - LINK_HEADER_SIZE);

	packet->captured = known ? replace_size(packet->captured, header_size) : 2 * ETHER_ADDR_LEN;
	packet->length = length;
	packet->data = frame;
	memset(frame, 0, 2 * ETHER_ADDR_LEN);
	if (known) {
		frame[2 * ETHER_ADDR_LEN] = (uint8_t)(ethertype >> 8);
		frame[2 * ETHER_ADDR_LEN + 1] = (uint8_t)ethertype;
	}
}
