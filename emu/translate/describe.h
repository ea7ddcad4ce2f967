/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the files of the printer share: text that is cut at its end, a match taken apart, and the
 * tables of header fields and values.
 *
 * Threading: none; lives on the caller's stack.
 */
#ifndef NICEMU_TRANSLATE_DESCRIBE_INTERNAL_H
#define NICEMU_TRANSLATE_DESCRIBE_INTERNAL_H

#include "type.h"

#include <nicemu/translate/describe.h>

struct text {
	char *bytes;
	size_t size, used; /* used < size; what does not fit is left out */
};

void text_add(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* ---- describe_value.c: one function a kind ---- */

enum value_kind {
	VALUE_NUMBER,
	VALUE_HEX,  /* all its digits */
	VALUE_MARK, /* hexadecimal */
	VALUE_IPV4,
	VALUE_IPV6,
	VALUE_MAC,
	VALUE_ETHERTYPE,
	VALUE_L4PROTO,
	VALUE_NFPROTO,
	VALUE_INTERFACE, /* index */
	VALUE_STRING,
	VALUE_TCP_FLAGS,
	VALUE_CT_STATE,
	VALUE_CT_STATUS,
	VALUE_CT_DIRECTION,
	VALUE_PACKET_TYPE,
	VALUE_DEVICE_TYPE,
	VALUE_DAY,
	VALUE_PRIORITY,
	VALUE_PRESENCE,
};

/* bytes are in network order, whole bytes, at most 16. */
void value_print(struct text *text, enum value_kind kind, const uint8_t *bytes, size_t length,
		 const struct describe_names *names);
/* A mask: hexadecimal, or dotted where values are. */
void value_print_mask(struct text *text, enum value_kind kind, const uint8_t *bytes, size_t length);
/* Kinds whose values are sets of bits, tested with `F bits` for "any of them". */
bool value_is_flags(enum value_kind kind);

/* ---- describe_field.c: fields of headers ---- */

struct header_field {
	const char *name; /* "tcp sport" */
	uint8_t base;     /* NFT_PAYLOAD_* */
	uint32_t offset;  /* bits from the base */
	uint16_t width;   /* bits */
	enum value_kind kind;
};

/* What earlier matches have told of the packet; 0: nothing. */
struct header_context {
	uint16_t l3;
	bool vlan;
	bool has_l4;
	uint8_t l4;
};

/* What exprs[0 … end) tell. */
struct header_context header_context_of(const struct nft_expr *exprs, size_t end);

/* The next field at (base, bit offset), the widest that is at most width bits first; NULL. */
const struct header_field *header_field_find(const struct header_context *context, uint8_t base,
					     uint32_t offset, uint32_t width);
/* The field at that place, whatever its width. */
const struct header_field *header_field_at(const struct header_context *context, uint8_t base,
					   uint32_t offset);

/* ---- describe.c: a match taken apart ---- */

/* Where a value of the match stands in the register, and how it is printed. */
struct operand {
	enum value_kind kind;
	bool host_order;
	uint32_t shift, width; /* bits inside the register; whole bytes unless a mask chose them */
	bool has_mask;         /* mask is printed, the field is not cut out */
	uint8_t mask[16];
	bool is_prefix; /* a short load of a field of field_width bits */
	uint32_t field_width;
};

/* The expressions of one statement: loads and changes from first, then the consumers. */
struct statement {
	const struct nft_expr *exprs;
	size_t first, consumer, end;
	struct header_context headers;
	const struct describe_names *names;
};

bool statement_find(struct statement *s, const struct nft_expr *exprs, size_t num_exprs,
		    size_t index, const struct describe_names *names);
void statement_print(struct text *text, const struct statement *s);

/* The expression reads something into a register, or changes it there. */
bool expr_is_load(const struct nft_expr *expr);
bool expr_is(const struct nft_expr *expr, const char *name);

/* The left side of the match whose load is exprs[at …end), and how its values are printed. */
void match_left(struct text *text, const struct statement *s, size_t at, size_t end,
		struct operand *operand);
/* A value of it, as it stands in the register. */
void match_value(struct text *text, const struct statement *s, const struct operand *operand,
		 const uint8_t *bytes, size_t length);
/* The value's bits alone, network order, right aligned in whole bytes; returns their number. */
size_t operand_cut(const struct operand *operand, const uint8_t *bytes, size_t length,
		   uint8_t cut[16]);

/*
 * A comparison with == of a load that covers several fields: how many (at most max), each with its
 * text `FIELD VALUE` and, where masked, `FIELD & ONES == VALUE`. 0: it is no such thing.
 */
struct merged_field {
	const struct header_field *field;
	const uint8_t *value;
	size_t length;
};
size_t match_split(const struct statement *s, struct merged_field *fields, size_t max);

/* describe_kept.c: what has no typed form; false where it has no words. */
bool kept_load_print(struct text *text, const struct nft_expr *expr, struct operand *operand);
bool kept_statement_print(struct text *text, const struct nft_expr *expr);

/* ct and exthdr: they load (else they write). */
bool kept_has_register(const struct nft_expr *expr);
/* The two ends of a range expression; returns their length, 0 .. 16. */
size_t kept_range(const struct nft_expr *expr, uint8_t from[16], uint8_t to[16]);
bool kept_range_is_inverted(const struct nft_expr *expr);

/* meta: nft's word for the key ("mark"), or NULL. */
const char *meta_key_word(uint32_t key);

#endif
