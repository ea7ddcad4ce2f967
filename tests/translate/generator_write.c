/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "generator_write.h"

#include "generator.h"

#include <arpa/inet.h>
#include <endian.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <string.h>

uint64_t below(struct gen *g, uint64_t bound)
{
	return random_below(g->random, bound);
}

bool chance(struct gen *g, unsigned int per_mille)
{
	return below(g, 1000) < per_mille;
}

bool mistake(struct gen *g)
{
	return chance(g, g->mistakes);
}

uint32_t any_number(struct gen *g)
{
	static const uint32_t numbers[] = {
		0,   1,   2,   3,   4,    5,     6,     7,          8,          9,
		10,  12,  15,  16,  17,   20,    21,    22,         23,         24,
		25,  31,  32,  33,  64,   65,    100,   127,        128,        254,
		255, 256, 257, 512, 1024, 65535, 65536, 0x7fffffff, 0xfffffffe, 0xffffffff};

	return numbers[below(g, sizeof(numbers) / sizeof(numbers[0]))];
}

uint32_t any_register(struct gen *g)
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

void put_u32(struct gen *g, uint16_t type, uint32_t value)
{
	uint32_t be = htonl(mistake(g) ? any_number(g) : value);

	put(g, type, &be, sizeof(be));
}

void put_u64(struct gen *g, uint16_t type, uint64_t value)
{
	uint64_t be = htobe64(value);

	put(g, type, &be, sizeof(be));
}

void put_u16(struct gen *g, uint16_t type, uint16_t value)
{
	uint16_t be = htons(value);

	put(g, type, &be, sizeof(be));
}

void put_u8(struct gen *g, uint16_t type, uint8_t value)
{
	put(g, type, &value, 1);
}

void put_string(struct gen *g, uint16_t type, const char *text)
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

void put_data(struct gen *g, uint16_t type, const void *data, size_t size)
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

void random_bytes(struct gen *g, uint8_t *bytes, size_t size)
{
	bool zero = chance(g, 300);

	for (size_t i = 0; i < size; i++)
		bytes[i] = zero ? 0 : (uint8_t)random_u64(g->random);
}

struct nests open_expr(struct gen *g, const char *name)
{
	struct nests n = {.elem = start(g, name)};

	n.data = mnl_attr_nest_start(g->nlh, NFTA_EXPR_DATA);
	return n;
}

void close_expr(struct gen *g, struct nests n)
{
	mnl_attr_nest_end(g->nlh, n.data);
	mnl_attr_nest_end(g->nlh, n.elem);
}

void gen_payload(struct gen *g, uint32_t base, uint32_t offset, uint32_t length, uint32_t reg)
{
	struct nests n = open_expr(g, "payload");

	put_u32(g, NFTA_PAYLOAD_DREG, reg);
	put_u32(g, NFTA_PAYLOAD_BASE, base);
	put_u32(g, NFTA_PAYLOAD_OFFSET, offset);
	put_u32(g, NFTA_PAYLOAD_LEN, length);
	close_expr(g, n);
}

void gen_payload_set(struct gen *g)
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

void gen_meta(struct gen *g, uint32_t key, uint32_t reg, bool set)
{
	struct nests n = open_expr(g, "meta");

	put_u32(g, NFTA_META_KEY, key);
	put_u32(g, set ? NFTA_META_SREG : NFTA_META_DREG, reg);
	if (mistake(g))
		put_u32(g, NFTA_META_SREG, reg);
	close_expr(g, n);
}

void gen_cmp(struct gen *g, uint32_t reg, uint32_t op, const void *data, size_t size)
{
	struct nests n = open_expr(g, "cmp");

	put_u32(g, NFTA_CMP_SREG, reg);
	put_u32(g, NFTA_CMP_OP, op);
	put_data(g, NFTA_CMP_DATA, data, size);
	close_expr(g, n);
}

void gen_bitwise(struct gen *g, uint32_t sreg, uint32_t dreg, uint32_t length)
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

void gen_mask(struct gen *g, uint32_t reg, const void *mask, size_t size)
{
	static const uint8_t zeros[16];
	struct nests n = open_expr(g, "bitwise");

	put_u32(g, NFTA_BITWISE_SREG, reg);
	put_u32(g, NFTA_BITWISE_DREG, reg);
	put_u32(g, NFTA_BITWISE_LEN, (uint32_t)size);
	put_data(g, NFTA_BITWISE_MASK, mask, size);
	put_data(g, NFTA_BITWISE_XOR, zeros, size);
	close_expr(g, n);
}

void gen_verdict(struct gen *g, int32_t code)
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

void gen_immediate(struct gen *g, uint32_t reg, const void *data, size_t size)
{
	struct nests n = open_expr(g, "immediate");

	put_u32(g, NFTA_IMMEDIATE_DREG, reg);
	put_data(g, NFTA_IMMEDIATE_DATA, data, size);
	close_expr(g, n);
}

void gen_counter(struct gen *g)
{
	struct nests n = open_expr(g, "counter");

	if (chance(g, 500)) {
		put_u64(g, NFTA_COUNTER_BYTES, random_u64(g->random));
		put_u64(g, NFTA_COUNTER_PACKETS, random_u64(g->random));
	}
	close_expr(g, n);
}

void gen_fwd(struct gen *g, const char *name, uint16_t attr, uint32_t reg)
{
	struct nests n = open_expr(g, name);

	put_u32(g, attr, reg);
	if (mistake(g)) {
		put_u32(g, NFTA_FWD_SREG_ADDR, any_register(g));
		put_u32(g, NFTA_FWD_NFPROTO, chance(g, 500) ? NFPROTO_IPV4 : NFPROTO_IPV6);
	}
	close_expr(g, n);
}

void gen_device(struct gen *g)
{
	uint32_t ifindex = chance(g, 700) ? 1 : (uint32_t)below(g, 10);
	uint32_t reg = any_register(g);

	gen_immediate(g, reg, &ifindex, sizeof(ifindex));
	if (chance(g, 500))
		gen_fwd(g, "fwd", NFTA_FWD_SREG_DEV, mistake(g) ? any_register(g) : reg);
	else
		gen_fwd(g, "dup", NFTA_DUP_SREG_DEV, mistake(g) ? any_register(g) : reg);
}
