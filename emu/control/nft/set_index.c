/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The next generation's elements of a set, by key.
 *
 * Hash: exact keys. Tree (the kernel's rbtree): an array of interval ends, ascending; at one key an
 * end stands before a start. Ranges (the kernel's pipapo): all elements, searched one after the
 * other for the one whose range holds a point.
 */
#include "set.h"

#include <errno.h>
#include <stdlib.h>

struct index_ops {
	int (*insert)(const struct kernel_behavior *kernel, struct nft_set *set,
		      struct nft_setelem *elem, struct nft_setelem **clash);
	void (*remove)(struct nft_set *set, struct nft_setelem *elem);
	void (*restore)(struct nft_set *set, struct nft_setelem *elem);
	struct nft_setelem *(*get)(const struct nft_set *set, const uint8_t *key, uint32_t flags);
};

/* ---- hash ---- */

static struct nft_setelem *hash_find(const struct nft_set *set, const uint8_t *key, uint32_t flags)
{
	struct nft_setelem *elem;

	HASH_FIND(by_key, set->by_key, key, set->desc.key_length, elem);
	return elem;
}

static void hash_restore(struct nft_set *set, struct nft_setelem *elem)
{
	HASH_ADD_KEYPTR(by_key, set->by_key, elem->bytes, set->desc.key_length, elem);
}

static int hash_insert(const struct kernel_behavior *kernel, struct nft_set *set,
		       struct nft_setelem *elem, struct nft_setelem **clash)
{
	*clash = hash_find(set, elem->bytes, 0);
	if (*clash)
		return -EEXIST;
	hash_restore(set, elem);
	return elem->by_key.tbl ? 0 : -ENOMEM;
}

static void hash_remove(struct nft_set *set, struct nft_setelem *elem)
{
	if (elem->by_key.tbl)
		HASH_DELETE(by_key, set->by_key, elem);
	elem->by_key.tbl = NULL;
}

/* ---- tree ---- */

static int compare(const struct nft_set *set, const struct nft_setelem *elem, const uint8_t *key,
		   bool is_end)
{
	int order = memcmp(elem->bytes, key, set->desc.key_length);

	return order ? order : (int)is_end - (int)nft_setelem_is_end(elem);
}

/* The first place whose element is not before (key, is_end). */
static size_t tree_place(const struct nft_set *set, const uint8_t *key, bool is_end)
{
	size_t low = 0, high = set->num_ordered;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (compare(set, set->ordered[middle], key, is_end) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static struct nft_setelem *tree_at(const struct nft_set *set, size_t place)
{
	return place < set->num_ordered ? set->ordered[place] : NULL;
}

static bool key_equals(const struct nft_set *set, const struct nft_setelem *elem,
		       const uint8_t *key)
{
	return elem && !memcmp(elem->bytes, key, set->desc.key_length);
}

/*
 * A start and the end that follows it in a batch must be of one interval where both are there
 * already: `last_start` remembers the start.
 */
static void remember_start(struct nft_set *set, const struct nft_setelem *start)
{
	set->has_last_start = true;
	memcpy(set->last_start, start->bytes, set->desc.key_length);
}

static bool is_null_end(const struct nft_set *set, const uint8_t *key, bool is_end)
{
	static const uint8_t zeroes[NFT_DATA_VALUE_MAXLEN];

	return is_end && !memcmp(key, zeroes, set->desc.key_length);
}

/* Does the end at place close the start that came before it? */
static bool closes_last_start(struct nft_set *set, size_t place)
{
	const struct nft_setelem *start = place ? set->ordered[place - 1] : NULL;
	bool remembered = set->has_last_start;

	set->has_last_start = false;
	if (!remembered)
		return true;
	return start && !nft_setelem_is_end(start) && key_equals(set, start, set->last_start);
}

/* The same for an end being deleted: its start has just left the index, and nothing is between. */
static bool closed_last_start(struct nft_set *set, size_t place)
{
	const struct nft_setelem *below = place ? set->ordered[place - 1] : NULL;
	const uint8_t *end = set->ordered[place]->bytes;
	bool remembered = set->has_last_start;

	set->has_last_start = false;
	if (!remembered)
		return true;
	return memcmp(set->last_start, end, set->desc.key_length) < 0 &&
	       (!below || compare(set, below, set->last_start, false) < 0);
}

/* A start or an end that is there already: -EEXIST; -ECANCELED where that never matters. */
static int tree_check_equal(struct nft_set *set, size_t end_place, size_t start_place,
			    const struct nft_setelem *elem, struct nft_setelem **clash)
{
	const uint8_t *key = elem->bytes;
	bool is_end = nft_setelem_is_end(elem), is_null = is_null_end(set, key, is_end);
	struct nft_setelem *same = tree_at(set, is_end ? end_place : start_place);

	if (is_null || !is_end)
		set->has_last_start = false;
	*clash = NULL;
	if (!key_equals(set, same, key) || nft_setelem_is_end(same) != is_end)
		return 0;
	if (is_null)
		return -ECANCELED;
	*clash = same;
	if (!is_end)
		remember_start(set, same);
	else if (!closes_last_start(set, end_place))
		return -ENOTEMPTY;
	return -EEXIST;
}

/*
 * The kernel's overlap rules. below: the closest element that is less than the new key, or an end
 * at the key; above: a start at the key, or the closest that is greater.
 */
static int tree_check(struct nft_set *set, const struct nft_setelem *elem,
		      struct nft_setelem **clash)
{
	const uint8_t *key = elem->bytes;
	bool is_end = nft_setelem_is_end(elem);
	size_t end_place = tree_place(set, key, true), start_place = tree_place(set, key, false);
	size_t below_place = end_place;
	const struct nft_setelem *end = tree_at(set, end_place), *above, *below, *next;
	int error = tree_check_equal(set, end_place, start_place, elem, clash);

	if (error)
		return error;
	if (!key_equals(set, end, key) || !nft_setelem_is_end(end))
		below_place--; /* may wrap: there is none below */
	above = tree_at(set, start_place);
	below = tree_at(set, below_place);
	if (below && !nft_setelem_is_end(below) && !is_end) {
		/* Anonymous sets leave out an end that the next start follows at once. */
		next = tree_at(set, below_place + 1);
		if (!nft_set_is_anonymous(set) || (next && nft_setelem_is_end(next)))
			return -ENOTEMPTY;
	}
	if (is_end && below && nft_setelem_is_end(below))
		return -ENOTEMPTY;
	return is_end && above && nft_setelem_is_end(above) ? -ENOTEMPTY : 0;
}

static void tree_restore(struct nft_set *set, struct nft_setelem *elem)
{
	size_t place = tree_place(set, elem->bytes, nft_setelem_is_end(elem));

	memmove(set->ordered + place + 1, set->ordered + place,
		(set->num_ordered - place) * sizeof(*set->ordered));
	set->ordered[place] = elem;
	set->num_ordered++;
}

/* Room for all elements that are in the list: so a restore never needs memory. */
static int tree_reserve(struct nft_set *set)
{
	size_t needed = (size_t)set->nelems + 1, max = set->max_ordered ? set->max_ordered : 16;
	struct nft_setelem **grown;

	if (needed <= set->max_ordered)
		return 0;
	while (max < needed)
		max *= 2;
	grown = realloc(set->ordered, max * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	set->ordered = grown;
	set->max_ordered = max;
	return 0;
}

static int tree_insert(const struct kernel_behavior *kernel, struct nft_set *set,
		       struct nft_setelem *elem, struct nft_setelem **clash)
{
	int error = tree_check(set, elem, clash);

	if (!error)
		error = tree_reserve(set);
	if (!error)
		tree_restore(set, elem);
	return error;
}

static void tree_remove(struct nft_set *set, struct nft_setelem *elem)
{
	size_t place = tree_place(set, elem->bytes, nft_setelem_is_end(elem));

	while (place < set->num_ordered && set->ordered[place] != elem)
		place++;
	if (place == set->num_ordered)
		return;
	set->num_ordered--;
	memmove(set->ordered + place, set->ordered + place + 1,
		(set->num_ordered - place) * sizeof(*set->ordered));
}

static struct nft_setelem *tree_find(const struct nft_set *set, const uint8_t *key, uint32_t flags)
{
	bool is_end = flags & NFT_SET_ELEM_INTERVAL_END;
	struct nft_setelem *elem = tree_at(set, tree_place(set, key, is_end));

	return key_equals(set, elem, key) && nft_setelem_is_end(elem) == is_end ? elem : NULL;
}

static struct nft_setelem *tree_find_deleted(struct nft_set *set, const uint8_t *key,
					     uint32_t flags)
{
	bool is_end = flags & NFT_SET_ELEM_INTERVAL_END;
	struct nft_setelem *elem = tree_find(set, key, flags);

	if (!is_end || is_null_end(set, key, is_end))
		set->has_last_start = false;
	if (!elem)
		return NULL;
	if (!is_end)
		remember_start(set, elem);
	else if (!closed_last_start(set, tree_place(set, key, true)))
		return NULL;
	return elem;
}

/* The end or start at the key, else the interval's start below or end above. */
static struct nft_setelem *tree_get(const struct nft_set *set, const uint8_t *key, uint32_t flags)
{
	bool is_end = flags & NFT_SET_ELEM_INTERVAL_END;
	struct nft_setelem *elem = tree_find(set, key, flags);

	if (elem)
		return elem;
	/* A start at the key also answers for an end. */
	if (is_end)
		elem = tree_find(set, key, 0);
	if (elem || !(set->desc.flags & NFT_SET_INTERVAL))
		return elem;
	/* An end at the key closes what is below. */
	elem = tree_find(set, key, NFT_SET_ELEM_INTERVAL_END);
	if (elem && !is_end)
		return NULL;
	elem = tree_at(set, tree_place(set, key, true) - (is_end ? 0 : 1));
	return elem && nft_setelem_is_end(elem) == is_end ? elem : NULL;
}

/* ---- ranges of concatenations ---- */

static bool holds(const struct nft_set *set, const struct nft_setelem *elem, const uint8_t *point)
{
	const uint8_t *end = nft_setelem_key_end(set, elem);
	size_t at = 0;

	for (unsigned int i = 0; i < set->desc.num_fields; i++) {
		size_t length = set->desc.fields[i];

		if (memcmp(elem->bytes + at, point + at, length) > 0 ||
		    memcmp(end + at, point + at, length) < 0)
			return false;
		at += (length + 3) & ~(size_t)3;
	}
	return true;
}

static struct nft_setelem *ranges_find(const struct nft_set *set, const uint8_t *key,
				       uint32_t flags)
{
	struct nft_setelem *elem;

	DL_FOREACH (set->elems, elem) {
		if (elem->indexed && !(elem->flags & NFT_SET_ELEM_CATCHALL) &&
		    holds(set, elem, key))
			return elem;
	}
	return NULL;
}

static bool is_backwards(const struct nft_set *set, const struct nft_setelem *elem)
{
	const uint8_t *end = nft_setelem_key_end(set, elem);
	size_t at = 0;

	for (unsigned int i = 0; i < set->desc.num_fields; i++) {
		if (memcmp(elem->bytes + at, end + at, set->desc.fields[i]) > 0)
			return true;
		at += (set->desc.fields[i] + 3U) & ~3U;
	}
	return false;
}

/*
 * Whether the kernel takes the two for the same element, which may be added again: older ones look
 * at the first register of the keys only, so that what just overlaps is left out and no error.
 */
static bool is_same(const struct kernel_behavior *kernel, const struct nft_set *set,
		    const struct nft_setelem *a, const struct nft_setelem *b)
{
	size_t length = kernel->concat_overlaps_refused ? set->desc.key_length : sizeof(uint32_t);

	return !memcmp(a->bytes, b->bytes, length) &&
	       !memcmp(nft_setelem_key_end(set, a), nft_setelem_key_end(set, b), length);
}

static int ranges_insert(const struct kernel_behavior *kernel, struct nft_set *set,
			 struct nft_setelem *elem, struct nft_setelem **clash)
{
	const uint8_t *end = nft_setelem_key_end(set, elem);

	*clash = ranges_find(set, elem->bytes, 0);
	if (*clash)
		return is_same(kernel, set, *clash, elem) ? -EEXIST : -ENOTEMPTY;
	*clash = ranges_find(set, end, 0);
	if (*clash)
		return -ENOTEMPTY;
	return is_backwards(set, elem) ? -EINVAL : 0;
}

static void ranges_change(struct nft_set *set, struct nft_setelem *elem)
{
}

/* ---- by backend ---- */

static const struct index_ops hash_ops = {hash_insert, hash_remove, hash_restore, hash_find};
static const struct index_ops tree_ops = {tree_insert, tree_remove, tree_restore, tree_get};
static const struct index_ops ranges_ops = {ranges_insert, ranges_change, ranges_change,
					    ranges_find};

static const struct index_ops *ops_of(const struct nft_set *set)
{
	switch (set->backend) {
	case NFT_SET_RBTREE: return &tree_ops;
	case NFT_SET_PIPAPO: return &ranges_ops;
	default: return &hash_ops;
	}
}

int nft_set_index_insert(const struct kernel_behavior *kernel, struct nft_set *set,
			 struct nft_setelem *elem, struct nft_setelem **clash)
{
	int error = 0;

	*clash = NULL;
	if (elem->flags & NFT_SET_ELEM_CATCHALL) {
		*clash = set->catchall;
		if (*clash)
			return -EEXIST;
		set->catchall = elem;
	} else {
		error = ops_of(set)->insert(kernel, set, elem, clash);
	}
	if (error)
		return error;
	elem->indexed = true;
	DL_APPEND(set->elems, elem);
	return 0;
}

void nft_set_index_remove(struct nft_set *set, struct nft_setelem *elem)
{
	if (!elem->indexed)
		return;
	elem->indexed = false;
	if (elem->flags & NFT_SET_ELEM_CATCHALL)
		set->catchall = NULL;
	else
		ops_of(set)->remove(set, elem);
}

void nft_set_index_restore(struct nft_set *set, struct nft_setelem *elem)
{
	if (elem->indexed)
		return;
	elem->indexed = true;
	if (elem->flags & NFT_SET_ELEM_CATCHALL)
		set->catchall = elem;
	else
		ops_of(set)->restore(set, elem);
}

struct nft_setelem *nft_set_index_find(struct nft_set *set, const uint8_t *key, uint32_t flags)
{
	if (flags & NFT_SET_ELEM_CATCHALL)
		return set->catchall;
	if (set->backend == NFT_SET_RBTREE)
		return tree_find_deleted(set, key, flags);
	return ops_of(set)->get(set, key, flags);
}

struct nft_setelem *nft_set_index_get(const struct nft_set *set, const uint8_t *key, uint32_t flags)
{
	if (flags & NFT_SET_ELEM_CATCHALL)
		return set->catchall;
	return ops_of(set)->get(set, key, flags);
}

/*
 * A tree's first end, where nothing matches before it, is not counted. As in the kernel, that it is
 * all zeroes is told by no byte of it being 1.
 */
static uint32_t uncounted(const struct nft_set *set)
{
	const struct nft_setelem *first = tree_at(set, 0);

	if (set->backend != NFT_SET_RBTREE || !first || !nft_setelem_is_end(first))
		return 0;
	return !memchr(first->bytes, 1, set->desc.key_length);
}

uint32_t nft_set_index_max(const struct nft_set *set)
{
	uint64_t max = (uint64_t)set->desc.size + set->ndeact + uncounted(set);

	return !set->desc.size || max > UINT32_MAX ? UINT32_MAX : (uint32_t)max;
}

struct nft_setelem *nft_set_index_next(const struct nft_set *set, struct nft_setelem *before,
				       size_t *at)
{
	struct nft_setelem *elem;

	/* A kernel walks its tree from the highest key down. */
	if (set->backend == NFT_SET_RBTREE)
		return *at < set->num_ordered ? set->ordered[set->num_ordered - ++*at] : NULL;
	elem = before ? before->next : set->elems;
	while (elem && (!elem->indexed || elem->flags & NFT_SET_ELEM_CATCHALL))
		elem = elem->next;
	return elem;
}
