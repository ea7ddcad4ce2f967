/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tuples_index.h"

#include "tuples_record.h"

#include <errno.h>
#include <nicemu/base/random.h>
#include <stdlib.h>

void tuples_index_close(struct tuples_index *index)
{
	free(index->nodes);
	*index = (struct tuples_index){.records = index->records};
}

int tuples_index_reserve(struct tuples_index *index, size_t count)
{
	size_t capacity = index->capacity ? index->capacity : 128;
	struct tuples_index_node *nodes;

	if (count < index->capacity)
		return 0;
	while (capacity <= count)
		capacity *= 2;
	nodes = reallocarray(index->nodes, capacity, sizeof(nodes[0]));
	if (!nodes)
		return -ENOMEM;
	nodes[0] = (struct tuples_index_node){0};
	index->nodes = nodes;
	index->capacity = capacity;
	return 0;
}

/* Does the node come before (list, record)? Equal orders are told apart by their numbers. */
static bool node_before(const struct tuples_index *index, uint32_t node, uint64_t list,
			uint32_t record)
{
	const struct tuples_index_node *n = &index->nodes[node];

	if (n->list != list)
		return n->list < list;
	if (tuples_before(&index->records[n->record], &index->records[record]))
		return true;
	if (tuples_before(&index->records[record], &index->records[n->record]))
		return false;
	return n->record < record;
}

/* Parts the tree at (list, record): what is before it, and the rest. */
static void split(struct tuples_index *index, uint32_t tree, uint64_t list, uint32_t record,
		  uint32_t *before, uint32_t *rest)
{
	while (tree) {
		struct tuples_index_node *n = &index->nodes[tree];

		if (node_before(index, tree, list, record)) {
			*before = tree;
			before = &n->right;
			tree = n->right;
		} else {
			*rest = tree;
			rest = &n->left;
			tree = n->left;
		}
	}
	*before = *rest = 0;
}

/* One tree of two, all of the first before all of the second. */
static uint32_t join(struct tuples_index *index, uint32_t first, uint32_t second)
{
	uint32_t tree = 0, *at = &tree;

	while (first && second) {
		if (index->nodes[first].priority >= index->nodes[second].priority) {
			*at = first;
			at = &index->nodes[first].right;
			first = *at;
		} else {
			*at = second;
			at = &index->nodes[second].left;
			second = *at;
		}
	}
	*at = first ? first : second;
	return tree;
}

static uint32_t take_node(struct tuples_index *index)
{
	uint32_t node = index->free;

	if (node)
		index->free = index->nodes[node].left;
	else
		node = ++index->top;
	index->count++;
	return node;
}

void tuples_index_add(struct tuples_index *index, uint64_t list, uint32_t record)
{
	struct random r = {index->draws++};
	uint32_t node = take_node(index), *at = &index->root;
	uint32_t priority = (uint32_t)(random_u64(&r) >> 32);
	struct tuples_index_node *n = &index->nodes[node];

	*n = (struct tuples_index_node){.list = list, .record = record, .priority = priority};
	while (*at && index->nodes[*at].priority >= priority)
		at = node_before(index, *at, list, record) ? &index->nodes[*at].right
							   : &index->nodes[*at].left;
	split(index, *at, list, record, &n->left, &n->right);
	*at = node;
}

void tuples_index_remove(struct tuples_index *index, uint64_t list, uint32_t record)
{
	uint32_t *at = &index->root, node;

	while (index->nodes[*at].list != list || index->nodes[*at].record != record)
		at = node_before(index, *at, list, record) ? &index->nodes[*at].right
							   : &index->nodes[*at].left;
	node = *at;
	*at = join(index, index->nodes[node].left, index->nodes[node].right);
	index->nodes[node].left = index->free;
	index->free = node;
	index->count--;
}

static uint32_t in_list(const struct tuples_index *index, uint32_t node, uint64_t list)
{
	return node && index->nodes[node].list == list ? index->nodes[node].record : 0;
}

uint32_t tuples_index_before(const struct tuples_index *index, uint64_t list, uint32_t record)
{
	uint32_t node = index->root, best = 0;

	while (node) {
		if (node_before(index, node, list, record)) {
			best = node;
			node = index->nodes[node].right;
		} else {
			node = index->nodes[node].left;
		}
	}
	return in_list(index, best, list);
}

uint32_t tuples_index_after(const struct tuples_index *index, uint64_t list, uint32_t record)
{
	uint32_t node = index->root, best = 0;

	while (node) {
		bool is = index->nodes[node].list == list && index->nodes[node].record == record;

		if (is || node_before(index, node, list, record)) {
			node = index->nodes[node].right;
		} else {
			best = node;
			node = index->nodes[node].left;
		}
	}
	return in_list(index, best, list);
}

uint32_t tuples_index_first(const struct tuples_index *index, uint64_t list)
{
	uint32_t node = index->root, best = 0;

	while (node) {
		if (index->nodes[node].list < list) {
			node = index->nodes[node].right;
		} else {
			best = node;
			node = index->nodes[node].left;
		}
	}
	return in_list(index, best, list);
}
