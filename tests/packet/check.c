/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "frames.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

enum { PAGE = 4096, ROOM = 65 * PAGE, PADDING = 26 };

/* Memory for a frame that ends exactly where a page begins that can't be touched. */
static uint8_t *fence(void)
{
	static uint8_t *end;
	uint8_t *start;

	if (end)
		return end;
	start = mmap(NULL, ROOM + PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	cr_assert(start != MAP_FAILED);
	cr_assert_eq(mprotect(start + ROOM, PAGE, PROT_NONE), 0);
	end = start + ROOM;
	return end;
}

static size_t add(char *text, size_t used, const char *word)
{
	return used + (size_t)snprintf(text + used, TEXT_MAX - used, "%s", word);
}

static size_t add_field(char *text, size_t used, const struct flow_key *key, enum flow_field_id id)
{
	char value[64];

	flow_field_print(key, id, value, sizeof(value));
	used = add(text, used, flow_fields[id].name);
	used = add(text, used, " ");
	used = add(text, used, value);
	return add(text, used, " ");
}

static size_t add_flags(char *text, size_t used, const struct dissect_result *result)
{
	static const struct {
		uint32_t flag;
		const char *name;
	} names[] = {
		{DISSECT_TRUNCATED, "truncated"},      {DISSECT_MALFORMED, "malformed"},
		{DISSECT_LATER_FRAGMENT, "later"},     {DISSECT_SHORT, "short"},
		{DISSECT_IPV6_EXTENSION, "extension"},
	};
	const char *space = "";
	char tags[32];

	used = add(text, used, "| ");
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (!(result->flags & names[i].flag))
			continue;
		used = add(text, used, space);
		used = add(text, used, names[i].name);
		space = " ";
	}
	if (!result->vlan_tags)
		return used;
	snprintf(tags, sizeof(tags), "%s%u tag%s", space, result->vlan_tags,
		 result->vlan_tags > 1 ? "s" : "");
	return add(text, used, tags);
}

static bool left_out(const struct flow_key *key, enum flow_field_id id)
{
	switch (id) {
	case FLOW_CONTROL_ADDR_TYPE:
	case FLOW_CONTROL_FLAGS: return flow_field_is_zero(key, id);
	case FLOW_ETH_DST: return flow_key_get(key, id) == 0x0200000000b1;
	case FLOW_ETH_SRC: return flow_key_get(key, id) == 0x0200000000a1;
	default: return false;
	}
}

void key_to_text(const struct flow_key *key, const struct dissect_result *result, char *text)
{
	size_t used = 0;

	text[0] = 0;
	if (!(key->word[0] & FLOW_PRESENT(ETH_ADDRS)))
		used = add(text, used, "no eth_addrs");
	for (int id = 0; id < FLOW_FIELD_COUNT; id++) {
		uint64_t bits = flow_field_presence(id);

		if ((key->word[0] & bits) == bits && !left_out(key, id))
			used = add_field(text, used, key, id);
	}
	add_flags(text, used, result);
}

void check_no_garbage(const char *who, const struct flow_key *key)
{
	for (int id = 0; id < FLOW_FIELD_COUNT; id++) {
		uint64_t bits = flow_field_presence(id);

		cr_assert((key->word[0] & bits) == bits || flow_field_is_zero(key, id),
			  "%s: %s is not present and not zero", who, flow_fields[id].name);
	}
}

/* At most 256 bytes. */
static void bytes_to_hex(const struct packet *packet, char *hex)
{
	uint32_t shown = packet->captured < 256 ? packet->captured : 256;

	hex[0] = 0;
	for (uint32_t i = 0; i < shown; i++)
		sprintf(hex + 2 * i, "%02x", packet->data[i]);
}

static void fail(const char *who, const struct packet *packet, const char *other,
		 const struct flow_key *key, const struct dissect_result *result,
		 const struct flow_key *key2, const struct dissect_result *result2)
{
	char text[TEXT_MAX], text2[TEXT_MAX], hex[2 * 256 + 1];

	bytes_to_hex(packet, hex);
	key_to_text(key, result, text);
	key_to_text(key2, result2, text2);
	cr_assert_fail(
		"%s: captured %u length %u bytes %s\n  dissect: %s l3 %u l4 %u\n  %s: %s l3 %u "
		"l4 %u",
		who, packet->captured, packet->length, hex, text, result->l3_offset,
		result->l4_offset, other, text2, result2->l3_offset, result2->l4_offset);
}

static bool same_result(const struct dissect_result *a, const struct dissect_result *b)
{
	return a->flags == b->flags && a->l3_offset == b->l3_offset &&
	       a->l4_offset == b->l4_offset && a->vlan_tags == b->vlan_tags;
}

static void check_trace(const char *who, const struct packet *packet, const struct flow_key *key,
			const struct dissect_result *result)
{
	char text[TEXT_MAX], hex[2 * 256 + 1];

	if (trace_agrees(packet, key, result, text))
		return;
	bytes_to_hex(packet, hex);
	cr_assert_fail("%s: captured %u length %u bytes %s\n  trace: %s", who, packet->captured,
		       packet->length, hex, text);
}

/* One chunk set and slot a call, in turn: the callers come by often enough for all of them. */
static void check_batch(const char *who, const struct packet *packet)
{
	static unsigned int turn;
	char text[TEXT_MAX], hex[2 * 256 + 1];

	turn++;
	if (batch_agrees(packet, turn % 3, turn % (FLOW_ALL_CHUNKS + 1), text))
		return;
	bytes_to_hex(packet, hex);
	cr_assert_fail("%s: captured %u length %u bytes %s\n  %s", who, packet->captured,
		       packet->length, hex, text);
}

/*
 * Most of what is checked is shorter than what the batch's straight way asks for. With something
 * behind it, it goes there.
 */
static void check_padded_batch(const char *who, const uint8_t *bytes, size_t captured,
			       uint32_t length)
{
	struct packet packet = {.captured = (uint32_t)captured + PADDING,
				.length = length + PADDING};
	uint8_t *at = fence() - packet.captured;

	memcpy(at, bytes, captured);
	for (int i = 0; i < PADDING; i++)
		at[captured + (size_t)i] = (uint8_t)(0x51 + 7 * i);
	packet.data = at;
	check_batch(who, &packet);
}

void check_frame(const char *who, const uint8_t *bytes, size_t captured, uint32_t length,
		 struct flow_key *key, struct dissect_result *result)
{
	struct packet packet = {.captured = (uint32_t)captured, .length = length};
	struct dissect_result result2;
	struct flow_key key2;

	cr_assert_leq(captured, ROOM, "%s: the test has no room for the frame", who);
	packet.data = memcpy(fence() - captured, bytes, captured);
	memset(key, 0, sizeof(*key));
	memset(&key2, 0xff, sizeof(key2));
	dissect(&packet, key, result);
	dissect(&packet, &key2, &result2);
	if (memcmp(key, &key2, sizeof(key2)))
		fail(who, &packet, "over ones", key, result, &key2, &result2);
	dissect_reference(&packet, &key2, &result2);
	if (memcmp(key, &key2, sizeof(key2)) || !same_result(result, &result2))
		fail(who, &packet, "reference", key, result, &key2, &result2);
	check_no_garbage(who, key);
	check_trace(who, &packet, key, result);
	check_batch(who, &packet);
	if (captured + PADDING <= ROOM)
		check_padded_batch(who, bytes, captured, length);
}
