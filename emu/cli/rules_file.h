/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A rules file that somebody named: looked at before nft gets it, because nft's own message for one
 * that can't be read is less clear than ours. Threading: one thread.
 */
#ifndef NICEMU_CLI_RULES_FILE_H
#define NICEMU_CLI_RULES_FILE_H

#include <stdbool.h>

/* As nft gets it: itself, or a copy of what stdin or a pipe held (nft may read it twice). */
struct rules_file {
	const char *name; /* for messages */
	char *path;       /* for nft */
	bool copied;
};

/* "-": what stdin holds. EXIT_DONE, or an exit status after a complaint. Close it in any case. */
int rules_open(struct rules_file *file, const char *name);
void rules_close(struct rules_file *file);

#endif
