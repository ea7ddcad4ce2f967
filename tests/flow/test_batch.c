/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <nicemu/flow/batch.h>

#include <criterion/criterion.h>
#include <string.h>

static void fill(struct flow_key *key)
{
	for (size_t w = 0; w < FLOW_KEY_WORDS; w++)
		key->word[w] = UINT64_C(0x0101010101010101) * (w + 1);
}

/* What rules look at most is together, so that most tables read one chunk (key.h). */
Test(flow_batch, each_field_is_in_the_chunk_that_the_header_names)
{
	for (int id = 0; id < FLOW_FIELD_COUNT; id++) {
		const struct flow_field *field = &flow_fields[id];
		size_t chunk = field->word / FLOW_CHUNK_WORDS, want = 0;

		switch (field->key) {
		case FLOW_DISSECTOR_KEY_IPV6_ADDRS: want = 1; break;
		case FLOW_DISSECTOR_KEY_ETH_ADDRS:
		case FLOW_DISSECTOR_KEY_VLAN:
		case FLOW_DISSECTOR_KEY_CVLAN: want = 2; break;
		case FLOW_DISSECTOR_KEY_PPPOE:
		case FLOW_DISSECTOR_KEY_MPLS: want = 3; break;
		case FLOW_DISSECTOR_KEY_ARP: want = id == FLOW_ARP_OP ? 2 : 3; break;
		default: break;
		}
		if (id == FLOW_IP_TTL || id == FLOW_CONTROL_FLAGS ||
		    id == FLOW_META_INGRESS_IFINDEX)
			want = 2;
		cr_expect_eq(chunk, want, "%s is in chunk %zu", field->name, chunk);
		cr_expect_eq((field->word + (field->width - 1u) / 64) / FLOW_CHUNK_WORDS, chunk,
			     "%s lies in two chunks", field->name);
	}
}

Test(flow_batch, what_is_put_in_comes_out_and_nothing_else_is_written)
{
	static struct flow_batch batch, before;
	struct flow_key key, got;

	fill(&key);
	for (unsigned int chunks = 0; chunks <= FLOW_ALL_CHUNKS; chunks++) {
		size_t slot = chunks * 8 + 7; /* the last one too */

		memset(&batch, 0xa5, sizeof(batch));
		before = batch;
		flow_batch_set(&batch, slot, &key, chunks);
		flow_batch_get(&batch, slot, &got, chunks);
		for (size_t w = 0; w < FLOW_KEY_WORDS; w++)
			cr_expect_eq(got.word[w],
				     chunks >> w / FLOW_CHUNK_WORDS & 1 ? key.word[w] : 0,
				     "chunks 0x%x word %zu", chunks, w);
		for (size_t c = 0; c < FLOW_CHUNKS; c++)
			if (chunks >> c & 1)
				batch.chunk[c][slot] = before.chunk[c][slot];
		cr_expect_eq(memcmp(&batch, &before, sizeof(batch)), 0, "chunks 0x%x", chunks);
	}
}

Test(flow_batch, chunks_of_a_key_are_those_with_a_bit)
{
	cr_expect_eq(flow_key_chunks(&(struct flow_key){{0}}), 0);
	for (size_t bit = 0; bit < 64 * FLOW_KEY_WORDS; bit++) {
		struct flow_key key = {{0}};

		key.word[bit / 64] = UINT64_C(1) << bit % 64;
		cr_expect_eq(flow_key_chunks(&key), 1u << bit / 64 / FLOW_CHUNK_WORDS, "bit %zu",
			     bit);
	}
}

Test(flow_batch, a_chunk_is_a_vector_and_a_batch_begins_a_line)
{
	cr_expect_eq(sizeof(struct flow_chunk), 32);
	cr_expect_eq(_Alignof(struct flow_batch), 64);
	cr_expect_eq(sizeof(struct flow_batch) % 64, 0);
}
