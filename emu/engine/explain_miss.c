/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One entry against one key, field by field. */
#include <nicemu/engine/explain.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

const char *explain_miss_name(enum explain_miss_kind kind)
{
	static const char *const names[] = {
		[EXPLAIN_PORT] = "port",   [EXPLAIN_ABSENT] = "absent",   [EXPLAIN_VALUE] = "value",
		[EXPLAIN_RANGE] = "range", [EXPLAIN_PRESENT] = "present",
	};

	return names[kind];
}

/* A field as people know it: a tag's control information has three. */
struct part {
	enum flow_field_id id;
	const char *name;     /* NULL: the field's */
	uint8_t shift, width; /* inside the field; width 0: all of it */
};

static const struct part tci_parts[] = {
	{FLOW_VLAN_TCI, "vlan.vlan_id", 0, 12},
	{FLOW_VLAN_TCI, "vlan.vlan_dei", 12, 1},
	{FLOW_VLAN_TCI, "vlan.vlan_priority", 13, 3},
	{FLOW_CVLAN_TCI, "cvlan.vlan_id", 0, 12},
	{FLOW_CVLAN_TCI, "cvlan.vlan_dei", 12, 1},
	{FLOW_CVLAN_TCI, "cvlan.vlan_priority", 13, 3},
};

struct comparison {
	const struct tcam_rule *rule;
	const struct flow_key *key;
	const struct nic *nic;
	void (*visit)(void *context, const struct explain_miss *miss);
	void *context;
	size_t missed, fields;
	uint64_t asked; /* presence bits of fields that have been looked at */
};

/* One more; true where somebody wants to know which. */
static bool count_miss(struct comparison *c)
{
	c->missed++;
	return c->visit != NULL;
}

static bool is_tci(enum flow_field_id id)
{
	return id == FLOW_VLAN_TCI || id == FLOW_CVLAN_TCI;
}

/* The part's bits of a key, alone and in place. */
static struct flow_key cut(const struct flow_key *key, const struct part *part)
{
	const struct flow_field *f = &flow_fields[part->id];
	struct flow_key bits = {0};
	uint64_t ones;

	if (f->width == 128) {
		bits.word[f->word] = key->word[f->word];
		bits.word[f->word + 1] = key->word[f->word + 1];
		return bits;
	}
	ones = (UINT64_C(1) << (part->width ? part->width : f->width)) - 1;
	bits.word[f->word] = key->word[f->word] & ones << (f->shift + part->shift);
	return bits;
}

static bool is_zero(const struct flow_key *key)
{
	static const struct flow_key zero;

	return memcmp(key, &zero, sizeof(zero)) == 0;
}

static void print_part(const struct flow_key *key, const struct part *part, bool is_mask,
		       char text[EXPLAIN_TEXT_SIZE])
{
	const struct flow_field *f = &flow_fields[part->id];
	uint64_t number;

	if (!part->width && !(is_mask && f->format == FLOW_FORMAT_DECIMAL)) {
		flow_field_print(key, part->id, text, EXPLAIN_TEXT_SIZE);
		return;
	}
	number = flow_key_get(key, part->id) >> part->shift;
	snprintf(text, EXPLAIN_TEXT_SIZE, is_mask ? "0x%" PRIx64 : "%" PRIu64, number);
}

static const char *part_name(const struct part *part)
{
	return part->name ? part->name : flow_fields[part->id].name;
}

static void compare_part(struct comparison *c, const struct part *part)
{
	struct flow_key mask = cut(&c->rule->mask, part);
	struct flow_key value = cut(&c->rule->value, part), has = cut(c->key, part);
	uint64_t presence = flow_field_presence(part->id);
	struct explain_miss miss = {.kind = EXPLAIN_VALUE, .key = flow_fields[part->id].key};
	bool differs = false;

	if (is_zero(&mask))
		return;
	c->fields++;
	c->asked |= presence;
	for (size_t w = 0; w < FLOW_KEY_WORDS; w++) {
		value.word[w] &= mask.word[w];
		differs |= ((has.word[w] ^ value.word[w]) & mask.word[w]) != 0;
	}
	presence &= c->rule->mask.word[0];
	if ((c->key->word[0] ^ c->rule->value.word[0]) & presence)
		miss.kind = EXPLAIN_ABSENT;
	else if (!differs)
		return;
	if (!count_miss(c))
		return;
	snprintf(miss.field, sizeof(miss.field), "%s", part_name(part));
	if (miss.kind == EXPLAIN_VALUE)
		print_part(&has, part, false, miss.value);
	print_part(&mask, part, true, miss.mask);
	print_part(&value, part, false, miss.wanted);
	c->visit(c->context, &miss);
}

static void compare_fields(struct comparison *c)
{
	for (int id = 0; id < FLOW_FIELD_COUNT; id++) {
		const struct part whole = {.id = (enum flow_field_id)id};

		if (flow_field_is_zero(&c->rule->mask, whole.id))
			continue;
		if (!is_tci(whole.id))
			compare_part(c, &whole);
		for (size_t i = 0; i < sizeof(tci_parts) / sizeof(tci_parts[0]); i++)
			if (tci_parts[i].id == whole.id)
				compare_part(c, &tci_parts[i]);
	}
}

static void compare_port(struct comparison *c)
{
	uint64_t mask = c->rule->mask.word[0] & FLOW_PORT_MASK;
	uint64_t has = c->key->word[0] >> FLOW_PORT_SHIFT;
	uint64_t wanted = c->rule->value.word[0] >> FLOW_PORT_SHIFT;
	struct explain_miss miss = {.kind = EXPLAIN_PORT, .key = FLOW_DISSECTOR_KEY_META};

	if (!((c->key->word[0] ^ c->rule->value.word[0]) & mask) || !count_miss(c))
		return;
	snprintf(miss.field, sizeof(miss.field), "ingress port");
	snprintf(miss.value, sizeof(miss.value), "%s", nic_port_name(c->nic, has));
	snprintf(miss.wanted, sizeof(miss.wanted), "%s", nic_port_name(c->nic, wanted));
	c->visit(c->context, &miss);
}

/* Keys that are asked for, or must be absent, without a field that told. */
static void compare_presence(struct comparison *c)
{
	uint64_t mask = c->rule->mask.word[0] & ~FLOW_PORT_MASK & ~c->asked;
	uint64_t differs = (c->key->word[0] ^ c->rule->value.word[0]) & mask;

	if (!mask)
		return;
	for (int bit = 0; bit < FLOW_PORT_SHIFT; bit++) {
		uint64_t at = UINT64_C(1) << bit;
		bool is_proto = at == FLOW_PRESENT_IP_PROTO;
		const char *name =
			is_proto ? "basic.ip_proto"
				 : flow_dissector_key_name((enum flow_dissector_key_id)bit);
		struct explain_miss miss = {
			.kind = c->key->word[0] & at ? EXPLAIN_PRESENT : EXPLAIN_ABSENT,
			.key = is_proto ? FLOW_DISSECTOR_KEY_BASIC
					: (enum flow_dissector_key_id)bit,
		};

		c->fields += (mask & at) != 0;
		if (!(differs & at) || !count_miss(c))
			continue;
		snprintf(miss.field, sizeof(miss.field), "%s", name ? name : "?");
		c->visit(c->context, &miss);
	}
}

static void compare_range(struct comparison *c, enum flow_field_id id, uint16_t min, uint16_t max)
{
	uint64_t has = flow_key_get(c->key, id);
	struct explain_miss miss = {.kind = EXPLAIN_RANGE, .key = FLOW_DISSECTOR_KEY_PORTS_RANGE};

	if (min == 0 && max == UINT16_MAX)
		return;
	c->fields++;
	if ((has >= min && has <= max) || !count_miss(c))
		return;
	snprintf(miss.field, sizeof(miss.field), "%s", flow_fields[id].name);
	snprintf(miss.value, sizeof(miss.value), "%" PRIu64, has);
	snprintf(miss.wanted, sizeof(miss.wanted), "%u-%u", min, max);
	c->visit(c->context, &miss);
}

size_t explain_misses(const struct tcam_rule *rule, const struct flow_key *key,
		      const struct nic *nic,
		      void (*visit)(void *context, const struct explain_miss *miss), void *context,
		      size_t *fields)
{
	struct comparison c = {
		.rule = rule, .key = key, .nic = nic, .visit = visit, .context = context};

	compare_port(&c);
	compare_fields(&c);
	compare_presence(&c);
	if (rule->has_ranges) {
		compare_range(&c, FLOW_PORTS_SRC, rule->ranges.src_min, rule->ranges.src_max);
		compare_range(&c, FLOW_PORTS_DST, rule->ranges.dst_min, rule->ranges.dst_max);
	}
	if (fields)
		*fields = c.fields;
	return c.missed;
}
