/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Make one allocation of the code under test fail.
 *
 * A test program that uses this lists fail_alloc.c among its sources and calls
 * nicemu_fail_alloc(NAME) in its CMakeLists.txt, which makes the linker send malloc, calloc,
 * realloc, reallocarray, aligned_alloc and strdup through here. Calls from inside shared libraries
 * are not seen.
 *
 * Threading: one thread.
 */
#ifndef NICEMU_TESTS_FAIL_ALLOC_H
#define NICEMU_TESTS_FAIL_ALLOC_H

#include <stdbool.h>
#include <stddef.h>

/* The nth allocation from now on (1: the next one) returns NULL, and only that one; 0: none. */
void fail_alloc_at(size_t nth);

/* True where the failure that was asked for has happened since. */
bool fail_alloc_happened(void);

#endif
