/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Replays with several threads leave what one thread leaves: every figure, the order of the errors,
 * and each output byte for byte. A plain program, so that it runs under ThreadSanitizer too.
 */
#include "played.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct {
	const char *name;
	struct plan plan;
} cases[] = {
	{"one capture", {.captures = 1, .packets = 30000, .loops = 1}},
	{"a capture smaller than a batch", {.captures = 1, .packets = 9, .loops = 1}},
	{"captures one after the other", {.captures = 5, .packets = 5000, .loops = 1}},
	{"many passes over a small capture", {.captures = 1, .packets = 200, .loops = 150}},
	{"merged captures", {.captures = 4, .packets = 5000, .loops = 2, .merge = true}},
	{"outputs", {.captures = 2, .packets = 9000, .loops = 2, .outputs = true}},
	{"outputs of merged captures",
	 {.captures = 3, .packets = 4000, .loops = 1, .merge = true, .outputs = true}},
	{"a filter", {.captures = 2, .packets = 9000, .loops = 1, .filter = "ether[5] < 5"}},
	{"a filter and outputs, no flow cache",
	 {.captures = 2,
	  .packets = 5000,
	  .loops = 2,
	  .filter = "udp or ether[5] = 3",
	  .outputs = true,
	  .no_cache = true}},
	{"a broken capture and a full disk",
	 {.captures = 2,
	  .packets = 9000,
	  .cut = 3,
	  .loops = 2,
	  .outputs = true,
	  .full_disk = true}},
	{"a broken capture, the fault before a full disk's",
	 {.captures = 2, .packets = 40, .cut = 3, .loops = 20, .outputs = true, .full_disk = true}},
	{"pipes", {.captures = 2, .packets = 6000, .loops = 1, .pipes = true, .outputs = true}},
	{"merged pipes",
	 {.captures = 2,
	  .packets = 4000,
	  .loops = 1,
	  .pipes = true,
	  .merge = true,
	  .outputs = true}},
};

static int failures;

static void fail(const char *name, uint64_t seed, unsigned int jobs, const char *what)
{
	printf("FAILED: %s, seed %llu, %u jobs: %s\n", name, (unsigned long long)seed, jobs, what);
	failures++;
}

static void compare(const char *name, uint64_t seed, unsigned int jobs, const struct played *one,
		    const struct played *many)
{
	char what[64];

	if (strcmp(one->text, many->text) != 0) {
		fail(name, seed, jobs, "other figures");
		printf("one job:\n%s\n%u jobs:\n%s\n", one->text, jobs, many->text);
	}
	for (int i = 0; i < OUTPUTS; i++) {
		snprintf(what, sizeof(what), "output %d differs (%zu and %zu bytes)", i,
			 one->size[i], many->size[i]);
		if (one->size[i] != many->size[i] ||
		    (one->size[i] && memcmp(one->output[i], many->output[i], one->size[i]) != 0))
			fail(name, seed, jobs, what);
	}
}

static void check_case(size_t number, uint64_t seed)
{
	static const unsigned int jobs[] = {2, 3, 7};
	struct plan plan = cases[number].plan;
	struct played one, many;

	plan.seed = seed;
	play(&one, &plan, 1);
	for (size_t i = 0; i < sizeof(jobs) / sizeof(*jobs); i++) {
		play(&many, &plan, jobs[i]);
		compare(cases[number].name, seed, jobs[i], &one, &many);
		played_free(&many);
	}
	played_free(&one);
	printf("%s\n", cases[number].name);
	fflush(stdout);
}

/* What was played until then is the beginning of what is played without the interrupt. */
static void check_interrupt(uint64_t seed)
{
	const char *name = "an interrupt";
	struct plan plan = {
		.seed = seed, .captures = 2, .packets = 60000, .loops = 1, .outputs = true};
	struct played whole, part;

	play(&whole, &plan, 1);
	plan.interrupt_after = 1;
	for (unsigned int jobs = 1; jobs <= 3; jobs++) {
		play(&part, &plan, jobs);
		if (!part.interrupted || !part.packets || part.packets >= whole.packets)
			fail(name, seed, jobs, "it was not interrupted half way");
		for (int i = 0; i < OUTPUTS; i++)
			if (part.size[i] > whole.size[i] ||
			    memcmp(part.output[i], whole.output[i], part.size[i]) != 0)
				fail(name, seed, jobs,
				     "an output is not the beginning of the whole");
		played_free(&part);
	}
	played_free(&whole);
	printf("%s\n", name);
}

/* A capture that is cut while it is played: an error, and everything that was played is counted. */
static void check_cut_while_played(uint64_t seed)
{
	const char *name = "a capture that is cut while it is played";
	struct plan plan = {.seed = seed, .captures = 1, .packets = 100000, .loops = 20};
	struct played played;

	for (unsigned int jobs = 1; jobs <= 3; jobs++) {
		plan.cut_after = 1;
		play(&played, &plan, jobs);
		if (!strstr(played.text, "error") || !played.packets || !played.adds_up) {
			fail(name, seed, jobs, "no error, or packets are lost");
			printf("%s\n", played.text);
		}
		played_free(&played);
	}
	printf("%s\n", name);
}

/* Rules come and go between the steps: no packet is counted twice or not at all. */
static void check_churn(uint64_t seed)
{
	const char *name = "rules that come and go";
	struct plan plan = {
		.seed = seed, .captures = 1, .packets = 20000, .loops = 60, .churn = true};
	struct played played;

	for (unsigned int jobs = 1; jobs <= 3; jobs++) {
		play(&played, &plan, jobs);
		if (!played.adds_up || !played.steps) {
			fail(name, seed, jobs,
			     "packets are counted twice or not, or no step ended");
			printf("%u steps\n%s\n", played.steps, played.text);
		}
		played_free(&played);
	}
	printf("%s\n", name);
}

/* In a process of its own, since it can have no more threads. */
static void check_lack_of_threads(void)
{
	const char *name = "threads that can't be had";
	const struct rlimit none = {0, 0};
	int status = -1;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		/* The limit is not for root. */
		if (setrlimit(RLIMIT_NPROC, &none) ||
		    (geteuid() == 0 && setresuid(65534, 65534, 65534)))
			_exit(2);
		_exit(play_without_threads() ? 0 : 1);
	}
	if (waitpid(pid, &status, 0) != pid || status)
		fail(name, 0, 4, "it was not refused as such");
	printf("%s\n", name);
}

int main(void)
{
	signal(SIGPIPE, SIG_IGN);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		check_case(i, 1000 + i);
	check_interrupt(77);
	check_cut_while_played(78);
	check_churn(79);
	check_lack_of_threads();
	return failures ? 1 : 0;
}
