/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "packed.h"

#include "internal.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* ---- the emulator's end ---- */

void packer_begin(struct packer *packer)
{
	*packer = (struct packer){.places = json_array(), .comments = json_object()};
}

static json_t *place_json(const struct nic *nic, const struct nft_offload_rule *rule)
{
	json_t *place = json_array();

	json_array_append_new(place, json_string(rule->family));
	json_array_append_new(place, text_json(rule->table));
	json_array_append_new(place, text_json(rule->chain));
	json_array_append_new(place, json_string(nic_port_name(nic, rule->port)));
	json_array_append_new(place, json_integer(rule->priority));
	return place;
}

/* A place by the names as they are in the store, which stays as it is meanwhile. */
struct packer_origin {
	const char *family, *table, *chain;
	uint16_t port;
};

static bool is_origin(const struct packer_origin *origin, const struct nft_offload_rule *rule)
{
	return origin->port == rule->port && strcmp(origin->chain, rule->chain) == 0 &&
	       strcmp(origin->table, rule->table) == 0 && strcmp(origin->family, rule->family) == 0;
}

/* A chain's rules come together, each on all of its ports: the place is among the last ones. */
static size_t place_of(struct packer *packer, const struct nic *nic,
		       const struct nft_offload_rule *rule)
{
	const struct packer_origin *origins = (const struct packer_origin *)packer->origins.data;
	struct packer_origin origin = {rule->family, rule->table, rule->chain, rule->port};
	size_t count = packer->origins.size / sizeof(origin);

	for (size_t i = count; i-- > 0;)
		if (is_origin(&origins[i], rule))
			return i;
	buffer_append(&packer->origins, &origin, sizeof(origin));
	packer->failed |= json_array_append_new(packer->places, place_json(nic, rule)) < 0;
	return count;
}

static void add_comment(struct packer *packer, const char *comment)
{
	char key[24];

	snprintf(key, sizeof(key), "%zu", packer->count);
	packer->failed |= json_object_set_new(packer->comments, key, report_string(comment)) < 0;
}

enum { HAS_COUNTER = 1, IN_HW = 2, TELLS_PACKETS = 4, TELLS_BYTES = 8 };

static int flags_of(const struct nft_offload_rule *rule, struct asic_told told)
{
	return (rule->has_counter ? HAS_COUNTER : 0) | (rule->in_hw ? IN_HW : 0) |
	       (told.packets ? TELLS_PACKETS : 0) | (told.bytes ? TELLS_BYTES : 0);
}

void packer_add(struct packer *packer, const struct nic *nic, const struct nft_offload_rule *rule,
		const struct rule_counts *counts)
{
	char row[160];
	int size = snprintf(
		row, sizeof(row), "%zu %" PRIu64 " %d %" PRIu64 " %" PRIu64 " %" PRIu64 "\n",
		place_of(packer, nic, rule), rule->handle, flags_of(rule, counts->told),
		counts->totals.packets, counts->totals.bytes, counts->totals.last_used_ns);

	buffer_append(&packer->rows, row, (size_t)size);
	if (rule->comment)
		add_comment(packer, rule->comment);
	packer->count++;
}

json_t *packer_end(struct packer *packer)
{
	const char *rows = packer->rows.size ? (const char *)packer->rows.data : "";
	json_t *rules = NULL;

	if (!packer->failed && !buffer_failed(&packer->rows) && !buffer_failed(&packer->origins))
		rules = json_pack("{s:o, s:o, s:s%}", "places", packer->places, "comments",
				  packer->comments, "rows", rows, packer->rows.size);
	else {
		json_decref(packer->places);
		json_decref(packer->comments);
	}
	buffer_clear(&packer->rows);
	buffer_clear(&packer->origins);
	return rules;
}

/* ---- the command's end ---- */

struct row {
	size_t place, index;
	uint64_t handle, packets, bytes, last_used_ns;
	uint64_t flags;
};

bool packed(const json_t *rules)
{
	return json_is_object(rules);
}

static bool number(const char **at, uint64_t *value)
{
	char *end;

	*value = strtoull(*at, &end, 10);
	if (end == *at)
		return false;
	*at = end;
	return true;
}

/* The line at *at, which then is the next one; false behind the last. */
static bool next_row(const char **at, struct row *row)
{
	uint64_t place;

	if (!number(at, &place) || !number(at, &row->handle) || !number(at, &row->flags) ||
	    !number(at, &row->packets) || !number(at, &row->bytes) ||
	    !number(at, &row->last_used_ns))
		return false;
	row->place = place;
	row->index++;
	return true;
}

static const char *first_row(const json_t *rules, struct row *row)
{
	const char *rows = json_string_value(json_object_get(rules, "rows"));

	*row = (struct row){.index = SIZE_MAX};
	return rows ? rows : "";
}

static json_t *or_null(json_t *value)
{
	return value ? json_incref(value) : json_null();
}

static json_t *comment_of(const json_t *rules, size_t index)
{
	const json_t *comments = json_object_get(rules, "comments");
	char key[24];

	if (!json_object_size(comments))
		return json_null();
	snprintf(key, sizeof(key), "%zu", index);
	return or_null(json_object_get(comments, key));
}

/* As rule_json makes it. */
static json_t *record_of(const json_t *rules, const struct row *row)
{
	const json_t *place = json_array_get(json_object_get(rules, "places"), row->place);
	json_t *text = json_array_get(json_object_get(rules, "texts"), row->index);
	const struct asic_told told = {.packets = row->flags & TELLS_PACKETS,
				       .bytes = row->flags & TELLS_BYTES};
	json_t *record = json_object();

	json_object_set_new(record, "family", or_null(json_array_get(place, 0)));
	json_object_set_new(record, "table", or_null(json_array_get(place, 1)));
	json_object_set_new(record, "chain", or_null(json_array_get(place, 2)));
	json_object_set_new(record, "handle", json_integer((json_int_t)row->handle));
	json_object_set_new(record, "port", or_null(json_array_get(place, 3)));
	json_object_set_new(record, "priority", or_null(json_array_get(place, 4)));
	json_object_set_new(record, "rule", or_null(text));
	json_object_set_new(record, "comment", comment_of(rules, row->index));
	json_object_set_new(record, "has_counter", json_boolean(row->flags & HAS_COUNTER));
	json_object_set_new(record, "in_hw", json_boolean(row->flags & IN_HW));
	json_object_set_new(record, "packets", json_integer((json_int_t)row->packets));
	json_object_set_new(record, "bytes", json_integer((json_int_t)row->bytes));
	json_object_set_new(record, "software_packets", json_integer(0));
	json_object_set_new(record, "software_bytes", json_integer(0));
	json_object_set_new(record, "last_used", time_json(row->last_used_ns));
	json_object_set_new(record, "counted", told_json(told));
	return record;
}

void packed_visit(const json_t *rules, void (*visit)(void *context, const json_t *rule),
		  void *context)
{
	struct row row;
	const char *at = first_row(rules, &row);

	while (next_row(&at, &row)) {
		json_t *record = record_of(rules, &row);

		visit(context, record);
		json_decref(record);
	}
}

size_t packed_add_texts(json_t *rules, const struct report_texts *texts)
{
	const json_t *places = json_object_get(rules, "places");
	json_t *before = json_object_get(rules, "texts"), *list = json_array();
	struct row row;
	const char *at = first_row(rules, &row);
	size_t missing = 0;

	while (next_row(&at, &row)) {
		const json_t *place = json_array_get(places, row.place);
		json_t *text = json_array_get(before, row.index);

		if (!json_is_string(text))
			text = report_rule_string(
				texts, json_string_value(json_array_get(place, 0)),
				json_string_value(json_array_get(place, 1)), row.handle);
		json_array_append_new(list, or_null(text));
		missing += !text;
	}
	json_object_set_new(rules, "texts", list);
	return missing;
}

/* ---- place by place ---- */

/* A row and where its line begins. */
struct mark {
	const char *at;
	size_t index;
};

static void visit_marks(const json_t *rules, const struct mark *marks, size_t count,
			void (*visit)(void *context, const json_t *rule),
			void (*next_place)(void *context, const json_t *first), void *context)
{
	for (size_t i = 0; i < count; i++) {
		struct row row = {.index = marks[i].index - 1};
		const char *at = marks[i].at;
		json_t *record;

		if (!next_row(&at, &row))
			break;
		record = record_of(rules, &row);
		if (i == 0)
			next_place(context, record);
		visit(context, record);
		json_decref(record);
	}
}

/* Where the marks of each place end; the marks of one follow those of the one before. */
static size_t count_places(const json_t *rules, size_t *ends, size_t places)
{
	struct row row;
	const char *at = first_row(rules, &row);
	size_t count = 0;

	while (next_row(&at, &row)) {
		if (row.place >= places)
			continue;
		ends[row.place]++;
		count++;
	}
	for (size_t i = 1; i < places; i++)
		ends[i] += ends[i - 1];
	return count;
}

static void set_marks(const json_t *rules, struct mark *marks, size_t *next, size_t places)
{
	struct row row;
	const char *at = first_row(rules, &row), *line = at;

	for (; next_row(&at, &row); line = at)
		if (row.place < places)
			marks[next[row.place]++] = (struct mark){line, row.index};
}

void packed_visit_by_place(const json_t *rules, void (*visit)(void *context, const json_t *rule),
			   void (*next_place)(void *context, const json_t *first), void *context)
{
	size_t places = json_array_size(json_object_get(rules, "places")), count;
	size_t *next = calloc(places + 1, sizeof(*next));
	struct mark *marks = NULL;

	if (!next)
		return;
	/* next[i + 1] counts up to the end of place i, so next[i] is where it begins. */
	count = count_places(rules, next + 1, places);
	marks = malloc((count + 1) * sizeof(*marks));
	if (!marks)
		goto out;
	set_marks(rules, marks, next, places);
	for (size_t i = 0, from = 0; i < places; from = next[i++])
		visit_marks(rules, marks + from, next[i] - from, visit, next_place, context);
out:
	free(marks);
	free(next);
}

static bool is_of(const json_t *rules, const struct row *row, const json_t *place)
{
	const json_t *own = json_array_get(json_object_get(rules, "places"), row->place);

	return json_integer_value(json_object_get(place, "handle")) == (json_int_t)row->handle &&
	       json_equal(json_array_get(own, 0), json_object_get(place, "family")) &&
	       json_equal(json_array_get(own, 1), json_object_get(place, "table"));
}

/* The place's row from *at on and before end, which *at then is at; false: there is none. */
static bool find_row(const json_t *rules, const json_t *place, const char *end, const char **at,
		     struct row *row)
{
	const char *next = *at;

	while (next < end && next_row(&next, row)) {
		if (is_of(rules, row, place))
			return true;
		*at = next;
	}
	return false;
}

const char *packed_text(const json_t *rules, const json_t *place, struct packed_cursor *cursor)
{
	struct row row;
	const char *rows = first_row(rules, &row), *end = rows + strlen(rows), *text;
	const char *from = rows + cursor->offset, *at = from;

	row.index = cursor->index - 1;
	if (!find_row(rules, place, end, &at, &row)) {
		at = first_row(rules, &row);
		if (!find_row(rules, place, from, &at, &row))
			return "";
	}
	*cursor = (struct packed_cursor){(size_t)(at - rows), row.index};
	text = json_string_value(json_array_get(json_object_get(rules, "texts"), row.index));
	return text ? text : "";
}
