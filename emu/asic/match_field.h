/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A model's field of a flow rule's match: value and mask as numbers, and where its bits are in the
 * flow key.
 *
 * Why: a model names fields that are in the flow key, fields that are not (extras), and parts of a
 * field (vlan_id of a tci), and asks the same of all of them.
 *
 * Threading: pure.
 */
#ifndef NICEMU_ASIC_MATCH_FIELD_H
#define NICEMU_ASIC_MATCH_FIELD_H

#include <nicemu/config/model.h>

struct wide_number {
	uint64_t high, low;
};

/* A part of a field begins with its lowest bit: vlan_priority is 0 to 7. */
struct match_field {
	struct wide_number value, mask; /* value: within the mask; mask 0: not matched */
	unsigned int width;             /* bits */
};

static inline bool wide_is_zero(struct wide_number number)
{
	return !(number.high | number.low);
}

/* A number of that many bits with each of them set. */
struct wide_number wide_ones(unsigned int width);

/* A field whose key is not flagged is not matched. */
struct match_field match_field_read(const struct flow_match *match, struct model_field field);

/* The field is one of the flow key. */
static inline bool match_field_in_key(struct model_field field)
{
	return field.id < FLOW_FIELD_COUNT;
}

/* All bits of a field that is in the flow key, in place. */
struct flow_key match_field_bits(struct model_field field);

/* A value in place; bits that the field has not are lost. */
struct flow_key match_field_place(struct model_field field, uint64_t value);

#endif
