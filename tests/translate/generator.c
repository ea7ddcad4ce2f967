/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "generator.h"
#include "generator_write.h"

#include <arpa/inet.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

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
	default: gen_any_simple(g); break;
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

__attribute__((format(printf, 4, 5))) static size_t append(char *text, size_t size, size_t used,
							   const char *format, ...)
{
	va_list arguments;
	int n;

	if (used >= size)
		return used;
	va_start(arguments, format);
	n = vsnprintf(text + used, size - used, format, arguments);
	va_end(arguments);
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
				used = append(text, sizeof(text), used, "\n\t%s",
					      mnl_attr_get_str(attr));
				continue;
			}
			mnl_attr_for_each_nested (data, attr) {
				const uint8_t *bytes = mnl_attr_get_payload(data);

				used = append(text, sizeof(text), used,
					      " %u=", mnl_attr_get_type(data));
				for (size_t i = 0; i < mnl_attr_get_payload_len(data); i++)
					used = append(text, sizeof(text), used, "%02x", bytes[i]);
			}
		}
	}
	return text;
}
