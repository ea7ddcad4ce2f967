/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <nicemu/ports/capture.h>
#include <nicemu/ports/filter.h>

#include <errno.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>

struct filter {
	struct bpf_program program;
};

/*
 * A handle to compile for. Of an (empty) capture file and not pcap_open_dead(): only for files does
 * libpcap refuse what a file can't answer, like the direction.
 */
static pcap_t *open_empty_capture(void)
{
	struct pcap_file_header header = {
		.magic = 0xa1b2c3d4,
		.version_major = PCAP_VERSION_MAJOR,
		.version_minor = PCAP_VERSION_MINOR,
		.snaplen = CAPTURE_SNAPLEN_MAX,
		.linktype = DLT_EN10MB,
	};
	char message[PCAP_ERRBUF_SIZE];
	FILE *file = fmemopen(&header, sizeof(header), "rb");
	pcap_t *pcap;

	if (!file)
		return NULL;
	pcap = pcap_fopen_offline(file, message);
	if (!pcap)
		fclose(file);
	return pcap;
}

int filter_compile(struct filter **filter, const char *expression, char *message, size_t size)
{
	pcap_t *ethernet = open_empty_capture();
	struct filter *f = calloc(1, sizeof(*f));
	int ret = 0;

	*filter = NULL;
	if (!ethernet || !f) {
		snprintf(message, size, "out of memory");
		ret = -ENOMEM;
	} else if (pcap_compile(ethernet, &f->program, expression, 1, PCAP_NETMASK_UNKNOWN)) {
		snprintf(message, size, "%s", pcap_geterr(ethernet));
		ret = -EINVAL;
	}
	if (ethernet)
		pcap_close(ethernet);
	if (ret)
		free(f);
	else
		*filter = f;
	return ret;
}

bool filter_match(const struct filter *filter, const struct packet *packet)
{
	const struct pcap_pkthdr header = {
		.caplen = packet->captured,
		.len = packet->length,
	};

	return pcap_offline_filter(&filter->program, &header, packet->data) != 0;
}

void filter_free(struct filter *filter)
{
	if (!filter)
		return;
	pcap_freecode(&filter->program);
	free(filter);
}
