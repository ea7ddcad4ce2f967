/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is written reads back the same, here and with tshark; outputs that fail say so. */
#include "support.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *const names[] = {"eth0", "eth1", "a name of another length"};

enum { NUM_PACKETS = 3000 };

static uint8_t pattern[CAPTURE_SNAPLEN_MAX + 8];

static struct packet make_packet(uint32_t i)
{
	uint32_t captured = i == 7 ? CAPTURE_SNAPLEN_MAX : 14 + i % 1490;

	return (struct packet){
		.data = pattern + i % 8,
		.captured = captured,
		.length = i % 3 ? captured : captured + i,
		.time_ns = UINT64_C(1700000000123456789) + i * UINT64_C(1000000001),
	};
}

static void fill_pattern(void)
{
	for (size_t i = 0; i < sizeof(pattern); i++)
		pattern[i] = (uint8_t)(i * 13 + i / 256);
}

static void write_all(int fd, enum capture_format format)
{
	struct capture_writer *writer;

	fill_pattern();
	cr_assert_eq(capture_writer_open(&writer, fd, format, names, 3), 0);
	for (uint32_t i = 0; i < NUM_PACKETS; i++) {
		struct packet packet = make_packet(i);
		char comment[64];

		snprintf(comment, sizeof(comment), "packet %u: \"r%u\" \xe2\x82\xac", i, i % 5);
		cr_assert_eq(capture_write(writer, &packet, i % 3, i % 2, i % 4 ? comment : NULL),
			     0);
	}
	cr_assert_eq(capture_writer_close(writer), 0);
}

static int temporary(char *path)
{
	int fd;

	strcpy(path, "/tmp/nicemu-writer-XXXXXX");
	fd = mkstemp(path);
	cr_assert_geq(fd, 0);
	return fd;
}

Test(writer, what_is_written_reads_back_the_same)
{
	for (int format = CAPTURE_PCAP; format <= CAPTURE_PCAPNG; format++) {
		struct packet packets[NUM_PACKETS];
		struct result expected = {.packets = packets, .count = NUM_PACKETS};
		struct result got;
		char path[64];

		write_all(temporary(path), (enum capture_format)format);
		for (uint32_t i = 0; i < NUM_PACKETS; i++)
			packets[i] = make_packet(i);
		got = read_path(path, CAPTURE_BATCH);
		assert_same_packets(&got, &expected, "written");
		cr_assert_eq(got.error, 0, "%s", got.fault.text);
		unlink(path);
		free_result(&got);
	}
}

/* The output of a shell command, its exit status in *status. */
static void run(const char *command, char *output, size_t size, int *status)
{
	FILE *pipe = popen(command, "r");
	size_t got;

	cr_assert_not_null(pipe);
	got = fread(output, 1, size - 1, pipe);
	output[got] = '\0';
	*status = pclose(pipe);
}

Test(writer, tshark_reads_both_formats_without_a_warning)
{
	if (system("command -v tshark >/dev/null 2>&1") != 0)
		cr_skip_test("tshark is not installed");
	for (int format = CAPTURE_PCAP; format <= CAPTURE_PCAPNG; format++) {
		char path[64], command[512], output[65536], line[128];
		struct packet last = make_packet(NUM_PACKETS - 1);
		const char *at;
		int status;

		write_all(temporary(path), (enum capture_format)format);
		snprintf(command, sizeof(command),
			 "HOME=/nonexistent tshark -n -r %s -Y 'frame.number >= 2999' -T fields "
			 "-E separator='|' -e frame.number -e frame.time_epoch -e frame.cap_len "
			 "-e frame.len -e frame.interface_name -e frame.packet_flags_direction "
			 "-e frame.comment 2>&1 | grep -v 'Running as user'",
			 path);
		run(command, output, sizeof(output), &status);
		snprintf(line, sizeof(line), "3000|1700002999.%09llu|%u|%u|",
			 (unsigned long long)(last.time_ns % 1000000000), last.captured,
			 last.length);
		at = strstr(output, line);
		cr_assert_not_null(at, "%s expected in: %s", line, output);
		cr_assert_eq(strspn(output, "0123456789"), 4, "a warning: %s", output);
		if (format == CAPTURE_PCAPNG) {
			cr_assert_not_null(strstr(at, "|a name of another length|"), "%s", at);
			cr_assert_not_null(strstr(at, "packet 2999: \"r4\""), "%s", at);
		}
		unlink(path);
	}
}

Test(writer, a_full_disk_is_an_error_that_stays)
{
	struct packet packet = {.data = pattern, .captured = 1000, .length = 1000};
	struct capture_writer *writer;
	int ret = 0;

	cr_assert_eq(
		capture_writer_open(&writer, open("/dev/full", O_WRONLY), CAPTURE_PCAP, NULL, 0),
		0);
	for (int i = 0; i < 1000 && !ret; i++)
		ret = capture_write(writer, &packet, 0, false, NULL);
	cr_assert_eq(ret, -ENOSPC);
	cr_assert_eq(capture_write(writer, &packet, 0, false, NULL), -ENOSPC);
	cr_assert_eq(capture_writer_close(writer), -ENOSPC);

	/* And where only the closing writes. */
	cr_assert_eq(
		capture_writer_open(&writer, open("/dev/full", O_WRONLY), CAPTURE_PCAPNG, names, 1),
		0);
	cr_assert_eq(capture_write(writer, &packet, 0, false, NULL), 0);
	cr_assert_eq(capture_writer_close(writer), -ENOSPC);
}

Test(writer, a_reader_that_went_away_is_an_errno_and_no_signal)
{
	struct packet packet = {.data = pattern, .captured = 1000, .length = 1000};
	struct capture_writer *writer;
	int ends[2];
	int ret = 0;

	signal(SIGPIPE, SIG_DFL);
	cr_assert_eq(pipe(ends), 0);
	close(ends[0]);
	cr_assert_eq(capture_writer_open(&writer, ends[1], CAPTURE_PCAP, NULL, 0), 0);
	for (int i = 0; i < 1000 && !ret; i++)
		ret = capture_write(writer, &packet, 0, false, NULL);
	cr_assert_eq(ret, -EPIPE);
	cr_assert_eq(capture_writer_close(writer), -EPIPE);
}

/* A pipe that takes a few bytes at a time, and a descriptor that does not block. */
Test(writer, short_writes_lose_nothing)
{
	struct packet packets[NUM_PACKETS];
	struct result expected = {.packets = packets, .count = NUM_PACKETS};
	struct result got;
	int ends[2];
	pid_t child;

	cr_assert_eq(pipe(ends), 0);
	child = fork();
	if (!child) {
		close(ends[0]);
		fcntl(ends[1], F_SETFL, O_NONBLOCK);
		write_all(ends[1], CAPTURE_PCAPNG);
		_exit(0);
	}
	close(ends[1]);
	fill_pattern();
	for (uint32_t i = 0; i < NUM_PACKETS; i++)
		packets[i] = make_packet(i);
	got = read_descriptor(ends[0], "pipe", false, 5);
	assert_same_packets(&got, &expected, "through a pipe");
	cr_assert_eq(got.error, 0, "%s", got.fault.text);
	waitpid(child, NULL, 0);
	free_result(&got);
}

Test(writer, what_a_format_can_not_hold_is_refused_and_the_file_stays_whole)
{
	struct packet packet = {.data = pattern, .captured = 60, .length = 60};
	struct packet late = packet;
	struct capture_writer *writer;
	struct result got;
	char path[64];
	int fd;

	late.time_ns = UINT64_C(4294967296000000000);
	fd = temporary(path);
	cr_assert_eq(capture_writer_open(&writer, fd, CAPTURE_PCAP, NULL, 0), 0);
	cr_assert_eq(capture_write(writer, &late, 0, false, NULL), -EOVERFLOW);
	cr_assert_eq(capture_write(writer, &packet, 9, false, "no place for it"), 0);
	cr_assert_eq(capture_writer_close(writer), 0);
	got = read_path(path, 10);
	cr_assert(got.count == 1 && !got.error);
	free_result(&got);

	fd = open(path, O_WRONLY | O_TRUNC);
	cr_assert_eq(capture_writer_open(&writer, fd, CAPTURE_PCAPNG, names, 1), 0);
	cr_assert_eq(capture_write(writer, &packet, 1, false, NULL), -EINVAL);
	cr_assert_eq(capture_write(writer, &late, 0, true, ""), 0);
	cr_assert_eq(capture_writer_close(writer), 0);
	got = read_path(path, 10);
	cr_assert(got.count == 1 && !got.error);
	cr_assert_eq(got.packets[0].time_ns, late.time_ns);
	free_result(&got);
	unlink(path);
}

Test(writer, a_comment_longer_than_an_option_is_cut_between_characters)
{
	struct packet packet = {.data = pattern, .captured = 60, .length = 60};
	struct capture_writer *writer;
	char *comment = malloc(70001);
	struct result got;
	char path[64];

	for (size_t i = 0; i < 70000; i += 2)
		memcpy(comment + i, "\xc3\xa4", 2);
	comment[70000] = '\0';
	cr_assert_eq(capture_writer_open(&writer, temporary(path), CAPTURE_PCAPNG, names, 1), 0);
	cr_assert_eq(capture_write(writer, &packet, 0, false, comment), 0);
	cr_assert_eq(capture_write(writer, &packet, 0, false, NULL), 0);
	cr_assert_eq(capture_writer_close(writer), 0);
	got = read_path(path, 10);
	cr_assert_eq(got.count, 2, "%s", got.fault.text);
	free_result(&got);
	unlink(path);
	free(comment);
}

Test(writer, closing_nothing_is_fine)
{
	cr_assert_eq(capture_writer_close(NULL), 0);
	capture_close(NULL);
}
