/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Random rules and changes for a table behind tcam.h, with a list beside it that knows the answers.
 *
 * What: a world has a table and a plain array of rules. world_change changes both, world_check
 * looks keys up in the table and searches the array from end to end. The rules are drawn from
 * families (addresses and ports of IPv4, IPv6, link layer, any bits, everything) with few values,
 * so that they overlap, repeat each other and meet all parts of an engine.
 *
 * Threading: one owner.
 */
#ifndef NICEMU_TESTS_TCAM_MODEL_H
#define NICEMU_TESTS_TCAM_MODEL_H

#include <nicemu/asic/tcam.h>
#include <nicemu/base/random.h>

enum model_family {
	MODEL_IPV4 = 1 << 0,
	MODEL_IPV6 = 1 << 1,
	MODEL_LINK = 1 << 2,
	MODEL_BITS = 1 << 3,   /* masks of any bits of the whole key */
	MODEL_RANGES = 1 << 4, /* with port ranges, now and then */
	MODEL_EQUAL = 1 << 5,  /* very few different rules */
	MODEL_ALL = (1 << 6) - 1,
};

struct model_rule {
	struct tcam_entry entry;
	struct tcam_rule as; /* by our own books, as is its arrival */
	uint64_t arrival;
	bool in;
};

struct world {
	const struct tcam_ops *ops;
	struct tcam *tcam;
	struct random random;
	uint64_t seed, arrivals;
	unsigned int families, flags;
	struct model_rule *rules;
	size_t num_rules, num_in;
};

void world_open(struct world *world, const struct tcam_ops *ops, unsigned int flags,
		unsigned int families, size_t num_rules, uint64_t seed);
void world_close(struct world *world);

/* A rule comes, goes or changes; about `in` of 8 changes bring one in. Not committed. */
void world_change(struct world *world, unsigned int in);
void world_put(struct world *world, size_t rule);
void world_take(struct world *world, size_t rule);

/* A rule, and a key that lies in some rule or near to it. */
void model_draw(struct world *world, struct tcam_rule *rule);
void model_key(struct world *world, struct flow_key *key);

/* The rule that decides, by searching all of them; NULL. */
struct tcam_entry *model_search(const struct model_rule *rules, size_t count,
				const struct flow_key *key);

/*
 * Commits, looks up count keys (at most FLOW_BATCH) and asks for the rules of some entries; fails
 * where an answer is wrong.
 */
void world_check(struct world *world, size_t count);
/* The same with a view that was taken before, and the rules as they were then. */
void world_check_view(struct world *world, const struct tcam_view *view,
		      const struct model_rule *rules, size_t count);

#endif
