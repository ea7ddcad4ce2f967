/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `nicemu show rules --driver`: what the kernel handed to the NIC's driver, in order of arrival. */
#include <nicemu/report/report.h>

#include "internal.h"

#include <nicemu/offload/router.h>

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
	json_object_set_new(record, "rule", text_json(rule ? rule_text(rule, texts) : NULL));
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

static void add_command(void *context, const struct offload_binding *binding,
			const struct offload_command *command)
{
	struct driver_walk *walk = context;
	const struct nic *nic = &walk->emulator->nic;
	json_t *record = record_of(walk, binding->id, command->cookie);

	json_object_set_new(record, "port", text_json(nic_port_name(nic, binding->port)));
	json_object_set_new(record, "command", json_string(offload_verb_name(OFFLOAD_REPLACE)));
	json_object_set_new(record, "binding", json_integer(binding->id));
	json_object_set_new(record, "binder", json_string(offload_binder_name(binding->binder)));
	json_object_set_new(
		record, "direction",
		json_string(binding->direction == OFFLOAD_INGRESS ? "ingress" : "egress"));
	json_object_set_new(record, "recorded_only", json_boolean(router_recorded_only(binding)));
	json_object_set_new(record, "cookie",
			    json_sprintf("0x%llx", (unsigned long long)command->cookie));
	json_object_set_new(record, "chain_index", json_integer(command->chain_index));
	json_object_set_new(record, "protocol", json_sprintf("0x%04x", command->protocol));
	json_object_set_new(record, "prio", json_integer(command->prio));
	json_object_set_new(record, "skip_sw", json_boolean(command->skip_sw));
	if (command->rule)
		add_flow_rule(record, nic, command->rule);
	json_array_append_new(walk->rules, record);
}

json_t *report_driver(const struct emulator *emulator, const json_t *listing)
{
	struct report_texts *texts = report_texts_create(listing);
	struct driver_walk walk = {.emulator = emulator, .texts = texts, .rules = json_array()};
	json_t *document = json_object();

	emulator_visit_rules(emulator, remember_origin, &walk);
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
