/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The flow cache gives the table's answers: in lockstep with the table itself under updates, for
 * keys of every length, with every epoch used up; and it stands aside where it does not pay.
 */
#include "flow_cache.h"
#include "flow_short.h"

#include <nicemu/base/random.h>

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

enum { ENTRIES = 40, FLOWS = 300, WORDS_SHORT = 3, WORDS_MIDDLE = 7 };

static const struct tcam_ops *const ops = &tcam_reference;

/* Keys from a small pool, so that they come again; in the first words only. */
struct traffic {
	struct flow_key flow[FLOWS];
	struct flow_batch batch;
	size_t count;
};

static struct traffic traffic;
static struct tcam_entry entries[ENTRIES];
static bool in_table[ENTRIES];

static uint64_t few_bits(struct random *r)
{
	return random_u64(r) & random_u64(r) & random_u64(r) & random_u64(r);
}

static void draw_flows(struct random *r)
{
	for (size_t f = 0; f < FLOWS; f++)
		for (size_t w = 0; w < FLOW_KEY_WORDS; w++)
			traffic.flow[f].word[w] = few_bits(r);
}

static void draw_batch(struct random *r)
{
	traffic.count = 1 + random_below(r, FLOW_BATCH);
	memset(&traffic.batch, 0xa5, sizeof(traffic.batch)); /* chunks that nobody asked for */
}

static void fill_batch(struct random *r, unsigned int chunks)
{
	for (size_t i = 0; i < traffic.count; i++)
		flow_batch_set(&traffic.batch, i, &traffic.flow[random_below(r, FLOWS)], chunks);
}

/* A rule that looks at a few bits of the first `words` words. */
static struct tcam_rule draw_rule(struct random *r, size_t words)
{
	struct tcam_rule rule = {.priority = (uint32_t)random_below(r, 4)};

	for (size_t w = 0; w < words; w++) {
		rule.mask.word[w] = few_bits(r) & few_bits(r);
		rule.value.word[w] = few_bits(r) & rule.mask.word[w];
	}
	return rule;
}

static void change(struct random *r, struct tcam *tcam, size_t words)
{
	size_t at = random_below(r, ENTRIES);
	struct tcam_rule wanted = draw_rule(r, words);

	if (!in_table[at]) {
		cr_assert_eq(ops->insert(tcam, &entries[at], &wanted), 0);
		in_table[at] = true;
	} else if (random_below(r, 2)) {
		cr_assert_eq(ops->update(tcam, &entries[at], &wanted), 0);
	} else {
		cr_assert_eq(ops->remove(tcam, &entries[at]), 0);
		in_table[at] = false;
	}
	ops->commit(tcam);
}

static void compare(struct random *r, struct flow_cache *cache, struct tcam *tcam, uint64_t seed,
		    int round)
{
	struct tcam_entry *want[FLOW_BATCH], *got[FLOW_BATCH];
	struct tcam_view view;

	ops->view(tcam, &view);
	draw_batch(r);
	fill_batch(r, view.chunks);
	ops->lookup(tcam, &view, &traffic.batch, want, traffic.count);
	flow_cache_lookup(cache, ops, tcam, &view, &traffic.batch, got, traffic.count);
	for (size_t i = 0; i < traffic.count; i++)
		cr_assert_eq(got[i], want[i], "seed %lu round %d packet %zu of %zu: %p, not %p",
			     (unsigned long)seed, round, i, traffic.count, (void *)got[i],
			     (void *)want[i]);
}

/* Few changes, so that there are hits; in the end more and longer rules. */
static struct flow_cache_counters lockstep(uint64_t seed, size_t bytes, size_t words, int rounds)
{
	struct random r = {seed};
	struct flow_cache *cache = flow_cache_create(bytes);
	struct tcam *tcam = ops->create(0);
	struct flow_cache_counters counters;

	cr_assert(cache && tcam);
	memset(in_table, 0, sizeof(in_table));
	draw_flows(&r);
	for (int round = 0; round < rounds; round++) {
		bool wider = words > WORDS_SHORT && round > rounds / 2;

		for (uint64_t n = random_below(&r, 20) ? 0 : random_below(&r, 4); n; n--)
			change(&r, tcam, wider ? words : WORDS_SHORT);
		compare(&r, cache, tcam, seed, round);
	}
	counters = flow_cache_counters(cache);
	flow_cache_destroy(cache);
	ops->destroy(tcam);
	return counters;
}

Test(flow_cache, it_answers_as_the_table_while_that_changes)
{
	static const size_t words[] = {WORDS_SHORT, WORDS_MIDDLE, FLOW_KEY_WORDS};
	static const size_t bytes[] = {FLOW_CACHE_MIN, 20000, 1 << 20};

	for (uint64_t seed = 1; seed <= 27; seed++) {
		struct flow_cache_counters counters =
			lockstep(seed, bytes[seed % 3], words[seed / 3 % 3], 600);

		cr_assert_gt(counters.hits, 1000, "seed %lu: only %lu hits", (unsigned long)seed,
			     (unsigned long)counters.hits);
		cr_assert_gt(counters.misses, 300, "seed %lu: only %lu misses", (unsigned long)seed,
			     (unsigned long)counters.misses);
	}
}

/* Traffic that does not repeat itself and such that does by turns, and changes now and then. */
Test(flow_cache, it_answers_as_the_table_aside_and_back_again)
{
	enum { ROUNDS = 4000, TURN = 1000 };
	/* Matches nothing that is drawn, and makes all flows different. */
	const struct tcam_rule wide = {.value.word[1] = UINT64_MAX, .mask.word[1] = UINT64_MAX};

	for (uint64_t seed = 1; seed <= 3; seed++) {
		struct random r = {seed};
		struct tcam_entry entry = {0};
		struct flow_cache *cache = flow_cache_create(1 << 18);
		struct tcam *tcam = ops->create(0);
		struct flow_cache_counters counters;

		memset(in_table, 0, sizeof(in_table));
		cr_assert_eq(ops->insert(tcam, &entry, &wide), 0);
		draw_flows(&r);
		for (int round = 0; round < ROUNDS; round++) {
			if (round / TURN % 2 == 0)
				draw_flows(&r);
			if (random_below(&r, 60) == 0 || round < 20)
				change(&r, tcam, round < ROUNDS / 2 ? WORDS_SHORT : WORDS_MIDDLE);
			compare(&r, cache, tcam, seed, round);
		}
		counters = flow_cache_counters(cache);
		cr_assert_gt(counters.bypassed, 10000, "seed %lu: only %lu", (unsigned long)seed,
			     (unsigned long)counters.bypassed);
		cr_assert_gt(counters.hits, 10000, "seed %lu: only %lu", (unsigned long)seed,
			     (unsigned long)counters.hits);
		flow_cache_destroy(cache);
		ops->destroy(tcam);
	}
}

/* --- one flow after the other --- */

struct stage {
	struct tcam *tcam;
	struct flow_cache *cache;
	struct tcam_rule one, other;
	struct tcam_entry a;
};

static struct stage stage;

static void set_stage(void)
{
	stage = (struct stage){.tcam = ops->create(0), .cache = flow_cache_create(1 << 20)};
	cr_assert(stage.tcam && stage.cache);
	for (size_t w = 0; w < FLOW_CHUNK_WORDS; w++)
		stage.one.mask.word[w] = w == 2 ? ~UINT64_C(0) : 0;
	stage.other = stage.one;
	stage.other.value.word[2] = 1;
}

static void clear_stage(void)
{
	flow_cache_destroy(stage.cache);
	ops->destroy(stage.tcam);
}

TestSuite(flow_cache_stage, .init = set_stage, .fini = clear_stage);

/* count flows from number `first` on. */
static void send(uint64_t first, size_t count, struct tcam_entry **results)
{
	struct tcam_view view;

	ops->view(stage.tcam, &view);
	for (size_t i = 0; i < count; i++) {
		struct flow_key key = {.word = {[2] = first + i}};

		flow_batch_set(&traffic.batch, i, &key, view.chunks);
	}
	flow_cache_lookup(stage.cache, ops, stage.tcam, &view, &traffic.batch, results, count);
}

static struct tcam_entry *send_one(uint64_t flow)
{
	struct tcam_entry *result;

	send(flow, 1, &result);
	return result;
}

static uint64_t hits_of(uint64_t flow)
{
	uint64_t before = flow_cache_counters(stage.cache).hits;

	send_one(flow);
	return flow_cache_counters(stage.cache).hits - before;
}

Test(flow_cache_stage, no_match_is_an_answer_too)
{
	cr_assert_eq(ops->insert(stage.tcam, &stage.a, &stage.one), 0);
	ops->commit(stage.tcam);
	cr_assert_null(send_one(5));
	cr_assert_eq(hits_of(5), 1);
	cr_assert_null(send_one(5));
	cr_assert_eq(send_one(0), &stage.a);
	cr_assert_eq(hits_of(0), 1);
}

Test(flow_cache_stage, bits_that_no_rule_looks_at_make_no_other_flow)
{
	struct tcam_entry *results[2];
	struct flow_key key = {.word = {[0] = 77, [2] = 0, [3] = 99}};
	struct tcam_view view;

	cr_assert_eq(ops->insert(stage.tcam, &stage.a, &stage.one), 0);
	ops->commit(stage.tcam);
	send_one(0);
	ops->view(stage.tcam, &view);
	flow_batch_set(&traffic.batch, 0, &key, view.chunks);
	flow_cache_lookup(stage.cache, ops, stage.tcam, &view, &traffic.batch, results, 1);
	cr_assert_eq(results[0], &stage.a);
	cr_assert_eq(flow_cache_counters(stage.cache).hits, 1);
}

/* Flow i is asked in epoch i and, when that number comes again, with another answer. */
Test(flow_cache_stage, a_commit_empties_it_and_epochs_come_again_without_their_answers)
{
	enum { CYCLE = FLOW_EPOCHS - 1 };
	const struct tcam_rule any = {.priority = 9};
	struct tcam_rule unseen = stage.other;
	struct tcam_entry all = {0}, idle = {0};

	unseen.value.word[2] = UINT64_MAX;
	cr_assert_eq(ops->insert(stage.tcam, &all, &any), 0);
	cr_assert_eq(ops->insert(stage.tcam, &idle, &unseen), 0);
	for (uint64_t i = 0; i < 2 * CYCLE; i++) {
		cr_assert_eq(send_one(i % CYCLE), i < CYCLE ? &all : NULL, "commit %lu",
			     (unsigned long)i);
		cr_assert_eq(hits_of(i % CYCLE), 1, "else it would stand aside");
		if (i == CYCLE - 1)
			cr_assert_eq(ops->remove(stage.tcam, &all), 0);
		else
			cr_assert_eq(ops->update(stage.tcam, &idle, &unseen), 0);
		ops->commit(stage.tcam);
	}
	cr_assert_eq(flow_cache_counters(stage.cache).hits, 2 * CYCLE);
}

static void send_distinct(uint64_t *flow, size_t batches)
{
	struct tcam_entry *results[FLOW_BATCH];

	for (size_t n = 0; n < batches; n++, *flow += FLOW_BATCH)
		send(*flow, FLOW_BATCH, results);
}

static void send_same(uint64_t first, size_t batches)
{
	struct tcam_entry *results[FLOW_BATCH];

	for (size_t n = 0; n < batches; n++)
		send(first + n % 8 * FLOW_BATCH, FLOW_BATCH, results);
}

Test(flow_cache_stage, it_stands_aside_where_nothing_repeats_and_comes_back_where_much_does)
{
	struct flow_cache_counters cold, mid, warm;
	uint64_t flow = 1;

	cr_assert_eq(ops->insert(stage.tcam, &stage.a, &stage.one), 0);
	ops->commit(stage.tcam);
	send_distinct(&flow, 1000);
	cold = flow_cache_counters(stage.cache);
	cr_assert_eq(cold.hits, 0);
	cr_assert_geq(cold.bypassed, 800u * FLOW_BATCH, "%lu", (unsigned long)cold.bypassed);
	send_distinct(&flow, 10000);
	mid = flow_cache_counters(stage.cache);
	cr_assert_leq((mid.misses - cold.misses) * 12, 10000u * FLOW_BATCH,
		      "%lu packets were put to it", (unsigned long)(mid.misses - cold.misses));
	/* 1024 flows again and again: within some thousand packets nearly all hit. */
	send_same(1, 300);
	cold = flow_cache_counters(stage.cache);
	send_same(1, 100);
	warm = flow_cache_counters(stage.cache);
	cr_assert_eq(warm.bypassed, cold.bypassed);
	cr_assert_geq((warm.hits - cold.hits) * 10, 9 * 100u * FLOW_BATCH);
	send_distinct(&flow, 1000);
	cold = flow_cache_counters(stage.cache);
	cr_assert_geq(cold.bypassed - warm.bypassed, 700u * FLOW_BATCH);
}

/* The samples that wait when the table changes must not be put in with their old answers. */
Test(flow_cache_stage, samples_of_another_version_are_forgotten)
{
	const struct tcam_rule any = {.priority = 9};
	struct tcam_entry *results[FLOW_BATCH], all = {0};
	struct tcam_entry *want = NULL;
	uint64_t flow = 1 << 20;

	cr_assert_eq(ops->insert(stage.tcam, &stage.a, &stage.one), 0);
	ops->commit(stage.tcam);
	for (size_t turn = 0; turn < 12; turn++) {
		send_distinct(&flow, 300);
		send_same(1, 3 * turn);
		cr_assert_eq(want ? ops->remove(stage.tcam, &all)
				  : ops->insert(stage.tcam, &all, &any),
			     0);
		ops->commit(stage.tcam);
		want = want ? NULL : &all;
		for (size_t n = 0; n < 400; n++) {
			send(1 + n % 8 * FLOW_BATCH, FLOW_BATCH, results);
			for (size_t i = 0; i < FLOW_BATCH; i++)
				cr_assert_eq(results[i], want, "turn %zu batch %zu", turn, n);
		}
	}
	cr_assert_gt(flow_cache_counters(stage.cache).bypassed, 10000);
	cr_assert_gt(flow_cache_counters(stage.cache).hits, 10000);
}

Test(flow_cache_stage, what_was_hit_outlives_what_comes_once)
{
	uint64_t hits = 0, flow = 1000000;

	flow_cache_destroy(stage.cache);
	stage.cache = flow_cache_create(FLOW_CACHE_MIN); /* 128 flows */
	cr_assert_eq(ops->insert(stage.tcam, &stage.a, &stage.one), 0);
	ops->commit(stage.tcam);
	for (int n = 0; n < 2; n++)
		for (uint64_t i = 0; i < 16; i++)
			send_one(i);
	for (int n = 0; n < 200; n++)
		send_one(flow++);
	for (uint64_t i = 0; i < 16; i++)
		hits += hits_of(i);
	cr_assert_geq(hits, 10, "only %lu", (unsigned long)hits);
}

Test(flow_cache, too_small_is_none)
{
	struct flow_cache *cache;

	cr_assert_null(flow_cache_create(0));
	cr_assert_null(flow_cache_create(FLOW_CACHE_MIN - 1));
	cache = flow_cache_create(FLOW_CACHE_MIN + 100);
	cr_assert_geq(flow_cache_bytes(cache), (size_t)FLOW_CACHE_MIN);
	cr_assert_leq(flow_cache_bytes(cache), FLOW_CACHE_MIN + 100u);
	flow_cache_destroy(cache);
	flow_cache_destroy(NULL);
}

/* --- the parts that have a twin --- */

Test(flow_cache, packed_keys_are_the_same_with_and_without_vectors)
{
	enum { STRIDE = FLOW_KEY_WORDS * 8 + FLOW_PACK_SLACK };
	static uint8_t want[FLOW_BATCH * STRIDE], got[FLOW_BATCH * STRIDE];
	struct random r = {7};

	for (int round = 0; round < 300; round++) {
		struct flow_key used = {0};
		struct flow_pack plan;

		for (size_t w = 0; w < FLOW_KEY_WORDS; w++)
			if (random_below(&r, 2))
				used.word[w] = round % 3 ? few_bits(&r) : random_u64(&r);
		draw_flows(&r);
		draw_batch(&r);
		fill_batch(&r, FLOW_ALL_CHUNKS);
		flow_pack_plan(&plan, &used);
		memset(want, 0, sizeof(want));
		memset(got, 0, sizeof(got));
		flow_pack_plain(&plan, &traffic.batch, traffic.count, want, STRIDE);
		flow_pack_best()(&plan, &traffic.batch, traffic.count, got, STRIDE);
		cr_assert_arr_eq(got, want, sizeof(want), "round %d", round);
	}
}

/* Exactly the used bits make a difference: every single one. */
Test(flow_cache, packed_keys_differ_in_used_bits_only)
{
	uint8_t rows[2 * (FLOW_KEY_WORDS * 8 + FLOW_PACK_SLACK)] = {0};
	size_t stride = sizeof(rows) / 2;
	struct random r = {8};
	struct flow_key used, key = {0};
	struct flow_pack plan;

	for (size_t w = 0; w < FLOW_KEY_WORDS; w++)
		used.word[w] = random_u64(&r) & random_u64(&r);
	flow_pack_plan(&plan, &used);
	flow_batch_set(&traffic.batch, 0, &key, FLOW_ALL_CHUNKS);
	for (size_t bit = 0; bit < FLOW_KEY_WORDS * 64; bit++) {
		uint64_t flag = UINT64_C(1) << bit % 64;

		key.word[bit / 64] = flag;
		flow_batch_set(&traffic.batch, 1, &key, FLOW_ALL_CHUNKS);
		key.word[bit / 64] = 0;
		flow_pack_best()(&plan, &traffic.batch, 2, rows, stride);
		cr_assert_eq(memcmp(rows, rows + stride, plan.bytes) != 0,
			     (used.word[bit / 64] & flag) != 0, "bit %zu", bit);
	}
}

/* The cyclic code of that instruction, a bit at a time. */
static uint32_t crc32c(uint32_t code, const uint8_t *bytes, size_t count)
{
	for (size_t i = 0; i < count * 8; i++) {
		bool one = (code ^ bytes[i / 8] >> i % 8) & 1;

		code = code >> 1 ^ (one ? 0x82f63b78 : 0);
	}
	return code;
}

/* Some bytes of chunk 0 are left out, so that some keys are short and others are not. */
static struct flow_key draw_used(struct random *r, size_t left_out)
{
	struct flow_key used = {0};

	for (size_t w = 0; w < FLOW_CHUNK_WORDS; w++)
		used.word[w] = random_u64(r) | random_u64(r);
	for (size_t n = 0; n < left_out; n++) {
		size_t bit = 8 * random_below(r, 8 * FLOW_CHUNK_WORDS);

		used.word[bit / 64] &= ~(UINT64_C(0xff) << bit % 64);
	}
	return used;
}

/* Slots of 24 bytes of key in memory of their own. */
enum { FLOWS_OF_TWO_BYTES = 65536 };

static struct flow_slots *make_slots(size_t num_sets)
{
	struct flow_slots *slots = aligned_alloc(64, sizeof(*slots));
	size_t bytes = num_sets * FLOW_WAYS * FLOW_SLOT_SHORT * 8;

	memset(slots, 0, sizeof(*slots));
	slots->sets = aligned_alloc(64, bytes);
	memset(slots->sets, 0, bytes);
	slots->num_sets = num_sets;
	slots->words = FLOW_SLOT_SHORT;
	slots->epoch = 1;
	return slots;
}

Test(flow_cache, slots_are_found_the_same_with_and_without_vectors)
{
	enum { SETS = 32 };
	struct flow_slots *slots[2] = {make_slots(SETS), make_slots(SETS)};
	flow_probe_function *const probes[2] = {flow_probe_plain, flow_probe_best_short()};
	struct random r = {9};
	size_t hits = 0;

	for (int round = 0; round < 3000; round++) {
		size_t count = 1 + random_below(&r, FLOW_BATCH), missed[2];
		struct tcam_entry *results[2][FLOW_BATCH] = {0};
		struct random same = r;

		for (int n = 0; n < 2; n++) {
			r = same;
			for (size_t i = 0; i < count; i++) {
				uint64_t key[3] = {random_below(&r, 3), 5, random_below(&r, 40)};

				memcpy(&slots[n]->rows[i * flow_slots_stride(slots[n])], key,
				       sizeof(key));
			}
			if (round % 50 == 0)
				slots[n]->epoch++;
			flow_slots_find(slots[n], count);
			missed[n] = probes[n](slots[n], results[n], count);
		}
		cr_assert_eq(missed[0], missed[1], "round %d", round);
		cr_assert_arr_eq(slots[0]->missed, slots[1]->missed, missed[0]);
		cr_assert_arr_eq(results[0], results[1], count * sizeof(results[0][0]));
		hits += count - missed[0];
		for (int n = 0; n < 2; n++) {
			struct tcam_entry *answers[FLOW_BATCH];

			for (size_t m = 0; m < missed[n]; m++)
				answers[m] = m % 5 ? &entries[m % ENTRIES] : NULL;
			flow_slots_put(slots[n], answers, missed[n]);
		}
		cr_assert_arr_eq(slots[0]->sets, slots[1]->sets,
				 SETS * FLOW_WAYS * FLOW_SLOT_SHORT * 8, "round %d", round);
	}
	cr_assert_gt(hits, 10000);
	for (int n = 0; n < 2; n++) {
		free(slots[n]->sets);
		free(slots[n]);
	}
}

static void compare_short(const struct flow_short *way, const struct flow_pack *plan,
			  struct flow_slots *slots, int round)
{
	static uint8_t want[FLOW_BATCH * FLOW_STRIDE_SHORT];

	memset(want, 0, sizeof(want));
	flow_pack_plain(plan, &traffic.batch, traffic.count, want, FLOW_STRIDE_SHORT);
	flow_short_find(way, &traffic.batch, traffic.count, slots);
	for (size_t i = 0; i < traffic.count; i++) {
		const uint8_t *key = &want[i * FLOW_STRIDE_SHORT];
		uint64_t set = crc32c(0, key, 24) * FLOW_SHORT_FACTOR * slots->num_sets >> 32;

		cr_assert_arr_eq(&slots->rows[i * FLOW_STRIDE_SHORT], key, FLOW_SLOT_SHORT * 8,
				 "round %d packet %zu of %zu", round, i, traffic.count);
		cr_assert_eq(slots->set[i], &slots->sets[set * FLOW_WAYS * FLOW_SLOT_SHORT],
			     "round %d packet %zu", round, i);
	}
}

Test(flow_cache, the_short_way_gives_the_rows_of_the_long_one_and_sets_by_a_cyclic_code)
{
	enum { SETS = 1000 };
	struct flow_slots *slots = make_slots(SETS);
	struct random r = {10};
	size_t by_short = 0;

	for (int round = 0; round < 600; round++) {
		struct flow_key used = draw_used(&r, random_below(&r, 30));
		struct flow_short way;
		struct flow_pack plan;

		draw_flows(&r);
		draw_batch(&r);
		fill_batch(&r, 1);
		flow_pack_plan(&plan, &used);
		if (!flow_short_plan(&way, &plan))
			continue;
		cr_assert_leq(plan.bytes, 24);
		by_short++;
		compare_short(&way, &plan, slots, round);
		used.word[FLOW_KEY_WORDS - 1] = 1;
		flow_pack_plan(&plan, &used);
		cr_assert_not(flow_short_plan(&way, &plan), "a byte of another chunk");
	}
	free(slots->sets);
	free(slots);
	if (!by_short)
		cr_skip_test("this processor has no short way");
	cr_assert_gt(by_short, 200);
}

/* How many of the cache's sets 65,536 keys use that differ in two bytes only. */
static size_t sets_used(const struct flow_short *way, struct flow_slots *slots, size_t at)
{
	static uint8_t used[FLOWS_OF_TWO_BYTES];
	size_t count = 0;

	memset(used, 0, sizeof(used));
	memset(&traffic.batch, 0x5a, sizeof(traffic.batch));
	for (uint32_t flow = 0; flow < FLOWS_OF_TWO_BYTES; flow += FLOW_BATCH) {
		for (uint32_t i = 0; i < FLOW_BATCH; i++) {
			uint16_t two = (uint16_t)(flow + i);

			memcpy((uint8_t *)&traffic.batch.chunk[0][i] + at, &two, sizeof(two));
		}
		flow_short_find(way, &traffic.batch, FLOW_BATCH, slots);
		for (uint32_t i = 0; i < FLOW_BATCH; i++) {
			ptrdiff_t word = slots->set[i] - slots->sets;

			used[word / (FLOW_WAYS * FLOW_SLOT_SHORT)] = 1;
		}
	}
	for (size_t set = 0; set < FLOWS_OF_TWO_BYTES; set++)
		count += used[set];
	return count;
}

/* Random ones would use 63 % of the sets. The code alone leaves 6 % for a port at some places. */
Test(flow_cache, flows_that_differ_in_a_port_only_use_many_sets)
{
	struct flow_slots *slots = make_slots(FLOWS_OF_TWO_BYTES);
	struct flow_key used = {.word = {~UINT64_C(0), ~UINT64_C(0), ~UINT64_C(0)}};
	struct flow_short way;
	struct flow_pack plan;
	bool is_short;

	flow_pack_plan(&plan, &used);
	is_short = flow_short_plan(&way, &plan);
	for (size_t at = 0; is_short && at <= 22; at++) {
		size_t count = sets_used(&way, slots, at);

		cr_assert_gt(count, FLOWS_OF_TWO_BYTES / 3, "at byte %zu: %zu sets", at, count);
	}
	free(slots->sets);
	free(slots);
	if (!is_short)
		cr_skip_test("this processor has no short way");
}
