/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kept.h"

#include <nicemu/translate/kept_view.h>

#include <string.h>

static bool is_type(const struct nft_expr *expr, const char *name)
{
	return !strcmp(expr->type->name, name) && expr->attributes;
}

bool nft_expr_range(const struct nft_expr *expr, struct nft_expr_range *range)
{
	const struct nlattr *tb[ATTR_TABLE_SIZE];
	size_t length = 0;

	*range = (struct nft_expr_range){0};
	if (!is_type(expr, "range"))
		return false;
	attr_parse(tb, NFTA_RANGE_MAX, expr->attributes, expr->size, NULL, NULL);
	if (!kept_has(tb, BIT(NFTA_RANGE_SREG) | BIT(NFTA_RANGE_OP) | BIT(NFTA_RANGE_FROM_DATA) |
				  BIT(NFTA_RANGE_TO_DATA)) ||
	    register_word(tb[NFTA_RANGE_SREG], &range->sreg) ||
	    data_value(tb[NFTA_RANGE_FROM_DATA], range->from, &length) ||
	    data_value(tb[NFTA_RANGE_TO_DATA], range->to, &length))
		return false;
	range->length = (uint8_t)length;
	range->inverted = attr_be32(tb[NFTA_RANGE_OP]) == NFT_RANGE_NEQ;
	return true;
}

bool nft_expr_byteorder(const struct nft_expr *expr, struct nft_expr_byteorder *byteorder)
{
	const struct nlattr *tb[ATTR_TABLE_SIZE];

	*byteorder = (struct nft_expr_byteorder){0};
	if (!is_type(expr, "byteorder"))
		return false;
	attr_parse(tb, NFTA_BYTEORDER_MAX, expr->attributes, expr->size, NULL, NULL);
	if (!kept_has(tb, BIT(NFTA_BYTEORDER_SREG) | BIT(NFTA_BYTEORDER_DREG) |
				  BIT(NFTA_BYTEORDER_LEN) | BIT(NFTA_BYTEORDER_SIZE) |
				  BIT(NFTA_BYTEORDER_OP)) ||
	    register_word(tb[NFTA_BYTEORDER_SREG], &byteorder->sreg) ||
	    register_word(tb[NFTA_BYTEORDER_DREG], &byteorder->dreg))
		return false;
	byteorder->length = attr_be32_byte(tb[NFTA_BYTEORDER_LEN]);
	byteorder->size = attr_be32_byte(tb[NFTA_BYTEORDER_SIZE]);
	byteorder->to_network = attr_be32_byte(tb[NFTA_BYTEORDER_OP]) == NFT_BYTEORDER_HTON;
	return byteorder->size && byteorder->length;
}

bool nft_expr_exthdr(const struct nft_expr *expr, struct nft_expr_exthdr *exthdr)
{
	const struct nlattr *tb[ATTR_TABLE_SIZE];

	*exthdr = (struct nft_expr_exthdr){0};
	if (!is_type(expr, "exthdr"))
		return false;
	attr_parse(tb, NFTA_EXTHDR_MAX, expr->attributes, expr->size, NULL, NULL);
	if (!kept_has(tb, BIT(NFTA_EXTHDR_DREG) | BIT(NFTA_EXTHDR_TYPE) | BIT(NFTA_EXTHDR_OFFSET) |
				  BIT(NFTA_EXTHDR_LEN)) ||
	    register_word(tb[NFTA_EXTHDR_DREG], &exthdr->dreg))
		return false;
	exthdr->type = attr_u8(tb[NFTA_EXTHDR_TYPE]);
	exthdr->offset = attr_be32_byte(tb[NFTA_EXTHDR_OFFSET]);
	exthdr->length = attr_be32_byte(tb[NFTA_EXTHDR_LEN]);
	exthdr->op = tb[NFTA_EXTHDR_OP] ? attr_be32_byte(tb[NFTA_EXTHDR_OP]) : NFT_EXTHDR_OP_IPV6;
	exthdr->asks_presence =
		tb[NFTA_EXTHDR_FLAGS] && attr_be32(tb[NFTA_EXTHDR_FLAGS]) & NFT_EXTHDR_F_PRESENT;
	return true;
}
