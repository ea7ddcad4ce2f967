/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "trace.h"

#include <errno.h>
#include <pcap/pcap.h>
#include <string.h>

enum { ETHERNET = 14, IPV4_FRAME = 60, IPV4_HEADER = 20, IPV6_FRAME = 74, IPV6_HEADER = 40 };
enum { ICMP = 1, TCP = 6, UDP = 17, ICMPV6 = 58 };

static void put(uint8_t *bytes, uint64_t value, size_t size)
{
	for (size_t i = 0; i < size; i++)
		bytes[i] = (uint8_t)(value >> 8 * (size - 1 - i));
}

static uint16_t ipv4_checksum(const uint8_t *header)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < IPV4_HEADER; i += 2)
		sum += (uint32_t)header[i] << 8 | header[i + 1];
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t) ~(sum + (sum >> 16));
}

static void put_ipv4(uint8_t *ip, const struct header *header)
{
	ip[0] = 0x45;
	put(&ip[2], IPV4_FRAME - ETHERNET, 2);
	ip[8] = 64;
	ip[9] = header->protocol;
	put(&ip[12], header->source.low, 4);
	put(&ip[16], header->destination.low, 4);
	put(&ip[10], ipv4_checksum(ip), 2);
}

static void put_ipv6(uint8_t *ip, const struct header *header)
{
	ip[0] = 0x60;
	put(&ip[4], IPV6_FRAME - ETHERNET - IPV6_HEADER, 2);
	ip[6] = header->protocol;
	ip[7] = 64;
	put(&ip[8], header->source.high, 8);
	put(&ip[16], header->source.low, 8);
	put(&ip[24], header->destination.high, 8);
	put(&ip[32], header->destination.low, 8);
}

static void put_transport(uint8_t *l4, size_t length, const struct header *header)
{
	if (header->protocol == ICMP || header->protocol == ICMPV6) {
		l4[0] = header->protocol == ICMP ? 8 : 128; /* an echo request */
		return;
	}
	if (header->protocol != TCP && header->protocol != UDP)
		return;
	put(&l4[0], header->source_port, 2);
	put(&l4[2], header->destination_port, 2);
	if (header->protocol == UDP) {
		put(&l4[4], length, 2);
		return;
	}
	l4[12] = 5 << 4;
	l4[13] = 0x10; /* ACK */
}

size_t header_frame(const struct header *header, uint8_t *frame)
{
	size_t length = header->ipv6 ? IPV6_FRAME : IPV4_FRAME;
	size_t l4 = ETHERNET + (header->ipv6 ? IPV6_HEADER : IPV4_HEADER);

	memset(frame, 0, length);
	put(&frame[0], 0x020000000001, 6);
	put(&frame[6], 0x020000000002, 6);
	put(&frame[12], header->ipv6 ? 0x86dd : 0x0800, 2);
	(header->ipv6 ? put_ipv6 : put_ipv4)(&frame[ETHERNET], header);
	put_transport(&frame[l4], length - l4, header);
	return length;
}

int trace_write(const struct trace *trace, const char *file)
{
	pcap_t *pcap = pcap_open_dead(DLT_EN10MB, 262144);
	pcap_dumper_t *dumper = pcap ? pcap_dump_open(pcap, file) : NULL;
	uint8_t frame[FRAME_MAX];
	int error = dumper ? 0 : -EIO;

	for (size_t i = 0; !error && i < trace->count; i++) {
		struct pcap_pkthdr record = {
			.ts = {(time_t)(1700000000 + i / 1000000), (suseconds_t)(i % 1000000)}};

		record.len = (bpf_u_int32)header_frame(&trace->headers[i], frame);
		record.caplen = record.len;
		pcap_dump((u_char *)dumper, &record, frame);
	}
	if (dumper && (pcap_dump_flush(dumper) || ferror(pcap_dump_file(dumper))))
		error = -EIO;
	if (dumper)
		pcap_dump_close(dumper);
	if (pcap)
		pcap_close(pcap);
	return error;
}
