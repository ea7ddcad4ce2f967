/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Helpers of the types whose attributes are kept as they came: registers of which only the check
 * matters, and required attributes.
 */
#ifndef NICEMU_TRANSLATE_KEPT_H
#define NICEMU_TRANSLATE_KEPT_H

#include "type.h"

static inline int kept_load(struct expr_init *init, const struct nlattr *attr, size_t size)
{
	uint8_t reg;

	return register_load(init, attr, &reg, size);
}

static inline int kept_store(struct expr_init *init, const struct nlattr *attr, size_t size)
{
	uint8_t reg;

	return register_store(init, attr, &reg, false, size);
}

/* True where every attribute of the bit set is there. */
static inline bool kept_has(const struct nlattr *const tb[], uint32_t bits)
{
	for (unsigned int i = 0; bits >> i; i++)
		if (bits >> i & 1 && !tb[i])
			return false;
	return true;
}

/* A 32-bit or (first byte of) shorter attribute of an expression whose bytes are kept; 0 if absent.
 */
uint32_t kept_be32(const struct nft_expr *expr, uint16_t type);
uint8_t kept_u8(const struct nft_expr *expr, uint16_t type);

static inline bool is_inet(uint8_t family)
{
	return family == NFPROTO_IPV4 || family == NFPROTO_IPV6 || family == NFPROTO_INET;
}

#define BIT(n) (1u << (n))

#endif
