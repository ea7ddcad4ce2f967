/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "generator.h"

#include <arpa/inet.h>
#include <endian.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <stdio.h>
#include <string.h>

struct gen {
	struct nlmsghdr *nlh;
	struct random *random;
	unsigned int mistakes; /* per mille */
};

static uint64_t below(struct gen *g, uint64_t bound)
{
	return random_below(g->random, bound);
}

static bool chance(struct gen *g, unsigned int per_mille)
{
	return below(g, 1000) < per_mille;
}

static bool mistake(struct gen *g)
{
	return chance(g, g->mistakes);
}

static uint32_t any_number(struct gen *g)
{
	static const uint32_t numbers[] = {
		0,   1,   2,   3,   4,    5,     6,     7,          8,          9,
		10,  12,  15,  16,  17,   20,    21,    22,         23,         24,
		25,  31,  32,  33,  64,   65,    100,   127,        128,        254,
		255, 256, 257, 512, 1024, 65535, 65536, 0x7fffffff, 0xfffffffe, 0xffffffff};

	return numbers[below(g, sizeof(numbers) / sizeof(numbers[0]))];
}

static uint32_t any_register(struct gen *g)
{
	if (mistake(g))
		return any_number(g);
	if (chance(g, 750))
		return 1;
	return chance(g, 500) ? (uint32_t)below(g, 5) : 8 + (uint32_t)below(g, 16);
}

/* Attributes with mistakes: missing, too short, too long. */
static void put(struct gen *g, uint16_t type, const void *data, size_t size)
{
	uint8_t bytes[300] = {0};

	if (mistake(g) && chance(g, 400))
		return;
	memcpy(bytes, data, size);
	if (mistake(g) && chance(g, 300))
		size = below(g, size + 5);
	memset(mnl_nlmsg_get_payload_tail(g->nlh), 0, MNL_ATTR_HDRLEN + MNL_ALIGN(size));
	mnl_attr_put(g->nlh, type, size, bytes);
}

static void put_u32(struct gen *g, uint16_t type, uint32_t value)
{
	uint32_t be = htonl(mistake(g) ? any_number(g) : value);

	put(g, type, &be, sizeof(be));
}

static void put_u64(struct gen *g, uint16_t type, uint64_t value)
{
	uint64_t be = htobe64(value);

	put(g, type, &be, sizeof(be));
}

static void put_u16(struct gen *g, uint16_t type, uint16_t value)
{
	uint16_t be = htons(value);

	put(g, type, &be, sizeof(be));
}

static void put_u8(struct gen *g, uint16_t type, uint8_t value)
{
	put(g, type, &value, 1);
}

static void put_string(struct gen *g, uint16_t type, const char *text)
{
	put(g, type, mistake(g) ? "nobody" : text, strlen(text) + 1);
}

static void maybe_u32(struct gen *g, uint16_t type, uint32_t value)
{
	if (chance(g, 400))
		put_u32(g, type, value);
}

static struct nlattr *start(struct gen *g, const char *name)
{
	struct nlattr *elem = mnl_attr_nest_start(
		g->nlh, mistake(g) && chance(g, 30) ? NFTA_LIST_UNSPEC : NFTA_LIST_ELEM);

	if (mistake(g) && chance(g, 100))
		name = chance(g, 500) ? "nonesuch"
				      : "a-name-that-is-too-long-for-any-kernel-module-to-have";
	if (!mistake(g) || chance(g, 900))
		mnl_attr_put_strz(g->nlh, NFTA_EXPR_NAME, name);
	return elem;
}

static void put_data(struct gen *g, uint16_t type, const void *data, size_t size)
{
	struct nlattr *nest;

	if (mistake(g) && chance(g, 200))
		return;
	nest = mnl_attr_nest_start(g->nlh, type);
	if (mistake(g) && chance(g, 200)) {
		struct nlattr *verdict = mnl_attr_nest_start(g->nlh, NFTA_DATA_VERDICT);

		mnl_attr_put_u32(g->nlh, NFTA_VERDICT_CODE, htonl(NF_DROP));
		mnl_attr_nest_end(g->nlh, verdict);
	} else {
		put(g, NFTA_DATA_VALUE, data, size);
	}
	mnl_attr_nest_end(g->nlh, nest);
}

static void random_bytes(struct gen *g, uint8_t *bytes, size_t size)
{
	bool zero = chance(g, 300);

	for (size_t i = 0; i < size; i++)
		bytes[i] = zero ? 0 : (uint8_t)random_u64(g->random);
}

struct nests {
	struct nlattr *elem, *data;
};

static struct nests open_expr(struct gen *g, const char *name)
{
	struct nests n = {.elem = start(g, name)};

	n.data = mnl_attr_nest_start(g->nlh, NFTA_EXPR_DATA);
	return n;
}

static void close_expr(struct gen *g, struct nests n)
{
	mnl_attr_nest_end(g->nlh, n.data);
	mnl_attr_nest_end(g->nlh, n.elem);
}

static void gen_payload(struct gen *g, uint32_t base, uint32_t offset, uint32_t length,
			uint32_t reg)
{
	struct nests n = open_expr(g, "payload");

	put_u32(g, NFTA_PAYLOAD_DREG, reg);
	put_u32(g, NFTA_PAYLOAD_BASE, base);
	put_u32(g, NFTA_PAYLOAD_OFFSET, offset);
	put_u32(g, NFTA_PAYLOAD_LEN, length);
	close_expr(g, n);
}

static void gen_payload_set(struct gen *g)
{
	struct nests n = open_expr(g, "payload");

	put_u32(g, NFTA_PAYLOAD_SREG, any_register(g));
	put_u32(g, NFTA_PAYLOAD_BASE, (uint32_t)below(g, 5));
	put_u32(g, NFTA_PAYLOAD_OFFSET, any_number(g));
	put_u32(g, NFTA_PAYLOAD_LEN, 1 + (uint32_t)below(g, 16));
	maybe_u32(g, NFTA_PAYLOAD_CSUM_TYPE, (uint32_t)below(g, 4));
	maybe_u32(g, NFTA_PAYLOAD_CSUM_OFFSET, chance(g, 500) ? 8 : any_number(g));
	maybe_u32(g, NFTA_PAYLOAD_CSUM_FLAGS, (uint32_t)below(g, 3));
	close_expr(g, n);
}

static void gen_meta(struct gen *g, uint32_t key, uint32_t reg, bool set)
{
	struct nests n = open_expr(g, "meta");

	put_u32(g, NFTA_META_KEY, key);
	put_u32(g, set ? NFTA_META_SREG : NFTA_META_DREG, reg);
	if (mistake(g))
		put_u32(g, NFTA_META_SREG, reg);
	close_expr(g, n);
}

static void gen_cmp(struct gen *g, uint32_t reg, uint32_t op, const void *data, size_t size)
{
	struct nests n = open_expr(g, "cmp");

	put_u32(g, NFTA_CMP_SREG, reg);
	put_u32(g, NFTA_CMP_OP, op);
	put_data(g, NFTA_CMP_DATA, data, size);
	close_expr(g, n);
}

static void gen_bitwise(struct gen *g, uint32_t sreg, uint32_t dreg, uint32_t length)
{
	struct nests n = open_expr(g, "bitwise");
	uint32_t op = chance(g, 850) ? 0 : (uint32_t)below(g, 7), shift = (uint32_t)below(g, 34);
	uint8_t mask[32], xor_[32] = {0};

	random_bytes(g, mask, sizeof(mask));
	if (mistake(g))
		random_bytes(g, xor_, sizeof(xor_));
	put_u32(g, NFTA_BITWISE_SREG, sreg);
	put_u32(g, NFTA_BITWISE_DREG, dreg);
	put_u32(g, NFTA_BITWISE_LEN, length);
	if (op || chance(g, 800))
		put_u32(g, NFTA_BITWISE_OP, op);
	length = length < sizeof(mask) ? length : sizeof(mask);
	if (op == 0) {
		put_data(g, NFTA_BITWISE_MASK, mask, length);
		put_data(g, NFTA_BITWISE_XOR, xor_, length);
	} else if (op < 3) {
		put_data(g, NFTA_BITWISE_DATA, &shift, sizeof(shift));
	} else if (chance(g, 500)) {
		put_data(g, NFTA_BITWISE_DATA, mask, length);
	} else {
		put_u32(g, 8, any_register(g));
	}
	close_expr(g, n);
}

static void gen_verdict(struct gen *g, int32_t code)
{
	struct nests n = open_expr(g, "immediate");
	struct nlattr *data, *verdict;

	put_u32(g, NFTA_IMMEDIATE_DREG, NFT_REG_VERDICT);
	data = mnl_attr_nest_start(g->nlh, NFTA_IMMEDIATE_DATA);
	verdict = mnl_attr_nest_start(g->nlh, NFTA_DATA_VERDICT);
	put_u32(g, NFTA_VERDICT_CODE, (uint32_t)code);
	if (code == NFT_JUMP || code == NFT_GOTO)
		put_string(g, NFTA_VERDICT_CHAIN, GENERATOR_CHAIN);
	mnl_attr_nest_end(g->nlh, verdict);
	mnl_attr_nest_end(g->nlh, data);
	close_expr(g, n);
}

static void gen_immediate(struct gen *g, uint32_t reg, const void *data, size_t size)
{
	struct nests n = open_expr(g, "immediate");

	put_u32(g, NFTA_IMMEDIATE_DREG, reg);
	put_data(g, NFTA_IMMEDIATE_DATA, data, size);
	close_expr(g, n);
}

static void gen_counter(struct gen *g)
{
	struct nests n = open_expr(g, "counter");

	if (chance(g, 500)) {
		put_u64(g, NFTA_COUNTER_BYTES, random_u64(g->random));
		put_u64(g, NFTA_COUNTER_PACKETS, random_u64(g->random));
	}
	close_expr(g, n);
}

static void gen_fwd(struct gen *g, const char *name, uint16_t attr, uint32_t reg)
{
	struct nests n = open_expr(g, name);

	put_u32(g, attr, reg);
	if (mistake(g)) {
		put_u32(g, NFTA_FWD_SREG_ADDR, any_register(g));
		put_u32(g, NFTA_FWD_NFPROTO, chance(g, 500) ? NFPROTO_IPV4 : NFPROTO_IPV6);
	}
	close_expr(g, n);
}

static void gen_device(struct gen *g)
{
	uint32_t ifindex = chance(g, 700) ? 1 : (uint32_t)below(g, 10);
	uint32_t reg = any_register(g);

	gen_immediate(g, reg, &ifindex, sizeof(ifindex));
	if (chance(g, 500))
		gen_fwd(g, "fwd", NFTA_FWD_SREG_DEV, mistake(g) ? any_register(g) : reg);
	else
		gen_fwd(g, "dup", NFTA_DUP_SREG_DEV, mistake(g) ? any_register(g) : reg);
}

/* Simple types: a name and numbers. kind: 4, 8, 2, 1 bytes; 's' a string below. */
struct simple_attr {
	uint16_t type;
	char kind; /* '4' '8' '2' '1' number below bound, 'r' register, 'n' any number, 's' text */
	uint16_t present; /* per mille */
	uint64_t bound;
	const char *text;
};

struct simple {
	const char *name;
	struct simple_attr attrs[8];
};

static const struct simple simples[] = {
	{"lookup",
	 {{NFTA_LOOKUP_SET, 's', 1000, 0, GENERATOR_SET},
	  {NFTA_LOOKUP_SREG, 'r', 1000, 0, NULL},
	  {NFTA_LOOKUP_FLAGS, '4', 300, 2, NULL}}},
	{"lookup",
	 {{NFTA_LOOKUP_SET, 's', 1000, 0, GENERATOR_MAP},
	  {NFTA_LOOKUP_SREG, 'r', 1000, 0, NULL},
	  {NFTA_LOOKUP_DREG, 'r', 800, 0, NULL},
	  {NFTA_LOOKUP_FLAGS, '4', 100, 2, NULL}}},
	{"lookup",
	 {{NFTA_LOOKUP_SET, 's', 1000, 0, GENERATOR_VMAP},
	  {NFTA_LOOKUP_SREG, 'r', 1000, 0, NULL},
	  {NFTA_LOOKUP_DREG, '4', 1000, 2, NULL}}},
	{"objref",
	 {{NFTA_OBJREF_IMM_TYPE, '4', 1000, 3, NULL},
	  {NFTA_OBJREF_IMM_NAME, 's', 1000, 0, GENERATOR_COUNTER}}},
	{"byteorder",
	 {{NFTA_BYTEORDER_SREG, 'r', 1000, 0, NULL},
	  {NFTA_BYTEORDER_DREG, 'r', 1000, 0, NULL},
	  {NFTA_BYTEORDER_OP, '4', 1000, 3, NULL},
	  {NFTA_BYTEORDER_LEN, '4', 1000, 9, NULL},
	  {NFTA_BYTEORDER_SIZE, '4', 1000, 9, NULL}}},
	{"limit",
	 {{NFTA_LIMIT_RATE, '8', 1000, 0, NULL},
	  {NFTA_LIMIT_UNIT, '8', 1000, 0, NULL},
	  {NFTA_LIMIT_BURST, 'n', 500, 0, NULL},
	  {NFTA_LIMIT_TYPE, '4', 500, 3, NULL},
	  {NFTA_LIMIT_FLAGS, '4', 500, 3, NULL}}},
	{"quota",
	 {{NFTA_QUOTA_BYTES, '8', 1000, 0, NULL},
	  {NFTA_QUOTA_FLAGS, '4', 500, 4, NULL},
	  {NFTA_QUOTA_CONSUMED, '8', 300, 0, NULL}}},
	{"log",
	 {{NFTA_LOG_PREFIX, 's', 500, 0, "prefix"},
	  {NFTA_LOG_GROUP, '2', 300, 9, NULL},
	  {NFTA_LOG_LEVEL, '4', 300, 10, NULL},
	  {NFTA_LOG_FLAGS, '4', 200, 80, NULL}}},
	{"ct",
	 {{NFTA_CT_KEY, '4', 1000, 26, NULL},
	  {NFTA_CT_DREG, 'r', 800, 0, NULL},
	  {NFTA_CT_SREG, 'r', 200, 0, NULL},
	  {NFTA_CT_DIRECTION, '1', 400, 3, NULL}}},
	{"exthdr",
	 {{NFTA_EXTHDR_DREG, 'r', 800, 0, NULL},
	  {NFTA_EXTHDR_SREG, 'r', 200, 0, NULL},
	  {NFTA_EXTHDR_TYPE, '1', 1000, 256, NULL},
	  {NFTA_EXTHDR_OFFSET, 'n', 900, 0, NULL},
	  {NFTA_EXTHDR_LEN, '4', 900, 17, NULL},
	  {NFTA_EXTHDR_FLAGS, '4', 300, 3, NULL},
	  {NFTA_EXTHDR_OP, '4', 700, 4, NULL}}},
	{"numgen",
	 {{NFTA_NG_DREG, 'r', 1000, 0, NULL},
	  {NFTA_NG_MODULUS, 'n', 1000, 0, NULL},
	  {NFTA_NG_TYPE, '4', 1000, 3, NULL},
	  {NFTA_NG_OFFSET, 'n', 500, 0, NULL}}},
	{"hash",
	 {{NFTA_HASH_SREG, 'r', 900, 0, NULL},
	  {NFTA_HASH_DREG, 'r', 1000, 0, NULL},
	  {NFTA_HASH_LEN, '4', 900, 17, NULL},
	  {NFTA_HASH_MODULUS, 'n', 1000, 0, NULL},
	  {NFTA_HASH_OFFSET, 'n', 500, 0, NULL},
	  {NFTA_HASH_TYPE, '4', 500, 3, NULL},
	  {NFTA_HASH_SEED, 'n', 500, 0, NULL}}},
	{"fib",
	 {{NFTA_FIB_DREG, 'r', 1000, 0, NULL},
	  {NFTA_FIB_RESULT, '4', 1000, 5, NULL},
	  {NFTA_FIB_FLAGS, '4', 1000, 66, NULL}}},
	{"rt", {{NFTA_RT_KEY, '4', 1000, 6, NULL}, {NFTA_RT_DREG, 'r', 1000, 0, NULL}}},
	{"reject",
	 {{NFTA_REJECT_TYPE, '4', 1000, 4, NULL}, {NFTA_REJECT_ICMP_CODE, '1', 700, 6, NULL}}},
	{"notrack", {{0, 0, 0, 0, NULL}}},
	{"last", {{NFTA_LAST_SET, '4', 300, 2, NULL}, {NFTA_LAST_MSECS, '8', 300, 0, NULL}}},
	{"connlimit",
	 {{NFTA_CONNLIMIT_COUNT, 'n', 900, 0, NULL}, {NFTA_CONNLIMIT_FLAGS, '4', 300, 3, NULL}}},
	{"osf",
	 {{NFTA_OSF_DREG, 'r', 1000, 0, NULL},
	  {NFTA_OSF_TTL, '1', 500, 4, NULL},
	  {NFTA_OSF_FLAGS, '4', 300, 3, NULL}}},
	{"socket",
	 {{NFTA_SOCKET_KEY, '4', 1000, 5, NULL},
	  {NFTA_SOCKET_DREG, 'r', 1000, 0, NULL},
	  {NFTA_SOCKET_LEVEL, '4', 300, 300, NULL}}},
	{"tunnel",
	 {{NFTA_TUNNEL_KEY, '4', 1000, 3, NULL},
	  {NFTA_TUNNEL_DREG, 'r', 1000, 0, NULL},
	  {NFTA_TUNNEL_MODE, '4', 300, 4, NULL}}},
	{"xfrm",
	 {{NFTA_XFRM_KEY, '4', 1000, 8, NULL},
	  {NFTA_XFRM_DIR, '1', 1000, 3, NULL},
	  {NFTA_XFRM_DREG, 'r', 1000, 0, NULL},
	  {NFTA_XFRM_SPNUM, '4', 300, 8, NULL}}},
	{"synproxy",
	 {{NFTA_SYNPROXY_MSS, '2', 500, 1500, NULL}, {NFTA_SYNPROXY_FLAGS, '4', 500, 40, NULL}}},
	{"nat",
	 {{NFTA_NAT_TYPE, '4', 1000, 3, NULL},
	  {NFTA_NAT_FAMILY, '4', 1000, 12, NULL},
	  {NFTA_NAT_REG_ADDR_MIN, 'r', 700, 0, NULL},
	  {NFTA_NAT_REG_PROTO_MIN, 'r', 300, 0, NULL},
	  {NFTA_NAT_FLAGS, '4', 300, 130, NULL}}},
	{"masq", {{NFTA_MASQ_FLAGS, '4', 300, 130, NULL}}},
	{"redir", {{NFTA_REDIR_FLAGS, '4', 300, 130, NULL}}},
	{"tproxy",
	 {{NFTA_TPROXY_FAMILY, '4', 1000, 12, NULL}, {NFTA_TPROXY_REG_PORT, 'r', 500, 0, NULL}}},
	{"dynset",
	 {{NFTA_DYNSET_SET_NAME, 's', 1000, 0, GENERATOR_SET},
	  {NFTA_DYNSET_OP, '4', 1000, 4, NULL},
	  {NFTA_DYNSET_SREG_KEY, 'r', 1000, 0, NULL},
	  {NFTA_DYNSET_SREG_DATA, 'r', 100, 0, NULL},
	  {NFTA_DYNSET_TIMEOUT, '8', 100, 0, NULL},
	  {NFTA_DYNSET_FLAGS, '4', 200, 5, NULL}}},
};

static uint64_t rate_like(struct gen *g)
{
	switch (below(g, 4)) {
	case 0: return below(g, 100);
	case 1: return below(g, 1000000);
	case 2: return random_u64(g->random) >> below(g, 64);
	default: return random_u64(g->random);
	}
}

static void put_simple(struct gen *g, const struct simple_attr *a)
{
	switch (a->kind) {
	case '4': put_u32(g, a->type, (uint32_t)below(g, a->bound)); break;
	case '2': put_u16(g, a->type, (uint16_t)below(g, a->bound)); break;
	case '1': put_u8(g, a->type, (uint8_t)below(g, a->bound)); break;
	case '8': put_u64(g, a->type, rate_like(g)); break;
	case 'r': put_u32(g, a->type, any_register(g)); break;
	case 'n': put_u32(g, a->type, any_number(g)); break;
	case 's': put_string(g, a->type, a->text); break;
	}
}

static void gen_simple(struct gen *g, const struct simple *simple)
{
	struct nests n = open_expr(g, simple->name);

	for (size_t i = 0; i < sizeof(simple->attrs) / sizeof(simple->attrs[0]); i++)
		if (simple->attrs[i].kind && chance(g, simple->attrs[i].present))
			put_simple(g, &simple->attrs[i]);
	close_expr(g, n);
}

static void gen_range(struct gen *g)
{
	struct nests n = open_expr(g, "range");
	uint8_t from[16], to[16];
	size_t size = 1 + below(g, 16);

	random_bytes(g, from, sizeof(from));
	random_bytes(g, to, sizeof(to));
	put_u32(g, NFTA_RANGE_SREG, any_register(g));
	put_u32(g, NFTA_RANGE_OP, (uint32_t)below(g, 3));
	put_data(g, NFTA_RANGE_FROM_DATA, from, size);
	put_data(g, NFTA_RANGE_TO_DATA, to, mistake(g) ? 1 + below(g, 16) : size);
	close_expr(g, n);
}

static void random_load(struct gen *g, uint32_t reg)
{
	static const uint8_t offsets[] = {0,  1,  2,  4,  6,  7,  8,  9,  10, 12,
					  13, 14, 15, 16, 18, 20, 22, 24, 30, 40};

	gen_payload(g, (uint32_t)below(g, 4), offsets[below(g, sizeof(offsets))],
		    chance(g, 900) ? 1 + (uint32_t)below(g, 18) : any_number(g), reg);
}

static void random_cmp(struct gen *g, uint32_t reg, size_t size)
{
	uint8_t data[80];

	random_bytes(g, data, sizeof(data));
	gen_cmp(g, reg, chance(g, 950) ? NFT_CMP_EQ : (uint32_t)below(g, 7), data, size);
}

static void single(struct gen *g)
{
	static const uint32_t codes[] = {0,
					 1,
					 2,
					 3,
					 (uint32_t)-1,
					 (uint32_t)-2,
					 (uint32_t)-3,
					 (uint32_t)-4,
					 (uint32_t)-5,
					 (uint32_t)-6};
	uint8_t bytes[32];

	switch (below(g, 12)) {
	case 0: random_load(g, any_register(g)); break;
	case 1: gen_payload_set(g); break;
	case 2: gen_meta(g, (uint32_t)below(g, 40), any_register(g), chance(g, 200)); break;
	case 3: random_cmp(g, any_register(g), 1 + below(g, 18)); break;
	case 4: gen_bitwise(g, any_register(g), any_register(g), (uint32_t)below(g, 18)); break;
	case 5: gen_verdict(g, (int32_t)codes[below(g, 10)]); break;
	case 6:
		random_bytes(g, bytes, sizeof(bytes));
		gen_immediate(g, any_register(g), bytes, 1 + below(g, 17));
		break;
	case 7: gen_counter(g); break;
	case 8: gen_device(g); break;
	case 9: gen_range(g); break;
	default: gen_simple(g, &simples[below(g, sizeof(simples) / sizeof(simples[0]))]); break;
	}
}

/* A field as nft would match it: load, perhaps a mask, compare. */
static void match(struct gen *g, uint32_t base, uint32_t offset, uint32_t full)
{
	uint32_t reg = chance(g, 900) ? 1 : any_register(g);
	uint32_t length = full;

	if (chance(g, 250))
		length = 1 + (uint32_t)below(g, full + 1);
	gen_payload(g, base, mistake(g) ? offset + 1 : offset, length, reg);
	if (chance(g, 200))
		gen_bitwise(g, reg, mistake(g) ? any_register(g) : reg,
			    mistake(g) ? 1 + (uint32_t)below(g, 16) : length);
	random_cmp(g, mistake(g) ? any_register(g) : reg, mistake(g) ? 1 + below(g, 16) : length);
}

static void dependency_network(struct gen *g)
{
	static const uint16_t types[] = {0x0800, 0x0800, 0x0800, 0x86dd, 0x86dd,
					 0x86dd, 0x0806, 0x8100, 0x88a8};
	uint16_t type = htons(types[below(g, 9)]);

	if (chance(g, 700))
		gen_meta(g, NFT_META_PROTOCOL, 1, false);
	else
		gen_payload(g, NFT_PAYLOAD_LL_HEADER, 12 + 4 * (uint32_t)below(g, 3), 2, 1);
	gen_cmp(g, 1, NFT_CMP_EQ, &type, sizeof(type));
}

static void dependency_transport(struct gen *g)
{
	static const uint8_t protocols[] = {6, 17, 6, 17, 6, 17, 1, 58, 132, 47};
	uint8_t protocol = protocols[below(g, 10)];

	if (chance(g, 700))
		gen_meta(g, NFT_META_L4PROTO, 1, false);
	else if (chance(g, 500))
		gen_payload(g, NFT_PAYLOAD_NETWORK_HEADER, 9, 1, 1);
	else
		gen_payload(g, NFT_PAYLOAD_NETWORK_HEADER, 6, 1, 1);
	gen_cmp(g, 1, NFT_CMP_EQ, &protocol, sizeof(protocol));
}

static void plausible_match(struct gen *g)
{
	uint32_t ifindex = 1;
	uint16_t type = 1;

	switch (below(g, 9)) {
	case 0: dependency_network(g); break;
	case 1:
		dependency_network(g);
		match(g, NFT_PAYLOAD_NETWORK_HEADER, chance(g, 500) ? 12 : 16, 4);
		break;
	case 2:
		dependency_network(g);
		match(g, NFT_PAYLOAD_NETWORK_HEADER, chance(g, 500) ? 8 : 24, 16);
		break;
	case 3: dependency_transport(g); break;
	case 4:
	case 5:
		dependency_transport(g);
		match(g, NFT_PAYLOAD_TRANSPORT_HEADER, 2 * (uint32_t)below(g, 3), 2);
		break;
	case 6: match(g, NFT_PAYLOAD_LL_HEADER, chance(g, 500) ? 0 : 6, 6); break;
	case 7: match(g, NFT_PAYLOAD_LL_HEADER, 12 + 2 * (uint32_t)below(g, 5), 2); break;
	case 8:
		if (chance(g, 500)) {
			gen_meta(g, NFT_META_IIF, 1, false);
			gen_cmp(g, 1, NFT_CMP_EQ, &ifindex, sizeof(ifindex));
		} else {
			type = chance(g, 800) ? 1 : 772;
			gen_meta(g, NFT_META_IIFTYPE, 1, false);
			gen_cmp(g, 1, NFT_CMP_EQ, &type, sizeof(type));
		}
		break;
	}
}

static void plausible(struct gen *g)
{
	size_t matches = below(g, 4);

	for (size_t i = 0; i < matches; i++)
		plausible_match(g);
	if (chance(g, 50))
		single(g);
	if (chance(g, 400))
		gen_counter(g);
	if (chance(g, 300))
		gen_device(g);
	if (chance(g, 850))
		gen_verdict(g, chance(g, 900) ? (int32_t)below(g, 2) : NFT_RETURN);
}

void generate_expressions(struct nlmsghdr *nlh, struct random *random)
{
	static const unsigned int mistakes[] = {0, 0, 5, 20, 100};
	struct gen g = {.nlh = nlh, .random = random};
	struct nlattr *list = mnl_attr_nest_start(nlh, NFTA_RULE_EXPRESSIONS);
	size_t count;

	g.mistakes = mistakes[below(&g, 5)];
	if (chance(&g, 650)) {
		plausible(&g);
	} else if (chance(&g, 30)) {
		count = 100 + below(&g, 35);
		for (size_t i = 0; i < count; i++)
			gen_verdict(&g, NF_DROP);
	} else {
		count = 1 + below(&g, 6);
		for (size_t i = 0; i < count; i++)
			single(&g);
		if (chance(&g, 500))
			gen_verdict(&g, NF_DROP);
	}
	mnl_attr_nest_end(nlh, list);
}

static size_t append(char *text, size_t size, size_t used, const char *format, uint32_t a,
		     const char *s)
{
	int n;

	if (used >= size)
		return used;
	n = s ? snprintf(text + used, size - used, format, s)
	      : snprintf(text + used, size - used, format, a);
	return n < 0 ? used : used + (size_t)n;
}

const char *describe_expressions(const struct nlattr *list)
{
	static char text[8192];
	const struct nlattr *elem, *attr, *data;
	size_t used = 0;

	text[0] = '\0';
	mnl_attr_for_each_nested (elem, list) {
		mnl_attr_for_each_nested (attr, elem) {
			if (mnl_attr_get_type(attr) == NFTA_EXPR_NAME) {
				used = append(text, sizeof(text), used, "\n\t%s", 0,
					      mnl_attr_get_str(attr));
				continue;
			}
			mnl_attr_for_each_nested (data, attr) {
				const uint8_t *bytes = mnl_attr_get_payload(data);

				used = append(text, sizeof(text), used,
					      " %u=", mnl_attr_get_type(data), NULL);
				for (size_t i = 0; i < mnl_attr_get_payload_len(data); i++)
					used = append(text, sizeof(text), used, "%02x", bytes[i],
						      NULL);
			}
		}
	}
	return text;
}
