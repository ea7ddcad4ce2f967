/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "meet_tree.h"

#include <stdlib.h>
#include <string.h>

enum {
	LEAF_MAX = 8,
	DEPTH_MAX = 64,
	SAMPLE = 512, /* entries of which a node's bit is chosen */
	WORD_BITS = 64,
	BITS = FLOW_KEY_WORDS * WORD_BITS,
};

enum branch { WANTS_0, WANTS_1, ANY, BRANCHES };

struct meet_node {
	size_t first, end; /* places below it */
	size_t smallest;
	size_t below[BRANCHES]; /* nodes; SIZE_MAX: none. A leaf has none at all */
	uint64_t bit;           /* 0: a leaf */
	size_t word;
};

/* While it is built. */
struct growth {
	struct meet_tree *tree;
	size_t *scratch;
	uint32_t zeros[BITS], ones[BITS];
};

static const uint64_t *value_at(const struct meet_tree *tree, size_t place)
{
	return lint_value(tree->lint, tree->entries[place]);
}

static const uint64_t *mask_at(const struct meet_tree *tree, size_t place)
{
	return lint_mask(tree->lint, tree->entries[place]);
}

static enum branch branch_of(const uint64_t *value, const uint64_t *mask,
			     const struct meet_node *node)
{
	if (!(mask[node->word] & node->bit))
		return ANY;
	return value[node->word] & node->bit ? WANTS_1 : WANTS_0;
}

/* --- building --- */

static void count_bits(struct growth *growth, const struct meet_node *node, size_t step)
{
	const struct meet_tree *tree = growth->tree;
	size_t words = tree->lint->num_words;

	memset(growth->zeros, 0, words * WORD_BITS * sizeof(growth->zeros[0]));
	memset(growth->ones, 0, words * WORD_BITS * sizeof(growth->ones[0]));
	for (size_t i = node->first; i < node->end; i += step) {
		const uint64_t *value = value_at(tree, tree->places[i]);
		const uint64_t *mask = mask_at(tree, tree->places[i]);

		for (size_t w = 0; w < words; w++)
			for (uint64_t left = mask[w]; left; left &= left - 1) {
				size_t bit = w * WORD_BITS + (size_t)__builtin_ctzll(left);

				if (value[w] & left & -left)
					growth->ones[bit]++;
				else
					growth->zeros[bit]++;
			}
	}
}

/*
 * Each pair that a bit keeps apart counts; less so where it tells only that the one which does not
 * look at the bit is not covered by the other.
 */
static bool choose_bit(struct growth *growth, struct meet_node *node, size_t step)
{
	uint64_t best = 0, seen = (node->end - node->first + step - 1) / step;

	count_bits(growth, node, step);
	for (size_t i = 0; i < growth->tree->lint->num_words * WORD_BITS; i++) {
		uint64_t zeros = growth->zeros[i], ones = growth->ones[i];
		uint64_t score = 8 * zeros * ones + (zeros + ones) * (seen - zeros - ones);

		if (score <= best)
			continue;
		best = score;
		node->word = i / WORD_BITS;
		node->bit = UINT64_C(1) << i % WORD_BITS;
	}
	return best > 0;
}

/* Orders the node's places by branch, and else as they were. ends: where each branch ends. */
static void part(struct growth *growth, const struct meet_node *node, size_t ends[BRANCHES])
{
	const struct meet_tree *tree = growth->tree;
	size_t count = node->end - node->first, next = node->first;

	memcpy(growth->scratch, tree->places + node->first, count * sizeof(*tree->places));
	for (int branch = 0; branch < BRANCHES; branch++) {
		for (size_t i = 0; i < count; i++) {
			size_t place = growth->scratch[i];

			if ((int)branch_of(value_at(tree, place), mask_at(tree, place), node) ==
			    branch)
				tree->places[next++] = place;
		}
		ends[branch] = next;
	}
}

/* SIZE_MAX: memory is out. */
static size_t add_node(struct meet_tree *tree, size_t first, size_t end)
{
	struct meet_node *grown;

	if (tree->used == tree->room) {
		size_t room = tree->room ? 2 * tree->room : 64;

		grown = reallocarray(tree->nodes, room, sizeof(*grown));
		if (!grown)
			return SIZE_MAX;
		tree->nodes = grown;
		tree->room = room;
	}
	/* The first one is the smallest: their order is kept. */
	tree->nodes[tree->used] = (struct meet_node){.first = first,
						     .end = end,
						     .smallest = tree->places[first],
						     .below = {SIZE_MAX, SIZE_MAX, SIZE_MAX}};
	return tree->used++;
}

/* The node's number. SIZE_MAX: memory is out. */
static size_t grow(struct growth *growth, size_t first, size_t end, int depth)
{
	struct meet_tree *tree = growth->tree;
	size_t number = add_node(tree, first, end), ends[BRANCHES], from = first;
	size_t step = (end - first) / SAMPLE + 1;
	struct meet_node node;

	if (number == SIZE_MAX || end - first <= LEAF_MAX || depth == DEPTH_MAX)
		return number;
	node = tree->nodes[number];
	if (!choose_bit(growth, &node, step) && (step == 1 || !choose_bit(growth, &node, 1)))
		return number;
	part(growth, &node, ends);
	for (int branch = 0; branch < BRANCHES; from = ends[branch++]) {
		if (ends[branch] == from)
			continue;
		node.below[branch] = grow(growth, from, ends[branch], depth + 1);
		if (node.below[branch] == SIZE_MAX)
			return SIZE_MAX;
	}
	tree->nodes[number] = node;
	return number;
}

bool meet_tree_open(struct meet_tree *tree, const struct lint *lint, const size_t *entries,
		    size_t count, bool (*leave_out)(const struct lint_entry *entry))
{
	struct growth growth = {.tree = tree};
	size_t kept = 0;
	bool good;

	*tree = (struct meet_tree){.lint = lint, .entries = entries};
	tree->places = calloc(count + 1, sizeof(*tree->places));
	growth.scratch = calloc(count + 1, sizeof(*growth.scratch));
	good = tree->places && growth.scratch;
	for (size_t i = 0; i < count && good; i++)
		if (!leave_out(&lint->entries[entries[i]]))
			tree->places[kept++] = i;
	if (good && kept)
		good = grow(&growth, 0, kept, 0) != SIZE_MAX;
	free(growth.scratch);
	return good;
}

void meet_tree_close(struct meet_tree *tree)
{
	free(tree->places);
	free(tree->nodes);
	*tree = (struct meet_tree){0};
}

/* --- asking --- */

struct question {
	struct meet_tree *tree;
	const uint64_t *value, *mask;
	const struct model_table *table;
	size_t before; /* only places before this one are of interest */
	bool (*visit)(void *context, size_t entry);
	void *context;
	bool ended;
};

static struct question ask(struct meet_tree *tree, size_t place)
{
	return (struct question){.tree = tree,
				 .value = value_at(tree, place),
				 .mask = mask_at(tree, place),
				 .table = tree->lint->entries[tree->entries[place]].table,
				 .before = place};
}

static bool is_of_table(const struct question *question, size_t entry)
{
	return question->tree->lint->entries[entry].table == question->table;
}

/* What covers it asks for none of the bits that it does not ask for. */
static void find_cover(struct question *question, size_t number)
{
	const struct meet_tree *tree = question->tree;
	const struct meet_node *node = &tree->nodes[number];
	size_t words = tree->lint->num_words;
	enum branch own;

	question->tree->looks++;
	if (node->bit) {
		own = branch_of(question->value, question->mask, node);
		if (node->below[ANY] != SIZE_MAX &&
		    tree->nodes[node->below[ANY]].smallest < question->before)
			find_cover(question, node->below[ANY]);
		if (own != ANY && node->below[own] != SIZE_MAX &&
		    tree->nodes[node->below[own]].smallest < question->before)
			find_cover(question, node->below[own]);
		return;
	}
	for (size_t i = node->first; i < node->end; i++) {
		size_t place = tree->places[i];

		if (place >= question->before)
			return;
		question->tree->looks++;
		if (is_of_table(question, tree->entries[place]) &&
		    region_covers(value_at(tree, place), mask_at(tree, place), question->value,
				  question->mask, words))
			question->before = place;
	}
}

size_t meet_tree_cover(struct meet_tree *tree, size_t place)
{
	struct question question = ask(tree, place);

	if (tree->used)
		find_cover(&question, 0);
	return question.before == place ? SIZE_MAX : question.before;
}

static void visit_leaf(struct question *question, const struct meet_node *node)
{
	struct meet_tree *tree = question->tree;

	for (size_t i = node->first; i < node->end && !question->ended; i++) {
		size_t place = tree->places[i], entry = tree->entries[place];

		if (place >= question->before)
			return;
		tree->looks++;
		if (is_of_table(question, entry) &&
		    region_meet(value_at(tree, place), mask_at(tree, place), question->value,
				question->mask, tree->lint->num_words))
			question->ended = !question->visit(question->context, entry);
	}
}

static void visit_below(struct question *question, size_t number)
{
	const struct meet_tree *tree = question->tree;
	const struct meet_node *node = &tree->nodes[number];
	enum branch own;

	question->tree->looks++;
	if (!node->bit) {
		visit_leaf(question, node);
		return;
	}
	own = branch_of(question->value, question->mask, node);
	for (int branch = 0; branch < BRANCHES && !question->ended; branch++) {
		size_t below = node->below[branch];

		if (below != SIZE_MAX && (own == ANY || branch == ANY || branch == (int)own) &&
		    tree->nodes[below].smallest < question->before)
			visit_below(question, below);
	}
}

void meet_tree_visit(struct meet_tree *tree, size_t place,
		     bool (*visit)(void *context, size_t entry), void *context)
{
	struct question question = ask(tree, place);

	question.visit = visit;
	question.context = context;
	if (tree->used)
		visit_below(&question, 0);
}
