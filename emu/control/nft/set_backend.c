/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which backend a kernel would choose for a set: of those that can do what the flags ask, the one
 * with the best estimate of look-up time and memory. The memory of a set with a size is estimated
 * from struct sizes; those here are of x86-64, measured where the choice tips over (6.18).
 */
#include "set.h"

enum speed { CONSTANT_TIME, LOGARITHMIC, LINEAR };

struct estimate {
	uint64_t bytes;
	enum speed lookup, space;
};

enum {
	HASH_BASE = 8,
	HASH_ELEMENT = 32,
	HASH_BUCKET = 8,
	TREE_BASE = 72,
	TREE_ELEMENT = 40,
	BITMAP_BASE = 24,
	PIPAPO_FIELD_MAX = 16,
};

/* Sets of a kernel may have a table of at most INT_MAX bytes. */
static const uint64_t table_max = INT32_MAX;

static uint64_t num_buckets(uint32_t size)
{
	uint32_t wanted = size * 4 / 3;
	uint64_t buckets = 1;

	while (buckets < wanted)
		buckets <<= 1;
	return buckets;
}

static bool estimate_hash(const struct nft_set_desc *desc, struct estimate *e)
{
	e->bytes = HASH_BASE + num_buckets(desc->size) * HASH_BUCKET +
		   (uint64_t)desc->size * HASH_ELEMENT;
	return desc->size;
}

static bool estimate_hash_fast(const struct nft_set_desc *desc, struct estimate *e)
{
	return desc->key_length == 4 && estimate_hash(desc, e);
}

static bool estimate_rhash(const struct nft_set_desc *desc, struct estimate *e)
{
	return true;
}

static bool estimate_bitmap(const struct nft_set_desc *desc, struct estimate *e)
{
	if (desc->key_length > 2 || desc->has_exprs)
		return false;
	e->bytes = BITMAP_BASE + (UINT64_C(1) << (8 * desc->key_length)) / 4;
	return true;
}

static bool estimate_rbtree(const struct nft_set_desc *desc, struct estimate *e)
{
	if (desc->size)
		e->bytes = TREE_BASE + (uint64_t)desc->size * TREE_ELEMENT;
	return desc->num_fields <= 1;
}

static bool estimate_pipapo(const struct nft_set_desc *desc, struct estimate *e)
{
	if (!(desc->flags & NFT_SET_INTERVAL) || desc->num_fields < 1)
		return false;
	for (unsigned int i = 0; i < desc->num_fields; i++) {
		if (desc->fields[i] > PIPAPO_FIELD_MAX)
			return false;
	}
	return true;
}

enum {
	FEATURES = NFT_SET_INTERVAL | NFT_SET_MAP | NFT_SET_TIMEOUT | NFT_SET_OBJECT | NFT_SET_EVAL
};

static const struct {
	const char *name;
	uint32_t features;
	enum speed lookup, space;
	bool (*estimate)(const struct nft_set_desc *desc, struct estimate *e);
} backends[] = {
	[NFT_SET_HASH_FAST] = {"nft_set_hash_fast_type", NFT_SET_MAP | NFT_SET_OBJECT,
			       CONSTANT_TIME, LINEAR, estimate_hash_fast},
	[NFT_SET_HASH] = {"nft_set_hash_type", NFT_SET_MAP | NFT_SET_OBJECT, CONSTANT_TIME, LINEAR,
			  estimate_hash},
	[NFT_SET_RHASH] = {"nft_set_rhash_type",
			   NFT_SET_MAP | NFT_SET_OBJECT | NFT_SET_TIMEOUT | NFT_SET_EVAL,
			   CONSTANT_TIME, LINEAR, estimate_rhash},
	[NFT_SET_BITMAP] = {"nft_set_bitmap_type", 0, CONSTANT_TIME, CONSTANT_TIME,
			    estimate_bitmap},
	[NFT_SET_RBTREE] = {"nft_set_rbtree_type",
			    NFT_SET_INTERVAL | NFT_SET_MAP | NFT_SET_OBJECT | NFT_SET_TIMEOUT,
			    LOGARITHMIC, LINEAR, estimate_rbtree},
	[NFT_SET_PIPAPO] = {"nft_set_pipapo_type",
			    NFT_SET_INTERVAL | NFT_SET_MAP | NFT_SET_OBJECT | NFT_SET_TIMEOUT,
			    LOGARITHMIC, LINEAR, estimate_pipapo},
};

static bool is_better(const struct nft_set_desc *desc, const struct estimate *e,
		      const struct estimate *best, bool have_one)
{
	if (desc->policy == NFT_SET_POL_PERFORMANCE)
		return e->lookup < best->lookup ||
		       (e->lookup == best->lookup && e->space < best->space);
	if (desc->size)
		return e->bytes < best->bytes || !have_one;
	return e->space < best->space || (e->space == best->space && e->lookup < best->lookup);
}

enum nft_set_backend nft_set_choose_backend(const struct nft_set_desc *desc)
{
	struct estimate best = {UINT64_MAX, LINEAR + 1, LINEAR + 1}, e;
	enum nft_set_backend chosen = NFT_SET_NO_BACKEND;

	for (size_t i = 0; i < sizeof(backends) / sizeof(*backends); i++) {
		if (desc->flags & FEATURES & ~backends[i].features)
			continue;
		e = (struct estimate){UINT64_MAX, backends[i].lookup, backends[i].space};
		if (!backends[i].estimate(desc, &e) ||
		    !is_better(desc, &e, &best, chosen != NFT_SET_NO_BACKEND))
			continue;
		best = e;
		chosen = (enum nft_set_backend)i;
	}
	return chosen;
}

const char *nft_set_backend_name(enum nft_set_backend backend)
{
	return backends[backend].name;
}

uint32_t nft_set_kernel_size(enum nft_set_backend backend, uint32_t size)
{
	return backend == NFT_SET_RBTREE ? size * 2 : size;
}

uint32_t nft_set_user_size(enum nft_set_backend backend, uint32_t size)
{
	return backend == NFT_SET_RBTREE ? size / 2 : size;
}

bool nft_set_size_is_too_large(enum nft_set_backend backend, uint32_t size)
{
	return (backend == NFT_SET_HASH || backend == NFT_SET_HASH_FAST) &&
	       num_buckets(size) * HASH_BUCKET > table_max;
}
