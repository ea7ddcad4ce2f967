/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * dissect_batch against dissect(): every variant, every set of chunks, whole batches. The other
 * suites put each of their frames through a variant as well (check_frame).
 */
#include "frames.h"

#include "variants.h"

#include <nicemu/base/random.h>

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PADDINGS = 48 };

/* A frame in memory of exactly its size, so that a sanitizer sees what is read beyond. */
static struct packet exact(const uint8_t *bytes, size_t captured, uint32_t length)
{
	struct packet packet = {.captured = (uint32_t)captured, .length = length};
	uint8_t *copy = malloc(captured ? captured : 1);

	cr_assert_not_null(copy);
	packet.data = memcpy(copy, bytes, captured);
	return packet;
}

static void release(struct packet *packet)
{
	free((void *)packet->data);
}

static void check_all_chunk_sets(const char *who, const uint8_t *bytes, size_t captured,
				 uint32_t length)
{
	struct packet packet = exact(bytes, captured, length);
	char text[TEXT_MAX];

	for (unsigned int chunks = 0; chunks <= FLOW_ALL_CHUNKS; chunks++)
		cr_assert(batch_agrees(&packet, chunks % 3, chunks, text),
			  "%s, captured %zu, length %u: %s", who, captured, length, text);
	release(&packet);
}

Test(batch, every_chunk_set_of_frames_padded_and_cut_at_every_byte)
{
	for (size_t i = 0; i < num_frame_rows; i++) {
		const struct frame_row *row = &frame_rows[i];
		uint8_t bytes[FRAME_MAX];
		size_t size = frame_bytes(row, bytes);

		memset(bytes + size, 0x5a, PADDINGS);
		for (size_t captured = 0; captured <= size + PADDINGS; captured++) {
			uint32_t whole = (uint32_t)(size + PADDINGS);

			check_all_chunk_sets(row->name, bytes, captured, (uint32_t)captured);
			check_all_chunk_sets(row->name, bytes, captured, whole + row->extra);
		}
	}
}

/* Lengths that no sound record has, and the ends of the number's range. */
Test(batch, records_whose_lengths_contradict)
{
	static const uint32_t lengths[] = {0,          1,          33,         34,        53,
					   54,         59,         61,         73,        74,
					   0x7fffffff, 0x80000000, 0xfffffff0, 0xffffffff};

	for (size_t i = 0; i < num_frame_rows; i++) {
		uint8_t bytes[FRAME_MAX];
		size_t size = frame_bytes(&frame_rows[i], bytes);

		memset(bytes + size, 0, PADDINGS);
		for (size_t l = 0; l < sizeof(lengths) / sizeof(lengths[0]); l++)
			check_all_chunk_sets(frame_rows[i].name, bytes, size + PADDINGS,
					     lengths[l]);
	}
}

Test(batch, a_frame_without_bytes_may_have_no_address)
{
	struct packet packet = {.data = NULL, .captured = 0, .length = 60};
	char text[TEXT_MAX];

	for (unsigned int chunks = 0; chunks <= FLOW_ALL_CHUNKS; chunks++)
		cr_assert(batch_agrees(&packet, 0, chunks, text), "%s", text);
}

/* The lengths and first bytes of each header, near what is right, in every combination of two. */
Test(batch, two_bytes_of_plain_frames_near_their_limits)
{
	static const char *const names[] = {"ip4_tcp", "ip4_udp", "ip4_icmp", "ip4_sctp",
					    "ip6_tcp", "ip6_udp", "ip6_icmp", "vlan_ip4"};
	static const uint8_t offsets[] = {12, 13, 14, 16, 17, 19, 20, 21, 23, 38, 39, 42, 46, 50};
	static const uint8_t values[] = {0x00, 0x01, 0x07, 0x08, 0x14, 0x15, 0x1c, 0x20, 0x28,
					 0x29, 0x2b, 0x2c, 0x45, 0x50, 0x60, 0x70, 0x81, 0xff};
	enum { OFFSETS = sizeof(offsets), VALUES = sizeof(values), PAIRS = OFFSETS * VALUES };

	for (size_t i = 0; i < num_frame_rows; i++) {
		bool wanted = false;
		uint8_t bytes[FRAME_MAX], copy[FRAME_MAX];
		size_t size = frame_bytes(&frame_rows[i], bytes);

		for (size_t n = 0; n < sizeof(names) / sizeof(names[0]); n++)
			wanted |= strcmp(names[n], frame_rows[i].name) == 0;
		memset(bytes + size, 0, PADDINGS);
		for (int pair = 0; wanted && pair < PAIRS * PAIRS; pair++) {
			int a = pair / PAIRS, b = pair % PAIRS;
			struct packet packet;
			char text[TEXT_MAX];

			memcpy(copy, bytes, size + PADDINGS);
			copy[offsets[a / VALUES]] = values[a % VALUES];
			copy[offsets[b / VALUES]] = values[b % VALUES];
			packet = exact(copy, size + 20, (uint32_t)size + 20);
			cr_assert(batch_agrees(&packet, 0, pair % 16u, text),
				  "%s with byte %u = 0x%02x, byte %u = 0x%02x: %s",
				  frame_rows[i].name, offsets[a / VALUES], values[a % VALUES],
				  offsets[b / VALUES], values[b % VALUES], text);
			release(&packet);
		}
	}
}

static struct packet draw(struct random *r)
{
	const struct frame_row *row = &frame_rows[random_below(r, num_frame_rows)];
	uint8_t bytes[FRAME_MAX];
	size_t size = frame_bytes(row, bytes);
	uint32_t length;

	for (uint64_t edits = random_below(r, 3); edits > 0 && size > 12; edits--)
		bytes[12 + random_below(r, size - 12)] = (uint8_t)random_u64(r);
	for (uint64_t padding = random_below(r, PADDINGS); padding > 0; padding--)
		bytes[size++] = (uint8_t)random_u64(r);
	if (random_below(r, 4) == 0)
		size = random_below(r, size + 1);
	length = (uint32_t)(size + row->extra + random_below(r, 2) * random_below(r, 1500));
	return exact(bytes, size, random_below(r, 16) ? length : (uint32_t)random_below(r, 100));
}

static void check_drawn_batch(uint64_t seed)
{
	static struct flow_batch batch;
	struct random r = {seed};
	struct packet packets[FLOW_BATCH];
	uint32_t flags[FLOW_BATCH];
	size_t count = random_below(&r, FLOW_BATCH + 1);
	unsigned int chunks = (unsigned int)random_below(&r, FLOW_ALL_CHUNKS + 1) | 1;

	for (size_t i = 0; i < count; i++)
		packets[i] = draw(&r);
	for (size_t v = 0; v <= num_dissect_variants; v++) {
		bool named = v < num_dissect_variants;

		if (named && !dissect_variants[v].usable())
			continue;
		(named ? dissect_variants[v].batch : dissect_batch)(packets, count, chunks, &batch,
								    flags);
		for (size_t i = 0; i < count; i++) {
			struct dissect_result result;
			struct flow_key key, got;

			dissect(&packets[i], &key, &result);
			flow_batch_get(&batch, i, &got, chunks);
			for (size_t w = 0; w < FLOW_KEY_WORDS; w++)
				cr_assert(!(chunks >> w / FLOW_CHUNK_WORDS & 1) ||
						  got.word[w] == key.word[w],
					  "seed %lu, %s, packet %zu of %zu, chunks 0x%x, word %zu: "
					  "0x%lx, dissect: 0x%lx",
					  seed, named ? dissect_variants[v].name : "dispatched", i,
					  count, chunks, w, got.word[w], key.word[w]);
			cr_assert_eq(flags[i], result.flags, "seed %lu, packet %zu: flags", seed,
				     i);
		}
	}
	for (size_t i = 0; i < count; i++)
		release(&packets[i]);
}

Test(batch, drawn_batches_of_all_sizes)
{
	for (uint64_t seed = 1; seed <= 1000; seed++)
		check_drawn_batch(seed);
}

Test(batch, the_last_variant_is_usable_everywhere_and_no_two_have_the_same_name)
{
	cr_assert_geq(num_dissect_variants, 1);
	cr_expect(dissect_variants[num_dissect_variants - 1].usable());
	for (size_t a = 0; a < num_dissect_variants; a++)
		for (size_t b = 0; b < a; b++)
			cr_expect_str_neq(dissect_variants[a].name, dissect_variants[b].name);
}
