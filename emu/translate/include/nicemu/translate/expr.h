/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * nf_tables expressions: parsing and checking them as the kernel's own init functions do.
 *
 * What: one table of expression types (expr.c) says for each: attribute policy, init (validation,
 * typed form) and, in translate.c, what it offloads to. A rule's NFTA_RULE_EXPRESSIONS becomes an
 * array of struct nft_expr; the netlink endpoint keeps the array with the rule, the translation
 * reads it.
 *
 * Bytes are kept: an expression's attributes are dumped as they came in, unless its type has a
 * dump that a kernel makes differently.
 *
 * Errors are negative errno at the message, as the kernel's; error_attr points at the attribute
 * that a kernel would report in the extended ack, or is NULL.
 *
 * Threading: pure functions.
 */
#ifndef NICEMU_TRANSLATE_EXPR_H
#define NICEMU_TRANSLATE_EXPR_H

#include <nicemu/config/kernel.h>

#include <libmnl/libmnl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { NFT_EXPR_MAXEXPRS = 128 }; /* NFT_RULE_MAXEXPRS of the kernel */

struct nft_expr_type;

/* Register numbers are counted in 32-bit words from 0, as in the kernel after nft_parse_register. */
struct nft_expr {
	const struct nft_expr_type *type;
	uint8_t *attributes; /* a copy of the contents of NFTA_EXPR_DATA, owned */
	size_t size;         /* bytes in attributes */
	union {              /* by type; only what the translation and the endpoint need */
		struct {
			uint8_t base, dreg;
			uint32_t offset, length;
		} payload; /* get */
		struct {
			uint32_t key;
			uint8_t dreg;
		} meta; /* get */
		struct {
			uint8_t sreg, op, length;
			uint8_t data[64];
		} cmp;
		struct {
			uint8_t sreg, dreg, length;
			uint32_t op;
			uint8_t mask[64], xor_[64];
		} bitwise;
		struct {
			uint8_t dreg, length; /* dreg 0 is the verdict register's first word */
			bool is_verdict;
			int32_t verdict;
			uint8_t data[64];
			/* chain name of jump and goto: inside attributes */
		} immediate;
		struct {
			uint64_t packets, bytes; /* initial values; the endpoint adds to them */
		} counter;
		struct {
			uint8_t sreg_dev;
		} fwd_dup;
	};
};

/* What checking an expression needs to know of the rule's surroundings. */
struct nft_expr_context {
	const struct kernel_behavior *kernel;
	uint8_t family; /* NFPROTO_* of the table */
	/*
	 * Look-ups by expressions that name other things of the table: a set or map, a stateful
	 * object, a chain. 0 or the kernel's negative errno. Set by the endpoint.
	 */
	int (*lookup_set)(void *lookup_context, const struct nlattr *name, const struct nlattr *id,
			  uint32_t flags);
	int (*lookup_object)(void *lookup_context, const struct nlattr *name, uint32_t type);
	int (*lookup_chain)(void *lookup_context, const struct nlattr *verdict);
	void *lookup_context;
};

#endif
