/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What tcam_tuples.h promises of the fast table: its bounds under hostile rules, what a view sees,
 * and that a change for which memory is out leaves everything as it was.
 */
#include "fail_alloc.h"
#include "tcam_model.h"
#include "tcam_tuples.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

enum { TABLES_MAX = 64, MANY = 5000 };

static const struct tcam_ops *const fast[] = {&tcam_tuples, &tcam_tuples_portable, NULL};

static void commit(struct world *world)
{
	world->ops->commit(world->tcam);
}

static void put_all(struct world *world)
{
	for (size_t i = 0; i < world->num_rules; i++)
		world_put(world, i);
	commit(world);
}

static struct tcam_measure measure(const struct world *world)
{
	struct tcam_measure m;

	world->ops->measure(world->tcam, &m);
	return m;
}

static void take_in_any_order(struct world *world)
{
	for (size_t i = 0; i < world->num_rules; i++) {
		size_t at = i * 7919 % world->num_rules;

		if (world->rules[at].in)
			world_take(world, at);
	}
	commit(world);
	cr_assert_eq(world->ops->count(world->tcam), 0);
}

/* --- hostile rules: 7919 is prime, so that its multiples reach each of MANY --- */

static void hostile(const struct tcam_ops *ops, unsigned int flags, size_t longest,
		    void (*draw)(struct world *world, size_t i, struct tcam_rule *rule))
{
	struct world world;
	struct tcam_measure m;

	world_open(&world, ops, flags, MODEL_ALL, MANY, 1);
	for (size_t i = 0; i < MANY; i++)
		draw(&world, i, &world.rules[i].as);
	put_all(&world);
	m = measure(&world);
	cr_assert_eq(m.entries, MANY);
	cr_assert_leq(m.tables, TABLES_MAX, "%s: %zu tables", ops->name, m.tables);
	cr_assert_leq(m.longest, longest, "%s: %zu records", ops->name, m.longest);
	world_check(&world, 16);
	take_in_any_order(&world);
	world_check(&world, 16);
	world_close(&world);
}

static void same(struct world *world, size_t i, struct tcam_rule *rule)
{
	*rule = (struct tcam_rule){.value.word[2] = 5, .mask.word[2] = ~UINT64_C(0)};
	rule->priority = (uint32_t)(i * 7919 % MANY);
}

Test(tcam_bounds, equal_rules_cost_a_lookup_one_record)
{
	for (int e = 0; fast[e]; e++) {
		hostile(fast[e], 0, 64, same);
		hostile(fast[e], TCAM_SHARED, MANY, same);
	}
}

/* Each looks at one bit of its own, so that no two masks have anything in common. */
static void overlapping(struct world *world, size_t i, struct tcam_rule *rule)
{
	size_t bit = i % 1024, other = i / 1024 * 31 % 1024;

	*rule = (struct tcam_rule){.priority = (uint32_t)(i * 7919 % MANY)};
	rule->mask.word[bit / 64] |= UINT64_C(1) << bit % 64;
	rule->mask.word[other / 64] |= UINT64_C(1) << other % 64;
	rule->value = rule->mask;
}

Test(tcam_bounds, rules_that_share_no_bits_stay_in_few_tables)
{
	for (int e = 0; fast[e]; e++)
		hostile(fast[e], e ? 0 : TCAM_SHARED, MANY, overlapping);
}

/* A mask for each rule: the tuple explosion. */
static void exploding(struct world *world, size_t i, struct tcam_rule *rule)
{
	*rule = (struct tcam_rule){.priority = 1};
	rule->mask.word[2] = ~UINT64_C(0) << 40 | i << 8;
	rule->mask.word[3] = i * 0x9e3779b9 % 0xffff;
	rule->value.word[2] = random_u64(&world->random);
}

Test(tcam_bounds, a_mask_for_each_rule_stays_in_few_tables)
{
	for (int e = 0; fast[e]; e++)
		hostile(fast[e], e ? TCAM_SHARED : 0, MANY, exploding);
}

/* One mask, many values: a table with so many slots that a guard is asked before them. */
static void one_mask(struct world *world, size_t i, struct tcam_rule *rule)
{
	*rule = (struct tcam_rule){.priority = (uint32_t)(i * 7919 % MANY)};
	rule->mask.word[1] = ~UINT64_C(0);
	rule->value.word[1] = i * UINT64_C(0x9e3779b97f4a7c15);
}

static bool has_guard(const struct tcam *tcam)
{
	for (uint32_t t = 0; t < tcam->state->num_tables; t++)
		if (tcam->state->table[t].guard)
			return true;
	return false;
}

Test(tcam_bounds, a_table_with_a_guard_answers_as_the_list_for_any_number_of_packets)
{
	static const size_t counts[] = {1, 7, 8, 9, 15, 16, 17, FLOW_BATCH - 1, FLOW_BATCH};

	for (int e = 0; fast[e]; e++) {
		struct world world;

		world_open(&world, fast[e], e ? TCAM_SHARED : 0, MODEL_ALL, MANY, 1);
		for (size_t i = 0; i < MANY; i++)
			one_mask(&world, i, &world.rules[i].as);
		put_all(&world);
		world.ops->optimize(world.tcam);
		cr_assert(has_guard(world.tcam), "%s", fast[e]->name);
		for (size_t c = 0; c < sizeof(counts) / sizeof(counts[0]); c++)
			world_check(&world, counts[c]);
		world_close(&world);
	}
}

/* --- views --- */

Test(tcam_bounds, a_view_answers_as_of_its_commit)
{
	enum { RULES = 700, VIEWS = 16, CHANGES = 600 };

	for (uint64_t seed = 1; seed <= VIEWS; seed++) {
		struct model_rule *then = calloc(RULES, sizeof(*then));
		struct tcam_view view;
		struct world world;
		uint32_t plans;

		world_open(&world, fast[seed % 2], TCAM_SHARED, MODEL_ALL, RULES, seed);
		for (size_t i = random_below(&world.random, 4 * RULES); i; i--)
			world_change(&world, 6);
		commit(&world);
		/* Nothing waits for readers: no more than one new plan, no reuse from here. */
		world.ops->settle(world.tcam);
		world.ops->settle(world.tcam);
		world.ops->view(world.tcam, &view);
		plans = world.tcam->plans;
		memcpy(then, world.rules, RULES * sizeof(*then));
		for (size_t i = CHANGES; i; i--) {
			world_change(&world, world.num_in > RULES / 2 ? 3 : 5);
			/* A second plan waits for readers, and this one holds no lock. */
			if (world.tcam->plans > plans + 1)
				break;
			if (i % 9 == 0)
				commit(&world);
			if (i % 40 == 0)
				world_check_view(&world, &view, then, FLOW_BATCH);
		}
		world_check(&world, FLOW_BATCH);
		world_close(&world);
		free(then);
	}
}

Test(tcam_bounds, without_a_commit_a_view_sees_nothing_new)
{
	const struct tcam_rule rule = {.priority = 1};
	struct tcam_entry entry = {0}, *found;
	static struct flow_batch batch;
	struct tcam_view view;
	struct tcam *tcam = tcam_tuples.create(TCAM_SHARED);

	cr_assert_eq(tcam_tuples.insert(tcam, &entry, &rule), 0);
	tcam_tuples.view(tcam, &view);
	tcam_tuples.lookup(tcam, &view, &batch, &found, 1);
	cr_assert_null(found);
	tcam_tuples.commit(tcam);
	tcam_tuples.lookup(tcam, &view, &batch, &found, 1);
	cr_assert_null(found);
	tcam_tuples.view(tcam, &view);
	tcam_tuples.lookup(tcam, &view, &batch, &found, 1);
	cr_assert_eq(found, &entry);
	cr_assert_eq(tcam_tuples.remove(tcam, &entry), 0);
	tcam_tuples.commit(tcam);
	tcam_tuples.lookup(tcam, &view, &batch, &found, 1);
	cr_assert_eq(found, &entry);
	tcam_tuples.destroy(tcam);
}

/* --- no memory: malloc and its like fail, or the mappings do --- */

static size_t mapping_fails;
void *__real_mmap(void *at, size_t size, int protection, int flags, int file, off_t offset);
int __real_mprotect(void *at, size_t size, int protection);

static bool mapping_fails_now(void)
{
	return mapping_fails && !--mapping_fails;
}

void *__wrap_mmap(void *at, size_t size, int protection, int flags, int file, off_t offset)
{
	if (!mapping_fails_now())
		return __real_mmap(at, size, protection, flags, file, offset);
	errno = ENOMEM;
	return MAP_FAILED;
}

int __wrap_mprotect(void *at, size_t size, int protection)
{
	if (!mapping_fails_now())
		return __real_mprotect(at, size, protection);
	errno = ENOMEM;
	return -1;
}

static void fail_nth(size_t nth, bool mapping)
{
	fail_alloc_at(mapping ? 0 : nth);
	mapping_fails = mapping ? nth : 0;
}

/* One change for which the nth allocation fails. True where it failed. */
static bool change_without_memory(struct world *world, size_t i, size_t nth, bool mapping)
{
	struct model_rule *rule = &world->rules[i];
	bool renews = rule->in;
	struct tcam_entry before;
	struct tcam_rule to;
	int error;

	model_draw(world, &to);
	if (!renews) {
		rule->as = to;
		rule->entry = (struct tcam_entry){.owner = &rule->entry};
	}
	before = rule->entry;
	fail_nth(nth, mapping);
	error = renews ? world->ops->update(world->tcam, &rule->entry, &to)
		       : world->ops->insert(world->tcam, &rule->entry, &to);
	fail_nth(0, false);
	if (error) {
		cr_assert_eq(error, -ENOMEM);
		cr_assert(!memcmp(&before, &rule->entry, sizeof(before)), "the entry has changed");
		return true;
	}
	if (renews) {
		rule->as = to;
	} else {
		rule->arrival = world->arrivals++;
		rule->in = true;
		world->num_in++;
	}
	return false;
}

static void grow_without_memory(const struct tcam_ops *ops, unsigned int flags, bool mapping)
{
	enum { RULES = 500 };
	struct world world;
	size_t failed = 0;

	world_open(&world, ops, flags, MODEL_ALL, RULES, 11);
	for (size_t i = 0; i < 2 * RULES; i++) {
		size_t at = i % RULES;

		for (size_t nth = 1; nth < 8; nth++)
			if (change_without_memory(&world, at, nth, mapping))
				failed++;
			else
				break;
		if (i % 97 == 0)
			world_check(&world, 32);
	}
	cr_assert_gt(failed, 1, "%s: %zu failed", ops->name, failed);
	world_check(&world, FLOW_BATCH);
	for (size_t i = 0; i < RULES; i++)
		if (world.rules[i].in)
			world_take(&world, i);
	world_check(&world, FLOW_BATCH);
	world_close(&world);
}

Test(tcam_bounds, a_change_without_memory_changes_nothing)
{
	for (int e = 0; fast[e]; e++)
		for (int mapping = 0; mapping < 2; mapping++)
			grow_without_memory(fast[e], e ? TCAM_SHARED : 0, mapping);
}

Test(tcam_bounds, a_table_without_memory_is_not_made)
{
	for (int mapping = 0; mapping < 2; mapping++)
		for (size_t nth = 1;; nth++) {
			struct tcam *tcam;

			fail_nth(nth, mapping);
			tcam = tcam_tuples.create(0);
			fail_nth(0, false);
			if (!tcam)
				continue;
			tcam_tuples.destroy(tcam);
			cr_assert_gt(nth, 3);
			break;
		}
}
