/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The entries and the tables, one after the other, for those who show or explain them. */
#include "admission.h"
#include "room.h"

#include <errno.h>
#include <stdlib.h>
#include <utlist.h>

bool asic_ignores(const struct asic *asic, const struct offload_command *command, size_t number)
{
	const struct model_match *match = &asic->nic->profile->match;
	const struct block *block = asic_find_block(asic, command->binding);
	const struct question question = {
		.nic = asic->nic, .binding = block ? &block->binding : NULL, .command = command};

	return block && number < match->num_ignoring &&
	       ignoring_applies(&match->ignoring[number], &question);
}

int asic_visit_entries(const struct asic *asic,
		       int (*visit)(void *context, const struct tcam_entry *entry,
				    const struct tcam_rule *rule),
		       void *context)
{
	size_t count;
	struct entry **all = asic_in_order(asic, &count);
	int ret = all ? 0 : -ENOMEM;

	for (size_t i = 0; !ret && i < count; i++) {
		struct tcam_rule rule = asic->ops->rule(asic->tcam, &all[i]->tcam);

		ret = visit(context, &all[i]->tcam, &rule);
	}
	free(all);
	return ret;
}

static struct asic_entry describe(const struct block *block, const struct entry *entry,
				  const struct tcam_rule *rule, uint64_t visit)
{
	struct asic_entry described = {
		.tcam = &entry->tcam,
		.rule = rule,
		.decision = &entry->decision,
		.port = block->binding.port,
		.table = block->unit->table,
		.entries = 1,
	};
	struct place *place = room_place(entry->room);

	if (!place)
		return described;
	described.cost = place->cost;
	described.entries = 0;
	if (!place_is_first(place, visit))
		return described;
	described.entries = place->entries;
	described.slices = place->slices;
	described.moves = place->moves;
	return described;
}

/* That a visit has come by is only remembered: nobody sees the ASIC change. */
static uint64_t next_visit(const struct asic *asic)
{
	return ++((struct asic *)asic)->visits;
}

int asic_visit(const struct asic *asic, int (*visit)(void *context, const struct asic_entry *entry),
	       void *context)
{
	size_t count;
	struct entry **all = asic_in_order(asic, &count);
	uint64_t number = next_visit(asic);
	int ret = all ? 0 : -ENOMEM;

	for (size_t i = 0; !ret && i < count; i++) {
		const struct block *block = asic_find_block(asic, all[i]->decision.binding);
		struct tcam_rule rule = asic->ops->rule(asic->tcam, &all[i]->tcam);
		struct asic_entry entry = describe(block, all[i], &rule, number);

		ret = visit(context, &entry);
	}
	free(all);
	return ret;
}

/* NULL: no rule of that port, or of any, has come yet. */
static const struct unit *find_unit(const struct asic *asic, const struct model_table *table,
				    int32_t port)
{
	const struct unit *unit;

	DL_FOREACH (asic->tables.units, unit)
		if (unit->table == table && unit->port == port)
			return unit;
	return NULL;
}

static struct asic_table_use use_of(const struct asic *asic, const struct model_table *table,
				    int32_t port)
{
	const struct unit *unit = find_unit(asic, table, port);
	struct asic_table_use use = {
		.table = table,
		.port = port,
		.entries = place_table_entries(asic->nic, table),
		.reserved = place_table_reserved(table),
	};

	if (!unit)
		return use;
	use.used = unit->used;
	use.slices_used = unit->slices_used;
	use.rules = unit->rules;
	use.moves = unit->moves;
	return use;
}

void asic_visit_tables(const struct asic *asic,
		       void (*visit)(void *context, const struct asic_table_use *use),
		       void *context)
{
	const struct model *model = asic->nic->profile;
	struct asic_table_use use;

	for (size_t t = 0; t < model->num_tables; t++) {
		if (model->tables[t].scope != MODEL_PER_PORT) {
			use = use_of(asic, &model->tables[t], -1);
			visit(context, &use);
			continue;
		}
		for (size_t port = 0; port < asic->nic->num_ports; port++) {
			if (asic->nic->ports[port].gone)
				continue;
			use = use_of(asic, &model->tables[t], (int32_t)port);
			visit(context, &use);
		}
	}
}

struct taken {
	const struct model_table *table;
	uint64_t entries;
};

static void add_taken(void *context, const struct asic_table_use *use)
{
	struct taken *taken = context;

	if (use->table == taken->table)
		taken->entries += use->used + use->reserved;
}

uint64_t asic_taken(const struct asic *asic)
{
	struct taken taken = {.table = admission_table(asic->nic->profile, MODEL_CHAIN)};

	asic_visit_tables(asic, add_taken, &taken);
	return taken.entries;
}

uint64_t asic_table_room(const struct asic *asic, const struct asic_table_use *use,
			 const struct model_cost *cost, bool *at_most)
{
	return place_room(asic->nic, use->table, find_unit(asic, use->table, use->port), cost,
			  at_most);
}
