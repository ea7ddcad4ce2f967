/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The dissector against its reference, and its batches against it. The first byte of the input says
 * how the record's lengths relate (0: all captured; 1 to 0xef: 16 bytes each cut by a snap length;
 * from 0xf0 on: fewer bytes on the wire than captured), the rest is the frame.
 */
#include "../packet/frames.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint32_t wire_length(uint8_t how, uint32_t captured)
{
	uint32_t missing = how & 0x0fu;

	if (how < 0xf0)
		return captured + how * 16u;
	return captured > missing ? captured - missing : 0;
}

static bool same(const struct dissect_result *a, const struct dissect_result *b)
{
	return a->flags == b->flags && a->l3_offset == b->l3_offset &&
	       a->l4_offset == b->l4_offset && a->vlan_tags == b->vlan_tags;
}

static void print(const char *who, const struct flow_key *key, const struct dissect_result *result)
{
	fprintf(stderr, "%s: flags 0x%x l3 %u l4 %u tags %u key", who, result->flags,
		result->l3_offset, result->l4_offset, result->vlan_tags);
	for (int i = 0; i < FLOW_KEY_WORDS; i++)
		fprintf(stderr, " %016llx", (unsigned long long)key->word[i]);
	fputc('\n', stderr);
}

/* What most rules want, everything, and a set that changes with the frame's size. */
static void check_batches(const struct packet *packet)
{
	const unsigned int sets[] = {1, FLOW_ALL_CHUNKS, packet->captured & FLOW_ALL_CHUNKS};
	char text[TEXT_MAX];

	for (size_t i = 0; i < sizeof(sets) / sizeof(sets[0]); i++) {
		if (batch_agrees(packet, 0, sets[i], text))
			continue;
		fprintf(stderr, "%s\n", text);
		abort();
	}
}

static void check_trace(const struct packet *packet, const struct flow_key *key,
			const struct dissect_result *result)
{
	char text[TEXT_MAX];

	if (trace_agrees(packet, key, result, text))
		return;
	fprintf(stderr, "trace: %s\n", text);
	abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct dissect_result result, result2;
	struct flow_key key, key2;
	struct packet packet = {0};

	if (size < 1)
		return 0;
	packet.data = data + 1;
	packet.captured = (uint32_t)size - 1;
	packet.length = wire_length(data[0], packet.captured);
	check_batches(&packet);
	dissect(&packet, &key, &result);
	check_trace(&packet, &key, &result);
	dissect_reference(&packet, &key2, &result2);
	if (memcmp(&key, &key2, sizeof(key)) == 0 && same(&result, &result2))
		return 0;
	print("dissect", &key, &result);
	print("reference", &key2, &result2);
	abort();
}
