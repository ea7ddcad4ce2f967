/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The table that generated rules refer to: made on a real kernel, and as callbacks for the parser.
 */
#ifndef TESTS_TRANSLATE_WORLD_H
#define TESTS_TRANSLATE_WORLD_H

#include <nicemu/translate/translate.h>

/* Callbacks that know the generator's set, map, object and chain; family netdev. */
void world_context(struct nft_expr_context *context, const struct kernel_behavior *kernel);

/* Interface 1 exists, no other. */
bool world_ifindex_exists(void *context, uint32_t ifindex);

#endif
