/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The passes that callgrind counts, each over all frames. Apart from their callers, so that no
 * compiler inlines or clones them: callgrind knows them by name.
 */
#ifndef TEST_INSTRUCTIONS_STAGES_H
#define TEST_INSTRUCTIONS_STAGES_H

#include "workload.h"

#include "variants.h"

#include <nicemu/asic/asic.h>
#include <nicemu/ports/capture.h>

enum { BATCHES = FRAMES / FLOW_BATCH };

/* How many packets came. */
size_t stage_read(struct capture *capture);

/* Rows of it, of captures made for them; false: something went wrong. */
bool read_rows(const char *wanted);

void stage_dissect(const struct dissect_variant *variant, const struct frames *frames,
		   unsigned int chunks);

/* keys: BATCHES of them. */
void stage_lookup(const struct tcam_ops *ops, const struct tcam *tcam, const struct tcam_view *view,
		  const struct flow_batch *keys, struct tcam_entry **results);

void stage_pump(struct asic_worker *worker, const struct dissect_variant *variant,
		const struct frames *frames);

struct replay;
void stage_replay(struct replay *replay);

#endif
