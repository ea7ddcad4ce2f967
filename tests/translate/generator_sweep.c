/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rules that are not drawn but counted through: each load, each prefix and bit of each field, each
 * length of a comparison, all combinations of a few tags and of a few actions. What the sections
 * have in common is an index that is taken apart digit by digit.
 */
#include "generator.h"
#include "generator_write.h"

#include <arpa/inet.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <string.h>

struct sweep {
	struct gen *g;
	size_t index; /* what is left of it */
};

/* The last digit of the index, in a number system of this base. */
static size_t digit(struct sweep *s, size_t base)
{
	size_t d = s->index % base;

	s->index /= base;
	return d;
}

enum context { CONTEXT_NONE, CONTEXT_IP, CONTEXT_IP6, CONTEXT_TCP, CONTEXT_UDP, CONTEXTS };

static void put_context(struct sweep *s, enum context context)
{
	uint16_t type = htons(context == CONTEXT_IP ? 0x0800 : 0x86dd);
	uint8_t protocol = context == CONTEXT_TCP ? 6 : 17;

	if (context == CONTEXT_NONE)
		return;
	if (context == CONTEXT_IP || context == CONTEXT_IP6) {
		gen_meta(s->g, NFT_META_PROTOCOL, NFT_REG_1, false);
		gen_cmp(s->g, NFT_REG_1, NFT_CMP_EQ, &type, sizeof(type));
	} else {
		gen_meta(s->g, NFT_META_L4PROTO, NFT_REG_1, false);
		gen_cmp(s->g, NFT_REG_1, NFT_CMP_EQ, &protocol, sizeof(protocol));
	}
}

/* Each bit is 1 in some rule and 0 in another. */
static void put_value(struct sweep *s, uint8_t *value, size_t size)
{
	for (size_t i = 0; i < size; i++)
		value[i] = (uint8_t)(0x9d + 0x1b * i + 0x53 * s->index);
}

static const struct place {
	enum context context;
	uint8_t base, offset, size;
} places[] = {
	{CONTEXT_NONE, NFT_PAYLOAD_LL_HEADER, 0, 6},
	{CONTEXT_NONE, NFT_PAYLOAD_LL_HEADER, 6, 6},
	{CONTEXT_NONE, NFT_PAYLOAD_LL_HEADER, 12, 2},
	{CONTEXT_NONE, NFT_PAYLOAD_LL_HEADER, 14, 2},
	{CONTEXT_NONE, NFT_PAYLOAD_LL_HEADER, 16, 2},
	{CONTEXT_NONE, NFT_PAYLOAD_LL_HEADER, 18, 2},
	{CONTEXT_NONE, NFT_PAYLOAD_LL_HEADER, 20, 2},
	{CONTEXT_IP, NFT_PAYLOAD_NETWORK_HEADER, 9, 1},
	{CONTEXT_IP, NFT_PAYLOAD_NETWORK_HEADER, 12, 4},
	{CONTEXT_IP, NFT_PAYLOAD_NETWORK_HEADER, 16, 4},
	{CONTEXT_IP6, NFT_PAYLOAD_NETWORK_HEADER, 6, 1},
	{CONTEXT_IP6, NFT_PAYLOAD_NETWORK_HEADER, 8, 16},
	{CONTEXT_IP6, NFT_PAYLOAD_NETWORK_HEADER, 24, 16},
	{CONTEXT_TCP, NFT_PAYLOAD_TRANSPORT_HEADER, 0, 2},
	{CONTEXT_UDP, NFT_PAYLOAD_TRANSPORT_HEADER, 2, 2},
};
enum { PLACES = sizeof(places) / sizeof(places[0]), FIELD_MAX = 16, BITS_MAX = 8 * FIELD_MAX };

static void finish(struct sweep *s)
{
	gen_verdict(s->g, s->index % 2 ? NF_ACCEPT : NF_DROP);
}

/* Every offset and length of every header. */
enum { OFFSETS = 44, LENGTHS = 18, BASES = 4, LOADS = CONTEXTS * BASES * OFFSETS * LENGTHS };

static bool sweep_load(struct sweep *s)
{
	uint8_t value[LENGTHS];
	uint32_t length = 1 + (uint32_t)digit(s, LENGTHS), offset = (uint32_t)digit(s, OFFSETS);
	uint32_t base = (uint32_t)digit(s, BASES);
	enum context context = (enum context)digit(s, CONTEXTS);

	/* The link layer's fields do not depend on what is known of the others. */
	if ((base == NFT_PAYLOAD_LL_HEADER) != (context == CONTEXT_NONE) || length > FIELD_MAX + 1)
		return false;
	if (base == NFT_PAYLOAD_TRANSPORT_HEADER && (offset > 8 || length > 5))
		return false;
	if (base == NFT_PAYLOAD_LL_HEADER && (offset > 24 || length > 12))
		return false;
	if (base > NFT_PAYLOAD_TRANSPORT_HEADER && (offset > 2 || length > 2))
		return false;
	put_context(s, context);
	gen_payload(s->g, base, offset, length, NFT_REG_1);
	put_value(s, value, length);
	gen_cmp(s->g, NFT_REG_1, NFT_CMP_EQ, value, length < FIELD_MAX ? length : FIELD_MAX);
	finish(s);
	return true;
}

/* Each field with each prefix, suffix and single bit as its mask. */
enum { MASK_KINDS = 3, MASKS = PLACES * BITS_MAX * MASK_KINDS };

static bool sweep_mask(struct sweep *s)
{
	size_t kind = digit(s, MASK_KINDS), bit = digit(s, BITS_MAX);
	const struct place *p = &places[digit(s, PLACES)];
	uint8_t value[FIELD_MAX], mask[FIELD_MAX] = {0};

	if (bit >= 8u * p->size)
		return false;
	for (size_t i = 0; i < 8u * p->size; i++) {
		bool set = kind == 0 ? i <= bit : kind == 1 ? i > bit : i == bit;

		mask[i / 8] |= (uint8_t)(set ? 0x80 >> i % 8 : 0);
	}
	put_context(s, p->context);
	gen_payload(s->g, p->base, p->offset, p->size, NFT_REG_1);
	gen_mask(s->g, NFT_REG_1, mask, p->size);
	s->index += bit;
	put_value(s, value, p->size);
	gen_cmp(s->g, NFT_REG_1, NFT_CMP_EQ, value, p->size);
	finish(s);
	return true;
}

/* Each field compared in each length and with each operator, and with each length of a mask. */
enum { OPERATORS = 6, COMPARES = PLACES * (FIELD_MAX + 1) * (OPERATORS + 1) };

static bool sweep_compare(struct sweep *s)
{
	size_t op = digit(s, OPERATORS + 1), length = 1 + digit(s, FIELD_MAX + 1);
	const struct place *p = &places[digit(s, PLACES)];
	uint8_t value[FIELD_MAX], ones[FIELD_MAX];

	if (length > FIELD_MAX || (op != NFT_CMP_EQ && op < OPERATORS && length != p->size))
		return false;
	memset(ones, 0xff, sizeof(ones));
	put_context(s, p->context);
	gen_payload(s->g, p->base, p->offset, p->size, NFT_REG_1);
	if (op == OPERATORS)
		gen_mask(s->g, NFT_REG_1, ones, length);
	put_value(s, value, sizeof(value));
	gen_cmp(s->g, NFT_REG_1, op == OPERATORS ? NFT_CMP_EQ : (uint32_t)op, value,
		op == OPERATORS ? p->size : length);
	finish(s);
	return true;
}

/* Ethertypes at their three places, and both tags, in all combinations. */
enum { TYPES = 6, TAGS = TYPES * TYPES * TYPES * 3 * 3 };

static void put_type(struct sweep *s, uint32_t offset, size_t type)
{
	static const uint16_t types[TYPES] = {0, 0x8100, 0x88a8, 0x0800, 0x86dd, 0};
	uint16_t be = htons(types[type]);

	if (type == 0)
		return;
	gen_payload(s->g, NFT_PAYLOAD_LL_HEADER, offset, 2, NFT_REG_1);
	gen_cmp(s->g, NFT_REG_1, NFT_CMP_EQ, &be, sizeof(be));
}

static void put_tag(struct sweep *s, uint32_t offset, size_t kind)
{
	uint16_t tci = htons(0x6abc), mask = htons(0x0fff);

	if (kind == 0)
		return;
	gen_payload(s->g, NFT_PAYLOAD_LL_HEADER, offset, 2, NFT_REG_1);
	if (kind == 1) {
		tci &= mask;
		gen_mask(s->g, NFT_REG_1, &mask, sizeof(mask));
	}
	gen_cmp(s->g, NFT_REG_1, NFT_CMP_EQ, &tci, sizeof(tci));
}

static bool sweep_tags(struct sweep *s)
{
	put_type(s, 12, digit(s, TYPES));
	put_tag(s, 14, digit(s, 3));
	put_type(s, 16, digit(s, TYPES));
	put_tag(s, 18, digit(s, 3));
	put_type(s, 20, digit(s, TYPES));
	finish(s);
	return true;
}

/* All sequences of up to three actions, and none. */
enum { ACTION_KINDS = 8, ACTIONS = ACTION_KINDS * ACTION_KINDS * ACTION_KINDS };

static void put_action(struct sweep *s, size_t kind)
{
	uint32_t ifindex = kind == 7 ? 99 : 1 + (uint32_t)kind % 2;

	if (kind == 0)
		return;
	if (kind < 3) {
		gen_verdict(s->g, kind == 1 ? NF_DROP : NF_ACCEPT);
		return;
	}
	gen_immediate(s->g, NFT_REG_1, &ifindex, sizeof(ifindex));
	if (kind < 5)
		gen_fwd(s->g, "fwd", NFTA_FWD_SREG_DEV, NFT_REG_1);
	else
		gen_fwd(s->g, "dup", NFTA_DUP_SREG_DEV, NFT_REG_1);
}

static bool sweep_actions(struct sweep *s)
{
	put_action(s, digit(s, ACTION_KINDS));
	put_action(s, digit(s, ACTION_KINDS));
	put_action(s, digit(s, ACTION_KINDS));
	return true;
}

/* Every key of meta, compared in every size, with a mask of that size and without. */
enum { META_KEYS = 36, META_SIZES = 4, METAS = META_KEYS * META_SIZES * 2 };

static bool sweep_meta(struct sweep *s)
{
	static const uint8_t one[META_SIZES] = {1, 0, 0, 0}, mask[META_SIZES] = {0x0f, 0, 1, 2};
	uint32_t key = (uint32_t)digit(s, META_KEYS);
	size_t size = 1 + digit(s, META_SIZES);

	gen_meta(s->g, key, NFT_REG_1, false);
	if (digit(s, 2))
		gen_mask(s->g, NFT_REG_1, mask, size);
	gen_cmp(s->g, NFT_REG_1, NFT_CMP_EQ, one, size);
	finish(s);
	return true;
}

static const struct section {
	size_t rules;
	bool (*generate)(struct sweep *s);
} sections[] = {
	{LOADS, sweep_load}, {MASKS, sweep_mask},      {COMPARES, sweep_compare},
	{TAGS, sweep_tags},  {ACTIONS, sweep_actions}, {METAS, sweep_meta},
};

static bool generate_at(struct nlmsghdr *nlh, size_t index)
{
	struct random unused = {.state = index};
	struct gen g = {.nlh = nlh, .random = &unused};
	struct sweep s = {.g = &g, .index = index};
	struct nlattr *list = mnl_attr_nest_start(nlh, NFTA_RULE_EXPRESSIONS);
	const struct section *section = sections;

	for (; s.index >= section->rules; section++)
		s.index -= section->rules;
	if (!section->generate(&s)) {
		mnl_attr_nest_cancel(nlh, list);
		return false;
	}
	mnl_attr_nest_end(nlh, list);
	return true;
}

bool generate_sweep(struct nlmsghdr *nlh, size_t *position)
{
	size_t rules = 0;

	for (size_t i = 0; i < sizeof(sections) / sizeof(sections[0]); i++)
		rules += sections[i].rules;
	while (*position < rules)
		if (generate_at(nlh, (*position)++))
			return true;
	return false;
}
