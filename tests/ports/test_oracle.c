/* SPDX-License-Identifier: GPL-2.0-or-later */
/* libpcap is the oracle: the same packets, lengths, times and bytes from every capture there is. */
#include "support.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Captures that libpcap reads to the end and nicemu does not, and the other way round. */
static const struct {
	const char *name;
	const char *fault; /* part of nicemu's text, or NULL: nicemu reads what libpcap refuses */
} exceptions[] = {
	{"dlt_ppp.pcap", "link type PPP (9) is not Ethernet"},
};

static struct result read_with_libpcap(const char *path, char *message)
{
	pcap_t *pcap =
		pcap_open_offline_with_tstamp_precision(path, PCAP_TSTAMP_PRECISION_NANO, message);
	struct result result = {0};
	struct pcap_pkthdr *header;
	const u_char *data;
	int ret;

	if (!pcap) {
		result.error = -1;
		return result;
	}
	while ((ret = pcap_next_ex(pcap, &header, &data)) == 1) {
		uint8_t *bytes = malloc(header->caplen + 1);
		struct packet *packets =
			realloc(result.packets, (result.count + 1) * sizeof(*packets));

		cr_assert(bytes && packets);
		memcpy(bytes, data, header->caplen);
		result.packets = packets;
		packets[result.count++] = (struct packet){
			.data = bytes,
			.captured = header->caplen,
			.length = header->len,
			.time_ns = (uint32_t)header->ts.tv_sec * UINT64_C(1000000000) +
				   (uint64_t)header->ts.tv_usec,
		};
	}
	result.error = ret == PCAP_ERROR_BREAK ? 0 : -1;
	snprintf(message, PCAP_ERRBUF_SIZE, "%s", pcap_geterr(pcap));
	pcap_close(pcap);
	return result;
}

static bool is_exception(const char *name, const struct result *ours)
{
	for (size_t i = 0; i < sizeof(exceptions) / sizeof(exceptions[0]); i++) {
		if (strcmp(name, exceptions[i].name) != 0)
			continue;
		if (exceptions[i].fault)
			cr_assert(ours->error && strstr(ours->fault.text, exceptions[i].fault),
				  "%s: %s", name, ours->fault.text);
		else
			cr_assert_eq(ours->error, 0, "%s: %s", name, ours->fault.text);
		return true;
	}
	return false;
}

static void compare(const char *path, const char *name)
{
	char message[PCAP_ERRBUF_SIZE] = "";
	struct result theirs = read_with_libpcap(path, message);
	struct result ours = read_path(path, CAPTURE_BATCH);

	if (!is_exception(name, &ours)) {
		assert_same_packets(&ours, &theirs, name);
		cr_assert_eq(!ours.error, !theirs.error, "%s: nicemu '%s', libpcap '%s'", name,
			     ours.error ? ours.fault.text : "", message);
	}
	free_result(&ours);
	free_result(&theirs);
}

Test(oracle, every_capture_reads_as_with_libpcap)
{
	if (!for_each_capture(compare))
		cr_skip_test("no captures found");
}

static void compare_in_small_batches(const char *path, const char *name)
{
	struct result one = read_path(path, 1);
	struct result seven = read_path(path, 7);
	struct result many = read_path(path, CAPTURE_BATCH);
	struct result mapped =
		read_mapped(open(path, O_RDONLY | O_CLOEXEC), path, CAPTURE_BATCH, 0);
	struct result windows =
		read_mapped(open(path, O_RDONLY | O_CLOEXEC), path, CAPTURE_BATCH, 4096);

	assert_same_result(&mapped, &many, name);
	assert_same_result(&windows, &many, name);
	assert_same_packets(&one, &many, name);
	assert_same_packets(&seven, &many, name);
	cr_assert_str_eq(one.fault.text, many.fault.text);
	free_result(&one);
	free_result(&seven);
	free_result(&many);
	free_result(&mapped);
	free_result(&windows);
}

Test(oracle, neither_the_batch_size_nor_mapping_changes_anything)
{
	if (!for_each_capture(compare_in_small_batches))
		cr_skip_test("no captures found");
}

/* Captures made by hand, through a file that libpcap can open by name. */
Test(oracle, hand_made_captures_read_as_with_libpcap)
{
	for (size_t kind = 0; kind < NUM_KINDS; kind++) {
		char path[64], context[64], message[PCAP_ERRBUF_SIZE] = "";
		size_t packets;
		struct made m = make_kind(kind, &packets);
		struct result theirs, ours;
		int fd = memory_file(m.bytes.data, m.bytes.size);

		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		snprintf(context, sizeof(context), "kind %zu", kind);
		theirs = read_with_libpcap(path, message);
		ours = read_descriptor(fd, context, false, CAPTURE_BATCH);
		cr_assert_eq(ours.error, 0, "%s", ours.fault.text);
		cr_assert_eq(ours.count, packets);
		if (theirs.error)
			cr_log_info("%s: libpcap: %s", context, message);
		else
			assert_same_packets(&ours, &theirs, context);
		/* libpcap wants all byte orders and resolutions of a file alike: kinds 6, 7. */
		cr_assert(!theirs.error || kind >= 6, "%s: %s", context, message);
		free_result(&ours);
		free_result(&theirs);
		buffer_clear(&m.bytes);
	}
}
