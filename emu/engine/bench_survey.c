/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Every capture is read, and every packet dissected and looked up, once. */
#include "bench_internal.h"

#include <nicemu/packet/dissect.h>

#include <errno.h>
#include <string.h>

#define DIGEST_BEGIN UINT64_C(0xcbf29ce484222325)
#define DIGEST_PRIME UINT64_C(0x100000001b3)

static uint64_t digest_add(uint64_t digest, uint32_t number)
{
	for (int i = 0; i < 4; i++) {
		digest ^= number >> (8 * i) & 0xff;
		digest *= DIGEST_PRIME;
	}
	return digest;
}

static void note_fault(struct bench *bench, const struct capture_error *fault)
{
	bench->errors[bench->num_errors++] = (struct bench_error){
		.fault = *fault,
		.name = bench->results.captures[bench->current].name,
	};
}

/* Also where a capture can't be opened: the next one may be better. */
static enum bench_answer open_next(struct bench *bench)
{
	struct capture_error fault;
	int fd = bench_capture_fd(bench, bench->current);

	if (fd < 0)
		return bench_fail(bench, "%s: %s", bench->results.captures[bench->current].name,
				  strerror(-fd));
	if (capture_open(&bench->capture, fd, bench->results.captures[bench->current].name,
			 bench->options.fake_ethernet, &fault)) {
		note_fault(bench, &fault);
		bench->capture = NULL;
		bench->current++;
	}
	return BENCH_MORE;
}

static void close_capture(struct bench *bench)
{
	capture_close(bench->capture);
	bench->capture = NULL;
	bench->current++;
}

/* A batch for the packets: one more where they are kept, else the same again; NULL: no memory. */
static struct bench_batch *place_for(struct bench *bench, unsigned int chunks)
{
	bool keep = bench->options.kind != BENCH_REPLAY;

	if (!keep && bench->trace.length)
		return &bench->trace.batches[0];
	if (keep)
		bench->trace_bytes += bench_batch_bytes(chunks);
	if (bench->trace_bytes > bench->options.bytes_limit)
		return NULL;
	return bench_trace_add(&bench->trace);
}

static void count(struct bench *bench, const struct packet *packets,
		  const struct asic_decision *const *decisions, size_t count)
{
	struct bench_results *results = &bench->results;
	struct replay_counters *read = &results->captures[bench->current].read;

	for (size_t i = 0; i < count; i++) {
		results->digest = digest_add(
			results->digest, (uint32_t)asic_entry_number(bench->asic, decisions[i]));
		results->matched += decisions[i]->matched;
		results->packets++;
		results->bytes += packets[i].length;
		read->packets++;
		read->bytes += packets[i].length;
	}
}

static enum bench_answer take(struct bench *bench, struct packet *packets, size_t length)
{
	const struct asic_decision *decisions[CAPTURE_BATCH];
	uint32_t flags[CAPTURE_BATCH];
	unsigned int chunks = asic_begin(bench->worker);
	struct bench_batch *batch = place_for(bench, chunks);
	uint16_t port =
		nic_rules_port(&bench->emulator->nic, bench->results.captures[bench->current].port);
	uint64_t begun;

	if (!batch)
		return bench_fail(bench,
				  "the packets take more memory than there is for them (%llu MiB)",
				  (unsigned long long)(bench->options.bytes_limit >> 20));
	for (size_t i = 0; i < length; i++)
		packets[i].port = port;
	dissect_batch(packets, length, chunks, batch->keys, flags);
	begun = bench_now_ns();
	asic_process(bench->worker, packets, batch->keys, decisions, length);
	bench->survey_ns += bench_now_ns() - begun;
	bench_batch_keep(batch, packets, length);
	count(bench, packets, decisions, length);
	return BENCH_MORE;
}

static enum bench_answer read_some(struct bench *bench)
{
	struct packet packets[CAPTURE_BATCH];
	struct capture_error fault;
	int got = capture_read(bench->capture, packets, CAPTURE_BATCH, &fault);

	if (got > 0)
		return take(bench, packets, (size_t)got);
	if (got < 0 && got != -EAGAIN)
		note_fault(bench, &fault);
	if (got != -EAGAIN)
		close_capture(bench);
	return BENCH_MORE;
}

static enum bench_answer begin(struct bench *bench)
{
	/* Updates are measured in the table itself. */
	bool none = bench->options.no_cache || bench->options.kind == BENCH_UPDATE;

	bench->worker = asic_worker_create(bench->asic, none ? ASIC_NO_CACHE : ASIC_CACHE_DEFAULT);
	if (!bench->worker)
		return bench_fail(bench, "out of memory");
	bench->results.cache_bytes = asic_worker_cache_bytes(bench->worker);
	bench->results.digest = DIGEST_BEGIN;
	return BENCH_MORE;
}

enum bench_answer bench_survey_step(struct bench *bench)
{
	uint64_t begun = bench_now_ns();
	enum bench_answer answer = bench->worker ? BENCH_MORE : begin(bench);

	while (answer == BENCH_MORE && bench_now_ns() - begun < BENCH_STEP_NS) {
		if (bench->capture)
			answer = read_some(bench);
		else if (bench->current < bench->results.num_captures)
			answer = open_next(bench);
		else
			answer = BENCH_NEXT;
	}
	if (answer == BENCH_NEXT)
		bench->results.surveyed = true;
	return answer;
}

void bench_survey_progress(const struct bench *bench, struct bench_progress *progress)
{
	progress->done = bench->results.packets;
}
