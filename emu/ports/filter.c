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

int filter_compile(struct filter **filter, const char *expression, char *message, size_t size)
{
	pcap_t *ethernet = pcap_open_dead(DLT_EN10MB, CAPTURE_SNAPLEN_MAX);
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
