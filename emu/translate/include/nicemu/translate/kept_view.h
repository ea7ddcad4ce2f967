/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What some expressions say whose bytes are only kept: for those who run rules. They have no typed
 * form in struct nft_expr, because neither translation nor dump needs one.
 *
 * Each function gives false for an expression of another type, and fills all of its result
 * otherwise. Registers are words, as in struct nft_expr.
 *
 * Threading: pure functions.
 */
#ifndef NICEMU_TRANSLATE_KEPT_VIEW_H
#define NICEMU_TRANSLATE_KEPT_VIEW_H

#include <nicemu/translate/expr.h>

struct nft_expr_range {
	uint8_t sreg, length; /* 1 .. 16 bytes */
	bool inverted;
	uint8_t from[16], to[16];
};

struct nft_expr_byteorder {
	uint8_t sreg, dreg, length;
	uint8_t size;    /* bytes of one value: 2, 4 or 8 */
	bool to_network; /* else from it, which is the same */
};

/* Only those that load; which header is by op (NFT_EXTHDR_OP_*) and type. */
struct nft_expr_exthdr {
	uint8_t dreg, type, op;
	uint8_t offset, length; /* of the field in the header or option */
	bool asks_presence;     /* loads whether it is there: 1 or 0 */
};

bool nft_expr_range(const struct nft_expr *expr, struct nft_expr_range *range);
bool nft_expr_byteorder(const struct nft_expr *expr, struct nft_expr_byteorder *byteorder);
bool nft_expr_exthdr(const struct nft_expr *expr, struct nft_expr_exthdr *exthdr);

#endif
