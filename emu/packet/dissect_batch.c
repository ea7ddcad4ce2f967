/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <nicemu/packet/dissect.h>

void dissect_batch(const struct packet *packets, size_t count, unsigned int chunks,
		   struct flow_batch *batch, uint32_t *flags)
{
	for (size_t i = 0; i < count; i++) {
		struct dissect_result result;
		struct flow_key key;

		dissect(&packets[i], &key, &result);
		flow_batch_set(batch, i, &key, chunks | 1);
		flags[i] = result.flags;
	}
}
