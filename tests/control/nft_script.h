/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Scripts of nft messages and events, and what they should come to: one row a statement about
 * chains, commits, rollbacks and devices. A unit test runs the rows against nicemu
 * (test_nft_sequence.c), a program in a virtual machine against a real kernel (tests/vm/corpus).
 *
 * A script is words with ';' between commands. One line (up to '\n') is one batch, but for the
 * words of events, which stand alone:
 *   table | chain NAME DEVICE[,DEVICE] | drop NAME (policy drop, new) | policy NAME (update)
 *   device NAME DEVICE (update) | rule NAME | after NAME HANDLE (add rule position) | insert NAME
 *   delete NAME HANDLE | replace NAME HANDLE | flush NAME | remove NAME (the chain)
 *   refuse VERB N ERRNO | gone DEVICE | came DEVICE | rename DEVICE NAME | list | packets N
 * Handles: the table's objects are numbered from 1 in the order of creation. Cookies: 1, 2 …
 */
#ifndef NICEMU_TESTS_NFT_SCRIPT_H
#define NICEMU_TESTS_NFT_SCRIPT_H

#include "nft_world.h"

struct sequence {
	const char *says, *kernel, *script;
	const char *commands; /* since the script's beginning */
	const char *rules;    /* then listed: chain:handle(packets) */
	const char *errors;   /* of the last batch */
	const char *warnings; /* ids, in order */
	bool fault; /* a kernel stops in the middle with a WARNING, and says so in its log */
};

enum { SCRIPT_ERRORS = 512 };

/* Runs a script in a world that is open. w->commands has what the driver was told, last_errors the
 * answers to the last batch. A script that makes no sense ends the program with a message. */
void script_run(struct world *w, const char *script, char last_errors[SCRIPT_ERRORS]);

#endif
