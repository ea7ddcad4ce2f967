/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A table changes at full speed while another thread looks up, straight and through a flow cache.
 *
 * What is checked: tokens. Each is a key for which exactly one rule is in the table; every commit
 * gives all tokens new rules of the next generation, together with changes of other rules. So what
 * a reader finds in one view is of one generation, none is missing, it is no older than the last
 * commit that had returned before the view was taken, and it never goes back. Half of the tokens
 * have growing priorities and half have falling ones, so that old and new rules seen together
 * would not agree either. Rules that are gone are freed after settle, so an answer that is one is
 * seen by AddressSanitizer, and a race by ThreadSanitizer. Everything a reader counted at rules is
 * there in the end.
 *
 * A token of the last kind has one rule for ever, which is updated in place: it matches one of two
 * keys, by turns.
 *
 * usage: concurrent_updates [SECONDS [SEED]]
 */
#include "flow_cache.h"
#include "rcu.h"

#include <nicemu/base/random.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
	TOKENS = 24,   /* with a new rule each commit */
	TURNERS = 8,   /* with one rule, that is updated */
	OTHERS = 3000, /* rules that match no token */
	CHURN = 6,     /* of them changed in each commit */
	KEYS = TOKENS + 2 * TURNERS,
	ROUNDS = 4,       /* look-ups in a view */
	SETTLE_EVERY = 5, /* commits */
};

struct rule {
	struct tcam_entry entry;
	struct tcam_rule as;
	uint64_t generation;
	uint64_t counted; /* by the reader; the writer reads it when no reader is left */
	struct rule *next_gone;
};

static struct {
	const struct tcam_ops *ops;
	struct tcam *tcam;
	uint64_t seed;
	double seconds;

	/* The writer's. */
	struct rule *token[TOKENS], *turner[TURNERS], *other[OTHERS], *gone;
	uint64_t counted; /* at rules that are gone */

	/* Generations whose commit was begun, and had returned. */
	uint64_t begun, committed;
	bool stop, ready;

	/* The reader's, read by others when it has ended. */
	uint64_t looked_up, found, views, generations, hits;
} t;

static void fail(const char *what, uint64_t got, uint64_t want)
{
	fprintf(stderr, "%s, seed %llu: %s: %llu, not %llu\n", t.ops->name,
		(unsigned long long)t.seed, what, (unsigned long long)got,
		(unsigned long long)want);
	exit(1);
}

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* --- rules --- */

/* Word 2 names the token, the first bits of word 3 the side of a turner. */
static struct flow_key token_key(uint64_t token, uint64_t side)
{
	return (struct flow_key){.word = {[2] = 0xaa00000000000000 | token, [3] = side}};
}

static struct rule *new_rule(uint64_t generation)
{
	struct rule *rule = calloc(1, sizeof(*rule));

	if (!rule)
		abort();
	rule->generation = generation;
	rule->entry.owner = rule;
	return rule;
}

static struct rule *token_rule(uint64_t token, uint64_t generation)
{
	struct rule *rule = new_rule(generation);
	uint32_t age = (uint32_t)(generation % 1000000);

	rule->as.value = token_key(token, 0);
	/* Several masks, so that tokens are in several places of a fast table. */
	rule->as.mask.word[2] = ~UINT64_C(0) << (token % 3 * 8) | 0xff;
	rule->as.priority = 1000000 + (token % 2 ? age : -age);
	return rule;
}

static void turn(uint64_t n, uint64_t generation, struct tcam_rule *as)
{
	*as = (struct tcam_rule){
		.value = token_key(TOKENS + n, generation % 2),
		.priority = 10 + (uint32_t)(generation % 7),
	};
	as->mask.word[2] = ~UINT64_C(0);
	as->mask.word[3] = n % 2 ? 1 : 0xff;
}

/* Masks of many kinds; the first byte is no token's. */
static struct rule *other_rule(struct random *r)
{
	struct rule *rule = new_rule(0);

	rule->as.mask.word[2] = 0xff00000000000000 | ~UINT64_C(0) << 8 * random_below(r, 7);
	rule->as.mask.word[3] = ~UINT64_C(0) << 16 * random_below(r, 4);
	rule->as.value.word[2] = 0xbb00000000000000 | random_u64(r) >> 8;
	rule->as.value.word[3] = random_u64(r);
	if (random_below(r, 4) == 0) {
		rule->as.has_ranges = true;
		rule->as.ranges = (struct tcam_ranges){10, 2000, 0, 65535};
	}
	rule->as.priority = (uint32_t)random_below(r, 1000);
	return rule;
}

static void must(int error)
{
	if (error)
		fail("a change of the table failed", (uint64_t)-error, 0);
}

static void insert(struct rule **at, struct rule *rule)
{
	must(t.ops->insert(t.tcam, &rule->entry, &rule->as));
	*at = rule;
}

static void remove_rule(struct rule *rule)
{
	must(t.ops->remove(t.tcam, &rule->entry));
	rule->next_gone = t.gone;
	t.gone = rule;
}

/* No reader sees what is gone any more. */
static void free_gone(void)
{
	t.ops->settle(t.tcam);
	while (t.gone) {
		struct rule *rule = t.gone;

		t.gone = rule->next_gone;
		t.counted += rule->counted;
		free(rule);
	}
}

/* --- the writer --- */

static void fill(struct random *r)
{
	for (size_t i = 0; i < OTHERS; i++)
		insert(&t.other[i], other_rule(r));
	for (uint64_t i = 0; i < TOKENS; i++)
		insert(&t.token[i], token_rule(i, 0));
	for (uint64_t i = 0; i < TURNERS; i++) {
		struct rule *rule = new_rule(0);

		turn(i, 0, &rule->as);
		insert(&t.turner[i], rule);
	}
	t.ops->commit(t.tcam);
}

static void next_generation(struct random *r, uint64_t generation)
{
	for (uint64_t i = 0; i < TOKENS; i++) {
		struct rule *old = t.token[i];

		/* In both orders. */
		if (i % 4 < 2)
			remove_rule(old);
		insert(&t.token[i], token_rule(i, generation));
		if (i % 4 >= 2)
			remove_rule(old);
	}
	for (uint64_t i = 0; i < TURNERS; i++) {
		struct rule *rule = t.turner[i];

		turn(i, generation, &rule->as);
		must(t.ops->update(t.tcam, &rule->entry, &rule->as));
	}
	for (int i = 0; i < CHURN; i++) {
		size_t at = random_below(r, OTHERS);

		remove_rule(t.other[at]);
		insert(&t.other[at], other_rule(r));
	}
}

/* The number of generations. */
static uint64_t write_generations(void)
{
	struct random r = {t.seed};
	double end;
	uint64_t g = 0;

	fill(&r);
	__atomic_store_n(&t.ready, true, __ATOMIC_RELEASE);
	end = now() + t.seconds;
	while (now() < end) {
		g++;
		__atomic_store_n(&t.begun, g, __ATOMIC_RELEASE);
		next_generation(&r, g);
		t.ops->commit(t.tcam);
		__atomic_store_n(&t.committed, g, __ATOMIC_RELEASE);
		if (g % SETTLE_EVERY == 0)
			free_gone();
	}
	__atomic_store_n(&t.stop, true, __ATOMIC_RELEASE);
	return g;
}

/* --- the reader --- */

struct reader {
	struct flow_cache *cache;
	struct flow_batch batch;
	struct tcam_entry *straight[KEYS], *cached[KEYS];
	uint64_t version, generation; /* of the view before */
};

static void count_answers(struct tcam_entry **answers)
{
	for (size_t i = 0; i < KEYS; i++) {
		t.looked_up++;
		if (!answers[i])
			continue;
		((struct rule *)answers[i]->owner)->counted++;
		t.found++;
	}
}

static void check_turners(struct tcam_entry **answers, uint64_t generation)
{
	for (size_t i = 0; i < TURNERS; i++)
		for (uint64_t side = 0; side < 2; side++) {
			const struct tcam_entry *answer = answers[TOKENS + 2 * i + side];

			if ((answer != NULL) != (side == generation % 2))
				fail("a rule that is updated is not as the others of its commit",
				     answer != NULL, side == generation % 2);
		}
}

static uint64_t check_answers(struct tcam_entry **answers)
{
	const struct rule *first = answers[0] ? answers[0]->owner : NULL;

	for (size_t i = 0; i < TOKENS; i++) {
		const struct rule *rule;

		if (!answers[i])
			fail("a token without a rule", i, TOKENS);
		rule = answers[i]->owner;
		if (rule->generation != first->generation)
			fail("generations in one view", rule->generation, first->generation);
	}
	check_turners(answers, first->generation);
	return first->generation;
}

static void check_view(struct reader *reader, const struct tcam_view *view, uint64_t committed)
{
	uint64_t generation = check_answers(reader->cached);
	uint64_t begun = __atomic_load_n(&t.begun, __ATOMIC_ACQUIRE);

	if (generation < committed)
		fail("an answer older than a commit that had returned", generation, committed);
	if (generation > begun)
		fail("an answer of a commit that had not begun", generation, begun);
	if (view->version < reader->version)
		fail("a version that goes back", view->version, reader->version);
	if (generation < reader->generation)
		fail("a generation that goes back", generation, reader->generation);
	if (view->version == reader->version && generation != reader->generation)
		fail("two generations in one version", generation, reader->generation);
	t.views++;
	t.generations += generation != reader->generation;
	reader->version = view->version;
	reader->generation = generation;
}

static void fill_batch(struct reader *reader, unsigned int chunks)
{
	for (uint64_t i = 0; i < KEYS; i++) {
		uint64_t turner = i < TOKENS ? 0 : (i - TOKENS) / 2;
		struct flow_key key =
			i < TOKENS ? token_key(i, 0) : token_key(TOKENS + turner, (i - TOKENS) % 2);

		flow_batch_set(&reader->batch, i, &key, chunks);
	}
}

static void look_up(struct reader *reader)
{
	uint64_t committed = __atomic_load_n(&t.committed, __ATOMIC_ACQUIRE);
	struct tcam_view view;

	rcu_read_lock();
	t.ops->view(t.tcam, &view);
	fill_batch(reader, view.chunks);
	for (int n = 0; n < ROUNDS; n++) {
		flow_cache_lookup(reader->cache, t.ops, t.tcam, &view, &reader->batch,
				  reader->cached, KEYS);
		t.ops->lookup(t.tcam, &view, &reader->batch, reader->straight, KEYS);
		if (memcmp(reader->cached, reader->straight, sizeof(reader->cached)) != 0)
			fail("the cache does not answer as the table", view.version, 0);
		check_view(reader, &view, committed);
		count_answers(reader->cached);
	}
	rcu_read_end();
}

static void *read_views(void *unused)
{
	struct reader *reader = aligned_alloc(_Alignof(struct reader), sizeof(*reader));

	if (!reader)
		abort();
	memset(reader, 0, sizeof(*reader));
	reader->cache = flow_cache_create(1 << 20);
	rcu_register_thread();
	while (!__atomic_load_n(&t.ready, __ATOMIC_ACQUIRE))
		;
	while (!__atomic_load_n(&t.stop, __ATOMIC_ACQUIRE))
		look_up(reader);
	rcu_unregister_thread();
	t.hits = flow_cache_counters(reader->cache).hits;
	flow_cache_destroy(reader->cache);
	free(reader);
	return NULL;
}

/* --- all engines --- */

static void free_rules(struct rule **rules, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		t.counted += rules[i]->counted;
		free(rules[i]);
	}
}

static void check_end(uint64_t generations)
{
	if (t.ops->count(t.tcam) != TOKENS + TURNERS + OTHERS)
		fail("entries in the end", t.ops->count(t.tcam), TOKENS + TURNERS + OTHERS);
	free_gone();
	t.ops->destroy(t.tcam);
	free_rules(t.token, TOKENS);
	free_rules(t.turner, TURNERS);
	free_rules(t.other, OTHERS);
	if (t.counted != t.found)
		fail("packets counted at rules", t.counted, t.found);
	if (generations < 10 || t.views < 10 || t.generations < 5 || t.hits < 100)
		fail("too little happened: generations seen", t.generations, 5);
}

static bool test_engine(const struct tcam_ops *ops, double seconds, uint64_t seed)
{
	pthread_t reader;
	uint64_t generations;

	memset(&t, 0, sizeof(t));
	t.ops = ops;
	t.seconds = seconds;
	t.seed = seed;
	t.tcam = ops->create(TCAM_SHARED);
	if (!t.tcam) {
		printf("%s: takes no look-ups in other threads\n", ops->name);
		return false;
	}
	if (pthread_create(&reader, NULL, read_views, NULL))
		abort();
	generations = write_generations();
	pthread_join(reader, NULL);
	printf("%s: %llu commits of %d changes; %llu views of %llu generations, %llu look-ups, "
	       "%llu by the cache\n",
	       ops->name, (unsigned long long)generations, 2 * TOKENS + TURNERS + 2 * CHURN,
	       (unsigned long long)t.views, (unsigned long long)t.generations,
	       (unsigned long long)t.looked_up, (unsigned long long)t.hits);
	fflush(stdout);
	check_end(generations);
	return true;
}

int main(int argc, char **argv)
{
	double seconds = argc > 1 ? atof(argv[1]) : 2;
	uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 0) : 1;
	int tested = 0;

	rcu_register_thread();
	for (size_t i = 0; tcam_engines[i]; i++)
		tested += test_engine(tcam_engines[i], seconds, seed);
	rcu_unregister_thread();
	if (!tested)
		printf("SKIP: no table here takes look-ups in other threads\n");
	return tested ? 0 : 77;
}
