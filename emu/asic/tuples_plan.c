/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which tables? Clustering of the rules' masks.
 *
 * A table asks for a mask that all its rules have in common; the fewer tables, the fewer places a
 * packet asks, and the less their masks tell rules apart, so the longer the lists. A sample of the
 * rules begins with a class for each mask. The two classes whose union under their common mask
 * costs least are merged, until that does not pay any more. The cost of a class is that of asking
 * it plus that of the records that a packet meets there, which is counted with made-up packets:
 * points inside of one sampled rule and, where that leaves bits open, mostly of another.
 *
 * Everything works on a sample, so that a plan takes some milliseconds whatever the number of
 * rules.
 */
#include "tcam_tuples.h"

#include <errno.h>
#include <nicemu/base/random.h>
#include <stdlib.h>
#include <string.h>

enum {
	SAMPLE = 1024,
	POINTS = 256,
	CLASSES = 96, /* at the beginning of merging */
	HASH_SLOTS = 4096,
};

/* In cycles: asking a table, comparing a record; more where they come from farther away. */
static const double ASK = 5, COMPARE = 10, COMPARE_FAR = 35;
enum { FAR = 50000 };

struct rule {
	struct flow_key value, mask; /* words that no rule uses are left out: the used ones first */
	uint32_t number, next;       /* record; the next one of its class */
};

struct class
{
	struct flow_key mask;
	uint32_t rules, last; /* chain of the sample; UINT32_MAX: none */
	uint32_t count;
	double cost;
};

struct point {
	struct flow_key key;
	uint32_t rule; /* that it lies in */
};

struct counted {
	uint64_t hash;
	uint32_t round, count;
};

struct planner {
	const struct tcam *tcam;
	unsigned int words[FLOW_KEY_WORDS], num_words;
	double scale, compare; /* rules a sampled one stands for; cost of one */
	size_t num_rules, num_points, num_classes;
	uint32_t round;
	struct rule rules[SAMPLE];
	struct point points[POINTS];
	struct class classes[CLASSES];
	double gain[CLASSES][CLASSES];
	uint32_t class_of[SAMPLE];
	struct counted counted[HASH_SLOTS];
};

/* --- the sample --- */

static struct flow_key packed(const struct planner *p, const struct flow_key *key)
{
	struct flow_key to = {0};

	for (unsigned int w = 0; w < p->num_words; w++)
		to.word[w] = key->word[p->words[w]];
	return to;
}

static void find_words(struct planner *p)
{
	for (unsigned int w = 0; w < FLOW_KEY_WORDS; w++)
		if (p->tcam->used->bits.word[w])
			p->words[p->num_words++] = w;
}

static void take_rule(struct planner *p, uint32_t number)
{
	struct flow_key value = tuples_store_value(p->tcam, number);
	struct flow_key mask = tuples_store_bits(p->tcam, number, false);

	p->rules[p->num_rules++] = (struct rule){
		.value = packed(p, &value), .mask = packed(p, &mask), .number = number};
}

/* Of each stretch of as many lines one record; hidden ones do not count. */
static void take_sample(struct planner *p, struct random *r)
{
	const struct tcam *tcam = p->tcam;
	size_t live = tcam->count - tcam->hidden, stretch = live / SAMPLE + 1, seen = 0;
	size_t pick = random_below(r, stretch);

	for (uint32_t n = tuples_store_from(tcam, 1); n && p->num_rules < SAMPLE;
	     n = tuples_store_from(tcam, n + 1)) {
		if (!(tcam->colds[n].flags & TUPLES_LINKED) || tcam->colds[n].flags & TUPLES_DEAD)
			continue;
		if (seen % stretch == pick)
			take_rule(p, n);
		if (++seen % stretch == 0)
			pick = random_below(r, stretch);
	}
	p->scale = p->num_rules ? (double)live / (double)p->num_rules : 1;
	p->compare = live >= FAR ? COMPARE_FAR : COMPARE;
}

static void take_points(struct planner *p, struct random *r)
{
	p->num_points = p->num_rules < POINTS ? p->num_rules : POINTS;
	for (size_t i = 0; i < p->num_points; i++) {
		struct point *point = &p->points[i];
		const struct rule *in, *near;

		point->rule = (uint32_t)(i * p->num_rules / p->num_points);
		in = &p->rules[point->rule];
		near = &p->rules[random_below(r, p->num_rules)];
		for (unsigned int w = 0; w < p->num_words; w++)
			point->key.word[w] =
				in->value.word[w] | (near->value.word[w] & ~in->mask.word[w]) |
				(random_u64(r) & ~in->mask.word[w] & ~near->mask.word[w]);
	}
}

/* --- what a class costs --- */

static struct counted *count_at(struct planner *p, const struct flow_key *key,
				const struct flow_key *mask)
{
	uint64_t hash = 1;
	struct counted *at;

	for (unsigned int w = 0; w < p->num_words; w++) {
		hash = (hash ^ (key->word[w] & mask->word[w])) * UINT64_C(0x9e3779b97f4a7c15);
		hash ^= hash >> 29;
	}
	for (size_t i = hash >> 40;; i++) {
		at = &p->counted[i % HASH_SLOTS];
		if (at->round != p->round)
			*at = (struct counted){.hash = hash, .round = p->round};
		if (at->hash == hash)
			return at;
	}
}

static void count_class(struct planner *p, const struct class *class, const struct flow_key *mask)
{
	for (uint32_t r = class->rules; r != UINT32_MAX; r = p->rules[r].next)
		count_at(p, &p->rules[r].value, mask)->count++;
}

/* The records that a packet meets, where the rules of one or two classes have this mask. */
static double cost_of(struct planner *p, uint32_t a, uint32_t b, const struct flow_key *mask)
{
	size_t met = 0, own = 0;

	p->round++;
	count_class(p, &p->classes[a], mask);
	if (b != a)
		count_class(p, &p->classes[b], mask);
	for (size_t i = 0; i < p->num_points; i++) {
		uint32_t class = p->class_of[p->points[i].rule];

		met += count_at(p, &p->points[i].key, mask)->count;
		own += class == a || class == b;
	}
	/* The rule that a point was made of is met once, the others stand for many. */
	return ASK +
	       p->compare * ((double)(met - own) * p->scale + (double)own) / (double)p->num_points;
}

static struct flow_key common(const struct flow_key *a, const struct flow_key *b)
{
	struct flow_key mask;

	for (unsigned int w = 0; w < FLOW_KEY_WORDS; w++)
		mask.word[w] = a->word[w] & b->word[w];
	return mask;
}

/* --- classes --- */

static void append(struct planner *p, struct class *class, uint32_t rule)
{
	p->rules[rule].next = UINT32_MAX;
	if (class->rules == UINT32_MAX)
		class->rules = rule;
	else
		p->rules[class->last].next = rule;
	class->last = rule;
	class->count++;
}

static unsigned int bits_in_common(const struct flow_key *a, const struct flow_key *b)
{
	unsigned int bits = 0;

	for (unsigned int w = 0; w < FLOW_KEY_WORDS; w++)
		bits += (unsigned int)__builtin_popcountll(a->word[w] & b->word[w]);
	return bits;
}

/* The class of that mask, a new one, or, when there are too many, the most alike. */
static uint32_t class_for(struct planner *p, const struct flow_key *mask)
{
	unsigned int most = 0;
	uint32_t best = 0;

	for (uint32_t c = 0; c < p->num_classes; c++)
		if (!memcmp(&p->classes[c].mask, mask, sizeof(*mask)))
			return c;
	if (p->num_classes < CLASSES) {
		p->classes[p->num_classes] = (struct class){.mask = *mask, .rules = UINT32_MAX};
		return (uint32_t)p->num_classes++;
	}
	for (uint32_t c = 0; c < p->num_classes; c++) {
		unsigned int bits = bits_in_common(&p->classes[c].mask, mask);

		if (bits > most) {
			most = bits;
			best = c;
		}
	}
	return best;
}

static void make_classes(struct planner *p)
{
	for (uint32_t r = 0; r < p->num_rules; r++) {
		uint32_t c = class_for(p, &p->rules[r].mask);

		p->class_of[r] = c;
		p->classes[c].mask = common(&p->classes[c].mask, &p->rules[r].mask);
		append(p, &p->classes[c], r);
	}
	for (uint32_t c = 0; c < p->num_classes; c++)
		p->classes[c].cost = cost_of(p, c, c, &p->classes[c].mask);
}

static void weigh(struct planner *p, uint32_t a, uint32_t b)
{
	struct flow_key mask = common(&p->classes[a].mask, &p->classes[b].mask);

	p->gain[a][b] = p->gain[b][a] =
		p->classes[a].cost + p->classes[b].cost - cost_of(p, a, b, &mask);
}

/* The class b is empty from now on. */
static void merge(struct planner *p, uint32_t a, uint32_t b)
{
	struct class *to = &p->classes[a], *from = &p->classes[b];

	to->mask = common(&to->mask, &from->mask);
	for (uint32_t r = from->rules, next; r != UINT32_MAX; r = next) {
		next = p->rules[r].next;
		p->class_of[r] = a;
		append(p, to, r);
	}
	from->count = 0;
	to->cost = cost_of(p, a, a, &to->mask);
	for (uint32_t c = 0; c < p->num_classes; c++)
		if (c != a && p->classes[c].count)
			weigh(p, a, c);
}

static bool best_pair(const struct planner *p, uint32_t *a, uint32_t *b)
{
	bool found = false;

	for (uint32_t i = 0; i < p->num_classes; i++)
		for (uint32_t j = i + 1; p->classes[i].count && j < p->num_classes; j++) {
			if (!p->classes[j].count || (found && p->gain[i][j] <= p->gain[*a][*b]))
				continue;
			*a = i;
			*b = j;
			found = true;
		}
	return found;
}

static void merge_what_pays(struct planner *p)
{
	size_t left = p->num_classes;
	uint32_t a, b;

	for (uint32_t i = 0; i < p->num_classes; i++)
		for (uint32_t j = i + 1; j < p->num_classes; j++)
			weigh(p, i, j);
	while (best_pair(p, &a, &b) && (p->gain[a][b] > 0 || left >= TUPLES_TABLES)) {
		merge(p, a, b);
		left--;
	}
}

/* --- the result --- */

static struct flow_key unpacked(const struct planner *p, const struct flow_key *key)
{
	struct flow_key to = {0};

	for (unsigned int w = 0; w < p->num_words; w++)
		to.word[p->words[w]] = key->word[w];
	return to;
}

/* How well a mask tells packets apart. */
static uint32_t different(struct planner *p, const struct flow_key *mask)
{
	uint32_t different = 0;

	p->round++;
	for (size_t i = 0; i < p->num_points; i++)
		different += !count_at(p, &p->points[i].key, mask)->count++;
	return different;
}

static void name_masks(const struct planner *p, uint32_t class, uint32_t data)
{
	for (uint32_t r = p->classes[class].rules; r != UINT32_MAX; r = p->rules[r].next) {
		const struct tuples_record *record = tuples_record(p->tcam, p->rules[r].number);

		if (!tuples_further(record))
			tuples_name(&p->tcam->mask_names, record->mask & TUPLES_NUMBER)->data =
				data;
	}
}

int tuples_plan(struct tcam *tcam, uint32_t id, struct flow_key masks[TUPLES_TABLES],
		uint32_t weights[TUPLES_TABLES])
{
	struct planner *p = calloc(1, sizeof(*p));
	struct random r = {id};
	uint32_t tables = 0;
	bool has_empty = false;

	if (!p)
		return -ENOMEM;
	p->tcam = tcam;
	find_words(p);
	take_sample(p, &r);
	take_points(p, &r);
	make_classes(p);
	merge_what_pays(p);
	for (uint32_t c = 0; c < p->num_classes; c++) {
		if (!p->classes[c].count)
			continue;
		masks[tables] = unpacked(p, &p->classes[c].mask);
		weights[tables] = different(p, &p->classes[c].mask) * 1024 +
				  bits_in_common(&masks[tables], &masks[tables]);
		has_empty |= !flow_key_chunks(&masks[tables]);
		name_masks(p, c, id << 8 | tables);
		tables++;
	}
	if (!has_empty) {
		masks[tables] = (struct flow_key){0};
		weights[tables++] = 0;
	}
	free(p);
	return (int)tables;
}
