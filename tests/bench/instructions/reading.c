/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Captures of small frames, read mapped and settled, and by read(2). */
#include "stages.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { PACKETS = 16384, DATA = 60 };

static void put_u32(FILE *out, uint32_t value)
{
	for (int i = 0; i < 4; i++)
		putc((int)(value >> 8 * i & 0xff), out);
}

static void put_packets(FILE *out, bool blocks)
{
	static const uint8_t data[DATA];

	for (uint32_t i = 0; i < PACKETS; i++) {
		if (blocks) {
			put_u32(out, 6);
			put_u32(out, 32 + DATA);
			put_u32(out, 0);
		}
		put_u32(out, 395812);
		put_u32(out, i);
		put_u32(out, DATA);
		put_u32(out, DATA);
		fwrite(data, DATA, 1, out);
		if (blocks)
			put_u32(out, 32 + DATA);
	}
}

/* A file of each format: little endian, microseconds. */
static int make_file(bool pcapng)
{
	static const uint32_t classic[] = {0xa1b2c3d4, 2 | 4 << 16, 0, 0, 65535, 1};
	static const uint32_t section[] = {0x0a0d0d0a, 28, 0x1a2b3c4d, 1, UINT32_MAX,
					   UINT32_MAX, 28, /* an interface: */
					   1,          20, 1,          0, 20};
	const uint32_t *head = pcapng ? section : classic;
	size_t words = (pcapng ? sizeof(section) : sizeof(classic)) / sizeof(*head);
	int fd = memfd_create("capture", MFD_CLOEXEC);
	FILE *out = fd < 0 ? NULL : fdopen(dup(fd), "w");

	if (!out)
		return -1;
	for (size_t i = 0; i < words; i++)
		put_u32(out, head[i]);
	put_packets(out, pcapng);
	if (fclose(out) || lseek(fd, 0, SEEK_SET) != 0) {
		close(fd);
		return -1;
	}
	return fd;
}

bool read_rows(const char *wanted)
{
	for (int row = 0; row < 4; row++) {
		bool pcapng = row & 1, streamed = row & 2;
		struct capture_error error;
		struct capture *capture;
		char name[64];

		snprintf(name, sizeof(name), "read/%s/%s", streamed ? "streamed" : "mapped",
			 pcapng ? "pcapng" : "pcap");
		if (strncmp(name, wanted, strlen(wanted)) != 0)
			continue;
		if (capture_open(&capture, make_file(pcapng), "made", false, &error))
			return false;
		if (!streamed && capture_map(capture))
			return false;
		printf("%s %d\n", name, PACKETS);
		if (stage_read(capture) != PACKETS)
			return false;
		capture_close(capture);
	}
	return true;
}
