/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `nicemu show tcam`: the tables that the model says the NIC has, and what each rule takes of them.
 */
#include <nicemu/report/report.h>

#include "internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define HASH_NONFATAL_OOM 1
#include <uthash.h>

/* --- tables --- */

static json_t *number_json(uint64_t number)
{
	return number == MODEL_UNKNOWN ? json_null() : json_integer((json_int_t)number);
}

/* A number that is told only where the model has such a thing. */
static json_t *number_if(bool has, uint64_t number)
{
	return has ? number_json(number) : json_null();
}

static bool has_slices(const struct model_table *table)
{
	return table->slices && table->slices != MODEL_UNKNOWN;
}

static json_t *fit_json(const struct asic *asic, const struct asic_table_use *use,
			const struct model_cost *cost)
{
	json_t *record = json_object();
	bool at_most;
	uint64_t rules = asic_table_room(asic, use, cost, &at_most);

	json_object_set_new(record, "rules", json_integer((json_int_t)rules));
	json_object_set_new(record, "at_most", json_boolean(at_most));
	json_object_set_new(record, "entries", number_json(cost ? cost->entries : 1));
	json_object_set_new(record, "slices",
			    number_if(has_slices(use->table),
				      cost && cost->slices ? cost->slices : use->table->slices));
	json_object_set_new(record, "why", text_json(cost ? cost->text : NULL));
	return record;
}

/* One for each cost; without a cost for all rules, one for those that are left. */
static json_t *fits_json(const struct asic *asic, const struct asic_table_use *use)
{
	const struct model_table *table = use->table;
	json_t *fits = json_array();

	for (size_t i = 0; i < table->num_costs; i++)
		json_array_append_new(fits, fit_json(asic, use, &table->costs[i]));
	if (!table->num_costs || table->costs[table->num_costs - 1].when.count)
		json_array_append_new(fits, fit_json(asic, use, NULL));
	return fits;
}

struct table_walk {
	const struct emulator *emulator;
	json_t *tables;
};

static void add_table(void *context, const struct asic_table_use *use)
{
	struct table_walk *walk = context;
	const struct model_table *table = use->table;
	const struct nic *nic = &walk->emulator->nic;
	uint64_t taken = use->used + use->reserved;
	json_t *record = json_object();

	json_object_set_new(record, "name", json_string(table->name));
	json_object_set_new(record, "kind", json_string(model_table_kind_name(table->kind)));
	json_object_set_new(record, "port",
			    use->port < 0 ? json_null()
					  : text_json(nic_port_name(nic, (uint16_t)use->port)));
	json_object_set_new(record, "entries", json_integer((json_int_t)use->entries));
	json_object_set_new(
		record, "entries_known",
		json_boolean(table->entries != MODEL_UNKNOWN || nic->profile->status == MODEL_OWN));
	json_object_set_new(record, "reserved", json_integer((json_int_t)use->reserved));
	json_object_set_new(record, "used", json_integer((json_int_t)use->used));
	json_object_set_new(
		record, "free",
		json_integer(use->entries > taken ? (json_int_t)(use->entries - taken) : 0));
	json_object_set_new(record, "slices",
			    number_if(has_slices(table), use->entries * table->slices));
	json_object_set_new(record, "slices_used", number_if(has_slices(table), use->slices_used));
	json_object_set_new(record, "ways",
			    number_if(table->kind == MODEL_EXACT && table->ways, table->ways));
	json_object_set_new(record, "order", json_string(model_order_name(table->order)));
	json_object_set_new(record, "insertion",
			    json_string(model_insertion_name(table->insertion)));
	json_object_set_new(record, "port_mask", json_boolean(table->port_mask));
	json_object_set_new(record, "rules", json_integer((json_int_t)use->rules));
	json_object_set_new(record, "moves",
			    number_if(table->insertion != MODEL_INSERTION_UNKNOWN, use->moves));
	json_object_set_new(record, "fits", fits_json(walk->emulator->asic, use));
	json_array_append_new(walk->tables, record);
}

/* --- rules: what the ASIC has, found by what the front end knows of it --- */

struct taken {
	struct taken_key {
		uint64_t binding, cookie;
	} key;
	struct asic_entry entry;
	UT_hash_handle hh;
};

static int remember(void *context, const struct asic_entry *entry)
{
	struct taken **all = context;
	struct taken *taken = calloc(1, sizeof(*taken));

	if (!taken)
		return -ENOMEM;
	taken->key = (struct taken_key){entry->decision->binding, entry->decision->cookie};
	taken->entry = *entry;
	HASH_ADD(hh, *all, key, sizeof(taken->key), taken);
	if (taken->hh.tbl)
		return 0;
	free(taken);
	return -ENOMEM;
}

static void forget(struct taken *all)
{
	struct taken *taken, *next;

	HASH_ITER (hh, all, taken, next) {
		HASH_DEL(all, taken);
		free(taken);
	}
}

struct rule_walk {
	const struct emulator *emulator;
	const struct report_texts *texts;
	struct taken *taken;
	json_t *rules, *chains;
};

static json_t *why_json(const struct asic_entry *entry)
{
	if (!entry->entries)
		return json_string("it is in the entry that another port of the chain has");
	return json_string(entry->cost && *entry->cost->text ? entry->cost->text
							     : "a rule takes one entry");
}

static json_t *rule_record(const struct rule_walk *walk, const struct nft_offload_rule *rule,
			   const struct asic_entry *entry)
{
	const struct model_table *table = entry->table;
	json_t *record = json_object();

	json_object_set_new(record, "family", json_string(rule->family));
	json_object_set_new(record, "table", text_json(rule->table));
	json_object_set_new(record, "chain", text_json(rule->chain));
	json_object_set_new(record, "handle", json_integer((json_int_t)rule->handle));
	json_object_set_new(record, "port",
			    text_json(nic_port_name(&walk->emulator->nic, rule->port)));
	json_object_set_new(record, "rule", text_json(rule_text(rule, walk->texts)));
	json_object_set_new(record, "comment", text_json(rule->comment));
	json_object_set_new(record, "nic_table", json_string(table->name));
	json_object_set_new(record, "entries", json_integer((json_int_t)entry->entries));
	json_object_set_new(record, "slices", number_if(has_slices(table), entry->slices));
	json_object_set_new(record, "why", why_json(entry));
	json_object_set_new(record, "moves",
			    number_if(table->insertion != MODEL_INSERTION_UNKNOWN, entry->moves));
	return record;
}

static bool is_of_chain(const json_t *chain, const struct nft_offload_rule *rule)
{
	return !strcmp(json_string_value(json_object_get(chain, "family")), rule->family) &&
	       !strcmp(json_string_value(json_object_get(chain, "table")), rule->table) &&
	       !strcmp(json_string_value(json_object_get(chain, "chain")), rule->chain);
}

/* Rules of one chain come one after the other. */
static json_t *chain_of(struct rule_walk *walk, const struct nft_offload_rule *rule)
{
	json_t *chain = json_array_get(walk->chains, json_array_size(walk->chains) - 1);

	if (chain && is_of_chain(chain, rule))
		return chain;
	chain = json_object();
	json_object_set_new(chain, "family", json_string(rule->family));
	json_object_set_new(chain, "table", json_string(rule->table));
	json_object_set_new(chain, "chain", json_string(rule->chain));
	json_object_set_new(chain, "ports", json_array());
	json_object_set_new(chain, "rules", json_integer(0));
	json_object_set_new(chain, "entries", json_integer(0));
	json_object_set_new(chain, "on_ports", json_null());
	json_array_append_new(walk->chains, chain);
	return chain;
}

static void add_to(json_t *record, const char *key, uint64_t number)
{
	json_int_t before = json_integer_value(json_object_get(record, key));

	json_object_set_new(record, key, json_integer(before + (json_int_t)number));
}

static bool add_port(json_t *ports, const char *name)
{
	const json_t *port;
	size_t i;

	json_array_foreach (ports, i, port)
		if (!strcmp(json_string_value(port), name))
			return false;
	json_array_append_new(ports, report_string(name));
	return true;
}

/* One entry or N for a rule on N ports. */
static const char *on_ports(const struct model_table *table)
{
	if (table->port_mask)
		return "a rule on N ports is one entry";
	if (table->scope == MODEL_PER_PORT)
		return "a rule on N ports is in the table of each of them";
	return "a rule on N ports takes the entries of N rules";
}

static void count_in_chain(struct rule_walk *walk, const struct nft_offload_rule *rule,
			   const struct asic_entry *entry)
{
	json_t *chain = chain_of(walk, rule);
	json_t *ports = json_object_get(chain, "ports");
	const char *port = nic_port_name(&walk->emulator->nic, rule->port);

	add_port(ports, port);
	if (!strcmp(json_string_value(json_array_get(ports, 0)), port))
		add_to(chain, "rules", 1);
	add_to(chain, "entries", entry->entries);
	json_object_set_new(chain, "on_ports", json_string(on_ports(entry->table)));
}

static void add_rule(void *context, const struct nft_offload_rule *rule)
{
	struct rule_walk *walk = context;
	const struct taken_key key = {rule->binding, rule->cookie};
	struct taken *taken = NULL;

	if (rule->in_hw && walk->taken)
		HASH_FIND(hh, walk->taken, &key, sizeof(key), taken);
	if (!taken)
		return;
	json_array_append_new(walk->rules, rule_record(walk, rule, &taken->entry));
	if (rule->table && rule->chain)
		count_in_chain(walk, rule, &taken->entry);
}

json_t *report_tcam(const struct emulator *emulator, const json_t *listing)
{
	struct report_texts *texts = report_texts_create(listing);
	struct table_walk tables = {.emulator = emulator, .tables = json_array()};
	struct rule_walk rules = {.emulator = emulator,
				  .texts = texts,
				  .rules = json_array(),
				  .chains = json_array()};
	json_t *document = json_object();
	int error = asic_visit(emulator->asic, remember, &rules.taken);

	asic_visit_tables(emulator->asic, add_table, &tables);
	if (!error)
		emulator_visit_rules(emulator, add_rule, &rules);
	json_object_set_new(document, "schema_version", json_integer(REPORT_SCHEMA_VERSION));
	json_object_set_new(document, "kernel", json_string(emulator->kernel.version));
	json_object_set_new(document, "nic", text_json(emulator->nic.name));
	json_object_set_new(document, "model", text_json(emulator->nic.model));
	json_object_set_new(document, "tables", tables.tables);
	json_object_set_new(document, "chains", rules.chains);
	json_object_set_new(document, "rules", rules.rules);
	forget(rules.taken);
	report_texts_destroy(texts);
	if (!error)
		return only_with_rules(document);
	json_decref(document);
	return NULL;
}
