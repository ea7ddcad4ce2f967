/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Files that are cut while they are read: the good part is delivered, nothing made of zeros, and
 * then there is an error. The truth is the whole file, and what a streamed file of the size that
 * was left gives.
 */
#include "support.h"

#include "capture_internal.h"

#include <nicemu/base/random.h>

#include <criterion/criterion.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PAGE = 4096, BATCH = 16, NUM_RECORDS = 200 };

static struct made records(void)
{
	struct made m = {0};

	put_file_header(&m, false, 1);
	for (uint32_t i = 0; i < NUM_RECORDS; i++)
		put_record(&m, i, i, i * 37 % 400, i * 37 % 400, i);
	return m;
}

/* Sections, descriptions and unknown blocks between the packets: states that must be restored. */
static struct made blocks(void)
{
	struct made m = {0};

	for (uint32_t section = 0; section < 4; section++) {
		m.big = section % 2;
		put_section(&m);
		put_interface(&m, 1, 0);
		for (uint32_t i = 0; i < 25; i++) {
			size_t start = begin_block(&m, i % 3 ? 0x0bad : 5);

			put_pattern(&m, 7, i * 71 % 900);
			end_block(&m, start);
			put_interface_option(&m, 9, &(uint8_t){(uint8_t)(i % 10)}, 1);
			for (uint32_t j = 0; j <= i % 4; j++)
				put_enhanced(&m, i, i, i * 37 % 400, i * 37 % 400, i);
			put_simple(&m, 33, 33, i);
		}
	}
	return m;
}

static struct made (*const files[])(void) = {records, blocks};

/* One file that is read, and cut on the way. */
struct cutting {
	struct made m;
	struct result truth;
	int fd;
	struct capture *capture;
	size_t taken; /* packets that were settled */
	int error;
	struct capture_error fault;
	char context[128];
};

static void begin(struct cutting *c, size_t kind, size_t window)
{
	*c = (struct cutting){.m = files[kind]()};
	c->truth = read_made(&c->m, false);
	cr_assert_eq(c->truth.error, 0, "%s", c->truth.fault.text);
	c->fd = memory_file(c->m.bytes.data, c->m.bytes.size);
	cr_assert_eq(capture_open(&c->capture, dup(c->fd), "made", false, &c->fault), 0);
	map_in_windows(c->capture, window);
}

static void end(struct cutting *c)
{
	capture_close(c->capture);
	close(c->fd);
	free_result(&c->truth);
	buffer_clear(&c->m.bytes);
}

static void take(struct cutting *c, const struct packet *packets, size_t count)
{
	cr_assert_leq(c->taken + count, c->truth.count, "%s: too many", c->context);
	assert_same_packets(
		&(struct result){.packets = (struct packet *)(uintptr_t)packets, .count = count},
		&(struct result){.packets = &c->truth.packets[c->taken], .count = count},
		c->context);
	c->taken += count;
}

/* As the pump does: look, settle, and only then count. What is looked at is copied. */
static void settle(struct cutting *c, struct packet *packets, size_t count)
{
	static uint8_t copies[BATCH][1024];
	int looks = 0;

	do {
		cr_assert_leq(++looks, 2, "%s: never settled", c->context);
		for (size_t i = 0; i < count; i++)
			memcpy(copies[i], packets[i].data, packets[i].captured);
	} while (!capture_settle(packets, &count));
	for (size_t i = 0; i < count; i++)
		packets[i].data = copies[i];
	take(c, packets, count);
}

static bool read_some(struct cutting *c)
{
	struct packet packets[BATCH];

	c->error = capture_read(c->capture, packets, BATCH, &c->fault);
	if (c->error > 0)
		settle(c, packets, (size_t)c->error);
	return c->error > 0;
}

/* The file has this size since the reader stood at position with so many packets delivered. */
static void expect_end(struct cutting *c, size_t size, uint64_t position)
{
	struct result left = read_bytes(c->m.bytes.data, size, false, BATCH);
	size_t expected = left.count > c->taken ? left.count : c->taken;
	uint64_t offset = left.error && left.fault.offset ? left.fault.offset : size;

	while (read_some(c))
		;
	cr_assert_eq(c->taken, expected, "%s: %zu packets instead of %zu", c->context, c->taken,
		     expected);
	cr_assert_eq(c->error, size < c->m.bytes.size ? -EINVAL : 0, "%s: %d", c->context,
		     c->error);
	if (c->error) {
		offset = offset > position ? offset : position;
		/* A block that nobody looks at may have been passed in part: it is the one named.
		 */
		cr_assert(c->fault.offset == offset ||
				  (strstr(c->fault.text, "inside a block") &&
				   c->fault.offset < offset && c->fault.offset + 1000 > offset),
			  "%s: %s", c->context, c->fault.text);
		cr_assert_eq(strncmp(c->fault.text, "made: offset ", 13), 0, "%s", c->fault.text);
		cr_assert(strstr(c->fault.text, "the file ends inside") ||
				  strstr(c->fault.text, "the file has been truncated"),
			  "%s: %s", c->context, c->fault.text);
	}
	free_result(&left);
}

static void cut_between_reads(size_t kind, size_t window, int batches, int64_t from_position,
			      int64_t from_start)
{
	struct cutting c;
	uint64_t position;
	int64_t size;

	begin(&c, kind, window);
	for (int i = 0; i < batches; i++)
		cr_assert(read_some(&c));
	position = capture_position(c.capture);
	size = from_start >= 0 ? from_start : (int64_t)position + from_position;
	if (size >= 0 && size <= (int64_t)c.m.bytes.size) {
		snprintf(c.context, sizeof(c.context), "kind %zu window %zu at %llu cut to %lld",
			 kind, window, (unsigned long long)position, (long long)size);
		cr_assert_eq(ftruncate(c.fd, size), 0);
		expect_end(&c, (size_t)size, position);
	}
	end(&c);
}

Test(truncate, a_cut_between_two_reads_is_an_error_behind_the_good_part)
{
	static const int64_t near[] = {-5000, -1,   0,    1,    8,    15,   16,   17,   40,
				       100,   1000, 4000, 4096, 4097, 6000, 9000, 20000};
	static const int64_t pages[] = {0, 1, 24, PAGE - 1, PAGE, PAGE + 1, 3 * PAGE, 5 * PAGE + 7};

	for (size_t kind = 0; kind < 2; kind++) {
		for (size_t window = 0; window <= 2 * PAGE; window += PAGE) {
			for (int batches = 0; batches < 8; batches += 3) {
				for (size_t i = 0; i < sizeof(near) / sizeof(near[0]); i++)
					cut_between_reads(kind, window, batches, near[i], -1);
				for (size_t i = 0; i < sizeof(pages) / sizeof(pages[0]); i++)
					cut_between_reads(kind, window, batches, 0, pages[i]);
			}
		}
	}
}

/* Every byte of the page that is being read, and of the file's last one. */
Test(truncate, a_cut_at_any_byte_of_the_page_being_read_loses_nothing_else)
{
	for (int64_t byte = 0; byte < PAGE; byte += 7)
		cut_between_reads(0, 0, 2, byte, -1);
	for (int64_t byte = 0; byte < 1200; byte += 5)
		cut_between_reads(1, 0, 2, byte, -1);
	for (int64_t byte = 1; byte < PAGE; byte += 31) {
		struct made m = records();

		cut_between_reads(0, 0, 11, 0, (int64_t)m.bytes.size - byte);
		buffer_clear(&m.bytes);
	}
}

/* Packets that have been handed out, whose bytes go before anybody has looked at them. */
Test(truncate, packets_that_go_before_they_are_settled_are_not_counted)
{
	for (size_t window = 0; window <= PAGE; window += PAGE) {
		for (uint64_t back = 0; back < 4000; back += 61) {
			struct packet packets[BATCH];
			struct cutting c;
			uint64_t position;
			size_t size, count;

			begin(&c, 0, window);
			for (int i = 0; i < 2; i++)
				cr_assert(read_some(&c));
			c.error = capture_read(c.capture, packets, BATCH, &c.fault);
			cr_assert_gt(c.error, 0);
			count = (size_t)c.error;
			position = capture_position(c.capture);
			size = position - back;
			snprintf(c.context, sizeof(c.context), "window %zu cut to %zu", window,
				 size);
			cr_assert_eq(ftruncate(c.fd, (off_t)size), 0);
			settle(&c, packets, count);
			expect_end(&c, size, position);
			end(&c);
		}
	}
}

struct other {
	struct cutting *c;
	struct packet (*packets)[BATCH];
	size_t *counts;
	size_t batches;
};

static void *settle_all(void *context)
{
	struct other *other = context;

	for (size_t i = 0; i < other->batches; i++)
		settle(other->c, other->packets[i], other->counts[i]);
	return NULL;
}

Test(truncate, kept_batches_are_settled_by_another_thread)
{
	enum { KEPT = 6 };

	for (size_t window = 0; window <= PAGE; window += PAGE) {
		for (size_t size = 24; size < 8000; size += 331) {
			struct packet packets[KEPT][BATCH];
			size_t counts[KEPT];
			struct cutting c;
			struct other other = {&c, packets, counts, KEPT};
			pthread_t thread;
			uint64_t position;

			begin(&c, 0, window);
			cr_assert_eq(capture_keep(c.capture, KEPT), 0);
			for (size_t i = 0; i < KEPT; i++) {
				int got = capture_read(c.capture, packets[i], BATCH, &c.fault);

				cr_assert_gt(got, 0, "%s", c.fault.text);
				counts[i] = (size_t)got;
			}
			position = capture_position(c.capture);
			snprintf(c.context, sizeof(c.context), "window %zu cut to %zu", window,
				 size);
			cr_assert_eq(ftruncate(c.fd, (off_t)size), 0);
			cr_assert_eq(pthread_create(&thread, NULL, settle_all, &other), 0);
			cr_assert_eq(pthread_join(thread, NULL), 0);
			expect_end(&c, size, position);
			end(&c);
		}
	}
}

/* Whoever settles behind the reader: it was at the end before the packets went. */
Test(truncate, packets_that_go_after_the_end_was_reached_are_a_fault_all_the_same)
{
	struct packet packets[CAPTURE_BATCH * 2];
	struct cutting c;
	size_t count = NUM_RECORDS;

	for (int rewound = 0; rewound < 2; rewound++) {
		begin(&c, 0, 0);
		cr_assert_eq(capture_keep(c.capture, 3), 0);
		cr_assert_eq(capture_read(c.capture, packets, NUM_RECORDS, &c.fault), NUM_RECORDS);
		cr_assert_eq(capture_read(c.capture, packets, 1, &c.fault), 0);
		cr_assert_eq(capture_check(c.capture, &c.fault), 0);
		cr_assert_eq(ftruncate(c.fd, 20000), 0);
		cr_assert_not(capture_settle(packets, &count));
		cr_assert_lt(count, NUM_RECORDS);
		cr_assert(capture_settle(packets, &count));
		take(&c, packets, count);
		if (rewound)
			cr_assert_eq(capture_rewind(c.capture, &c.fault), 0);
		else
			cr_assert_eq(capture_read(c.capture, packets, 1, &c.fault), -EINVAL);
		cr_assert_eq(capture_check(c.capture, &c.fault), -EINVAL);
		cr_assert_not_null(strstr(c.fault.text, "truncated"), "%s", c.fault.text);
		end(&c);
		count = NUM_RECORDS;
	}
}

/* With --loop and threads: batches of a pass may be settled when the next one has begun. */
Test(truncate, packets_of_an_earlier_pass_that_are_gone_do_not_end_a_later_one)
{
	for (size_t window = 0; window <= PAGE; window += PAGE) {
		for (size_t size = 3000; size < 40000; size += 1777) {
			struct packet late[NUM_RECORDS];
			size_t count = NUM_RECORDS;
			struct cutting c;

			begin(&c, 0, window);
			cr_assert_eq(capture_keep(c.capture, NUM_RECORDS), 0);
			for (size_t i = 0; i < NUM_RECORDS; i++)
				cr_assert_eq(capture_read(c.capture, late + i, 1, &c.fault), 1);
			cr_assert_eq(capture_rewind(c.capture, &c.fault), 0, "%s", c.fault.text);
			cr_assert(read_some(&c));
			snprintf(c.context, sizeof(c.context), "window %zu cut to %zu", window,
				 size);
			if (size >= c.m.bytes.size) {
				end(&c);
				break;
			}
			cr_assert_eq(ftruncate(c.fd, (off_t)size), 0);
			for (size_t i = 0; i < NUM_RECORDS; i++) {
				count = 1;
				while (!capture_settle(late + i, &count))
					;
			}
			expect_end(&c, size, capture_position(c.capture));
			cr_assert_eq(capture_check(c.capture, &c.fault), -EINVAL, "%s", c.context);
			end(&c);
		}
	}
}

struct saw {
	int fd;
	uint64_t delay;
	off_t size;
};

static void *cut_soon(void *context)
{
	struct saw *saw = context;

	for (volatile uint64_t i = 0; i < saw->delay; i++)
		;
	return ftruncate(saw->fd, saw->size) ? saw : NULL;
}

/* At any moment: also inside the reader's loop. */
Test(truncate, a_cut_while_the_reader_runs_never_shows_zeros)
{
	const char *given = getenv("NICEMU_SEED");
	struct random random = {.state = given ? strtoull(given, NULL, 0) : 20261122};

	for (int round = 0; round < 300; round++) {
		struct cutting c;
		struct saw saw;
		pthread_t thread;
		void *failed;

		begin(&c, random_below(&random, 2), random_below(&random, 2) * PAGE);
		saw = (struct saw){c.fd, random_below(&random, 150000),
				   (off_t)random_below(&random, c.m.bytes.size)};
		snprintf(c.context, sizeof(c.context), "seed %s round %d cut to %lld",
			 given ? given : "20261122", round, (long long)saw.size);
		cr_assert_eq(pthread_create(&thread, NULL, cut_soon, &saw), 0);
		while (read_some(&c))
			;
		cr_assert_eq(pthread_join(thread, &failed), 0);
		cr_assert_null(failed);
		cr_assert(c.error == -EINVAL || c.taken == c.truth.count,
			  "%s: %d after %zu packets", c.context, c.error, c.taken);
		end(&c);
	}
}

Test(truncate, a_file_cut_between_two_passes_is_an_error_and_whole_again_is_none)
{
	struct cutting c;

	begin(&c, 0, 0);
	while (read_some(&c))
		;
	cr_assert_eq(c.error, 0, "%s", c.fault.text);
	cr_assert_eq(ftruncate(c.fd, 5000), 0);
	cr_assert_eq(capture_rewind(c.capture, &c.fault), 0, "%s", c.fault.text);
	c.taken = 0;
	expect_end(&c, 5000, 24);
	cr_assert_eq(pwrite(c.fd, c.m.bytes.data, c.m.bytes.size, 0), (ssize_t)c.m.bytes.size);
	cr_assert_eq(capture_rewind(c.capture, &c.fault), 0, "%s", c.fault.text);
	c.taken = 0;
	expect_end(&c, c.m.bytes.size, 24);
	cr_assert_eq(c.taken, c.truth.count);
	end(&c);
}

/* Also where nothing is mapped, and the cut leaves whole records. */
Test(truncate, a_streamed_file_cut_between_two_records_is_an_error)
{
	struct made m = {0};
	struct packet packets[CAPTURE_BATCH];
	struct capture_error error;
	struct capture *capture;
	int fd, got;

	put_file_header(&m, false, 1);
	for (uint32_t i = 0; i < 3000; i++)
		put_record(&m, i, 0, 1000, 1000, i);
	fd = memory_file(m.bytes.data, m.bytes.size);
	cr_assert_eq(capture_open(&capture, dup(fd), "made", false, &error), 0);
	cr_assert_eq(capture_read(capture, packets, CAPTURE_BATCH, &error), CAPTURE_BATCH);
	cr_assert_eq(ftruncate(fd, 24 + 1016 * 2000), 0);
	while ((got = capture_read(capture, packets, CAPTURE_BATCH, &error)) > 0)
		;
	cr_assert_eq(got, -EINVAL);
	cr_assert_eq(error.offset, 24 + 1016 * 2000, "%s", error.text);
	cr_assert_not_null(strstr(error.text, "truncated"), "%s", error.text);
	capture_close(capture);
	close(fd);
	buffer_clear(&m.bytes);
}

/* Touch a page of a file that has none, which is no capture's. */
static void touch_what_is_not_there(void)
{
	int fd = memory_file("x", 1);
	volatile uint8_t *at = mmap(NULL, 2 * PAGE, PROT_READ, MAP_SHARED, fd, 0);

	cr_assert_neq(at, MAP_FAILED);
	(void)at[PAGE];
}

static void leave(int number)
{
	_exit(number == SIGBUS ? 42 : 1);
}

static int status_of_a_foreign_fault(bool with_handler, bool raised)
{
	struct cutting c;
	int status;
	pid_t child = fork();

	cr_assert_geq(child, 0);
	if (!child) {
		signal(SIGBUS, with_handler ? leave : SIG_DFL);
		begin(&c, 0, 0);
		read_some(&c);
		if (raised)
			raise(SIGBUS);
		else
			touch_what_is_not_there();
		_exit(0);
	}
	cr_assert_eq(waitpid(child, &status, 0), child);
	return status;
}

Test(truncate, a_bus_error_that_is_not_about_captures_goes_where_it_went_before)
{
	for (int raised = 0; raised < 2; raised++) {
		int status = status_of_a_foreign_fault(true, raised);

		cr_assert(WIFEXITED(status) && WEXITSTATUS(status) == 42, "%x", status);
		status = status_of_a_foreign_fault(false, raised);
		cr_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGBUS, "%x", status);
	}
}
