/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rules made attribute by attribute, for what libnftnl can't say (unknown types, flags, registers).
 * One message at a time: rule_start, then for each expression expr_start, attributes, expr_end.
 */
#ifndef NICEMU_TESTS_RULE_MAKER_H
#define NICEMU_TESTS_RULE_MAKER_H

#include "nft_world.h"

/* A NEWRULE at the end of chain "c" of table "t"; rule_end adds it to the batch. */
void rule_start(struct world *w, uint16_t family);
void rule_start_in(struct world *w, uint16_t family, const char *chain);
void rule_end(struct world *w);

/* expr_end closes NFTA_EXPR_DATA and the list's element. */
void expr_start(const char *name);
void put_u32(uint16_t type, uint32_t value);
void put_u64(uint16_t type, uint64_t value);
void put_u16(uint16_t type, uint16_t value);
void put_u8(uint16_t type, uint8_t value);
void put_text(uint16_t type, const char *text);
void put_data(uint16_t type, const void *data, size_t size);
void expr_end(void);

/* Whole expressions; registers are NFT_REG_1 and so on. */
void put_payload(uint32_t base, uint32_t offset, uint32_t length);
void put_cmp(const void *data, size_t size);
void put_match(uint32_t base, uint32_t offset, const void *data, size_t size);
void put_protocol(uint16_t ethertype);
void put_immediate(uint32_t reg, const void *data, size_t size);
void put_verdict(uint32_t verdict);
/* jump or goto */
void put_verdict_to(uint32_t verdict, const char *chain);

#endif
