/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Entries of the ASIC by the rules they come from, as text: "netdev t c handle 4: ip saddr … drop;
 * table tcam, priority 10".
 *
 * Threading: one at a time, while no rule changes.
 */
#ifndef NICEMU_CLI_SERVE_DESCRIBE_H
#define NICEMU_CLI_SERVE_DESCRIBE_H

#include <nicemu/engine/emulator.h>

#include <jansson.h>

struct descriptions;

/* listing (borrowed, may be NULL) has what nft prints for the rules. NULL when memory is out. */
struct descriptions *descriptions_create(const struct emulator *emulator, json_t *listing);
void descriptions_destroy(struct descriptions *descriptions); /* NULL is fine */

/* context: the descriptions, made when it is first asked. NULL: no such rule. Borrowed. */
const char *descriptions_find(void *context, uint32_t binding, uint64_t cookie);

#endif
