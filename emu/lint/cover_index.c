/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cover_index.h"

#include <stdlib.h>

/* Out of memory leaves the element outside the table. */
#define HASH_NONFATAL_OOM 1
#include <uthash.h>

/* Keys are the packed words of the lint: values have no bits outside of their mask. */
struct cover_node {
	size_t place;
	UT_hash_handle hh; /* by value */
};

struct cover_mask {
	const uint64_t *mask;
	struct cover_node *nodes;
	UT_hash_handle hh; /* by mask */
};

static size_t key_size(const struct cover_index *index)
{
	return index->lint->num_words * sizeof(uint64_t);
}

bool cover_index_open(struct cover_index *index, const struct lint *lint, size_t count)
{
	*index = (struct cover_index){.lint = lint};
	index->nodes = calloc(count, sizeof(*index->nodes));
	return index->nodes;
}

void cover_index_close(struct cover_index *index)
{
	struct cover_mask *mask, *next;

	HASH_ITER (hh, index->masks, mask, next) {
		HASH_CLEAR(hh, mask->nodes);
		HASH_DEL(index->masks, mask);
		free(mask);
	}
	free(index->nodes);
	*index = (struct cover_index){0};
}

static struct cover_mask *mask_of(struct cover_index *index, size_t entry)
{
	const uint64_t *bits = lint_mask(index->lint, entry);
	struct cover_mask *mask;

	HASH_FIND(hh, index->masks, bits, key_size(index), mask);
	if (mask)
		return mask;
	mask = calloc(1, sizeof(*mask));
	if (!mask)
		return NULL;
	mask->mask = bits;
	HASH_ADD_KEYPTR(hh, index->masks, bits, key_size(index), mask);
	if (mask->hh.tbl)
		return mask;
	free(mask);
	return NULL;
}

bool cover_index_add(struct cover_index *index, size_t entry, size_t place)
{
	const uint64_t *value = lint_value(index->lint, entry);
	struct cover_mask *mask = mask_of(index, entry);
	struct cover_node *node;

	if (!mask)
		return false;
	HASH_FIND(hh, mask->nodes, value, key_size(index), node);
	if (node)
		return true;
	node = &index->nodes[index->used++];
	node->place = place;
	HASH_ADD_KEYPTR(hh, mask->nodes, value, key_size(index), node);
	return node->hh.tbl;
}

static size_t find_with(const struct cover_index *index, const struct cover_mask *mask,
			size_t entry)
{
	const uint64_t *value = lint_value(index->lint, entry);
	const uint64_t *own = lint_mask(index->lint, entry);
	uint64_t cut[FLOW_KEY_WORDS];
	const struct cover_node *node;

	for (size_t i = 0; i < index->lint->num_words; i++) {
		if (mask->mask[i] & ~own[i])
			return SIZE_MAX;
		cut[i] = value[i] & mask->mask[i];
	}
	HASH_FIND(hh, mask->nodes, cut, key_size(index), node);
	return node ? node->place : SIZE_MAX;
}

size_t cover_index_find(struct cover_index *index, size_t entry)
{
	const struct cover_mask *mask;
	size_t first = SIZE_MAX;

	for (mask = index->masks; mask; mask = mask->hh.next) {
		size_t found = find_with(index, mask, entry);

		index->asked++;
		if (found < first)
			first = found;
	}
	return first;
}
