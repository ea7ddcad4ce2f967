/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the live rules had counted at one moment, to tell a replay's own counts from older ones.
 * Threading: one owner.
 */
#ifndef NICEMU_ENGINE_COUNTS_H
#define NICEMU_ENGINE_COUNTS_H

#include <nicemu/engine/emulator.h>

struct rule_total {
	uint32_t binding;
	uint64_t cookie;
	struct offload_stats totals;
};

struct counts {
	struct rule_total *rule; /* sorted by binding and cookie */
	size_t length, capacity;
	bool failed;
};

/* 0 or -ENOMEM. */
int counts_take(struct counts *counts, struct emulator *emulator);
void counts_clear(struct counts *counts);

/* The totals then; zero for a rule that is younger. */
struct offload_stats counts_of(const struct counts *counts, uint32_t binding, uint64_t cookie);

#endif
