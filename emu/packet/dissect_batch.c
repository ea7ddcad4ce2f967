/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fast.h"
#include "variants.h"

#include <netinet/in.h>

/* clang-format off */
#define FIELD(ID, WIDTH) FAST_FIELD(ID, (UINT64_C(1) << (WIDTH)) - 1)
#define ALL_PORTS (FIELD(PORTS_SRC, 16) | FIELD(PORTS_DST, 16))
#define ALL_ICMP  (FIELD(ICMP_TYPE, 8) | FIELD(ICMP_CODE, 8))
#define PRESENT   (FLOW_PRESENT(CONTROL) | FLOW_PRESENT(ETH_ADDRS) | FLOW_PRESENT(BASIC) | \
		   FLOW_PRESENT(IPV4_ADDRS) | FLOW_PRESENT(IP) | FLOW_PRESENT_IP_PROTO)
#define ROW(PRESENCE, FIELDS, ...)                                            \
	{.ones = {UINT64_MAX, UINT64_MAX}, .ip4_type = FAST_TYPE_IP4,          \
	 .present = PRESENT | (PRESENCE), .fields = (FIELDS), __VA_ARGS__}

enum { OTHER, PORTS, TCP, UDP, ICMP, EXTENSION };

const struct fast_protocol fast_protocols[] = {
	[OTHER] = ROW(0, 0, .size_min = 0),
	[PORTS] = ROW(FLOW_PRESENT(PORTS), ALL_PORTS, .size_min = 0),
	[TCP] = ROW(FLOW_PRESENT(PORTS) | FLOW_PRESENT(TCP), ALL_PORTS | FIELD(TCP_FLAGS, 12),
		    .size_min = 20, .tcp_size = 0x3c),
	[UDP] = ROW(FLOW_PRESENT(PORTS), ALL_PORTS, .size_min = 8, .udp_size = 0xffff),
	[ICMP] = ROW(FLOW_PRESENT(ICMP), ALL_ICMP, .size_min = 0),
	[EXTENSION] = ROW(0, 0, .extends_ip6 = true),
};

const uint8_t fast_protocol_of[256] = {
	[IPPROTO_TCP] = TCP,
	[IPPROTO_UDP] = UDP,
	[IPPROTO_SCTP] = PORTS,
	[IPPROTO_ICMP] = ICMP,
	[IPPROTO_ICMPV6] = ICMP,
	[IPPROTO_HOPOPTS] = EXTENSION,
	[IPPROTO_ROUTING] = EXTENSION,
	[IPPROTO_FRAGMENT] = EXTENSION,
	[IPPROTO_DSTOPTS] = EXTENSION,
	[IPPROTO_AH] = EXTENSION,
};
/* clang-format on */

uint32_t dissect_into(const struct packet *packet, unsigned int chunks, struct flow_batch *batch,
		      size_t i)
{
	struct dissect_result result;
	struct flow_key key;

	dissect(packet, &key, &result);
	flow_batch_set(batch, i, &key, chunks | 1);
	return result.flags;
}

static void scalar_batch(const struct packet *packets, size_t count, unsigned int chunks,
			 struct flow_batch *batch, uint32_t *flags)
{
	fast_batch_of(packets, count, chunks, batch, flags, fast_chunk0_of_ip4);
}

static bool everywhere(void)
{
	return true;
}

const struct dissect_variant dissect_variants[] = {
#if defined(__x86_64__)
	{"avx2", dissect_avx2_usable, dissect_avx2_batch},
#endif
	{"scalar", everywhere, scalar_batch},
};

const size_t num_dissect_variants = sizeof(dissect_variants) / sizeof(dissect_variants[0]);

void dissect_batch(const struct packet *packets, size_t count, unsigned int chunks,
		   struct flow_batch *batch, uint32_t *flags)
{
	const struct dissect_variant *variant = dissect_variants;

	while (!variant->usable())
		variant++;
	variant->batch(packets, count, chunks, batch, flags);
}
