/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Hints: another way to write what was refused, with the rule's own values, that the same kernel
 * accepts. Where there is none, the hint says so; a form that does not work is worse than none.
 *
 * Threading: pure functions.
 */
#ifndef NICEMU_TRANSLATE_ADVISE_H
#define NICEMU_TRANSLATE_ADVISE_H

#include <nicemu/translate/translate.h>

/* The translation has refused exprs[reason->expression]: sets reason->hint where it knows better.
 */
void advise(struct reason *reason, const struct nft_expr *exprs, size_t num_exprs,
	    const struct translate_context *context);
/* The rule has no action: what it ends with decides what would be one. */
void advise_action(struct reason *reason, const struct nft_expr *exprs, size_t num_exprs);

#endif
