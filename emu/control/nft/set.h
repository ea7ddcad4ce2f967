/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sets, maps and their elements.
 *
 * A set has a backend, chosen as a kernel chooses it (set_backend.c), because the backend shows: in
 * the dump, in what a size means, and in how elements clash. Three indices stand for the kernel's
 * six backends (set_index.c): a hash of keys; an ordered array of interval ends, with the kernel's
 * overlap rules; and, for concatenations of intervals, a list that is searched.
 *
 * Elements: `elems` holds all, in order of arrival, and is what a dump shows (a kernel's hash order
 * can't be reproduced; nft sorts). The index shows the next generation: what a message deletes
 * leaves it at once and comes back on abort. The catch-all element is in neither: `catchall`.
 *
 * Counts as the kernel's: nelems counts elements that are there or being deleted (not the
 * catch-all), ndeact those being deleted. use counts rules that look the set up, bindings too, but
 * until commit: a rule being deleted no longer uses its set and is still bound to it.
 *
 * Limits: no element expires, so one with a timeout (its own, or the set's) answers EOPNOTSUPP; and
 * no packet changes a set: rules that would are only kept.
 *
 * Threading: event loop.
 */
#ifndef NICEMU_CONTROL_NFT_SET_H
#define NICEMU_CONTROL_NFT_SET_H

#include "internal.h"
#include "object.h"

/* enum nft_set_attributes of newer kernels */
enum { NICEMU_SET_TYPE = 19, NICEMU_SET_COUNT = 20, NICEMU_SET_MAX = 20 };

enum {
	NICEMU_SET_FIELDS_MAX = 16, /* NFT_REG32_COUNT */
	NICEMU_SET_EXPRS_MAX = 2,   /* NFT_SET_EXPR_MAX */
	NICEMU_SET_ANON_MAX = 16,   /* NFT_SET_MAX_ANONLEN */
	NICEMU_VERDICT_SIZE = 16,   /* sizeof(struct nft_verdict): the length of verdict data */
};

enum nft_set_backend {
	NFT_SET_HASH_FAST,
	NFT_SET_HASH,
	NFT_SET_RHASH,
	NFT_SET_BITMAP,
	NFT_SET_RBTREE,
	NFT_SET_PIPAPO,
	NFT_SET_NO_BACKEND,
};

/* What NEWSET describes. */
struct nft_set_desc {
	uint32_t flags; /* NFT_SET_* */
	uint32_t key_type, key_length;
	uint32_t data_type, data_length;
	uint32_t object_type;
	uint32_t policy;
	uint64_t timeout_ms;  /* 0: elements stay */
	uint32_t gc_interval; /* milliseconds, as the message gave it */
	uint32_t size;        /* elements; in a set: as the backend counts them */
	bool has_exprs;
	uint8_t num_fields;
	uint8_t fields[NICEMU_SET_FIELDS_MAX]; /* bytes, of a concatenation */
};

struct nft_setelem {
	struct nft_setelem *prev, *next;
	UT_hash_handle by_key;
	uint32_t flags; /* NFT_SET_ELEM_* */
	bool dead;      /* this batch deletes it */
	bool indexed;
	bool has_data, has_key_end;
	uint8_t num_exprs;
	uint16_t userdata_size;
	uint8_t *userdata;
	struct nft_expr *exprs;
	struct nft_object *object;
	int32_t verdict;         /* of a verdict map */
	struct nft_chain *chain; /* jump and goto */
	/* key, end of the key's interval (a concatenation's), data (not a verdict) */
	uint8_t bytes[];
};

struct nft_set {
	struct nft_set *prev, *next;
	struct nft_table *table;
	char *name;
	uint64_t handle;
	struct nft_set_desc desc;
	enum nft_set_backend backend;
	uint8_t *userdata;
	uint16_t userdata_size;
	uint8_t num_exprs;
	struct nft_expr exprs[NICEMU_SET_EXPRS_MAX];
	uint32_t use, bindings;
	uint32_t nelems, ndeact;
	bool dead;     /* the open batch deletes it */
	bool is_new;   /* the open batch has made it: its transaction frees it when it is undone */
	bool is_bound; /* a rule of the open batch has taken it (anonymous sets must be) */
	bool is_linked;
	bool is_updated;              /* some rule adds elements to it, or did so */
	struct nft_setelem *elems;    /* list */
	struct nft_setelem *by_key;   /* index: hash */
	struct nft_setelem **ordered; /* index: interval ends, ascending; an end before a start */
	size_t num_ordered, max_ordered;
	bool has_last_start; /* in this batch: see set_index.c */
	uint8_t last_start[NFT_DATA_VALUE_MAXLEN];
	struct nft_setelem *catchall;
	UT_hash_handle by_name;
};

static inline bool nft_set_is_anonymous(const struct nft_set *set)
{
	return set->desc.flags & NFT_SET_ANONYMOUS;
}

static inline bool nft_setelem_is_end(const struct nft_setelem *elem)
{
	return elem->flags & NFT_SET_ELEM_INTERVAL_END;
}

static inline const uint8_t *nft_setelem_key_end(const struct nft_set *set,
						 const struct nft_setelem *elem)
{
	return elem->bytes + (elem->has_key_end ? set->desc.key_length : 0);
}

static inline uint8_t *nft_setelem_data(const struct nft_set *set, struct nft_setelem *elem)
{
	return elem->bytes + 2 * (size_t)set->desc.key_length;
}

/* ---- set_backend.c ---- */

/* The kernel's choice, NFT_SET_NO_BACKEND where it has none (-EOPNOTSUPP). */
enum nft_set_backend nft_set_choose_backend(const struct nft_set_desc *desc);
/* As NFTA_SET_TYPE names it. */
const char *nft_set_backend_name(enum nft_set_backend backend);
/* A size as the user counts elements, and as the backend does: an interval has two ends. */
uint32_t nft_set_kernel_size(enum nft_set_backend backend, uint32_t size);
uint32_t nft_set_user_size(enum nft_set_backend backend, uint32_t size);
/* Would a kernel refuse to allocate a table for so many elements? */
bool nft_set_size_is_too_large(enum nft_set_backend backend, uint32_t size);

/* ---- set_parse.c ---- */

/* NFTA_SET_* of the call; 0 or the kernel's errno, in the kernel's order. */
int nft_set_desc_parse(struct nft_call *call, struct nft_set_desc *desc);
/* NFTA_SET_EXPR and NFTA_SET_EXPRESSIONS; on an error nothing is left. */
int nft_set_exprs_parse(struct nft_call *call, struct nft_table *table,
			const struct nft_set_desc *desc, struct nft_expr *exprs, uint8_t *num);
extern const struct nft_policy nft_set_policy[NICEMU_SET_MAX + 1];
extern const struct nft_policy nft_set_expr_policy[NFTA_EXPR_MAX + 1];

/* ---- set.c ---- */

struct nft_set *nft_set_find(struct nft_table *table, const struct nlattr *name, int *error);
/* By name, else by the number that this batch gave it. */
struct nft_set *nft_set_find_or_id(struct nft *nft, struct nft_table *table,
				   const struct nlattr *name, const struct nlattr *id, int *error);
/* Frees the set with all its elements, and drops nothing that they refer to. */
void nft_set_destroy(struct nft_set *set);
/* Out of the next generation's names; back into it; out of everything. */
void nft_set_unhash(struct nft_set *set);
void nft_set_rehash(struct nft_set *set);
void nft_set_unlink(struct nft_set *set);
/* What the live elements of a map refer to: count it, or no longer. */
void nft_set_hold_data(struct nft_set *set);
void nft_set_release_data(struct nft_set *set);

/* ---- set_dump.c ---- */

void nft_set_fill(const struct nft *nft, struct nft_writer *w, const struct nft_set *set,
		  uint8_t event);
void nft_set_notify(struct nft *nft, const struct nft_trans *trans, const struct nft_set *set,
		    uint8_t event);
int nft_set_get(struct nft_call *call);
void nft_put_expr(struct nft_writer *w, uint16_t type, const struct nft_expr *expr);

/* ---- set_index.c ---- */

/*
 * Into the index and the list. 0, or *clash is in the way: -EEXIST the same key (or what this
 * kernel takes for the same), -ENOTEMPTY an overlap; -ECANCELED: never mind; -EINVAL for an
 * interval that ends before it starts, -ENOMEM.
 */
int nft_set_index_insert(const struct kernel_behavior *kernel, struct nft_set *set,
			 struct nft_setelem *elem, struct nft_setelem **clash);
/* Out of the index, back into it (never fails: room is kept). */
void nft_set_index_remove(struct nft_set *set, struct nft_setelem *elem);
void nft_set_index_restore(struct nft_set *set, struct nft_setelem *elem);
/* What a message with this key deletes, and what it gets; or NULL. */
struct nft_setelem *nft_set_index_find(struct nft_set *set, const uint8_t *key, uint32_t flags);
struct nft_setelem *nft_set_index_get(const struct nft_set *set, const uint8_t *key,
				      uint32_t flags);
/* How many elements may be in the set now. */
uint32_t nft_set_index_max(const struct nft_set *set);
/* The n-th element of a dump, from 0; NULL: no more. at is the caller's, zeroed at the start. */
struct nft_setelem *nft_set_index_next(const struct nft_set *set, struct nft_setelem *before,
				       size_t *at);

/* ---- setelem_parse.c ---- */

extern const struct nft_policy nft_setelem_list_policy[NFTA_SET_ELEM_LIST_MAX + 1];

/* Parsed and checked, what it refers to counted: *elem, owned by the caller. */
int nft_setelem_parse(struct nft_call *call, struct nft_set *set, const struct nlattr *attr,
		      struct nft_setelem **elem);
void nft_setelem_free(struct nft_setelem *elem);
void nft_setelem_hold(struct nft_setelem *elem);
void nft_setelem_release(struct nft_setelem *elem);

/* What DELSETELEM and GETSETELEM look for. */
struct nft_setelem_key {
	uint32_t flags;
	uint8_t key[NFT_DATA_VALUE_MAXLEN], key_end[NFT_DATA_VALUE_MAXLEN];
};
int nft_setelem_key_parse(struct nft_call *call, const struct nft_set *set,
			  const struct nlattr *attr, bool check_end, struct nft_setelem_key *key);

/* ---- setelem.c, setelem_dump.c ---- */

void nft_setelem_fill(struct nft_writer *w, const struct nft_set *set, struct nft_setelem *elem,
		      bool reset);
void nft_setelem_notify(struct nft *nft, const struct nft_trans *trans, const struct nft_set *set,
			struct nft_setelem *elem, uint8_t event);
int nft_setelems_get(struct nft_call *call);

#endif
