/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The variants of dissect_batch against dissect(); for the tests and the fuzzer alike. */
#include "frames.h"

#include "variants.h"

#include <stdio.h>
#include <string.h>

enum { FILL = 0xa5 };

/* Two slots on: the packet's, and the one behind it, which must stay as it is. */
static void fill(struct flow_batch *batch, uint32_t *flags, size_t slot)
{
	for (size_t i = slot; i < slot + 2 && i < FLOW_BATCH; i++) {
		for (size_t c = 0; c < FLOW_CHUNKS; c++)
			memset(&batch->chunk[c][i], FILL, sizeof(batch->chunk[c][i]));
		memset(&flags[i], FILL, sizeof(flags[i]));
	}
}

static bool untouched(const void *memory, size_t size)
{
	const uint8_t *bytes = memory;

	for (size_t i = 0; i < size; i++)
		if (bytes[i] != FILL)
			return false;
	return true;
}

static bool chunk_is(const struct flow_chunk *chunk, bool wanted, const uint64_t *words)
{
	return wanted ? memcmp(chunk, words, sizeof(*chunk)) == 0
		      : untouched(chunk, sizeof(*chunk));
}

static bool variant_agrees(const struct dissect_variant *variant, const struct packet *packets,
			   size_t slot, unsigned int chunks, char *text)
{
	static struct flow_batch batch;
	static uint32_t flags[FLOW_BATCH];
	struct dissect_result result;
	struct flow_key key;
	size_t behind = slot + 1;

	fill(&batch, flags, slot);
	dissect(&packets[slot], &key, &result);
	variant->batch(packets, slot + 1, chunks, &batch, flags);
	for (size_t c = 0; c < FLOW_CHUNKS; c++) {
		const uint64_t *got = batch.chunk[c][slot].word;
		const uint64_t *want = &key.word[c * FLOW_CHUNK_WORDS];

		if (!chunk_is(&batch.chunk[c][slot], c == 0 || chunks >> c & 1, want)) {
			snprintf(
				text, TEXT_MAX,
				"%s, chunks 0x%x, chunk %zu: %016lx %016lx %016lx %016lx, dissect: "
				"%016lx %016lx %016lx %016lx",
				variant->name, chunks, c, got[0], got[1], got[2], got[3], want[0],
				want[1], want[2], want[3]);
			return false;
		}
		if (behind < FLOW_BATCH && !untouched(&batch.chunk[c][behind], sizeof(key) / 4)) {
			snprintf(text, TEXT_MAX, "%s, chunks 0x%x: wrote beyond %zu packets",
				 variant->name, chunks, behind);
			return false;
		}
	}
	snprintf(text, TEXT_MAX, "%s, chunks 0x%x: flags 0x%x, dissect: 0x%x", variant->name,
		 chunks, flags[slot], result.flags);
	return flags[slot] == result.flags &&
	       (behind == FLOW_BATCH || untouched(&flags[behind], sizeof(flags[behind])));
}

bool batch_agrees(const struct packet *packet, size_t slot, unsigned int chunks, char *text)
{
	static struct packet packets[FLOW_BATCH]; /* those before are empty frames */
	bool agree = true;

	packets[slot] = *packet;
	for (size_t v = 0; v < num_dissect_variants && agree; v++)
		if (dissect_variants[v].usable())
			agree = variant_agrees(&dissect_variants[v], packets, slot, chunks, text);
	packets[slot] = (struct packet){0};
	return agree;
}
