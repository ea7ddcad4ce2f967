/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the dissector's record says of some frames. That it agrees with dissect() and with the bytes
 * is checked with every frame that check_frame sees, in all suites of this folder.
 */
#include "frames.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static struct dissect_trace trace_of(const char *hex, uint32_t more)
{
	static uint8_t bytes[FRAME_MAX];
	char digits[2 * FRAME_MAX + 1];
	const struct frame_row row = {.hex = digits};
	struct packet packet = {.data = bytes};
	struct dissect_trace trace;
	size_t used = 0;

	for (; *hex; hex++)
		if (*hex != ' ')
			digits[used++] = *hex;
	digits[used] = 0;

	packet.captured = (uint32_t)frame_bytes(&row, bytes);
	packet.length = packet.captured + more;
	dissect_trace(&packet, &trace);
	return trace;
}

static void expect_headers(const struct dissect_trace *trace, const char *expected)
{
	char text[TEXT_MAX] = "";

	for (size_t i = 0; i < trace->num_headers; i++)
		snprintf(text + strlen(text), TEXT_MAX - strlen(text), "%s%s %u+%u", i ? ", " : "",
			 trace->headers[i].name, trace->headers[i].offset,
			 trace->headers[i].length);
	cr_expect_str_eq(text, expected);
}

static void expect_field(const struct dissect_trace *trace, enum flow_field_id id, uint32_t offset,
			 uint16_t length, uint16_t first_bit, uint16_t num_bits, bool derived)
{
	for (size_t i = 0; i < trace->num_fields; i++) {
		const struct dissect_trace_field *f = &trace->fields[i];

		if (f->id != id)
			continue;
		cr_expect(f->offset == offset && f->length == length && f->first_bit == first_bit &&
				  f->num_bits == num_bits && f->derived == derived,
			  "%s: at %u, %u bytes, bits %u+%u%s", flow_fields[id].name, f->offset,
			  f->length, f->first_bit, f->num_bits, f->derived ? ", derived" : "");
		return;
	}
	cr_expect_fail("%s is not recorded", flow_fields[id].name);
}

#define ETHERNET "0200000000b10200000000a1 "
#define IPV4_TCP "45000028 00010000 40060000 0a000001 0a000002 "
#define TCP      "04d20050 00000001 00000000 50020400 00000000"

Test(trace, fields_of_a_tagged_tcp_frame_have_their_offsets)
{
	struct dissect_trace trace =
		trace_of(ETHERNET "8100 200a 0800" IPV4_TCP TCP " 00000000", 0);

	expect_headers(&trace, "Ethernet 0+14, 802.1Q tag 14+4, IPv4 18+20, TCP 38+20");
	expect_field(&trace, FLOW_ETH_SRC, 6, 6, 0, 48, false);
	expect_field(&trace, FLOW_VLAN_TPID, 12, 2, 0, 16, false);
	expect_field(&trace, FLOW_VLAN_TCI, 14, 2, 0, 16, false);
	expect_field(&trace, FLOW_BASIC_N_PROTO, 16, 2, 0, 16, false);
	expect_field(&trace, FLOW_BASIC_IP_PROTO, 27, 1, 0, 8, false);
	expect_field(&trace, FLOW_IPV4_DST, 34, 4, 0, 32, false);
	expect_field(&trace, FLOW_PORTS_DST, 40, 2, 0, 16, false);
	expect_field(&trace, FLOW_TCP_FLAGS, 50, 2, 4, 12, false);
	expect_field(&trace, FLOW_CONTROL_ADDR_TYPE, 18, 1, 0, 4, true);
	cr_expect_eq(trace.end, 58);
	cr_expect_str_eq(trace.stop, "the transport header has been read; the rest is payload");
	cr_expect_eq(trace.num_notes, 0);
}

Test(trace, a_later_fragment_says_why_it_has_no_ports)
{
	struct dissect_trace trace = trace_of(
		ETHERNET "0800 4500001c 00010003 40110000 0a000001 0a000002 04d20035 00080000", 0);

	expect_headers(&trace, "Ethernet 0+14, IPv4 14+20");
	expect_field(&trace, FLOW_CONTROL_FLAGS, 20, 2, 2, 14, true);
	cr_expect_eq(trace.end, 34);
	cr_expect_str_eq(trace.stop, "a later fragment: it has no transport header");
}

Test(trace, a_cut_header_says_where_the_bytes_end)
{
	struct dissect_trace trace = trace_of(ETHERNET "0800 45000028 0001", 40);

	expect_headers(&trace, "Ethernet 0+14");
	cr_expect_eq(trace.end, 14);
	cr_expect_str_eq(trace.stop, "the captured bytes end inside of this header");
	cr_expect_eq(trace.result.flags, DISSECT_TRUNCATED | DISSECT_SHORT);
}

Test(trace, the_type_behind_pppoe_is_derived_from_the_ppp_protocol)
{
	struct dissect_trace trace = trace_of(ETHERNET "8864 11000001 002a 0021" IPV4_TCP TCP, 0);

	expect_field(&trace, FLOW_PPPOE_PPP_PROTO, 20, 2, 0, 16, false);
	expect_field(&trace, FLOW_BASIC_N_PROTO, 20, 2, 0, 16, true);
}

Test(trace, contradictions_and_tags_that_are_passed_over_are_noted)
{
	struct dissect_trace tags =
		trace_of(ETHERNET "88a8 0001 8100 0002 8100 0003 0800" IPV4_TCP TCP, 0);
	struct dissect_trace udp = trace_of(
		ETHERNET "0800 4500001c 00010000 40110000 0a000001 0a000002 04d20035 00040000", 0);

	cr_assert_eq(tags.num_notes, 1);
	cr_expect_str_eq(tags.notes[0].text, "a third tag or more: passed over");
	cr_expect_eq(tags.notes[0].offset, 22);
	cr_assert_eq(udp.num_notes, 1);
	cr_expect_str_eq(udp.notes[0].text, "the UDP length is below 8, or beyond the IP payload");
}

Test(trace, fields_stand_in_the_order_in_which_they_were_found_last)
{
	struct dissect_trace trace = trace_of(ETHERNET "88a8 0001 8100 0002 0800" IPV4_TCP TCP, 0);
	uint32_t header = 0;

	for (size_t i = 0; i < trace.num_fields; i++) {
		cr_expect_geq(trace.fields[i].header, header, "%s",
			      flow_fields[trace.fields[i].id].name);
		header = trace.fields[i].header;
	}
	expect_field(&trace, FLOW_BASIC_N_PROTO, 20, 2, 0, 16, false);
}

Test(trace, options_are_part_of_the_ipv4_header)
{
	struct dissect_trace trace =
		trace_of(ETHERNET "0800 47000030 00010000 40060000 0a000001 0a000002 "
				  "01010101 01010100" TCP,
			 0);

	expect_headers(&trace, "Ethernet 0+14, IPv4 14+28, TCP 42+20");
	expect_field(&trace, FLOW_PORTS_DST, 44, 2, 0, 16, false);
}

Test(trace, fields_of_a_header_that_was_left_out_are_in_no_other)
{
	char hex[2 * FRAME_MAX] = ETHERNET;
	struct dissect_trace trace;

	for (int i = 0; i < 40; i++)
		strcat(hex, "8100 0001 ");
	strcat(hex, "0800" IPV4_TCP TCP);
	trace = trace_of(hex, 0);
	cr_expect_eq(trace.headers[DISSECT_TRACE_HEADERS - 1].length, 4);
	cr_expect_eq(trace.headers_left_out, 1 + 40 + 2 - DISSECT_TRACE_HEADERS);
	for (size_t i = 0; i < trace.num_fields; i++)
		if (trace.fields[i].offset >= 14 + 4 * 40)
			cr_expect_eq(trace.fields[i].header, DISSECT_TRACE_HEADERS, "%s",
				     flow_fields[trace.fields[i].id].name);
}

Test(trace, a_frame_of_tags_only_is_recorded_up_to_a_limit)
{
	uint8_t bytes[12 + 4 * 300] = {0};
	struct packet packet = {bytes, sizeof(bytes), sizeof(bytes), 0, 0, 0};
	struct dissect_trace trace;

	for (size_t at = 12; at < sizeof(bytes); at += 4)
		bytes[at] = 0x81;
	dissect_trace(&packet, &trace);
	cr_expect_eq(trace.num_headers, DISSECT_TRACE_HEADERS);
	cr_expect_eq(trace.headers_left_out, 300 - DISSECT_TRACE_HEADERS);
	cr_expect_eq(trace.num_notes, DISSECT_TRACE_NOTES);
	cr_expect_str_eq(trace.stop, "the captured bytes end inside of this header");
}
