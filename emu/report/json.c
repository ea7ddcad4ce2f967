/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The report of a replay as a JSON document; its keys are the contract of DESIGN.md section 7. */
#include <nicemu/report/report.h>

#include "internal.h"
#include "packed.h"
#include "untold.h"

#include <stdlib.h>
#include <string.h>

json_t *counter_json(uint64_t packets, uint64_t bytes)
{
	json_t *counter = json_object();

	json_object_set_new(counter, "packets", json_integer((json_int_t)packets));
	json_object_set_new(counter, "bytes", json_integer((json_int_t)bytes));
	return counter;
}

json_t *time_json(uint64_t time_ns)
{
	if (!time_ns)
		return json_null();
	return json_sprintf("%llu.%09llu", (unsigned long long)(time_ns / 1000000000u),
			    (unsigned long long)(time_ns % 1000000000u));
}

json_t *text_json(const char *text)
{
	return text ? report_string(text) : json_null();
}

static json_t *counters_json(const struct replay_counters *counters)
{
	static const struct replay_counters zero;

	return counters ? counter_json(counters->packets, counters->bytes)
			: counter_json(zero.packets, zero.bytes);
}

static json_t *captures_json(const struct emulator *emulator, const struct replay_results *results)
{
	json_t *captures = json_array();

	for (size_t i = 0; results && i < results->num_captures; i++) {
		const struct replay_capture *c = &results->captures[i];
		json_t *capture = json_object();

		json_object_set_new(capture, "file", report_string(c->name));
		json_object_set_new(capture, "port",
				    json_string(nic_port_name(&emulator->nic, c->port)));
		json_object_set_new(capture, "packets",
				    json_integer((json_int_t)c->played.packets));
		json_object_set_new(capture, "bytes", json_integer((json_int_t)c->played.bytes));
		json_object_set_new(capture, "truncated", json_integer((json_int_t)c->truncated));
		json_object_set_new(capture, "malformed", json_integer((json_int_t)c->malformed));
		json_object_set_new(capture, "filtered", json_integer((json_int_t)c->filtered));
		json_array_append_new(captures, capture);
	}
	return captures;
}

static json_t *fates_json(const struct replay_results *results)
{
	static const char *const names[] = {
		[ASIC_DROP] = "drop",
		[ASIC_REDIRECT] = "redirect",
		[ASIC_HOST] = "host",
	};
	json_t *fates = json_object();

	for (int i = 0; i < ASIC_FATES; i++)
		json_object_set_new(fates, names[i],
				    counters_json(results ? &results->fates[i] : NULL));
	return fates;
}

static bool has_counted(const struct emulator_port_counters *c)
{
	return c->rx_packets || c->tx_packets || c->host_packets;
}

/* A port that is gone is told of as long as it has packets: sums match fates. */
json_t *ports_json(const struct nic *nic, const struct emulator_port_counters *counters)
{
	static const struct emulator_port_counters zero;
	json_t *ports = json_array();

	for (size_t i = 0; i < nic->num_ports; i++) {
		const struct emulator_port_counters *c = counters ? &counters[i] : &zero;
		json_t *port;

		if (nic->ports[i].gone && !has_counted(c))
			continue;
		port = json_object();
		json_object_set_new(port, "name", json_string(nic->ports[i].name));
		json_object_set_new(port, "rx", counter_json(c->rx_packets, c->rx_bytes));
		json_object_set_new(port, "tx", counter_json(c->tx_packets, c->tx_bytes));
		json_object_set_new(port, "host", counter_json(c->host_packets, c->host_bytes));
		json_array_append_new(ports, port);
	}
	return ports;
}

const char *rule_text(const struct nft_offload_rule *rule, const struct report_texts *texts)
{
	return rule->text ? rule->text
			  : report_rule_text(texts, rule->family, rule->table, rule->handle);
}

json_t *told_json(struct asic_told told)
{
	json_t *record = json_object();

	json_object_set_new(record, "packets", json_boolean(told.packets));
	json_object_set_new(record, "bytes", json_boolean(told.bytes));
	return record;
}

json_t *rule_json(const struct nic *nic, const struct nft_offload_rule *rule,
		  const struct report_texts *texts, const struct rule_counts *counts)
{
	const struct offload_stats *totals = &counts->totals;
	json_t *record = json_object();

	json_object_set_new(record, "family", json_string(rule->family));
	json_object_set_new(record, "table", text_json(rule->table));
	json_object_set_new(record, "chain", text_json(rule->chain));
	json_object_set_new(record, "handle", json_integer((json_int_t)rule->handle));
	json_object_set_new(record, "port", json_string(nic_port_name(nic, rule->port)));
	json_object_set_new(record, "priority", json_integer(rule->priority));
	json_object_set_new(record, "rule", text_json(rule_text(rule, texts)));
	json_object_set_new(record, "comment", text_json(rule->comment));
	json_object_set_new(record, "has_counter",
			    rule->text ? json_null() : json_boolean(rule->has_counter));
	json_object_set_new(record, "in_hw", json_boolean(rule->in_hw));
	json_object_set_new(record, "packets", json_integer((json_int_t)totals->packets));
	json_object_set_new(record, "bytes", json_integer((json_int_t)totals->bytes));
	json_object_set_new(record, "software_packets", json_integer(0));
	json_object_set_new(record, "software_bytes", json_integer(0));
	json_object_set_new(record, "last_used", time_json(totals->last_used_ns));
	json_object_set_new(record, "counted", told_json(counts->told));
	return record;
}

struct rules_walk {
	const struct emulator *emulator;
	const struct replay *replay;
	struct report_texts *texts;
	json_t *rules; /* NULL: they are packed */
	struct packer packer;
	struct replay_counters matched; /* by rules that are there now */
	struct untold untold;
};

static void add_rule(void *context, const struct nft_offload_rule *rule)
{
	struct rules_walk *walk = context;
	struct rule_counts counts = {0};

	if (walk->replay && rule->in_hw)
		replay_rule_counts(walk->replay, rule->binding, rule->cookie, &counts.totals);
	if (rule->in_hw)
		counts.told = asic_told(walk->emulator->asic, rule->binding, rule->cookie);
	untold_add(&walk->untold, rule, counts.told);
	walk->matched.packets += counts.totals.packets;
	walk->matched.bytes += counts.totals.bytes;
	if (walk->rules)
		json_array_append_new(walk->rules,
				      rule_json(&walk->emulator->nic, rule, walk->texts, &counts));
	else
		packer_add(&walk->packer, &walk->emulator->nic, rule, &counts);
}

/* What rules that are gone since have decided: all that matched, less what live rules tell. */
static json_t *retired_json(const struct replay_results *results,
			    const struct replay_counters *matched)
{
	if (!results)
		return counter_json(0, 0);
	return counter_json(results->total.packets - results->unmatched.packets - matched->packets,
			    results->total.bytes - results->unmatched.bytes - matched->bytes);
}

static const char *chain_text(const json_t *chain, const char *key)
{
	const char *text = json_string_value(json_object_get(chain, key));

	return text ? text : "";
}

static json_t *chain_place(const json_t *chain)
{
	json_t *place = json_object();

	json_object_set(place, "family", json_object_get(chain, "family"));
	json_object_set(place, "table", json_object_get(chain, "table"));
	json_object_set(place, "chain", json_object_get(chain, "chain"));
	json_object_set_new(place, "handle", json_null());
	return place;
}

/* The first devices of a NIC, for messages. */
static void list_ports(const struct nic *nic, char *text, size_t size)
{
	enum { SHOWN = 16 };
	size_t used = 0, found = 0;

	text[0] = '\0';
	for (size_t i = 0; i < nic->num_ports; i++) {
		if (nic->ports[i].gone || found++ >= SHOWN || used >= size)
			continue;
		used += (size_t)snprintf(text + used, size - used, "%s%s", used ? ", " : "",
					 nic->ports[i].name);
	}
	if (found > SHOWN && used < size)
		snprintf(text + used, size - used, " and %zu more", found - SHOWN);
}

static void warn(json_t *warnings, const json_t *chain, const char *id, json_t *text)
{
	json_t *warning = json_object();

	json_object_set_new(warning, "rule", chain_place(chain));
	json_object_set_new(warning, "id", json_string(id));
	json_object_set_new(warning, "text", text);
	json_array_append_new(warnings, warning);
}

/* A chain whose rules see no packet here: that is easy to overlook. */
static json_t *warnings_json(const struct nic *nic, const json_t *listing)
{
	json_t *warnings = json_array();
	json_t *chain, *device;
	char ports[512];
	size_t i, j;

	list_ports(nic, ports, sizeof(ports));
	json_array_foreach (json_object_get(listing, "chains"), i, chain) {
		if (!json_is_true(json_object_get(chain, "offload"))) {
			if (json_integer_value(json_object_get(chain, "rules")))
				warn(warnings, chain, "not-offloaded",
				     json_sprintf("chain %s has no 'flags offload': its rules "
						  "stay in software, which sees no packet here",
						  chain_text(chain, "chain")));
			continue;
		}
		json_array_foreach (json_object_get(chain, "devices"), j, device) {
			const char *name = json_string_value(device);

			if (name && nic_port_by_name(nic, name) < 0)
				warn(warnings, chain, "device-not-a-port",
				     json_sprintf("chain %s names device %s, which is no port of "
						  "this NIC; its ports: %s",
						  chain_text(chain, "chain"), name, ports));
		}
	}
	return warnings;
}

static void add_rule_warning(void *context, const struct nft_warning *warning)
{
	json_t *record = json_object();
	json_t *place = json_object();

	json_object_set_new(place, "family", json_string(warning->family));
	json_object_set_new(place, "table", text_json(warning->table));
	json_object_set_new(place, "chain", text_json(warning->chain));
	json_object_set_new(place, "handle", json_integer((json_int_t)warning->handle));
	json_object_set_new(record, "rule", place);
	json_object_set_new(record, "id", json_string(warning->id));
	json_object_set_new(record, "text", text_json(warning->text));
	json_array_append_new(context, record);
}

static json_t *errors_json(const struct replay *replay)
{
	json_t *errors = json_array();
	struct replay_error e;

	for (size_t i = 0; replay && replay_get_error(replay, i, &e); i++) {
		json_t *error = json_object();

		json_object_set_new(
			error, "kind",
			json_string(e.fault == REPLAY_INPUT_FAULT ? "input" : "output"));
		json_object_set_new(error, "file", text_json(e.name));
		json_object_set_new(error, "offset",
				    e.has_offset ? json_integer((json_int_t)e.offset)
						 : json_null());
		json_object_set_new(error, "errno", json_string(errno_name(-e.error)));
		json_object_set_new(error, "text", text_json(e.text));
		json_array_append_new(errors, error);
	}
	return errors;
}

static json_t *timing_json(const struct replay_results *results, bool reproducible)
{
	double elapsed = results && !reproducible ? results->elapsed_seconds : 0;
	json_t *timing = json_object();

	json_object_set_new(timing, "elapsed_seconds", json_real(elapsed));
	json_object_set_new(
		timing, "packets_per_second",
		json_integer(elapsed > 0 ? (json_int_t)((double)results->total.packets / elapsed)
					 : 0));
	return timing;
}

json_t *only_with_rules(json_t *document)
{
	if (json_object_get(document, "rules"))
		return document;
	json_decref(document);
	return NULL;
}

json_t *report_build(const struct emulator *emulator, const struct replay *replay,
		     const json_t *listing, const struct report_options *options)
{
	const struct replay_results *results = replay ? replay_get_results(replay) : NULL;
	const struct nic *nic = &emulator->nic;
	struct rules_walk walk = {
		.emulator = emulator,
		.replay = replay,
		.texts = report_texts_create(listing),
	};
	json_t *warnings = warnings_json(nic, listing);
	json_t *report = json_object();

	/* What is known of a real kernel's rules does not fit into a packed one. */
	if (options->packed && !emulator->kmod)
		packer_begin(&walk.packer);
	else
		walk.rules = json_array();
	if (!options->without_rules)
		emulator_visit_rules(emulator, add_rule, &walk);
	nft_visit_rule_warnings(emulator->nft, add_rule_warning, warnings);
	untold_warn(&walk.untold, nic, warnings);
	json_object_set_new(report, "schema_version", json_integer(REPORT_SCHEMA_VERSION));
	json_object_set_new(report, "generator", json_string(options->generator));
	json_object_set_new(report, "nic", text_json(nic->name));
	json_object_set_new(report, "model", text_json(nic->model));
	json_object_set_new(report, "kernel", json_string(emulator->kernel.version));
	json_object_set_new(report, "interrupted", json_boolean(results && results->interrupted));
	json_object_set_new(report, "captures", captures_json(emulator, results));
	json_object_set_new(report, "packets",
			    json_integer(results ? (json_int_t)results->total.packets : 0));
	json_object_set_new(report, "bytes",
			    json_integer(results ? (json_int_t)results->total.bytes : 0));
	json_object_set_new(report, "fate", fates_json(results));
	json_object_set_new(report, "mirrored", counters_json(results ? &results->mirrored : NULL));
	json_object_set_new(report, "unmatched",
			    counters_json(results ? &results->unmatched : NULL));
	json_object_set_new(report, "retired", retired_json(results, &walk.matched));
	json_object_set_new(report, "ports", ports_json(nic, results ? results->ports : NULL));
	json_object_set_new(report, "rules", walk.rules ? walk.rules : packer_end(&walk.packer));
	json_object_set_new(report, "refused", json_array());
	json_object_set_new(report, "warnings", warnings);
	json_object_set_new(report, "errors", errors_json(replay));
	json_object_set_new(report, "timing", timing_json(results, options->reproducible));
	report_texts_destroy(walk.texts);
	return only_with_rules(report);
}

size_t report_add_texts(json_t *report, const json_t *listing)
{
	struct report_texts *texts = report_texts_create(listing);
	json_t *rules = json_object_get(report, "rules");
	size_t i, missing = packed(rules) ? packed_add_texts(rules, texts) : 0;
	json_t *rule;

	json_array_foreach (json_object_get(report, "rules"), i, rule) {
		const char *text;

		if (!json_is_null(json_object_get(rule, "rule")))
			continue;
		text = report_rule_text(
			texts, chain_text(rule, "family"), chain_text(rule, "table"),
			(uint64_t)json_integer_value(json_object_get(rule, "handle")));
		if (text)
			json_object_set_new(rule, "rule", report_string(text));
		else
			missing++;
	}
	report_texts_destroy(texts);
	return missing;
}
