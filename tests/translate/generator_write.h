/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Inside the generator: attributes and expressions, written to a message, with mistakes sprinkled
 * in (g->mistakes per mille of them: an attribute is missing, has another size, another value).
 */
#ifndef TESTS_TRANSLATE_GENERATOR_WRITE_H
#define TESTS_TRANSLATE_GENERATOR_WRITE_H

#include <nicemu/base/random.h>

#include <libmnl/libmnl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct gen {
	struct nlmsghdr *nlh;
	struct random *random;
	unsigned int mistakes; /* per mille */
};

uint64_t below(struct gen *g, uint64_t bound);
bool chance(struct gen *g, unsigned int per_mille);
bool mistake(struct gen *g);
/* One of those at which something changes. */
uint32_t any_number(struct gen *g);
uint32_t any_register(struct gen *g);
void random_bytes(struct gen *g, uint8_t *bytes, size_t size);

void put_u8(struct gen *g, uint16_t type, uint8_t value);
void put_u16(struct gen *g, uint16_t type, uint16_t value);
void put_u32(struct gen *g, uint16_t type, uint32_t value);
void put_u64(struct gen *g, uint16_t type, uint64_t value);
void put_string(struct gen *g, uint16_t type, const char *text);
/* A nest with NFTA_DATA_VALUE. */
void put_data(struct gen *g, uint16_t type, const void *data, size_t size);

struct nests {
	struct nlattr *elem, *data;
};

struct nests open_expr(struct gen *g, const char *name);
void close_expr(struct gen *g, struct nests n);

void gen_payload(struct gen *g, uint32_t base, uint32_t offset, uint32_t length, uint32_t reg);
void gen_payload_set(struct gen *g);
void gen_meta(struct gen *g, uint32_t key, uint32_t reg, bool set);
void gen_cmp(struct gen *g, uint32_t reg, uint32_t op, const void *data, size_t size);
/* Of any operation, with random data; gen_mask: FIELD & mask, in one register. */
void gen_bitwise(struct gen *g, uint32_t sreg, uint32_t dreg, uint32_t length);
void gen_mask(struct gen *g, uint32_t reg, const void *mask, size_t size);
void gen_verdict(struct gen *g, int32_t code);
void gen_immediate(struct gen *g, uint32_t reg, const void *data, size_t size);
void gen_counter(struct gen *g);
/* name: "fwd" or "dup", attr: NFTA_FWD_SREG_DEV or NFTA_DUP_SREG_DEV. */
void gen_fwd(struct gen *g, const char *name, uint16_t attr, uint32_t reg);
/* An immediate with an interface's index, and fwd or dup to it. */
void gen_device(struct gen *g);
/* One of the types that are a name and a few numbers. */
void gen_any_simple(struct gen *g);

#endif
