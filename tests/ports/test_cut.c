/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files of every kind cut at every position, changed at random, and through slow pipes. */
#include "support.h"

#include <nicemu/base/random.h>

#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* How many packets lie whole in the first size bytes, and where the thing begins that is cut. */
static size_t whole_packets(const struct made *m, size_t size, size_t *cut)
{
	size_t count = 0;

	*cut = size;
	for (size_t i = 0; i < m->num_starts && m->starts[i] < size; i++) {
		size_t end = i + 1 < m->num_starts ? m->starts[i + 1] : m->bytes.size;

		if (end > size)
			*cut = m->starts[i];
		else if (m->has_packet[i])
			count++;
	}
	return count;
}

/* Mapped, at once and page by page, it reads as it does streamed. */
static void compare_mapped(const void *data, size_t size, const struct result *streamed,
			   const char *name, const char *context)
{
	static const size_t windows[] = {0, 4096};

	for (size_t i = 0; i < 2; i++) {
		struct result mapped = read_mapped(memory_file(data, size), name,
						   i ? 3 : CAPTURE_BATCH, windows[i]);

		assert_same_result(&mapped, streamed, context);
		free_result(&mapped);
	}
}

static void check_cut(const struct made *m, const struct result *whole, size_t size, size_t batch)
{
	struct result got = read_bytes(m->bytes.data, size, false, batch);
	struct result expected = {.packets = whole->packets};
	char context[64];
	size_t cut;

	expected.count = whole_packets(m, size, &cut);
	snprintf(context, sizeof(context), "cut at %zu, batches of %zu", size, batch);
	assert_same_packets(&got, &expected, context);
	cr_assert_eq(got.error, cut < size || !size ? -EINVAL : 0, "%s: %d %s", context, got.error,
		     got.fault.text);
	if (cut < size) {
		cr_assert_eq(got.fault.offset, cut, "%s: %s", context, got.fault.text);
		cr_assert_not_null(strstr(got.fault.text, "the file ends inside"), "%s: %s",
				   context, got.fault.text);
	}
	compare_mapped(m->bytes.data, size, &got, "made", context);
	free_result(&got);
}

Test(cut, packets_before_the_cut_are_delivered_and_the_cut_record_is_named)
{
	for (size_t kind = 0; kind < NUM_KINDS; kind++) {
		size_t packets;
		struct made m = make_kind(kind, &packets);
		struct result whole = read_made(&m, false);

		cr_assert_eq(whole.error, 0, "kind %zu: %s", kind, whole.fault.text);
		cr_assert_eq(whole.count, packets);
		for (size_t size = 0; size <= m.bytes.size; size++) {
			check_cut(&m, &whole, size, CAPTURE_BATCH);
			check_cut(&m, &whole, size, 1);
		}
		free_result(&whole);
		buffer_clear(&m.bytes);
	}
}

Test(cut, a_pipe_that_delivers_single_bytes_reads_as_the_file)
{
	for (size_t kind = 0; kind < NUM_KINDS; kind++) {
		size_t packets;
		struct made m = make_kind(kind, &packets);
		struct result file = read_made(&m, false);
		struct result pipe = read_descriptor(slow_pipe(m.bytes.data, m.bytes.size, 1),
						     "pipe", false, CAPTURE_BATCH);
		struct result cut = read_descriptor(slow_pipe(m.bytes.data, m.bytes.size - 1, 1),
						    "pipe", false, 2);

		assert_same_packets(&pipe, &file, "pipe");
		cr_assert_eq(pipe.error, 0, "%s", pipe.fault.text);
		cr_assert_eq(cut.error, -EINVAL);
		cr_assert_eq(cut.fault.offset, m.starts[m.num_starts - 1], "%s", cut.fault.text);
		free_result(&file);
		free_result(&pipe);
		free_result(&cut);
		buffer_clear(&m.bytes);
	}
}

/* Whatever the damage: no crash, and batches of 1 and of many see the same. */
Test(cut, damaged_files_read_the_same_in_any_batch_size)
{
	const char *given = getenv("NICEMU_SEED");
	uint64_t seed = given ? strtoull(given, NULL, 0) : 20261121;
	struct random random = {.state = seed};

	for (size_t round = 0; round < 4000; round++) {
		size_t packets;
		struct made m = make_kind(round % NUM_KINDS, &packets);
		bool fake = random_below(&random, 2);
		struct result one, many;
		char context[96];

		for (size_t i = random_below(&random, 4) + 1; i; i--)
			m.bytes.data[random_below(&random, m.bytes.size)] ^=
				(uint8_t)(1u << random_below(&random, 8));
		snprintf(context, sizeof(context), "seed %llu round %zu", (unsigned long long)seed,
			 round);
		one = read_bytes(m.bytes.data, m.bytes.size, fake, 1);
		many = read_bytes(m.bytes.data, m.bytes.size, fake, CAPTURE_BATCH);
		assert_same_packets(&one, &many, context);
		cr_assert_eq(one.error, many.error, "%s", context);
		cr_assert_str_eq(one.fault.text, many.fault.text, "%s", context);
		if (!fake)
			compare_mapped(m.bytes.data, m.bytes.size, &many, "made", context);
		free_result(&one);
		free_result(&many);
		buffer_clear(&m.bytes);
	}
}
