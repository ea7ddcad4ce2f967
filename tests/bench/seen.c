/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "seen.h"

#include <nicemu/base/random.h>

#include <errno.h>
#include <stdlib.h>

int seen_create(struct seen *seen, size_t count)
{
	size_t slots = 16;

	while (slots < 2 * count)
		slots *= 2;
	seen->slots = calloc(slots, sizeof(*seen->slots));
	seen->mask = slots - 1;
	return seen->slots ? 0 : -ENOMEM;
}

void seen_destroy(struct seen *seen)
{
	free(seen->slots);
	seen->slots = NULL;
}

bool seen_add(struct seen *seen, uint64_t hash)
{
	size_t slot;

	hash += hash == 0;
	for (slot = hash & seen->mask; seen->slots[slot]; slot = (slot + 1) & seen->mask)
		if (seen->slots[slot] == hash)
			return false;
	seen->slots[slot] = hash;
	return true;
}

uint64_t seen_hash(const uint64_t *parts, size_t count)
{
	struct random random = {0};

	for (size_t i = 0; i < count; i++)
		random.state = random_u64(&random) ^ parts[i];
	return random_u64(&random);
}
