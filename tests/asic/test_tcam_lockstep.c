/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Every engine in lockstep with a list: rules over the whole key, changes in any order, sizes that
 * cross whatever an engine changes at. NICEMU_SOAK_SECONDS=3600 goes on with new seeds for an hour;
 * NICEMU_MOST_RULES=400 leaves larger sizes out, where a processor is emulated.
 */
#include "tcam_model.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <urcu.h>

/* How often a change brings a rule in, of 8, one after the other: up, along, down, up again. */
static const unsigned int tides[] = {8, 5, 1, 7, 0};

static void run(const struct tcam_ops *ops, unsigned int flags, unsigned int families, size_t rules,
		size_t changes, uint64_t seed)
{
	size_t keys = rules < 1000 ? FLOW_BATCH : 32; /* the list is slow */
	struct world world;

	world_open(&world, ops, flags, families, rules, seed);
	for (size_t t = 0; t < sizeof(tides) / sizeof(tides[0]); t++)
		for (size_t i = 0; i < changes; i++) {
			world_change(&world, tides[t]);
			if (i % (1 + rules / 8) == 0)
				world_check(&world, 1 + random_below(&world.random, keys));
			if (flags && i % 300 == 7)
				ops->settle(world.tcam);
			if (random_below(&world.random, 100) == 0)
				ops->optimize(world.tcam);
		}
	for (size_t i = 0; i < rules; i++)
		if (world.rules[i].in)
			world_take(&world, i);
	world_check(&world, FLOW_BATCH);
	world_close(&world);
}

static void run_all(uint64_t seed)
{
	const char *most = getenv("NICEMU_MOST_RULES");
	static const unsigned int families[] = {
		MODEL_IPV4, MODEL_IPV4 | MODEL_RANGES,  MODEL_IPV6, MODEL_LINK,
		MODEL_BITS, MODEL_EQUAL | MODEL_RANGES, MODEL_ALL,
	};
	static const size_t rules[] = {12, 70, 200, 900};

	for (int e = 0; tcam_engines[e]; e++)
		for (size_t f = 0; f < sizeof(families) / sizeof(families[0]); f++)
			for (size_t r = 0; r < sizeof(rules) / sizeof(rules[0]); r++)
				for (unsigned int flags = 0; flags <= TCAM_SHARED; flags++) {
					bool slow = tcam_engines[e] == &tcam_reference;

					if ((slow && (flags || r > 1)) ||
					    (r > 2 && families[f] != MODEL_ALL))
						continue;
					if (most && rules[r] > strtoul(most, NULL, 10))
						continue;
					run(tcam_engines[e], flags, families[f], rules[r],
					    rules[r] + rules[r] / 2, seed);
				}
}

Test(tcam_lockstep, random_rules_over_the_whole_key)
{
	const char *soak = getenv("NICEMU_SOAK_SECONDS");
	time_t end = time(NULL) + (soak ? atol(soak) : 0);
	uint64_t seed = 1;

	do
		run_all(seed++);
	while (soak && time(NULL) < end);
}
