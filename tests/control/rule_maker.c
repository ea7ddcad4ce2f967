/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rule_maker.h"

#include <arpa/inet.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>

static struct nlmsghdr *message;
static struct nlattr *list, *element, *contents;

void rule_start(struct world *w, uint16_t family)
{
	rule_start_in(w, family, "c");
}

void rule_start_in(struct world *w, uint16_t family, const char *chain)
{
	message = batch_message(w, NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWRULE, family,
				NLM_F_CREATE | NLM_F_APPEND);
	mnl_attr_put_strz(message, NFTA_RULE_TABLE, "t");
	mnl_attr_put_strz(message, NFTA_RULE_CHAIN, chain);
	list = mnl_attr_nest_start(message, NFTA_RULE_EXPRESSIONS);
}

void rule_end(struct world *w)
{
	mnl_attr_nest_end(message, list);
	batch_add(w, message);
}

void expr_start(const char *name)
{
	element = mnl_attr_nest_start(message, NFTA_LIST_ELEM);
	mnl_attr_put_strz(message, NFTA_EXPR_NAME, name);
	contents = mnl_attr_nest_start(message, NFTA_EXPR_DATA);
}

void put_u32(uint16_t type, uint32_t value)
{
	mnl_attr_put_u32(message, type, htonl(value));
}

void put_u64(uint16_t type, uint64_t value)
{
	mnl_attr_put_u64(message, type, htobe64(value));
}

void put_u16(uint16_t type, uint16_t value)
{
	mnl_attr_put_u16(message, type, htons(value));
}

void put_u8(uint16_t type, uint8_t value)
{
	mnl_attr_put_u8(message, type, value);
}

void put_text(uint16_t type, const char *text)
{
	mnl_attr_put_strz(message, type, text);
}

void put_data(uint16_t type, const void *data, size_t size)
{
	struct nlattr *nest = mnl_attr_nest_start(message, type);

	mnl_attr_put(message, NFTA_DATA_VALUE, size, data);
	mnl_attr_nest_end(message, nest);
}

void expr_end(void)
{
	mnl_attr_nest_end(message, contents);
	mnl_attr_nest_end(message, element);
}

void put_payload(uint32_t base, uint32_t offset, uint32_t length)
{
	expr_start("payload");
	put_u32(NFTA_PAYLOAD_DREG, NFT_REG_1);
	put_u32(NFTA_PAYLOAD_BASE, base);
	put_u32(NFTA_PAYLOAD_OFFSET, offset);
	put_u32(NFTA_PAYLOAD_LEN, length);
	expr_end();
}

void put_cmp(const void *data, size_t size)
{
	expr_start("cmp");
	put_u32(NFTA_CMP_SREG, NFT_REG_1);
	put_u32(NFTA_CMP_OP, NFT_CMP_EQ);
	put_data(NFTA_CMP_DATA, data, size);
	expr_end();
}

void put_match(uint32_t base, uint32_t offset, const void *data, size_t size)
{
	put_payload(base, offset, (uint32_t)size);
	put_cmp(data, size);
}

void put_protocol(uint16_t ethertype)
{
	put_match(NFT_PAYLOAD_LL_HEADER, 12, &(uint16_t){htons(ethertype)}, 2);
}

void put_immediate(uint32_t reg, const void *data, size_t size)
{
	expr_start("immediate");
	put_u32(NFTA_IMMEDIATE_DREG, reg);
	put_data(NFTA_IMMEDIATE_DATA, data, size);
	expr_end();
}

void put_verdict(uint32_t verdict)
{
	put_verdict_to(verdict, NULL);
}

void put_verdict_to(uint32_t verdict, const char *chain)
{
	struct nlattr *data, *nest;

	expr_start("immediate");
	put_u32(NFTA_IMMEDIATE_DREG, NFT_REG_VERDICT);
	data = mnl_attr_nest_start(message, NFTA_IMMEDIATE_DATA);
	nest = mnl_attr_nest_start(message, NFTA_DATA_VERDICT);
	put_u32(NFTA_VERDICT_CODE, verdict);
	if (chain)
		put_text(NFTA_VERDICT_CHAIN, chain);
	mnl_attr_nest_end(message, nest);
	mnl_attr_nest_end(message, data);
	expr_end();
}
