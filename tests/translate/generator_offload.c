/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Random rules that a kernel mostly accepts for hardware, so that what it hands over can be
 * compared: every field that can be offloaded, loaded in any length, masked at any boundary, and
 * the oddities that are legal: a field matched twice, a comparison shorter than the field, IPv4
 * after IPv6 in one rule, registers that are loaded over, a protocol learned from a mask.
 */
#include "generator.h"
#include "generator_write.h"

#include <arpa/inet.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <string.h>

enum { ANY = 0, IPV4 = 0x0800, IPV6 = 0x86dd, TCP = 6, UDP = 17 };

struct rule {
	struct gen *g;
	uint16_t l3num;
	uint8_t protonum;
};

static uint32_t some_register(struct gen *g)
{
	/* Four of 16 bytes, or every fourth of 4 bytes, which leaves room for any field. */
	if (chance(g, 800))
		return NFT_REG_1;
	return chance(g, 500) ? NFT_REG_1 + (uint32_t)below(g, 4)
			      : NFT_REG32_00 + 4 * (uint32_t)below(g, 4);
}

/* Where masks go wrong: prefixes, single bits, all but one, holes, none. */
static void some_mask(struct gen *g, uint8_t *mask, size_t size)
{
	size_t bits = 8 * size, bit = below(g, bits);
	uint64_t kind = below(g, 6);

	memset(mask, 0, size);
	if (kind == 0)
		random_bytes(g, mask, size);
	for (size_t i = 0; i < bits; i++) {
		bool set = kind == 1   ? i <= bit
			   : kind == 2 ? i >= bit
			   : kind == 3 ? i == bit
			   : kind == 4 ? i != bit
			   : kind == 5 ? i / 8 % 2
				       : false;

		mask[i / 8] |= (uint8_t)(set ? 0x80 >> i % 8 : 0);
	}
}

static void some_value(struct gen *g, uint8_t *value, const uint8_t *mask, size_t size)
{
	random_bytes(g, value, size);
	/* nft never writes bits outside of the mask; a driver sees them where somebody does. */
	for (size_t i = 0; i < size && chance(g, 700); i++)
		value[i] &= mask[i];
}

/* A field of size bytes: a load of some length, perhaps a mask, a comparison. */
static void field(struct gen *g, uint32_t base, uint32_t offset, uint32_t size)
{
	uint8_t value[16], mask[16];
	uint32_t reg = some_register(g), length = size;

	memset(mask, 0xff, sizeof(mask));
	if (chance(g, 350))
		length = 1 + (uint32_t)below(g, size);
	gen_payload(g, base, offset, length, reg);
	if (chance(g, 350)) {
		some_mask(g, mask, size);
		gen_mask(g, reg, mask, size);
		length = size;
	}
	some_value(g, value, mask, size);
	if (chance(g, 80))
		length = 1 + (uint32_t)below(g, size);
	gen_cmp(g, reg, NFT_CMP_EQ, value, length);
	if (chance(g, 30)) {
		some_value(g, value, mask, size);
		gen_cmp(g, reg, NFT_CMP_EQ, value, length);
	}
}

static void network(struct rule *rule, uint16_t type)
{
	struct gen *g = rule->g;
	uint32_t reg = some_register(g);
	uint16_t be = htons(type), mask = htons(0xffff);

	if (chance(g, 600))
		gen_meta(g, NFT_META_PROTOCOL, reg, false);
	else
		gen_payload(g, NFT_PAYLOAD_LL_HEADER, 12 + 4 * (uint32_t)below(g, 3), 2, reg);
	if (chance(g, 60)) {
		some_mask(g, (uint8_t *)&mask, sizeof(mask));
		gen_mask(g, reg, &mask, sizeof(mask));
	}
	gen_cmp(g, reg, NFT_CMP_EQ, &be, sizeof(be));
	rule->l3num = type;
}

static void transport(struct rule *rule, uint8_t protocol)
{
	struct gen *g = rule->g;
	uint32_t reg = some_register(g);
	uint8_t mask;

	if (rule->l3num == ANY || chance(g, 600))
		gen_meta(g, NFT_META_L4PROTO, reg, false);
	else
		gen_payload(g, NFT_PAYLOAD_NETWORK_HEADER, rule->l3num == IPV4 ? 9 : 6, 1, reg);
	if (chance(g, 100)) {
		some_mask(g, &mask, sizeof(mask));
		gen_mask(g, reg, &mask, sizeof(mask));
	}
	gen_cmp(g, reg, NFT_CMP_EQ, &protocol, sizeof(protocol));
	rule->protonum = protocol;
}

static void address(struct rule *rule)
{
	struct gen *g = rule->g;

	if ((rule->l3num != IPV4 && rule->l3num != IPV6) || chance(g, 100))
		network(rule, chance(g, 500) ? IPV4 : IPV6);
	if (rule->l3num == IPV4)
		field(g, NFT_PAYLOAD_NETWORK_HEADER, chance(g, 500) ? 12 : 16, 4);
	else
		field(g, NFT_PAYLOAD_NETWORK_HEADER, chance(g, 500) ? 8 : 24, 16);
}

static void port(struct rule *rule)
{
	struct gen *g = rule->g;

	if ((rule->protonum != TCP && rule->protonum != UDP) || chance(g, 100))
		transport(rule, chance(g, 500) ? TCP : UDP);
	field(g, NFT_PAYLOAD_TRANSPORT_HEADER, chance(g, 500) ? 0 : 2, 2);
}

/* Tags as nft writes them, or any of their fields alone. */
static void tag(struct rule *rule)
{
	static const uint16_t types[] = {0x8100, 0x8100, 0x88a8, IPV4, IPV6, 0x0806};
	static const uint16_t tci_mask[] = {0x0fff, 0x0fff, 0xe000, 0x1000, 0xefff, 0xffff};
	struct gen *g = rule->g;
	uint16_t type, mask, tci;

	for (uint32_t offset = 12; offset <= 20; offset += 2) {
		bool is_type = offset % 4 == 0;

		if (chance(g, 450))
			continue;
		if (chance(g, 100)) {
			field(g, NFT_PAYLOAD_LL_HEADER, offset, 2);
			rule->l3num = is_type ? ANY : rule->l3num;
			continue;
		}
		gen_payload(g, NFT_PAYLOAD_LL_HEADER, offset, 2, NFT_REG_1);
		if (is_type) {
			type = types[below(g, 6)];
			rule->l3num = type;
			type = htons(type);
			gen_cmp(g, NFT_REG_1, NFT_CMP_EQ, &type, sizeof(type));
			continue;
		}
		mask = htons(tci_mask[below(g, 6)]);
		tci = (uint16_t)(below(g, 65536) & mask);
		gen_mask(g, NFT_REG_1, &mask, sizeof(mask));
		gen_cmp(g, NFT_REG_1, NFT_CMP_EQ, &tci, sizeof(tci));
	}
}

static void interface(struct gen *g)
{
	uint32_t ifindex = chance(g, 500) ? 1 + (uint32_t)below(g, 4) : any_number(g);
	uint16_t type = 1;
	uint32_t reg = some_register(g);
	uint8_t mask[4];

	if (chance(g, 600)) {
		gen_meta(g, NFT_META_IIF, reg, false);
		if (chance(g, 150)) {
			some_mask(g, mask, sizeof(mask));
			gen_mask(g, reg, mask, sizeof(mask));
		}
		gen_cmp(g, reg, NFT_CMP_EQ, &ifindex, chance(g, 950) ? sizeof(ifindex) : 2);
	} else {
		gen_meta(g, NFT_META_IIFTYPE, reg, false);
		gen_cmp(g, reg, NFT_CMP_EQ, &type, sizeof(type));
	}
}

/*
 * Two fields in two registers, compared in any order: the first comparison tells the protocol,
 * whichever it is.
 */
static void crossed(struct rule *rule)
{
	struct gen *g = rule->g;
	uint16_t type = htons(chance(g, 500) ? IPV4 : 0x8100);
	uint8_t other[6];
	bool tag = chance(g, 700);
	uint32_t size = tag ? 2 : 6;

	random_bytes(g, other, sizeof(other));
	if (tag && chance(g, 500))
		memcpy(other, (const uint16_t[]){htons(IPV6)}, 2);
	gen_payload(g, NFT_PAYLOAD_LL_HEADER, tag ? 14 : 6 * (uint32_t)below(g, 2), size,
		    NFT_REG_1);
	gen_payload(g, NFT_PAYLOAD_LL_HEADER, 12 + 4 * (uint32_t)below(g, 2), 2, NFT_REG_2);
	if (chance(g, 500)) {
		gen_cmp(g, NFT_REG_1, NFT_CMP_EQ, other, size);
		gen_cmp(g, NFT_REG_2, NFT_CMP_EQ, &type, sizeof(type));
	} else {
		gen_cmp(g, NFT_REG_2, NFT_CMP_EQ, &type, sizeof(type));
		gen_cmp(g, NFT_REG_1, NFT_CMP_EQ, other, size);
	}
	rule->l3num = ANY;
}

/*
 * A field over another one in the same registers: the first bytes of the old one are gone, what a
 * driver is told of the old one is not.
 */
static void overlapping(struct rule *rule)
{
	struct gen *g = rule->g;
	uint8_t value[16];

	network(rule, IPV6);
	gen_payload(g, NFT_PAYLOAD_NETWORK_HEADER, 8, 16, NFT_REG_1);
	gen_payload(g, NFT_PAYLOAD_LL_HEADER, 0, 6, NFT_REG32_00 + (uint32_t)below(g, 3));
	random_bytes(g, value, sizeof(value));
	gen_cmp(g, NFT_REG_1, NFT_CMP_EQ, value, chance(g, 500) ? 16 : 6);
}

/* Data is put where a field was loaded: fwd and dup read the one, comparisons the other. */
static void constant_over_field(struct rule *rule)
{
	struct gen *g = rule->g;
	uint32_t ifindex = 1 + (uint32_t)below(g, 3);
	uint8_t mac[6], data[16] = {0};

	memcpy(data, &ifindex, sizeof(ifindex));
	random_bytes(g, mac, sizeof(mac));
	gen_payload(g, NFT_PAYLOAD_LL_HEADER, 6, 6, NFT_REG_1);
	gen_immediate(g, NFT_REG_1, data, sizeof(data));
	gen_cmp(g, NFT_REG_1, NFT_CMP_EQ, mac, sizeof(mac));
	/* The 16 bytes were written as one: their second word is no register that was filled. */
	if (chance(g, 700))
		gen_fwd(g, "fwd", NFTA_FWD_SREG_DEV,
			chance(g, 700) ? NFT_REG_1 : NFT_REG32_00 + (uint32_t)below(g, 4));
}

static void some_match(struct rule *rule)
{
	struct gen *g = rule->g;

	switch (below(g, 13)) {
	case 0: network(rule, chance(g, 500) ? IPV4 : IPV6); break;
	case 1:
	case 2:
	case 3: address(rule); break;
	case 4: transport(rule, chance(g, 800) ? TCP : (uint8_t)below(g, 256)); break;
	case 5:
	case 6: port(rule); break;
	case 7: tag(rule); break;
	case 8: field(g, NFT_PAYLOAD_LL_HEADER, chance(g, 500) ? 0 : 6, 6); break;
	case 9: interface(g); break;
	case 10: crossed(rule); break;
	case 11: constant_over_field(rule); break;
	default: overlapping(rule); break;
	}
}

static void some_action(struct gen *g)
{
	uint32_t ifindex = chance(g, 950) ? 1 + (uint32_t)below(g, 3) : any_number(g);
	uint32_t reg = some_register(g);

	gen_immediate(g, reg, &ifindex, sizeof(ifindex));
	if (chance(g, 500))
		gen_fwd(g, "fwd", NFTA_FWD_SREG_DEV, reg);
	else
		gen_fwd(g, "dup", NFTA_DUP_SREG_DEV, reg);
}

static void some_actions(struct gen *g)
{
	size_t actions = chance(g, 300) ? 1 + below(g, 3) : 0;
	bool verdict = actions == 0 || chance(g, 500);

	for (size_t i = 0; i < actions; i++)
		some_action(g);
	if (verdict)
		gen_verdict(g, chance(g, 500) ? NF_DROP : NF_ACCEPT);
	/* Nothing checks that the verdict comes last. */
	if (chance(g, 30))
		some_action(g);
	if (chance(g, 30))
		gen_verdict(g, chance(g, 500) ? NF_DROP : NF_ACCEPT);
}

void generate_offload_rule(struct nlmsghdr *nlh, struct random *random)
{
	struct gen g = {.nlh = nlh, .random = random};
	struct rule rule = {.g = &g};
	struct nlattr *list = mnl_attr_nest_start(nlh, NFTA_RULE_EXPRESSIONS);
	size_t matches = below(&g, 4);
	bool actions_first = chance(&g, 50);

	g.mistakes = chance(&g, 100) ? 10 : 0;
	if (actions_first)
		some_actions(&g);
	for (size_t i = 0; i < matches; i++)
		some_match(&rule);
	if (chance(&g, 200))
		gen_counter(&g);
	if (!actions_first)
		some_actions(&g);
	mnl_attr_nest_end(nlh, list);
}

void generate_drop(struct nlmsghdr *nlh, struct random *random)
{
	struct gen g = {.nlh = nlh, .random = random};
	struct nlattr *list = mnl_attr_nest_start(nlh, NFTA_RULE_EXPRESSIONS);

	gen_verdict(&g, NF_DROP);
	mnl_attr_nest_end(nlh, list);
}
