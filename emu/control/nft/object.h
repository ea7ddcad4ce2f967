/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Stateful objects: counter, quota, limit and the like, by name and type.
 *
 * A type is a row of a table (object_type.c): its attributes in the order of a dump, which must be
 * given, and a check. Values are kept as numbers. An attribute that is no number keeps its bytes.
 *
 * Threading: event loop.
 */
#ifndef NICEMU_CONTROL_NFT_OBJECT_H
#define NICEMU_CONTROL_NFT_OBJECT_H

#include "internal.h"

enum { NICEMU_OBJECT_FIELDS = 5, NICEMU_OBJECT_ATTRS = 16 };

/* Sizes of fields that are no numbers; a type has at most one of them. */
enum {
	NFT_FIELD_NUMBER_MAX = 8,
	NFT_FIELD_STRING, /* dumped with its NUL */
	NFT_FIELD_KEPT,   /* dumped as it came */
	NFT_FIELD_WHOLE,  /* all of NFTA_OBJ_DATA is dumped as it came */
};

struct nft_object_field {
	uint8_t attr;  /* NFTA_* of the type, 0 ends the list */
	uint8_t size;  /* bytes of the number: 1, 2, 4 or 8; or NFT_FIELD_* */
	bool required; /* -EINVAL without it */
	bool reset;    /* GETOBJ_RESET makes it 0 */
};

struct nft_object_state {
	uint64_t values[NICEMU_OBJECT_FIELDS];
	uint8_t *bytes; /* of the field that is no number, owned */
	size_t size;
};

struct nft_object_type {
	uint32_t type;  /* NFT_OBJECT_* */
	uint8_t family; /* only in tables of this family; 0: in all */
	bool can_update;
	uint16_t max_attribute;
	const struct nft_policy *policy;
	struct nft_object_field fields[NICEMU_OBJECT_FIELDS + 1];
	/* After required attributes: 0 or an errno; may change values to what a kernel makes of
	 * them. */
	int (*check)(const struct nft_table *table, const struct nlattr *const *attrs,
		     struct nft_object_state *state);
	/* What a dump shows of the values, where it is not the values. May be NULL. */
	void (*show)(uint64_t *values);
};

struct nft_object {
	struct nft_object *prev, *next;
	struct nft_table *table;
	const struct nft_object_type *type;
	uint64_t handle;
	uint32_t use;
	bool dead;
	uint8_t *userdata;
	uint16_t userdata_size;
	struct nft_object_state state;
	UT_hash_handle by_key;
	size_t key_size;
	uint8_t key[]; /* type and name: the hash's key; the name ends in NUL */
};

static inline const char *nft_object_name(const struct nft_object *object)
{
	return (const char *)object->key + sizeof(uint32_t);
}

/* The type for a table's family, or NULL: -ENOENT. */
const struct nft_object_type *nft_object_type_find(uint32_t type, uint8_t family);
/* NFTA_OBJ_DATA; 0 or the kernel's errno. state is the caller's (nft_object_state_clear). */
int nft_object_state_parse(const struct nft_table *table, const struct nft_object_type *type,
			   const struct nlattr *data, struct nft_object_state *state);
void nft_object_state_clear(struct nft_object_state *state);
void nft_object_state_fill(struct nft_writer *w, const struct nft_object_type *type,
			   const struct nft_object_state *state);
/* An update keeps what the type has counted. */
void nft_object_state_update(const struct nft_object_type *type, struct nft_object_state *state,
			     const struct nft_object_state *update);
void nft_object_state_reset(const struct nft_object_type *type, struct nft_object_state *state);

/* By name (NFTA_OBJ_NAME or another name attribute) and type, in the next generation. */
struct nft_object *nft_object_find(struct nft_table *table, const struct nlattr *name,
				   uint32_t type);

#endif
