/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Differential translation, in a virtual machine: rules of raw expressions go to a real kernel, in
 * an offload chain of a netdevsim port that nsim_nft_offload.ko serves; what the module was handed
 * is compared with our translation for that kernel, bit by bit.
 *
 * usage: vm_differential [--kernel VERSION] [--seed N] [--rules N] [--no-sweep] [--plant BIT]
 *                        [--roll-back] [--complaints] ASKED-PORT COMMITTED-PORT
 * --rules is how many are drawn; the sweep (generate_sweep) comes before them. --plant flips a bit
 * of our side of the first rule, which must be found. --roll-back lets every commit fail at a rule
 * behind the others, for kernels that do not survive one that succeeds. --complaints sends only
 * rules for which the kernel writes a WARNING, commits none, and says how many WARNINGs there must
 * be. The last line counts: rules compared; those that the kernel hands over in another way than it
 * should or than we do; of these, those of named bugs of that kernel, which we hand over alike.
 * Exit: 0 all others are equal; 1; 2 usage; 4 the environment lacks something.
 */
#include "bugs.h"
#include "generator.h"
#include "handed.h"
#include "kernel.h"
#include "listener.h"
#include "rules.h"

#include <errno.h>
#include <getopt.h>
#include <linux/netfilter/nf_tables.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <time.h>

enum { SHOWN = 20, LACKING = 4, ETH_P_ALL_AS_SENT = 0x0300 };

struct counts {
	size_t sent, skipped, complaints, compared, refused, excluded, different, known;
	size_t replaces, destroys, stats;
};

struct run {
	struct random random;
	uint64_t seed;
	size_t wanted, drawn, sweep;
	bool sweeps, planted, rolls_back, complains;
	long plant; /* below 0: none */
	const char *version, *asked_port, *committed_port;
	struct kernel_behavior kernel;
	struct bugs bugs;
	struct mnl_socket *socket;
	struct listener *listener;
	uint32_t netns;
	struct counts counts;
	struct handed_seen seen;
};

/* The head of a difference; what follows it is shown only with the first ones. */
static bool show_difference(struct run *run, const struct rule *rule)
{
	if (run->counts.different++ >= SHOWN)
		return false;
	printf("DIFFERENT: seed %llu, kernel %s:%s\n", (unsigned long long)run->seed,
	       run->kernel.version, rule ? describe_expressions(rule_expressions(rule)) : "");
	return true;
}

static void compare_answers(struct run *run, struct round *round)
{
	for (size_t i = 0; i < round->count; i++) {
		struct rule *rule = &round->rules[i];

		run->counts.sent++;
		if (rule->theirs == rule->ours)
			run->counts.refused += rule->theirs != 0;
		else if (rule_lacking(rule, run->socket))
			run->counts.excluded++;
		else if (show_difference(run, rule))
			printf("\tanswer: kernel %s, nicemu %s\n", strerrorname_np(rule->theirs),
			       strerrorname_np(rule->ours));
	}
}

/* What the module was handed in one round, as it is read from the messages. */
struct reading {
	struct run *run;
	struct round *round;
	size_t next; /* index in the round's rules */
	uint64_t handle;
	uint64_t cookies[RULES_PER_ROUND + 1]; /* in rolled back rounds there is one more */
	size_t replaces, destroyed[RULES_PER_ROUND + 2];
};

static void plant(struct run *run, struct rule *rule)
{
	if (run->plant < 0 || run->planted)
		return;
	run->planted = true;
	handed_flip(rule->flow, (size_t)run->plant % handed_bits(rule->flow));
}

static void compare_rule(struct reading *r, const struct kmod_header *header, struct rule *rule)
{
	static struct handed handed;
	struct run *run = r->run;
	struct handed_expected expected = {
		.rule = rule->flow, .prio = r->round->prio, .netns = run->netns};
	char *text = NULL;
	size_t size, found;
	FILE *out;

	/* That we refuse it was told with the answers. */
	if (!rule->flow)
		return;
	plant(run, rule);
	out = open_memstream(&text, &size);
	if (!out)
		return;
	found = !handed_read(&handed, header, header->length, out);
	if (!found)
		found = handed_compare(&handed, &expected, out);
	if (!found && handed.head.previous != r->handle) {
		fprintf(out, "\tit comes behind rule %llu, not %llu\n",
			(unsigned long long)handed.head.previous, (unsigned long long)r->handle);
		found = 1;
	}
	r->handle = handed.head.handle;
	run->counts.compared++;
	handed_look(&handed, &run->seen);
	if (!found && !rules_equal(rule->flow, rule->right))
		run->counts.known++;
	fclose(out);
	if (found && show_difference(run, rule)) {
		printf("%s    kernel:\n", text);
		handed_print(stdout, &handed, "\t");
		printf("    nicemu:\n");
		flow_rule_print(stdout, rule->flow, "\t");
	}
	free(text);
}

static void read_replace(struct reading *r, const struct kmod_header *header)
{
	const struct kmod_command *command = (const void *)header;

	r->run->counts.replaces++;
	while (r->next < r->round->count && r->round->rules[r->next].theirs)
		r->next++;
	if (r->replaces == r->round->accepted + r->run->rolls_back) {
		if (show_difference(r->run, NULL))
			printf("\ta REPLACE more than rules\n");
		return;
	}
	r->cookies[r->replaces++] = command->cookie;
	if (r->next < r->round->count)
		compare_rule(r, header, &r->round->rules[r->next++]);
}

/* DESTROY and STATS: the rule's cookie, the chain's prio, and a protocol that is nobody's. */
static void read_command(struct reading *r, const struct kmod_header *header)
{
	const struct kmod_command *command = (const void *)header;
	size_t i = 0;

	while (i < r->replaces && r->cookies[i] != command->cookie)
		i++;
	if (header->type == KMOD_DESTROY) {
		r->run->counts.destroys++;
		r->destroyed[i]++;
	} else {
		r->run->counts.stats++;
	}
	if (i < r->replaces && command->prio == r->round->prio && command->chain_index == 0 &&
	    command->protocol == ETH_P_ALL_AS_SENT && !command->skip_sw)
		return;
	if (show_difference(r->run, NULL))
		printf("\t%s of rule %zu of %zu: prio %u, expected %u, chain_index %u, protocol "
		       "0x%04x, skip_sw %u\n",
		       header->type == KMOD_DESTROY ? "DESTROY" : "STATS", i, r->replaces,
		       command->prio, r->round->prio, command->chain_index, command->protocol,
		       command->skip_sw);
}

static void read_message(void *context, const struct kmod_header *header)
{
	struct reading *r = context;

	switch (header->type) {
	case KMOD_REPLACE: read_replace(r, header); break;
	case KMOD_DESTROY:
	case KMOD_STATS: read_command(r, header); break;
	default: break;
	}
}

static void compare_handed(struct run *run, struct round *round)
{
	struct reading r = {.run = run, .round = round};

	listener_visit(run->listener, read_message, &r);
	if (r.replaces != round->accepted + run->rolls_back && show_difference(run, NULL))
		printf("\t%zu REPLACE for %zu rules\n", r.replaces, round->accepted);
	/* Once for the rule, unless it is the one that was refused, and once for the chain. */
	for (size_t i = 0; i < r.replaces; i++) {
		size_t expected = i == round->accepted ? 1 : 2;

		if (r.destroyed[i] != expected && show_difference(run, NULL))
			printf("\t%zu DESTROY of rule %zu, not %zu\n", r.destroyed[i], i, expected);
	}
}

static int ignore_message(const struct nlmsghdr *nlh, void *context)
{
	return MNL_CB_OK;
}

/* Lists what is committed, which asks for STATS, and deletes it. */
static bool list_and_delete(struct run *run)
{
	int error;

	if (kernel_dump(run->socket, NFT_MSG_GETRULE, ignore_message, NULL) < 0)
		printf("the rules can't be listed: %s\n", strerror(errno));
	error = round_delete(run->socket);
	if (error)
		printf("the table can't be deleted: %s\n", strerror(error));
	return !error;
}

static bool commit_round(struct run *run, struct round *round)
{
	int expected = run->rolls_back ? ENOSPC : 0, error;

	listener_forget(run->listener, run->rolls_back ? round->accepted + 1 : 0);
	error = round_commit(round, run->socket, run->committed_port, run->rolls_back);
	if (error != expected) {
		printf("%zu rules that the kernel had accepted one by one: the commit's error is "
		       "%s, not %s\n",
		       round->accepted, strerrorname_np(error), strerrorname_np(expected));
		return false;
	}
	if (!run->rolls_back && !list_and_delete(run))
		return false;
	if (!listener_wait(run->listener, KMOD_RELEASE, 1)) {
		printf("the module did not tell that the chain is gone: %s\n",
		       strerror(listener_failed(run->listener)));
		return false;
	}
	compare_handed(run, round);
	return true;
}

/* First the sweep, then what is drawn: mostly for hardware, and now and then anything. */
static bool generate(void *context, struct nlmsghdr *nlh)
{
	struct run *run = context;

	if (run->sweeps && generate_sweep(nlh, &run->sweep))
		return true;
	run->sweeps = false;
	if (run->drawn == run->wanted)
		return false;
	run->drawn++;
	if (random_below(&run->random, 5))
		generate_offload_rule(nlh, &run->random);
	else
		generate_expressions(nlh, &run->random);
	return true;
}

static bool run_rounds(struct run *run)
{
	static struct round round;
	bool going = true;

	round.complaining = run->complains;
	while (going) {
		if (!round_ask(&round, run->socket, &run->bugs, &run->kernel, generate, run)) {
			printf("no answer from the kernel: %s\n", strerror(errno));
			return false;
		}
		round.prio = 1 + (uint32_t)random_below(&run->random, 65535);
		run->counts.skipped += round.skipped;
		run->counts.complaints += round.complaints;
		compare_answers(run, &round);
		if (round.accepted && !run->complains && !commit_round(run, &round))
			return false;
		going = round.count == RULES_PER_ROUND;
		round_clear(&round);
	}
	return true;
}

/* Distributions tell the kernel's version in uname -v: "#1 SMP Debian 6.1.192-1 (2026-…)". */
static void find_version(char *version, size_t size)
{
	struct utsname name;
	const char *at;

	uname(&name);
	at = strstr(name.version, "Debian ");
	at = at ? at + strlen("Debian ") : name.release;
	snprintf(version, size, "%.*s", (int)strspn(at, "0123456789."), at);
}

static bool prepare(struct run *run)
{
	static char version[64];
	char message[512];
	char *words[] = {"", "--device", (char *)(uintptr_t)run->asked_port, NULL};
	struct stat st;
	int error;

	find_version(version, sizeof(version));
	if (kernel_behavior_find(&run->kernel, run->version ? run->version : version, message,
				 sizeof(message))) {
		fprintf(stderr, "%s\n", message);
		return false;
	}
	if (*message)
		printf("%s\n", message);
	bugs_find(&run->bugs, &run->kernel);
	if (stat("/proc/self/ns/net", &st) < 0) {
		perror("/proc/self/ns/net");
		return false;
	}
	run->netns = (uint32_t)st.st_ino;
	kernel_options(3, words);
	run->listener = listener_start();
	if (!run->listener)
		return false;
	run->socket = kernel_open();
	error = run->socket ? kernel_make_world(run->socket) : errno;
	if (error)
		fprintf(stderr, "the tables can't be made: %s\n", strerror(error));
	return !error;
}

static bool report(struct run *run, double seconds)
{
	struct counts *c = &run->counts;
	bool swept = run->sweep > 0;
	size_t unmet;

	if (run->complains) {
		printf("complaints expected: %zu, for %zu rules\n", c->complaints, c->sent);
		return c->different == 0;
	}
	unmet = bugs_print(&run->bugs, &run->kernel);
	handed_print_seen(stdout, &run->seen);
	c->different += handed_inconsistent(&run->seen, stdout);
	printf("seed %llu, kernel %s (%s): %zu rules sent, %zu accepted and compared, %zu refused "
	       "by both, %zu of types that this kernel lacks, %zu not sent because the kernel "
	       "would "
	       "write a WARNING; %.1f s\n",
	       (unsigned long long)run->seed, run->kernel.version,
	       listener_hello(run->listener)->kernel, c->sent, c->compared, c->refused, c->excluded,
	       c->skipped, seconds);
	printf("%zu REPLACE, %zu DESTROY, %zu STATS\n", c->replaces, c->destroys, c->stats);
	printf("compared %zu differ %zu known %zu\n", c->compared, c->different + c->known,
	       c->known);
	return c->different == 0 && c->compared > 0 && !(swept && unmet);
}

static bool number(const char *text, uint64_t *value)
{
	char *end;

	errno = 0;
	*value = strtoull(text, &end, 0);
	return !errno && end != text && !*end && *text != '-';
}

static bool parse(struct run *run, int argc, char **argv)
{
	static const struct option options[] = {
		{"kernel", required_argument, NULL, 'k'}, {"seed", required_argument, NULL, 's'},
		{"rules", required_argument, NULL, 'r'},  {"no-sweep", no_argument, NULL, 'n'},
		{"plant", required_argument, NULL, 'p'},  {"roll-back", no_argument, NULL, 'b'},
		{"complaints", no_argument, NULL, 'c'},   {0},
	};
	uint64_t value;
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) >= 0) {
		if (option == 'k')
			run->version = optarg;
		else if (option == 'n')
			run->sweeps = false;
		else if (option == 'b')
			run->rolls_back = true;
		else if (option == 'c')
			run->complains = true;
		else if (option == '?' || !number(optarg, &value))
			return false;
		else if (option == 's')
			run->seed = value;
		else if (option == 'r')
			run->wanted = value;
		else
			run->plant = (long)(value & INT32_MAX);
	}
	if (argc - optind != 2)
		return false;
	run->asked_port = argv[optind];
	run->committed_port = argv[optind + 1];
	run->random.state = run->seed;
	return true;
}

int main(int argc, char **argv)
{
	static struct run run = {.seed = 1, .wanted = 4000, .sweeps = true, .plant = -1};
	struct timespec start, end;
	bool good;

	if (!parse(&run, argc, argv)) {
		fprintf(stderr, "usage: vm_differential [--kernel VERSION] [--seed N] [--rules N] "
				"[--no-sweep] [--plant BIT] [--roll-back] [--complaints] "
				"ASKED-PORT COMMITTED-PORT\n");
		return 2;
	}
	if (!prepare(&run))
		return LACKING;
	clock_gettime(CLOCK_MONOTONIC, &start);
	good = run_rounds(&run);
	clock_gettime(CLOCK_MONOTONIC, &end);
	good = report(&run, (double)(end.tv_sec - start.tv_sec) +
				    (double)(end.tv_nsec - start.tv_nsec) / 1e9) &&
	       good;
	mnl_socket_close(run.socket);
	listener_stop(run.listener);
	return !good;
}
