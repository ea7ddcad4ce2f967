/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "explain_software.h"

#include <string.h>

enum { CHANGES_MAX = 32, STEPS_SHOWN = 20 };

struct table_walk {
	const struct emulator *emulator;
	uint16_t port;
	json_t *tables;
};

/* The flows of flowtables are only recorded: no packet meets them. */
static bool holds_rules(const struct model_table *table)
{
	return table->front_ends & (1u << MODEL_CHAIN | 1u << MODEL_FLOWER);
}

static void add_table(void *context, const struct asic_table_use *use)
{
	struct table_walk *walk = context;
	const struct model_table *table = use->table;
	json_t *record;

	if (use->port >= 0 && use->port != walk->port)
		return;
	record = json_object();
	json_object_set_new(record, "name", json_string(table->name));
	json_object_set_new(record, "kind", json_string(model_table_kind_name(table->kind)));
	json_object_set_new(record, "order", json_string(model_order_name(table->order)));
	json_object_set_new(record, "port",
			    use->port < 0 ? json_null()
					  : text_json(nic_port_name(&walk->emulator->nic,
								    (uint16_t)use->port)));
	json_object_set_new(record, "asked", json_boolean(holds_rules(table)));
	json_object_set_new(record, "entries",
			    use->entries == MODEL_UNKNOWN ? json_null()
							  : json_integer((json_int_t)use->entries));
	json_object_set_new(record, "used", json_integer((json_int_t)use->used));
	json_array_append_new(walk->tables, record);
}

/* In the model's order; those of other ports are not asked for this packet. */
static json_t *tables_json(const struct emulator *emulator, const struct packet *packet)
{
	struct table_walk walk = {emulator, packet->port, json_array()};

	asic_visit_tables(emulator->asic, add_table, &walk);
	return walk.tables;
}

static json_t *miss_json(const struct explain_miss *miss)
{
	return json_pack("{s:s, s:s, s:s, s:o, s:o, s:o}", "kind", explain_miss_name(miss->kind),
			 "key", flow_dissector_key_name(miss->key), "field", miss->field, "value",
			 text_json(*miss->value ? miss->value : NULL), "mask",
			 text_json(*miss->mask ? miss->mask : NULL), "wanted",
			 text_json(*miss->wanted ? miss->wanted : NULL));
}

static json_t *candidate_json(const struct emulator *emulator, const struct explain_rules *rules,
			      const struct explain_candidate *candidate)
{
	json_t *record = json_object();

	json_object_set_new(record, "place", json_integer((json_int_t)candidate->place));
	json_object_set_new(record, "table",
			    text_json(candidate->table ? candidate->table->name : NULL));
	json_object_set_new(record, "port",
			    text_json(nic_port_name(&emulator->nic, candidate->port)));
	json_object_set_new(record, "priority", json_integer(candidate->priority));
	json_object_set_new(record, "arrival", json_integer((json_int_t)candidate->arrival));
	json_object_set_new(record, "rule",
			    explain_rule_json(rules, candidate->binding, candidate->cookie));
	json_object_set_new(record, "matches", json_boolean(candidate->matches));
	json_object_set_new(record, "fields", json_integer((json_int_t)candidate->fields));
	json_object_set_new(record, "failed", json_integer((json_int_t)candidate->missed));
	json_object_set_new(record, "first_failed",
			    candidate->matches ? json_null() : miss_json(&candidate->first));
	return record;
}

static json_t *candidates_json(const struct emulator *emulator, const struct explanation *e,
			       const struct explain_rules *rules)
{
	json_t *list = json_array(), *record = json_object();

	for (size_t i = 0; i < e->num_candidates; i++)
		json_array_append_new(list, candidate_json(emulator, rules, &e->candidates[i]));
	json_object_set_new(record, "entries", json_integer((json_int_t)e->entries));
	json_object_set_new(record, "of_other_ports", json_integer((json_int_t)e->of_other_ports));
	json_object_set_new(record, "before_the_winner", json_integer((json_int_t)e->before));
	json_object_set_new(record, "shown", list);
	return record;
}

static json_t *why_json(const struct explanation *e, const struct explain_candidate *winner)
{
	size_t mine = e->entries - e->of_other_ports;
	const struct explain_candidate *next = e->num_others ? &e->others[0] : NULL;

	if (!winner)
		return mine > 1 ? json_sprintf("none of the port's %zu entries matches", mine)
				: json_string(mine ? "the port's only entry does not match"
						   : "the port has no entries");
	if (!next)
		return json_string("it is the only entry that matches");
	if (winner->table && winner->table->order == MODEL_ORDER_INDEX &&
	    next->priority != winner->priority)
		return json_sprintf(
			"of %zu entries that match it stands first in the table, at %u; "
			"the next one stands at %u",
			e->matching, winner->priority, next->priority);
	if (winner->table && winner->table->order == MODEL_ORDER_UNKNOWN)
		return json_sprintf("of %zu entries that match nicemu takes the one with the "
				    "lowest priority number, of equals the first; which one the "
				    "hardware takes is not known",
				    e->matching);
	if (next->priority != winner->priority)
		return json_sprintf("of %zu entries that match it has the lowest priority number, "
				    "%u; the next one has %u",
				    e->matching, winner->priority, next->priority);
	if (winner->table && winner->table->order == MODEL_ORDER_ARRIVAL)
		return json_sprintf("of %zu entries that match it came first, and this table does "
				    "not look at the priority",
				    e->matching);
	return json_sprintf("of %zu entries that match, with the same priority %u, it came first%s",
			    e->matching, winner->priority,
			    winner->table && winner->table->order == MODEL_ORDER_PRIORITY_UNDEFINED
				    ? "; the hardware can take any of them"
				    : "");
}

static json_t *others_json(const struct explanation *e, const struct explain_rules *rules)
{
	json_t *others = json_array();

	for (size_t i = 0; i < e->num_others; i++) {
		const struct explain_candidate *other = &e->others[i];

		json_array_append_new(
			others, json_pack("{s:I, s:I, s:o}", "place", (json_int_t)other->place,
					  "priority", (json_int_t)other->priority, "rule",
					  explain_rule_json(rules, other->binding, other->cookie)));
	}
	return others;
}

static json_t *verdict_json(const struct emulator *emulator, const struct explanation *e,
			    const struct explain_rules *rules)
{
	static const char *const fates[] = {
		[ASIC_DROP] = "drop", [ASIC_REDIRECT] = "redirect", [ASIC_HOST] = "host"};
	const struct explain_candidate *winner = explanation_winner(e);
	const struct asic_decision *decision = &e->decision;
	const struct flow_rule *told =
		winner ? explain_flow_rule(rules, winner->binding, winner->cookie) : NULL;
	json_t *record = json_object(), *copies = json_array();

	for (int i = 0; i < decision->num_mirrors; i++)
		json_array_append_new(
			copies, text_json(nic_port_name(&emulator->nic, decision->mirrors[i])));
	json_object_set_new(record, "fate", json_string(fates[decision->fate]));
	json_object_set_new(record, "port",
			    decision->fate == ASIC_REDIRECT
				    ? text_json(nic_port_name(&emulator->nic, decision->port))
				    : json_null());
	json_object_set_new(record, "copies", copies);
	json_object_set_new(record, "matched", json_boolean(decision->matched));
	json_object_set_new(record, "place",
			    winner ? json_integer((json_int_t)winner->place) : json_null());
	json_object_set_new(record, "rule",
			    winner ? explain_rule_json(rules, winner->binding, winner->cookie)
				   : json_null());
	json_object_set_new(record, "why", why_json(e, winner));
	json_object_set_new(record, "matching", json_integer((json_int_t)e->matching));
	json_object_set_new(record, "also_matching", others_json(e, rules));
	json_object_set_new(record, "not_asked",
			    winner ? explain_not_asked_json(told, &winner->rule) : json_array());
	json_object_set_new(record, "asked_besides",
			    winner ? explain_besides_json(told, &winner->rule) : json_array());
	return record;
}

/* The actions that the driver was told, and what they did to the frame. */
static json_t *actions_json(const struct emulator *emulator, const struct explanation *e,
			    const struct explain_rules *rules)
{
	const struct explain_candidate *winner = explanation_winner(e);
	const struct flow_rule *rule =
		winner ? explain_flow_rule(rules, winner->binding, winner->cookie) : NULL;
	json_t *told = json_object(), *actions;

	if (!rule) {
		json_decref(told);
		return winner ? json_null() : json_array();
	}
	add_flow_rule(told, &emulator->nic, rule);
	actions = json_incref(json_object_get(told, "actions"));
	json_decref(told);
	return actions;
}

static json_t *frame_json(const struct packet *packet, const struct packet *leaves)
{
	struct explain_change changes[CHANGES_MAX];
	size_t count = explain_changes(packet, leaves, changes, CHANGES_MAX);
	json_t *list = json_array();

	for (size_t i = 0; i < count && i < CHANGES_MAX; i++) {
		const struct explain_change *c = &changes[i];

		json_array_append_new(
			list,
			json_pack("{s:I, s:o, s:o}", "offset", (json_int_t)c->offset, "before",
				  explain_hex_json(packet->data + c->offset, c->before), "after",
				  explain_hex_json(leaves->data + c->offset, c->after)));
	}
	return json_pack("{s:b, s:I, s:I, s:o}", "changed",
			 count != 0 || packet->length != leaves->length, "length",
			 (json_int_t)leaves->length, "places", (json_int_t)count, "changes", list);
}

static json_t *host_json(const struct emulator *emulator, const struct packet *packet,
			 const struct explanation *e)
{
	bool sees = e->decision.fate == ASIC_HOST;

	return json_pack("{s:b, s:o}", "sees", sees, "port",
			 sees ? text_json(nic_port_name(&emulator->nic, packet->port))
			      : json_null());
}

/* The rule of the NIC's decision, in software's terms. */
static struct explain_hardware hardware_of(const struct explanation *e,
					   const struct explain_rules *rules)
{
	const struct explain_candidate *winner = explanation_winner(e);
	struct explain_hardware hardware = {0};

	if (!winner)
		return hardware;
	hardware.binding = winner->binding;
	hardware.cookie = winner->cookie;
	hardware.rule = explain_rule_name(rules, winner->binding, winner->cookie);
	return hardware;
}

static int add_software(json_t *document, const struct emulator *emulator,
			const struct packet *packet, const struct explanation *e,
			const struct explain_rules *rules, bool all)
{
	const struct explain_hardware hardware = hardware_of(e, rules);
	struct explain_software software;
	int error = explain_software_run(&software, emulator, packet, &hardware,
					 all ? SIZE_MAX : (size_t)STEPS_SHOWN);

	if (!error) {
		json_object_set_new(json_object_get(document, "host"), "again",
				    json_boolean(e->decision.fate == ASIC_HOST && software.met &&
						 software.own.matched));
		json_object_set_new(document, "software",
				    explain_software_json(&software, emulator));
		json_object_set_new(document, "difference",
				    explain_difference_json(emulator, e, &hardware, &software));
	}
	explain_software_clear(&software);
	return error;
}

json_t *report_explain(const struct emulator *emulator, const struct packet *packet,
		       const struct explanation *e, const struct report_explain_source *source)
{
	struct explain_rules *rules = explain_rules_create(emulator, e);
	json_t *document = json_object();

	if (!rules || !document) {
		explain_rules_destroy(rules);
		json_decref(document);
		return NULL;
	}
	json_object_set_new(document, "schema_version", json_integer(REPORT_SCHEMA_VERSION));
	json_object_set_new(document, "generator", json_string(source->generator));
	json_object_set_new(document, "nic", text_json(emulator->nic.name));
	json_object_set_new(document, "model", text_json(emulator->nic.model));
	json_object_set_new(document, "kernel", json_string(emulator->kernel.version));
	json_object_set_new(document, "packet", explain_packet_json(emulator, packet, e, source));
	json_object_set_new(document, "key", explain_key_json(packet, e));
	json_object_set_new(document, "tables", tables_json(emulator, packet));
	json_object_set_new(document, "candidates", candidates_json(emulator, e, rules));
	json_object_set_new(document, "verdict", verdict_json(emulator, e, rules));
	json_object_set_new(document, "actions", actions_json(emulator, e, rules));
	json_object_set_new(document, "frame", frame_json(packet, &e->leaves));
	json_object_set_new(document, "host", host_json(emulator, packet, e));
	if (add_software(document, emulator, packet, e, rules, source->all)) {
		json_decref(document);
		document = NULL;
	}
	explain_rules_destroy(rules);
	return document;
}

void report_explain_rule_key(char *key, size_t size, const char *family, const char *table,
			     uint64_t handle)
{
	snprintf(key, size, "%s %s %llu", family, table, (unsigned long long)handle);
}

static void complete_rule(json_t *rule, const struct report_texts *texts, const json_t *files)
{
	const char *family = json_string_value(json_object_get(rule, "family"));
	const char *table = json_string_value(json_object_get(rule, "table"));
	uint64_t handle = (uint64_t)json_integer_value(json_object_get(rule, "handle"));
	json_t *text, *file;
	char key[1024];

	if (!family || !table)
		return;
	text = report_rule_string(texts, family, table, handle);
	if (text && json_is_null(json_object_get(rule, "rule")))
		json_object_set(rule, "rule", text);
	report_explain_rule_key(key, sizeof(key), family, table, handle);
	file = json_object_get(files, key);
	if (file)
		json_object_set(rule, "file", file);
}

/* Every object that is the member "rule" of another. */
void report_explain_complete(json_t *document, const struct report_texts *texts,
			     const json_t *files)
{
	const char *key;
	json_t *value;
	size_t i;

	json_object_foreach (document, key, value) {
		if (json_is_object(value) && strcmp(key, "rule") == 0)
			complete_rule(value, texts, files);
		else
			report_explain_complete(value, texts, files);
	}
	json_array_foreach (document, i, value)
		report_explain_complete(value, texts, files);
}
