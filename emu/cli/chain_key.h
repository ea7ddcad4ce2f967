/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What names a chain, in an object of it or of a rule in it. Threading: one thread. */
#ifndef NICEMU_CLI_CHAIN_KEY_H
#define NICEMU_CLI_CHAIN_KEY_H

#include <jansson.h>

/* "netdev t c", from "family", "table" and "chain"; owned, or NULL where one is missing. */
char *chain_key(const json_t *object);

#endif
