/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What must hold for any input: where it does not, it is said which promise is broken, and the
 * fuzzer keeps the input.
 */
#ifndef NICEMU_TESTS_FUZZ_PROMISE_H
#define NICEMU_TESTS_FUZZ_PROMISE_H

#include <stdio.h>
#include <stdlib.h>

#define CHECK(CONDITION)                                                                        \
	do {                                                                                    \
		if (!(CONDITION)) {                                                             \
			fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #CONDITION); \
			abort();                                                                \
		}                                                                               \
	} while (0)

#endif
