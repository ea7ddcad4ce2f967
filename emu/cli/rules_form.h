/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files that nft takes for nonsense, and people for rules. Threading: one thread. */
#ifndef NICEMU_CLI_RULES_FORM_H
#define NICEMU_CLI_RULES_FORM_H

/* What it is about the beginning of a file that nft can't read; NULL: nothing that is known. */
const char *rules_form_hint(const char *path);

#endif
