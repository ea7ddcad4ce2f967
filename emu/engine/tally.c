/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tally.h"

#include <nicemu/packet/dissect.h>

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

int tally_init(struct tally *tally, size_t num_captures)
{
	*tally = (struct tally){
		.captures = calloc(num_captures + 1, sizeof(*tally->captures)),
		.num_captures = num_captures,
		.sent = calloc(NIC_PORTS_MAX, sizeof(*tally->sent)),
	};
	return tally->captures && tally->sent ? 0 : -ENOMEM;
}

void tally_clear(struct tally *tally)
{
	free(tally->captures);
	free(tally->sent);
}

static void add(struct replay_counters *sum, struct replay_counters more)
{
	sum->packets += more.packets;
	sum->bytes += more.bytes;
}

static bool is_malformed(const struct packet *packet, uint32_t flags)
{
	return packet->flags & PACKET_BAD_LENGTH || flags & DISSECT_MALFORMED;
}

/* Packets of several captures. */
static void count_mixed(struct tally *tally, const struct input_batch *batch, const uint32_t *flags)
{
	for (size_t i = 0; i < batch->count; i++) {
		const struct packet *packet = &batch->packets[i];
		struct tally_capture *capture = &tally->captures[batch->origins[i]];

		add(&capture->played, (struct replay_counters){1, packet->length});
		capture->truncated += packet->captured < packet->length;
		capture->malformed += is_malformed(packet, flags[i]);
	}
}

static void count_imperfect(struct tally_capture *capture, const struct input_batch *batch,
			    const uint32_t *flags)
{
	for (size_t i = 0; i < batch->count; i++) {
		capture->truncated += batch->packets[i].captured < batch->packets[i].length;
		capture->malformed += is_malformed(&batch->packets[i], flags[i]);
	}
}

/* Of most batches all packets come from one capture and are sound. */
static void count_received(struct tally *tally, const struct input_batch *batch,
			   const uint32_t *flags)
{
	struct tally_capture *capture = &tally->captures[batch->origin];
	uint32_t any = 0;

	if (batch->mixed) {
		count_mixed(tally, batch, flags);
		return;
	}
	add(&capture->played, (struct replay_counters){batch->count, batch->bytes});
	for (size_t i = 0; i < batch->count; i++)
		any |= flags[i];
	if (any & (DISSECT_TRUNCATED | DISSECT_MALFORMED) || batch->flags & PACKET_BAD_LENGTH)
		count_imperfect(capture, batch, flags);
}

/* What becomes of a packet, as an index: the fates, and behind them that of no match. */
enum { UNMATCHED = ASIC_FATES, KINDS };

static_assert(ASIC_HOST + 1 == UNMATCHED, "a packet without a match is passed to the host");
static_assert(CAPTURE_BATCH < UINT16_MAX && KINDS * 16 <= 64, "a batch's counts fit one word");

static void count_mixed_host(struct tally *tally, const struct input_batch *batch,
			     const struct asic_decision *const *decisions)
{
	for (size_t i = 0; i < batch->count; i++)
		if (decisions[i]->fate == ASIC_HOST)
			add(&tally->captures[batch->origins[i]].host,
			    (struct replay_counters){1, batch->packets[i].length});
}

/*
 * No branch depends on a packet, since what becomes of packets can't be foreseen. leaving: the
 * indexes of those of which something leaves by a port; how many they are.
 */
static size_t count_fates(struct tally *tally, const struct input_batch *batch,
			  const struct asic_decision *const *decisions, uint16_t *leaving)
{
	uint64_t bytes[KINDS] = {0}, counts = 0; /* 16 bits a kind */
	size_t num_leaving = 0;

	for (size_t i = 0; i < batch->count; i++) {
		const struct asic_decision *decision = decisions[i];
		unsigned int kind = decision->fate + !decision->matched;

		counts += UINT64_C(1) << 16 * kind;
		bytes[kind] += batch->packets[i].length;
		leaving[num_leaving] = (uint16_t)i;
		num_leaving += (kind == ASIC_REDIRECT) | (decision->num_mirrors > 0);
	}
	for (unsigned int kind = 0; kind < KINDS; kind++) {
		const struct replay_counters sum = {counts >> 16 * kind & UINT16_MAX, bytes[kind]};

		add(kind == UNMATCHED ? &tally->unmatched : &tally->fates[kind], sum);
		if (kind >= ASIC_HOST && !batch->mixed)
			add(&tally->captures[batch->origin].host, sum);
	}
	if (batch->mixed)
		count_mixed_host(tally, batch, decisions);
	return num_leaving;
}

static void count_leaving(struct tally *tally, const struct packet *packet,
			  const struct asic_decision *decision)
{
	const struct replay_counters one = {1, packet->length};

	if (decision->fate == ASIC_REDIRECT)
		add(&tally->sent[decision->port], one);
	for (int m = 0; m < decision->num_mirrors; m++) {
		add(&tally->mirrored, one);
		add(&tally->sent[decision->mirrors[m]], one);
	}
}

void tally_batch(struct tally *tally, const struct input_batch *batch, const uint32_t *flags,
		 const struct asic_decision *const *decisions)
{
	uint16_t leaving[CAPTURE_BATCH];
	size_t num_leaving;

	if (batch->latest_ns > tally->latest_ns)
		tally->latest_ns = batch->latest_ns;
	count_received(tally, batch, flags);
	num_leaving = count_fates(tally, batch, decisions, leaving);
	for (size_t i = 0; i < num_leaving; i++)
		count_leaving(tally, &batch->packets[leaving[i]], decisions[leaving[i]]);
}

static void collect_capture(const struct tally_capture *more, const struct replay_capture *capture,
			    struct emulator_port_counters *ports)
{
	ports[capture->port].rx_packets += more->played.packets;
	ports[capture->port].rx_bytes += more->played.bytes;
	ports[capture->host_port].host_packets += more->host.packets;
	ports[capture->host_port].host_bytes += more->host.bytes;
}

static void collect_captures(struct tally *tally, struct replay_results *results,
			     struct emulator_port_counters *since_start)
{
	for (size_t i = 0; i < tally->num_captures; i++) {
		const struct tally_capture *more = &tally->captures[i];
		struct replay_capture *capture = &results->captures[i];
		add(&capture->played, more->played);
		capture->filtered += more->filtered;
		capture->truncated += more->truncated;
		capture->malformed += more->malformed;
		add(&results->total, more->played);
		collect_capture(more, capture, results->ports);
		if (since_start)
			collect_capture(more, capture, since_start);
	}
}

static void collect_sent(const struct tally *tally, struct emulator_port_counters *ports,
			 size_t num_ports)
{
	for (size_t i = 0; ports && i < num_ports; i++) {
		ports[i].tx_packets += tally->sent[i].packets;
		ports[i].tx_bytes += tally->sent[i].bytes;
	}
}

void tally_collect(struct tally *tally, struct replay_results *results,
		   struct emulator_port_counters *since_start, size_t num_ports)
{
	collect_captures(tally, results, since_start);
	for (int i = 0; i < ASIC_FATES; i++)
		add(&results->fates[i], tally->fates[i]);
	add(&results->fates[ASIC_HOST], tally->unmatched);
	add(&results->unmatched, tally->unmatched);
	add(&results->mirrored, tally->mirrored);
	collect_sent(tally, results->ports, num_ports);
	collect_sent(tally, since_start, num_ports);

	memset(tally->captures, 0, tally->num_captures * sizeof(*tally->captures));
	memset(tally->fates, 0, sizeof(tally->fates));
	tally->mirrored = (struct replay_counters){0};
	tally->unmatched = (struct replay_counters){0};
	memset(tally->sent, 0, num_ports * sizeof(*tally->sent));
}
