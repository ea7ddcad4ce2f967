/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Mapped reading where the window matters: its end, large blocks, odd starts, growth, memory. */
#include "support.h"

#include "capture_internal.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

enum { PAGE = 4096 };

static struct made records(uint32_t count, uint32_t (*size)(uint32_t i))
{
	struct made m = {0};

	put_file_header(&m, false, 1);
	for (uint32_t i = 0; i < count; i++)
		put_record(&m, i, i, size(i), size(i) + i % 3, i);
	return m;
}

static uint32_t odd_size(uint32_t i)
{
	return i * 37 % 1519;
}

static void expect_as_streamed(const struct made *m, const char *context)
{
	static const size_t windows[] = {0, PAGE, 3 * PAGE, 1 << 20};
	static const size_t batches[] = {1, 7, CAPTURE_BATCH};
	struct result streamed = read_bytes(m->bytes.data, m->bytes.size, false, CAPTURE_BATCH);

	for (size_t i = 0; i < 4; i++) {
		for (size_t j = 0; j < 3; j++) {
			struct result mapped =
				read_mapped(memory_file(m->bytes.data, m->bytes.size), "made",
					    batches[j], windows[i]);

			assert_same_result(&mapped, &streamed, context);
			free_result(&mapped);
		}
	}
	free_result(&streamed);
}

Test(map, records_across_the_ends_of_windows_read_as_streamed)
{
	struct made m = records(3000, odd_size);

	expect_as_streamed(&m, "records of all sizes");
	buffer_clear(&m.bytes);
}

static uint32_t page_size(uint32_t i)
{
	return (i ? PAGE : PAGE - 24) - 16;
}

Test(map, records_that_end_with_the_window_read_as_streamed)
{
	struct made m = records(20, page_size);

	cr_assert_eq(m.bytes.size % PAGE, 0);
	expect_as_streamed(&m, "records of a page");
	buffer_clear(&m.bytes);
}

static uint32_t large_size(uint32_t i)
{
	return i % 2 ? CAPTURE_SNAPLEN_MAX : 60;
}

Test(map, records_larger_than_a_window_read_as_streamed)
{
	struct made m = records(9, large_size);

	expect_as_streamed(&m, "records of the largest size");
	buffer_clear(&m.bytes);
}

/* Unknown blocks, descriptions in between, sections in both byte orders, options. */
Test(map, blocks_larger_than_a_window_read_as_streamed)
{
	for (int big = 0; big < 2; big++) {
		struct made m = {.big = big};

		for (uint32_t section = 0; section < 3; section++) {
			size_t start;

			m.big = (section + (uint32_t)big) % 2;
			put_section(&m);
			put_interface(&m, 1, 0);
			for (uint32_t i = 0; i < 200; i++)
				put_enhanced(&m, 0, i * 1000, odd_size(i), odd_size(i), i);
			start = begin_block(&m, 0x0bad);
			put_pattern(&m, 1, 50001);
			end_block(&m, start);
			put_interface_option(&m, 9, &(uint8_t){9}, 1);
			put_enhanced(&m, 1, 1700000000123456789, 60, 60, 1);
			start = begin_block(&m, 1);
			put_u32(&m, 1);
			put_u32(&m, 0);
			for (int i = 0; i < 300; i++)
				put_option(&m, 1, "a comment on this interface, one of many", 40);
			end_block(&m, start);
			put_enhanced(&m, 2, 1, 60, 60, 2);
			put_simple(&m, 60, 60, 3);
		}
		expect_as_streamed(&m, "blocks");
		buffer_clear(&m.bytes);
	}
}

Test(map, a_plain_file_is_really_mapped_and_a_pipe_is_not)
{
	struct made m = records(100, odd_size);
	struct packet packets[CAPTURE_BATCH];
	struct capture_error error;
	struct capture *capture;

	cr_assert_eq(capture_open(&capture, memory_file(m.bytes.data, m.bytes.size), "made", false,
				  &error),
		     0);
	map_in_windows(capture, 0);
	cr_assert_eq(capture_read(capture, packets, CAPTURE_BATCH, &error), 100);
	cr_assert_not_null(mapping_find(packets[0].data));
	cr_assert_eq(mapping_find(packets[0].data), mapping_find(packets[99].data));
	capture_close(capture);
	cr_assert_null(mapping_find(packets[0].data), "closed, and still known");

	cr_assert_eq(capture_open(&capture, slow_pipe(m.bytes.data, m.bytes.size, 1000), "made",
				  false, &error),
		     0);
	cr_assert_eq(capture_map(capture), 0);
	cr_assert_gt(capture_read(capture, packets, CAPTURE_BATCH, &error), 0);
	cr_assert_null(mapping_find(packets[0].data));
	capture_close(capture);
	buffer_clear(&m.bytes);
}

/* Link headers are made in the packets' own bytes: such a file is not mapped, so a pass can follow.
 */
Test(map, a_file_that_gets_ethernet_headers_reads_the_same_in_every_pass)
{
	struct made m = {0};
	struct result expected;
	struct packet packets[CAPTURE_BATCH];
	struct capture_error error;
	struct capture *capture;

	put_file_header(&m, false, 228);
	for (uint32_t i = 0; i < 20; i++)
		put_record(&m, i, i, 60, 60, i);
	expected = read_made(&m, true);
	cr_assert_eq(expected.count, 20, "%s", expected.fault.text);
	cr_assert_eq(capture_open(&capture, memory_file(m.bytes.data, m.bytes.size), "made", true,
				  &error),
		     0);
	cr_assert_eq(capture_map(capture), 0);
	for (int pass = 0; pass < 3; pass++) {
		cr_assert_eq(capture_read(capture, packets, CAPTURE_BATCH, &error), 20);
		assert_same_packets(&(struct result){.packets = packets, .count = 20}, &expected,
				    "pass");
		cr_assert_eq(capture_rewind(capture, &error), 0, "%s", error.text);
	}
	capture_close(capture);
	free_result(&expected);
	buffer_clear(&m.bytes);
}

Test(map, a_capture_that_begins_anywhere_in_its_file_is_read_from_there)
{
	static const size_t starts[] = {1, 23, PAGE - 1, PAGE, PAGE + 1, 100000};
	struct made m = records(500, odd_size);
	struct result expected = read_made(&m, false);

	for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++) {
		for (size_t window = 0; window <= PAGE; window += PAGE) {
			int fd = memory_file(m.bytes.data, 1);
			struct capture_error error;
			struct capture *capture;

			cr_assert_eq(pwrite(fd, m.bytes.data, m.bytes.size, (off_t)starts[i]),
				     (ssize_t)m.bytes.size);
			cr_assert_eq(lseek(fd, (off_t)starts[i], SEEK_SET), (off_t)starts[i]);
			cr_assert_eq(capture_open(&capture, fd, "made", false, &error), 0);
			map_in_windows(capture, window);
			for (int pass = 0; pass < 2; pass++) {
				struct packet packets[CAPTURE_BATCH];
				size_t at = 0;
				int got;

				while ((got = capture_read(capture, packets, CAPTURE_BATCH,
							   &error)) > 0) {
					assert_same_packets(
						&(struct result){.packets = packets,
								 .count = (size_t)got},
						&(struct result){.packets = &expected.packets[at],
								 .count = (size_t)got},
						"start");
					at += (size_t)got;
				}
				cr_assert_eq(got, 0, "%s", error.text);
				cr_assert_eq(at, expected.count);
				cr_assert_eq(capture_position(capture), m.bytes.size);
				cr_assert_eq(capture_rewind(capture, &error), 0);
			}
			capture_close(capture);
		}
	}
	free_result(&expected);
	buffer_clear(&m.bytes);
}

Test(map, what_has_been_added_to_a_file_when_its_end_is_reached_is_read_too)
{
	struct made m = records(300, odd_size);
	struct result expected = read_made(&m, false);
	size_t parts[] = {24, 24 + 10, 5000, 5001, 3 * PAGE, m.bytes.size / 2, m.bytes.size - 1};

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		for (size_t window = 0; window <= PAGE; window += PAGE) {
			int fd = memory_file(m.bytes.data, parts[i]);
			struct result got = {0};
			struct packet packet;
			struct capture *capture;

			cr_assert_eq(capture_open(&capture, dup(fd), "made", false, &got.fault), 0);
			map_in_windows(capture, window);
			while (capture_position(capture) < parts[i] / 2 &&
			       capture_read(capture, &packet, 1, &got.fault) == 1)
				cr_assert_eq(memcmp(packet.data, expected.packets[got.count++].data,
						    packet.captured),
					     0);
			cr_assert_eq(pwrite(fd, m.bytes.data + parts[i], m.bytes.size - parts[i],
					    (off_t)parts[i]),
				     (ssize_t)(m.bytes.size - parts[i]));
			while (capture_read(capture, &packet, 1, &got.fault) == 1)
				cr_assert_eq(memcmp(packet.data, expected.packets[got.count++].data,
						    packet.captured),
					     0);
			cr_assert_eq(got.count, expected.count, "%zu: %s", parts[i],
				     got.fault.text);
			capture_close(capture);
			close(fd);
		}
	}
	free_result(&expected);
	buffer_clear(&m.bytes);
}

/* Files of /proc are regular, have no size and can't be mapped. */
Test(map, a_regular_file_that_can_not_be_mapped_is_read)
{
	struct capture_error error = {0};
	struct capture *capture;
	struct made m = records(3, odd_size);
	struct packet packets[CAPTURE_BATCH];
	int fd = memory_file(m.bytes.data, m.bytes.size);

	cr_assert_eq(
		capture_open(&capture, open("/proc/self/stat", O_RDONLY), "stat", false, &error),
		-EINVAL);
	cr_assert_not_null(strstr(error.text, "neither pcap nor pcapng"), "%s", error.text);

	cr_assert_eq(capture_open(&capture, fd, "made", false, &error), 0);
	map_in_windows(capture, 0);
	/* More than there are addresses: mmap(2) fails. */
	setrlimit(RLIMIT_AS, &(struct rlimit){1, RLIM_INFINITY});
	if (mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED)
		cr_skip_test("no limit of addresses holds here: qemu-user has none");
	cr_expect_eq(capture_read(capture, packets, CAPTURE_BATCH, &error), 3, "%s", error.text);
	cr_expect_null(mapping_find(packets[0].data));
	setrlimit(RLIMIT_AS, &(struct rlimit){RLIM_INFINITY, RLIM_INFINITY});
	capture_close(capture);
	buffer_clear(&m.bytes);
}

static long peak_kib(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return usage.ru_maxrss;
}

/* The file's pages count as this process's while they are mapped. */
Test(map, memory_stays_bounded_over_a_file_of_many_windows)
{
	enum { WINDOW = 1 << 20, SIZE = 256 << 20 };
	struct made m = {0};
	struct packet packets[CAPTURE_BATCH];
	struct capture_error error;
	struct capture *capture;
	uint64_t count = 0;
	long before;
	int fd, got;

	put_file_header(&m, false, 1);
	fd = memory_file(m.bytes.data, m.bytes.size);
	cr_assert_eq(ftruncate(fd, SIZE + 24), 0); /* zeros are empty records */
	before = peak_kib();
	cr_assert_eq(capture_open(&capture, fd, "made", false, &error), 0);
	map_in_windows(capture, WINDOW);
	cr_assert_eq(capture_keep(capture, 8), 0);
	while ((got = capture_read(capture, packets, CAPTURE_BATCH, &error)) > 0)
		count += (uint64_t)got;
	cr_assert_eq(got, 0, "%s", error.text);
	cr_assert_eq(count, SIZE / 16);
	cr_assert_lt(peak_kib() - before, 32 * 1024, "%ld KiB before, %ld after", before,
		     peak_kib());
	capture_close(capture);
	buffer_clear(&m.bytes);
}

struct flipping {
	_Atomic uint32_t *magic;
	atomic_bool over;
};

static void *flip(void *context)
{
	struct flipping *f = context;
	uint32_t magic = atomic_load(f->magic);

	while (!atomic_load(&f->over)) {
		atomic_store(f->magic, 0);
		atomic_store(f->magic, magic);
	}
	return NULL;
}

/* Between two looks at it, that is: it was a capture at the first one and is none at the second. */
Test(map, a_file_header_that_changes_while_it_is_read_is_a_capture_or_a_fault)
{
	enum { PASSES = 50000 };
	struct made m = records(1, odd_size);
	struct capture_error error;
	struct capture *capture;
	struct flipping f = {0};
	pthread_t thread;
	int fd = memory_file(m.bytes.data, m.bytes.size);

	f.magic = mmap(NULL, m.bytes.size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	cr_assert_neq(f.magic, MAP_FAILED);
	cr_assert_eq(capture_open(&capture, fd, "made", false, &error), 0);
	map_in_windows(capture, 0);
	cr_assert_eq(pthread_create(&thread, NULL, flip, &f), 0);
	for (int pass = 0; pass < PASSES; pass++)
		if (capture_rewind(capture, &error))
			cr_assert_not_null(strstr(error.text, "neither pcap nor pcapng"), "%s",
					   error.text);
	atomic_store(&f.over, true);
	cr_assert_eq(pthread_join(thread, NULL), 0);
	munmap(f.magic, m.bytes.size);
	capture_close(capture);
	buffer_clear(&m.bytes);
}
