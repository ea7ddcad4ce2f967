/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a file that can't be read as a capture might be instead: for the message only. */
#include "capture_internal.h"

#include <ctype.h>

#define COMPRESSED(program) "a " program "-compressed file; unpack it first, or pipe it in with "

static const struct {
	const char *bytes;
	size_t size;
	const char *what;
} magics[] = {
	{"\x1f\x8b", 2, COMPRESSED("gzip") "zcat"},
	{"\x28\xb5\x2f\xfd", 4, COMPRESSED("zstd") "zstdcat"},
	{"\xfd\x37zXZ", 5, COMPRESSED("xz") "xzcat"},
	{"BZh", 3, COMPRESSED("bzip2") "bzcat"},
	{"\x04\x22\x4d\x18", 4, COMPRESSED("lz4") "lz4cat"},
	{"PK\x03\x04", 4, "a zip archive"},
	{"\xa1\xb2\xcd\x34", 4, "a \"modified\" pcap file (longer record headers)"},
	{"\x34\xcd\xb2\xa1", 4, "a \"modified\" pcap file (longer record headers)"},
	{"\xa1\xb2\xc3\xcd", 4, "a \"modified\" pcap file of Alexey Kuznetsov's libpcap"},
	{"\xcd\xc3\xb2\xa1", 4, "a \"modified\" pcap file of Alexey Kuznetsov's libpcap"},
	{"\xa1\xb2\xc3\x4d", 4, "a pcap file with changed record headers"},
	{"\xa1\xe2\xcb\x12", 4, "a pcap file with changed record headers (Nokia or ISO)"},
	{"\xa1\x2b\x3c\x4d", 4, "a Navtel pcap file"},
	{"\x1c\x00\x01\xac", 4, "an Ixia lcap file"},
	{"\x1c\x00\x01\xab", 4, "an Ixia lcap file"},
	{"\xac\x01\x00\x1c", 4, "an Ixia lcap file"},
	{"\xab\x01\x00\x1c", 4, "an Ixia lcap file"},
	{"snoop\0\0\0", 8, "a Solaris snoop file"},
	{"TRSNIFF data", 12, "a NetWare or DOS Sniffer file"},
	{"XCP", 4, "a NetXray or Windows Sniffer file"},
	{"GMBU", 4, "a Microsoft Network Monitor file"},
	{"RTSS", 4, "a Microsoft Network Monitor 1 file"},
	{"btsnoop", 8, "a btsnoop file"},
	{"\x7f"
	 "ELF",
	 4, "a program (ELF)"},
};

static bool is_text(const uint8_t *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (!isprint(bytes[i]) && !isspace(bytes[i]))
			return false;
	return true;
}

const char *magic_describe(const uint8_t *bytes, size_t size)
{
	for (size_t i = 0; i < sizeof(magics) / sizeof(magics[0]); i++)
		if (size >= magics[i].size && !memcmp(bytes, magics[i].bytes, magics[i].size))
			return magics[i].what;
	return is_text(bytes, size) ? "text" : NULL;
}
