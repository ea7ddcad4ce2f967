/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tuples_pool.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { HUGE_PAGE = 2 << 20, FIRST_PIECE = 64 << 10 };

static size_t round_up(size_t bytes, size_t to)
{
	return (bytes + to - 1) / to * to;
}

int tuples_arena_open(struct tuples_arena *arena, size_t limit)
{
	size_t mapped = round_up(limit, HUGE_PAGE) + HUGE_PAGE;
	void *mapping =
		mmap(NULL, mapped, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (mapping == MAP_FAILED)
		return -ENOMEM;
	*arena = (struct tuples_arena){
		.base = (char *)round_up((uintptr_t)mapping, HUGE_PAGE),
		.limit = limit,
		.mapping = mapping,
		.mapped = mapped,
	};
	return 0;
}

void tuples_arena_close(struct tuples_arena *arena)
{
	if (arena->mapping)
		munmap(arena->mapping, arena->mapped);
	*arena = (struct tuples_arena){0};
}

/* Small arenas double; large ones grow by huge pages. */
static size_t next_size(const struct tuples_arena *arena, size_t bytes)
{
	size_t size = arena->used ? arena->used : FIRST_PIECE;

	while (size < bytes && size < HUGE_PAGE)
		size *= 2;
	return size < bytes ? round_up(bytes, HUGE_PAGE) : size;
}

int tuples_arena_reach(struct tuples_arena *arena, size_t bytes)
{
	size_t size;

	if (bytes <= arena->used)
		return 0;
	if (bytes > arena->limit)
		return -ENOSPC;
	size = next_size(arena, bytes);
	if (mprotect(arena->base + arena->used, size - arena->used, PROT_READ | PROT_WRITE))
		return -ENOMEM;
	/* Only a wish: without huge pages it works as well, slower. */
	if (arena->used >= HUGE_PAGE)
		madvise(arena->base + arena->used, size - arena->used, MADV_HUGEPAGE);
	arena->used = size;
	return 0;
}

/* From malloc; the word before what the caller gets says where that began. */
static void *small_block(size_t bytes)
{
	char *memory = malloc(bytes + 64);
	void **block;

	if (!memory)
		return NULL;
	block = (void **)round_up((uintptr_t)memory + sizeof(void *), 64);
	block[-1] = memory;
	return memset(block, 0, bytes);
}

/* A mapping that begins at a huge page. */
static void *large_block(size_t bytes)
{
	size_t size = round_up(bytes, HUGE_PAGE);
	char *memory = mmap(NULL, size + HUGE_PAGE, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	char *block;

	if (memory == MAP_FAILED)
		return NULL;
	block = (char *)round_up((uintptr_t)memory, HUGE_PAGE);
	if (block > memory)
		munmap(memory, (size_t)(block - memory));
	munmap(block + size, (size_t)(memory + HUGE_PAGE - block));
	madvise(block, size, MADV_HUGEPAGE);
	return block;
}

void *tuples_block_get(size_t bytes)
{
	return bytes < HUGE_PAGE ? small_block(bytes) : large_block(bytes);
}

void tuples_block_put(void *block, size_t bytes)
{
	if (block && bytes >= HUGE_PAGE)
		munmap(block, round_up(bytes, HUGE_PAGE));
	else if (block)
		free(((void **)block)[-1]);
}
