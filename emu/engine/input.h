/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The inputs of a replay as one stream of packets: one capture after the other, or merged by time
 * stamp, in one pass or several.
 *
 * All are opened at once. Of a regular file the header is read then, so that a wrong one is found
 * before a packet is played; of a pipe when it is its turn: nothing waits for a silent writer.
 *
 * Invariants: a fault ends only the capture that has it, and is reported once. Bytes of the packets
 * of the last batches, as many as inputs_open was told, stay valid; of captures that are read one
 * after the other, only those have memory that such packets are in.
 *
 * Threading: one owner at a time.
 */
#ifndef NICEMU_ENGINE_INPUT_H
#define NICEMU_ENGINE_INPUT_H

#include <nicemu/engine/replay.h>

#include <errno.h>

/* What inputs_next has to say besides a number of packets. */
enum { INPUTS_END = 0, INPUTS_WAIT = -EAGAIN };

/* Packets with their ports and shifted times. */
struct input_batch {
	struct packet packets[CAPTURE_BATCH];
	size_t count;
	uint64_t number;    /* over all passes, from 1 */
	uint64_t latest_ns; /* the highest time */
	uint64_t bytes;     /* all lengths together */
	unsigned int flags; /* enum packet_flags that any of the packets has */
	/* The input that packets[i] came from is origins[i] when they are mixed, else origin. */
	bool mixed;
	uint16_t origin;
	uint16_t origins[CAPTURE_BATCH];
};

static inline uint16_t input_batch_origin(const struct input_batch *batch, size_t i)
{
	return batch->mixed ? batch->origins[i] : batch->origin;
}

/* Make its sums those of no packet, and add one that has its place in packets. */
static inline void input_batch_empty(struct input_batch *batch)
{
	batch->count = 0;
	batch->latest_ns = 0;
	batch->bytes = 0;
	batch->flags = 0;
}

static inline void input_batch_add(struct input_batch *batch, const struct packet *packet)
{
	batch->count++;
	if (packet->time_ns > batch->latest_ns)
		batch->latest_ns = packet->time_ns;
	batch->bytes += packet->length;
	batch->flags |= packet->flags;
}

struct input {
	char *name;
	int fd;       /* until the capture takes it over, then -1 */
	bool is_file; /* its header can be read at once; else a pipe or device */
	uint16_t port;
	struct capture *capture;
	bool ended;          /* in this pass */
	bool broken;         /* its fault has been reported */
	uint64_t read_batch; /* the one that the last reading was for; only to merge */
	uint64_t last_batch; /* the last one that has its packets */
	/* Only to merge: what was read ahead, of which ahead[next … count) has not been taken. */
	struct packet *ahead;
	size_t next, count;
};

struct inputs {
	struct input *input;
	size_t length;
	size_t current;  /* where they are read one after the other */
	size_t released; /* those before it hold no packets that have to stay, in this pass */
	bool merge, fake_ethernet;
	/*
	 * Files are mapped: what was seen in a batch's bytes has to be settled (capture.h), and
	 * they are looked at no more then.
	 */
	bool maps;
	size_t keep;
	uint64_t passes_left; /* after this one */
	uint64_t shift_ns;    /* added to time stamps in this pass */
	uint64_t first_ns, last_ns;
	bool any;             /* a packet has been seen in this pass */
	bool timed;           /* and one with a time stamp: first_ns and last_ns hold */
	uint64_t done_before; /* bytes read in the passes before */
	uint64_t passes;
	uint64_t batches; /* that have been handed out */
	void (*fault)(void *context, size_t input, const struct capture_error *error);
	void *context;
};

/* Whether their files will be mapped: where bytes are looked at only once, to be dissected. */
static inline bool inputs_are_mapped(const struct replay_options *options)
{
	return !options->merge && !options->filter && !options->num_outputs && !options->observers;
}

/*
 * Take the descriptors over (also on failure) and open what is a file. keep: how many batches stay
 * valid, at least 1. 0, or a negative errno with error filled.
 */
int inputs_open(struct inputs *inputs, const struct replay_options *options, size_t keep,
		struct capture_error *error);
void inputs_close(struct inputs *inputs);

/*
 * The next packets: how many (1 … CAPTURE_BATCH), INPUTS_END, INPUTS_WAIT (a pipe has nothing yet;
 * some milliseconds were spent waiting for it).
 */
int inputs_next(struct inputs *inputs, struct input_batch *batch);

/* After the last batch has been played: report captures whose packets were gone by then. */
void inputs_check(struct inputs *inputs);

/* Bytes of files read, over all passes; *whole: of how many, 0 where that is not known. */
uint64_t inputs_position(const struct inputs *inputs, uint64_t *whole);

#endif
