/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "traffic.h"

#include <endian.h>
#include <err.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { FRAME = 60, RECORD = 16, HEADER = 24, MARKS = 16, START = 1700000000 };

static uint8_t *put32(uint8_t *at, uint32_t value)
{
	value = htole32(value);
	memcpy(at, &value, sizeof(value));
	return at + sizeof(value);
}

/* Ethernet, IPv4, UDP; now and then a wrong byte in it. */
static void make_frame(struct random *random, uint8_t *frame)
{
	static const uint8_t head[] = {2,    0, 0,  0,  0, 0, 2, 0, 0,  0,  0, 9,  8,  0,
				       0x45, 0, 0,  46, 0, 0, 0, 0, 64, 17, 0, 0,  10, 0,
				       0,    1, 10, 0,  0, 2, 4, 0, 0,  53, 0, 26, 0,  0};

	memset(frame, 0, FRAME);
	memcpy(frame, head, sizeof(head));
	frame[5] = (uint8_t)random_below(random, MARKS);
	frame[29] = (uint8_t)random_below(random, 256);
	if (random_below(random, 8) == 0)
		frame[12 + random_below(random, 30)] = (uint8_t)random_below(random, 256);
}

static uint8_t *put_packet(struct random *random, uint8_t *at)
{
	/* Sound, cut by a snap length, or one that claims less than it has. */
	uint32_t captured = random_below(random, 6) ? FRAME : (uint32_t)random_below(random, FRAME);
	uint32_t length = random_below(random, 9) ? FRAME : (uint32_t)random_below(random, 1500);
	uint8_t frame[FRAME];

	make_frame(random, frame);
	at = put32(at, START + (uint32_t)random_below(random, 100));
	at = put32(at, (uint32_t)random_below(random, 1000000));
	at = put32(at, captured);
	at = put32(at, length);
	memcpy(at, frame, captured);
	return at + captured;
}

int traffic_file(struct random *random, size_t packets, size_t cut)
{
	static const uint32_t header[] = {0xa1b2c3d4, 2 | 4 << 16, 0, 0, 262144, 1};
	uint8_t *bytes = malloc(HEADER + packets * (RECORD + FRAME));
	int fd = memfd_create("traffic", MFD_CLOEXEC);
	uint8_t *at = bytes;
	size_t size, done = 0;

	if (!bytes || fd < 0)
		err(1, "no capture");
	for (size_t i = 0; i < sizeof(header) / sizeof(*header); i++)
		at = put32(at, header[i]);
	for (size_t i = 0; i < packets; i++)
		at = put_packet(random, at);
	size = (size_t)(at - bytes) - cut;
	while (done < size) {
		ssize_t n = write(fd, bytes + done, size - done);

		if (n <= 0)
			err(1, "write");
		done += (size_t)n;
	}
	free(bytes);
	lseek(fd, 0, SEEK_SET);
	return fd;
}
