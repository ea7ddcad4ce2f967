/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which tables? Clustering of the rules' masks.
 *
 * A table asks for a mask that all its rules have in common; the fewer tables, the fewer places a
 * packet asks, and the less their masks tell rules apart, so the longer the lists. All masks begin
 * in classes: a mask of many rules in one of its own, others together with those that are alike
 * when prefixes are rounded down to whole nibbles or bytes, or at least look at the same fields.
 * The two classes whose union under their common mask costs least are merged, until that does not
 * pay any more. The cost of a class is that of asking it plus that of the records that a packet
 * meets there. It is counted with a sample of the rules and with made-up packets: points inside of
 * one sampled rule and, where that leaves bits open, mostly of another.
 *
 * So a plan takes some milliseconds whatever the number of rules.
 */
#include "tuples_plan.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* In cycles: asking a table whose slots are in the nearest cache, comparing a record there. */
static const double ASK = 5, COMPARE = 20;
/* What is added where a table, or all records together, are beyond the second and third. */
static const double ASK_L2 = 2, ASK_L3 = 8, COMPARE_L2 = 6, COMPARE_L3 = 25;
enum { RECORDS_L1 = 1000, RECORDS_L2 = 10000, TABLE_L1 = 2000, TABLE_L2 = 20000 };

static struct flow_key unpacked(const struct planner *p, const struct flow_key *key)
{
	struct flow_key to = {0};

	for (unsigned int w = 0; w < p->num_words; w++)
		to.word[p->words[w]] = key->word[w];
	return to;
}

static void find_words(struct planner *p)
{
	for (unsigned int w = 0; w < FLOW_KEY_WORDS; w++)
		if (p->tcam->used->bits.word[w])
			p->words[p->num_words++] = w;
}

/* --- the sample --- */

static void take_rule(struct planner *p, uint32_t number, uint16_t class)
{
	const struct tcam *tcam = p->tcam;
	uint32_t mask = tuples_record(tcam, number)->mask & TUPLES_NUMBER;
	struct flow_key value = tuples_store_value(tcam, number);

	if (p->num_rules == RULES)
		return;
	p->rules[p->num_rules++] = (struct rule){
		.value = packed(p, &value),
		.mask = packed(p, &tcam->whole_masks[mask]),
		.record = number,
		.class = class,
	};
}

/* Of each class one rule of so many, drawn within each stretch. */
static void take_sample(struct planner *p)
{
	const struct tcam *tcam = p->tcam;
	size_t all = tcam->count - tcam->hidden + 1;
	size_t sample = tcam->rough ? SAMPLE_ROUGH : SAMPLE_USE;

	sample = all < MANY ? sample : SAMPLE;

	for (size_t c = 0; c < p->num_classes; c++) {
		size_t quota = p->classes[c].count * sample / all;

		quota = quota < LEAST ? LEAST : quota;
		p->classes[c].stride = p->classes[c].count / quota + 1;
		p->classes[c].count = p->classes[c].seen = 0;
	}
	for (uint32_t n = tuples_store_from(tcam, 1); n; n = tuples_store_from(tcam, n + 1)) {
		uint16_t c = tuples_mask_name(tcam, n)->data & 0xff;
		struct cluster *class = &p->classes[c];

		if (!(tcam->colds[n].flags & TUPLES_LINKED) || tcam->colds[n].flags & TUPLES_DEAD)
			continue;
		p->live++;
		class->count++;
		if (!class->seen--) {
			class->seen = random_below(&p->random, 2 * class->stride - 1);
			take_rule(p, n, c);
		}
	}
}

/* The rules of each class, in their order. */
static void chain_sample(struct planner *p)
{
	for (uint16_t c = 0; c < p->num_classes; c++)
		p->classes[c].rules = NONE;
	for (size_t r = p->num_rules; r--;) {
		struct rule *rule = &p->rules[r];

		rule->class = tuples_mask_name(p->tcam, rule->record)->data & 0xff;
		rule->next = p->classes[rule->class].rules;
		p->classes[rule->class].rules = (uint16_t)r;
	}
}

static int by_order(const void *a, const void *b, void *records)
{
	const struct tuples_record *x =
		(const struct tuples_record *)records + ((const struct rule *)a)->record;
	const struct tuples_record *y =
		(const struct tuples_record *)records + ((const struct rule *)b)->record;

	return tuples_before(x, y) ? -1 : tuples_before(y, x);
}

/* In their order, with their weights. */
static void arrange_sample(struct planner *p)
{
	size_t taken[CLASSES] = {0};

	qsort_r(p->rules, p->num_rules, sizeof(p->rules[0]), by_order, (void *)p->tcam->records);
	for (size_t r = 0; r < p->num_rules; r++)
		taken[p->rules[r].class]++;
	for (size_t r = 0; r < p->num_rules; r++) {
		uint16_t c = p->rules[r].class;

		p->rules[r].weight = (float)p->classes[c].count / (float)taken[c];
	}
	p->compare = COMPARE + (p->live > RECORDS_L1 ? COMPARE_L2 : 0) +
		     (p->live > RECORDS_L2 ? COMPARE_L3 : 0);
}

static void make_point(struct planner *p, uint16_t rule)
{
	const struct rule *in = &p->rules[rule];
	const struct rule *near = &p->rules[random_below(&p->random, p->num_rules)];
	struct point *point = &p->points[p->num_points++];

	point->rule = rule;
	for (unsigned int w = 0; w < p->num_words; w++)
		point->key.word[w] =
			in->value.word[w] | (near->value.word[w] & ~in->mask.word[w]) |
			(random_u64(&p->random) & ~in->mask.word[w] & ~near->mask.word[w]);
}

/* A packet of the kind that a rule is for, with whatever addresses and ports. */
static void make_stray(struct planner *p, uint16_t rule)
{
	struct point *point = &p->points[p->num_points];

	make_point(p, rule);
	point->rule = (uint16_t)p->num_rules;
	for (unsigned int w = 0; w < p->num_words; w++)
		if (p->words[w] > 1)
			point->key.word[w] = random_u64(&p->random);
}

/* Rules by their weight: each time that the sum of weights passes the next mark. */
static void take_points(struct planner *p)
{
	size_t few = p->tcam->rough ? POINTS_ROUGH : POINTS_USE;
	size_t points = (p->live < MANY ? few : POINTS) - STRAY;
	double step = (double)p->live / (double)points, sum = 0;

	for (size_t r = 0; r < p->num_rules; r++) {
		sum += (double)p->rules[r].weight;
		while (p->num_points < points && sum > step * (double)p->num_points)
			make_point(p, (uint16_t)r);
	}
	for (size_t i = 0; i < STRAY && p->num_rules; i++)
		make_stray(p, (uint16_t)random_below(&p->random, p->num_rules));
}

/* Rules and points for the classes as they are. */
static void draw(struct planner *p)
{
	p->num_rules = p->num_points = p->live = 0;
	take_sample(p);
	arrange_sample(p);
	take_points(p);
}

/* --- what a class costs --- */

static struct counted *count_at(struct planner *p, const struct flow_key *key,
				const struct flow_key *mask)
{
	uint64_t hash = 1;

	/* Each word has a factor of its own, so that the products do not wait for one another. */
	for (unsigned int w = 0; w < p->num_words; w++) {
		uint64_t word =
			(key->word[w] & mask->word[w]) * (UINT64_C(0x9e3779b97f4a7c15) + 2 * w);

		hash += word ^ word >> 32;
	}
	hash *= UINT64_C(0xd6e8feb86659fd93);
	for (size_t i = hash >> 40;; i++) {
		struct counted *at = &p->counted[i % HASH_SLOTS];

		if (at->round != p->round)
			*at = (struct counted){.hash = hash, .round = p->round};
		if (at->hash == hash)
			return at;
	}
}

static double ask_cost(size_t records)
{
	return ASK + (records > TABLE_L1 ? ASK_L2 : 0) + (records > TABLE_L2 ? ASK_L3 : 0);
}

/* The next rule of two chains; NONE at their ends. */
static uint16_t next_of(const struct planner *p, uint16_t *a, uint16_t *b)
{
	uint16_t *from = *a < *b ? a : b, rule = *from;

	if (rule != NONE)
		*from = p->rules[rule].next;
	return rule;
}

/*
 * What a packet costs, where the rules of one or two classes have this mask. A look-up compares the
 * records of a list that come before the rule that decides, and one more.
 */
static double cost_of(struct planner *p, uint16_t a, uint16_t b, const struct flow_key *mask)
{
	size_t records = p->classes[a].count + (a == b ? 0 : p->classes[b].count);
	uint16_t in_a = p->classes[a].rules, in_b = a == b ? NONE : p->classes[b].rules;
	uint16_t rule = next_of(p, &in_a, &in_b);
	double met = 0;
	struct counted *unmet[POINTS];

	p->round++;
	for (size_t i = 0; i < p->num_points; i++) {
		struct counted *at;

		for (; rule < p->points[i].rule; rule = next_of(p, &in_a, &in_b))
			count_at(p, &p->rules[rule].value, mask)->weight += p->rules[rule].weight;
		at = count_at(p, &p->points[i].key, mask);
		unmet[i] = at->weight > 0 ? NULL : at;
		met += (double)at->weight;
	}
	for (; rule != NONE; rule = next_of(p, &in_a, &in_b))
		count_at(p, &p->rules[rule].value, mask)->weight += p->rules[rule].weight;
	for (size_t i = 0; i < p->num_points; i++)
		met += unmet[i] && unmet[i]->weight > 0;
	/*
	 * A merge is chosen because it looks cheap in the sample, and is dearer by about one rule
	 * that was not in it.
	 */
	if (a != b)
		met += (double)p->live / (double)p->num_rules;
	return ask_cost(records) + p->compare * met / (double)p->num_points;
}

/* --- merging --- */

static void weigh(struct planner *p, uint16_t a, uint16_t b)
{
	struct flow_key mask = p->classes[a].mask;

	keep_common(&mask, &p->classes[b].mask);
	p->gain[a][b] = p->gain[b][a] =
		p->classes[a].cost + p->classes[b].cost - cost_of(p, a, b, &mask);
}

static bool is_left(const struct planner *p, uint16_t c)
{
	return p->classes[c].merged == c;
}

static void merge(struct planner *p, uint16_t a, uint16_t b)
{
	struct cluster *to = &p->classes[a], *from = &p->classes[b];
	uint16_t in_a = to->rules, in_b = from->rules;

	keep_common(&to->mask, &from->mask);
	for (uint16_t *at = &to->rules;; at = &p->rules[*at].next) {
		*at = next_of(p, &in_a, &in_b);
		if (*at == NONE)
			break;
		p->rules[*at].class = a;
	}
	to->count += from->count;
	from->merged = a;
	to->cost = cost_of(p, a, a, &to->mask);
	for (uint16_t c = 0; c < p->num_classes; c++)
		if (c != a && is_left(p, c))
			weigh(p, a, c);
}

static bool best_pair(const struct planner *p, uint16_t *a, uint16_t *b)
{
	bool found = false;

	for (uint16_t i = 0; i < p->num_classes; i++)
		for (uint16_t j = (uint16_t)(i + 1); is_left(p, i) && j < p->num_classes; j++) {
			if (!is_left(p, j) || (found && p->gain[i][j] <= p->gain[*a][*b]))
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
	uint16_t a, b;

	chain_sample(p);
	for (uint16_t c = 0; c < p->num_classes; c++)
		p->classes[c].cost = cost_of(p, c, c, &p->classes[c].mask);
	for (uint16_t i = 0; i < p->num_classes; i++)
		for (uint16_t j = (uint16_t)(i + 1); j < p->num_classes; j++)
			weigh(p, i, j);
	while (best_pair(p, &a, &b) && (p->gain[a][b] > 0 || left >= TUPLES_TABLES)) {
		merge(p, a, b);
		left--;
	}
}

/* --- once more --- */

/* Did merging leave a class in which packets meet more than they should? */
static bool is_costly(const struct planner *p, uint16_t c)
{
	return p->classes[c].cost > 2 * ask_cost(p->classes[c].count) + p->compare / 2;
}

/*
 * The masks of costly classes are grouped anew, now that there is room for more classes; the others
 * stay together. False where nothing is costly.
 */
static bool regroup(struct planner *p)
{
	const struct tuples_names *names = &p->tcam->mask_names;
	uint16_t to[CLASSES], kept = 0;
	size_t count = p->num_classes;

	for (uint16_t c = 0; c < count; c++) {
		uint16_t root = c;

		while (!is_left(p, root))
			root = p->classes[root].merged;
		to[c] = root;
	}
	for (uint32_t m = 1; m < names->top; m++)
		if (tuples_name(names, m)->uses) {
			uint16_t c = to[tuples_name(names, m)->data & 0xff];

			if (is_costly(p, c))
				p->graded[p->num_graded++].mask = m;
			tuples_name(names, m)->data = p->id << 8 | c;
		}
	if (!p->num_graded)
		return false;
	for (uint16_t c = 0; c < count; c++) {
		if (!is_left(p, c) || is_costly(p, c))
			continue;
		to[c] = kept;
		p->classes[kept] = p->classes[c];
		p->classes[kept].merged = kept;
		kept++;
	}
	for (uint32_t m = 1; m < names->top; m++)
		if (tuples_name(names, m)->uses)
			tuples_name(names, m)->data =
				p->id << 8 | to[tuples_name(names, m)->data & 0xff];
	p->num_classes = kept;
	planner_group(p, CLASSES);
	return true;
}

/* A partition of the masks into classes, to go back to. */
struct kept {
	size_t num_classes;
	double cost;
	struct cluster classes[CLASSES];
	uint8_t *class_of; /* by mask */
};

static void keep(const struct planner *p, struct kept *kept)
{
	kept->num_classes = p->num_classes;
	kept->cost = 0;
	memcpy(kept->classes, p->classes, sizeof(p->classes));
	for (uint16_t c = 0; c < p->num_classes; c++)
		kept->cost += is_left(p, c) ? p->classes[c].cost : 0;
	for (uint32_t m = 1; m < p->tcam->mask_names.top; m++)
		kept->class_of[m] = (uint8_t)tuples_name(&p->tcam->mask_names, m)->data;
}

static void go_back(struct planner *p, const struct kept *kept)
{
	p->num_classes = kept->num_classes;
	memcpy(p->classes, kept->classes, sizeof(p->classes));
	for (uint32_t m = 1; m < p->tcam->mask_names.top; m++)
		tuples_name(&p->tcam->mask_names, m)->data = p->id << 8 | kept->class_of[m];
}

/* Groups costly classes anew while that makes the whole cheaper. */
static int refine(struct planner *p)
{
	struct kept *best = calloc(2, sizeof(*best)), *now;
	int error = -ENOMEM;

	if (!best)
		return -ENOMEM;
	now = best + 1;
	best->class_of = calloc(p->tcam->mask_names.top, 2);
	if (!best->class_of)
		goto out;
	now->class_of = best->class_of + p->tcam->mask_names.top;
	keep(p, best);
	for (int round = 0; round < REGROUPINGS && regroup(p); round++) {
		draw(p);
		merge_what_pays(p);
		keep(p, now);
		if (now->cost >= best->cost) {
			go_back(p, best);
			break;
		}
		keep(p, best);
	}
	error = 0;
out:
	free(best->class_of);
	free(best);
	return error;
}

/* --- the result --- */

/* How well a mask tells packets apart. */
static uint32_t different(struct planner *p, const struct flow_key *mask)
{
	uint32_t different = 0;

	p->round++;
	for (size_t i = 0; i < p->num_points; i++) {
		struct counted *at = count_at(p, &p->points[i].key, mask);

		different += at->weight == 0;
		at->weight = 1;
	}
	return different;
}

static void name_masks(struct planner *p)
{
	for (uint32_t m = 1; m < p->tcam->mask_names.top; m++) {
		struct tuples_name *name = tuples_name(&p->tcam->mask_names, m);
		uint16_t c = name->data & 0xff;

		if (!name->uses)
			continue;
		while (!is_left(p, c))
			c = p->classes[c].merged;
		name->data = p->id << 8 | p->classes[c].table;
	}
}

static uint32_t make_tables(struct planner *p, struct flow_key *masks, uint32_t *weights)
{
	uint32_t tables = 0;
	bool has_empty = false;

	for (uint16_t c = 0; c < p->num_classes; c++) {
		if (!is_left(p, c))
			continue;
		masks[tables] = unpacked(p, &p->classes[c].mask);
		weights[tables] =
			different(p, &p->classes[c].mask) * 1024 + bits_of(&p->classes[c].mask);
		has_empty |= !flow_key_chunks(&masks[tables]);
		p->classes[c].table = tables++;
	}
	if (!has_empty) {
		masks[tables] = (struct flow_key){0};
		weights[tables++] = 0;
	}
	return tables;
}

int tuples_plan(struct tcam *tcam, uint32_t id, struct flow_key masks[TUPLES_TABLES],
		uint32_t weights[TUPLES_TABLES])
{
	struct planner *p = calloc(1, sizeof(*p));
	uint32_t tables = 0;
	int error;

	if (!p)
		return -ENOMEM;
	p->tcam = tcam;
	p->id = id;
	p->random.state = id;
	find_words(p);
	error = planner_classes(p);
	if (error)
		goto out;
	draw(p);
	merge_what_pays(p);
	error = refine(p);
	if (error)
		goto out;
	tables = make_tables(p, masks, weights);
	name_masks(p);
out:
	free(p->graded);
	free(p->groups);
	free(p);
	return error ? error : (int)tables;
}
