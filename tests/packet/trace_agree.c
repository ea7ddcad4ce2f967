/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The record of the dissector against the frame itself: by bits, and knowing no protocol. */
#include "frames.h"

#include <stdio.h>
#include <string.h>

static bool present(const struct flow_key *key, enum flow_field_id id)
{
	uint64_t bits = flow_field_presence(id);

	return (key->word[0] & bits) == bits;
}

/* Those that can be there without a byte of the frame that says so. */
static bool needs_bytes(const struct flow_key *key, enum flow_field_id id)
{
	if (id == FLOW_CONTROL_ADDR_TYPE || id == FLOW_CONTROL_FLAGS)
		return !flow_field_is_zero(key, id);
	/* Where ip_proto is not known BASIC is there for n_proto. */
	return present(key, id);
}

/* Bits of the frame as a number of struct_size bytes. */
static void cut(const struct packet *packet, const struct dissect_trace_field *field,
		uint8_t bytes[16])
{
	size_t size = flow_fields[field->id].struct_size;

	memset(bytes, 0, 16);
	for (size_t i = 0; i < field->num_bits; i++) {
		size_t from = 8 * (size_t)field->offset + field->first_bit + i;
		size_t to = 8 * size - field->num_bits + i;

		if (packet->data[from / 8] >> (7 - from % 8) & 1)
			bytes[to / 8] |= (uint8_t)(0x80 >> to % 8);
	}
}

/* A tag's type stands before it. */
static bool is_behind(const struct dissect_trace_header *header,
		      const struct dissect_trace_field *field)
{
	return field->offset + field->length > header->offset + header->length;
}

static const char *wrong_with(const struct packet *packet, const struct flow_key *key,
			      const struct dissect_trace *trace,
			      const struct dissect_trace_field *field)
{
	uint8_t bytes[16], value[16];

	if (!present(key, field->id))
		return "is not in the key";
	if ((uint64_t)field->offset + field->length > packet->captured)
		return "lies beyond the frame";
	if (field->first_bit + field->num_bits > 8 * field->length)
		return "has bits beyond its bytes";
	if (trace->num_headers == 0 ||
	    field->header >= trace->num_headers + (trace->headers_left_out ? 1 : 0))
		return "is in no header";
	if (field->header < trace->num_headers && is_behind(&trace->headers[field->header], field))
		return "is not in its header";
	if (field->derived)
		return NULL;
	cut(packet, field, bytes);
	flow_key_load(key, field->id, value);
	if (memcmp(bytes, value, flow_fields[field->id].struct_size) != 0)
		return "has another value than its bytes";
	return NULL;
}

static const struct dissect_trace_field *find(const struct dissect_trace *trace,
					      enum flow_field_id id)
{
	for (size_t i = 0; i < trace->num_fields; i++)
		if (trace->fields[i].id == id)
			return &trace->fields[i];
	return NULL;
}

static bool complain(char *text, const char *what, const char *which)
{
	snprintf(text, TEXT_MAX, "%s %s", what, which);
	return false;
}

static bool headers_agree(const struct packet *packet, const struct dissect_trace *trace,
			  char *text)
{
	uint64_t at = 0;

	for (size_t i = 0; i < trace->num_headers; i++) {
		if (trace->headers[i].offset < at)
			return complain(text, trace->headers[i].name, "overlaps the one before");
		at = (uint64_t)trace->headers[i].offset + trace->headers[i].length;
		if (at > packet->captured)
			return complain(text, trace->headers[i].name, "lies beyond the frame");
	}
	if (!trace->stop || trace->end > packet->captured || (at > trace->end))
		return complain(text, "the end", trace->stop ? trace->stop : "has no reason");
	return true;
}

bool trace_agrees(const struct packet *packet, const struct flow_key *key,
		  const struct dissect_result *result, char *text)
{
	struct dissect_trace trace;

	dissect_trace(packet, &trace);
	if (memcmp(&trace.key, key, sizeof(*key)) != 0)
		return complain(text, "the key", "differs");
	if (trace.result.flags != result->flags || trace.result.l3_offset != result->l3_offset ||
	    trace.result.l4_offset != result->l4_offset ||
	    trace.result.vlan_tags != result->vlan_tags)
		return complain(text, "the result", "differs");
	for (size_t i = 0; i < trace.num_fields; i++) {
		const struct dissect_trace_field *field = &trace.fields[i];
		const char *wrong = wrong_with(packet, key, &trace, field);

		if (wrong || find(&trace, field->id) != field)
			return complain(text, flow_fields[field->id].name,
					wrong ? wrong : "is there twice");
	}
	for (int id = 0; id < FLOW_FIELD_COUNT; id++)
		if (needs_bytes(key, id) && !find(&trace, id))
			return complain(text, flow_fields[id].name, "has no bytes");
	return headers_agree(packet, &trace, text);
}
