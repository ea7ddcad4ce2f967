/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Translation of an nf_tables rule into what the kernel hands to a driver
 * (net/netfilter/nf_tables_offload.c and the .offload functions of the expressions).
 *
 * A pure function of (expressions, kernel behaviour, interface look-up). It keeps the kernel's own
 * intermediate state: an image of struct nft_flow_key, so that overlapping key structs (IPv4 and
 * IPv6 addresses share memory), copies of field length and register mix-ups come out the same.
 *
 * Threading: pure.
 */
#ifndef NICEMU_TRANSLATE_TRANSLATE_H
#define NICEMU_TRANSLATE_TRANSLATE_H

#include <nicemu/base/reason.h>
#include <nicemu/flow/rule.h>
#include <nicemu/translate/describe.h>
#include <nicemu/translate/expr.h>

struct translate_context {
	const struct kernel_behavior *kernel;
	/* True where an interface with that index exists (dev_get_by_index). */
	bool (*ifindex_exists)(void *context, uint32_t ifindex);
	/*
	 * Told of what is accepted and will surprise: a bug of this kernel that bites, or a match
	 * that hardware and software read differently. May be NULL. id is a static kebab-case
	 * string ("short-load-mask", "field-matched-twice", "mistaken-for-protocol"), text is valid
	 * during the call, expression is an index. A rule that is refused later may have warned
	 * before.
	 */
	void (*warn)(void *context, const char *id, size_t expression, const char *text);
	/* What hints need to know of names and sets; may be NULL. */
	const struct describe_names *names;
	void *context;
};

/*
 * 0 and *rule (free with flow_rule_free), or a negative errno and *reason (may be NULL).
 * reason->expression is the index of the expression that is refused.
 */
int translate_nft_rule(struct flow_rule **rule, const struct nft_expr *exprs, size_t num_exprs,
		       const struct translate_context *context, struct reason *reason);

#endif
