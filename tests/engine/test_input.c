/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "captures.h"
#include "input.h"

#include <nicemu/base/random.h>

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { MANY = 5000 };

struct seen {
	uint64_t time_ns;
	uint16_t port, origin;
	uint8_t mark;
};

static int faults;

static void note_fault(void *context, size_t input, const struct capture_error *error)
{
	faults++;
}

/* Play everything; how many packets. Waits are counted where waits is not NULL. */
static size_t drain(struct inputs *inputs, struct seen *seen, size_t size)
{
	static struct input_batch batch;
	size_t length = 0;
	uint64_t batches = 0;
	int count;

	while ((count = inputs_next(inputs, &batch)) > 0) {
		uint64_t latest = 0;

		cr_assert_eq(batch.count, (size_t)count);
		cr_assert_eq(batch.number, ++batches);
		for (int i = 0; i < count; i++) {
			const struct packet *packet = &batch.packets[i];

			cr_assert_lt(length, size);
			seen[length++] = (struct seen){
				.time_ns = packet->time_ns,
				.port = packet->port,
				.origin = input_batch_origin(&batch, (size_t)i),
				.mark = packet->data[packet->captured - 1],
			};
			latest = packet->time_ns > latest ? packet->time_ns : latest;
		}
		cr_assert_eq(batch.latest_ns, latest);
	}
	cr_assert_eq(count, INPUTS_END);
	return length;
}

static void open_inputs(struct inputs *inputs, struct replay_input *given, size_t length,
			struct replay_options *options)
{
	struct capture_error error;

	faults = 0;
	options->inputs = given;
	options->num_inputs = length;
	if (!options->loops)
		options->loops = 1;
	cr_assert_eq(inputs_open(inputs, options, 1, &error), 0, "%s", error.text);
	inputs->fault = note_fault;
}

static const uint64_t times_a[] = {1000000, 3000000, 5000000};
static const uint64_t times_b[] = {2000000, 3000000, 4000000};
static const uint8_t marks_a[] = {1, 2, 3};
static const uint8_t marks_b[] = {11, 12, 13};

static void marks_are(const struct seen *seen, size_t length, const uint8_t *marks, size_t expected)
{
	cr_assert_eq(length, expected);
	for (size_t i = 0; i < expected; i++)
		cr_assert_eq(seen[i].mark, marks[i], "packet %zu: mark %d, expected %d", i,
			     seen[i].mark, marks[i]);
}

Test(input, captures_come_one_after_the_other_with_their_ports)
{
	struct replay_input given[] = {{capture_of(times_a, marks_a, 3, 0), "a", 4},
				       {capture_of(times_b, marks_b, 3, 0), "b", 5}};
	struct replay_options options = {0};
	struct inputs inputs;
	struct seen seen[16];
	size_t length;

	open_inputs(&inputs, given, 2, &options);
	length = drain(&inputs, seen, 16);
	marks_are(seen, length, (uint8_t[]){1, 2, 3, 11, 12, 13}, 6);
	cr_assert_eq(seen[2].port, 4);
	cr_assert_eq(seen[3].port, 5);
	cr_assert_eq(seen[3].origin, 1);
	inputs_close(&inputs);
}

Test(input, merging_follows_the_time_and_the_order_of_names_among_equals)
{
	struct replay_input given[] = {{capture_of(times_a, marks_a, 3, 0), "a", 4},
				       {capture_of(times_b, marks_b, 3, 0), "b", 5}};
	struct replay_options options = {.merge = true};
	struct inputs inputs;
	struct seen seen[16];
	size_t length;

	open_inputs(&inputs, given, 2, &options);
	length = drain(&inputs, seen, 16);
	marks_are(seen, length, (uint8_t[]){1, 11, 2, 12, 13, 3}, 6);
	inputs_close(&inputs);
}

/* Against the obvious answer: all packets, stably sorted by time. */
Test(input, merging_many_random_captures_sorts_them)
{
	enum { FILES = 5 };
	static uint64_t times[FILES][MANY];
	static uint8_t marks[FILES][MANY];
	static struct seen seen[FILES * MANY];
	struct random random = {.state = 77};
	struct replay_input given[FILES];
	struct replay_options options = {.merge = true};
	size_t total = 0, length, at[FILES] = {0}, sizes[FILES];
	struct inputs inputs;

	for (int f = 0; f < FILES; f++) {
		uint64_t now = 1000;

		sizes[f] = random_below(&random, MANY);
		for (size_t i = 0; i < sizes[f]; i++) {
			now += random_below(&random, 3) * 1000;
			times[f][i] = now;
			marks[f][i] = (uint8_t)random_below(&random, 256);
		}
		given[f] = (struct replay_input){capture_of(times[f], marks[f], sizes[f], 0), "x",
						 (uint16_t)f};
		total += sizes[f];
	}
	open_inputs(&inputs, given, FILES, &options);
	length = drain(&inputs, seen, FILES * MANY);
	cr_assert_eq(length, total, "seed 77");
	for (size_t i = 0; i < length; i++) {
		int best = -1;

		for (int f = 0; f < FILES; f++)
			if (at[f] < sizes[f] &&
			    (best < 0 || times[f][at[f]] < times[best][at[best]]))
				best = f;
		cr_assert_eq(seen[i].origin, best, "seed 77, packet %zu: from %d, expected %d", i,
			     seen[i].origin, best);
		cr_assert_eq(seen[i].mark, marks[best][at[best]], "seed 77, packet %zu", i);
		at[best]++;
	}
	inputs_close(&inputs);
}

Test(input, each_pass_of_a_loop_begins_after_the_one_before)
{
	struct replay_input given[] = {{capture_of(times_a, marks_a, 3, 0), "a", 0}};
	struct replay_options options = {.loops = 3};
	struct inputs inputs;
	struct seen seen[16];
	size_t length;

	open_inputs(&inputs, given, 1, &options);
	length = drain(&inputs, seen, 16);
	marks_are(seen, length, (uint8_t[]){1, 2, 3, 1, 2, 3, 1, 2, 3}, 9);
	cr_assert_eq(seen[3].time_ns, 5000000 + 1000);
	cr_assert_eq(seen[6].time_ns, seen[5].time_ns + 1000);
	cr_assert_eq(seen[8].time_ns - seen[6].time_ns, 4000000);
	inputs_close(&inputs);
}

Test(input, a_broken_capture_gives_its_good_part_in_each_pass_and_one_fault)
{
	struct replay_input given[] = {{capture_of(times_a, marks_a, 3, 7), "a", 0},
				       {capture_of(times_b, marks_b, 3, 0), "b", 1}};
	struct replay_options options = {.loops = 2};
	struct inputs inputs;
	struct seen seen[16];
	size_t length;

	open_inputs(&inputs, given, 2, &options);
	length = drain(&inputs, seen, 16);
	marks_are(seen, length, (uint8_t[]){1, 2, 11, 12, 13, 1, 2, 11, 12, 13}, 10);
	cr_assert_eq(faults, 1);
	inputs_close(&inputs);
}

Test(input, a_file_that_is_no_capture_is_found_at_opening)
{
	struct replay_input given[] = {{capture_of(times_a, marks_a, 3, 0), "a", 0},
				       {capture_of(times_a, marks_a, 0, 24), "empty.pcap", 0}};
	struct replay_options options = {.inputs = given, .num_inputs = 2, .loops = 1};
	struct capture_error error;
	struct inputs inputs;

	cr_assert_lt(inputs_open(&inputs, &options, 1, &error), 0);
	cr_assert_not_null(strstr(error.text, "empty.pcap"), "%s", error.text);
	inputs_close(&inputs);
}

/* One input that is a pipe, and the three packets of times_a to be written to it bit by bit. */
struct slow {
	struct inputs inputs;
	int writer;
	uint8_t bytes[1024];
	size_t size, written;
	struct input_batch batch;
};

static void open_slow(struct slow *s)
{
	int source = capture_of(times_a, marks_a, 3, 0);
	struct replay_options options = {0};
	struct replay_input given;
	int ends[2];

	s->size = file_bytes(source, s->bytes, sizeof(s->bytes));
	s->written = 0;
	close(source);
	cr_assert_eq(pipe(ends), 0);
	s->writer = ends[1];
	given = (struct replay_input){ends[0], "pipe", 0};
	open_inputs(&s->inputs, &given, 1, &options);
}

static void write_slow(struct slow *s, size_t size)
{
	cr_assert_eq(write(s->writer, s->bytes + s->written, size), (ssize_t)size);
	s->written += size;
}

static int next_slow(struct slow *s)
{
	return inputs_next(&s->inputs, &s->batch);
}

static void end_slow(struct slow *s)
{
	close(s->writer);
	cr_assert_eq(next_slow(s), INPUTS_END);
	cr_assert_eq(faults, 0);
	inputs_close(&s->inputs);
}

Test(input, a_silent_pipe_is_waited_for_without_blocking)
{
	struct slow s;

	open_slow(&s);
	cr_assert_eq(next_slow(&s), INPUTS_WAIT);
	/* The file header, the first packet, and a part of the second. */
	write_slow(&s, 24 + 76 + 30);
	cr_assert_eq(next_slow(&s), 1);
	cr_assert_eq(s.batch.packets[0].data[59], 1);
	cr_assert_eq(next_slow(&s), INPUTS_WAIT);
	cr_assert_eq(next_slow(&s), INPUTS_WAIT);
	write_slow(&s, s.size - s.written);
	cr_assert_eq(next_slow(&s), 2);
	cr_assert_eq(s.batch.packets[1].data[59], 3);
	end_slow(&s);
}

Test(input, a_pipe_that_stops_inside_the_file_header_is_waited_for_without_blocking)
{
	struct slow s;

	open_slow(&s);
	write_slow(&s, 10);
	cr_assert_eq(next_slow(&s), INPUTS_WAIT);
	cr_assert_eq(next_slow(&s), INPUTS_WAIT);
	write_slow(&s, s.size - s.written);
	cr_assert_eq(next_slow(&s), 3);
	end_slow(&s);
}

/* A pcapng file: one simple packet (no time stamp), then one enhanced packet at that time. */
static int capture_with_a_simple_packet(uint64_t time_us)
{
	const uint32_t words[] = {
		0x0a0d0d0a,
		28,
		0x1a2b3c4d,
		1,
		UINT32_MAX,
		UINT32_MAX,
		28, /* section */
		1,
		20,
		1,
		0,
		20, /* interface */
		3,
		20,
		4,
		0x01010101,
		20, /* simple */
		6,
		36,
		0,
		(uint32_t)(time_us >> 32),
		(uint32_t)time_us,
		4,
		4,
		0x02020202,
		36,
	};
	int fd = memfd_create("capture", 0);

	cr_assert_eq(write(fd, words, sizeof(words)), (ssize_t)sizeof(words));
	lseek(fd, 0, SEEK_SET);
	return fd;
}

Test(input, packets_without_a_time_stamp_do_not_lengthen_the_passes_of_a_loop)
{
	struct replay_input given[] = {{capture_with_a_simple_packet(1700000000000000), "a", 0}};
	struct replay_options options = {.loops = 40};
	const uint64_t first = UINT64_C(1700000000000000000);
	struct inputs inputs;
	struct seen seen[80];

	open_inputs(&inputs, given, 1, &options);
	cr_assert_eq(drain(&inputs, seen, 80), 80);
	for (size_t pass = 0; pass < 40; pass++)
		cr_assert_eq(seen[2 * pass + 1].time_ns, first + pass * 1000, "pass %zu: %llu",
			     pass, (unsigned long long)seen[2 * pass + 1].time_ns);
	inputs_close(&inputs);
}

Test(input, an_empty_pipe_is_a_fault_of_its_own)
{
	struct replay_input given[2] = {{-1, "pipe", 0},
					{capture_of(times_a, marks_a, 3, 0), "a", 0}};
	struct replay_options options = {0};
	struct inputs inputs;
	struct seen seen[16];
	int ends[2];

	cr_assert_eq(pipe(ends), 0);
	close(ends[1]);
	given[0].fd = ends[0];
	open_inputs(&inputs, given, 2, &options);
	marks_are(seen, drain(&inputs, seen, 16), marks_a, 3);
	cr_assert_eq(faults, 1);
	inputs_close(&inputs);
}

/* A batch that was handed out, and what its packets ended with then. */
struct handed {
	struct input_batch batch;
	uint8_t marks[CAPTURE_BATCH];
};

static void expect_marks(const struct handed *handed)
{
	for (size_t i = 0; i < handed->batch.count; i++) {
		const struct packet *packet = &handed->batch.packets[i];

		cr_assert_eq(packet->data[packet->captured - 1], handed->marks[i],
			     "seed 78, batch %llu, packet %zu",
			     (unsigned long long)handed->batch.number, i);
	}
}

/* Captures of very different rates, of several blocks, in two passes. */
Test(input, merged_batches_stay_as_long_as_they_are_kept)
{
	enum { FILES = 4, PACKETS = 40000, KEEP = 300 };
	static uint64_t times[PACKETS];
	static uint8_t marks[PACKETS];
	static struct handed last[KEEP];
	struct random random = {.state = 78};
	struct replay_input given[FILES];
	struct replay_options options = {
		.inputs = given, .num_inputs = FILES, .loops = 2, .merge = true};
	struct capture_error error;
	struct inputs inputs;
	size_t number = 0, length = 0;
	int count;

	for (int f = 0; f < FILES; f++) {
		for (size_t i = 0; i < PACKETS; i++) {
			times[i] = (i + 1) * (f ? (uint64_t)f * f : 100) * 1000;
			marks[i] = (uint8_t)random_below(&random, 256);
		}
		given[f] = (struct replay_input){capture_of(times, marks, PACKETS, 0), "x",
						 (uint16_t)f};
	}
	cr_assert_eq(inputs_open(&inputs, &options, KEEP, &error), 0, "%s", error.text);
	do {
		struct handed *handed = &last[number++ % KEEP];

		count = inputs_next(&inputs, &handed->batch);
		for (int i = 0; i < count; i++) {
			const struct packet *packet = &handed->batch.packets[i];

			handed->marks[i] = packet->data[packet->captured - 1];
		}
		if (count <= 0)
			handed->batch.count = 0;
		length += count > 0 ? (size_t)count : 0;
		expect_marks(&last[number % KEEP]); /* the oldest */
	} while (count > 0);
	cr_expect_eq(length, 2 * FILES * PACKETS);
	inputs_close(&inputs);
}

/* Pages of memory that this process has now. */
static long resident_pages(void)
{
	long whole, resident = -1;
	FILE *file = fopen("/proc/self/statm", "r");

	cr_assert_not_null(file);
	cr_assert_eq(fscanf(file, "%ld %ld", &whole, &resident), 2);
	fclose(file);
	return resident;
}

/* Else `keep` batches would stay of each, and there can be many captures. */
Test(input, captures_that_have_been_played_hold_no_memory)
{
	enum { CAPTURES = 40, PACKETS = 12000, KEEP = 90, BLOCK = 1 << 20 };
	static uint64_t times[PACKETS];
	static uint8_t marks[PACKETS];
	static struct input_batch batch;
	struct replay_input given[CAPTURES];
	/* With a filter they are not mapped. */
	struct replay_options options = {
		.inputs = given, .num_inputs = CAPTURES, .loops = 1, .filter = "ip"};
	struct capture_error error;
	struct inputs inputs;
	long before, after, page = sysconf(_SC_PAGESIZE);
	size_t length = 0;
	int count;

#if defined(__SANITIZE_ADDRESS__)
	cr_skip_test("AddressSanitizer keeps memory that was freed");
#endif
	for (int i = 0; i < CAPTURES; i++)
		given[i] = (struct replay_input){capture_of(times, marks, PACKETS, 0), "a", 4};
	before = resident_pages();
	cr_assert_eq(inputs_open(&inputs, &options, KEEP, &error), 0, "%s", error.text);
	while ((count = inputs_next(&inputs, &batch)) > 0)
		length += (size_t)count;
	after = resident_pages();
	cr_expect_eq(length, CAPTURES * PACKETS);
	cr_expect_lt((after - before) * page, CAPTURES / 4 * BLOCK, "%ld pages before, %ld after",
		     before, after);
	inputs_close(&inputs);
}
