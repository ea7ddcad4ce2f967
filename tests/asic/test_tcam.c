/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Every table behind tcam.h has to pass these: exhaustively over two fields of two bits, and in
 * lockstep with a list that is searched from end to end.
 */
#include <nicemu/asic/tcam.h>
#include <nicemu/base/random.h>

#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const struct tcam_ops *const *const tables = tcam_engines;
enum { KEYS = 16, TERNARY = 81 };

/* Four bits spread over two words: two fields of two bits. */
static struct flow_key spread(unsigned int bits)
{
	struct flow_key key = {0};

	key.word[2] = (uint64_t)(bits & 3) << 62;
	key.word[9] = (uint64_t)(bits >> 2 & 3) << 15;
	return key;
}

/* The nth of 3^4 patterns: a digit per bit, 0, 1 or any. */
static void pattern(unsigned int nth, unsigned int *value, unsigned int *mask)
{
	*value = *mask = 0;
	for (int bit = 0; bit < 4; bit++, nth /= 3) {
		*mask |= (nth % 3 != 2) << bit;
		*value |= (nth % 3 == 1) << bit;
	}
}

static struct tcam_rule rule_of(unsigned int value, unsigned int mask, uint32_t priority)
{
	return (struct tcam_rule){
		.value = spread(value), .mask = spread(mask), .priority = priority};
}

static void search_table(const struct tcam_ops *ops, struct tcam *tcam, const struct flow_key *keys,
			 struct tcam_entry **found, size_t count)
{
	static struct flow_batch batch;
	struct tcam_view view;

	ops->commit(tcam);
	ops->view(tcam, &view);
	for (size_t i = 0; i < count; i++)
		flow_batch_set(&batch, i, &keys[i], view.chunks);
	ops->lookup(tcam, &view, &batch, found, count);
}

static struct tcam_entry *look_up(const struct tcam_ops *ops, struct tcam *tcam, unsigned int bits)
{
	struct flow_key key = spread(bits);
	struct tcam_entry *found;

	search_table(ops, tcam, &key, &found, 1);
	return found;
}

Test(tcam, every_value_and_mask_against_every_key)
{
	for (int t = 0; tables[t]; t++) {
		struct tcam *tcam = tables[t]->create(0);

		for (unsigned int mask = 0; mask < KEYS; mask++)
			for (unsigned int value = 0; value < KEYS; value++) {
				struct tcam_rule rule = rule_of(value, mask, 1);
				struct tcam_entry entry = {0};

				cr_assert_eq(tables[t]->insert(tcam, &entry, &rule), 0);
				for (unsigned int key = 0; key < KEYS; key++)
					cr_assert_eq(!!look_up(tables[t], tcam, key),
						     ((key ^ value) & mask) == 0,
						     "%s value %x mask %x key %x", tables[t]->name,
						     value, mask, key);
				cr_assert_eq(tables[t]->remove(tcam, &entry), 0);
			}
		tables[t]->destroy(tcam);
	}
}

static void check_pair(const struct tcam_ops *ops, struct tcam *tcam, unsigned int i,
		       unsigned int j, int order)
{
	unsigned int value[2], mask[2];
	struct tcam_entry entries[2] = {0};
	struct tcam_rule rules[2];
	int first = order > 0; /* which of the two decides where both match */

	pattern(i, &value[0], &mask[0]);
	pattern(j, &value[1], &mask[1]);
	rules[0] = rule_of(value[0], mask[0], (uint32_t)(5 + order));
	rules[1] = rule_of(value[1], mask[1], 5);
	cr_assert_eq(ops->insert(tcam, &entries[0], &rules[0]), 0);
	cr_assert_eq(ops->insert(tcam, &entries[1], &rules[1]), 0);
	for (unsigned int key = 0; key < KEYS; key++) {
		struct tcam_entry *want = NULL;

		for (int k = 0; k < 2 && !want; k++)
			if (!((key ^ value[k ^ first]) & mask[k ^ first]))
				want = &entries[k ^ first];
		cr_assert_eq(look_up(ops, tcam, key), want, "%s %u %u order %d key %x", ops->name,
			     i, j, order, key);
	}
	cr_assert_eq(ops->remove(tcam, &entries[0]), 0);
	cr_assert_eq(ops->remove(tcam, &entries[1]), 0);
}

Test(tcam, every_pair_of_patterns_in_every_order)
{
	for (int t = 0; tables[t]; t++) {
		struct tcam *tcam = tables[t]->create(0);

		for (unsigned int i = 0; i < TERNARY; i++)
			for (unsigned int j = 0; j < TERNARY; j++)
				for (int order = -1; order <= 1; order++)
					check_pair(tables[t], tcam, i, j, order);
		cr_assert_eq(tables[t]->count(tcam), 0);
		tables[t]->destroy(tcam);
	}
}

Test(tcam, what_is_not_in_the_table_is_enoent)
{
	for (int t = 0; tables[t]; t++) {
		struct tcam *tcam = tables[t]->create(0);
		struct tcam_rule rule = rule_of(1, 15, 5), to = rule_of(2, 15, 5);
		struct tcam_entry in = {0}, twin;

		cr_assert_eq(tables[t]->remove(tcam, &in), -ENOENT);
		cr_assert_eq(tables[t]->update(tcam, &in, &to), -ENOENT);
		cr_assert_eq(tables[t]->insert(tcam, &in, &rule), 0);
		twin = in;
		cr_assert_eq(tables[t]->remove(tcam, &twin), -ENOENT);
		cr_assert_eq(tables[t]->update(tcam, &twin, &to), -ENOENT);
		cr_assert_eq(tables[t]->count(tcam), 1);
		cr_assert_eq(tables[t]->remove(tcam, &in), 0);
		cr_assert_eq(tables[t]->remove(tcam, &in), -ENOENT);
		tables[t]->destroy(tcam);
		tables[t]->destroy(NULL);
	}
}

Test(tcam, an_update_keeps_arrival_and_owner)
{
	for (int t = 0; tables[t]; t++) {
		struct tcam *tcam = tables[t]->create(0);
		struct tcam_rule all = rule_of(0, 0, 5), to = rule_of(3, 3, 5);
		struct tcam_entry b = {0}, a = {.owner = &b};

		cr_assert_eq(tables[t]->insert(tcam, &a, &all), 0);
		cr_assert_eq(tables[t]->insert(tcam, &b, &all), 0);
		cr_assert_eq(tables[t]->update(tcam, &a, &to), 0);
		cr_assert_eq(a.owner, &b);
		cr_assert_eq(look_up(tables[t], tcam, 3), &a);
		cr_assert_eq(look_up(tables[t], tcam, 2), &b);
		to.priority = 6;
		cr_assert_eq(tables[t]->update(tcam, &a, &to), 0);
		cr_assert_eq(look_up(tables[t], tcam, 3), &b);
		to.priority = 5;
		cr_assert_eq(tables[t]->update(tcam, &a, &to), 0);
		cr_assert_eq(look_up(tables[t], tcam, 3), &a);
		tables[t]->destroy(tcam);
	}
}

static void expect_rule(const struct tcam_ops *ops, const struct tcam *tcam,
			const struct tcam_entry *entry, const struct tcam_rule *want)
{
	struct tcam_rule got = ops->rule(tcam, entry);

	cr_assert_arr_eq(got.value.word, want->value.word, sizeof(got.value), "%s", ops->name);
	cr_assert_arr_eq(got.mask.word, want->mask.word, sizeof(got.mask), "%s", ops->name);
	cr_assert_eq(got.priority, want->priority, "%s", ops->name);
	cr_assert_eq(entry->priority, want->priority, "%s", ops->name);
	cr_assert_eq(got.has_ranges, want->has_ranges, "%s", ops->name);
	if (want->has_ranges)
		cr_assert_arr_eq(&got.ranges, &want->ranges, sizeof(got.ranges), "%s", ops->name);
}

Test(tcam, a_rule_is_given_back_without_what_it_does_not_ask)
{
	for (int t = 0; tables[t]; t++) {
		struct tcam *tcam = tables[t]->create(0);
		struct tcam_rule wide = {.priority = 7, .has_ranges = true}, plain, narrow;
		struct tcam_entry entry = {0};

		for (size_t w = 0; w < FLOW_KEY_WORDS; w++) {
			wide.value.word[w] = ~UINT64_C(0);
			wide.mask.word[w] = UINT64_C(0xff00) << w;
		}
		wide.ranges = (struct tcam_ranges){0, UINT16_MAX, 0, UINT16_MAX};
		plain = wide;
		plain.value = wide.mask;
		plain.has_ranges = false;
		cr_assert_eq(tables[t]->insert(tcam, &entry, &wide), 0);
		expect_rule(tables[t], tcam, &entry, &plain);
		narrow = (struct tcam_rule){
			.priority = 3, .has_ranges = true, .ranges = {1, 5, 0, 9}};
		cr_assert_eq(tables[t]->update(tcam, &entry, &narrow), 0);
		expect_rule(tables[t], tcam, &entry, &narrow);
		cr_assert_eq(tables[t]->remove(tcam, &entry), 0);
		tables[t]->destroy(tcam);
	}
}

/* --- random, in lockstep with an unordered list --- */

enum { ENTRIES = 64, ROUNDS = 20000 };

struct listed {
	struct tcam_entry entry;
	bool in;
	unsigned int value, mask;
	uint64_t inserted; /* our own count of arrivals */
};

static struct listed list[ENTRIES];

static struct tcam_entry *search(unsigned int key)
{
	struct listed *best = NULL;

	for (int i = 0; i < ENTRIES; i++) {
		struct listed *l = &list[i];

		if (!l->in || (key ^ l->value) & l->mask)
			continue;
		if (!best || l->entry.priority < best->entry.priority ||
		    (l->entry.priority == best->entry.priority && l->inserted < best->inserted))
			best = l;
	}
	return best ? &best->entry : NULL;
}

static void change(const struct tcam_ops *ops, struct tcam *tcam, struct random *r,
		   uint64_t *arrivals)
{
	struct listed *l = &list[random_below(r, ENTRIES)];
	unsigned int value = (unsigned int)random_below(r, KEYS);
	unsigned int mask = (unsigned int)random_below(r, KEYS);
	struct tcam_rule wanted = rule_of(value, mask, (uint32_t)random_below(r, 4));
	uint64_t what = random_below(r, 3);

	if (!l->in) {
		cr_assert_eq(ops->insert(tcam, &l->entry, &wanted), 0);
		l->inserted = ++*arrivals;
		l->in = true;
	} else if (what == 0) {
		cr_assert_eq(ops->update(tcam, &l->entry, &wanted), 0);
	} else {
		cr_assert_eq(ops->remove(tcam, &l->entry), 0);
		l->in = false;
	}
	l->value = value;
	l->mask = mask;
}

static void lockstep(const struct tcam_ops *ops, uint64_t seed)
{
	struct tcam *tcam = ops->create(0);
	struct random r = {seed};
	uint64_t arrivals = 0;

	memset(list, 0, sizeof(list));
	for (int round = 0; round < ROUNDS; round++) {
		struct flow_key keys[KEYS];
		struct tcam_entry *found[KEYS];
		size_t in = 0;

		change(ops, tcam, &r, &arrivals);
		for (unsigned int key = 0; key < KEYS; key++)
			keys[key] = spread(key);
		search_table(ops, tcam, keys, found, KEYS);
		for (unsigned int key = 0; key < KEYS; key++)
			cr_assert_eq(found[key], search(key), "%s seed %lu round %d key %x",
				     ops->name, (unsigned long)seed, round, key);
		for (int i = 0; i < ENTRIES; i++)
			in += list[i].in;
		cr_assert_eq(ops->count(tcam), in);
	}
	ops->destroy(tcam);
}

Test(tcam, random_changes_in_lockstep_with_a_list)
{
	for (int t = 0; tables[t]; t++)
		for (uint64_t seed = 1; seed <= 5; seed++)
			lockstep(tables[t], seed);
}
