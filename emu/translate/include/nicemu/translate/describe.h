/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Expressions in nft's words: the statement or match that contains a given expression, for a
 * message about it.
 *
 * Why: a refusal is about an expression ("payload"), a person wrote `ip ttl 5`. nft's own printer
 * is in another process and knows only rules that were accepted.
 *
 * It only prints, table driven, and knows no grammar. Matches that nft merged into one load are
 * taken apart again. What has no words here is printed as `nft --debug=netlink` does, in brackets.
 * Expressions are untrusted: whatever they are, the text is bounded and printable.
 *
 * Threading: pure functions; the callbacks run in the caller's thread.
 */
#ifndef NICEMU_TRANSLATE_DESCRIBE_H
#define NICEMU_TRANSLATE_DESCRIBE_H

#include <nicemu/translate/expr.h>

/* One element of a set: keys of length bytes, in network order as in netlink; last is inclusive. */
typedef void describe_visit_element(void *visitor, const uint8_t *first, const uint8_t *last,
				    size_t length);

/* What the expressions name; any callback may be NULL. */
struct describe_names {
	/* NULL where no interface has the index. */
	const char *(*interface_name)(void *context, uint32_t ifindex);
	/* Visits the elements, ascending; false where the set's elements are no plain values. */
	bool (*visit_set)(void *context, const void *reference, describe_visit_element *visit,
			  void *visitor);
	void *context;
};

/* text becomes the statement that contains exprs[index]; cut at size, "" where index is wrong. */
void describe_statement(char *text, size_t size, const struct nft_expr *exprs, size_t num_exprs,
			size_t index, const struct describe_names *names);

#endif
