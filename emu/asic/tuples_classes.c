/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Classes of masks that are alike, to begin a plan with: the number of masks may be anything, that
 * of classes is small.
 */
#include "tuples_plan.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/*
 * Only whole groups of so many bits (1, 4, 8) stay; 32: halves of words with any bit become whole.
 */
static struct flow_key rounded(const struct flow_key *mask, unsigned int bits)
{
	uint64_t group = (UINT64_C(1) << bits) - 1;
	struct flow_key to;

	for (unsigned int w = 0; w < FLOW_KEY_WORDS; w++) {
		uint64_t word = mask->word[w];

		if (bits == 32) {
			to.word[w] = (word >> 32 ? group << 32 : 0) | (word & group ? group : 0);
			continue;
		}
		for (unsigned int b = 1; b < bits; b *= 2)
			word &= word >> b;
		to.word[w] = (word & ~UINT64_C(0) / group) * group;
	}
	return to;
}

static int by_hash(const void *a, const void *b)
{
	const struct graded *x = a, *y = b;

	return x->hash != y->hash ? (x->hash < y->hash ? -1 : 1) : 0;
}

static int by_count(const void *a, const void *b)
{
	const struct grade_group *x = a, *y = b;

	if (x->count != y->count)
		return x->count > y->count ? -1 : 1;
	return x->first < y->first ? -1 : 1;
}

/* Masks that are the same when they are rounded, one group behind the other. */
static size_t group_masks(struct planner *p, unsigned int bits)
{
	size_t groups = 0;

	for (size_t i = 0; i < p->num_graded; i++) {
		struct flow_key mask = rounded(&p->tcam->whole_masks[p->graded[i].mask], bits);
		uint64_t high = tuples_hash_words(mask.word, FLOW_KEY_WORDS, 2);

		p->graded[i].hash = high << 32 | tuples_hash_words(mask.word, FLOW_KEY_WORDS, 3);
	}
	qsort(p->graded, p->num_graded, sizeof(p->graded[0]), by_hash);
	for (size_t i = 0; i < p->num_graded; i++) {
		size_t uses = tuples_name(&p->tcam->mask_names, p->graded[i].mask)->uses;

		if (!i || p->graded[i].hash != p->graded[i - 1].hash)
			p->groups[groups++] = (struct grade_group){.first = i};
		p->groups[groups - 1].count += uses;
		p->groups[groups - 1].masks++;
	}
	qsort(p->groups, groups, sizeof(p->groups[0]), by_count);
	return groups;
}

static void put_in_class(struct planner *p, uint16_t c, struct graded *graded)
{
	struct flow_key mask = packed(p, &p->tcam->whole_masks[graded->mask]);
	struct tuples_name *name = tuples_name(&p->tcam->mask_names, graded->mask);
	struct cluster *class = &p->classes[c];

	if (c == p->num_classes) {
		*class = (struct cluster){.mask = mask, .rules = NONE, .merged = c};
		p->num_classes++;
	}
	keep_common(&class->mask, &mask);
	class->count += name->uses;
	name->data = p->id << 8 | c;
	graded->mask = 0;
}

/* The groups with most rules become classes, up to so many in all; the other masks stay. */
static void take_groups(struct planner *p, unsigned int bits, size_t classes)
{
	size_t groups = group_masks(p, bits), left = 0;

	for (size_t g = 0; g < groups && p->num_classes < classes; g++) {
		uint16_t c = (uint16_t)p->num_classes;

		for (size_t i = 0; i < p->groups[g].masks; i++)
			put_in_class(p, c, &p->graded[p->groups[g].first + i]);
	}
	for (size_t i = 0; i < p->num_graded; i++)
		if (p->graded[i].mask)
			p->graded[left++] = p->graded[i];
	p->num_graded = left;
}

/*
 * A class whose mask leaves out at most so many bits of this one, the fewest; or CLASSES.
 */
static uint16_t class_within(const struct planner *p, uint32_t number, uint32_t most)
{
	struct flow_key mask = packed(p, &p->tcam->whole_masks[number]);
	uint32_t least = most + 1, bits = bits_of(&mask);
	uint16_t best = CLASSES;

	for (uint16_t c = 0; c < p->num_classes; c++) {
		struct flow_key both = p->classes[c].mask;

		keep_common(&both, &mask);
		if (memcmp(&both, &p->classes[c].mask, sizeof(both)) ||
		    bits - bits_of(&both) >= least)
			continue;
		least = bits - bits_of(&both);
		best = c;
	}
	return best;
}

/* Masks that are little more than a class has anyway go there. */
static void take_within(struct planner *p, uint32_t most)
{
	size_t left = 0;

	for (size_t i = 0; i < p->num_graded; i++) {
		uint16_t c = class_within(p, p->graded[i].mask, most);

		if (c < CLASSES)
			put_in_class(p, c, &p->graded[i]);
		else
			p->graded[left++] = p->graded[i];
	}
	p->num_graded = left;
}

/* The class from first on that has most bits in common. */
static uint16_t most_alike(const struct planner *p, uint16_t first, uint32_t number)
{
	struct flow_key mask = packed(p, &p->tcam->whole_masks[number]);
	uint16_t best = first < p->num_classes ? first : 0;
	uint32_t most = 0;

	for (uint16_t c = best; c < p->num_classes; c++) {
		struct flow_key both = p->classes[c].mask;

		keep_common(&both, &mask);
		if (bits_of(&both) > most) {
			most = bits_of(&both);
			best = c;
		}
	}
	return best;
}

/* Often used masks have classes of their own, others share more the fewer rules they have. */
void planner_group(struct planner *p, size_t classes)
{
	size_t room = classes > p->num_classes ? classes - p->num_classes : 0;
	size_t first = p->num_classes;

	take_groups(p, 1, first + room * 2 / 8);
	take_within(p, 2);
	take_groups(p, 4, first + room * 3 / 8);
	take_groups(p, 8, first + room * 7 / 8);
	take_within(p, 12);
	take_groups(p, 32, CLASSES);
	take_within(p, 20);
	for (size_t i = 0; i < p->num_graded; i++)
		put_in_class(p, most_alike(p, (uint16_t)first, p->graded[i].mask), &p->graded[i]);
	p->num_graded = 0;
}

int planner_classes(struct planner *p)
{
	const struct tuples_names *names = &p->tcam->mask_names;
	size_t classes = p->tcam->count / 8;

	p->graded = calloc(names->top, sizeof(p->graded[0]));
	p->groups = calloc(names->top, sizeof(p->groups[0]));
	if (!p->graded || !p->groups)
		return -ENOMEM;
	for (uint32_t m = 1; m < names->top; m++)
		if (tuples_name(names, m)->uses)
			p->graded[p->num_graded++].mask = m;
	planner_group(p, classes < CLASSES ? classes : CLASSES);
	return 0;
}
