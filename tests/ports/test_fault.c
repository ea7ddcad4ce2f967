/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Every way a capture can be wrong: errno, offset and text. */
#include "support.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void expect_fault(struct made *m, size_t packets, uint64_t offset, const char *text)
{
	struct result got = read_made(m, false);

	cr_assert_eq(got.error, -EINVAL, "'%s' expected, error %d: %s", text, got.error,
		     got.fault.text);
	cr_assert_eq(got.fault.error, got.error);
	cr_assert_eq(got.count, packets, "%s: %zu packets", text, got.count);
	cr_assert_eq(got.fault.offset, offset, "'%s' at %llu expected: %s", text,
		     (unsigned long long)offset, got.fault.text);
	cr_assert_not_null(strstr(got.fault.text, text), "'%s' expected: %s", text, got.fault.text);
	cr_assert_eq(strncmp(got.fault.text, "made: ", 6), 0, "%s", got.fault.text);
	free_result(&got);
	buffer_clear(&m->bytes);
}

static void expect_unknown(const void *data, size_t size, const char *text)
{
	struct made m = {0};

	put_bytes(&m, data, size);
	expect_fault(&m, 0, 0, text);
}

Test(fault, a_file_that_is_no_capture_is_told_what_it_looks_like)
{
	expect_unknown("\x1f\x8b\x08\0\0\0\0\0", 8, "gzip-compressed file; unpack it first");
	expect_unknown("\x28\xb5\x2f\xfd\0\0\0\0", 8, "zstd-compressed");
	expect_unknown("\xfd\x37zXZ\0\0\0", 8, "xz-compressed");
	expect_unknown("snoop\0\0\0\0\0\0\2", 12, "Solaris snoop");
	expect_unknown("\xa1\xb2\xcd\x34\0\2\0\4", 8, "\"modified\" pcap");
	expect_unknown("\x34\xcd\xb2\xa1\2\0\4\0", 8, "\"modified\" pcap");
	expect_unknown("GMBU\0\0\0\0", 8, "Network Monitor");
	expect_unknown("table netdev t {\n", 17, "which looks like text");
	expect_unknown("\1\2\3\4\5\6\7\x8", 8, "neither pcap nor pcapng: starts with 01 02 03 04");
	expect_unknown("", 0, "the file is empty");
	expect_unknown("\xd4\xc3", 2, "ends inside the file header: it has 2 bytes");
}

Test(fault, a_directory_and_a_bad_descriptor_are_the_systems_errno)
{
	struct result got;

	got = read_descriptor(open("/", O_RDONLY | O_DIRECTORY), "/", false, 1);
	cr_assert_eq(got.error, -EISDIR);
	cr_assert_str_eq(got.fault.text, "/: is a directory");
	got = read_descriptor(-1, "nothing", false, 1);
	cr_assert_eq(got.error, -EBADF);
	got = read_descriptor(open("/dev/null", O_WRONLY), "write-only", false, 1);
	cr_assert_eq(got.error, -EBADF);
	cr_assert_not_null(strstr(got.fault.text, "can't read"), "%s", got.fault.text);
}

Test(fault, a_long_name_leaves_room_for_what_is_wrong)
{
	char name[5000];
	struct result got;

	memset(name, 'x', sizeof(name));
	strcpy(name + sizeof(name) - 10, "end.pcapx");
	got = read_descriptor(memory_file("abcdefgh", 8), name, false, 1);
	cr_assert_not_null(strstr(got.fault.text, "end.pcapx: offset 0: neither"), "%s",
			   got.fault.text);
}

Test(fault, another_link_type_is_refused_by_name_and_number)
{
	static const struct {
		uint32_t link;
		const char *text;
	} cases[] = {
		{9, "link type PPP (9) is not Ethernet"},
		{105, "link type IEEE802_11 (105) is not Ethernet"},
		{101, "link type RAW (101) is not Ethernet; --fake-ethernet takes it"},
		{113, "link type LINUX_SLL (113) is not Ethernet; --fake-ethernet takes it"},
		{65000, "link type unknown (65000) is not Ethernet"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct made m = {0};

		put_file_header(&m, false, cases[i].link);
		put_record(&m, 1, 1, 60, 60, 1);
		expect_fault(&m, 0, 20, cases[i].text);
	}
}

Test(fault, a_classic_version_of_the_future_is_refused)
{
	struct made m = {.big = true};

	put_file_header(&m, false, 1);
	m.bytes.data[7] = 5;
	expect_fault(&m, 0, 4, "pcap version 2.5");
}

Test(fault, a_captured_length_over_the_limit_ends_a_classic_file)
{
	struct made m = {0};

	put_file_header(&m, false, 1);
	put_record(&m, 1, 1, 60, 60, 1);
	put_u64(&m, 0);
	put_u32(&m, CAPTURE_SNAPLEN_MAX + 1);
	put_u32(&m, 60);
	put_pattern(&m, 1, 4000);
	expect_fault(&m, 1, 100, "captured length 262145 is more than the limit of 262144");
}

Test(fault, a_captured_length_above_the_original_is_marked_and_both_stay)
{
	for (int pcapng = 0; pcapng < 2; pcapng++) {
		struct made m = {0};
		struct result got;

		if (pcapng) {
			put_section(&m);
			put_interface(&m, 1, 0);
			put_enhanced(&m, 0, 1, 61, 40, 1);
		} else {
			put_file_header(&m, false, 1);
			put_record(&m, 1, 1, 61, 40, 1);
		}
		got = read_made(&m, false);
		cr_assert_eq(got.count, 1);
		cr_assert_eq(got.packets[0].flags, PACKET_BAD_LENGTH);
		cr_assert_eq(got.packets[0].captured, 61);
		cr_assert_eq(got.packets[0].length, 40);
		free_result(&got);
		buffer_clear(&m.bytes);
	}
}

/* A good section with one packet; returns where the next block begins. */
static size_t put_good(struct made *m)
{
	put_section(m);
	put_interface(m, 1, 0);
	put_enhanced(m, 0, 1, 60, 60, 1);
	return m->bytes.size;
}

static void expect_bad_length(uint32_t type, uint32_t length, const char *text)
{
	struct made m = {0};
	size_t start = put_good(&m);

	put_u32(&m, type);
	put_u32(&m, length);
	put_pattern(&m, 1, 4000);
	expect_fault(&m, 1, start, text);
}

Test(fault, a_block_length_that_can_not_be_is_refused)
{
	expect_bad_length(6, 0, "too short for an enhanced packet block");
	expect_bad_length(6, 28, "block length 28 is too short");
	expect_bad_length(3, 12, "too short for a simple packet block");
	expect_bad_length(1, 16, "too short for an interface description block");
	expect_bad_length(2, 28, "too short for a packet block");
	expect_bad_length(99, 8, "too short for a block");
	expect_bad_length(6, 63, "block length 63 is not a multiple of 4");
	expect_bad_length(99, 0xffffffff, "not a multiple of 4");
	expect_bad_length(6, 0xfffffffc, "more than the limit of 16777216 for an enhanced");
	expect_bad_length(99, 0xfffffffc, "the file ends inside a block: 4008 of 4294967292");
	expect_bad_length(6, 64, "block length 64 in front,");
	expect_bad_length(99, 64, "block length 64 in front,");
}

Test(fault, a_packet_of_an_interface_that_was_not_described_is_refused)
{
	struct made m = {0};
	size_t start = put_good(&m);

	put_enhanced(&m, 1, 1, 60, 60, 2);
	expect_fault(&m, 1, start, "a packet of interface 1, but the section has described 1");

	m = (struct made){0};
	put_good(&m);
	put_section(&m);
	start = m.bytes.size;
	put_simple(&m, 60, 60, 2);
	expect_fault(&m, 1, start, "a packet of interface 0, but the section has described 0");
}

Test(fault, a_captured_length_above_its_block_is_refused)
{
	static const uint32_t lengths[] = {61, 100, 300000, 0xfffffff0};

	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		struct made m = {0};
		size_t start = put_good(&m);

		put_enhanced(&m, 0, 1, 60, 60, 2);
		m.bytes.size = start + 20; /* write the captured length anew */
		put_u32(&m, lengths[i]);
		m.bytes.size = start + 92;
		expect_fault(&m, 1, start, "captured length");
	}
}

Test(fault, a_simple_packet_shorter_than_its_length_is_refused)
{
	struct made m = {0};
	size_t start = put_good(&m);

	put_simple(&m, 60, 61, 2);
	expect_fault(&m, 1, start, "captured length 61 is more than the 60 bytes");
}

Test(fault, a_foreign_interface_matters_only_when_a_packet_of_it_comes)
{
	struct made m = {0};
	size_t start;

	put_section(&m);
	put_interface(&m, 1, 0);
	put_interface(&m, 105, 0);
	put_enhanced(&m, 0, 1, 60, 60, 1);
	put_enhanced(&m, 0, 2, 60, 60, 2);
	start = m.bytes.size;
	put_enhanced(&m, 1, 3, 60, 60, 3);
	put_enhanced(&m, 0, 4, 60, 60, 4);
	expect_fault(&m, 2, start, "link type IEEE802_11 (105) is not Ethernet");
}

static void expect_bad_option(uint16_t code, uint16_t size, const char *text)
{
	static const uint8_t value[16] = {99, 99};
	struct made m = {0};
	size_t start;

	put_section(&m);
	put_interface(&m, 1, 0);
	put_enhanced(&m, 0, 1, 60, 60, 1);
	start = m.bytes.size;
	put_interface_option(&m, code, value, size);
	expect_fault(&m, 1, start, text);
}

Test(fault, an_interface_option_of_the_wrong_size_or_value_is_refused)
{
	expect_bad_option(9, 2, "option 9 has length 2; it must have 1");
	expect_bad_option(14, 4, "option 14 has length 4; it must have 8");
	expect_bad_option(13, 0, "option 13 has length 0; it must have 1");
	expect_bad_option(0, 4, "the end of options has length 4");
	expect_bad_option(9, 1, "time stamp resolution of 10^-99 s is too fine");
}

Test(fault, an_option_longer_than_its_block_is_refused)
{
	struct made m = {0};
	size_t start = put_good(&m), block;

	block = begin_block(&m, 1);
	put_u32(&m, 1);
	put_u32(&m, 0);
	put_u16(&m, 2);
	put_u16(&m, 5);
	put_bytes(&m, "eth0", 4);
	end_block(&m, block);
	expect_fault(&m, 1, start, "option 2 has length 5, more than its block has left");
}

Test(fault, a_section_header_without_byte_order_or_of_the_future_is_refused)
{
	struct made m = {0};
	size_t start = put_good(&m);

	put_section(&m);
	m.bytes.data[start + 8] = 0;
	expect_fault(&m, 1, start, "byte-order magic");

	m = (struct made){0};
	start = put_good(&m);
	put_section(&m);
	m.bytes.data[start + 12] = 2;
	expect_fault(&m, 1, start, "pcapng version 2.0");
}

Test(fault, a_time_stamp_that_does_not_fit_is_refused)
{
	struct made m = {0};
	size_t start;

	put_section(&m);
	put_interface(&m, 1, 0);
	put_enhanced(&m, 0, UINT64_MAX / 1000, 60, 60, 1);
	start = m.bytes.size;
	put_enhanced(&m, 0, UINT64_MAX / 1000 + 1, 60, 60, 1);
	expect_fault(&m, 1, start, "time stamp");

	/* Before 1970. */
	m = (struct made){0};
	put_section(&m);
	put_interface_option(&m, 14, "\xff\xff\xff\xff\xff\xff\xff\xff", 8); /* -1 s */
	put_enhanced(&m, 0, 1000000, 60, 60, 1);
	start = m.bytes.size;
	put_enhanced(&m, 0, 999999, 60, 60, 1);
	expect_fault(&m, 1, start, "time stamp 999999 is outside 1970 to 2554");
}

Test(fault, interfaces_without_end_are_refused)
{
	struct made m = {0};
	struct result got;

	put_section(&m);
	for (int i = 0; i < 65537; i++)
		put_interface(&m, 1, 0);
	got = read_made(&m, false);
	cr_assert_eq(got.error, -EINVAL);
	cr_assert_not_null(strstr(got.fault.text, "more than 65536 interfaces"), "%s",
			   got.fault.text);
	buffer_clear(&m.bytes);
}
