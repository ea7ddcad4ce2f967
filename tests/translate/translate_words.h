/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A rule in the words of written.h, through nicemu's parser and translation. */
#ifndef TESTS_TRANSLATE_TRANSLATE_WORDS_H
#define TESTS_TRANSLATE_TRANSLATE_WORDS_H

#include <nicemu/flow/rule.h>

/*
 * 0 and *rule (the caller frees it), or the positive errno of parser or translation. The test fails
 * where the kernel or a word is unknown. Interface 1 exists, no other.
 */
int translate_words(const char *kernel, const char *words, struct flow_rule **rule);

#endif
