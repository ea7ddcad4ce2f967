/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reasons in words: for refusals while expressions are parsed, and for types of expressions that
 * can't be offloaded. Tables of texts; nothing is decided here.
 */
#ifndef NICEMU_TRANSLATE_REFUSAL_H
#define NICEMU_TRANSLATE_REFUSAL_H

#include "type.h"

#include <nicemu/base/reason.h>

/* error is negative; type may be NULL (unknown), reason and message too. */
void refusal_at_parse(struct reason *reason, int error, const struct nft_expr_type *type,
		      const struct nlattr *attr, const struct nlmsghdr *message);
void refusal_of_list(struct reason *reason, int error);

/* Returns -EOPNOTSUPP. */
int refusal_of_type(struct reason *reason, const char *name);

#endif
