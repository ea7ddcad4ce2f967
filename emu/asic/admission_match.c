/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What an entry matches: the rule's fields, as the model looks at them. */
#include "admission.h"
#include "match_field.h"

#include <errno.h>
#include <string.h>

/*
 * Present in every packet, so no entry needs to ask for their presence: the dissector always says
 * what it knows of the frame (CONTROL), and META is made up from the port.
 */
static const uint64_t always_present = FLOW_PRESENT(CONTROL) | FLOW_PRESENT(META);

/* --- what is not looked at --- */

struct ignored {
	uint64_t keys;
	struct flow_key bits;          /* of fields that are in the flow key */
	bool extras[FLOW_EXTRA_COUNT]; /* the others */
};

static void ignore(struct ignored *ignored, const struct model_field *fields, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct flow_key bits;

		if (!match_field_in_key(fields[i])) {
			ignored->extras[fields[i].id - FLOW_FIELD_COUNT] = true;
			continue;
		}
		bits = match_field_bits(fields[i]);
		for (int w = 0; w < FLOW_KEY_WORDS; w++)
			ignored->bits.word[w] |= bits.word[w];
	}
}

/* A value of 0 means any: that field is not looked at either. */
static void ignore_zeros(struct ignored *ignored, const struct model_match *model,
			 const struct flow_match *match)
{
	for (size_t i = 0; i < model->num_zero_is_any; i++) {
		struct match_field field = match_field_read(match, model->zero_is_any[i]);

		if (wide_is_zero(field.value))
			ignore(ignored, &model->zero_is_any[i], 1);
	}
}

static void find_ignored(struct ignored *ignored, const struct question *question)
{
	const struct model_match *model = &question->nic->profile->match;

	*ignored = (struct ignored){.keys = model->ignored_keys};
	ignore(ignored, model->ignored, model->num_ignored);
	ignore_zeros(ignored, model, &question->command->rule->match);
	for (size_t i = 0; i < model->num_ignoring; i++) {
		const struct model_ignoring *some = &model->ignoring[i];

		if (!ignoring_applies(some, question))
			continue;
		ignored->keys |= some->keys;
		ignore(ignored, some->fields, some->num_fields);
	}
}

/* --- port ranges: min and max of a direction are two of the extra fields --- */

struct port_ends {
	bool given[2]; /* min, max */
	uint16_t value[2];
};

static const struct {
	uint8_t direction, end; /* 0: source, min; 1: destination, max */
} range_fields[FLOW_EXTRA_COUNT] = {
	[FLOW_EXTRA_PORTS_RANGE_MIN_SRC] = {0, 0},
	[FLOW_EXTRA_PORTS_RANGE_MAX_SRC] = {0, 1},
	[FLOW_EXTRA_PORTS_RANGE_MIN_DST] = {1, 0},
	[FLOW_EXTRA_PORTS_RANGE_MAX_DST] = {1, 1},
};

static bool is_range(const struct flow_extra *extra)
{
	return flow_extra_fields[extra->id].key == FLOW_DISSECTOR_KEY_PORTS_RANGE;
}

static uint16_t number(const uint8_t *bytes)
{
	return (uint16_t)(bytes[0] << 8 | bytes[1]);
}

static int refuse_range(struct reason *reason, const char *id, const char *what)
{
	return reason_set(reason, id, EOPNOTSUPP, REASON_MODEL, "%s", what);
}

static int read_ends(const struct flow_match *match, const struct ignored *ignored,
		     struct port_ends ends[2], struct reason *reason)
{
	for (size_t i = 0; i < match->num_extras; i++) {
		const struct flow_extra *extra = &match->extras[i];
		uint8_t end = range_fields[extra->id].end;
		struct port_ends *at = &ends[range_fields[extra->id].direction];

		if (!is_range(extra) || !number(extra->mask) || ignored->extras[extra->id])
			continue;
		if (number(extra->mask) != UINT16_MAX)
			return refuse_range(reason, "masked-port-range",
					    "the NIC can't match some bits of a port range");
		at->given[end] = true;
		at->value[end] = number(extra->value);
	}
	return 0;
}

static int admit_direction(const struct port_ends *ends, uint16_t *min, uint16_t *max,
			   struct reason *reason)
{
	*min = 0;
	*max = UINT16_MAX;
	if (!ends->given[0] && !ends->given[1])
		return 0;
	if (!ends->given[0] || !ends->given[1])
		return refuse_range(reason, "half-port-range",
				    "the NIC needs both ends of a port range");
	if (ends->value[0] > ends->value[1])
		return reason_set(reason, "empty-port-range", EOPNOTSUPP, REASON_MODEL,
				  "no port is in the range %u-%u", ends->value[0], ends->value[1]);
	*min = ends->value[0];
	*max = ends->value[1];
	return 0;
}

/* Packets without ports are in no range. */
static int admit_ranges(const struct flow_match *match, const struct ignored *ignored,
			struct tcam_rule *rule, struct reason *reason)
{
	struct tcam_ranges *ranges = &rule->ranges;
	struct port_ends ends[2] = {0};
	int error;

	if (!(match->used_keys & ~ignored->keys & FLOW_PRESENT(PORTS_RANGE)))
		return 0;
	error = read_ends(match, ignored, ends, reason);
	if (!error)
		error = admit_direction(&ends[0], &ranges->src_min, &ranges->src_max, reason);
	if (!error)
		error = admit_direction(&ends[1], &ranges->dst_min, &ranges->dst_max, reason);
	if (error)
		return error;
	if (ends[0].given[0] || ends[1].given[0]) {
		rule->has_ranges = true;
		rule->mask.word[0] |= FLOW_PRESENT(PORTS);
		rule->value.word[0] |= FLOW_PRESENT(PORTS);
	}
	return 0;
}

/* --- the other keys --- */

static int admit_extras(const struct model *model, const struct flow_match *match,
			const struct ignored *ignored, struct reason *reason)
{
	static const uint8_t zero[16];

	for (size_t i = 0; i < match->num_extras; i++) {
		const struct flow_extra *extra = &match->extras[i];
		const struct flow_extra_field *field = &flow_extra_fields[extra->id];

		if (!is_range(extra) && !ignored->extras[extra->id] &&
		    (match->used_keys & ~ignored->keys) >> field->key & 1 &&
		    memcmp(extra->mask, zero, sizeof(zero)) != 0)
			return refuse_not_emulated(model, reason, "unsupported-field", "match %s",
						   field->name);
	}
	return 0;
}

static bool has_key(int id)
{
	return flow_dissector_key_has_fields((enum flow_dissector_key_id)id) ||
	       id == FLOW_DISSECTOR_KEY_PORTS_RANGE;
}

static int admit_keys(const struct model *model, const struct flow_match *match,
		      const struct ignored *ignored, struct reason *reason)
{
	for (uint64_t keys = match->used_keys & ~ignored->keys; keys; keys &= keys - 1) {
		int id = __builtin_ctzll(keys);
		const char *name;

		if (has_key(id))
			continue;
		name = flow_dissector_key_name((enum flow_dissector_key_id)id);
		return refuse_not_emulated(model, reason, "unsupported-key",
					   name ? "match dissector key number %d (%s)"
						: "match dissector key number %d",
					   id, name);
	}
	return admit_extras(model, match, ignored, reason);
}

/* --- the entry --- */

/* The rule's bits of flagged keys; the rest of what was written is not looked at. */
static void match_fields(const struct flow_match *match, const struct ignored *ignored,
			 struct tcam_rule *rule)
{
	uint64_t keys = match->used_keys & ~ignored->keys;

	for (uint16_t id = 0; id < FLOW_FIELD_COUNT; id++) {
		struct flow_key bits;

		if (!(keys >> flow_fields[id].key & 1) || flow_field_is_zero(&match->mask, id))
			continue;
		bits = match_field_bits((struct model_field){.id = id});
		for (int w = 0; w < FLOW_KEY_WORDS; w++) {
			uint64_t mask = match->mask.word[w] & bits.word[w] & ~ignored->bits.word[w];

			rule->mask.word[w] |= mask;
			rule->value.word[w] |= match->key.word[w] & mask;
		}
	}
}

/* Where a part of such a field is matched all of its bits are; those outside of the mask as 0. */
static void match_exactly(const struct model_match *model, struct tcam_rule *rule)
{
	for (size_t i = 0; i < model->num_exact; i++) {
		struct flow_key bits;
		uint64_t some = 0;

		if (!match_field_in_key(model->exact[i]))
			continue;
		bits = match_field_bits(model->exact[i]);
		for (int w = 0; w < FLOW_KEY_WORDS; w++)
			some |= rule->mask.word[w] & bits.word[w];
		for (int w = 0; some && w < FLOW_KEY_WORDS; w++)
			rule->mask.word[w] |= bits.word[w];
	}
}

static void match_presence(struct tcam_rule *rule)
{
	for (int id = 0; id < FLOW_FIELD_COUNT; id++) {
		uint64_t present = flow_field_presence(id) & ~always_present;

		if (flow_field_is_zero(&rule->mask, id))
			continue;
		rule->mask.word[0] |= present;
		rule->value.word[0] |= present;
	}
}

/* What a driver adds stands in the place of what the rule says of the same bits. */
static void add_value(const struct model_implicit *implicit, struct tcam_rule *rule)
{
	struct flow_key bits = match_field_bits(implicit->field);
	struct flow_key placed = match_field_place(implicit->field, implicit->value);

	for (int w = 0; w < FLOW_KEY_WORDS; w++) {
		rule->mask.word[w] |= bits.word[w];
		rule->value.word[w] = (rule->value.word[w] & ~bits.word[w]) | placed.word[w];
	}
}

static int admit_implicits(const struct question *question, struct tcam_rule *rule,
			   uint64_t *absent, struct reason *reason)
{
	const struct model *model = question->nic->profile;

	for (size_t i = 0; i < model->match.num_implicits; i++) {
		const struct model_implicit *implicit = &model->match.implicits[i];

		if (!conditions_hold(&implicit->when, question))
			continue;
		*absent |= implicit->absent_keys;
		if (!implicit->has_field)
			continue;
		if (!match_field_in_key(implicit->field))
			return refuse_not_emulated(model, reason, "unsupported-field", "match %s",
						   model_field_name(implicit->field));
		add_value(implicit, rule);
	}
	return 0;
}

static void match_port(uint16_t port, struct tcam_rule *rule)
{
	rule->mask.word[0] |= FLOW_PORT_MASK;
	rule->value.word[0] |= (uint64_t)port << FLOW_PORT_SHIFT;
}

int admit_match(const struct question *question, struct tcam_rule *rule, struct reason *reason)
{
	const struct model *model = question->nic->profile;
	const struct flow_match *match = &question->command->rule->match;
	struct ignored ignored;
	uint64_t absent = 0;
	int error;

	find_ignored(&ignored, question);
	error = admit_keys(model, match, &ignored, reason);
	if (error)
		return error;
	match_fields(match, &ignored, rule);
	match_exactly(&model->match, rule);
	error = admit_implicits(question, rule, &absent, reason);
	if (error)
		return error;
	match_presence(rule);
	rule->mask.word[0] |= absent;
	rule->value.word[0] &= ~absent;
	match_port(question->binding->port, rule);
	return admit_ranges(match, &ignored, rule, reason);
}
