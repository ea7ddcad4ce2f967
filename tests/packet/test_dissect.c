/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "frames.h"

#include <criterion/criterion.h>
#include <string.h>

Test(dissect, hand_built_frames_give_the_fields_written_beside_them)
{
	for (size_t i = 0; i < num_frame_rows; i++) {
		const struct frame_row *row = &frame_rows[i];
		struct dissect_result result;
		struct flow_key key;
		uint8_t bytes[FRAME_MAX];
		char text[TEXT_MAX];
		size_t size = frame_bytes(row, bytes);

		check_frame(row->name, bytes, size, (uint32_t)size + row->extra, &key, &result);
		key_to_text(&key, &result, text);
		cr_expect_str_eq(text, row->text, "%s\n  got      %s\n  expected %s", row->name,
				 text, row->text);
	}
}

static const struct frame_row *row_of(const char *name)
{
	for (size_t i = 0; i < num_frame_rows; i++)
		if (!strcmp(frame_rows[i].name, name))
			return &frame_rows[i];
	cr_assert_fail("no frame %s", name);
	return NULL;
}

static struct dissect_result result_of(const char *name)
{
	struct dissect_result result;
	struct flow_key key;
	uint8_t bytes[FRAME_MAX];
	size_t size = frame_bytes(row_of(name), bytes);
	struct packet packet = {
		.data = bytes, .captured = (uint32_t)size, .length = (uint32_t)size};

	dissect(&packet, &key, &result);
	return result;
}

Test(dissect, offsets_name_the_first_byte_of_l3_and_l4)
{
	static const struct {
		const char *name;
		uint32_t l3, l4;
	} rows[] = {
		{"lldp", 0, 0},
		{"ip4_tcp", 14, 34},
		{"ip4_options_udp", 14, 38},
		{"ip4_last_fragment", 14, 0},
		{"ip4_version_5", 14, 0},
		{"ip4_gre", 14, 34},
		{"qinq", 22, 42},
		{"arp", 14, 0},
		{"mpls", 14, 0},
		{"pppoe_ip4", 22, 42},
		{"pppoe_lcp", 0, 0},
		{"ip6_every_extension", 14, 14 + 40 + 8 + 8 + 16 + 8 + 12 + 8},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct dissect_result result = result_of(rows[i].name);

		cr_expect_eq(result.l3_offset, rows[i].l3, "%s", rows[i].name);
		cr_expect_eq(result.l4_offset, rows[i].l4, "%s", rows[i].name);
	}
}

Test(dissect, result_may_be_null_and_an_empty_packet_may_have_no_bytes)
{
	struct packet packet = {0};
	struct flow_key key;

	dissect(&packet, &key, NULL);
	cr_assert_eq(key.word[0], FLOW_PRESENT(CONTROL));
}

Test(dissect, port_and_meta_are_left_to_the_caller)
{
	for (size_t i = 0; i < num_frame_rows; i++) {
		struct flow_key key;
		uint8_t bytes[FRAME_MAX];
		size_t size = frame_bytes(&frame_rows[i], bytes);
		struct packet packet = {.data = bytes,
					.captured = (uint32_t)size,
					.length = (uint32_t)size,
					.port = 7};

		dissect(&packet, &key, NULL);
		cr_assert_eq(key.word[0] & (FLOW_PORT_MASK | FLOW_PRESENT(META)), 0);
		cr_assert(flow_field_is_zero(&key, FLOW_META_INGRESS_IFINDEX));
		cr_assert(flow_field_is_zero(&key, FLOW_META_INGRESS_IFTYPE));
	}
}

Test(dissect, more_captured_than_on_the_wire_is_malformed_and_keeps_its_fields)
{
	const struct frame_row *row = row_of("ip4_tcp");
	struct dissect_result result;
	struct flow_key key;
	uint8_t bytes[FRAME_MAX];
	size_t size = frame_bytes(row, bytes);

	check_frame(row->name, bytes, size, 20, &key, &result);
	cr_assert_eq(result.flags, DISSECT_MALFORMED);
	cr_assert_eq(flow_key_get(&key, FLOW_PORTS_DST), 80);
}

/* Frames that differ only where no field is must not differ in their keys. */
Test(dissect, bytes_of_no_field_leave_no_trace_in_the_key)
{
	const struct frame_row *row = row_of("ip4_tcp");
	static const uint8_t ignored[] = {18, 19, 24, 25, 38, 45, 48, 51, 53};
	struct dissect_result result;
	struct flow_key key, other;
	uint8_t bytes[FRAME_MAX];
	size_t size = frame_bytes(row, bytes);

	check_frame(row->name, bytes, size, (uint32_t)size, &key, &result);
	for (size_t i = 0; i < sizeof(ignored); i++) {
		bytes[ignored[i]] ^= 0xff;
		check_frame(row->name, bytes, size, (uint32_t)size, &other, &result);
		cr_assert_arr_eq(&key, &other, sizeof(key), "byte %u", ignored[i]);
	}
}

Test(dissect, three_hundred_tags_are_walked_and_counted_to_255)
{
	enum { TAGS = 300 };
	struct dissect_result result;
	struct flow_key key;
	uint8_t bytes[FRAME_MAX] = {0};

	for (int i = 0; i < TAGS; i++)
		memcpy(bytes + 12 + 4 * i, (uint8_t[]){0x81, 0x00, 0x00, (uint8_t)i}, 4);
	memcpy(bytes + 12 + 4 * TAGS, (uint8_t[]){0x88, 0xcc}, 2);
	check_frame("tags", bytes, 14 + 4 * TAGS, 14 + 4 * TAGS, &key, &result);
	cr_assert_eq(result.vlan_tags, 255);
	cr_assert_eq(flow_key_get(&key, FLOW_BASIC_N_PROTO), 0x88cc);
	cr_assert_eq(flow_key_get(&key, FLOW_CVLAN_TCI), 1);
}
