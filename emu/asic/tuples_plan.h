/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the two halves of planning share: tuples_classes.c sorts masks into classes, tuples_plan.c
 * merges classes to tables.
 *
 * Threading: one owner.
 */
#ifndef NICEMU_ASIC_TUPLES_PLAN_H
#define NICEMU_ASIC_TUPLES_PLAN_H

#include "tcam_tuples.h"

#include <nicemu/base/random.h>

enum {
	SAMPLE = 4096,       /* rules, about, at most */
	SAMPLE_USE = 2048,   /* where packets follow */
	SAMPLE_ROUGH = 1536, /* while rules come */
	LEAST = 3,           /* of a class, where it has so many */
	CLASSES = 88,        /* at the beginning of merging */
	RULES = SAMPLE + LEAST * CLASSES,
	POINTS = 400, /* at most */
	POINTS_USE = 256,
	POINTS_ROUGH = 144,
	MANY = 20000, /* rules, from which on the larger numbers hold */
	REGROUPINGS = 2,
	STRAY = 12, /* of the points lie in no rule */
	HASH_SLOTS = 16384,
	NONE = UINT16_MAX,
};

struct rule {
	struct flow_key value; /* the used words only, one after the other; as is each mask here */
	struct flow_key mask;
	uint32_t record;
	float weight; /* rules that it stands for */
	uint16_t class, next;
};

struct cluster {
	struct flow_key mask; /* common to its rules */
	uint16_t rules;       /* chain of the sample, in their order */
	size_t count, seen;   /* rules; of them passed in sampling */
	size_t stride;        /* one of so many is in the sample */
	uint16_t merged;      /* into which it went; itself */
	uint32_t table;
	double cost;
};

struct point {
	struct flow_key key;
	uint16_t rule; /* that it lies in; behind all rules: in none */
};

struct counted {
	uint64_t hash;
	uint32_t round;
	float weight;
};

/* A mask that is in no class yet, and those that are the same when they are rounded. */
struct graded {
	uint64_t hash;
	uint32_t mask;
};

struct grade_group {
	size_t first, masks, count;
};

struct planner {
	struct tcam *tcam;
	uint32_t id;
	unsigned int words[FLOW_KEY_WORDS], num_words;
	double compare;
	size_t num_rules, num_points, num_classes, live;
	uint32_t round;
	struct random random;
	struct graded *graded;
	struct grade_group *groups;
	size_t num_graded;
	struct rule rules[RULES];
	struct point points[POINTS];
	struct cluster classes[CLASSES];
	double gain[CLASSES][CLASSES];
	struct counted counted[HASH_SLOTS];
};

static inline struct flow_key packed(const struct planner *p, const struct flow_key *key)
{
	struct flow_key to = {0};

	for (unsigned int w = 0; w < p->num_words; w++)
		to.word[w] = key->word[p->words[w]];
	return to;
}

static inline void keep_common(struct flow_key *mask, const struct flow_key *other)
{
	for (unsigned int w = 0; w < FLOW_KEY_WORDS; w++)
		mask->word[w] &= other->word[w];
}

static inline uint32_t bits_of(const struct flow_key *mask)
{
	uint32_t bits = 0;

	for (unsigned int w = 0; w < FLOW_KEY_WORDS; w++)
		bits += (uint32_t)__builtin_popcountll(mask->word[w]);
	return bits;
}

/* All masks in use go into classes. 0 or -ENOMEM. */
int planner_classes(struct planner *p);
/* The masks in p->graded go into classes, at best that many in all. */
void planner_group(struct planner *p, size_t classes);

#endif
