/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An emulator whose software path plays captures: for comparing it with a kernel's (parity.py).
 *
 *   run_ingress SOCKET KERNEL
 *
 * Serves on SOCKET, where nft under the preload loads rules. Commands come on standard input, a
 * line each: `play FILE` runs every packet through the chains of port eth0; the answer is a line
 * of JSON: for each rule with a counter and a comment, how many packets and bytes (as software
 * counts them) reached that counter; how many packets had which verdict; and which expressions
 * could not be interpreted. `verbose FILE` prints each packet's steps before it.
 */
#include <nicemu/control/genl.h>
#include <nicemu/control/nft.h>
#include <nicemu/control/rt.h>
#include <nicemu/host/ingress.h>
#include <nicemu/offload/store.h>
#include <nicemu/ports/capture.h>
#include <nicemu/translate/expr.h>

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { RULES_MAX = 4096, ETHERNET = 14, TAG = 4 };

/* The control plane; offloaded rules are only kept. */
struct world {
	struct nic nic;
	struct kernel_behavior kernel;
	struct clock clock;
	struct server *server;
	struct store *store;
	struct offload *offload;
	struct rt *rt;
	struct nft *nft;
};

struct counted {
	char table[64], chain[64], comment[64];
	uint64_t handle;
	int counter; /* index of the expression */
	uint64_t packets, bytes;
};

struct play {
	struct counted rules[RULES_MAX];
	size_t num_rules;
	uint64_t verdicts[HOST_NOT_INTERPRETED + 1], copies;
	char stuck[64];  /* one of the names */
	uint32_t length; /* of the packet, as software counts it */
	bool verbose;
};

static int counter_of(const struct nft_rule_view *rule)
{
	for (size_t i = 0; i < rule->num_exprs; i++)
		if (nft_expr_is_counter(&rule->exprs[i]))
			return (int)i;
	return -1;
}

static void note_rules(struct play *play, const struct nft *nft)
{
	const struct nft_chain *chain = NULL;

	while ((chain = nft_next_chain(nft, chain))) {
		const struct nft_rule *rule = NULL;
		struct nft_chain_view c;
		struct nft_rule_view r;

		nft_chain_look(chain, &c);
		while ((rule = nft_next_rule(chain, rule)) && play->num_rules < RULES_MAX) {
			struct counted *counted = &play->rules[play->num_rules];

			nft_rule_look(rule, &r);
			counted->counter = counter_of(&r);
			if (counted->counter < 0 || !r.comment)
				continue;
			snprintf(counted->table, sizeof(counted->table), "%s", c.table);
			snprintf(counted->chain, sizeof(counted->chain), "%s", c.name);
			snprintf(counted->comment, sizeof(counted->comment), "%s", r.comment);
			counted->handle = r.handle;
			play->num_rules++;
		}
	}
}

static struct counted *find(struct play *play, const struct host_rule *rule)
{
	for (size_t i = 0; i < play->num_rules; i++) {
		struct counted *counted = &play->rules[i];

		if (counted->handle == rule->handle && !strcmp(counted->table, rule->table) &&
		    !strcmp(counted->chain, rule->chain))
			return counted;
	}
	return NULL;
}

static void see(void *context, const struct host_step *step)
{
	struct play *play = context;
	struct counted *counted = find(play, &step->rule);

	if (play->verbose)
		printf("  %s %s: %s%s%s\n", step->rule.chain, counted ? counted->comment : "-",
		       step->matched ? "matched" : step->name, step->matched ? "" : ": ",
		       step->text);
	if (!counted || (!step->matched && step->expression <= counted->counter))
		return;
	counted->packets++;
	counted->bytes += play->length;
}

static bool is_tagged(const struct packet *packet)
{
	static const uint8_t tags[2][2] = {{0x81, 0x00}, {0x88, 0xa8}};

	return packet->captured >= ETHERNET &&
	       (!memcmp(packet->data + 12, tags[0], 2) || !memcmp(packet->data + 12, tags[1], 2));
}

static void play_packet(struct play *play, struct world *w, const struct packet *packet,
			uint64_t number)
{
	struct host_result result;

	play->length = packet->length - ETHERNET - (is_tagged(packet) ? TAG : 0);
	if (play->verbose)
		printf("packet %llu\n", (unsigned long long)number);
	host_ingress(w->nft, &w->nic, packet, 0, &result, see, play);
	play->verdicts[result.verdict]++;
	play->copies += result.num_copies;
	if (result.verdict == HOST_NOT_INTERPRETED)
		snprintf(play->stuck, sizeof(play->stuck), "%s", result.not_interpreted);
	if (play->verbose)
		printf("  = %s by %s %llu%s\n", host_verdict_name(result.verdict),
		       result.rule.chain ? result.rule.chain : "nobody",
		       (unsigned long long)result.rule.handle, result.by_policy ? " (policy)" : "");
}

static void answer(const struct play *play)
{
	printf("{\"rules\": {");
	for (size_t i = 0; i < play->num_rules; i++)
		printf("%s\"%s\": [%llu, %llu]", i ? ", " : "", play->rules[i].comment,
		       (unsigned long long)play->rules[i].packets,
		       (unsigned long long)play->rules[i].bytes);
	printf("}, \"verdicts\": {");
	for (size_t i = 0; i <= HOST_NOT_INTERPRETED; i++)
		printf("%s\"%s\": %llu", i ? ", " : "", host_verdict_name((enum host_verdict)i),
		       (unsigned long long)play->verdicts[i]);
	printf("}, \"copies\": %llu, \"stuck\": \"%s\"}\n", (unsigned long long)play->copies,
	       play->stuck);
	fflush(stdout);
}

static int play_capture(struct world *w, const char *path, bool verbose)
{
	static struct play play;
	struct capture_error error;
	struct capture *capture;
	struct packet packets[CAPTURE_BATCH];
	uint64_t number = 0;
	int count = capture_open(&capture, open(path, O_RDONLY | O_CLOEXEC), path, false, &error);

	if (count) {
		fprintf(stderr, "%s\n", error.text);
		return 1;
	}
	memset(&play, 0, sizeof(play));
	play.verbose = verbose;
	note_rules(&play, w->nft);
	while ((count = capture_read(capture, packets, CAPTURE_BATCH, &error)) > 0) {
		for (int i = 0; i < count; i++)
			play_packet(&play, w, &packets[i], ++number);
	}
	capture_close(capture);
	answer(&play);
	return count ? 1 : 0;
}

/* One line of standard input, unbuffered: poll must see what is left. */
static bool read_line(char *line, size_t size)
{
	size_t used = 0;

	while (used + 1 < size && read(STDIN_FILENO, line + used, 1) == 1) {
		if (line[used] == '\n') {
			line[used] = '\0';
			return true;
		}
		used++;
	}
	return false;
}

static int serve(struct world *w)
{
	char line[4096];
	int failed = 0;

	while (!failed) {
		struct pollfd fds[] = {{.fd = STDIN_FILENO, .events = POLLIN},
				       {.fd = server_fd(w->server), .events = POLLIN}};

		if (poll(fds, 2, -1) < 0 || (fds[1].revents && server_dispatch(w->server, 0)))
			return 1;
		if (!fds[0].revents)
			continue;
		if (!read_line(line, sizeof(line)))
			return 0;
		if (!strncmp(line, "play ", 5))
			failed = play_capture(w, line + 5, false);
		else if (!strncmp(line, "verbose ", 8))
			failed = play_capture(w, line + 8, true);
		else
			failed = 2;
	}
	return failed;
}

static bool world_open(struct world *w, const char *socket_path, const char *kernel)
{
	char message[512];

	memset(w, 0, sizeof(*w));
	if (nic_default(&w->nic) ||
	    kernel_behavior_find(&w->kernel, kernel, message, sizeof(message)) < 0 ||
	    server_create(&w->server, socket_path))
		return false;
	w->store = store_create(&w->nic);
	w->offload = offload_create(&store_driver, w->store);
	w->rt = rt_create(w->server, &w->nic);
	genl_register(w->server);
	w->nft = nft_create(&(struct nft_environment){
		.server = w->server,
		.nic = &w->nic,
		.kernel = &w->kernel,
		.offload = w->offload,
		.rt = w->rt,
		.clock = &w->clock,
	});
	return w->nft;
}

static void world_close(struct world *w)
{
	server_destroy(w->server);
	nft_destroy(w->nft);
	rt_destroy(w->rt);
	offload_destroy(w->offload);
	store_destroy(w->store);
	nic_clear(&w->nic);
}

int main(int argc, char **argv)
{
	static struct world world;
	int failed;

	if (argc != 3 || !world_open(&world, argv[1], argv[2]))
		return 2;
	puts("ready");
	fflush(stdout);
	failed = serve(&world);
	world_close(&world);
	return failed;
}
