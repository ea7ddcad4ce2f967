/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the reader makes of good captures: times, link types, tails, rewinding, memory. */
#include "support.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

Test(read, time_resolutions_and_offsets_of_interfaces_give_nanoseconds)
{
	static const struct {
		uint8_t resolution;
		uint64_t stamp;
		uint64_t time_ns;
	} cases[] = {
		{0, 1700000000, 1700000000000000000},
		{3, 1700000000123, 1700000000123000000},
		{6, 1700000000123456, 1700000000123456000},
		{9, 1700000000123456789, 1700000000123456789},
		{9, UINT64_MAX, UINT64_MAX},
		{12, 1234567890123456789, 1234567890123456},
		{19, UINT64_MAX, 1844674407},
		{0x80, 1700000000, 1700000000000000000},
		{0x80 | 1, 3, 1500000000},
		{0x80 | 32, (1700000000ull << 32) + (1ull << 31), 1700000000500000000},
		{0x80 | 63, 1ull << 62, 500000000},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct made m = {.big = i % 2};
		struct result got;

		put_section(&m);
		put_interface_option(&m, 9, &cases[i].resolution, 1);
		put_enhanced(&m, 0, cases[i].stamp, 60, 60, 1);
		got = read_made(&m, false);
		cr_assert_eq(got.count, 1, "case %zu: %s", i, got.fault.text);
		cr_assert_eq(got.packets[0].time_ns, cases[i].time_ns, "case %zu: %llu", i,
			     (unsigned long long)got.packets[0].time_ns);
		free_result(&got);
		buffer_clear(&m.bytes);
	}
}

Test(read, a_time_offset_is_added_in_seconds)
{
	struct made m = {.big = true};
	struct result got;

	put_section(&m);
	put_interface_option(&m, 14, "\0\0\0\0\x65\x53\xf1\0", 8);
	put_enhanced(&m, 0, 5, 60, 60, 1);
	got = read_made(&m, false);
	cr_assert_eq(got.count, 1, "%s", got.fault.text);
	cr_assert_eq(got.packets[0].time_ns, 1700000000000005000);
	free_result(&got);
	buffer_clear(&m.bytes);
}

Test(read, the_frame_check_sequence_is_not_part_of_a_packet)
{
	struct made m = {0};
	struct result got;

	put_file_header(&m, false, 1 | 0x04000000 | 2u << 28);
	put_record(&m, 1, 1, 64, 64, 1);
	put_record(&m, 1, 1, 62, 64, 2); /* cut inside it */
	put_record(&m, 1, 1, 30, 64, 3);
	got = read_made(&m, false);
	cr_assert_eq(got.count, 3, "%s", got.fault.text);
	cr_assert_eq(got.packets[0].captured, 60);
	cr_assert_eq(got.packets[1].captured, 60);
	cr_assert_eq(got.packets[2].captured, 30);
	for (size_t i = 0; i < got.count; i++)
		cr_assert_eq(got.packets[i].length, 60);
	free_result(&got);
	buffer_clear(&m.bytes);
}

Test(read, lengths_of_very_old_files_are_the_other_way_round)
{
	struct made m = {0};
	struct result got;

	put_file_header(&m, false, 1);
	m.bytes.data[6] = 2;
	put_u64(&m, 0);
	put_u32(&m, 1500);
	put_u32(&m, 60);
	put_pattern(&m, 1, 60);
	got = read_made(&m, false);
	cr_assert_eq(got.count, 1, "%s", got.fault.text);
	cr_assert_eq(got.packets[0].captured, 60);
	cr_assert_eq(got.packets[0].length, 1500);
	free_result(&got);
	buffer_clear(&m.bytes);
}

/* One packet of this link type made into Ethernet: the frame in hexadecimal is expected. */
static void expect_fake(uint32_t link, const char *bytes, uint32_t captured, uint32_t length,
			const char *frame, uint32_t frame_captured, uint32_t frame_length)
{
	for (int pcapng = 0; pcapng < 3; pcapng++) {
		struct made m = {0};
		struct result got;
		size_t block;

		if (pcapng) {
			put_section(&m);
			put_interface(&m, (uint16_t)link, captured);
			block = begin_block(&m, pcapng == 1 ? 6 : 3);
			if (pcapng == 1) {
				put_u32(&m, 0);
				put_u64(&m, 0);
				put_u32(&m, captured);
			}
		} else {
			put_file_header(&m, false, link);
			put_u64(&m, 0);
			put_u32(&m, captured);
		}
		put_u32(&m, length);
		put_bytes(&m, bytes, captured);
		if (pcapng)
			end_block(&m, block);
		/* A snap length of 0 is none: a simple packet can't be empty and longer. */
		if (pcapng == 2 && !captured && length) {
			buffer_clear(&m.bytes);
			continue;
		}
		got = read_made(&m, true);
		cr_assert_eq(got.count, 1, "link %u form %d: %s", link, pcapng, got.fault.text);
		cr_assert_eq(got.packets[0].captured, frame_captured, "link %u form %d: %u", link,
			     pcapng, got.packets[0].captured);
		cr_assert_eq(got.packets[0].length, frame_length, "link %u form %d: %u", link,
			     pcapng, got.packets[0].length);
		cr_assert_eq(memcmp(got.packets[0].data, frame, frame_captured), 0,
			     "link %u form %d", link, pcapng);
		free_result(&got);
		buffer_clear(&m.bytes);
	}
}

#define ZEROS "\0\0\0\0\0\0\0\0\0\0\0\0"

Test(read, raw_ip_gets_an_ethernet_header_with_the_type_of_its_version)
{
	static const uint32_t links[] = {12, 14, 101};

	for (size_t i = 0; i < 3; i++) {
		expect_fake(links[i], "\x45v4", 3, 100, ZEROS "\x08\x00\x45v4", 17, 114);
		expect_fake(links[i], "\x60v6", 3, 3, ZEROS "\x86\xdd\x60v6", 17, 17);
		expect_fake(links[i], "\x10?", 2, 2, ZEROS "\xff\xff\x10?", 16, 16);
		expect_fake(links[i], "", 0, 100, ZEROS, 12, 114);
	}
	expect_fake(228, "\x45v4", 3, 100, ZEROS "\x08\x00\x45v4", 17, 114);
	expect_fake(229, "\x60v6", 3, 100, ZEROS "\x86\xdd\x60v6", 17, 114);
	expect_fake(229, "", 0, 100, ZEROS "\x86\xdd", 14, 114);
}

Test(read, linux_cooked_headers_are_replaced_by_an_ethernet_header)
{
	expect_fake(113, "\0\0\0\1\0\6abcdef\0\0\x08\x06payload", 23, 24, ZEROS "\x08\x06payload",
		    21, 22);
	expect_fake(113, "\0\0\0\1\0\6abcdef\0\0\0\4payload", 23, 23, ZEROS "\0\7payload", 21, 21);
	expect_fake(113, "\0\0\0\1\0\6abcdef\0\0\x08", 15, 23, ZEROS, 12, 21);
	expect_fake(276, "\x86\xdd\0\0\0\0\0\1\0\1\0\6abcdef\0\0payload", 27, 28,
		    ZEROS "\x86\xddpayload", 21, 22);
	expect_fake(276, "\x86\xdd\0\0\0\0\0\1\0\1\0\6abc", 15, 28, ZEROS, 12, 22);
}

Test(read, a_length_near_the_limit_of_32_bits_does_not_wrap)
{
	expect_fake(228, "\x45", 1, 0xfffffff8, ZEROS "\x08\x00\x45", 15, UINT32_MAX);
}

Test(read, rewinding_gives_the_same_packets_again)
{
	for (size_t kind = 0; kind < NUM_KINDS; kind++) {
		size_t packets;
		struct made m = make_kind(kind, &packets);
		struct packet batch[CAPTURE_BATCH];
		struct capture_error error;
		struct capture *capture;

		cr_assert_eq(capture_open(&capture, memory_file(m.bytes.data, m.bytes.size), "made",
					  false, &error),
			     0);
		cr_assert_eq(capture_size(capture), m.bytes.size);
		for (int i = 0; i < 3; i++) {
			cr_assert_eq(capture_read(capture, batch, CAPTURE_BATCH, &error),
				     (int)packets, "kind %zu round %d", kind, i);
			cr_assert_eq(capture_position(capture), m.bytes.size);
			cr_assert_eq(capture_rewind(capture, &error), 0);
		}
		cr_assert_eq(capture_read(capture, batch, 1, &error), 1);
		capture_close(capture);
		buffer_clear(&m.bytes);
	}
}

Test(read, a_pipe_can_not_be_rewound_and_reads_on)
{
	size_t packets;
	struct made m = make_kind(0, &packets);
	struct packet packet;
	struct capture_error error;
	struct capture *capture;

	cr_assert_eq(capture_open(&capture, slow_pipe(m.bytes.data, m.bytes.size, 100), "pipe",
				  false, &error),
		     0);
	cr_assert_eq(capture_read(capture, &packet, 1, &error), 1);
	cr_assert_eq(capture_rewind(capture, &error), -ESPIPE);
	cr_assert_not_null(strstr(error.text, "not a regular file"), "%s", error.text);
	for (size_t i = 1; i < packets; i++)
		cr_assert_eq(capture_read(capture, &packet, 1, &error), 1);
	cr_assert_eq(capture_read(capture, &packet, 1, &error), 0);
	cr_assert_eq(capture_size(capture), 0);
	capture_close(capture);
	buffer_clear(&m.bytes);
}

Test(read, a_silent_pipe_gives_the_caller_a_say_and_loses_nothing)
{
	size_t packets;
	struct made m = make_kind(0, &packets);
	struct packet batch[CAPTURE_BATCH];
	struct capture_error error;
	struct capture *capture;
	int ends[2];

	cr_assert_eq(pipe(ends), 0);
	cr_assert_eq(write(ends[1], m.bytes.data, 30), 30);
	cr_assert_eq(capture_open(&capture, ends[0], "pipe", false, &error), 0);
	capture_set_patience(capture, 1);
	cr_assert_eq(capture_read(capture, batch, CAPTURE_BATCH, &error), -EAGAIN);
	cr_assert_eq(capture_read(capture, batch, CAPTURE_BATCH, &error), -EAGAIN);
	cr_assert_eq(write(ends[1], m.bytes.data + 30, m.bytes.size - 30),
		     (ssize_t)m.bytes.size - 30);
	cr_assert_eq(capture_read(capture, batch, CAPTURE_BATCH, &error), (int)packets);
	cr_assert_eq(capture_read(capture, batch, CAPTURE_BATCH, &error), -EAGAIN);
	close(ends[1]);
	cr_assert_eq(capture_read(capture, batch, CAPTURE_BATCH, &error), 0);
	capture_close(capture);
	buffer_clear(&m.bytes);
}

/* A writer may stop anywhere, also before the reader knows what kind of file it is. */
Test(read, an_attached_pipe_that_stops_inside_the_file_header_does_not_block)
{
	for (size_t kind = 0; kind < NUM_KINDS; kind++) {
		size_t packets, got = 0;
		struct made m = make_kind(kind, &packets);
		struct packet batch[CAPTURE_BATCH];
		struct capture_error error;
		struct capture *capture;
		int ends[2], count;

		cr_assert_eq(pipe(ends), 0);
		cr_assert_eq(capture_attach(&capture, ends[0], "pipe", false, &error), 0);
		capture_set_patience(capture, 1);
		for (size_t i = 0; i < 23; i++) {
			count = capture_read(capture, batch, CAPTURE_BATCH, &error);
			cr_assert_eq(count, -EAGAIN, "kind %zu, %zu bytes: %d", kind, i, count);
			cr_assert_eq(write(ends[1], m.bytes.data + i, 1), 1);
		}
		cr_assert_eq(write(ends[1], m.bytes.data + 23, m.bytes.size - 23),
			     (ssize_t)m.bytes.size - 23);
		close(ends[1]);
		while ((count = capture_read(capture, batch, CAPTURE_BATCH, &error)) > 0)
			got += (size_t)count;
		cr_assert_eq(count, 0, "kind %zu: %s", kind, error.text);
		cr_assert_eq(got, packets, "kind %zu: %zu of %zu", kind, got, packets);
		capture_close(capture);
		buffer_clear(&m.bytes);
	}
}

Test(read, an_attached_pipe_has_the_same_faults_as_an_opened_one_when_it_is_read)
{
	static const struct {
		const char *bytes;
		size_t size;
	} cases[] = {{"", 0}, {"abc", 3}, {"text that is no capture", 23}, {"\x0a\x0d\x0d\x0a", 4}};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct capture_error opened = {0}, read = {0};
		struct capture *capture;
		struct packet packet;

		cr_assert_eq(capture_open(&capture, slow_pipe(cases[i].bytes, cases[i].size, 2),
					  "pipe", false, &opened),
			     -EINVAL);
		cr_assert_eq(capture_attach(&capture, slow_pipe(cases[i].bytes, cases[i].size, 2),
					    "pipe", false, &read),
			     0);
		cr_assert_eq(capture_read(capture, &packet, 1, &read), -EINVAL);
		cr_assert_str_eq(read.text, opened.text);
		cr_assert_eq(capture_read(capture, &packet, 1, &read), -EINVAL, "not sticky");
		capture_close(capture);
	}
}

Test(read, simple_packets_take_the_time_of_the_packet_before_them)
{
	const uint64_t times[] = {0, 1700000000123456000, 1700000000123456000, 5000, 5000};
	struct made m = {0};
	struct result got;

	put_section(&m);
	put_interface(&m, 1, 0);
	put_simple(&m, 60, 60, 1);
	put_enhanced(&m, 0, 1700000000123456, 60, 60, 2);
	put_simple(&m, 60, 60, 3);
	put_obsolete(&m, 0, 5, 60, 60, 4);
	put_simple(&m, 60, 60, 5);
	for (size_t batch = 1; batch <= 5; batch += 4) {
		got = read_bytes(m.bytes.data, m.bytes.size, false, batch);
		cr_assert_eq(got.error, 0, "%s", got.fault.text);
		cr_assert_eq(got.count, 5);
		for (size_t i = 0; i < 5; i++) {
			cr_assert_eq(got.packets[i].time_ns, times[i], "packet %zu", i);
			cr_assert_eq(!!(got.packets[i].flags & PACKET_NO_TIME), i % 2 == 0);
		}
		free_result(&got);
	}
	buffer_clear(&m.bytes);
}

static void do_nothing(int number)
{
}

/* With patience a signal ends the wait; without, reading goes on. */
Test(read, a_signal_ends_the_wait_for_a_silent_pipe)
{
	size_t packets;
	struct made m = make_kind(0, &packets);
	struct packet batch[CAPTURE_BATCH];
	struct capture_error error;
	struct capture *capture;
	int ends[2];

	sigaction(SIGALRM, &(struct sigaction){.sa_handler = do_nothing}, NULL);
	cr_assert_eq(pipe(ends), 0);
	cr_assert_eq(write(ends[1], m.bytes.data, 30), 30);
	cr_assert_eq(capture_open(&capture, ends[0], "pipe", false, &error), 0);
	capture_set_patience(capture, 60000);
	setitimer(ITIMER_REAL, &(struct itimerval){.it_value.tv_usec = 20000}, NULL);
	cr_assert_eq(capture_read(capture, batch, CAPTURE_BATCH, &error), -EAGAIN);

	capture_set_patience(capture, -1);
	if (fork() == 0) {
		usleep(60000);
		_exit(write(ends[1], m.bytes.data + 30, m.bytes.size - 30) < 0);
	}
	setitimer(ITIMER_REAL, &(struct itimerval){.it_value.tv_usec = 20000}, NULL);
	cr_assert_eq(capture_read(capture, batch, CAPTURE_BATCH, &error), (int)packets);
	close(ends[1]);
	wait(NULL);
	capture_close(capture);
	buffer_clear(&m.bytes);
}

Test(read, a_file_that_shrinks_while_it_is_read_is_a_fault)
{
	struct made m = {0};
	struct packet batch[CAPTURE_BATCH];
	struct capture_error error;
	struct capture *capture;
	int fd, got;

	put_file_header(&m, false, 1);
	for (uint32_t i = 0; i < 6000; i++)
		put_record(&m, i, 0, 1000, 1000, i);
	fd = memory_file(m.bytes.data, m.bytes.size);
	cr_assert_eq(capture_open(&capture, dup(fd), "shrinking", false, &error), 0);
	cr_assert_eq(capture_read(capture, batch, CAPTURE_BATCH, &error), CAPTURE_BATCH);
	cr_assert_eq(ftruncate(fd, 24 + 1016 * 4000 + 500), 0);
	do {
		got = capture_read(capture, batch, CAPTURE_BATCH, &error);
	} while (got > 0);
	cr_assert_eq(got, -EINVAL);
	cr_assert_eq(error.offset, 24 + 1016 * 4000, "%s", error.text);
	capture_close(capture);
	close(fd);
	buffer_clear(&m.bytes);
}

Test(read, a_packet_of_the_largest_size_is_read_between_small_ones)
{
	struct made m = {0};
	struct result got;

	put_file_header(&m, true, 1);
	for (uint32_t i = 0; i < 8; i++)
		put_record(&m, i, 0, i % 2 ? CAPTURE_SNAPLEN_MAX : 60, 1 << 20, i);
	got = read_made(&m, false);
	cr_assert_eq(got.count, 8, "%s", got.fault.text);
	cr_assert_eq(got.error, 0);
	for (uint32_t i = 0; i < 8; i++)
		cr_assert_eq(got.packets[i].data[7], (uint8_t)(i * 31 + 50), "packet %u", i);
	free_result(&got);
	buffer_clear(&m.bytes);
}

/* A writer of size bytes of zeros after these, without having them. */
static int endless_pipe(const struct made *m, uint64_t size)
{
	static const uint8_t zeros[65536];
	int ends[2];

	cr_assert_eq(pipe(ends), 0);
	if (fork() == 0) {
		close(ends[0]);
		if (write(ends[1], m->bytes.data, m->bytes.size) < 0)
			_exit(1);
		for (uint64_t done = 0; done < size; done += sizeof(zeros))
			if (write(ends[1], zeros, sizeof(zeros)) < 0)
				_exit(1);
		_exit(0);
	}
	close(ends[1]);
	return ends[0];
}

static long peak_kib(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return usage.ru_maxrss;
}

/* Zeros are empty records in a classic file, and the body of one unknown block in pcapng. */
Test(read, memory_stays_bounded_over_a_long_pipe)
{
	const uint64_t size = 1 << 28;
	struct packet batch[CAPTURE_BATCH];
	long before = peak_kib();

	for (int pcapng = 0; pcapng < 2; pcapng++) {
		struct made m = {0};
		struct capture_error error;
		struct capture *capture;
		uint64_t count = 0;
		int got;

		if (pcapng) {
			put_section(&m);
			put_u32(&m, 0x0bad);
			put_u32(&m, 0xfffffffc);
		} else {
			put_file_header(&m, false, 1);
		}
		cr_assert_eq(
			capture_open(&capture, endless_pipe(&m, size), "endless", false, &error),
			0);
		while ((got = capture_read(capture, batch, CAPTURE_BATCH, &error)) > 0)
			count += (uint64_t)got;
		cr_assert_eq(got, pcapng ? -EINVAL : 0, "%s", error.text);
		cr_assert_eq(count, pcapng ? 0 : size / 16);
		capture_close(capture);
		cr_assert_eq(wait(NULL) > 0, 1);
		buffer_clear(&m.bytes);
	}
	cr_assert_lt(peak_kib() - before, 16 * 1024, "%ld KiB before, %ld after", before,
		     peak_kib());
}
