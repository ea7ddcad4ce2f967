/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The straight way through a common frame, shared by the variants of dissect_batch.
 *
 * What is common: Ethernet, at most one tag, IPv4 without options that is no fragment or IPv6
 * without extension headers, any protocol behind it; lengths in order, and 20 bytes behind the IP
 * header captured, so that whatever is read is there without asking again. All else is not
 * straight: the caller then takes dissect(), which has the last word on every frame.
 *
 * Why it is fast: nothing depends on the protocol but a row of a table. The fields of all protocols
 * are read and put where they go in word 3 of the key (no two share a bit), and the row's mask
 * keeps those that this protocol has; TCP's and UDP's lengths likewise. So a mix of protocols costs
 * no mispredicted branch.
 */
#ifndef NICEMU_PACKET_FAST_H
#define NICEMU_PACKET_FAST_H

#include "bytes.h"

#include <nicemu/packet/dissect.h>

#include <net/ethernet.h>

/*
 * What follows the IP header: a row for each kind of it. The first four words as a vector are the
 * mask of what was read into chunk 0 (word 0 is never read from the frame, so it has room for
 * something else), the other four are what is put in besides: hence the order, and all the ones.
 */
struct fast_protocol {
	_Alignas(64) uint16_t size_min; /* of its header and of what its length counts, bytes */
	uint16_t udp_size;              /* mask of UDP's length */
	uint8_t tcp_size;               /* mask of TCP's header size */
	uint8_t extends_ip6;            /* in IPv6 it is an extension header */
	uint64_t ones[2];
	uint64_t fields;   /* bits of word 3 that it has */
	uint64_t present;  /* bits of word 0 in an IPv4 frame without tags */
	uint64_t ip4_type; /* what all IPv4 frames have in word 1 */
	uint64_t zero[2];
};

/* Hidden: found by their distance, not through a table of addresses. */
#define FAST_HIDDEN __attribute__((visibility("hidden")))

extern const struct fast_protocol fast_protocols[] FAST_HIDDEN;
/* The row of each IP protocol. */
extern const uint8_t fast_protocol_of[256] FAST_HIDDEN;

/* One packet by dissect(); its flags. */
uint32_t dissect_into(const struct packet *packet, unsigned int chunks, struct flow_batch *batch,
		      size_t i);

enum {
	FAST_IP4_SIZE = 20,
	FAST_IP6_SIZE = 40,
	FAST_L4_SIZE = 20, /* as far as is read behind the IP header */
	FAST_ETHERNET_SIZE = 14,
	FAST_TAG_SIZE = 4,
	FAST_HEADERS = FAST_ETHERNET_SIZE + FAST_IP4_SIZE + FAST_L4_SIZE,
	FAST_AHEAD = 8,         /* packets */
	FAST_FRAGMENT = 0x3fff, /* more to come, or an offset */
};

/* Where a field is in its word, as a constant that tables can be made with. */
enum {
#define X(ID, KEY, NAME, OFFSET, SIZE, ORDER, WORD, SHIFT, WIDTH, FORMAT) FAST_SHIFT_##ID = SHIFT,
	FLOW_FIELDS(X)
#undef X
};
#define FAST_FIELD(ID, VALUE) ((uint64_t)(VALUE) << FAST_SHIFT_##ID)

/* Word 1 of every IPv4 (IPv6) frame. */
#define FAST_TYPE_IP4                              \
	(FAST_FIELD(BASIC_N_PROTO, ETHERTYPE_IP) | \
	 FAST_FIELD(CONTROL_ADDR_TYPE, FLOW_DISSECTOR_KEY_IPV4_ADDRS))
#define FAST_TYPE_IP6                                \
	(FAST_FIELD(BASIC_N_PROTO, ETHERTYPE_IPV6) | \
	 FAST_FIELD(CONTROL_ADDR_TYPE, FLOW_DISSECTOR_KEY_IPV6_ADDRS))
/* The presence bits in which they differ. */
#define FAST_IP4_TO_IP6 (FLOW_PRESENT(IPV4_ADDRS) | FLOW_PRESENT(IPV6_ADDRS))

/* An IP header and what it stands in. */
struct fast_frame {
	const uint8_t *ethernet, *ip;
	int64_t length;  /* on the wire, from the IP header on */
	uint64_t tagged; /* presence of the tag, */
	uint64_t tag;    /* word 10 */
};

#define FAST_INLINE static inline __attribute__((always_inline))

/* Word 3 if this were TCP, UDP and ICMP at once. */
FAST_INLINE uint64_t fast_fields(const uint8_t *l4)
{
	uint64_t first = be32_at(l4);

	return first << 32 | FAST_FIELD(TCP_FLAGS, be16_at(l4 + 12) & 0x0fff) | first >> 16;
}

/* Negative where the lengths contradict: what the transport header says, and how much there is. */
FAST_INLINE int32_t fast_l4_check(const uint8_t *l4, const struct fast_protocol *row,
				  int32_t payload)
{
	int32_t size = (l4[12] >> 2 & row->tcp_size) | (be16_at(l4 + 4) & row->udp_size);

	return (size - row->size_min) | (payload - size);
}

/* Chunk 0 of IPv4, a field at a time. */
FAST_INLINE void fast_chunk0_of_ip4(const struct fast_frame *f, const struct fast_protocol *row,
				    struct flow_chunk *chunk)
{
	chunk->word[0] = row->present | f->tagged;
	chunk->word[1] =
		FAST_TYPE_IP4 | FAST_FIELD(IP_TOS, f->ip[1]) | FAST_FIELD(BASIC_IP_PROTO, f->ip[9]);
	chunk->word[2] = be64_at(f->ip + 12);
	chunk->word[3] = fast_fields(f->ip + FAST_IP4_SIZE) & row->fields;
}

FAST_INLINE void fast_chunk0_of_ip6(const struct fast_frame *f, const struct fast_protocol *row,
				    struct flow_chunk *chunk)
{
	chunk->word[0] = (row->present ^ FAST_IP4_TO_IP6) | f->tagged;
	chunk->word[1] = FAST_TYPE_IP6 | FAST_FIELD(IP_TOS, be16_at(f->ip) >> 4 & 0xff) |
			 FAST_FIELD(BASIC_IP_PROTO, f->ip[6]);
	chunk->word[2] = 0;
	chunk->word[3] = fast_fields(f->ip + FAST_IP6_SIZE) & row->fields;
}

/* Chunk 1: the IPv6 addresses. */
FAST_INLINE void fast_chunk1_of_ip6(const struct fast_frame *f, struct flow_chunk *chunk)
{
	for (int w = 0; w < FLOW_CHUNK_WORDS; w++)
		chunk->word[w] = be64_at(f->ip + 8 + 8 * w);
}

/* Chunk 2: link addresses, ttl, tag; no control flags, since it is no fragment. */
FAST_INLINE void fast_chunk2(const struct fast_frame *f, uint8_t ttl, struct flow_chunk *chunk)
{
	const uint64_t address = ~UINT64_C(0xffff);

	chunk->word[0] = be64_at(f->ethernet) & address;
	chunk->word[1] = (be64_at(f->ethernet + 6) & address) | FAST_FIELD(IP_TTL, ttl);
	chunk->word[2] = f->tag;
	chunk->word[3] = 0;
}

/* Chunks 1 to 3, where they are wanted. */
FAST_INLINE void fast_rest(const struct fast_frame *f, bool ip6, unsigned int chunks,
			   struct flow_batch *batch, size_t i)
{
	static const struct flow_chunk zero;

	if (chunks & 1 << 1 && ip6)
		fast_chunk1_of_ip6(f, &batch->chunk[1][i]);
	else if (chunks & 1 << 1)
		batch->chunk[1][i] = zero;
	if (chunks & 1 << 2)
		fast_chunk2(f, f->ip[ip6 ? 7 : 8], &batch->chunk[2][i]);
	if (chunks & 1 << 3)
		batch->chunk[3][i] = zero;
}

typedef void (*fast_chunk0)(const struct fast_frame *f, const struct fast_protocol *row,
			    struct flow_chunk *chunk);

/* Behind the type of IPv4 stands a header of version 4 without options. */
FAST_INLINE bool fast_ip4(const struct fast_frame *f, fast_chunk0 make, unsigned int chunks,
			  struct flow_batch *batch, size_t i)
{
	const struct fast_protocol *row = &fast_protocols[fast_protocol_of[f->ip[9]]];
	int32_t total = be16_at(f->ip + 2);

	if (total > f->length ||
	    fast_l4_check(f->ip + FAST_IP4_SIZE, row, total - FAST_IP4_SIZE) < 0 ||
	    raw16_at(f->ip + 6) & htobe16(FAST_FRAGMENT))
		return false;
	make(f, row, &batch->chunk[0][i]);
	fast_rest(f, false, chunks, batch, i);
	return true;
}

/*
 * Behind the type of IPv6 stands a header of version 6. A payload of 0, which says nothing of the
 * size, is too small for TCP and UDP, and the others have no size to compare.
 */
FAST_INLINE bool fast_ip6(const struct fast_frame *f, unsigned int chunks, struct flow_batch *batch,
			  size_t i)
{
	const struct fast_protocol *row = &fast_protocols[fast_protocol_of[f->ip[6]]];
	int32_t payload = be16_at(f->ip + 4);

	if (payload > f->length - FAST_IP6_SIZE ||
	    fast_l4_check(f->ip + FAST_IP6_SIZE, row, payload) < 0 || row->extends_ip6)
		return false;
	fast_chunk0_of_ip6(f, row, &batch->chunk[0][i]);
	fast_rest(f, true, chunks, batch, i);
	return true;
}

/* offset: of the IP header; its type, version and IPv4's header size are the four bytes before. */
FAST_INLINE bool fast_ip(const struct packet *packet, uint32_t offset, fast_chunk0 make,
			 unsigned int chunks, struct flow_batch *batch, size_t i)
{
	const uint8_t *ip = packet->data + offset;
	uint32_t begin = raw32_at(ip - 2);
	struct fast_frame f = {packet->data, ip, (int64_t)packet->length - offset, 0, 0};

	if (offset != FAST_ETHERNET_SIZE) {
		f.tagged = FLOW_PRESENT(VLAN);
		f.tag = FAST_FIELD(VLAN_TPID, be16_at(ip - 6)) |
			FAST_FIELD(VLAN_TCI, be16_at(ip - 4));
	}
	if ((begin & htobe32(0xffffff00)) == htobe32(0x08004500))
		return fast_ip4(&f, make, chunks, batch, i);
	if ((begin & htobe32(0xfffff000)) != htobe32(0x86dd6000) ||
	    packet->captured < offset + FAST_IP6_SIZE + FAST_L4_SIZE)
		return false;
	return fast_ip6(&f, chunks, batch, i);
}

FAST_INLINE bool fast_packet(const struct packet *packet, fast_chunk0 make, unsigned int chunks,
			     struct flow_batch *batch, size_t i)
{
	uint16_t type;

	if (packet->captured < FAST_HEADERS || packet->captured > packet->length)
		return false;
	if (fast_ip(packet, FAST_ETHERNET_SIZE, make, chunks, batch, i))
		return true;
	type = be16_at(packet->data + 12);
	return (type == 0x8100 || type == 0x88a8) &&
	       packet->captured >= FAST_HEADERS + FAST_TAG_SIZE &&
	       fast_ip(packet, FAST_ETHERNET_SIZE + FAST_TAG_SIZE, make, chunks, batch, i);
}

/*
 * The headers of a packet that comes later. Whoever read the capture has just touched the record's
 * beginning; where frames are large the line behind it is still in memory, and waiting for each in
 * turn costs more than all the work. Any address may be prefetched.
 */
FAST_INLINE void fast_prefetch(const struct packet *packets, size_t i, size_t count)
{
	size_t later = i + FAST_AHEAD < count ? i + FAST_AHEAD : i;

	__builtin_prefetch((const void *)((uintptr_t)packets[later].data + FAST_HEADERS - 1));
}

/* The whole of a variant of dissect_batch: make is its way to chunk 0 of IPv4. */
FAST_INLINE void fast_batch(const struct packet *packets, size_t count, unsigned int chunks,
			    struct flow_batch *batch, uint32_t *flags, fast_chunk0 make)
{
	for (size_t i = 0; i < count; i++) {
		const struct packet *packet = &packets[i];
		uint32_t captured = packet->captured, length = packet->length;

		fast_prefetch(packets, i, count);
		if (fast_packet(packet, make, chunks, batch, i))
			flags[i] = captured < length ? DISSECT_TRUNCATED : 0;
		else
			flags[i] = dissect_into(packet, chunks, batch, i);
	}
}

/* The same; what most rules want has a loop of its own. */
FAST_INLINE void fast_batch_of(const struct packet *packets, size_t count, unsigned int chunks,
			       struct flow_batch *batch, uint32_t *flags, fast_chunk0 make)
{
	if (chunks & ~1u)
		fast_batch(packets, count, chunks, batch, flags, make);
	else
		fast_batch(packets, count, 1, batch, flags, make);
}

#endif
