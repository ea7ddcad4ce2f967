/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How wide the key of a table has to be at least: a field that rules match has to fit. */
#include "model_read.h"

#include <string.h>

/* What is matched of a packet as it is; where it came in, or of which protocol it is, can be told
 * in fewer bits.
 */
#define LITERAL_KEYS                                                                    \
	(1ull << FLOW_DISSECTOR_KEY_ETH_ADDRS | 1ull << FLOW_DISSECTOR_KEY_IPV4_ADDRS | \
	 1ull << FLOW_DISSECTOR_KEY_IPV6_ADDRS | 1ull << FLOW_DISSECTOR_KEY_PORTS |     \
	 1ull << FLOW_DISSECTOR_KEY_VLAN | 1ull << FLOW_DISSECTOR_KEY_CVLAN |           \
	 1ull << FLOW_DISSECTOR_KEY_TCP | 1ull << FLOW_DISSECTOR_KEY_ICMP |             \
	 1ull << FLOW_DISSECTOR_KEY_IP | 1ull << FLOW_DISSECTOR_KEY_ARP)

struct taken {
	bool fields[FLOW_FIELD_COUNT];
};

static uint64_t key_bit(size_t field)
{
	return UINT64_C(1) << flow_fields[field].key;
}

static bool is_listed(const struct model_field *fields, size_t count, size_t field)
{
	for (size_t i = 0; i < count; i++)
		if (fields[i].id == field)
			return true;
	return false;
}

static void drop_keys(struct taken *taken, uint64_t keys)
{
	for (size_t i = 0; i < FLOW_FIELD_COUNT; i++)
		taken->fields[i] &= !(keys & key_bit(i));
}

static void drop_fields(struct taken *taken, const struct model_field *fields, size_t count)
{
	for (size_t i = 0; i < FLOW_FIELD_COUNT; i++)
		taken->fields[i] &= !is_listed(fields, count, i);
}

static uint64_t keys_of(const struct model_field *fields, size_t count)
{
	uint64_t keys = 0;

	for (size_t i = 0; i < count; i++)
		keys |= UINT64_C(1) << model_field_key(fields[i]);
	return keys;
}

/* Conditions that a rule has to meet: what it can't match then. */
static void keep_required(struct taken *taken, const struct model_condition *c)
{
	uint64_t keys = keys_of(c->fields, c->num_fields);

	if (c->kind == MODEL_IF_KEYS_ONLY)
		drop_keys(taken, ~c->keys);
	if (c->kind == MODEL_IF_MASK && c->mask == MODEL_MASK_NONE)
		drop_fields(taken, c->fields, c->num_fields);
	if (c->kind != MODEL_IF_FIELDS_ONLY)
		return;
	for (size_t i = 0; i < FLOW_FIELD_COUNT; i++)
		if (keys & key_bit(i) && !is_listed(c->fields, c->num_fields, i))
			taken->fields[i] = false;
}

static void drop_refused(struct taken *taken, const struct model_condition *c)
{
	if (c->kind == MODEL_IF_KEYS_ANY || c->kind == MODEL_IF_KEYS_ALL)
		drop_keys(taken, c->keys);
	if (c->kind == MODEL_IF_FIELDS_ANY || c->kind == MODEL_IF_FIELDS_ALL)
		drop_fields(taken, c->fields, c->num_fields);
}

/*
 * Each clause counts whatever else it asks, so a field that is left is one that no clause forbids:
 * better a width too many than a good file refused.
 */
static void ask_clauses(struct taken *taken, const struct model *model)
{
	for (size_t i = 0; i < model->num_clauses; i++) {
		const struct model_clause *clause = &model->clauses[i];

		for (size_t j = 0; j < clause->require.count; j++)
			keep_required(taken, &clause->require.list[j]);
		for (size_t j = 0; !clause->require.count && j < clause->when.count; j++)
			drop_refused(taken, &clause->when.list[j]);
	}
}

static void drop_ignored(struct taken *taken, const struct model_match *match)
{
	drop_keys(taken, match->ignored_keys);
	drop_fields(taken, match->ignored, match->num_ignored);
	for (size_t i = 0; i < match->num_ignoring; i++) {
		drop_keys(taken, match->ignoring[i].keys);
		drop_fields(taken, match->ignoring[i].fields, match->ignoring[i].num_fields);
	}
}

static uint64_t most_entries(const struct model_table *table)
{
	uint64_t most = 1;

	for (size_t i = 0; i < table->num_costs; i++)
		if (table->costs[i].entries > most)
			most = table->costs[i].entries;
	return most;
}

int model_check_width(const struct reader *reader, const struct place *at,
		      const struct model_table *table)
{
	const struct place place = place_field(at, "key-width");
	uint64_t entries = most_entries(table), width = table->key_width;
	size_t widest = FLOW_FIELD_COUNT;
	unsigned int needed = 0;
	struct taken taken;

	memset(&taken, true, sizeof(taken));
	drop_keys(&taken, ~LITERAL_KEYS);
	ask_clauses(&taken, reader->model);
	drop_ignored(&taken, &reader->model->match);
	for (size_t i = 0; i < FLOW_FIELD_COUNT; i++)
		if (taken.fields[i] && flow_fields[i].width > needed) {
			widest = i;
			needed = flow_fields[i].width;
		}
	if (width == MODEL_UNKNOWN || width >= (needed + entries - 1) / entries)
		return 0;
	return place_error(&place,
			   "%llu bits have no room for %s, which has %u and no clause forbids; "
			   "expected at least %llu, or unknown",
			   (unsigned long long)width, flow_fields[widest].name, needed,
			   (unsigned long long)((needed + entries - 1) / entries));
}
