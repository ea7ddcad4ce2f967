/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `nicemu show rules --driver`: what the kernel handed to the NIC's driver, in order of arrival. */
#include <nicemu/report/report.h>

#include <nicemu/flow/view.h>

#include "internal.h"

#include <stdlib.h>
#include <string.h>

#define HASH_NONFATAL_OOM 1
#include <uthash.h>

/* The rule behind a (binding, cookie), as a record with family, table, chain, handle … */
struct origin {
	struct origin_key {
		uint64_t binding, cookie;
	} key;
	json_t *record;
	UT_hash_handle hh;
};

struct driver_walk {
	const struct emulator *emulator;
	const struct report_texts *texts;
	struct origin *origins;
	json_t *rules;
};

static json_t *origin_json(const struct nft_offload_rule *rule, const struct report_texts *texts)
{
	json_t *record = json_object();

	json_object_set_new(record, "family", text_json(rule ? rule->family : NULL));
	json_object_set_new(record, "table", text_json(rule ? rule->table : NULL));
	json_object_set_new(record, "chain", text_json(rule ? rule->chain : NULL));
	json_object_set_new(record, "handle",
			    rule ? json_integer((json_int_t)rule->handle) : json_null());
	json_object_set_new(record, "port", json_null());
	json_object_set_new(
		record, "rule",
		text_json(rule ? report_rule_text(texts, rule->family, rule->table, rule->handle)
			       : NULL));
	json_object_set_new(record, "comment", text_json(rule ? rule->comment : NULL));
	return record;
}

static void remember_origin(void *context, const struct nft_offload_rule *rule)
{
	struct driver_walk *walk = context;
	struct origin *origin = rule->in_hw ? calloc(1, sizeof(*origin)) : NULL;

	if (!origin)
		return;
	origin->key = (struct origin_key){rule->binding, rule->cookie};
	HASH_ADD(hh, walk->origins, key, sizeof(origin->key), origin);
	if (!origin->hh.tbl) {
		free(origin);
		return;
	}
	origin->record = origin_json(rule, walk->texts);
}

static void forget_origins(struct driver_walk *walk)
{
	struct origin *origin, *next;

	HASH_ITER (hh, walk->origins, origin, next) {
		HASH_DEL(walk->origins, origin);
		json_decref(origin->record);
		free(origin);
	}
}

/* A driver may hold what no rule stands for any more: that is told by nulls. */
static json_t *record_of(const struct driver_walk *walk, uint32_t binding, uint64_t cookie)
{
	const struct origin_key key = {binding, cookie};
	struct origin *origin;

	HASH_FIND(hh, walk->origins, &key, sizeof(key), origin);
	return origin ? json_incref(origin->record) : origin_json(NULL, NULL);
}

static json_t *used_keys_json(uint64_t used_keys)
{
	json_t *names = json_array();

	for (int id = 0; id < 64; id++) {
		const char *name = flow_dissector_key_name(id);

		if (used_keys >> id & 1)
			json_array_append_new(names,
					      name ? json_string(name) : json_sprintf("%d", id));
	}
	return names;
}

struct fields {
	json_t *flagged, *unflagged;
};

static void add_field(void *context, const struct flow_view_field *field)
{
	const struct fields *fields = context;
	json_t *keys = field->flagged ? fields->flagged : fields->unflagged;
	const char *name = flow_dissector_key_name(field->key);
	json_t *key = json_object_get(keys, name);

	if (!key) {
		key = json_object();
		json_object_set_new(keys, name, key);
	}
	json_object_set_new(key, field->name,
			    json_pack("{s:s, s:s}", "value", field->value, "mask", field->mask));
}

static json_t *action_json(const struct nic *nic, const struct flow_action_entry *action)
{
	bool to_port = action->id == FLOW_ACTION_REDIRECT || action->id == FLOW_ACTION_MIRRED;
	int port = to_port ? nic_port_by_ifindex(nic, action->ifindex) : -1;
	json_t *record = json_object();

	json_object_set_new(record, "id", json_string(flow_action_name(action->id)));
	if (to_port) {
		json_object_set_new(record, "ifindex", json_integer(action->ifindex));
		json_object_set_new(record, "port",
				    port < 0 ? json_null() : text_json(nic->ports[port].name));
	}
	json_object_set_new(record, "hw_stats", json_string(flow_hw_stats_name(action->hw_stats)));
	return record;
}

static void add_match_and_actions(json_t *record, const struct nic *nic,
				  const struct flow_rule *rule)
{
	struct fields fields = {json_object(), json_object()};
	json_t *actions = json_array();

	flow_view_match(&rule->match, add_field, &fields);
	for (size_t i = 0; i < rule->num_actions; i++)
		json_array_append_new(actions, action_json(nic, &rule->actions[i]));
	json_object_set_new(record, "used_keys", used_keys_json(rule->match.used_keys));
	json_object_set_new(record, "keys", fields.flagged);
	json_object_set_new(record, "keys_not_flagged", fields.unflagged);
	json_object_set_new(record, "actions", actions);
}

static void add_command(void *context, const struct offload_binding *binding,
			const struct offload_command *command)
{
	struct driver_walk *walk = context;
	const struct nic *nic = &walk->emulator->nic;
	json_t *record = record_of(walk, binding->id, command->cookie);

	json_object_set_new(record, "port", text_json(port_name(nic, binding->port)));
	json_object_set_new(record, "command", json_string(offload_verb_name(OFFLOAD_REPLACE)));
	json_object_set_new(record, "binding", json_integer(binding->id));
	json_object_set_new(record, "cookie",
			    json_sprintf("0x%llx", (unsigned long long)command->cookie));
	json_object_set_new(record, "chain_index", json_integer(command->chain_index));
	json_object_set_new(record, "protocol", json_sprintf("0x%04x", command->protocol));
	json_object_set_new(record, "prio", json_integer(command->prio));
	json_object_set_new(record, "skip_sw", json_boolean(command->skip_sw));
	if (command->rule)
		add_match_and_actions(record, nic, command->rule);
	json_array_append_new(walk->rules, record);
}

json_t *report_driver(const struct emulator *emulator, const json_t *listing)
{
	struct report_texts *texts = report_texts_create(listing);
	struct driver_walk walk = {.emulator = emulator, .texts = texts, .rules = json_array()};
	json_t *document = json_object();

	nft_visit_offload_rules(emulator->nft, remember_origin, &walk);
	offload_visit(emulator->offload, add_command, &walk);
	json_object_set_new(document, "schema_version", json_integer(REPORT_SCHEMA_VERSION));
	json_object_set_new(document, "kernel", json_string(emulator->kernel.version));
	json_object_set_new(document, "nic", text_json(emulator->nic.name));
	json_object_set_new(document, "model", text_json(emulator->nic.model));
	json_object_set_new(document, "rules", walk.rules);
	forget_origins(&walk);
	report_texts_destroy(texts);
	return document;
}
