/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One replay from its options to everything that it leaves, as bytes that can be compared. */
#ifndef TEST_JOBS_PLAYED_H
#define TEST_JOBS_PLAYED_H

#include <nicemu/engine/replay.h>

enum { OUTPUTS = 4 };

struct plan {
	uint64_t seed; /* of the captures */
	size_t captures;
	size_t packets; /* of each, at most */
	size_t cut;     /* bytes that the first capture lacks at its end */
	bool pipes;     /* in place of files */
	bool outputs;
	bool full_disk;               /* one more output, which can't be written */
	unsigned int interrupt_after; /* steps; 0: never */
	unsigned int cut_after;       /* the first capture's file is halved after so many steps */
	bool churn;                   /* rules are deleted and made anew between steps */
	/* As in struct replay_options. */
	bool merge, no_cache;
	uint64_t loops;
	const char *filter;
};

struct played {
	char *text; /* results, counts of the rules, errors, the clock */
	uint64_t packets;
	unsigned int steps;
	bool interrupted;
	bool adds_up; /* what was played is the fates' sum, and that of all rules and of no match */
	uint8_t *output[OUTPUTS];
	size_t size[OUTPUTS];
};

/* In an emulator of its own with rules on two ports. Ends the program when it can't be done. */
void play(struct played *played, const struct plan *plan, unsigned int jobs);
/* Ask for 4 jobs where there can't be a thread more: whether that is refused with words on it. */
bool play_without_threads(void);

void played_free(struct played *played);

#endif
