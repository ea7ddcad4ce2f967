/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Mutation of a list of expressions that knows what netlink attributes are.
 *
 * Why: a byte changed at random breaks a length, and the parser stops at the first attribute. Here
 * the list is taken apart into a tree, one thing in it is changed, and it is put together again
 * with lengths that are right, so that the checks behind the outer ones are reached.
 *
 * What is changed: expressions are added (from the tests' generator), deleted, doubled, swapped;
 * an attribute's value, length, type, flags, byte order; attributes are nested where they should
 * not be, or their nest is taken away.
 */
#ifndef TESTS_FUZZ_ATTRIBUTES_H
#define TESTS_FUZZ_ATTRIBUTES_H

#include <stddef.h>
#include <stdint.h>

/* Changes the attributes in data, size bytes where room fit, once or a few times: the new size. */
size_t attributes_mutate(uint8_t *data, size_t size, size_t room, unsigned int seed);

/* Expressions of the one among those of the other: the bytes in out, at most room. */
size_t attributes_cross(const uint8_t *one, size_t one_size, const uint8_t *other,
			size_t other_size, uint8_t *out, size_t room, unsigned int seed);

#endif
