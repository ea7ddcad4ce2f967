/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The state of one rule's translation: the kernel's struct nft_offload_ctx and the flow rule under
 * construction.
 *
 * key and mask are images of the kernel's struct nft_flow_key: the dissector structs one after the
 * other, IPv4 and IPv6 addresses in the same bytes. Fields are copied there with the kernel's
 * lengths and become a struct flow_match only at the end, so that what the kernel mixes up is mixed
 * up here too.
 *
 * A register describes the field that was loaded into it (length 0: none) besides the data that an
 * immediate put there; cmp and bitwise look only at the field, fwd and dup only at the data.
 *
 * Threading: none; lives on the stack of translate_nft_rule.
 */
#ifndef NICEMU_TRANSLATE_OFFLOAD_H
#define NICEMU_TRANSLATE_OFFLOAD_H

#include "type.h"

#include <nicemu/translate/translate.h>

enum { OFFLOAD_IMAGE_SIZE = 88 };

enum offload_dependency { DEPENDENCY_NONE, DEPENDENCY_NETWORK, DEPENDENCY_TRANSPORT };

struct offload_register {
	enum flow_field_id field;
	uint8_t length; /* of the field in bytes; 0: no field was loaded */
	bool swap;      /* to host order when it is copied (VLAN TCI) */
	uint8_t data[NFT_DATA_SIZE], mask[NFT_DATA_SIZE];
};

struct offload {
	const struct translate_context *context;
	enum offload_dependency dependency; /* what the next cmp tells */
	uint16_t l3num;                     /* ethertype so far, host order; 0 unknown */
	uint8_t protonum;                   /* L4 protocol so far; 0 unknown */
	struct offload_register regs[NFT_REGISTER_WORDS];
	uint8_t key[OFFLOAD_IMAGE_SIZE], mask[OFFLOAD_IMAGE_SIZE];
	uint64_t used_keys;
	struct flow_rule *rule;
	size_t num_actions;
	size_t expression; /* the index of the one being translated */
	struct reason *reason;
};

/* The register now holds the field: all of it (exact) or its first size bytes. */
void offload_load_exact(struct offload *o, uint8_t reg, enum flow_field_id field);

/*
 * -EOPNOTSUPP, no reason, where size is more than the field has, or less on a kernel that knows
 * only whole fields.
 */
int offload_load(struct offload *o, uint8_t reg, enum flow_field_id field, size_t size);

/* Copies the register's field and mask to the images; the kernel's cmp. data has 16 bytes. */
void offload_match(struct offload *o, const struct offload_register *reg, const uint8_t *data);

/* Marks CONTROL with the address type; only the first one counts. */
void offload_set_address_type(struct offload *o, enum flow_dissector_key_id key);

void offload_add_action(struct offload *o, enum flow_action_id id, uint32_t ifindex);

void offload_warn(struct offload *o, const char *id, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Fills the reason; returns -EOPNOTSUPP, the errno of every refusal by the translation. */
int offload_refuse(struct offload *o, const char *id, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void offload_hint(struct offload *o, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
