/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How many entries of a table stand behind a priority.
 *
 * Why: a table that shifts moves them up when a rule is put in before them, and people want to know
 * how many writes a rule costs. Counting them one by one would make loading quadratic.
 *
 * What: a tree of 16 ways a level over the priority's 32 bits, each node with the number of entries
 * below it: both operations take eight nodes, whatever the table holds.
 *
 * Threading: one owner.
 */
#ifndef NICEMU_ASIC_SHIFT_COUNT_H
#define NICEMU_ASIC_SHIFT_COUNT_H

#include <stdint.h>

struct shift_node;

struct shift_count {
	struct shift_node *root; /* NULL: nothing */
};

/* Entries with a higher priority number. */
uint64_t shift_count_behind(const struct shift_count *count, uint32_t priority);
uint64_t shift_count_all(const struct shift_count *count);
/* 0 or -ENOMEM; then nothing has changed. */
int shift_count_add(struct shift_count *count, uint32_t priority, uint64_t entries);
/* Of what was added. */
void shift_count_remove(struct shift_count *count, uint32_t priority, uint64_t entries);
void shift_count_clear(struct shift_count *count);

#endif
