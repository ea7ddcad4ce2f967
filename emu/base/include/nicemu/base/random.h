/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Seeded random numbers for tests and generators: splitmix64 (Steele, Lea, Flood: "Fast splittable
 * pseudorandom number generators", 2014). Not for secrets.
 *
 * Why not the C library's: a failure must be repeatable from the seed that it prints.
 *
 * Invariant: the same seed gives the same sequence on every machine, for ever. Threading: one
 * owner.
 */
#ifndef NICEMU_BASE_RANDOM_H
#define NICEMU_BASE_RANDOM_H

#include <stdint.h>

struct random {
	uint64_t state;
};

static inline uint64_t random_u64(struct random *r)
{
	uint64_t z = (r->state += 0x9e3779b97f4a7c15u);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

/* A number in [0, bound); bound > 0. The bias is below bound / 2^64. */
static inline uint64_t random_below(struct random *r, uint64_t bound)
{
	return random_u64(r) % bound;
}

#endif
