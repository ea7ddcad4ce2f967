/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Workers in threads of their own process packets at the same time; between two rounds, while they
 * rest, one thread changes rules, and workers come and go. The sums are what one worker alone has
 * counted for the same packets, and ThreadSanitizer sees that workers share nothing they write.
 *
 * usage: concurrent_workers [ROUNDS]
 */
#include <nicemu/asic/asic.h>
#include <nicemu/base/random.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WORKERS = 3, RULES = 1000, BATCHES = 20, PORTS = 600 };

struct lane {
	struct asic_worker *worker; /* NULL: rests in this round */
	struct flow_batch *batch;
	uint64_t seed;
	pthread_t thread;
};

static struct nic nic;
static struct asic *asic[2]; /* with several workers, and with one */
static struct offload *offload[2];
static uint32_t binding[2];
static struct lane lanes[WORKERS];
static struct lane single;
static pthread_barrier_t begin, end;
static bool stop;

static void check(bool good, const char *what, unsigned long got, unsigned long want)
{
	if (good)
		return;
	fprintf(stderr, "%s: %lu, not %lu\n", what, got, want);
	exit(1);
}

/* Packets that depend on the seed only. */
static void process(struct lane *lane)
{
	struct random r = {lane->seed};
	struct packet packets[FLOW_BATCH];
	const struct asic_decision *decisions[FLOW_BATCH];

	for (int n = 0; n < BATCHES; n++) {
		unsigned int chunks = asic_begin(lane->worker);

		for (size_t i = 0; i < FLOW_BATCH; i++) {
			struct flow_key key = {
				.word = {FLOW_PRESENT(CONTROL) | FLOW_PRESENT(PORTS)}};

			flow_key_set(&key, FLOW_PORTS_DST, random_below(&r, PORTS));
			flow_batch_set(lane->batch, i, &key, chunks);
			packets[i] = (struct packet){
				.length = 60 + (uint32_t)random_below(&r, 1000),
				.time_ns = lane->seed * 1000 + i,
			};
		}
		asic_process(lane->worker, packets, lane->batch, decisions, FLOW_BATCH);
		for (size_t i = 0; i < FLOW_BATCH; i++)
			check(decisions[i]->fate < ASIC_FATES, "fate", decisions[i]->fate, 0);
	}
}

static void *run_lane(void *argument)
{
	struct lane *lane = argument;

	for (;;) {
		pthread_barrier_wait(&begin);
		if (stop)
			return NULL;
		if (lane->worker)
			process(lane);
		pthread_barrier_wait(&end);
	}
}

static void change_rules(struct random *r)
{
	struct flow_rule *rule = flow_rule_alloc(0);

	rule->match.used_keys = FLOW_PRESENT(PORTS);
	flow_key_set(&rule->match.mask, FLOW_PORTS_DST, 0xfff0 | random_below(r, 16));
	for (int i = 0; i < 20; i++) {
		struct offload_command command = {
			.cookie = random_below(r, RULES),
			.prio = (uint32_t)random_below(r, 5),
			.rule = rule,
		};
		uint64_t what = random_below(r, 4);

		rule->match.key.word[flow_positions[FLOW_PORTS_DST].word] = 0;
		flow_key_set(&rule->match.key, FLOW_PORTS_DST, random_below(r, PORTS));
		for (int n = 0; n < 2; n++) {
			command.binding = binding[n];
			if (what)
				check(!offload_replace(offload[n], &command, NULL), "replace", 1,
				      0);
			else
				offload_destroy_rule(offload[n], &command, NULL);
		}
	}
	flow_rule_free(rule);
}

static void change_workers(struct random *r)
{
	for (size_t i = 0; i < WORKERS; i++) {
		if (random_below(r, 4))
			continue;
		if (lanes[i].worker) {
			asic_worker_destroy(lanes[i].worker);
			lanes[i].worker = NULL;
		} else {
			lanes[i].worker =
				asic_worker_create(asic[0], i % 2 ? ASIC_NO_CACHE : 1 << 18);
		}
	}
}

static void compare(struct offload_stats *sum)
{
	struct asic_counters retired[2], unmatched[2];

	memset(sum, 0, sizeof(*sum));
	for (uint64_t cookie = 0; cookie < RULES; cookie++) {
		struct offload_stats totals[2];
		int error[2];

		for (int n = 0; n < 2; n++)
			error[n] = offload_totals(offload[n], binding[n], cookie, &totals[n]);
		check(error[0] == error[1], "a rule is there", (unsigned long)-error[0],
		      (unsigned long)-error[1]);
		if (error[0])
			continue;
		check(totals[0].packets == totals[1].packets, "packets", totals[0].packets,
		      totals[1].packets);
		check(totals[0].bytes == totals[1].bytes, "bytes", totals[0].bytes,
		      totals[1].bytes);
		check(totals[0].last_used_ns == totals[1].last_used_ns, "last used",
		      totals[0].last_used_ns, totals[1].last_used_ns);
		sum->packets += totals[0].packets;
	}
	for (int n = 0; n < 2; n++) {
		retired[n] = asic_retired(asic[n]);
		unmatched[n] = asic_unmatched(asic[n]);
	}
	check(retired[0].packets == retired[1].packets, "retired", retired[0].packets,
	      retired[1].packets);
	check(unmatched[0].packets == unmatched[1].packets, "unmatched", unmatched[0].packets,
	      unmatched[1].packets);
}

static void set_up(void)
{
	check(!nic_default(&nic), "NIC", 1, 0);
	for (int n = 0; n < 2; n++) {
		struct offload_binding bound = {.block = 1};

		asic[n] = asic_create(&nic, NULL);
		offload[n] = offload_create(&asic_driver, asic[n]);
		check(!offload_bind(offload[n], &bound, NULL), "bind", 1, 0);
		binding[n] = bound.id;
	}
	single.worker = asic_worker_create(asic[1], ASIC_NO_CACHE);
	single.batch = aligned_alloc(_Alignof(struct flow_batch), sizeof(*single.batch));
	pthread_barrier_init(&begin, NULL, WORKERS + 1);
	pthread_barrier_init(&end, NULL, WORKERS + 1);
	for (size_t i = 0; i < WORKERS; i++) {
		lanes[i].batch =
			aligned_alloc(_Alignof(struct flow_batch), sizeof(*lanes[i].batch));
		check(!pthread_create(&lanes[i].thread, NULL, run_lane, &lanes[i]), "thread", 1, 0);
	}
}

static void clear(void)
{
	stop = true;
	pthread_barrier_wait(&begin);
	for (size_t i = 0; i < WORKERS; i++) {
		pthread_join(lanes[i].thread, NULL);
		asic_worker_destroy(lanes[i].worker);
		free(lanes[i].batch);
	}
	asic_worker_destroy(single.worker);
	free(single.batch);
	for (int n = 0; n < 2; n++) {
		offload_destroy(offload[n]);
		asic_destroy(asic[n]);
	}
	nic_clear(&nic);
}

int main(int argc, char **argv)
{
	int rounds = argc > 1 ? atoi(argv[1]) : 100;
	struct random r = {11};
	struct offload_stats sum = {0};

	set_up();
	for (int round = 0; round < rounds; round++) {
		change_rules(&r);
		change_workers(&r);
		for (size_t i = 0; i < WORKERS; i++)
			lanes[i].seed = random_u64(&r) >> 32;
		pthread_barrier_wait(&begin);
		for (size_t i = 0; i < WORKERS; i++)
			if (lanes[i].worker) {
				single.seed = lanes[i].seed;
				process(&single);
			}
		pthread_barrier_wait(&end);
		compare(&sum);
	}
	clear();
	check(sum.packets > 1000, "packets at rules that are there", sum.packets, 1000);
	printf("%d rounds, %lu packets at rules that are there\n", rounds,
	       (unsigned long)sum.packets);
	return 0;
}
