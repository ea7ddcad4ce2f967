/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "played.h"
#include "small_emulator.h"
#include "traffic.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PORTS = 2, RULES = 8, CAPTURES_MAX = 8 };

static struct emulator *make_emulator(char *folder)
{
	struct emulator *emulator = small_emulator_create(folder);

	if (!emulator)
		errx(1, "no emulator");
	return emulator;
}

/* What rule n does with the packets whose destination's last byte is n (n and n + 8 with odd n). */
static void make_rule(struct flow_rule *rule, unsigned int n)
{
	static const struct flow_action_entry actions[4][2] = {
		{{.id = FLOW_ACTION_DROP}},
		{{.id = FLOW_ACTION_REDIRECT, .ifindex = NIC_FIRST_IFINDEX + 2}},
		{{.id = FLOW_ACTION_MIRRED, .ifindex = NIC_FIRST_IFINDEX + 3},
		 {.id = FLOW_ACTION_REDIRECT, .ifindex = NIC_FIRST_IFINDEX + 2}},
		{{.id = FLOW_ACTION_MIRRED, .ifindex = NIC_FIRST_IFINDEX + 2},
		 {.id = FLOW_ACTION_ACCEPT}},
	};

	rule->match.used_keys = FLOW_PRESENT(ETH_ADDRS);
	flow_key_set(&rule->match.key, FLOW_ETH_DST, n);
	flow_key_set(&rule->match.mask, FLOW_ETH_DST, n % 2 ? 7 : 15);
	rule->num_actions = n % 4 < 2 ? 1 : 2;
	for (size_t i = 0; i < rule->num_actions; i++) {
		rule->actions[i] = actions[n % 4][i];
		rule->actions[i].hw_stats = FLOW_ACTION_HW_STATS_DONT_CARE;
	}
}

static void add_rule(struct emulator *emulator, uint32_t binding, unsigned int n)
{
	struct flow_rule *rule = flow_rule_alloc(2);
	struct offload_command command = {.binding = binding,
					  .cookie = n + 1,
					  .prio = RULES - n,
					  .protocol = 0x0003,
					  .rule = rule};
	struct reason reason = {0};

	if (!rule)
		err(1, "rule");
	make_rule(rule, n);
	if (offload_replace(emulator->offload, &command, &reason))
		errx(1, "replace: %s", reason.clause);
	flow_rule_free(rule);
}

static void add_rules(struct emulator *emulator, uint16_t port, uint32_t *number)
{
	struct offload_binding binding = {.port = port,
					  .binder = OFFLOAD_BLOCK,
					  .direction = OFFLOAD_INGRESS,
					  .block = port + 1};
	struct reason reason = {0};

	if (offload_bind(emulator->offload, &binding, &reason))
		errx(1, "bind: %s", reason.clause);
	*number = binding.id;
	for (unsigned int n = 0; n < RULES; n++)
		add_rule(emulator, binding.id, n);
}

/* What commands do while packets are played. */
static void churn(struct emulator *emulator, uint32_t binding, unsigned int step)
{
	struct offload_command command = {.binding = binding, .cookie = step % RULES + 1};
	struct reason reason = {0};

	if (offload_destroy_rule(emulator->offload, &command, &reason))
		errx(1, "destroy: %s", reason.clause);
	add_rule(emulator, binding, step % RULES);
}

/* --- captures that come through pipes --- */

struct feeder {
	pthread_t thread;
	int from, to;
};

static void *feed(void *context)
{
	struct feeder *feeder = context;
	char bytes[3000];
	ssize_t n;

	while ((n = read(feeder->from, bytes, sizeof(bytes))) > 0)
		if (write(feeder->to, bytes, (size_t)n) != n)
			break;
	close(feeder->from);
	close(feeder->to);
	return NULL;
}

static int through_pipe(struct feeder *feeder, int fd)
{
	int ends[2];

	if (pipe(ends))
		err(1, "pipe");
	*feeder = (struct feeder){.from = fd, .to = ends[1]};
	if (pthread_create(&feeder->thread, NULL, feed, feeder))
		errx(1, "no thread");
	return ends[0];
}

/* --- what is left --- */

static void print_counters(FILE *out, const char *name, struct replay_counters c)
{
	fprintf(out, "%s: %" PRIu64 " packets, %" PRIu64 " bytes\n", name, c.packets, c.bytes);
}

static void print_results(FILE *out, const struct replay_results *r)
{
	for (size_t i = 0; i < r->num_captures; i++) {
		const struct replay_capture *c = &r->captures[i];

		print_counters(out, c->name, c->played);
		fprintf(out,
			"  filtered %" PRIu64 ", truncated %" PRIu64 ", malformed %" PRIu64 "\n",
			c->filtered, c->truncated, c->malformed);
	}
	print_counters(out, "total", r->total);
	print_counters(out, "dropped", r->fates[ASIC_DROP]);
	print_counters(out, "redirected", r->fates[ASIC_REDIRECT]);
	print_counters(out, "host", r->fates[ASIC_HOST]);
	print_counters(out, "mirrored", r->mirrored);
	print_counters(out, "unmatched", r->unmatched);
	fprintf(out, "interrupted: %d\n", r->interrupted);
}

static void print_ports(FILE *out, const struct emulator_port_counters *ports)
{
	for (int i = 0; i < 8; i++)
		fprintf(out,
			"port %d: in %" PRIu64 " / %" PRIu64 ", out %" PRIu64 " / %" PRIu64 "\n", i,
			ports[i].rx_packets, ports[i].rx_bytes, ports[i].tx_packets,
			ports[i].tx_bytes);
}

static char *describe(const struct emulator *emulator, const struct replay *replay,
		      const uint32_t *bindings)
{
	const struct replay_results *results = replay_get_results(replay);
	struct offload_stats counts;
	struct replay_error error;
	size_t size;
	char *text;
	FILE *out = open_memstream(&text, &size);

	print_results(out, results);
	print_ports(out, results->ports);
	fprintf(out, "since the start:\n");
	print_ports(out, emulator->ports);
	for (int p = 0; p < PORTS; p++)
		for (unsigned int cookie = 1; cookie <= RULES; cookie++) {
			if (replay_rule_counts(replay, bindings[p], cookie, &counts))
				errx(1, "rule %u has no counts", cookie);
			fprintf(out, "rule %d/%u: %" PRIu64 " / %" PRIu64 ", %" PRIu64 "\n", p,
				cookie, counts.packets, counts.bytes, counts.last_used_ns);
		}
	for (size_t i = 0; replay_get_error(replay, i, &error); i++)
		fprintf(out, "error %d at %" PRIu64 ": %s\n", error.error, error.offset,
			error.text);
	fprintf(out, "clock: %" PRIu64 "\n", emulator->clock.now_ns);
	fclose(out);
	return text;
}

static const char *describe_rule(void *context, uint32_t binding, uint64_t cookie)
{
	static char text[64];

	snprintf(text, sizeof(text), "rule %u/%" PRIu64, binding, cookie);
	return text;
}

static void open_outputs(const struct plan *plan, struct replay_options *options, int *written)
{
	static const struct replay_output kinds[OUTPUTS] = {
		{-1, "two.pcap", REPLAY_TAP_PORT, 2, CAPTURE_PCAP},
		{-1, "all.pcapng", REPLAY_TAP_ALL, 0, CAPTURE_PCAPNG},
		{-1, "drop.pcap", REPLAY_TAP_DROP, 0, CAPTURE_PCAP},
		{-1, "host.pcapng", REPLAY_TAP_HOST, 0, CAPTURE_PCAPNG},
	};

	for (size_t i = 0; plan->outputs && i < OUTPUTS; i++) {
		written[i] = memfd_create("output", MFD_CLOEXEC);
		options->outputs[i] = kinds[i];
		options->outputs[i].fd = dup(written[i]);
		options->num_outputs++;
	}
	if (plan->full_disk)
		options->outputs[options->num_outputs++] =
			(struct replay_output){open("/dev/full", O_WRONLY), "full.pcap",
					       REPLAY_TAP_ALL, 0, CAPTURE_PCAPNG};
}

static void read_outputs(struct played *played, const int *written)
{
	struct stat status;

	for (size_t i = 0; i < OUTPUTS; i++) {
		fstat(written[i], &status);
		played->size[i] = (size_t)status.st_size;
		played->output[i] = malloc(played->size[i] + 1);
		if (!played->output[i] ||
		    pread(written[i], played->output[i], played->size[i], 0) != status.st_size)
			err(1, "an output can't be read");
		close(written[i]);
	}
}

static void halve(int fd)
{
	struct stat status;

	if (fstat(fd, &status) || ftruncate(fd, status.st_size / 2))
		err(1, "a file can't be cut");
}

static bool adds_up(const struct emulator *emulator, const struct replay *replay,
		    const uint32_t *bindings)
{
	const struct replay_results *results = replay_get_results(replay);
	uint64_t fates = 0,
		 rules = results->unmatched.packets + asic_retired(emulator->asic).packets;
	struct offload_stats counts;

	for (int i = 0; i < ASIC_FATES; i++)
		fates += results->fates[i].packets;
	for (int p = 0; p < PORTS; p++)
		for (unsigned int cookie = 1; cookie <= RULES; cookie++)
			if (!replay_rule_counts(replay, bindings[p], cookie, &counts))
				rules += counts.packets;
	return results->total.packets == fates && results->total.packets == rules;
}

/* first: the file of the first capture. */
static void run(struct played *played, const struct plan *plan, struct emulator *emulator,
		struct replay *replay, int first, const uint32_t *bindings)
{
	unsigned int steps = 0;

	while (replay_step(replay)) {
		steps++;
		if (steps == plan->interrupt_after)
			replay_interrupt(replay);
		if (steps == plan->cut_after)
			halve(first);
		if (plan->churn)
			churn(emulator, bindings[0], steps);
	}
	replay_finish(replay);
	played->packets = replay_get_results(replay)->total.packets;
	played->interrupted = replay_get_results(replay)->interrupted;
	played->adds_up = adds_up(emulator, replay, bindings);
	played->steps = steps;
}

void play(struct played *played, const struct plan *plan, unsigned int jobs)
{
	static const char *const names[CAPTURES_MAX] = {"a", "b", "c", "d", "e", "f", "g", "h"};
	char folder[] = SMALL_EMULATOR_FOLDER, message[512];
	struct emulator *emulator = make_emulator(folder);
	struct random random = {.state = plan->seed};
	struct feeder feeders[CAPTURES_MAX];
	struct replay_input inputs[CAPTURES_MAX];
	struct replay_output outputs[OUTPUTS + 1];
	struct replay_options options = {.inputs = inputs,
					 .num_inputs = plan->captures,
					 .outputs = outputs,
					 .filter = plan->filter,
					 .loops = plan->loops,
					 .merge = plan->merge,
					 .jobs = jobs,
					 .no_cache = plan->no_cache,
					 .describe = describe_rule};
	uint32_t bindings[PORTS];
	int written[OUTPUTS];
	struct replay *replay;
	bool wrong_input;
	int first = -1;

	*played = (struct played){0};
	for (uint16_t port = 0; port < PORTS; port++)
		add_rules(emulator, port, &bindings[port]);
	for (size_t i = 0; i < plan->captures; i++) {
		int fd = traffic_file(&random, plan->packets - random_below(&random, 7),
				      i ? 0 : plan->cut);

		if (!i)
			first = dup(fd);
		if (plan->pipes)
			fd = through_pipe(&feeders[i], fd);
		inputs[i] = (struct replay_input){fd, names[i], (uint16_t)(i % 3)};
	}
	open_outputs(plan, &options, written);
	if (replay_create(&replay, emulator, &options, &wrong_input, message, sizeof(message)))
		errx(1, "no replay: %s", message);
	run(played, plan, emulator, replay, first, bindings);
	close(first);
	played->text = describe(emulator, replay, bindings);
	replay_destroy(replay);
	for (size_t i = 0; plan->pipes && i < plan->captures; i++)
		pthread_join(feeders[i].thread, NULL);
	if (plan->outputs)
		read_outputs(played, written);
	emulator_destroy(emulator);
	rmdir(folder);
}

bool play_without_threads(void)
{
	char folder[] = SMALL_EMULATOR_FOLDER, message[512];
	struct emulator *emulator = make_emulator(folder);
	struct random random = {.state = 1};
	struct replay_input input = {traffic_file(&random, 10, 0), "a", 0};
	struct replay_options options = {.inputs = &input, .num_inputs = 1, .loops = 1, .jobs = 4};
	struct replay *replay;
	bool wrong_input;
	int error =
		replay_create(&replay, emulator, &options, &wrong_input, message, sizeof(message));

	replay_destroy(replay);
	emulator_destroy(emulator);
	rmdir(folder);
	if (error != -EAGAIN || wrong_input || !strstr(message, "4 jobs"))
		printf("error %d: %s\n", error, message);
	return error == -EAGAIN && !wrong_input && strstr(message, "4 jobs");
}

void played_free(struct played *played)
{
	for (size_t i = 0; i < OUTPUTS; i++)
		free(played->output[i]);
	free(played->text);
}
