/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which places of a table are taken, where a rule's place is its order.
 *
 * Threading: one owner.
 */
#ifndef NICEMU_ASIC_SLOTS_H
#define NICEMU_ASIC_SLOTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct slots {
	uint64_t *taken; /* a bit a place; places behind its end are free */
	size_t words;
	uint64_t first; /* no place before it is free */
};

bool slots_are_free(const struct slots *slots, uint64_t at, uint64_t count);
/* The first `count` free places in a row of those before end, or end where there are none. */
uint64_t slots_find(const struct slots *slots, uint64_t count, uint64_t end);
/* 0 or -ENOMEM; then nothing has changed. */
int slots_take(struct slots *slots, uint64_t at, uint64_t count);
void slots_give(struct slots *slots, uint64_t at, uint64_t count);
void slots_clear(struct slots *slots);

#endif
