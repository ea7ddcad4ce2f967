/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the parts of a model are called, in files and reports. */
#include "model_read.h"

#include <assert.h>
#include <string.h>

#define NAME_OF(NAMES, VALUE) \
	((size_t)(VALUE) < sizeof(NAMES) / sizeof((NAMES)[0]) ? (NAMES)[VALUE] : NULL)

const char *model_status_name(enum model_status status)
{
	static const char *const names[] = {"own", "read", "experimental"};

	return NAME_OF(names, status);
}

const char *model_front_end_name(enum model_front_end front_end)
{
	static const char *const names[] = {"chain", "flowtable", "flower"};

	return NAME_OF(names, front_end);
}

const char *model_order_name(enum model_order order)
{
	static const char *const names[] = {"priority-arrival", "arrival", "priority-undefined",
					    "index", "unknown"};

	return NAME_OF(names, order);
}

const char *model_table_kind_name(enum model_table_kind kind)
{
	static const char *const names[] = {"ternary", "exact"};

	return NAME_OF(names, kind);
}

const char *model_scope_name(enum model_scope scope)
{
	static const char *const names[] = {"nic", "port"};

	return NAME_OF(names, scope);
}

const char *model_insertion_name(enum model_insertion insertion)
{
	static const char *const names[] = {"shifts", "shifts-before", "in-place", "unknown"};

	return NAME_OF(names, insertion);
}

const char *model_bytes_name(enum model_bytes bytes)
{
	static const char *const names[] = {"none", "l2", "l2-fcs", "unknown"};

	return NAME_OF(names, bytes);
}

const char *model_reading_name(enum model_reading reading)
{
	static const char *const names[] = {"now", "polled", "pushed", "unknown"};

	return NAME_OF(names, reading);
}

const char *model_relation_name(enum model_relation_number number)
{
	static const char *const names[] = {
#define X(ID, NAME) NAME,
		MODEL_RELATIONS(X)
#undef X
	};

	return NAME_OF(names, number);
}

const char *model_mask_name(enum model_mask mask)
{
	static const char *const names[] = {"none", "full", "full-or-none", "prefix"};

	return NAME_OF(names, mask);
}

const char *model_condition_name(enum model_condition_kind kind)
{
	static const char *const names[] = {
#define X(ID, NAME) NAME,
		MODEL_CONDITIONS(X)
#undef X
	};

	return NAME_OF(names, kind);
}

/* --- fields --- */

/* Parts of a tag that rules match one by one. */
static const struct {
	const char *name;
	struct model_field field;
} parts[] = {
	{"vlan.vlan_id", {FLOW_VLAN_TCI, 0x0fff}},
	{"vlan.vlan_dei", {FLOW_VLAN_TCI, 0x1000}},
	{"vlan.vlan_priority", {FLOW_VLAN_TCI, 0xe000}},
	{"cvlan.vlan_id", {FLOW_CVLAN_TCI, 0x0fff}},
	{"cvlan.vlan_dei", {FLOW_CVLAN_TCI, 0x1000}},
	{"cvlan.vlan_priority", {FLOW_CVLAN_TCI, 0xe000}},
};

enum {
	NUM_PARTS = sizeof(parts) / sizeof(parts[0]),
	FIRST_PART = FLOW_FIELD_COUNT + FLOW_EXTRA_COUNT,
};

/* All fields there are: of the flow key, extra ones, parts; NULL past the end. */
const char *model_field_choice(int number)
{
	if (number < FLOW_FIELD_COUNT)
		return flow_fields[number].name;
	if (number < FIRST_PART)
		return flow_extra_fields[number - FLOW_FIELD_COUNT].name;
	return number < MODEL_FIELD_CHOICES ? parts[number - FIRST_PART].name : NULL;
}

struct model_field model_field_chosen(int number)
{
	if (number >= FIRST_PART)
		return parts[number - FIRST_PART].field;
	return (struct model_field){.id = (uint16_t)number};
}

static_assert(MODEL_FIELD_CHOICES == FIRST_PART + NUM_PARTS, "the parts are counted twice");

const char *model_field_name(struct model_field field)
{
	for (int i = 0; field.bits && i < NUM_PARTS; i++)
		if (parts[i].field.id == field.id && parts[i].field.bits == field.bits)
			return parts[i].name;
	return field.id < FIRST_PART ? model_field_choice(field.id) : "?";
}

bool model_field_find(struct model_field *field, const char *name)
{
	for (int i = 0; i < MODEL_FIELD_CHOICES; i++) {
		if (strcmp(model_field_choice(i), name) != 0)
			continue;
		*field = model_field_chosen(i);
		return true;
	}
	return false;
}

enum flow_dissector_key_id model_field_key(struct model_field field)
{
	return field.id < FLOW_FIELD_COUNT ? flow_fields[field.id].key
					   : flow_extra_fields[field.id - FLOW_FIELD_COUNT].key;
}

unsigned int model_field_width(struct model_field field)
{
	if (field.bits)
		return (unsigned int)__builtin_popcount(field.bits);
	return field.id < FLOW_FIELD_COUNT
		       ? flow_fields[field.id].width
		       : flow_extra_fields[field.id - FLOW_FIELD_COUNT].size * 8u;
}
