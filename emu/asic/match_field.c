/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "match_field.h"

struct wide_number wide_ones(unsigned int width)
{
	struct wide_number ones = {0};

	if (width > 64)
		ones.high = width >= 128 ? UINT64_MAX : (UINT64_C(1) << (width - 64)) - 1;
	ones.low = width >= 64 ? UINT64_MAX : (UINT64_C(1) << width) - 1;
	return ones;
}

static struct wide_number key_number(const struct flow_key *key, enum flow_field_id id)
{
	const struct flow_position *p = &flow_positions[id];

	if (p->width > 64)
		return (struct wide_number){key->word[p->word], key->word[p->word + 1]};
	return (struct wide_number){0, flow_key_get(key, id)};
}

static struct wide_number bytes_number(const uint8_t *bytes, size_t size)
{
	struct wide_number number = {0};

	for (size_t i = 0; i < size; i++) {
		number.high = number.high << 8 | number.low >> 56;
		number.low = number.low << 8 | bytes[i];
	}
	return number;
}

static struct match_field read_extra(const struct flow_match *match, unsigned int id)
{
	size_t size = flow_extra_fields[id].size;
	struct match_field read = {.width = (unsigned int)(8 * size)};

	for (size_t i = 0; i < match->num_extras; i++)
		if (match->extras[i].id == id) {
			read.value = bytes_number(match->extras[i].value, size);
			read.mask = bytes_number(match->extras[i].mask, size);
		}
	return read;
}

static void cut(struct match_field *read, unsigned int bits)
{
	int shift = __builtin_ctz(bits);

	read->width = (unsigned int)__builtin_popcount(bits);
	read->mask = (struct wide_number){0, (read->mask.low & bits) >> shift};
	read->value = (struct wide_number){0, (read->value.low & bits) >> shift};
}

struct match_field match_field_read(const struct flow_match *match, struct model_field field)
{
	struct match_field read = {0};

	if (match_field_in_key(field)) {
		read.value = key_number(&match->key, field.id);
		read.mask = key_number(&match->mask, field.id);
		read.width = flow_fields[field.id].width;
	} else {
		read = read_extra(match, field.id - FLOW_FIELD_COUNT);
	}
	if (field.bits)
		cut(&read, field.bits);
	if (!(match->used_keys >> model_field_key(field) & 1))
		read.mask = (struct wide_number){0};
	read.value.high &= read.mask.high;
	read.value.low &= read.mask.low;
	return read;
}

struct flow_key match_field_bits(struct model_field field)
{
	const struct flow_position *p = &flow_positions[field.id];
	struct flow_key bits = {0};

	if (p->width > 64)
		flow_key_set_128(&bits, field.id, UINT64_MAX, UINT64_MAX);
	else
		flow_key_set(&bits, field.id, field.bits ? field.bits : wide_ones(p->width).low);
	return bits;
}

struct flow_key match_field_place(struct model_field field, uint64_t value)
{
	struct flow_key placed = {0}, bits = match_field_bits(field);
	const struct flow_position *p = &flow_positions[field.id];

	if (field.bits)
		value <<= __builtin_ctz(field.bits);
	if (p->width > 64)
		placed.word[p->word + 1] = value;
	else
		placed.word[p->word] = value << p->shift;
	for (int w = 0; w < FLOW_KEY_WORDS; w++)
		placed.word[w] &= bits.word[w];
	return placed;
}
