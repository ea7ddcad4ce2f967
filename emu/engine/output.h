/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The outputs of a replay: which packets go to which capture file.
 *
 * A writer that fails gets nothing more, and its fault is reported once; the others go on.
 * Threading: one owner.
 */
#ifndef NICEMU_ENGINE_OUTPUT_H
#define NICEMU_ENGINE_OUTPUT_H

#include "comment.h"
#include "input.h"

#include <nicemu/engine/observe.h>

struct output {
	char *name;
	enum replay_tap tap;
	uint16_t port;
	struct capture_writer *writer; /* NULL once it has failed */
};

struct outputs {
	struct output *output;
	size_t length;
	struct commenter commenter;
	struct observers *observers; /* NULL: nobody watches */
	/* batch: its number, or FAULTS_AT_BEGIN or _END */
	void (*fault)(void *context, size_t output, uint64_t batch, int error);
	void *context;
};

/*
 * Take the descriptors over, also on failure, and empty the files (not "-": what stdout was
 * redirected to may be meant to be appended to). 0 or a negative errno. fault and context are the
 * caller's, set before; a file that can't be emptied is a fault of that output.
 */
int outputs_open(struct outputs *outputs, const struct nic *nic,
		 const struct replay_options *options);

/* In place of outputs_open: only close the descriptors, and leave the files as they are. */
void outputs_reject(const struct replay_options *options);

/* Somebody wants packets. */
static inline bool outputs_wanted(const struct outputs *outputs)
{
	return outputs->length || outputs->observers;
}

/* Write the packets of a batch wherever they belong. */
void outputs_write(struct outputs *outputs, const struct input_batch *batch,
		   const struct asic_decision *const *decisions);

/* Flush, close, report what could not be written. Twice is fine. */
void outputs_close(struct outputs *outputs);

#endif
