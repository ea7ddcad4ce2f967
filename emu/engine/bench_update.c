/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Updates while packets are looked up: this thread changes a table of its own (TCAM_SHARED) with
 * the loaded rules, a second one looks the packets up in it without a pause.
 *
 * An update takes a random entry out, or puts it in again, some out and then the same ones in; each
 * is committed by itself. In between the sentinel comes and goes: an entry that only its own key
 * matches. After its commit both threads look that key up: it must be there, or gone, at once.
 *
 * What a caller has at hand when it asks for a change, the entry or the rule, is fetched ahead: it
 * is the table that is measured. Entries that were taken out are kept until the table says that
 * nobody sees them any more (settle), which is asked once for many of them and is part of what is
 * measured.
 */
#include "bench_internal.h"

#include <nicemu/base/random.h>

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <urcu.h>

enum {
	WINDOW_NS = 10000000, /* measured in one step */
	UPDATE_RUN_NS = 100000000,
	BURST = 32,               /* entries that are out at the same time */
	REMOVED_MAX = 4096,       /* entries that wait for settle */
	SPARES = REMOVED_MAX + 2, /* one for the sentinel, one when all others wait */
	CHECK_EVERY = 16,         /* batches of the reader */
	SENTINEL_PORT = 0xffff,   /* no NIC has so many ports */
	SEED = 5,
};

/* States of the sentinel, modulo 4; it is counted up, so that none comes twice. */
enum { SENTINEL_GONE, SENTINEL_COMING, SENTINEL_THERE, SENTINEL_GOING };

static_assert(SENTINEL_PORT >= (int)NIC_PORTS_MAX, "no entry may ask for the sentinel's port");

struct bench_update {
	const struct tcam_ops *ops;
	struct tcam *tcam;
	const struct bench_trace *trace;
	struct random random;

	struct tcam_rule *rules;
	struct tcam_entry *entries;  /* memory of all */
	struct tcam_entry **present; /* by rule; NULL while it is out */
	size_t num_present;
	struct tcam_entry *spare[SPARES];
	size_t num_spare;
	struct tcam_entry *removed[REMOVED_MAX];
	size_t num_removed;
	struct tcam_entry *sentinel; /* while it is in the table */
	uint64_t done;               /* updates */
	struct flow_batch *sentinel_batch, *reader_batch;

	pthread_t reader;
	bool reading;
	atomic_bool stop;
	_Atomic uint64_t looked_up, state, checks, misses;

	bool with_updates; /* the run at hand */
	struct bench_meter lookups, updates;
};

/* --- the sentinel --- */

static struct flow_key sentinel_key(void)
{
	struct flow_key key = {.word[0] = (uint64_t)SENTINEL_PORT << FLOW_PORT_SHIFT};

	return key;
}

/* It belongs to the bench, others to nobody. */
static bool is_sentinel(const struct bench_update *u, const struct tcam_entry *entry)
{
	return entry && entry->owner == u;
}

/* Look its key up; nothing is said where it was coming or going meanwhile. */
static void check_sentinel(struct bench_update *u, const struct flow_batch *batch)
{
	uint64_t before = atomic_load_explicit(&u->state, memory_order_acquire);
	struct tcam_entry *result = NULL;
	struct tcam_view view;
	bool found;

	if (before % 4 != SENTINEL_GONE && before % 4 != SENTINEL_THERE)
		return;
	rcu_read_lock();
	u->ops->view(u->tcam, &view);
	u->ops->lookup(u->tcam, &view, batch, &result, 1);
	found = is_sentinel(u, result);
	rcu_read_unlock();
	atomic_thread_fence(memory_order_acquire);
	if (atomic_load_explicit(&u->state, memory_order_relaxed) != before)
		return;
	atomic_fetch_add_explicit(&u->checks, 1, memory_order_relaxed);
	if (found != (before % 4 == SENTINEL_THERE))
		atomic_fetch_add_explicit(&u->misses, 1, memory_order_relaxed);
}

/* --- the thread that looks up --- */

static void look_up(struct bench_update *u, const struct bench_batch *batch)
{
	struct tcam_entry *results[FLOW_BATCH];
	struct tcam_view view;

	rcu_read_lock();
	u->ops->view(u->tcam, &view);
	u->ops->lookup(u->tcam, &view, batch->keys, results, batch->count);
	rcu_read_unlock();
}

static void *read_table(void *context)
{
	struct bench_update *u = context;
	uint64_t packets = 0;

	rcu_register_thread();
	for (size_t i = 0, turn = 0; !atomic_load_explicit(&u->stop, memory_order_relaxed);
	     turn++) {
		const struct bench_batch *batch = &u->trace->batches[i];

		look_up(u, batch);
		packets += batch->count;
		atomic_store_explicit(&u->looked_up, packets, memory_order_relaxed);
		if (turn % CHECK_EVERY == 0)
			check_sentinel(u, u->reader_batch);
		i = i + 1 == u->trace->length ? 0 : i + 1;
	}
	rcu_unregister_thread();
	return NULL;
}

/* --- updates --- */

static struct tcam_entry *take_spare(struct bench_update *u, void *owner)
{
	struct tcam_entry *entry = u->spare[--u->num_spare];

	*entry = (struct tcam_entry){.owner = owner};
	return entry;
}

static void wait_for_readers(struct bench_update *u)
{
	u->ops->settle(u->tcam);
	while (u->num_removed)
		u->spare[u->num_spare++] = u->removed[--u->num_removed];
}

/* 0 or a negative errno. */
static int take_out(struct bench_update *u, struct tcam_entry *entry)
{
	int error = u->ops->remove(u->tcam, entry);

	if (error)
		return error;
	u->ops->commit(u->tcam);
	u->removed[u->num_removed++] = entry;
	u->done++;
	return 0;
}

static int put_in(struct bench_update *u, const struct tcam_rule *rule, void *owner,
		  struct tcam_entry **entry)
{
	int error;

	*entry = take_spare(u, owner);
	error = u->ops->insert(u->tcam, *entry, rule);
	if (error)
		return error;
	u->ops->commit(u->tcam);
	u->done++;
	return 0;
}

static int toggle_sentinel(struct bench_update *u)
{
	struct tcam_rule rule = {.value = sentinel_key(), .mask.word[0] = FLOW_PORT_MASK};
	struct tcam_entry *entry = u->sentinel;
	int error;

	atomic_fetch_add(&u->state, 1);
	u->sentinel = NULL;
	error = entry ? take_out(u, entry) : put_in(u, &rule, u, &u->sentinel);
	if (error)
		return error;
	atomic_fetch_add(&u->state, 1);
	check_sentinel(u, u->sentinel_batch);
	return 0;
}

enum { AHEAD = 8 }; /* changes */

/* The places of a burst of changes, at random. */
static void draw_places(struct bench_update *u, size_t *places, size_t burst)
{
	for (size_t i = 0; i < burst; i++) {
		places[i] = (size_t)random_below(&u->random, u->num_present);
		__builtin_prefetch(&u->present[places[i]]);
	}
}

static void fetch_rule(const struct tcam_rule *rule)
{
	for (size_t at = 0; at < sizeof(*rule); at += 64)
		__builtin_prefetch((const char *)rule + at);
}

/* Some random entries out, and then in again. */
static int move_entries(struct bench_update *u)
{
	size_t burst = u->num_present < BURST ? u->num_present : BURST, places[BURST];
	int error = 0;

	draw_places(u, places, burst);
	for (size_t i = 0; !error && i < burst; i++) {
		if (i + AHEAD < burst)
			__builtin_prefetch(u->present[places[i + AHEAD]], 1);
		while (!u->present[places[i]])
			places[i] = (places[i] + 1) % u->num_present;
		error = take_out(u, u->present[places[i]]);
		u->present[places[i]] = NULL;
	}
	for (size_t i = 0; !error && i < burst; i++) {
		if (i + AHEAD < burst)
			fetch_rule(&u->rules[places[i + AHEAD]]);
		error = put_in(u, &u->rules[places[i]], NULL, &u->present[places[i]]);
	}
	return error;
}

static int update_for_a_while(struct bench_update *u, uint64_t until_ns)
{
	int error = 0;

	while (!error && bench_now_ns() < until_ns) {
		error = toggle_sentinel(u);
		if (!error)
			error = move_entries(u);
		if (u->num_removed + BURST + 1 > REMOVED_MAX)
			wait_for_readers(u);
	}
	return error;
}

/* --- life --- */

static int add_entry(void *context, const struct tcam_entry *like, const struct tcam_rule *rule)
{
	struct bench_update *u = context;
	struct tcam_entry *entry = &u->entries[u->num_present];

	u->rules[u->num_present] = *rule;
	u->present[u->num_present++] = entry;
	return u->ops->insert(u->tcam, entry, rule);
}

static int allocate(struct bench_update *u, size_t rules)
{
	u->rules = calloc(rules + 1, sizeof(*u->rules));
	u->entries = calloc(rules + SPARES, sizeof(*u->entries));
	u->present = calloc(rules + 1, sizeof(struct tcam_entry *));
	u->sentinel_batch = aligned_alloc(_Alignof(struct flow_batch), sizeof(struct flow_batch));
	u->reader_batch = aligned_alloc(_Alignof(struct flow_batch), sizeof(struct flow_batch));
	if (!u->rules || !u->entries || !u->present || !u->sentinel_batch || !u->reader_batch)
		return -ENOMEM;
	for (size_t i = 0; i < SPARES; i++)
		u->spare[u->num_spare++] = &u->entries[rules + i];
	for (int i = 0; i < 2; i++) {
		const struct flow_key key = sentinel_key();

		flow_batch_set(i ? u->sentinel_batch : u->reader_batch, 0, &key, FLOW_ALL_CHUNKS);
	}
	return 0;
}

static int fill(struct bench *bench, struct bench_update *u)
{
	int error = allocate(u, bench->results.rules);

	if (!error)
		error = asic_visit_entries(bench->asic, add_entry, u);
	if (error)
		return error;
	u->ops->commit(u->tcam);
	u->ops->optimize(u->tcam);
	error = -pthread_create(&u->reader, NULL, read_table, u);
	u->reading = !error;
	return error;
}

static enum bench_answer begin(struct bench *bench)
{
	struct bench_update *u = calloc(1, sizeof(*u));
	int error;

	if (!u)
		return bench_fail(bench, "out of memory");
	bench->update = u;
	rcu_register_thread();
	u->ops = bench->options.engine;
	u->trace = &bench->trace;
	u->random.state = SEED;
	errno = 0; /* an engine without TCAM_SHARED does not touch it */
	u->tcam = u->ops->create(TCAM_SHARED);
	if (!u->tcam && errno != ENOMEM)
		return bench_fail(bench,
				  "the engine %s can't be changed while another thread looks up",
				  u->ops->name);
	error = u->tcam ? fill(bench, u) : -ENOMEM;
	return error ? bench_fail(bench, "the table can't be made: %s", strerror(-error))
		     : BENCH_MORE;
}

void bench_update_destroy(struct bench_update *u)
{
	if (!u)
		return;
	atomic_store(&u->stop, true);
	if (u->reading)
		pthread_join(u->reader, NULL);
	u->ops->destroy(u->tcam);
	rcu_unregister_thread();
	free(u->rules);
	free(u->entries);
	free(u->present);
	free(u->sentinel_batch);
	free(u->reader_batch);
	free(u);
}

/* --- measuring --- */

static void end_run(struct bench_update *u, struct bench_results *results)
{
	struct bench_figure *lookups = u->with_updates ? &results->during : &results->alone;

	bench_figure_add(lookups, u->lookups.run_things, u->lookups.run_ns);
	if (u->with_updates)
		bench_figure_add(&results->updates, u->updates.run_things, u->lookups.run_ns);
	u->lookups.run_ns = u->lookups.run_things = u->updates.run_things = 0;
	u->with_updates = !u->with_updates;
}

static int measure_window(struct bench_update *u, struct bench_effort *effort)
{
	const struct timespec pause = {.tv_nsec = WINDOW_NS};
	uint64_t cpu = bench_thread_ns(), begun = bench_now_ns(), spent;
	uint64_t packets = atomic_load_explicit(&u->looked_up, memory_order_relaxed);
	uint64_t updates = u->done;
	int error = 0;

	if (u->with_updates)
		error = update_for_a_while(u, begun + WINDOW_NS);
	else
		nanosleep(&pause, NULL);
	packets = atomic_load_explicit(&u->looked_up, memory_order_relaxed) - packets;
	spent = bench_now_ns() - begun;
	bench_meter_add(&u->lookups, packets, spent);
	u->updates.run_things += u->done - updates;
	if (u->with_updates)
		bench_effort_add(effort, u->done - updates, bench_thread_ns() - cpu, spent);
	return error;
}

enum bench_answer bench_update_step(struct bench *bench)
{
	struct bench_results *results = &bench->results;
	struct bench_update *u;
	int error;

	if (!results->packets)
		return BENCH_NEXT;
	if (!bench->update) {
		enum bench_answer answer = begin(bench);

		if (answer != BENCH_MORE)
			return answer;
	}
	u = bench->update;
	error = measure_window(u, &results->update_effort);
	if (error)
		return bench_fail(bench, "an update failed: %s", strerror(-error));
	results->sentinel_checks = atomic_load(&u->checks);
	results->sentinel_misses = atomic_load(&u->misses);
	if (u->lookups.run_ns >= UPDATE_RUN_NS)
		end_run(u, results);
	/* Both figures have the same number of runs. */
	return bench_meter_is_done(&u->lookups, &results->during, &bench->options) ? BENCH_NEXT
										   : BENCH_MORE;
}

void bench_update_progress(const struct bench *bench, struct bench_progress *progress)
{
	progress->whole = bench->options.runs;
	progress->done = bench->results.during.runs;
}
