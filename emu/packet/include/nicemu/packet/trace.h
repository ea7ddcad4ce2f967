/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The hardware dissector with a record of what it did: which bytes of the frame each field of the
 * flow key came from, which headers it read, and where and why it stopped.
 *
 * Why: `nicemu explain` shows people how bytes became keys. It must not show anything else than
 * what the packet path does, so dissect() and this are one parser (parser.h), built twice: its keys
 * and results are dissect()'s for every frame.
 *
 * Fields without bytes: of a presence that is in every packet (control.addr_type of a frame without
 * IP, control.flags of what is no fragment) there is no record, and META is made from the port.
 *
 * Ownership: texts are static; the record holds nothing of the frame but offsets.
 *
 * Threading: a function of its arguments.
 */
#ifndef NICEMU_PACKET_TRACE_H
#define NICEMU_PACKET_TRACE_H

#include <nicemu/packet/dissect.h>

#include <stdbool.h>

/* A header that was wholly there, as far as the parser reads it (TCP without its options). */
struct dissect_trace_header {
	const char *name; /* "IPv4", "802.1Q tag" */
	uint32_t offset, length;
};

struct dissect_trace_field {
	enum flow_field_id id;
	/* Index in headers, where it was found; DISSECT_TRACE_HEADERS: in one that was left out. */
	uint8_t header;
	bool derived; /* the value follows from these bytes and is not written in them */
	/* The bytes that have it, and which of their bits, from the top. */
	uint32_t offset;
	uint16_t length, first_bit, num_bits;
};

/* A contradiction, or something that was passed over. */
struct dissect_trace_note {
	uint32_t offset;
	const char *text;
};

enum { DISSECT_TRACE_HEADERS = 32, DISSECT_TRACE_NOTES = 8 };

struct dissect_trace {
	struct flow_key key;
	struct dissect_result result;
	struct dissect_trace_header headers[DISSECT_TRACE_HEADERS];
	size_t num_headers;
	size_t headers_left_out;                             /* a frame can have hundreds of tags */
	struct dissect_trace_field fields[FLOW_FIELD_COUNT]; /* each once, as found */
	size_t num_fields;
	struct dissect_trace_note notes[DISSECT_TRACE_NOTES];
	size_t num_notes;
	uint32_t end;     /* the first byte that was not read */
	const char *stop; /* why not: never NULL */
};

void dissect_trace(const struct packet *packet, struct dissect_trace *trace);

#endif
