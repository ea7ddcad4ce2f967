/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The loader: rules files into a session's emulator, by the real nft, and a judgement of every rule
 * where one is refused.
 *
 * Each file is one transaction, as `nft -f` makes it. When nft fails on a file in a session's own
 * emulator, the file is read a second time in judge mode, in which every rule is offered to the NIC
 * on its own and nothing is kept, so that a refusal at commit hides no other. A running emulator
 * has other users, whose changes judge mode would undo: there only what the first run said is
 * reported.
 *
 * Refusals, with nft's underline, the reason and a hint, go to stderr as they are found.
 *
 * Threading: one thread.
 */
#ifndef NICEMU_CLI_LOAD_H
#define NICEMU_CLI_LOAD_H

#include "session.h"

/*
 * Load files[0 …] in order, "-" from stdin; the first one that is refused ends it. The records of
 * the refusals (design: "refused" of a report) are appended to refused, a JSON array.
 * EXIT_DONE; EXIT_REFUSED for a refusal or a syntax error; EXIT_INPUT where a file can't be read;
 * EXIT_ENVIRONMENT without nft. What is not EXIT_DONE has been told on stderr.
 */
int load_rules(struct session *session, const char *const *files, size_t num_files,
	       json_t *refused);

#endif
