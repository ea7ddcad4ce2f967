/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rules as a line of words, one or two words an expression, so that tables of rules can be read:
 *
 *	ll+12/2 nh+9/1 th+0/2 in+0/2   a payload load: header, offset, length
 *	meta:protocol                  a meta load: protocol l4proto iif iiftype mark len iifname …
 *	&fff00000                      a mask (bitwise)
 *	^00000001                      a mask of all ones and this xor
 *	<<4                            a shift
 *	=0a000001 !=0a #1/4            compare: bytes, not equal, a number of that size in host
 *order drop accept continue return    verdicts fwd:1 dup:1                    an immediate with the
 *interface index, then fwd or dup counter                        an anonymous counter :notrack a
 *type without attributes
 *
 * A load, mask, shift or comparison takes register 1 unless "@N" follows. libnftnl encodes.
 */
#ifndef TESTS_TRANSLATE_WRITTEN_H
#define TESTS_TRANSLATE_WRITTEN_H

#include <libnftnl/rule.h>
#include <stdbool.h>

/* Appends what the words say. False, with the word on stderr, for a word that means nothing. */
bool write_expressions(struct nftnl_rule *rule, const char *words);

#endif
