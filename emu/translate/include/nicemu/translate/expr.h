/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * nf_tables expressions: parsing and checking them as the kernel's own init functions do.
 *
 * What: one table of expression types (expr.c) says for each: families, number of attributes,
 * policy, init (validation, typed form), dump, and what else of the table it names. A rule's
 * NFTA_RULE_EXPRESSIONS becomes an array of struct nft_expr; the netlink endpoint keeps the array
 * with the rule, the translation reads it.
 *
 * Two kinds of types: those that the translation interprets have a typed form and a dump that is
 * rebuilt from it, as a kernel does (payload, cmp, bitwise, meta, immediate, counter, fwd, dup,
 * lookup, objref, dynset). All others keep the bytes of their attributes and dump them again.
 *
 * Errors are negative errnos at the message, as the kernel's; *bad points at the attribute that a
 * kernel would report in the extended ack (for expressions always the NFTA_LIST_ELEM), or is NULL.
 *
 * Ownership: an expression owns its copy of the attributes and its name. What the callbacks put
 * into `reference` belongs to the endpoint: it drops it (by reference_kind) before it clears the
 * expression.
 *
 * Size: a rule has about ten of them and there can be a million rules, so everything that few
 * expressions have is outside of the struct.
 *
 * Threading: pure functions; the callbacks run in the caller's thread.
 */
#ifndef NICEMU_TRANSLATE_EXPR_H
#define NICEMU_TRANSLATE_EXPR_H

#include <nicemu/base/reason.h>
#include <nicemu/config/kernel.h>

#include <libmnl/libmnl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { NFT_EXPR_MAXEXPRS = 128 }; /* NFT_RULE_MAXEXPRS of the kernel */

struct nft_expr_type;

/* What else of its table an expression names. */
enum nft_expr_reference {
	NFT_EXPR_NO_REFERENCE,
	NFT_EXPR_SET,    /* lookup, dynset, objref with a map */
	NFT_EXPR_OBJECT, /* objref, ct helper and the like by name */
	NFT_EXPR_CHAIN,  /* immediate with jump or goto */
};

/* Register numbers are counted in 32-bit words from 0, as in the kernel after nft_parse_register.
 */
struct nft_expr {
	const struct nft_expr_type *type;
	uint8_t *attributes; /* of types that keep bytes: the contents of NFTA_EXPR_DATA, owned */
	char *name;          /* of the chain, set or object that it names, owned; else NULL */
	void *reference;     /* the endpoint's: what the look-up callback gave */
	uint32_t offset;     /* of its NFTA_LIST_ELEM in the message, 0 where not known */
	uint16_t size;       /* bytes in attributes */
	uint8_t reference_kind; /* enum nft_expr_reference */
	union {                 /* by type; only what translation, dump and endpoint need */
		struct {
			bool is_set; /* writes to the packet */
			uint8_t base, reg;
			uint32_t offset, length, csum_type, csum_offset, csum_flags;
		} payload;
		struct {
			bool is_set; /* writes sreg to the key */
			uint32_t key;
			uint8_t reg;
			uint8_t length; /* bytes of the key */
			bool of_bridge; /* a type of its own, which can not be offloaded */
		} meta;
		struct {
			uint8_t sreg, op, length;
			uint8_t data[16];
		} cmp;
		struct {
			uint8_t sreg, sreg2, dreg, length;
			bool has_sreg2;
			uint8_t op;
			uint8_t mask[16],
				xor_[16]; /* bit shifts: mask holds the shift, host order */
		} bitwise;
		struct {
			uint8_t dreg, length; /* dreg 0 is the verdict register's first word */
			bool is_verdict;
			int32_t verdict;
			uint8_t data[16];
		} immediate; /* name: of jump and goto */
		struct {
			uint64_t packets, bytes; /* initial values; the endpoint adds to them */
		} counter;
		struct {
			uint8_t sreg_dev, sreg_address, nfproto;
			bool to_neighbour; /* fwd to an address: never offloaded */
		} fwd_dup;
		struct {
			uint8_t sreg, dreg;
			bool has_dreg, has_sreg; /* objref: has_sreg = by map */
			uint32_t flags; /* lookup, dynset: NFT_x_F_*; objref: object type */
			/* dynset only: operation, time-out, and whether it has expressions of its
			 * own */
			uint32_t op;
			uint64_t timeout_ms;
			bool has_exprs;
		} lookup; /* name: of the set or the object */
	};
};

/* What lookup_set tells of a set, from its own NEWSET attributes (lengths in bytes). */
struct nft_expr_set {
	uint32_t flags; /* NFT_SET_* */
	uint32_t key_length, data_length;
	uint32_t data_type;   /* NFT_DATA_VERDICT or a value type; maps only */
	uint32_t object_type; /* NFT_OBJECT_*, 0 without NFT_SET_OBJECT */
	/* Expressions of the set itself, which each element gets; borrowed during the call. */
	const struct nft_expr *exprs;
	uint32_t num_exprs;
	bool is_fixed;    /* rules can't change it */
	const char *name; /* its real name, where nft said "__set%d" and an id; copied */
	void *reference;  /* goes to nft_expr.reference */
};

/* What checking an expression needs to know of the rule's surroundings. */
struct nft_expr_context {
	const struct kernel_behavior *kernel;
	uint8_t family;                 /* NFPROTO_* of the table */
	const struct nlmsghdr *message; /* for nft_expr.offset; may be NULL */
	struct reason *reason;          /* filled when parsing refuses; may be NULL */
	/*
	 * Look-ups by expressions that name other things of the table. 0 or the kernel's negative
	 * errno (ENOENT when absent, EBUSY for an anonymous set that is bound already, EOPNOTSUPP
	 * for a jump to a base chain …). A callback that is NULL finds nothing: -ENOENT. name and
	 * id may be NULL (not both). chain: verdict is the attribute NFTA_VERDICT_CHAIN or
	 * NFTA_VERDICT_CHAIN_ID, told apart by its type; *chain_name is the chain's real name
	 * (copied).
	 */
	int (*lookup_set)(void *lookup_context, const struct nlattr *name, const struct nlattr *id,
			  struct nft_expr_set *set);
	int (*lookup_object)(void *lookup_context, const struct nlattr *name, uint32_t type,
			     void **reference);
	int (*lookup_chain)(void *lookup_context, const struct nlattr *chain,
			    const char **chain_name, void **reference);
	/*
	 * Undo a look-up: called for each reference when a later check refuses the rule, in reverse
	 * order. May be NULL where look-ups count nothing.
	 */
	void (*release)(void *lookup_context, enum nft_expr_reference kind, void *reference);
	void *lookup_context;
};

/*
 * All expressions of a rule. list is NFTA_RULE_EXPRESSIONS (NULL: no expressions). On 0, *exprs is
 * an array of *num_exprs (NULL where 0) that the caller frees with nft_exprs_free. On a negative
 * errno nothing is left behind, *bad is the attribute to report or NULL, and *failed (may be NULL)
 * is the index of the expression that is wrong, -1 when it is none.
 *
 * Errors in the kernel's order: each expression's list element, name, attribute policy and variant
 * first (all expressions), then EFBIG, then each one's init; register tracking spans the rule.
 */
int nft_exprs_parse(struct nft_expr **exprs, size_t *num_exprs, const struct nlattr *list,
		    const struct nft_expr_context *context, const struct nlattr **bad, int *failed);

/*
 * One expression that stands alone (NFTA_SET_EXPR, an element's NFTA_SET_ELEM_EXPR, dynset's): attr
 * contains NFTA_EXPR_NAME and NFTA_EXPR_DATA. Only stateful ones make sense there; others answer
 * -EOPNOTSUPP as a kernel's nft_set_elem_expr_alloc. expr is cleared by the caller
 * (nft_expr_clear), also after an error.
 */
int nft_expr_parse_stateful(struct nft_expr *expr, const struct nlattr *attr,
			    const struct nft_expr_context *context);

/* Frees what the expression owns and zeroes it; not the reference. An all-zero one is accepted. */
void nft_expr_clear(struct nft_expr *expr);
void nft_exprs_free(struct nft_expr *exprs, size_t num_exprs);

/* Replace the name; 0 or -ENOMEM. */
int nft_expr_set_name(struct nft_expr *expr, const char *name);

/* A deep copy (set element expressions are cloned); -ENOMEM. reference is copied as it is. */
int nft_expr_copy(struct nft_expr *copy, const struct nft_expr *expr);

/*
 * Append NFTA_EXPR_NAME and NFTA_EXPR_DATA to the message, as a kernel dumps them; the caller opens
 * and closes the nest around them (NFTA_LIST_ELEM, without NLA_F_NESTED as the kernel's). False
 * when the message would grow over size bytes (counted from nlh); what was appended is then
 * removed.
 */
bool nft_expr_dump(struct nlmsghdr *nlh, size_t size, const struct nft_expr *expr);

/* A rule's expression that adds elements to its set (or updates, deletes them). */
bool nft_expr_updates_set(const struct nft_expr *expr);

/*
 * What a kernel with 250 ticks a second, as Debian's, has left of a time once it has kept it: whole
 * ticks, at least one; 0 stays 0. For milliseconds below UINT64_MAX / 1000000 (else -ERANGE there).
 */
uint64_t nft_whole_ticks(uint64_t milliseconds);

/* "payload" …; the type's name as in NFTA_EXPR_NAME. */
const char *nft_expr_name(const struct nft_expr *expr);

/* A counter expression: its values are expr->counter. reset: dump first, then call this. */
bool nft_expr_is_counter(const struct nft_expr *expr);
void nft_expr_reset(struct nft_expr *expr);

/*
 * Where a chain may use the expression (the kernel's .validate, run when a table is validated: at
 * NEWRULE in later transactions, at commit otherwise). Only base chains that reach the rule are
 * asked. type is the chain's type ("filter", "nat", "route"). 0 or a negative errno.
 */
int nft_expr_validate(const struct nft_expr *expr, const struct kernel_behavior *kernel,
		      uint8_t family, const char *type, uint32_t hooknum);

#endif
