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
/*
 * The rule has no action: what it ends with decides what would be one. True where that stands in
 * an action's place.
 */
bool advise_action(struct reason *reason, const struct nft_expr *exprs, size_t num_exprs);
/*
 * The rule has no action, and with one it would be refused for `other`, which has its own hint or
 * none: an action alone is no advice.
 */
void advise_beside_action(struct reason *reason, const struct reason *other);
/* Where there is no hint yet and none is possible: says so. */
void advise_nothing_else(struct reason *reason);

#endif
