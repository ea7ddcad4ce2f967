/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The dissector on frames that are cut, bent or random, in lockstep with the reference. */
#include "frames.h"

#include <nicemu/base/random.h>

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static void check_subset(const char *who, const struct flow_key *cut, const struct flow_key *whole)
{
	cr_assert_eq(cut->word[0] & ~whole->word[0], 0, "%s has a field that the whole has not",
		     who);
	for (int id = 0; id < FLOW_FIELD_COUNT; id++) {
		uint64_t bits = flow_field_presence(id);
		uint8_t a[16], b[16];

		/* These three say what was seen so far, so they may change with more bytes. */
		if (id == FLOW_BASIC_N_PROTO || id == FLOW_CONTROL_FLAGS ||
		    id == FLOW_CONTROL_ADDR_TYPE)
			continue;
		if ((cut->word[0] & bits) != bits)
			continue;
		flow_key_load(cut, id, a);
		flow_key_load(whole, id, b);
		cr_assert_arr_eq(a, b, flow_fields[id].struct_size, "%s: %s", who,
				 flow_fields[id].name);
	}
}

Test(hostile, cut_at_every_byte_gives_the_fields_before_the_cut)
{
	for (size_t i = 0; i < num_frame_rows; i++) {
		const struct frame_row *row = &frame_rows[i];
		struct dissect_result result;
		struct flow_key whole, key;
		uint8_t bytes[FRAME_MAX];
		char who[128];
		size_t size = frame_bytes(row, bytes);
		uint32_t length = (uint32_t)size + row->extra;

		check_frame(row->name, bytes, size, length, &whole, &result);
		for (size_t cut = 0; cut < size; cut++) {
			snprintf(who, sizeof(who), "%s cut at %zu", row->name, cut);
			check_frame(who, bytes, cut, length, &key, &result);
			cr_assert(result.flags & DISSECT_TRUNCATED, "%s", who);
			check_subset(who, &key, &whole);
		}
	}
}

/* Not a snap length: the frame itself ends there, so its lengths may now contradict it. */
Test(hostile, frames_that_end_early_on_the_wire)
{
	for (size_t i = 0; i < num_frame_rows; i++) {
		const struct frame_row *row = &frame_rows[i];
		struct dissect_result result;
		struct flow_key key;
		uint8_t bytes[FRAME_MAX];
		char who[128];
		size_t size = frame_bytes(row, bytes);

		for (size_t end = 0; end < size; end++) {
			snprintf(who, sizeof(who), "%s ending at %zu", row->name, end);
			check_frame(who, bytes, end, (uint32_t)end, &key, &result);
			cr_assert(!(result.flags & DISSECT_TRUNCATED), "%s", who);
		}
	}
}

Test(hostile, every_value_of_every_byte)
{
	for (size_t i = 0; i < num_frame_rows; i++) {
		const struct frame_row *row = &frame_rows[i];
		struct dissect_result result;
		struct flow_key key;
		uint8_t bytes[FRAME_MAX];
		char who[128];
		size_t size = frame_bytes(row, bytes);
		uint32_t length = (uint32_t)size + row->extra;

		for (size_t at = 12; at < size; at++) {
			uint8_t before = bytes[at];

			for (int value = 0; value < 256; value++) {
				snprintf(who, sizeof(who), "%s with byte %zu = 0x%02x", row->name,
					 at, (unsigned int)value);
				bytes[at] = (uint8_t)value;
				check_frame(who, bytes, size, length, &key, &result);
			}
			bytes[at] = before;
		}
	}
}

static const uint16_t types[] = {0x0800, 0x86dd, 0x8100, 0x88a8, 0x0806,
				 0x8035, 0x8847, 0x8848, 0x8864, 0x0010};

Test(hostile, random_bytes_behind_every_type)
{
	const uint64_t seed = 20240611;
	struct random r = {seed};

	for (int round = 0; round < 200000; round++) {
		uint16_t type = types[random_below(&r, sizeof(types) / sizeof(types[0]))];
		size_t size = 14 + random_below(&r, 160);
		struct dissect_result result;
		struct flow_key key;
		uint8_t bytes[FRAME_MAX];
		char who[128];

		for (size_t i = 0; i < size; i++)
			bytes[i] = (uint8_t)random_u64(&r);
		bytes[12] = (uint8_t)(type >> 8);
		bytes[13] = (uint8_t)type;
		snprintf(who, sizeof(who), "seed %llu round %d", (unsigned long long)seed, round);
		check_frame(who, bytes, size, (uint32_t)(size + random_below(&r, 3) * 700), &key,
			    &result);
	}
}

/* One to four edits of a good frame: bytes changed, inserted, removed, the tail cut. */
static size_t edit(struct random *r, uint8_t *bytes, size_t size)
{
	for (uint64_t edits = 1 + random_below(r, 4); edits > 0 && size > 16; edits--) {
		size_t at = 12 + random_below(r, size - 12);

		switch (random_below(r, 5)) {
		case 0: bytes[at] = (uint8_t)random_u64(r); break;
		case 1: bytes[at] ^= (uint8_t)(1u << random_below(r, 8)); break;
		case 2: bytes[at] = (uint8_t)(random_below(r, 2) ? 0x00 : 0xff); break;
		case 3:
			memmove(bytes + at, bytes + at + 1, size - at - 1);
			size--;
			break;
		case 4:
			memmove(bytes + at + 1, bytes + at, size - at);
			size++;
			break;
		}
	}
	return random_below(r, 4) ? size : random_below(r, size + 1);
}

Test(hostile, mutated_frames)
{
	const uint64_t seed = 31337;
	struct random r = {seed};

	for (int round = 0; round < 300000; round++) {
		const struct frame_row *row = &frame_rows[random_below(&r, num_frame_rows)];
		struct dissect_result result;
		struct flow_key key;
		uint8_t bytes[FRAME_MAX];
		char who[128];
		size_t size = edit(&r, bytes, frame_bytes(row, bytes));

		snprintf(who, sizeof(who), "seed %llu round %d from %s", (unsigned long long)seed,
			 round, row->name);
		check_frame(who, bytes, size, (uint32_t)(size + random_below(&r, 2) * row->extra),
			    &key, &result);
	}
}
