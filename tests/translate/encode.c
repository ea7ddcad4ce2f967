/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "encode.h"

#include <arpa/inet.h>
#include <libnftnl/expr.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>

struct nftnl_rule *encode_start(void)
{
	struct nftnl_rule *rule = nftnl_rule_alloc();

	nftnl_rule_set_str(rule, NFTNL_RULE_TABLE, "t");
	nftnl_rule_set_str(rule, NFTNL_RULE_CHAIN, "c");
	nftnl_rule_set_u32(rule, NFTNL_RULE_FAMILY, NFPROTO_NETDEV);
	return rule;
}

void encode_payload(struct nftnl_rule *rule, uint32_t base, uint32_t offset, uint32_t length)
{
	struct nftnl_expr *e = nftnl_expr_alloc("payload");

	nftnl_expr_set_u32(e, NFTNL_EXPR_PAYLOAD_DREG, NFT_REG_1);
	nftnl_expr_set_u32(e, NFTNL_EXPR_PAYLOAD_BASE, base);
	nftnl_expr_set_u32(e, NFTNL_EXPR_PAYLOAD_OFFSET, offset);
	nftnl_expr_set_u32(e, NFTNL_EXPR_PAYLOAD_LEN, length);
	nftnl_rule_add_expr(rule, e);
}

void encode_meta(struct nftnl_rule *rule, uint32_t key)
{
	struct nftnl_expr *e = nftnl_expr_alloc("meta");

	nftnl_expr_set_u32(e, NFTNL_EXPR_META_KEY, key);
	nftnl_expr_set_u32(e, NFTNL_EXPR_META_DREG, NFT_REG_1);
	nftnl_rule_add_expr(rule, e);
}

void encode_cmp(struct nftnl_rule *rule, uint32_t op, const void *data, uint32_t size)
{
	struct nftnl_expr *e = nftnl_expr_alloc("cmp");

	nftnl_expr_set_u32(e, NFTNL_EXPR_CMP_SREG, NFT_REG_1);
	nftnl_expr_set_u32(e, NFTNL_EXPR_CMP_OP, op);
	nftnl_expr_set(e, NFTNL_EXPR_CMP_DATA, data, size);
	nftnl_rule_add_expr(rule, e);
}

void encode_mask(struct nftnl_rule *rule, const void *mask, uint32_t size)
{
	static const uint8_t zero[16];
	struct nftnl_expr *e = nftnl_expr_alloc("bitwise");

	nftnl_expr_set_u32(e, NFTNL_EXPR_BITWISE_SREG, NFT_REG_1);
	nftnl_expr_set_u32(e, NFTNL_EXPR_BITWISE_DREG, NFT_REG_1);
	nftnl_expr_set_u32(e, NFTNL_EXPR_BITWISE_LEN, size);
	nftnl_expr_set(e, NFTNL_EXPR_BITWISE_MASK, mask, size);
	nftnl_expr_set(e, NFTNL_EXPR_BITWISE_XOR, zero, size);
	nftnl_rule_add_expr(rule, e);
}

void encode_verdict(struct nftnl_rule *rule, int verdict)
{
	struct nftnl_expr *e = nftnl_expr_alloc("immediate");

	nftnl_expr_set_u32(e, NFTNL_EXPR_IMM_DREG, NFT_REG_VERDICT);
	nftnl_expr_set_u32(e, NFTNL_EXPR_IMM_VERDICT, (uint32_t)verdict);
	nftnl_rule_add_expr(rule, e);
}

void encode_counter(struct nftnl_rule *rule, uint64_t packets, uint64_t bytes)
{
	struct nftnl_expr *e = nftnl_expr_alloc("counter");

	nftnl_expr_set_u64(e, NFTNL_EXPR_CTR_PACKETS, packets);
	nftnl_expr_set_u64(e, NFTNL_EXPR_CTR_BYTES, bytes);
	nftnl_rule_add_expr(rule, e);
}

void encode_to_device(struct nftnl_rule *rule, const char *name, uint32_t ifindex)
{
	struct nftnl_expr *e = nftnl_expr_alloc("immediate");

	nftnl_expr_set_u32(e, NFTNL_EXPR_IMM_DREG, NFT_REG_1);
	nftnl_expr_set(e, NFTNL_EXPR_IMM_DATA, &ifindex, sizeof(ifindex));
	nftnl_rule_add_expr(rule, e);
	e = nftnl_expr_alloc(name);
	nftnl_expr_set_u32(e,
			   name[0] == 'f' ? (uint16_t)NFTNL_EXPR_FWD_SREG_DEV
					  : (uint16_t)NFTNL_EXPR_DUP_SREG_DEV,
			   NFT_REG_1);
	nftnl_rule_add_expr(rule, e);
}

void encode_plain(struct nftnl_rule *rule, const char *name)
{
	nftnl_rule_add_expr(rule, nftnl_expr_alloc(name));
}

void encode_protocol(struct nftnl_rule *rule, uint16_t ethertype)
{
	uint16_t be = htons(ethertype);

	encode_meta(rule, NFT_META_PROTOCOL);
	encode_cmp(rule, NFT_CMP_EQ, &be, sizeof(be));
}

void encode_l4proto(struct nftnl_rule *rule, uint8_t protocol)
{
	encode_meta(rule, NFT_META_L4PROTO);
	encode_cmp(rule, NFT_CMP_EQ, &protocol, sizeof(protocol));
}

void encode_iiftype(struct nftnl_rule *rule)
{
	uint16_t ether = 1;

	encode_meta(rule, NFT_META_IIFTYPE);
	encode_cmp(rule, NFT_CMP_EQ, &ether, sizeof(ether));
}

void encode_be16(struct nftnl_rule *rule, uint32_t base, uint32_t offset, uint16_t value)
{
	uint16_t be = htons(value);

	encode_match(rule, base, offset, &be, sizeof(be));
}

void encode_match(struct nftnl_rule *rule, uint32_t base, uint32_t offset, const void *data,
		  uint32_t size)
{
	encode_payload(rule, base, offset, size);
	encode_cmp(rule, NFT_CMP_EQ, data, size);
}

struct nlmsghdr *encode_finish(struct nftnl_rule *rule)
{
	static uint32_t buffer[4096];
	struct nlmsghdr *nlh = nftnl_nlmsg_build_hdr((char *)buffer, NFT_MSG_NEWRULE,
						     NFPROTO_NETDEV, NLM_F_CREATE, 1);

	nftnl_rule_nlmsg_build_payload(nlh, rule);
	nftnl_rule_free(rule);
	return nlh;
}

const struct nlattr *encode_list(const struct nlmsghdr *nlh)
{
	const struct nlattr *attr;

	mnl_attr_for_each (attr, nlh, 4)
		if (mnl_attr_get_type(attr) == NFTA_RULE_EXPRESSIONS)
			return attr;
	return NULL;
}
