/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "shift_count.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>

enum { WAY_BITS = 4, WAYS = 1 << WAY_BITS, LEVELS = 32 / WAY_BITS };

struct shift_node {
	uint64_t entries[WAYS];
	struct shift_node *below[WAYS]; /* NULL on the last level */
};

static unsigned int way(uint32_t priority, int level)
{
	return priority >> (32 - WAY_BITS * (level + 1)) & (WAYS - 1);
}

uint64_t shift_count_behind(const struct shift_count *count, uint32_t priority)
{
	const struct shift_node *node = count->root;
	uint64_t behind = 0;

	for (int level = 0; node && level < LEVELS; level++) {
		unsigned int at = way(priority, level);

		for (unsigned int i = at + 1; i < WAYS; i++)
			behind += node->entries[i];
		node = node->below[at];
	}
	return behind;
}

uint64_t shift_count_all(const struct shift_count *count)
{
	uint64_t all = 0;

	for (unsigned int i = 0; count->root && i < WAYS; i++)
		all += count->root->entries[i];
	return all;
}

static bool is_empty(const struct shift_node *node)
{
	for (unsigned int i = 0; i < WAYS; i++)
		if (node->entries[i] || node->below[i])
			return false;
	return true;
}

/* Frees the nodes on the priority's way that hold nothing, from the last one up. */
static void prune(struct shift_count *count, uint32_t priority)
{
	struct shift_node **links[LEVELS];
	int depth = 0;

	for (struct shift_node **link = &count->root; depth < LEVELS && *link; depth++) {
		links[depth] = link;
		link = &(*link)->below[way(priority, depth)];
	}
	while (depth-- > 0 && is_empty(*links[depth])) {
		free(*links[depth]);
		*links[depth] = NULL;
	}
}

/* The nodes on the priority's way, made where they are not there. */
static int make_nodes(struct shift_count *count, uint32_t priority)
{
	struct shift_node **link = &count->root;

	for (int level = 0; level < LEVELS; level++) {
		if (!*link)
			*link = calloc(1, sizeof(**link));
		if (!*link)
			return -ENOMEM;
		link = &(*link)->below[way(priority, level)];
	}
	return 0;
}

int shift_count_add(struct shift_count *count, uint32_t priority, uint64_t entries)
{
	struct shift_node *node;

	if (make_nodes(count, priority)) {
		prune(count, priority);
		return -ENOMEM;
	}
	node = count->root;
	for (int level = 0; level < LEVELS; level++) {
		node->entries[way(priority, level)] += entries;
		node = node->below[way(priority, level)];
	}
	return 0;
}

void shift_count_remove(struct shift_count *count, uint32_t priority, uint64_t entries)
{
	struct shift_node *node = count->root;

	for (int level = 0; node && level < LEVELS; level++) {
		node->entries[way(priority, level)] -= entries;
		node = node->below[way(priority, level)];
	}
	prune(count, priority);
}

static void clear(struct shift_node *node, int level)
{
	if (!node)
		return;
	for (unsigned int i = 0; level + 1 < LEVELS && i < WAYS; i++)
		clear(node->below[i], level + 1);
	free(node);
}

void shift_count_clear(struct shift_count *count)
{
	clear(count->root, 0);
	count->root = NULL;
}
