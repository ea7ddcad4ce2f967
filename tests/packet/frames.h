/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the dissector's tests share: frames built by hand with what their keys must hold, a slow
 * reference dissector, and one check that runs both on the same bytes.
 */
#ifndef TEST_PACKET_FRAMES_H
#define TEST_PACKET_FRAMES_H

#include <nicemu/packet/trace.h>

enum { FRAME_MAX = 2048, TEXT_MAX = 1024 };

struct frame_row {
	const char *name;
	const char *hex;
	const char *text; /* as key_to_text gives it */
	uint32_t extra;   /* bytes on the wire beyond those in hex: cut by a snap length */
};

extern const struct frame_row frame_rows[];
extern const size_t num_frame_rows;

/* Bytes of the row; how many. */
size_t frame_bytes(const struct frame_row *row, uint8_t *bytes);

/*
 * "name value" for each field that is present, in the table's order, then the flags after a bar.
 * Zero control fields, and the address pair that all hand-built frames have, are left out.
 */
void key_to_text(const struct flow_key *key, const struct dissect_result *result, char *text);

/* The reference: one field after the other, by byte offsets, no cursor, the general field store. */
void dissect_reference(const struct packet *packet, struct flow_key *key,
		       struct dissect_result *result);

/*
 * Dissects bytes[0 .. captured) where the byte after them can't be read, and compares with the
 * reference, and with itself over memory that was not zero. The failure says who and what. Returns
 * the key and result in *key, *result.
 */
void check_frame(const char *who, const uint8_t *bytes, size_t captured, uint32_t length,
		 struct flow_key *key, struct dissect_result *result);

/*
 * Puts the frame, which must stay valid for the call, into slot `slot` of a batch and makes the
 * given chunks by every variant of dissect_batch that this machine can run. False, with what
 * differs from dissect() in text (TEXT_MAX bytes), where a chunk or the flags do; also where slots
 * beyond the batch or chunks nobody asked for were written.
 */
bool batch_agrees(const struct packet *packet, size_t slot, unsigned int chunks, char *text);

/*
 * dissect_trace gives that key and result, every field that is there has its bytes, inside of the
 * frame, and they hold its value. The frame must stay valid for the call. False with what is wrong
 * in text (TEXT_MAX bytes).
 */
bool trace_agrees(const struct packet *packet, const struct flow_key *key,
		  const struct dissect_result *result, char *text);

/* Every field whose presence bits are not all set is zero. */
void check_no_garbage(const char *who, const struct flow_key *key);

#endif
