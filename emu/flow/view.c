/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <nicemu/flow/view.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

struct bits {
	const char *name;
	uint8_t shift, width;
};

static const struct bits tci_bits[] = {
	{"vlan_id", 0, 12}, {"vlan_dei", 12, 1}, {"vlan_priority", 13, 3}};

struct walk {
	const struct flow_match *match;
	void (*visit)(void *context, const struct flow_view_field *field);
	void *context;
};

static struct flow_view_field field_of(const struct walk *walk, enum flow_field_id id)
{
	enum flow_dissector_key_id key = flow_fields[id].key;

	return (struct flow_view_field){
		.key = key,
		.flagged = walk->match->used_keys >> key & 1,
		.name = strchr(flow_fields[id].name, '.') + 1,
	};
}

static void visit_tci(const struct walk *walk, enum flow_field_id id)
{
	uint64_t value = flow_key_get(&walk->match->key, id);
	uint64_t mask = flow_key_get(&walk->match->mask, id);

	for (size_t i = 0; i < sizeof(tci_bits) / sizeof(tci_bits[0]); i++) {
		const struct bits *b = &tci_bits[i];
		uint64_t ones = (UINT64_C(1) << b->width) - 1;
		struct flow_view_field field = field_of(walk, id);

		if (!((value | mask) >> b->shift & ones))
			continue;
		field.name = b->name;
		field.whole = (mask >> b->shift & ones) == ones;
		snprintf(field.value, sizeof(field.value), "%" PRIu64, value >> b->shift & ones);
		snprintf(field.mask, sizeof(field.mask), "0x%" PRIx64, mask >> b->shift & ones);
		walk->visit(walk->context, &field);
	}
}

static void visit_field(const struct walk *walk, enum flow_field_id id)
{
	const struct flow_field *f = &flow_fields[id];
	struct flow_view_field field = field_of(walk, id);

	field.whole = flow_field_is_ones(&walk->match->mask, id);
	flow_field_print(&walk->match->key, id, field.value, sizeof(field.value));
	if (f->format == FLOW_FORMAT_DECIMAL)
		snprintf(field.mask, sizeof(field.mask), "0x%0*" PRIx64, f->width / 4,
			 flow_key_get(&walk->match->mask, id));
	else
		flow_field_print(&walk->match->mask, id, field.mask, sizeof(field.mask));
	walk->visit(walk->context, &field);
}

static void visit_extra(const struct walk *walk, const struct flow_extra *extra)
{
	static const uint8_t zero[16];
	const struct flow_extra_field *f = &flow_extra_fields[extra->id];
	enum flow_field_format mask_format =
		f->format == FLOW_FORMAT_DECIMAL ? FLOW_FORMAT_HEX : f->format;
	struct flow_view_field field = {
		.key = f->key,
		.flagged = walk->match->used_keys >> f->key & 1,
		.name = strchr(f->name, '.') + 1,
	};

	if (!memcmp(extra->value, zero, f->size) && !memcmp(extra->mask, zero, f->size))
		return;
	field.whole = true;
	for (uint8_t i = 0; i < f->size; i++)
		field.whole &= extra->mask[i] == 0xff;
	flow_bytes_print(f->format, extra->value, f->size, field.value, sizeof(field.value));
	flow_bytes_print(mask_format, extra->mask, f->size, field.mask, sizeof(field.mask));
	walk->visit(walk->context, &field);
}

void flow_view_match(const struct flow_match *match,
		     void (*visit)(void *context, const struct flow_view_field *field),
		     void *context)
{
	const struct walk walk = {.match = match, .visit = visit, .context = context};

	for (int id = 0; id < FLOW_FIELD_COUNT; id++) {
		if (flow_field_is_zero(&match->key, id) && flow_field_is_zero(&match->mask, id))
			continue;
		if (id == FLOW_VLAN_TCI || id == FLOW_CVLAN_TCI)
			visit_tci(&walk, id);
		else
			visit_field(&walk, id);
	}
	for (size_t i = 0; i < match->num_extras; i++)
		visit_extra(&walk, &match->extras[i]);
}
