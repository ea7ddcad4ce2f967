/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "place.h"

#include "admission.h"

#include <errno.h>
#include <stdlib.h>
#include <utlist.h>

struct row {
	uint64_t free; /* slices */
	struct row *prev, *next;
};

/* --- units --- */

uint64_t place_table_entries(const struct nic *nic, const struct model_table *table)
{
	uint64_t entries = table->entries == MODEL_UNKNOWN ? nic->entries : table->entries;

	return entries < NIC_ENTRIES_MAX ? entries : NIC_ENTRIES_MAX;
}

uint64_t place_table_reserved(const struct model_table *table)
{
	return table->reserved == MODEL_UNKNOWN ? 0 : table->reserved;
}

static uint64_t table_slices(const struct model_table *table)
{
	return table->slices == MODEL_UNKNOWN ? 0 : table->slices;
}

static uint64_t known(uint64_t number, uint64_t otherwise)
{
	return number && number != MODEL_UNKNOWN ? number : otherwise;
}

struct place_size place_size(const struct model_table *table, const struct model_cost *cost)
{
	uint64_t slices = table_slices(table);
	struct place_size size = {1, slices};

	if (!cost)
		return size;
	size.entries = known(cost->entries, 1);
	size.slices = known(cost->slices, slices);
	if (size.slices > slices)
		size.slices = slices;
	return size;
}

static bool has_buckets(const struct model_table *table)
{
	return table->kind == MODEL_EXACT && table->ways && table->ways != MODEL_UNKNOWN;
}

static bool shifts(const struct model_table *table)
{
	return table->insertion == MODEL_INSERTION_SHIFTS ||
	       table->insertion == MODEL_INSERTION_SHIFTS_BEFORE;
}

static bool is_plain(const struct model *model, const struct model_table *table)
{
	return !table->num_costs && !table_slices(table) && !has_buckets(table) &&
	       !table->port_mask && !shifts(table) && table->order != MODEL_ORDER_INDEX &&
	       model->counters.pool == MODEL_UNKNOWN && !model->counters.if_asked;
}

struct unit *place_unit(struct tables *tables, const struct model_table *table, uint16_t port)
{
	int32_t of = table->scope == MODEL_PER_PORT ? port : -1;
	struct unit *unit;

	DL_FOREACH (tables->units, unit)
		if (unit->table == table && unit->port == of)
			return unit;
	unit = calloc(1, sizeof(*unit));
	if (!unit)
		return NULL;
	unit->table = table;
	unit->port = of;
	unit->plain = is_plain(tables->nic->profile, table);
	DL_APPEND(tables->units, unit);
	return unit;
}

static void free_unit(struct tables *tables, struct unit *unit)
{
	DL_DELETE(tables->units, unit);
	shift_count_clear(&unit->behind);
	slots_clear(&unit->slots);
	free(unit->buckets);
	free(unit->open);
	free(unit);
}

void place_forget_port(struct tables *tables, uint16_t port)
{
	struct unit *unit, *next;

	DL_FOREACH_SAFE (tables->units, unit, next)
		if (unit->port == port)
			free_unit(tables, unit);
}

void place_clear(struct tables *tables)
{
	while (tables->units)
		free_unit(tables, tables->units);
}

/* --- what a rule would take --- */

struct wish {
	struct tables *tables;
	struct unit *unit;
	const struct question *question;
	const struct asic_admitted *admitted;
	struct place place;
};

static uint64_t mix(uint64_t hash, uint64_t word)
{
	hash = (hash ^ word) * UINT64_C(0xff51afd7ed558ccd);
	return hash ^ hash >> 32;
}

/* With a port mask the ports are no part of the key. */
static uint64_t hash_entry(const struct model_table *table, const struct tcam_rule *rule)
{
	uint64_t hash = 0, left_out = table->port_mask ? FLOW_PORT_MASK : 0;

	for (int w = 0; w < FLOW_KEY_WORDS; w++) {
		uint64_t mask = rule->mask.word[w] & ~left_out;

		hash = mix(mix(hash, mask), rule->value.word[w] & mask);
		left_out = 0;
	}
	return hash;
}

/* A part of an entry, which it shares with others. */
static bool is_part(const struct model_table *table, const struct place *place)
{
	return place->entries == 1 && place->slices < table_slices(table) &&
	       table->order != MODEL_ORDER_INDEX && !has_buckets(table);
}

static uint64_t count_buckets(const struct unit *unit, const struct tables *tables)
{
	uint64_t count = place_table_entries(tables->nic, unit->table) / unit->table->ways;

	return count ? count : 1;
}

static uint32_t table_priority(const struct model_table *table, uint32_t prio)
{
	return table->order == MODEL_ORDER_ARRIVAL ? 0 : prio;
}

/* The rule's actions ask for a counter, as far as the model wants to be asked. */
static bool wants_counter(const struct model_counters *counters, const struct flow_rule *rule)
{
	return !counters->if_asked ||
	       (rule->num_actions && !(rule->actions[0].hw_stats & FLOW_ACTION_HW_STATS_DISABLED));
}

static struct wish make_wish(struct tables *tables, struct unit *unit,
			     const struct question *question, const struct asic_admitted *admitted)
{
	const struct model *model = tables->nic->profile;
	struct wish wish = {
		.tables = tables,
		.unit = unit,
		.question = question,
		.admitted = admitted,
		.place =
			{
				.cost = admitted->cost,
				.entries = admitted->entries,
				.slices = (uint32_t)admitted->slices,
				.priority = table_priority(unit->table, question->command->prio),
				.counted = wants_counter(&model->counters, question->command->rule),
				.key = {question->binding->block, question->command->cookie},
				.holders = 1,
			},
	};

	if (has_buckets(unit->table))
		wish.place.at = hash_entry(unit->table, &admitted->rule) %
				(unit->buckets ? unit->num_buckets : count_buckets(unit, tables));
	return wish;
}

/* --- is there room? --- */

static uint64_t free_entries(const struct tables *tables, const struct unit *unit)
{
	uint64_t entries = place_table_entries(tables->nic, unit->table);
	uint64_t taken = place_table_reserved(unit->table) + unit->used;

	return entries > taken ? entries - taken : 0;
}

static int refuse_full(const struct wish *wish, const char *id, const char *what, uint64_t taken,
		       uint64_t of, struct reason *reason)
{
	const struct model_table *table = wish->unit->table;
	const struct nic *nic = wish->tables->nic;
	const char *text = table->full_text ? table->full_text : "";
	int error = table->full_error ? table->full_error : ENOSPC;
	bool of_port = wish->unit->port >= 0;

	if (nic->profile->status == MODEL_OWN) /* the model says no more than that */
		reason_set(reason, id, error, REASON_CAPACITY,
			   "all %llu entries of the NIC's table are taken", (unsigned long long)of);
	else
		reason_set(reason, id, error, REASON_CAPACITY,
			   "%llu of %llu %s of table %s%s%s are taken, the rule needs %llu%s%s%s",
			   (unsigned long long)taken, (unsigned long long)of, what, table->name,
			   of_port ? " of port " : "",
			   of_port ? nic->ports[wish->unit->port].name : "",
			   (unsigned long long)wish->place.entries,
			   *text ? "; the driver says \"" : "", text, *text ? "\"" : "");
	reason_hint(reason, table->entries == MODEL_UNKNOWN
				    ? "remove rules, or give the NIC file more `entries`"
				    : "remove rules, or write them so that they need less");
	return -error;
}

static int refuse_table_full(const struct wish *wish, struct reason *reason)
{
	uint64_t entries = place_table_entries(wish->tables->nic, wish->unit->table);

	return refuse_full(wish, "tcam-full", "entries",
			   entries - free_entries(wish->tables, wish->unit), entries, reason);
}

/* An entry with enough free slices, the fewest of them; NULL: none. */
static struct row *find_row(const struct wish *wish)
{
	struct unit *unit = wish->unit;

	for (uint64_t left = wish->place.slices; unit->open && left < table_slices(unit->table);
	     left++)
		if (unit->open[left])
			return unit->open[left];
	return NULL;
}

static int find_bucket(struct wish *wish, struct reason *reason)
{
	struct unit *unit = wish->unit;
	uint64_t taken = unit->buckets ? unit->buckets[wish->place.at] : 0;

	if (taken + wish->place.entries > unit->table->ways)
		return refuse_full(wish, "bucket-full", "ways of the rule's bucket", taken,
				   unit->table->ways, reason);
	return 0;
}

static int find_slot(struct wish *wish, struct reason *reason)
{
	uint64_t end = place_table_entries(wish->tables->nic, wish->unit->table);
	uint64_t reserved = place_table_reserved(wish->unit->table);
	uint64_t count = wish->place.entries, at = wish->question->command->prio;

	end = end > reserved ? end - reserved : 0;
	if (!at-- || at > end || count > end - at || !slots_are_free(&wish->unit->slots, at, count))
		at = slots_find(&wish->unit->slots, count, end);
	if (at >= end)
		return refuse_full(wish, "tcam-full", "entries", wish->unit->used + reserved,
				   end + reserved, reason);
	wish->place.at = at;
	wish->place.priority = (uint32_t)(at + 1);
	return 0;
}

static int find_counter(struct wish *wish, struct reason *reason)
{
	const struct model_counters *counters = &wish->tables->nic->profile->counters;

	if (!wish->place.counted || counters->pool == MODEL_UNKNOWN ||
	    wish->tables->counters < counters->pool)
		return 0;
	wish->place.counted = false;
	if (!counters->pool_error)
		return 0;
	reason_set(reason, "no-counter", counters->pool_error, REASON_CAPACITY,
		   "all %llu counters of the NIC are taken", (unsigned long long)counters->pool);
	reason_hint(reason, "remove rules");
	return -counters->pool_error;
}

static int find_room(struct wish *wish, struct reason *reason)
{
	const struct model_table *table = wish->unit->table;
	int error = 0;

	if (is_part(table, &wish->place) && find_row(wish))
		return find_counter(wish, reason);
	if (wish->place.entries > free_entries(wish->tables, wish->unit))
		return refuse_table_full(wish, reason);
	if (has_buckets(table))
		error = find_bucket(wish, reason);
	else if (table->order == MODEL_ORDER_INDEX)
		error = find_slot(wish, reason);
	return error ? error : find_counter(wish, reason);
}

/* --- taking and giving: each part leaves nothing behind when memory is out --- */

static bool make_buckets(struct wish *wish)
{
	struct unit *unit = wish->unit;

	if (unit->buckets || !has_buckets(unit->table))
		return true;
	unit->num_buckets = count_buckets(unit, wish->tables);
	unit->buckets = calloc(unit->num_buckets, sizeof(unit->buckets[0]));
	return unit->buckets != NULL;
}

static void list_row(struct unit *unit, struct row *row, bool add)
{
	if (!row->free)
		return; /* nobody looks for it */
	if (add)
		DL_PREPEND(unit->open[row->free], row);
	else
		DL_DELETE(unit->open[row->free], row);
}

static bool take_row(struct wish *wish, struct place *place)
{
	struct unit *unit = wish->unit;
	uint64_t slices = table_slices(unit->table);
	struct row *row = find_row(wish);

	if (!is_part(unit->table, place))
		return true;
	if (!unit->open)
		unit->open = calloc(slices + 1, sizeof(unit->open[0]));
	if (!unit->open)
		return false;
	if (row) {
		list_row(unit, row, false);
	} else {
		row = calloc(1, sizeof(*row));
		if (!row)
			return false;
		row->free = slices;
		unit->used++;
	}
	row->free -= place->slices;
	list_row(unit, row, true);
	place->row = row;
	return true;
}

static void give_row(struct unit *unit, struct place *place)
{
	struct row *row = place->row;

	list_row(unit, row, false);
	row->free += place->slices;
	if (row->free < table_slices(unit->table)) {
		list_row(unit, row, true);
		return;
	}
	unit->used--;
	free(row);
}

static bool take_shift(struct wish *wish, struct place *place)
{
	struct unit *unit = wish->unit;

	if (!shifts(unit->table))
		return true;
	place->moves = shift_count_behind(&unit->behind, place->priority);
	if (unit->table->insertion == MODEL_INSERTION_SHIFTS_BEFORE)
		place->moves = shift_count_all(&unit->behind) - place->moves;
	return !shift_count_add(&unit->behind, place->priority, place->entries);
}

static void give_shift(struct unit *unit, const struct place *place)
{
	if (shifts(unit->table))
		shift_count_remove(&unit->behind, place->priority, place->entries);
}

static bool take_slot(struct wish *wish, const struct place *place)
{
	return wish->unit->table->order != MODEL_ORDER_INDEX ||
	       !slots_take(&wish->unit->slots, place->at, place->entries);
}

static void give_slot(struct unit *unit, const struct place *place)
{
	if (unit->table->order == MODEL_ORDER_INDEX)
		slots_give(&unit->slots, place->at, place->entries);
}

static bool take_key(struct wish *wish, struct place *place)
{
	if (!wish->unit->table->port_mask)
		return true;
	HASH_ADD(hh, wish->unit->shared, key, sizeof(place->key), place);
	return place->hh.tbl != NULL;
}

/* What can't fail. */
static void count_place(struct tables *tables, struct unit *unit, const struct place *place)
{
	if (!place->row)
		unit->used += place->entries;
	if (unit->buckets)
		unit->buckets[place->at] += place->entries;
	unit->slices_used += place->entries * place->slices;
	unit->moves += place->moves;
	tables->counters += place->counted;
}

static struct place *take(struct wish *wish)
{
	struct place *place = calloc(1, sizeof(*place));

	if (!place)
		return NULL;
	*place = wish->place;
	if (!make_buckets(wish) || !take_slot(wish, place))
		goto free;
	if (!take_shift(wish, place))
		goto slot;
	if (!take_row(wish, place))
		goto shift;
	if (!take_key(wish, place))
		goto row;
	count_place(wish->tables, wish->unit, place);
	return place;
row:
	if (place->row)
		give_row(wish->unit, place);
shift:
	give_shift(wish->unit, place);
slot:
	give_slot(wish->unit, place);
free:
	free(place);
	return NULL;
}

static void give(struct tables *tables, struct unit *unit, struct place *place)
{
	if (place->row)
		give_row(unit, place);
	else
		unit->used -= place->entries;
	give_shift(unit, place);
	give_slot(unit, place);
	if (unit->buckets)
		unit->buckets[place->at] -= place->entries;
	if (unit->table->port_mask)
		HASH_DEL(unit->shared, place);
	unit->slices_used -= place->entries * place->slices;
	tables->counters -= place->counted;
	free(place);
}

/* --- what the ASIC asks --- */

static struct place *find_shared(const struct wish *wish)
{
	const struct place_key *key = &wish->place.key;
	struct place *place = NULL;

	if (wish->unit->shared)
		HASH_FIND(hh, wish->unit->shared, key, sizeof(*key), place);
	return place;
}

int place_take(struct tables *tables, struct unit *unit, const struct question *question,
	       const struct asic_admitted *admitted, struct place **place, uint32_t *priority,
	       struct reason *reason)
{
	struct wish wish = make_wish(tables, unit, question, admitted);
	int error;

	*place = find_shared(&wish);
	if (*place) {
		(*place)->holders++;
	} else {
		error = find_room(&wish, reason);
		if (error)
			return error;
		*place = unit->plain ? NULL : take(&wish);
		if (!unit->plain && !*place)
			return reason_no_memory(reason);
	}
	if (unit->plain)
		unit->used++;
	unit->rules++;
	*priority = *place ? (*place)->priority : wish.place.priority;
	return 0;
}

/* The rule that it becomes would have the same. */
static bool is_same(const struct wish *wish, const struct place *place)
{
	const struct model_table *table = wish->unit->table;
	const struct place *other = &wish->place;

	if (table->port_mask)
		return true;
	return other->cost == place->cost && other->entries == place->entries &&
	       other->slices == place->slices && (!has_buckets(table) || other->at == place->at) &&
	       (table->order == MODEL_ORDER_INDEX || other->priority == place->priority);
}

int place_take_again(struct tables *tables, struct unit *unit, const struct question *question,
		     const struct asic_admitted *admitted, struct place *place,
		     struct place **fresh, uint32_t *priority, struct reason *reason)
{
	struct wish wish = make_wish(tables, unit, question, admitted);

	*fresh = place;
	*priority = wish.place.priority;
	if (!place) /* one entry, as before */
		return 0;
	*priority = place->priority;
	if (is_same(&wish, place))
		return 0;
	return place_take(tables, unit, question, admitted, fresh, priority, reason);
}

void place_give(struct tables *tables, struct unit *unit, struct place *place)
{
	unit->rules--;
	if (!place)
		unit->used--;
	else if (--place->holders == 0)
		give(tables, unit, place);
}

/* Parts of entries that are begun. */
static uint64_t room_in_rows(const struct unit *unit, uint64_t slices)
{
	uint64_t room = 0;
	const struct row *row;

	for (uint64_t left = slices; unit && unit->open && left < table_slices(unit->table); left++)
		DL_FOREACH (unit->open[left], row)
			room += left / slices;
	return room;
}

uint64_t place_room(const struct nic *nic, const struct model_table *table, const struct unit *unit,
		    const struct model_cost *cost, bool *at_most)
{
	const struct place_size size = place_size(table, cost);
	const struct place place = {.entries = size.entries, .slices = (uint32_t)size.slices};
	uint64_t entries = place_table_entries(nic, table), taken = place_table_reserved(table);

	taken += unit ? unit->used : 0;
	entries = entries > taken ? entries - taken : 0;
	*at_most = has_buckets(table) || (table->order == MODEL_ORDER_INDEX && size.entries > 1);
	if (!is_part(table, &place))
		return entries / size.entries;
	return entries * (table_slices(table) / size.slices) + room_in_rows(unit, size.slices);
}

bool place_is_first(struct place *place, uint64_t visit)
{
	bool first = place->visit != visit;

	place->visit = visit;
	return first;
}
