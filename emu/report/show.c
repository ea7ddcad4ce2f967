/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The documents behind `nicemu show`: the state of an emulator, since its start. */
#include <nicemu/report/report.h>

#include "internal.h"
#include "packed.h"

#include <unistd.h>

static const char *const port_kinds[] = {
	[NIC_PORT_UPLINK] = "uplink",
	[NIC_PORT_PF] = "pf",
	[NIC_PORT_VF] = "vf",
	[NIC_PORT_REPRESENTOR] = "representor",
};

static json_t *nic_port_json(const struct nic *nic, const struct nic_port *port)
{
	bool stands = port->kind == NIC_PORT_REPRESENTOR && port->peer >= 0;
	json_t *record = json_object();

	json_object_set_new(record, "name", json_string(port->name));
	json_object_set_new(record, "ifindex", json_integer(port->ifindex));
	json_object_set_new(record, "kind", json_string(port_kinds[port->kind]));
	json_object_set_new(record, "mac",
			    json_sprintf("%02x:%02x:%02x:%02x:%02x:%02x", port->mac[0],
					 port->mac[1], port->mac[2], port->mac[3], port->mac[4],
					 port->mac[5]));
	json_object_set_new(record, "speed", json_integer(port->speed));
	json_object_set_new(record, "mtu", json_integer(port->mtu));
	json_object_set_new(record, "hw_tc_offload", json_boolean(!port->hw_tc_offload_off));
	json_object_set_new(record, "represents",
			    stands ? json_string(nic->ports[port->peer].name) : json_null());
	return record;
}

json_t *recorded_json(const struct emulator *emulator)
{
	json_t *record = json_object();

	for (int binder = OFFLOAD_FLOWTABLE; binder <= OFFLOAD_TC; binder++)
		json_object_set_new(record, offload_binder_name(binder),
				    json_integer((json_int_t)store_rules(emulator->store, binder)));
	return record;
}

static json_t *document_create(void)
{
	json_t *document = json_object();

	json_object_set_new(document, "schema_version", json_integer(REPORT_SCHEMA_VERSION));
	return document;
}

json_t *report_nic(const struct emulator *emulator)
{
	const struct nic *nic = &emulator->nic;
	json_t *document = document_create();
	json_t *ports = json_array();

	for (size_t i = 0; i < nic->num_ports; i++)
		if (!nic->ports[i].gone)
			json_array_append_new(ports, nic_port_json(nic, &nic->ports[i]));
	json_object_set_new(document, "nic", text_json(nic->name));
	json_object_set_new(document, "model", text_json(nic->model));
	json_object_set_new(document, "kernel", json_string(emulator->kernel.version));
	json_object_set_new(document, "entries",
			    json_integer((json_int_t)asic_capacity(emulator->asic)));
	json_object_set_new(document, "entries_used",
			    json_integer((json_int_t)asic_taken(emulator->asic)));
	json_object_set_new(document, "recorded_only", recorded_json(emulator));
	json_object_set_new(document, "open_ports", json_boolean(nic->open_ports));
	json_object_set_new(document, "ports", ports);
	return document;
}

struct show_walk {
	const struct emulator *emulator;
	const struct report_texts *texts;
	json_t *rules; /* NULL: they are packed */
	struct packer packer;
};

static void add_rule(void *context, const struct nft_offload_rule *rule)
{
	struct show_walk *walk = context;
	struct rule_counts counts = {0};

	if (rule->in_hw) {
		offload_totals(walk->emulator->offload, rule->binding, rule->cookie,
			       &counts.totals);
		counts.told = asic_told(walk->emulator->asic, rule->binding, rule->cookie);
	}
	if (walk->rules)
		json_array_append_new(walk->rules,
				      rule_json(&walk->emulator->nic, rule, walk->texts, &counts));
	else
		packer_add(&walk->packer, &walk->emulator->nic, rule, &counts);
}

json_t *report_rules(const struct emulator *emulator, const json_t *listing, bool packed)
{
	struct report_texts *texts = report_texts_create(listing);
	struct show_walk walk = {.emulator = emulator, .texts = texts};
	json_t *document = document_create();

	if (packed && !emulator->kmod)
		packer_begin(&walk.packer);
	else
		walk.rules = json_array();

	emulator_visit_rules(emulator, add_rule, &walk);
	json_object_set_new(document, "rules", walk.rules ? walk.rules : packer_end(&walk.packer));
	report_texts_destroy(texts);
	return only_with_rules(document);
}

/* Of this process, resident; 0 where the system does not tell. */
static uint64_t process_bytes(void)
{
	FILE *file = fopen("/proc/self/statm", "re");
	unsigned long whole, resident = 0;

	if (!file)
		return 0;
	if (fscanf(file, "%lu %lu", &whole, &resident) != 2)
		resident = 0;
	fclose(file);
	return (uint64_t)resident * (uint64_t)sysconf(_SC_PAGESIZE);
}

/* What is neither table nor entries is, with many rules, the control plane's copy of them. */
static json_t *memory_json(const struct emulator *emulator)
{
	struct asic_memory memory = asic_memory(emulator->asic);
	json_t *record = json_object();

	json_object_set_new(record, "table_bytes", json_integer((json_int_t)memory.tcam_bytes));
	json_object_set_new(record, "entry_bytes", json_integer((json_int_t)memory.entry_bytes));
	json_object_set_new(record, "process_bytes", json_integer((json_int_t)process_bytes()));
	return record;
}

json_t *report_counters(const struct emulator *emulator)
{
	struct asic_counters retired = asic_retired(emulator->asic);
	json_t *document = document_create();

	json_object_set_new(document, "ports", ports_json(&emulator->nic, emulator->ports));
	json_object_set_new(document, "entries",
			    json_integer((json_int_t)asic_capacity(emulator->asic)));
	json_object_set_new(document, "entries_used",
			    json_integer((json_int_t)asic_taken(emulator->asic)));
	json_object_set_new(document, "recorded_only", recorded_json(emulator));
	json_object_set_new(document, "retired", counter_json(retired.packets, retired.bytes));
	json_object_set_new(document, "memory", memory_json(emulator));
	return document;
}

static void add_line(void *context, uint64_t sequence, enum log_level level, uint64_t time_ns,
		     const char *text)
{
	json_t *line = json_object();

	json_object_set_new(line, "sequence", json_integer((json_int_t)sequence));
	json_object_set_new(line, "level", json_string(log_level_name(level)));
	json_object_set_new(line, "time", time_json(time_ns));
	json_object_set_new(line, "text", report_string(text));
	json_array_append_new(context, line);
}

json_t *report_log(const struct emulator *emulator)
{
	json_t *document = document_create();
	json_t *lines = json_array();

	log_visit(emulator->log, 0, add_line, lines);
	json_object_set_new(document, "lines", lines);
	return document;
}
