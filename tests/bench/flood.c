/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Send the frames of a capture into an interface as fast as it takes them: for the kernel's own
 * path, in a network namespace.
 *
 *   bench_flood INTERFACE FILE.pcap SECONDS
 *
 * Whole passes over the file until SECONDS are over (at most 60). Prints how many packets were sent
 * and how long it took. Whether they arrived is for the receiver's counters to say.
 */
#include <errno.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <pcap/pcap.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "measure.h"

enum { FRAMES_MAX = 65536, FRAME_BYTES = 128, AT_ONCE = 64, SECONDS_MAX = 60 };

struct frames {
	uint8_t bytes[FRAMES_MAX][FRAME_BYTES];
	struct iovec vectors[FRAMES_MAX];
	size_t count;
};

static int fail(const char *what, const char *why)
{
	fprintf(stderr, "bench_flood: %s: %s\n", what, why);
	return 4;
}

static int read_frames(struct frames *frames, const char *file)
{
	char message[PCAP_ERRBUF_SIZE];
	struct pcap_pkthdr *record;
	const u_char *bytes;
	pcap_t *pcap = pcap_open_offline(file, message);

	if (!pcap)
		return fail(file, message);
	while (frames->count < FRAMES_MAX && pcap_next_ex(pcap, &record, &bytes) == 1) {
		size_t length = record->caplen < FRAME_BYTES ? record->caplen : FRAME_BYTES;

		memcpy(frames->bytes[frames->count], bytes, length);
		frames->vectors[frames->count] =
			(struct iovec){.iov_base = frames->bytes[frames->count], .iov_len = length};
		frames->count++;
	}
	pcap_close(pcap);
	return frames->count ? 0 : fail(file, "no packets");
}

/* Every frame once. */
static int send_all(int fd, struct frames *frames)
{
	struct mmsghdr messages[AT_ONCE];

	memset(messages, 0, sizeof(messages));
	for (size_t first = 0; first < frames->count;) {
		size_t n = frames->count - first < AT_ONCE ? frames->count - first : AT_ONCE;
		int sent;

		for (size_t i = 0; i < n; i++) {
			messages[i].msg_hdr.msg_iov = &frames->vectors[first + i];
			messages[i].msg_hdr.msg_iovlen = 1;
		}
		sent = sendmmsg(fd, messages, (unsigned int)n, 0);
		if (sent < 0 && errno != ENOBUFS && errno != EINTR)
			return fail("sendmmsg", strerror(errno));
		first += sent > 0 ? (size_t)sent : 0;
	}
	return 0;
}

static int open_interface(const char *name)
{
	struct sockaddr_ll address = {.sll_family = AF_PACKET,
				      .sll_ifindex = (int)if_nametoindex(name)};
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);

	if (fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

int main(int argc, char **argv)
{
	static struct frames frames;
	double begin, seconds, limit = argc == 4 ? strtod(argv[3], NULL) : 0;
	size_t sent = 0;
	int fd, error;

	if (!(limit > 0 && limit <= SECONDS_MAX)) {
		fprintf(stderr, "usage: bench_flood INTERFACE FILE.pcap SECONDS\n");
		return 2;
	}
	error = read_frames(&frames, argv[2]);
	if (error)
		return error;
	fd = open_interface(argv[1]);
	if (fd < 0)
		return fail(argv[1], strerror(errno));
	begin = clock_seconds();
	do {
		error = send_all(fd, &frames);
		sent += frames.count;
		seconds = clock_seconds() - begin;
	} while (!error && seconds < limit);
	close(fd);
	if (!error)
		printf("{ \"sent\": %zu, \"seconds\": %.6f }\n", sent, seconds);
	return error;
}
