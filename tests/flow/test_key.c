/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <nicemu/flow/key.h>

#include <nicemu/base/random.h>

#include <criterion/criterion.h>
#include <string.h>

Test(flow_fields, no_two_fields_share_a_bit_and_none_touches_word_0)
{
	uint64_t taken[FLOW_KEY_WORDS] = {~UINT64_C(0)};

	for (int id = 0; id < FLOW_FIELD_COUNT; id++) {
		uint8_t ones[16];
		struct flow_key key = {0};

		memset(ones, 0xff, sizeof(ones));
		flow_key_store(&key, id, ones);
		for (int w = 0; w < FLOW_KEY_WORDS; w++) {
			cr_assert_eq(taken[w] & key.word[w], 0, "%s overlaps in word %d",
				     flow_fields[id].name, w);
			taken[w] |= key.word[w];
		}
		cr_assert(flow_field_is_ones(&key, id));
		cr_assert_eq(flow_fields[id].width, flow_fields[id].struct_size * 8);
		cr_assert_not_null(flow_dissector_key_name(flow_fields[id].key));
	}
}

Test(flow_fields, store_then_load_gives_the_same_bytes_and_leaves_the_rest)
{
	struct random r = {42};

	for (int round = 0; round < 1000; round++) {
		struct flow_key key, before;
		int id = (int)random_below(&r, FLOW_FIELD_COUNT);
		uint8_t in[16], out[16];

		for (int w = 0; w < FLOW_KEY_WORDS; w++)
			key.word[w] = random_u64(&r);
		before = key;
		for (int i = 0; i < 16; i++)
			in[i] = (uint8_t)random_u64(&r);
		flow_key_store(&key, id, in);
		flow_key_load(&key, id, out);
		cr_assert_arr_eq(in, out, flow_fields[id].struct_size, "seed 42 round %d %s", round,
				 flow_fields[id].name);
		flow_key_load(&before, id, in);
		flow_key_store(&key, id, in);
		cr_assert_arr_eq(&key, &before, sizeof(key), "seed 42 round %d %s", round,
				 flow_fields[id].name);
	}
}

Test(flow_fields, set_and_get_agree_with_store_and_load)
{
	struct random r = {7};

	for (int id = 0; id < FLOW_FIELD_COUNT; id++) {
		uint64_t high = random_u64(&r), low = random_u64(&r), loaded = 0;
		struct flow_key key = {0}, stored = {0};
		uint8_t bytes[16];

		if (flow_fields[id].width == 128) {
			flow_key_set_128(&key, id, high, low);
			for (int i = 0; i < 8; i++) {
				bytes[i] = (uint8_t)(high >> (56 - 8 * i));
				bytes[8 + i] = (uint8_t)(low >> (56 - 8 * i));
			}
			flow_key_store(&stored, id, bytes);
			cr_assert_arr_eq(&key, &stored, sizeof(key), "seed 7 %s",
					 flow_fields[id].name);
			continue;
		}
		low &= (UINT64_C(1) << flow_fields[id].width) - 1;
		flow_key_set(&key, id, low);
		cr_assert_eq(flow_key_get(&key, id), low, "seed 7 %s", flow_fields[id].name);
		flow_key_load(&key, id, bytes);
		for (int i = 0; i < flow_fields[id].struct_size; i++)
			loaded = loaded << 8 | bytes[i];
		cr_assert_eq(loaded, low, "seed 7 %s", flow_fields[id].name);
	}
}

Test(flow_fields, presence_is_the_dissector_keys_bit_and_ip_proto_has_one_more)
{
	cr_assert_eq(flow_field_presence(FLOW_BASIC_N_PROTO), FLOW_PRESENT(BASIC));
	cr_assert_eq(flow_field_presence(FLOW_PORTS_DST), FLOW_PRESENT(PORTS));
	cr_assert_eq(flow_field_presence(FLOW_BASIC_IP_PROTO),
		     FLOW_PRESENT(BASIC) | FLOW_PRESENT_IP_PROTO);
	for (int id = 0; id < FLOW_FIELD_COUNT; id++)
		cr_assert_eq(flow_field_presence(id) & FLOW_PORT_MASK, 0, "%s",
			     flow_fields[id].name);
	cr_assert_eq(FLOW_PRESENT_IP_PROTO & ((UINT64_C(1) << FLOW_DISSECTOR_KEY_COUNT) - 1), 0,
		     "it is the bit of a dissector key");
}

Test(flow_fields, print_as_people_write_them)
{
	static const struct {
		enum flow_field_id id;
		uint8_t bytes[16];
		const char *text;
	} rows[] = {
		{FLOW_IPV4_SRC, {10, 0, 0, 1}, "10.0.0.1"},
		{FLOW_IPV6_DST, {0x20, 0x01, 0x0d, 0xb8, [15] = 1}, "2001:db8::1"},
		{FLOW_ETH_SRC, {2, 0, 0, 0, 0, 9}, "02:00:00:00:00:09"},
		{FLOW_BASIC_N_PROTO, {8, 0}, "0x0800"},
		{FLOW_PORTS_DST, {0, 80}, "80"},
	};
	char text[64];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct flow_key key = {0};

		flow_key_store(&key, rows[i].id, rows[i].bytes);
		flow_field_print(&key, rows[i].id, text, sizeof(text));
		cr_assert_str_eq(text, rows[i].text);
	}
}
