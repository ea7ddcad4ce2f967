/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a generator has made already: a set of 64-bit hashes.
 *
 * Why hashes suffice: two different things with one hash cost one draw more, nothing else.
 *
 * Threading: one owner.
 */
#ifndef NICEMU_TESTS_BENCH_SEEN_H
#define NICEMU_TESTS_BENCH_SEEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct seen {
	uint64_t *slots; /* 0: free */
	size_t mask;
};

/* Room for count of them. 0 or -ENOMEM. */
int seen_create(struct seen *seen, size_t count);
void seen_destroy(struct seen *seen);

/* True where it was not there before. */
bool seen_add(struct seen *seen, uint64_t hash);

uint64_t seen_hash(const uint64_t *parts, size_t count);

#endif
