/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What one type of expression is made of: an entry of the table in expr.c.
 *
 * A type's life: attributes are checked against the policy; select() picks the kernel's variant and
 * says how big it is there; init() checks the rest with register tracking and fills the typed form.
 * dump() rebuilds the attributes; a type without dump keeps the bytes. offload() adds to the flow
 * rule under construction; a type without it can't be offloaded.
 *
 * Threading: constant tables and pure functions.
 */
#ifndef NICEMU_TRANSLATE_TYPE_H
#define NICEMU_TRANSLATE_TYPE_H

#include "attr.h"

#include <nicemu/translate/expr.h>

/* Before the kernel's headers, which then leave out what it defines. */
#include <netinet/in.h>

#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>

/* Newer than the headers of some distributions. */
enum {
	NICEMU_NFT_BITWISE_AND = 3,
	NICEMU_NFT_BITWISE_OR = 4,
	NICEMU_NFT_BITWISE_XOR = 5,
	NICEMU_NFTA_BITWISE_SREG2 = 8,
	NICEMU_NFTA_BITWISE_MAX = 8,
	NICEMU_NFT_PAYLOAD_TUN_HEADER = 4,
	NICEMU_NFTA_INNER_NUM = 1,
	NICEMU_NFTA_INNER_TYPE = 2,
	NICEMU_NFTA_INNER_FLAGS = 3,
	NICEMU_NFTA_INNER_HDRSIZE = 4,
	NICEMU_NFTA_INNER_EXPR = 5,
};

enum {
	NFT_REGISTER_WORDS = 20, /* the verdict's 4 and 16 of data */
	NFT_DATA_SIZE = 16,      /* struct nft_data */
};

/* Families a type is registered for; 0 in the table means all. */
enum {
	FAMILY_INET = 1u << 1,
	FAMILY_IP = 1u << 2,
	FAMILY_ARP = 1u << 3,
	FAMILY_NETDEV = 1u << 5,
	FAMILY_BRIDGE = 1u << 7,
	FAMILY_IP6 = 1u << 10,
};

/* What init functions work with; one per rule. */
struct expr_init {
	const struct nft_expr_context *context;
	uint32_t stored; /* bit n: register word n was written by an earlier expression */
};

struct offload;

struct nft_expr_type {
	const char *name;
	uint16_t families;
	uint16_t needs; /* KERNEL_NEEDS(); 0: every kernel has the type */
	bool stateful;
	bool keeps_bytes; /* although it has a dump */
	uint8_t max_attr;
	uint8_t kernel_size; /* bytes of the kernel's private data; select may override */
	const struct attr_policy *policy;
	/* 0 or a negative errno; *size is the kernel's private size, preset with kernel_size. */
	int (*select)(const struct nft_expr_context *context, const struct nlattr *const tb[],
		      size_t *size);
	int (*init)(struct expr_init *init, struct nft_expr *expr, const struct nlattr *const tb[]);
	void (*dump)(struct attr_writer *writer, const struct nft_expr *expr);
	void (*reset)(struct nft_expr *expr);
	int (*validate)(const struct nft_expr *expr, const struct kernel_behavior *kernel,
			uint8_t family, const char *chain_type, uint32_t hooknum);
	/* 0, or a negative errno with the reason filled in. */
	int (*offload)(struct offload *offload, const struct nft_expr *expr);
	bool (*is_action)(const struct nft_expr *expr);
};

/* Registers: word numbers, the kernel's errnos. */
int register_word(const struct nlattr *attr, uint8_t *word); /* no check but of the number */
int register_load(struct expr_init *init, const struct nlattr *attr, uint8_t *reg, size_t size);
/* verdict: the register may (and must) be the verdict register. */
int register_store(struct expr_init *init, const struct nlattr *attr, uint8_t *reg, bool verdict,
		   size_t size);
/*
 * -EINVAL for different registers that share words of size bytes: the kernel would overwrite what
 * it still has to read. 0 where this kernel does not look.
 */
int register_check_overlap(const struct expr_init *init, uint8_t source, uint8_t destination,
			   size_t size);
void register_put(struct attr_writer *writer, uint16_t type, uint8_t reg);

/* nft_data_init() for values: *size is the wanted size, or 0 for any (then set). */
int data_value(const struct nlattr *attr, uint8_t data[NFT_DATA_SIZE], size_t *size);
void data_value_put(struct attr_writer *writer, uint16_t type, const uint8_t *data, size_t size);

/* The name that the attribute holds (empty for NULL); 0 or -ENOMEM. */
int expr_name_from(struct nft_expr *expr, const struct nlattr *attr);

/* nft_set_lookup_global() and binding, through the context; the reference goes to expr. */
int set_lookup(struct expr_init *init, struct nft_expr *expr, const struct nlattr *name,
	       const struct nlattr *id, struct nft_expr_set *set);

/* -ERANGE for milliseconds that are too many for the kernel's nanoseconds. */
int check_milliseconds(const struct nlattr *attr);

/* -EOPNOTSUPP unless hooknum is one of hooks (bit set). */
int validate_hooks(uint32_t hooknum, uint32_t hooks);

extern const struct nft_expr_type expr_type_payload, expr_type_cmp, expr_type_bitwise,
	expr_type_meta, expr_type_immediate, expr_type_counter, expr_type_fwd, expr_type_dup_netdev,
	expr_type_lookup, expr_type_objref, expr_type_dynset;
/* Types whose attributes are kept as they came; each list ends with a NULL name. */
extern const struct nft_expr_type expr_types_read[], expr_types_act[], expr_types_track[];

#endif
