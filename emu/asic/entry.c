/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "entry.h"

#include <stdlib.h>
#include <string.h>
#include <utlist.h>

struct entry_segment {
	struct entry entries[ENTRY_SEGMENT];
	uint32_t number;
	uint16_t used, fresh; /* entries from `fresh` on were never used */
	uint16_t freed;       /* the last one given back, FREED_END: none; each names the next */
	uint16_t next_freed[ENTRY_SEGMENT];
	struct entry_segment *prev, *next; /* among those with free entries */
};

enum { FREED_END = UINT16_MAX };

static int grow(struct entry_pool *pool)
{
	size_t room = pool->room ? 2 * pool->room : 16;
	struct entry_segment **segments = reallocarray(pool->segments, room, sizeof(segments[0]));

	if (!segments)
		return -1;
	memset(&segments[pool->room], 0, (room - pool->room) * sizeof(segments[0]));
	pool->segments = segments;
	pool->room = room;
	return 0;
}

static struct entry_segment *add_segment(struct entry_pool *pool)
{
	struct entry_segment *segment;
	size_t number = 0;

	if (pool->count == pool->room && grow(pool))
		return NULL;
	segment = aligned_alloc(_Alignof(struct entry_segment), sizeof(*segment));
	if (!segment)
		return NULL;
	/* Without holes, as it is while nothing is removed, the first guess is right. */
	if (pool->segments[pool->count])
		while (pool->segments[number])
			number++;
	else
		number = pool->count;
	segment->number = (uint32_t)number;
	segment->used = segment->fresh = 0;
	segment->freed = FREED_END;
	pool->segments[number] = segment;
	pool->count++;
	DL_PREPEND(pool->open, segment);
	return segment;
}

struct entry *entry_pool_take(struct entry_pool *pool)
{
	struct entry_segment *segment = pool->open ? pool->open : add_segment(pool);
	uint16_t at;

	if (!segment)
		return NULL;
	at = segment->freed;
	if (at == FREED_END)
		at = segment->fresh++;
	else
		segment->freed = segment->next_freed[at];
	if (++segment->used == ENTRY_SEGMENT)
		DL_DELETE(pool->open, segment);
	memset(&segment->entries[at], 0, sizeof(segment->entries[at]));
	segment->entries[at].index = segment->number << ENTRY_SEGMENT_SHIFT | at;
	return &segment->entries[at];
}

static void remove_segment(struct entry_pool *pool, struct entry_segment *segment)
{
	DL_DELETE(pool->open, segment);
	pool->segments[segment->number] = NULL;
	pool->count--;
	free(segment);
}

bool entry_pool_give(struct entry_pool *pool, struct entry *entry)
{
	struct entry_segment *segment = pool->segments[entry_segment(entry)];
	uint16_t at = entry->index % ENTRY_SEGMENT;

	if (segment->used == ENTRY_SEGMENT)
		DL_PREPEND(pool->open, segment);
	segment->next_freed[at] = segment->freed;
	segment->freed = at;
	if (--segment->used)
		return false;
	remove_segment(pool, segment);
	return true;
}

void entry_pool_clear(struct entry_pool *pool)
{
	for (size_t i = 0; i < pool->room; i++)
		free(pool->segments[i]);
	free(pool->segments);
	*pool = (struct entry_pool){0};
}

size_t entry_pool_bytes(const struct entry_pool *pool)
{
	return pool->count * sizeof(struct entry_segment) + pool->room * sizeof(pool->segments[0]);
}
