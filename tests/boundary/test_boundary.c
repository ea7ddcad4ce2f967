/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A rule that a kernel translates, on frames made for it: just inside and just outside every mask.
 *
 * A random frame; a rule of some of its fields, each as a whole, as a short load, or under a random
 * mask; the way of a real packet (dissect, then the ASIC) for the frame and for its neighbours.
 * What must come is told from the frame's bytes and the rule's masks alone: the frame with one bit
 * flipped matches if and only if that bit is under no mask. The seed is NICEMU_SEED, or 1.
 */
#include "shapes.h"

#include "../asic/board.h"
#include "../translate/translate_words.h"

#include <criterion/criterion.h>
#include <nicemu/packet/dissect.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RIGHT  "6.12.107"
#define BROKEN "6.12.95" /* its masks of short loads are wrong */

enum { RULES = 6000, PORT = 1, WORDS_MAX = 1024 };

struct drawn {
	char words[WORDS_MAX];
	uint8_t mask[SHAPE_FRAME_MAX]; /* by byte of the frame: bits that the rule looks at */
	bool uses_l3, uses_l4;
	unsigned int fields;
};

static struct {
	unsigned long rules, inside, outside, skipped, other;
} counts;

static char own_ifindex[16];
static const char *kernel; /* the one whose rules are drawn */
static struct random dice;
static uint32_t binding;

static uint64_t seed(void)
{
	const char *text = getenv("NICEMU_SEED");

	return text ? strtoull(text, NULL, 10) : 1;
}

static void setup(void)
{
	board_setup();
	binding = board_bind(PORT);
	snprintf(own_ifindex, sizeof(own_ifindex), "%u", board.nic.ports[PORT].ifindex);
}

TestSuite(boundary, .init = setup, .fini = board_teardown, .timeout = 60);

static void add_word(struct drawn *d, const char *format, const char *text)
{
	size_t used = strlen(d->words);

	snprintf(d->words + used, sizeof(d->words) - used, format, text);
}

static void add_bytes(struct drawn *d, char first, const uint8_t *bytes, size_t size)
{
	char text[2 * 16 + 2] = {first};

	for (size_t i = 0; i < size; i++)
		snprintf(text + 1 + 2 * i, 3, "%02x", bytes[i]);
	add_word(d, " %s", text);
}

/* The types that nft asks for first; where there is a tag, the rule must say so at its place. */
static void add_before(const struct shape *s, struct drawn *d, const struct shape_field *f)
{
	static const char *const types[] = {"ll+12", "ll+16", "ll+20"};
	unsigned int at = 12;

	if (strncmp(f->before, "meta:protocol", 13) == 0) {
		for (unsigned int i = 0; i <= s->tags; i++, at += 4) {
			add_word(d, " %s/2", types[i]);
			add_bytes(d, '=', s->frame + at, 2);
			memset(d->mask + at, 0xff, 2);
		}
		d->uses_l3 = true;
	} else if (f->before[0]) {
		unsigned int proto = s->network == 0x0800 ? s->l3 + 9u : s->l3 + 6u;

		add_word(d, " %s", f->before);
		d->mask[proto] = 0xff;
	}
}

/*
 * The mask that kernels before the fix build for a load of length bytes; a table by field and
 * length is in tests/translate/test_vectors.c.
 */
static void break_mask(uint8_t *mask, size_t length, size_t size)
{
	size_t free_bytes = (size - length) % 4, word = length / 4 * 4;

	memset(mask, 0xff, size);
	if (length % 4 == 0)
		return;
	for (size_t i = word; i < word + 4 && i < size; i++)
		mask[i] = i < word + 4 - free_bytes ? 0xff : 0;
}

/* A load of fewer bytes than the field has: compared as if the others were zero. */
static void load_short(struct shape *s, const struct shape_field *f, uint8_t *mask, size_t length)
{
	memset(mask + length, 0, 16 - length);
	if (length == f->size || strcmp(kernel, BROKEN) != 0)
		return;
	break_mask(mask, length, f->size);
	memset(s->frame + f->at + length, 0, f->size - length);
}

/* A comparison with anything. */
static void add_decoy(struct drawn *d, const struct shape_field *f)
{
	uint8_t bytes[16];
	char load[32];

	for (size_t i = 0; i < f->size; i++)
		bytes[i] = (uint8_t)random_u64(&dice);
	snprintf(load, sizeof(load), "%s/%u", f->load, f->size);
	add_word(d, " %s", load);
	add_bytes(d, '=', bytes, f->size);
}

/* One field of the frame, whole, in part, or under a mask. */
static void add_field(struct shape *s, struct drawn *d, const struct shape_field *f)
{
	bool is_meta = strncmp(f->load, "meta:", 5) == 0;
	uint8_t bytes[16], mask[16];
	size_t length = f->size;
	char load[32];

	memcpy(bytes, s->frame + f->at, f->size);
	memset(mask, 0xff, sizeof(mask));
	add_before(s, d, f);
	/* A type in part would not be known as one, and the fix-up asks for whole tags. */
	if (!f->is_structure && !is_meta && random_below(&dice, 3) == 0)
		length = 1 + random_below(&dice, f->size);
	load_short(s, f, mask, length);
	/* The same field twice: the last comparison is the one that counts. */
	if (!f->is_structure && random_below(&dice, 8) == 0)
		add_decoy(d, f);
	snprintf(load, sizeof(load), "%s/%zu", f->load, length);
	add_word(d, " %s", is_meta ? f->load : load);
	if (!f->is_structure && length == f->size && random_below(&dice, 2)) {
		for (size_t i = 0; i < length; i++) {
			mask[i] = (uint8_t)random_u64(&dice);
			bytes[i] &= random_below(&dice, 2) ? mask[i] : 0xff;
		}
		add_bytes(d, '&', mask, length);
	}
	add_bytes(d, '=', bytes, length);
	memcpy(d->mask + f->at, mask, f->size);
	d->uses_l3 |= s->l3 && f->at >= s->l3;
	d->uses_l4 |= s->l4 && f->at >= s->l4;
	d->fields++;
}

static void draw_rule(struct shape *s, struct drawn *d)
{
	uint64_t chosen;

	memset(d, 0, sizeof(*d));
	chosen = random_below(&dice, UINT64_C(1) << s->num_fields) &
		 random_below(&dice, UINT64_C(1) << s->num_fields);
	for (size_t i = 0; i < s->num_fields; i++)
		if (chosen >> i & 1)
			add_field(s, d, &s->fields[i]);
	/* A tag's id or an inner type is only where it is when the types before it are asked for.
	 */
	for (unsigned int tag = 0; tag < s->tags; tag++) {
		unsigned int at = 12 + 4 * tag;

		add_word(d, tag ? " ll+16/%s" : " ll+12/%s", "2");
		add_bytes(d, '=', s->frame + at, 2);
		memset(d->mask + at, 0xff, 2);
	}
	/* The port's own index and type: true of every frame that reaches the rule. */
	if (random_below(&dice, 4) == 0)
		add_word(d, " meta:iif #%s/4", own_ifindex);
	if (random_below(&dice, 4) == 0)
		add_word(d, "%s", " meta:iiftype #1/2");
	add_word(d, "%s", " drop");
}

/* Does the frame hit the rule? At captured bytes, of length on the wire. */
static bool hits(const uint8_t *frame, size_t captured, size_t length)
{
	const struct packet packet = {.data = frame,
				      .captured = (uint32_t)captured,
				      .length = (uint32_t)length,
				      .port = PORT};
	struct asic_decision result;
	struct flow_key key;

	dissect(&packet, &key, NULL);
	board_process(&packet, &key, &result, 1);
	cr_assert(!result.matched || result.fate == ASIC_DROP);
	return result.matched;
}

static void expect(const struct shape *s, const struct drawn *d, const uint8_t *frame,
		   size_t captured, bool match, const char *what, size_t bit)
{
	bool got = hits(frame, captured, s->length);
	char hex[2 * SHAPE_FRAME_MAX + 1] = "";

	if (got == match)
		return;
	for (size_t i = 0; i < captured; i++)
		snprintf(hex + 2 * i, 3, "%02x", frame[i]);
	cr_assert(false, "seed %llu, rule %lu \"%s\", %s %zu (byte %zu): %s, should %s\nframe %s",
		  (unsigned long long)seed(), counts.rules, d->words, what, bit, bit / 8,
		  got ? "matches" : "does not match", match ? "match" : "not", hex);
}

/* Bits whose change makes another kind of frame, where the rest is not where it was. */
static bool is_structure(const struct shape *s, size_t byte)
{
	for (size_t i = 0; i < s->num_fields; i++)
		if (s->fields[i].is_structure && byte >= s->fields[i].at &&
		    byte < s->fields[i].at + s->fields[i].size)
			return true;
	/* Versions, lengths, fragments, the transport's own lengths. */
	if (s->network == 0x0800 && byte >= s->l3 && byte < s->l3 + 8u)
		return byte != s->l3 + 1u && byte != s->l3 + 4u && byte != s->l3 + 5u;
	if (s->network == 0x86dd && byte >= s->l3 && byte < s->l3 + 7u)
		return byte == s->l3 || byte >= s->l3 + 4u;
	return s->l4 && (byte == s->l4 + 12u || byte == s->l4 + 4u || byte == s->l4 + 5u);
}

static void flip_each_bit(const struct shape *s, const struct drawn *d)
{
	uint8_t frame[SHAPE_FRAME_MAX];

	memcpy(frame, s->frame, sizeof(frame));
	for (size_t bit = 0; bit < 8 * s->length; bit++) {
		uint8_t in_byte = (uint8_t)(0x80 >> bit % 8);
		bool masked = d->mask[bit / 8] & in_byte;

		if (!masked && is_structure(s, bit / 8)) {
			counts.skipped++;
			continue;
		}
		frame[bit / 8] ^= in_byte;
		expect(s, d, frame, s->length, !masked, masked ? "masked bit" : "free bit", bit);
		frame[bit / 8] ^= in_byte;
		*(masked ? &counts.outside : &counts.inside) += 1;
	}
}

/* Later fragments have no ports; headers that end early, another protocol. */
static void other_frames(const struct shape *s, const struct drawn *d)
{
	uint8_t frame[SHAPE_FRAME_MAX];
	size_t end = 0; /* of what the rule looks at */

	for (size_t i = 0; i < s->length; i++)
		if (d->mask[i])
			end = i + 1;
	for (size_t cut = 0; cut < end; cut++) {
		expect(s, d, s->frame, cut, false, "cut before bit", 8 * end);
		counts.other++;
	}
	memcpy(frame, s->frame, sizeof(frame));
	if (s->network == 0x0800 && s->l4) {
		frame[s->l3 + 7] = 1;
		expect(s, d, frame, s->length, !d->uses_l4, "later fragment", 0);
		frame[s->l3 + 7] = 0;
		counts.other++;
	}
	if (s->l4 || s->network == 0x88cc) {
		/* Nothing behind the type, and that type is another one. */
		memcpy(frame, s->frame, s->l3);
		frame[s->l3 - 2] = 0x88;
		frame[s->l3 - 1] = 0xb5;
		expect(s, d, frame, s->l3, end < s->l3 - 1u, "no network header", 0);
		memcpy(frame, s->frame, s->l3);
		counts.other++;
	}
	if (d->uses_l4) {
		/* The same bytes under a protocol without ports. */
		frame[s->network == 0x0800 ? s->l3 + 9 : s->l3 + 6] = 89;
		expect(s, d, frame, s->length, false, "another protocol", 0);
		counts.other++;
	}
}

/* The rules are all of the kind that a kernel takes, so a refusal is a fault of one of the two. */
static void check_one(void)
{
	struct flow_rule *rule;
	struct shape shape;
	struct drawn drawn;
	int error;

	shape_draw(&shape, &dice);
	draw_rule(&shape, &drawn);
	error = translate_words(kernel, drawn.words, &rule);
	cr_assert_eq(error, 0, "seed %llu, rule %lu \"%s\" is refused: %d",
		     (unsigned long long)seed(), counts.rules, drawn.words, error);
	cr_assert_eq(board_replace(binding, 1, 10, rule, NULL), 0);
	flow_rule_free(rule);
	expect(&shape, &drawn, shape.frame, shape.length, true, "the frame itself", 0);
	flip_each_bit(&shape, &drawn);
	other_frames(&shape, &drawn);
	cr_assert_eq(board_destroy(binding, 1), 0);
	counts.rules++;
}

static void check_rules(const char *version)
{
	kernel = version;
	dice.state = seed();
	memset(&counts, 0, sizeof(counts));
	while (counts.rules < RULES)
		check_one();
	fprintf(stderr,
		"boundary: kernel %s, seed %llu, %lu rules; frames: %lu outside by one masked bit, "
		"%lu inside by one free bit, %lu cut, fragments or other protocols; %lu free bits "
		"not flipped, they make another kind of frame\n",
		version, (unsigned long long)seed(), counts.rules, counts.outside, counts.inside,
		counts.other, counts.skipped);
}

/* The rule is bound to one port and asks for another's index. */
Test(boundary, the_index_of_another_port_never_matches)
{
	struct flow_rule *rule;
	struct shape shape;
	char words[64];

	dice.state = seed();
	for (uint32_t bit = 0; bit < 32; bit++) {
		unsigned int other = board.nic.ports[PORT].ifindex ^ 1u << bit;

		snprintf(words, sizeof(words), "meta:iif #%u/4 drop", other);
		cr_assert_eq(translate_words(RIGHT, words, &rule), 0);
		cr_assert_eq(board_replace(binding, 1, 10, rule, NULL), 0);
		flow_rule_free(rule);
		shape_draw(&shape, &dice);
		cr_expect(!hits(shape.frame, shape.length, shape.length),
			  "\"%s\" on port %d matches", words, PORT);
		cr_assert_eq(board_destroy(binding, 1), 0);
	}
}

Test(boundary, one_bit_decides_exactly_where_it_is_under_the_mask)
{
	check_rules(RIGHT);
}

/* Not what the rule says, but what that kernel hands to the driver. */
Test(boundary, one_bit_decides_also_under_the_wrong_masks_of_short_loads)
{
	check_rules(BROKEN);
}
