/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "slots.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static bool is_taken(const struct slots *slots, uint64_t at)
{
	return at / 64 < slots->words && slots->taken[at / 64] >> at % 64 & 1;
}

bool slots_are_free(const struct slots *slots, uint64_t at, uint64_t count)
{
	for (uint64_t i = 0; i < count; i++)
		if (is_taken(slots, at + i))
			return false;
	return true;
}

uint64_t slots_find(const struct slots *slots, uint64_t count, uint64_t end)
{
	uint64_t run = 0;

	for (uint64_t at = slots->first; at < end; at++) {
		if (at % 64 == 0 && at / 64 < slots->words && slots->taken[at / 64] == UINT64_MAX) {
			run = 0;
			at += 63;
			continue;
		}
		run = is_taken(slots, at) ? 0 : run + 1;
		if (run == count)
			return at + 1 - count;
	}
	return end;
}

static int grow(struct slots *slots, size_t words)
{
	uint64_t *taken;

	if (words <= slots->words)
		return 0;
	if (words < 2 * slots->words)
		words = 2 * slots->words;
	taken = reallocarray(slots->taken, words, sizeof(taken[0]));
	if (!taken)
		return -ENOMEM;
	memset(&taken[slots->words], 0, (words - slots->words) * sizeof(taken[0]));
	slots->taken = taken;
	slots->words = words;
	return 0;
}

int slots_take(struct slots *slots, uint64_t at, uint64_t count)
{
	if (grow(slots, (size_t)((at + count + 63) / 64)))
		return -ENOMEM;
	for (uint64_t i = at; i < at + count; i++)
		slots->taken[i / 64] |= UINT64_C(1) << i % 64;
	while (is_taken(slots, slots->first))
		slots->first++;
	return 0;
}

void slots_give(struct slots *slots, uint64_t at, uint64_t count)
{
	for (uint64_t i = at; i < at + count; i++)
		slots->taken[i / 64] &= ~(UINT64_C(1) << i % 64);
	if (at < slots->first)
		slots->first = at;
}

void slots_clear(struct slots *slots)
{
	free(slots->taken);
	*slots = (struct slots){0};
}
