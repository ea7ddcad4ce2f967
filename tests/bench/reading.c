/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How fast a capture file is read, without doing anything with its packets: the reader mapped
 *(first touch and again) and by read(2), and libpcap's two ways, over the same file.
 *
 *	reading FILE [ROUNDS]
 *
 * The file should be in the page cache. Each round measures each way once; the best, the median and
 * the worst of the rounds are printed in millions of packets a second. The sum of the packets'
 * lengths has to be the same for all.
 */
#include <nicemu/ports/capture.h>

#include <fcntl.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

enum { ROUNDS_MAX = 101 };

struct sum {
	uint64_t packets, bytes;
};

static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static void fail(const char *what)
{
	fprintf(stderr, "reading: %s\n", what);
	exit(1);
}

static struct capture *open_capture(const char *path, bool mapped)
{
	struct capture_error error = {.text = "out of memory"};
	struct capture *capture;

	if (capture_open(&capture, open(path, O_RDONLY | O_CLOEXEC), path, false, &error) ||
	    (mapped && capture_map(capture)))
		fail(error.text);
	return capture;
}

static struct sum read_all(struct capture *capture)
{
	struct packet packets[CAPTURE_BATCH];
	struct capture_error error;
	struct sum sum = {0};
	int count;

	while ((count = capture_read(capture, packets, CAPTURE_BATCH, &error)) > 0) {
		size_t whole = (size_t)count;

		for (int i = 0; i < count; i++)
			sum.bytes += packets[i].length;
		if (!capture_settle(packets, &whole))
			fail("the file has changed");
		sum.packets += whole;
	}
	if (count < 0)
		fail(error.text);
	return sum;
}

static struct sum read_anew(const char *path, bool map, double *elapsed)
{
	double begun = seconds();
	struct capture *capture = open_capture(path, map);
	struct sum sum = read_all(capture);

	*elapsed = seconds() - begun;
	capture_close(capture);
	return sum;
}

static struct sum mapped_first(const char *path, double *elapsed)
{
	return read_anew(path, true, elapsed);
}

static struct sum streamed(const char *path, double *elapsed)
{
	return read_anew(path, false, elapsed);
}

static struct sum mapped_again(const char *path, double *elapsed)
{
	struct capture *capture = open_capture(path, true);
	struct capture_error error;
	struct sum sum;
	double begun;

	read_all(capture);
	begun = seconds();
	if (capture_rewind(capture, &error))
		fail(error.text);
	sum = read_all(capture);
	*elapsed = seconds() - begun;
	capture_close(capture);
	return sum;
}

static pcap_t *open_pcap(const char *path)
{
	char message[PCAP_ERRBUF_SIZE];
	pcap_t *pcap =
		pcap_open_offline_with_tstamp_precision(path, PCAP_TSTAMP_PRECISION_NANO, message);

	if (!pcap)
		fail(message);
	return pcap;
}

static void add(u_char *sum, const struct pcap_pkthdr *header, const u_char *data)
{
	((struct sum *)(void *)sum)->packets++;
	((struct sum *)(void *)sum)->bytes += header->len;
}

static struct sum dispatched(const char *path, double *elapsed)
{
	double begun = seconds();
	pcap_t *pcap = open_pcap(path);
	struct sum sum = {0};

	pcap_dispatch(pcap, -1, add, (u_char *)&sum);
	*elapsed = seconds() - begun;
	pcap_close(pcap);
	return sum;
}

static struct sum next_by_next(const char *path, double *elapsed)
{
	double begun = seconds();
	pcap_t *pcap = open_pcap(path);
	struct pcap_pkthdr *header;
	struct sum sum = {0};
	const u_char *data;

	while (pcap_next_ex(pcap, &header, &data) == 1) {
		sum.packets++;
		sum.bytes += header->len;
	}
	*elapsed = seconds() - begun;
	pcap_close(pcap);
	return sum;
}

static const struct way {
	const char *name;
	struct sum (*run)(const char *path, double *elapsed);
} ways[] = {
	{"mapped, first touch", mapped_first},
	{"mapped, again", mapped_again},
	{"read(2)", streamed},
	{"libpcap, pcap_dispatch", dispatched},
	{"libpcap, pcap_next_ex", next_by_next},
};

enum { NUM_WAYS = sizeof(ways) / sizeof(ways[0]) };

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
	static double rates[NUM_WAYS][ROUNDS_MAX];
	int rounds = argc > 2 ? atoi(argv[2]) : 5;
	struct sum first = {0};
	struct rusage usage;

	if (argc < 2 || rounds < 1 || rounds > ROUNDS_MAX)
		fail("usage: reading FILE [ROUNDS]");
	for (int round = 0; round < rounds; round++) {
		for (size_t i = 0; i < NUM_WAYS; i++) {
			double elapsed;
			struct sum sum = ways[i].run(argv[1], &elapsed);

			if (!first.packets)
				first = sum;
			if (sum.packets != first.packets || sum.bytes != first.bytes)
				fail(ways[i].name);
			rates[i][round] = (double)sum.packets / elapsed / 1e6;
		}
	}
	for (size_t i = 0; i < NUM_WAYS; i++) {
		qsort(rates[i], (size_t)rounds, sizeof(double), compare);
		printf("%-24s %8.1f median %8.1f to %.1f M packets/s\n", ways[i].name,
		       rates[i][rounds / 2], rates[i][0], rates[i][rounds - 1]);
	}
	getrusage(RUSAGE_SELF, &usage);
	printf("%llu packets, peak %ld MiB\n", (unsigned long long)first.packets,
	       usage.ru_maxrss / 1024);
	return 0;
}
