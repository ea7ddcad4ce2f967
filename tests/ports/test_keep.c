/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bytes of batches that are kept stay what they were, however the capture is read. */
#include "support.h"

#include "capture_internal.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { KEPT_MAX = 16 };

/* A batch as it was handed out, and a copy of its bytes from then. */
struct handed {
	struct packet packets[CAPTURE_BATCH];
	uint8_t *copy[CAPTURE_BATCH];
	size_t count;
};

static void note(struct handed *handed, const struct packet *packets, size_t count)
{
	for (size_t i = 0; i < handed->count; i++)
		free(handed->copy[i]);
	handed->count = count;
	for (size_t i = 0; i < count; i++) {
		handed->packets[i] = packets[i];
		handed->copy[i] = malloc(packets[i].captured + 1);
		cr_assert_not_null(handed->copy[i]);
		memcpy(handed->copy[i], packets[i].data, packets[i].captured);
	}
}

static void expect_unchanged(const struct handed *handed, const char *context)
{
	for (size_t i = 0; i < handed->count; i++)
		cr_assert_eq(memcmp(handed->packets[i].data, handed->copy[i],
				    handed->packets[i].captured),
			     0, "%s: packet %zu", context, i);
}

/* Read all, two passes where possible, and look at the last batches after each call. */
static void read_and_look(struct capture *capture, size_t batch, size_t kept, const char *context)
{
	static struct handed last[KEPT_MAX];
	struct packet packets[CAPTURE_BATCH];
	struct capture_error error;
	size_t number = 0;
	int got;

	cr_assert_eq(capture_keep(capture, kept), 0);
	for (int pass = 0; pass < 2; pass++) {
		while ((got = capture_read(capture, packets, batch, &error)) > 0) {
			note(&last[number++ % kept], packets, (size_t)got);
			for (size_t i = 0; i < kept; i++)
				expect_unchanged(&last[i], context);
		}
		cr_assert_eq(got, 0, "%s: %s", context, error.text);
		if (capture_rewind(capture, &error))
			break;
		/* Rewinding is the beginning of the next call: the oldest batch goes. */
		for (size_t i = 1; i < kept; i++)
			expect_unchanged(&last[(number + i) % kept], context);
		note(&last[number % kept], NULL, 0);
	}
	for (size_t i = 0; i < KEPT_MAX; i++)
		note(&last[i], NULL, 0);
	capture_close(capture);
}

static struct made many_records(uint32_t count)
{
	struct made m = {0};

	put_file_header(&m, false, 1);
	for (uint32_t i = 0; i < count; i++)
		put_record(&m, i, 0, 1400 + i % 100, 1500, i);
	return m;
}

static struct capture *open_made(int fd)
{
	struct capture_error error = {0};
	struct capture *capture;

	cr_assert_eq(capture_open(&capture, fd, "made", false, &error), 0, "%s", error.text);
	return capture;
}

Test(keep, the_last_batches_of_a_file_stay)
{
	struct made m = many_records(5000);

	for (size_t kept = 1; kept <= KEPT_MAX; kept *= 4)
		for (size_t batch = 1; batch <= CAPTURE_BATCH; batch += 127)
			read_and_look(open_made(memory_file(m.bytes.data, m.bytes.size)), batch,
				      kept, "file");
	buffer_clear(&m.bytes);
}

Test(keep, the_last_batches_of_a_mapped_file_stay_when_its_windows_move_on)
{
	static const size_t windows[] = {0, 4096, 65536};
	struct made m = many_records(1000);

	for (size_t i = 0; i < 3; i++) {
		for (size_t kept = 1; kept <= KEPT_MAX; kept *= 4) {
			struct capture *capture =
				open_made(memory_file(m.bytes.data, m.bytes.size));

			map_in_windows(capture, windows[i]);
			read_and_look(capture, 7, kept, "windows");
		}
	}
	buffer_clear(&m.bytes);
}

Test(keep, the_last_batches_of_a_pipe_stay)
{
	struct made many = many_records(3000), few = many_records(300);

	for (size_t kept = 1; kept <= KEPT_MAX; kept *= 4) {
		read_and_look(open_made(slow_pipe(many.bytes.data, many.bytes.size, 10000)),
			      CAPTURE_BATCH, kept, "pipe");
		read_and_look(open_made(slow_pipe(few.bytes.data, few.bytes.size, 700)), 1, kept,
			      "small steps");
	}
	buffer_clear(&many.bytes);
	buffer_clear(&few.bytes);
}

Test(keep, batches_stay_when_a_block_must_grow)
{
	struct made m = {0};

	put_section(&m);
	put_interface(&m, 1, 0);
	for (uint32_t i = 0; i < 4; i++) {
		size_t start;

		for (uint32_t j = 0; j < 20; j++)
			put_enhanced(&m, 0, j, 1000, 1000, j);
		start = begin_block(&m, 1);
		put_u32(&m, 1);
		put_u32(&m, 0);
		for (uint32_t j = 0; j < (i + 1) * 20; j++) {
			static const char comment[65000];

			put_option(&m, 1, comment, sizeof(comment));
		}
		end_block(&m, start);
	}
	put_enhanced(&m, 0, 1, 60, 60, 1);
	for (size_t kept = 1; kept <= 4; kept++)
		read_and_look(open_made(memory_file(m.bytes.data, m.bytes.size)), 3, kept, "grow");
	buffer_clear(&m.bytes);
}

Test(keep, more_can_be_kept_while_reading)
{
	struct made m = many_records(3000);
	struct capture *capture = open_made(memory_file(m.bytes.data, m.bytes.size));
	struct packet packets[CAPTURE_BATCH];
	struct handed first = {0};
	struct capture_error error;
	int got = capture_read(capture, packets, CAPTURE_BATCH, &error);

	note(&first, packets, (size_t)got);
	cr_assert_eq(capture_keep(capture, 12), 0);
	for (int i = 0; i < 11; i++) {
		cr_assert_gt(capture_read(capture, packets, CAPTURE_BATCH, &error), 0);
		expect_unchanged(&first, "the first batch");
	}
	note(&first, NULL, 0);
	capture_close(capture);
	buffer_clear(&m.bytes);
}

/* Blocks are used again, not collected. */
Test(keep, no_more_blocks_are_held_than_batches_need)
{
	struct made m = many_records(20000);
	struct capture *capture = open_made(memory_file(m.bytes.data, m.bytes.size));
	struct packet packets[CAPTURE_BATCH];
	struct capture_error error;
	size_t blocks = 0;

	cr_assert_eq(capture_keep(capture, KEPT_MAX), 0);
	while (capture_read(capture, packets, CAPTURE_BATCH, &error) > 0)
		;
	for (size_t i = 0; i < capture->source.num_pieces; i++)
		blocks += capture->source.pieces[i].capacity > 0;
	cr_assert_leq(blocks, 5, "%zu blocks for %d batches of 190 KB", blocks, KEPT_MAX);
	capture_close(capture);
	buffer_clear(&m.bytes);
}

/* Mapped or not, from files and a pipe, at the end and behind a fault. */
Test(keep, a_capture_that_is_released_holds_no_block_and_can_be_rewound)
{
	struct made m = many_records(5000);

	for (int kind = 0; kind < 4; kind++) {
		size_t size = m.bytes.size - (kind == 2);
		int fd = kind == 3 ? slow_pipe(m.bytes.data, size, 100000)
				   : memory_file(m.bytes.data, size);
		struct capture *capture = open_made(fd);
		struct packet packets[CAPTURE_BATCH];
		struct capture_error error;
		size_t counts[2] = {0};

		cr_assert_eq(capture_keep(capture, 3), 0);
		if (kind == 1)
			cr_assert_eq(capture_map(capture), 0);
		for (int pass = 0; pass < 2; pass++) {
			uint64_t position;
			int got;

			while ((got = capture_read(capture, packets, CAPTURE_BATCH, &error)) > 0)
				counts[pass] += (size_t)got;
			cr_assert_eq(got, kind == 2 ? -EINVAL : 0, "kind %d", kind);
			position = capture_position(capture);
			capture_release(capture);
			cr_assert_eq(capture_position(capture), position);
			for (size_t i = 0; i < capture->source.num_pieces; i++)
				cr_assert(!capture->source.pieces[i].capacity ||
						  capture->source.pieces[i].mapping,
					  "kind %d", kind);
			cr_assert_eq(capture_rewind(capture, &error), kind == 3 ? -ESPIPE : 0);
			if (kind == 3)
				break;
		}
		cr_assert_eq(counts[0], kind == 2 ? 4999 : 5000, "kind %d", kind);
		cr_assert_eq(counts[1], kind == 3 ? 0 : counts[0], "kind %d", kind);
		capture_close(capture);
	}
	buffer_clear(&m.bytes);
}
