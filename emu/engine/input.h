/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The inputs of a replay as one stream of packets: one capture after the other, or merged by time
 * stamp, in one pass or several.
 *
 * All are opened at once. Of a regular file the header is read then, so that a wrong one is found
 * before a packet is played; of a pipe when it is its turn: nothing waits for a silent writer.
 *
 * Invariants: a batch's packets stay valid until the next call of inputs_next. A fault ends only
 * the capture that has it, and is reported once.
 *
 * Threading: one owner.
 */
#ifndef NICEMU_ENGINE_INPUT_H
#define NICEMU_ENGINE_INPUT_H

#include <nicemu/engine/replay.h>

#include <errno.h>

/* What inputs_next has to say besides a number of packets. */
enum { INPUTS_END = 0, INPUTS_WAIT = -EAGAIN };

struct input {
	char *name;
	int fd;       /* until the capture takes it over, then -1 */
	bool is_file; /* its header can be read at once; else a pipe or device */
	uint16_t port;
	struct capture *capture;
	bool ended;  /* in this pass */
	bool broken; /* its fault has been reported */
	struct packet batch[CAPTURE_BATCH];
	size_t next, count; /* batch[next … count) has not been taken */
};

struct inputs {
	struct input *input;
	size_t length;
	size_t current; /* where they are read one after the other */
	bool merge, fake_ethernet;
	uint64_t passes_left; /* after this one */
	uint64_t shift_ns;    /* added to time stamps in this pass */
	uint64_t first_ns, last_ns;
	bool any;             /* a packet has been seen in this pass */
	bool timed;           /* and one with a time stamp: first_ns and last_ns hold */
	uint64_t done_before; /* bytes read in the passes before */
	uint64_t passes;
	void (*fault)(void *context, size_t input, const struct capture_error *error);
	void *context;
};

/*
 * Take the descriptors over (also on failure) and open what is a file. 0, or a negative errno with
 * error filled.
 */
int inputs_open(struct inputs *inputs, const struct replay_options *options,
		struct capture_error *error);
void inputs_close(struct inputs *inputs);

/*
 * The next packets with their ports and shifted times; origin[i] is the input that packets[i] came
 * from. How many (1 … CAPTURE_BATCH), INPUTS_END, INPUTS_WAIT (a pipe has nothing yet; some
 * milliseconds were spent waiting for it).
 */
int inputs_next(struct inputs *inputs, struct packet *packets, uint16_t *origin);

/* Bytes of files read, over all passes; *whole: of how many, 0 where that is not known. */
uint64_t inputs_position(const struct inputs *inputs, uint64_t *whole);

#endif
