/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The ways in which dissect_batch can go, which all give the same answers: for dispatch, and for
 * tests and measurements that want a certain one.
 */
#ifndef NICEMU_PACKET_VARIANTS_H
#define NICEMU_PACKET_VARIANTS_H

#include <nicemu/packet/dissect.h>

struct dissect_variant {
	const char *name;
	bool (*usable)(void); /* by this machine */
	void (*batch)(const struct packet *packets, size_t count, unsigned int chunks,
		      struct flow_batch *batch, uint32_t *flags);
};

/* The best one first; the last is usable everywhere. */
extern const struct dissect_variant dissect_variants[];
extern const size_t num_dissect_variants;

#if defined(__x86_64__)
bool dissect_avx2_usable(void);
void dissect_avx2_batch(const struct packet *packets, size_t count, unsigned int chunks,
			struct flow_batch *batch, uint32_t *flags);
#endif

#endif
