/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "captures.h"

#include <nicemu/ports/capture.h>

#include <criterion/criterion.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

int capture_of(const uint64_t *times_ns, const uint8_t *marks, size_t length, size_t cut)
{
	static const char *const interfaces[] = {"eth0"};
	int fd = memfd_create("capture", 0);
	struct capture_writer *writer;
	uint8_t frame[60] = {0};
	struct stat status;

	cr_assert_eq(capture_writer_open(&writer, dup(fd), CAPTURE_PCAP, interfaces, 1), 0);
	for (size_t i = 0; i < length; i++) {
		struct packet packet = {
			.data = frame,
			.captured = sizeof(frame),
			.length = sizeof(frame),
			.time_ns = times_ns[i],
		};

		frame[sizeof(frame) - 1] = marks[i];
		cr_assert_eq(capture_write(writer, &packet, 0, false, NULL), 0);
	}
	cr_assert_eq(capture_writer_close(writer), 0);
	fstat(fd, &status);
	cr_assert_eq(ftruncate(fd, status.st_size - (off_t)cut), 0);
	lseek(fd, 0, SEEK_SET);
	return fd;
}

size_t file_bytes(int fd, uint8_t *buffer, size_t size)
{
	ssize_t got = pread(fd, buffer, size, 0);

	cr_assert_geq(got, 0);
	return (size_t)got;
}
