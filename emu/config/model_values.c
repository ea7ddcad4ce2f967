/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The values that all parts of a model's file are made of. */
#include "model_read.h"

#include "names.h"

#include <errno.h>
#include <string.h>

static const char *key_choice(int number)
{
	return flow_dissector_key_name((enum flow_dissector_key_id)number);
}

static const char *action_choice(int number)
{
	return flow_action_name((enum flow_action_id)number);
}

static const char *front_choice(int number)
{
	return model_front_end_name((enum model_front_end)number);
}

static const char *kind_choice(int number)
{
	return nic_port_kind_name((enum nic_port_kind)number);
}

/* In the order of FLOW_ACTION_HW_STATS_*. */
static const char *hw_stats_choice(int number)
{
	static const char *const names[] = {"IMMEDIATE", "DELAYED", "DISABLED"};

	return names[number];
}

const struct choices model_keys = {"a dissector key, such as IPV4_ADDRS", FLOW_DISSECTOR_KEY_COUNT,
				   key_choice};
const struct choices model_actions = {"an action, such as REDIRECT", FLOW_ACTION_COUNT,
				      action_choice};
const struct choices model_field_choices = {"a field of the dissector, such as ipv4_addrs.src",
					    MODEL_FIELD_CHOICES, model_field_choice};
const struct choices model_front_choices = {"", MODEL_FRONT_ENDS, front_choice};
const struct choices model_port_kinds = {"", NIC_PORT_REPRESENTOR + 1, kind_choice};
const struct choices model_hw_stats = {"", 3, hw_stats_choice};

int model_read_text(const struct reader *reader, const struct place *at, const char *field,
		    const char *text, bool may_be_empty, char **copy)
{
	const struct place place = place_field(at, field);

	if (!text)
		text = "";
	if (strlen(text) > MODEL_TEXT_MAX)
		return place_error(&place, "longer than %d characters", MODEL_TEXT_MAX);
	for (const char *c = text; *c; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			return place_error(&place, "expected one line of text");
	if (!*text && !may_be_empty)
		return place_error(&place, "expected some text");
	*copy = arena_text(reader->arena, text);
	return *copy ? 0 : -ENOMEM;
}

int model_read_id(const struct reader *reader, const struct place *at, const char *field,
		  const char *text, char **copy)
{
	const struct place place = place_field(at, field);

	if (!is_kebab(text))
		return place_bad(&place, text,
				 "1 to 64 small letters, digits and '-', such as full-mask");
	*copy = arena_text(reader->arena, text);
	return *copy ? 0 : -ENOMEM;
}

int model_read_source(const struct reader *reader, const struct place *at, const char *text,
		      const struct model_source **source)
{
	const struct place place = place_field(at, "source");
	struct suggestion suggestion = {.text = text};

	if (!text)
		return 0;
	for (size_t i = 0; i < reader->model->num_sources; i++) {
		if (!strcmp(reader->model->sources[i].name, text)) {
			*source = &reader->model->sources[i];
			return 0;
		}
		suggest(&suggestion, reader->model->sources[i].name);
	}
	if (!suggestion.best)
		return place_bad(&place, text, "the name of one of the sources of this file");
	return place_error(&place,
			   "'%.64s' is not right; expected the name of one of the sources of this "
			   "file; did you mean '%s'?",
			   text, suggestion.best);
}

int model_read_number(const struct place *at, const char *field, const char *text, uint64_t min,
		      uint64_t max, bool may_be_unknown, uint64_t *value)
{
	const struct place place = place_field(at, field);
	int result;

	if (text && may_be_unknown && !strcmp(text, "unknown")) {
		*value = MODEL_UNKNOWN;
		return 0;
	}
	result = place_number(&place, text, min, max, value);
	if (result && may_be_unknown)
		strncat(place.error->text, ", or unknown",
			sizeof(place.error->text) - strlen(place.error->text) - 1);
	return result;
}

int model_read_yes(const struct place *at, const char *field, const char *text, bool *value)
{
	const struct place place = place_field(at, field);

	return place_yes(&place, text, NULL, value);
}

int model_read_errno(const struct place *at, const char *field, const char *text, const char *also,
		     int *value)
{
	const struct place place = place_field(at, field);

	return place_errno(&place, text, also, value);
}

int model_read_choice(const struct place *at, const char *field, const char *text,
		      const struct choices *choices, int *value)
{
	const struct place place = place_field(at, field);

	return place_choose(&place, text, choices, value);
}

int model_read_fields(const struct reader *reader, const struct place *at, const char *field,
		      const struct file_list *list, struct model_field **fields, size_t *count)
{
	const struct place place = place_field(at, field);

	*fields = arena_alloc(reader->arena, list->count, sizeof(**fields));
	if (!*fields)
		return -ENOMEM;
	for (uint32_t i = 0; i < list->count; i++) {
		const struct place item = place_item(&place, i);
		int number = 0;
		int result = place_choose(&item, list->items[i], &model_field_choices, &number);

		if (result)
			return result;
		(*fields)[i] = model_field_chosen(number);
	}
	*count = list->count;
	return 0;
}

int model_read_set(const struct place *at, const char *field, const struct file_list *list,
		   const struct choices *choices, uint64_t *set)
{
	const struct place place = place_field(at, field);

	for (uint32_t i = 0; i < list->count; i++) {
		const struct place item = place_item(&place, i);
		int number = 0;
		int result = place_choose(&item, list->items[i], choices, &number);

		if (result)
			return result;
		if (*set >> number & 1)
			return place_error(&item, "'%.64s' is given twice", list->items[i]);
		*set |= UINT64_C(1) << number;
	}
	return 0;
}
