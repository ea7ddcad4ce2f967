/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The frame, and how its bytes became the key. */
#include "explain_internal.h"

#include <string.h>

enum { BYTES_SHOWN = 256 };

json_t *explain_hex_json(const uint8_t *bytes, size_t length)
{
	char text[2 * BYTES_SHOWN + 1] = "";

	for (size_t i = 0; i < length && i < BYTES_SHOWN; i++)
		snprintf(text + 2 * i, 3, "%02x", bytes[i]);
	return json_string(text);
}

static json_t *flags_json(const struct packet *packet, const struct dissect_trace *trace)
{
	const struct {
		bool holds;
		const char *name;
	} flags[] = {
		{trace->result.flags & DISSECT_TRUNCATED, "truncated"},
		{trace->result.flags & DISSECT_MALFORMED, "malformed"},
		{trace->result.flags & DISSECT_SHORT, "short"},
		{trace->result.flags & DISSECT_LATER_FRAGMENT, "later-fragment"},
		{trace->result.flags & DISSECT_IPV6_EXTENSION, "ipv6-extension"},
		{packet->flags & PACKET_BAD_LENGTH, "bad-record-length"},
		{packet->flags & PACKET_NO_TIME, "no-time"},
	};
	json_t *names = json_array();

	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		if (flags[i].holds)
			json_array_append_new(names, json_string(flags[i].name));
	return names;
}

/* Who sent what comes in by a representor; NULL for other ports. */
static const char *sender(const struct nic *nic, uint16_t port)
{
	uint16_t exit = nic_exit_port(nic, port);

	return exit != port ? nic->ports[exit].name : NULL;
}

json_t *explain_packet_json(const struct emulator *emulator, const struct packet *packet,
			    const struct explanation *e, const struct report_explain_source *source)
{
	json_t *record = json_object();

	json_object_set_new(record, "file", report_string(source->file));
	json_object_set_new(record, "number", json_integer((json_int_t)source->number));
	json_object_set_new(record, "port", text_json(nic_port_name(&emulator->nic, packet->port)));
	json_object_set_new(record, "sent_by", text_json(sender(&emulator->nic, packet->port)));
	json_object_set_new(record, "time", time_json(packet->time_ns));
	json_object_set_new(record, "length", json_integer(packet->length));
	json_object_set_new(record, "captured", json_integer(packet->captured));
	json_object_set_new(record, "flags", flags_json(packet, &e->trace));
	json_object_set_new(record, "bytes", explain_hex_json(packet->data, packet->captured));
	return record;
}

static json_t *headers_json(const struct dissect_trace *trace)
{
	json_t *headers = json_array();

	for (size_t i = 0; i < trace->num_headers; i++)
		json_array_append_new(headers,
				      json_pack("{s:s, s:I, s:I}", "name", trace->headers[i].name,
						"offset", (json_int_t)trace->headers[i].offset,
						"length", (json_int_t)trace->headers[i].length));
	return headers;
}

/* People know a tag's parts. */
static json_t *value_json(const struct flow_key *key, enum flow_field_id id)
{
	char text[64];
	unsigned int tci;

	if (id == FLOW_VLAN_TCI || id == FLOW_CVLAN_TCI) {
		tci = (unsigned int)flow_key_get(key, id);
		return json_sprintf("0x%04x (vlan_id %u, dei %u, priority %u)", tci, tci & 0xfff,
				    tci >> 12 & 1, tci >> 13);
	}
	flow_field_print(key, id, text, sizeof(text));
	return json_string(text);
}

/* field: its bytes, NULL where it has none. */
static json_t *field_json(const struct packet *packet, const struct explanation *e,
			  enum flow_field_id id, const struct dissect_trace_field *field)
{
	json_t *record = json_object();
	bool whole = field && field->num_bits == 8 * field->length;
	const struct dissect_trace_header *header = field && field->header < e->trace.num_headers
							    ? &e->trace.headers[field->header]
							    : NULL;

	json_object_set_new(record, "name", json_string(flow_fields[id].name));
	json_object_set_new(record, "value", value_json(&e->key, id));
	json_object_set_new(record, "header", header ? json_string(header->name) : json_null());
	json_object_set_new(record, "header_offset",
			    header ? json_integer(header->offset) : json_null());
	json_object_set_new(record, "offset", field ? json_integer(field->offset) : json_null());
	json_object_set_new(record, "length", json_integer(field ? field->length : 0));
	json_object_set_new(record, "bytes",
			    field ? explain_hex_json(packet->data + field->offset, field->length)
				  : json_null());
	json_object_set_new(record, "first_bit",
			    field && !whole ? json_integer(field->first_bit) : json_null());
	json_object_set_new(record, "bits",
			    field && !whole ? json_integer(field->num_bits) : json_null());
	json_object_set_new(record, "derived", json_boolean(field && field->derived));
	return record;
}

static bool has_bytes(const struct dissect_trace *trace, enum flow_field_id id)
{
	for (size_t i = 0; i < trace->num_fields; i++)
		if (trace->fields[i].id == id)
			return true;
	return false;
}

/* In the order in which they were found; then those without bytes. */
static json_t *fields_json(const struct packet *packet, const struct explanation *e)
{
	json_t *fields = json_array();

	for (size_t i = 0; i < e->trace.num_fields; i++)
		json_array_append_new(
			fields, field_json(packet, e, e->trace.fields[i].id, &e->trace.fields[i]));
	for (int id = 0; id < FLOW_FIELD_COUNT; id++) {
		uint64_t presence = flow_field_presence(id);

		if ((e->key.word[0] & presence) == presence && !has_bytes(&e->trace, id))
			json_array_append_new(fields, field_json(packet, e, id, NULL));
	}
	return fields;
}

static json_t *notes_json(const struct dissect_trace *trace)
{
	json_t *notes = json_array();

	for (size_t i = 0; i < trace->num_notes; i++)
		json_array_append_new(notes, json_pack("{s:I, s:s}", "offset",
						       (json_int_t)trace->notes[i].offset, "text",
						       trace->notes[i].text));
	return notes;
}

static json_t *present_json(const struct flow_key *key)
{
	json_t *names = json_array();

	for (int id = 0; id < FLOW_DISSECTOR_KEY_COUNT; id++)
		if (key->word[0] >> id & 1)
			json_array_append_new(names, json_string(flow_dissector_key_name(id)));
	return names;
}

json_t *explain_key_json(const struct packet *packet, const struct explanation *e)
{
	json_t *record = json_object();

	json_object_set_new(record, "present", present_json(&e->key));
	json_object_set_new(record, "headers", headers_json(&e->trace));
	json_object_set_new(record, "headers_left_out",
			    json_integer((json_int_t)e->trace.headers_left_out));
	json_object_set_new(record, "fields", fields_json(packet, e));
	json_object_set_new(record, "end", json_integer(e->trace.end));
	json_object_set_new(record, "unread", json_integer(packet->captured - e->trace.end));
	json_object_set_new(record, "stop", json_string(e->trace.stop));
	json_object_set_new(record, "notes", notes_json(&e->trace));
	return record;
}
