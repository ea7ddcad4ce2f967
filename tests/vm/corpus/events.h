/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The program behind nsim_nft_offload.ko, for sequences: it answers every event, with the errors
 * that a world's refuse_ members ask for, and appends what it was told to the world's commands, in
 * the words that the emulated endpoint's driver uses.
 *
 * Threading: one thread of its own reads and answers. events_settle returns when all that the
 * kernel has sent so far is written down; the world's members are the caller's only between that
 * and its next message to the kernel.
 */
#ifndef NICEMU_TESTS_VM_EVENTS_H
#define NICEMU_TESTS_VM_EVENTS_H

#include "nft_world.h"

/* Ends the program with a message when there is no module. */
void events_start(struct world *w);

/* Also hands the module the totals that the world tells. */
void events_settle(struct world *w);

/* Rules are numbered from 1 again. */
void events_forget(void);

#endif
