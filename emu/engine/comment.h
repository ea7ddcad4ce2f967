/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What became of a packet, in one line: the comment of a packet in a capture file.
 *
 *	PORT: FATE[, copied to PORT]...; RULE | no rule matched[; the frame REMARK]...
 *
 * FATE is "dropped", "redirected to PORT" or "passed to the host"; RULE is what describe says of
 * it. Threading: pure, as far as describe is.
 */
#ifndef NICEMU_ENGINE_COMMENT_H
#define NICEMU_ENGINE_COMMENT_H

#include <nicemu/engine/replay.h>

enum { COMMENT_SIZE = 1400 };

/* Names rules, as in struct replay_options. describe may be NULL. */
struct commenter {
	const struct nic *nic;
	const char *(*describe)(void *context, uint32_t binding, uint64_t cookie);
	void *context;
};

void comment_packet(const struct commenter *commenter, const struct packet *packet,
		    const struct asic_decision *decision, char text[COMMENT_SIZE]);

#endif
