/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rules and frames, drawn from a seed: the same on every machine and in every run. */
#ifndef TEST_INSTRUCTIONS_WORKLOAD_H
#define TEST_INSTRUCTIONS_WORKLOAD_H

#include <nicemu/base/random.h>
#include <nicemu/flow/rule.h>
#include <nicemu/packet/packet.h>

enum { FRAMES = 4096, FRAME_ROOM = 128 };

enum frame_kind {
	FRAMES_TCP4,
	FRAMES_MIXED4, /* TCP and UDP */
	FRAMES_MIXED6,
	FRAMES_TAGGED, /* one VLAN tag, then as MIXED4 */
	FRAMES_ODD,    /* options, fragments, ARP, two tags, extension headers: what is not plain */
};

struct frames {
	uint8_t bytes[FRAMES][FRAME_ROOM];
	struct packet packet[FRAMES];
};

/* A match on addresses by prefix, protocol and perhaps a port; all bits beyond are wild. */
struct tuple {
	uint32_t source, destination, source_mask, destination_mask;
	uint16_t source_port, destination_port, source_port_mask, destination_port_mask;
	uint8_t protocol;
};

void tuples_draw(struct random *r, struct tuple *tuples, size_t count);

/* The tuple as a match of a flow rule. */
void tuple_to_match(const struct tuple *tuple, struct flow_match *match);

/* Random frames of a kind. */
void frames_draw(struct random *r, enum frame_kind kind, struct frames *frames);

/* TCP and UDP over IPv4, nine of ten within a tuple, else random ones. */
void frames_within(struct random *r, const struct tuple *tuples, size_t count,
		   struct frames *frames);

#endif
